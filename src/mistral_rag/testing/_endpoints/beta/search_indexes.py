"""/v1/context/search-indexes: documents in memory, a chunk for each of them. After the official SDK 3.7.0."""

import re
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Annotated, Any, Literal

from pydantic import Field

from mistral_rag.testing._content.vectors import embed
from mistral_rag.testing._content.words import content_words
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body, JsonObject
from mistral_rag.testing._rules.refusals import RequestRefusedError
from mistral_rag.testing._rules.search_bodies import (
    ChunkReading,
    FusedSearch,
    Grep,
    IndexSearch,
    KeywordSearch,
    NeighbourSearch,
    fits,
)
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, numbers, parsed

WIDTH = 1024
ROOT = "/context/search-indexes"
TYPES: dict[str, type | tuple[type, ...]] = {
    "bool": bool,
    "int": int,
    "long": int,
    "float": (int, float),
    "keyword": str,
    "text": str,
    "timestamp": str,
}
"""Python's types of the fields that are checked; of the others any value is taken."""


class Embedding(Body):
    """The embedding of an index."""

    type: Literal["mistral", "custom"]
    name: str
    dimensions: Annotated[int, Field(gt=0)]
    dtype: Literal["float16", "float32"] | None = None
    distance_metric: Literal["cosine", "inner_product", "l2"] | None = None


class IndexConfig(Body):
    """The configuration of an index."""

    embedding: Embedding


class FieldDefinition(Body):
    """A field of documents or chunks."""

    type: str
    indexed: bool = True
    required: bool = False
    system: bool = False
    default: Any = None


class IndexFields(Body):
    """The fields of an index."""

    document_fields: dict[str, FieldDefinition] = Field(default_factory=dict)
    chunk_fields: dict[str, FieldDefinition] = Field(default_factory=dict)


class IndexCreation(Body):
    """POST /v1/context/search-indexes."""

    name: str
    config: IndexConfig
    fields: IndexFields = Field(default_factory=IndexFields, alias="schema")


class Addition(Body):
    """POST …/documents."""

    documents: list[JsonObject]


class Removal(Body):
    """DELETE …/documents."""

    document_ids: list[str]


Chunk = dict[str, Any]
Ranking = list[tuple[Chunk, float]]


class SearchIndexes:
    """Endpoints of search indexes."""

    def __init__(self) -> None:
        self._indexes: dict[str, dict[str, Any]] = {}
        self._chunks: dict[str, dict[str, Chunk]] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        one = f"{ROOT}/{{name}}"
        return {
            f"POST {ROOT}": self.create,
            f"GET {ROOT}": self.listed,
            f"GET {one}": self.shown,
            f"DELETE {one}": self.deleted,
            f"POST {one}/documents": self.add,
            f"DELETE {one}/documents": self.remove,
            f"POST {one}/search": self.search,
            f"POST {one}/read": self.read,
            f"POST {one}/grep": self.grep,
        }

    def create(self, request: Request) -> Response:
        """Create an index: it is provisioned at first, and ready at the next look."""
        body = parsed(IndexCreation, request)
        index = {"id": str(uuid.uuid4()), "creator_id": str(uuid.uuid4()), "status": "ready", "status_message": None}
        index |= body.model_dump(by_alias=True)
        with self._lock:
            if body.name in self._indexes:
                raise RequestRefusedError(409, {"detail": f"Index {body.name} already exists"})
            self._indexes[body.name] = index
            self._chunks[body.name] = {}
        return json_response({**index, "status": "provisioning"}, status=202)

    def listed(self, request: Request) -> Response:
        """One page of the indexes; the token is the place of the next one."""
        size = numbers(request, page_size=20)["page_size"]
        start = numbers(request, page_token=0)["page_token"]
        with self._lock:
            found = list(self._indexes.values())
        following = str(start + size) if start + size < len(found) else None
        return json_response({"data": found[start : start + size], "next_page_token": following})

    def shown(self, _request: Request, name: str) -> Response:
        """One index."""
        return json_response(self._index(name))

    def deleted(self, _request: Request, name: str) -> Response:
        """Delete an index with its documents."""
        index = self._index(name)
        with self._lock:
            del self._indexes[name], self._chunks[name]
        return json_response({"id": index["id"], "name": name, "status": "deleting"}, status=202)

    def add(self, request: Request, name: str) -> Response:
        """Add documents; each is accepted or rejected for itself."""
        fields = self._index(name)["schema"]["document_fields"]
        results = []
        for position, document in enumerate(parsed(Addition, request).documents):
            errors = list(_errors(document, fields))
            if errors:
                results.append({"status": "rejected", "position": position, "errors": errors})
                continue
            identity = str(document.get("id") or uuid.uuid4())
            with self._lock:
                self._chunks[name][identity] = _chunk(identity, document)
            results.append({"status": "accepted", "position": position, "document_id": identity, "chunk_count": 1})
        accepted = sum(result["status"] == "accepted" for result in results)
        return json_response({"accepted": accepted, "rejected": len(results) - accepted, "results": results})

    def remove(self, request: Request, name: str) -> Response:
        """Remove documents."""
        self._index(name)
        asked = parsed(Removal, request).document_ids
        with self._lock:
            there = [identity for identity in asked if self._chunks[name].pop(identity, None) is not None]
        missing = [identity for identity in asked if identity not in there]
        return json_response({"deleted_document_ids": there, "missing": missing})

    def search(self, request: Request, name: str) -> Response:
        """Search by words, vectors, or both."""
        self._index(name)
        asked = parsed(IndexSearch, request).retriever
        with self._lock:
            chunks = list(self._chunks[name].values())
        hits = [{"chunk": chunk, "score": score, "index_name": name} for chunk, score in _ranked(asked, chunks)]
        return json_response({"hits": hits})

    def read(self, request: Request, name: str) -> Response:
        """The chunks of a source between two offsets."""
        body = parsed(ChunkReading, request)
        low, high = body.start_offset or 0, body.end_offset
        return self._chunks_where(
            name,
            body,
            lambda chunk: chunk["start_offset"] >= low and (high is None or chunk["end_offset"] <= high),
        )

    def grep(self, request: Request, name: str) -> Response:
        """The chunks of a source with a phrase or a term."""
        body = parsed(Grep, request)
        pattern = re.escape(body.pattern) if body.mode == "phrase" else rf"\b{re.escape(body.pattern)}\b"
        return self._chunks_where(name, body, lambda chunk: bool(re.search(pattern, chunk["content"], re.IGNORECASE)))

    def _chunks_where(self, name: str, body: ChunkReading | Grep, fitting: Callable[[Chunk], bool]) -> Response:
        self._index(name)
        with self._lock:
            chunk = self._chunks[name].get(body.source_id)
        if chunk is None:
            raise refusals.not_found()
        return json_response({"chunks": [one for one in (chunk,) if fitting(one)][: body.top_k]})

    def _index(self, name: str) -> dict[str, Any]:
        with self._lock:
            if name not in self._indexes:
                raise refusals.not_found()
            return self._indexes[name]


def _errors(document: JsonObject, fields: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for name, field in fields.items():
        if name not in document:
            if field["required"]:
                yield {"location": [name], "type": "missing", "message": "Field required"}
        elif not isinstance(document[name], TYPES.get(field["type"], object)):
            yield {"location": [name], "type": "type", "message": f"Value should be of the type {field['type']}"}
    if not isinstance(document.get("content"), str):
        yield {"location": ["content"], "type": "missing", "message": "Field required"}


def _chunk(identity: str, document: JsonObject) -> Chunk:
    content = document["content"]
    own = {name: value for name, value in document.items() if name not in {"id", "content", "metadata"}}
    places = {"locator": f"{identity}#0", "start_offset": 0, "end_offset": len(content), "chunk_type": "content"}
    metadata = document.get("metadata") or {}
    return {**own, "id": f"{identity}-0", "source_id": identity, "content": content, **places, "metadata": metadata}


def _ranked(asked: KeywordSearch | NeighbourSearch | FusedSearch, chunks: Sequence[Chunk]) -> Ranking:
    allowed = [chunk for chunk in chunks if asked.filter is None or fits(asked.filter, chunk)]
    if isinstance(asked, KeywordSearch):
        scored = _by_words(asked, allowed)
    elif isinstance(asked, NeighbourSearch):
        scored = _by_vectors(asked, allowed)
    else:
        scored = _fused(asked, allowed)
    return sorted(scored, key=itemgetter(1), reverse=True)[: asked.top_k]


def _by_words(asked: KeywordSearch, chunks: Sequence[Chunk]) -> Ranking:
    words = set(content_words(asked.query))
    counts = [(chunk, len(words & set(content_words(chunk[asked.field or "content"])))) for chunk in chunks]
    least = len(words) if asked.operator == "and" else 1
    return [(chunk, float(count)) for chunk, count in counts if count >= least]


def _by_vectors(asked: NeighbourSearch, chunks: Sequence[Chunk]) -> Ranking:
    if (asked.query is None) == (asked.query_embedding is None):
        raise refusals.bad_request("Exactly one of query and query_embedding must be given", code=None)
    if asked.query is None or not chunks:
        return [(chunk, 0.0) for chunk in chunks]
    rows = embed([asked.query, *(chunk["content"] for chunk in chunks)], WIDTH, width=WIDTH)
    return [(chunk, float(score)) for chunk, score in zip(chunks, rows[1:] @ rows[0], strict=True)]


def _fused(asked: FusedSearch, chunks: Sequence[Chunk]) -> Ranking:
    scores: dict[str, float] = {}
    for part, weight in zip(asked.retrievers, asked.weights or [1.0] * len(asked.retrievers), strict=True):
        for rank, (chunk, _) in enumerate(_ranked(part, chunks), start=1):
            scores[chunk["id"]] = scores.get(chunk["id"], 0.0) + weight / (asked.rank_constant + rank)
    return [(chunk, scores[chunk["id"]]) for chunk in chunks if chunk["id"] in scores]
