"""Search indexes: documents that the platform cuts, embeds and searches itself.

After the official SDK 3.7.0, the only public contract: the platform's OpenAPI file of 2026-08 does not have them.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from mistral_rag.platform._calls import PlatformCall, PlatformObject, Resource, given, path

ROOT = ("context", "search-indexes")
EMBEDDING: Mapping[str, Any] = {"type": "mistral", "name": "mistral-embed", "dimensions": 1024}
"""The embedding of a new index where none is given."""

Retriever = Mapping[str, Any]
"""A search: ``{"type": "keyword", "query": …}``, "nearest_neighbour", or "rrf" with `retrievers` of both kinds."""


class ManagedIndex(PlatformObject):
    """A search index; it takes documents when its status is "ready"."""

    id: str
    name: str
    status: str
    status_message: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict, alias="schema")
    config: dict[str, Any] = Field(default_factory=dict)


class ManagedIndexListing(PlatformObject):
    """One page of the indexes; the last one has no `next_page_token`."""

    data: list[ManagedIndex]
    next_page_token: str | None = None


class ManagedChunk(PlatformObject):
    """A piece of a document; `source_id` is the document's, offsets are the platform's. Own fields are attributes."""

    id: str
    source_id: str
    locator: str = ""
    content: str
    chunk_type: str = ""
    start_offset: int | None = None
    end_offset: int | None = None
    metadata: dict[str, Any] | None = None


class ManagedHit(PlatformObject):
    """A chunk that was found."""

    chunk: ManagedChunk
    score: float
    distance: float | None = None


class ManagedHits(PlatformObject):
    """The reply to a search, best first."""

    hits: list[ManagedHit]


class ManagedChunks(PlatformObject):
    """Chunks of one source."""

    chunks: list[ManagedChunk]


class AddedDocument(PlatformObject):
    """The outcome for one document by its `position`: "accepted" with an id, or "rejected" with errors."""

    status: str
    position: int
    document_id: str | None = None
    chunk_count: int | None = None
    errors: list[dict[str, Any]] = Field(default_factory=list)


class AddedDocuments(PlatformObject):
    """The outcome of an addition; a rejected document does not fail it."""

    accepted: int
    rejected: int
    results: list[AddedDocument]


class RemovedDocuments(PlatformObject):
    """The ids that were removed, and those that were not there."""

    deleted_document_ids: list[str]
    missing: list[str] = Field(default_factory=list)


class DeletedIndex(PlatformObject):
    """The reply to a deletion, which goes on at the platform."""

    id: str
    name: str
    status: str


class SearchIndexResource(Resource):
    """`client.search_indexes`."""

    def create(
        self,
        name: str,
        *,
        embedding: Mapping[str, Any] = EMBEDDING,
        document_fields: Mapping[str, Any] | None = None,
        chunk_fields: Mapping[str, Any] | None = None,
    ) -> ManagedIndex:
        """Create an index; fields are ``{"year": {"type": "int"}}``, with `indexed` and `required` where wanted."""
        return self._send(_create(name, embedding, document_fields, chunk_fields))

    async def acreate(
        self,
        name: str,
        *,
        embedding: Mapping[str, Any] = EMBEDDING,
        document_fields: Mapping[str, Any] | None = None,
        chunk_fields: Mapping[str, Any] | None = None,
    ) -> ManagedIndex:
        """`create` for coroutines."""
        return await self._asend(_create(name, embedding, document_fields, chunk_fields))

    def list(self, *, page_token: str | None = None, page_size: int = 20) -> ManagedIndexListing:
        """One page of the indexes."""
        return self._send(_list(page_token, page_size))

    async def alist(self, *, page_token: str | None = None, page_size: int = 20) -> ManagedIndexListing:
        """`list` for coroutines."""
        return await self._asend(_list(page_token, page_size))

    def iterate(self) -> Iterator[ManagedIndex]:
        """Every index; pages are fetched as they are needed."""
        token: str | None = None
        while True:
            page = self.list(page_token=token)
            yield from page.data
            token, last = page.next_page_token, token
            if not token or token == last:
                return

    async def aiterate(self) -> AsyncIterator[ManagedIndex]:
        """`iterate` for coroutines."""
        token: str | None = None
        while True:
            page = await self.alist(page_token=token)
            for index in page.data:
                yield index
            token, last = page.next_page_token, token
            if not token or token == last:
                return

    def get(self, name: str) -> ManagedIndex:
        """One index."""
        return self._send(PlatformCall("GET", path(*ROOT, name), ManagedIndex))

    async def aget(self, name: str) -> ManagedIndex:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path(*ROOT, name), ManagedIndex))

    def delete(self, name: str) -> DeletedIndex:
        """Delete an index with its documents."""
        return self._send(PlatformCall("DELETE", path(*ROOT, name), DeletedIndex))

    async def adelete(self, name: str) -> DeletedIndex:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path(*ROOT, name), DeletedIndex))

    def add(self, name: str, documents: Sequence[Mapping[str, Any]]) -> AddedDocuments:
        """Add documents, dicts of the fields of the index; look at `rejected`, which is no error."""
        return self._send(_add(name, documents))

    async def aadd(self, name: str, documents: Sequence[Mapping[str, Any]]) -> AddedDocuments:
        """`add` for coroutines."""
        return await self._asend(_add(name, documents))

    def remove(self, name: str, document_ids: Sequence[str]) -> RemovedDocuments:
        """Remove documents by their ids."""
        return self._send(_remove(name, document_ids))

    async def aremove(self, name: str, document_ids: Sequence[str]) -> RemovedDocuments:
        """`remove` for coroutines."""
        return await self._asend(_remove(name, document_ids))

    def search(self, name: str, retriever: Retriever) -> Sequence[ManagedHit]:
        """The hits of a search, best first."""
        return self._send(_search(name, retriever)).hits

    async def asearch(self, name: str, retriever: Retriever) -> Sequence[ManagedHit]:
        """`search` for coroutines."""
        return (await self._asend(_search(name, retriever))).hits

    def read(
        self, name: str, source_id: str, *, start: int | None = None, end: int | None = None, top_k: int = 20
    ) -> Sequence[ManagedChunk]:
        """The chunks of a source between two offsets."""
        return self._send(_read(name, source_id, start, end, top_k)).chunks

    async def aread(
        self, name: str, source_id: str, *, start: int | None = None, end: int | None = None, top_k: int = 20
    ) -> Sequence[ManagedChunk]:
        """`read` for coroutines."""
        return (await self._asend(_read(name, source_id, start, end, top_k))).chunks

    def grep(
        self, name: str, source_id: str, pattern: str, *, mode: Literal["phrase", "term"] = "phrase", top_k: int = 5
    ) -> Sequence[ManagedChunk]:
        """The chunks of a source in which a phrase or a term stands."""
        return self._send(_grep(name, source_id, pattern, mode, top_k)).chunks

    async def agrep(
        self, name: str, source_id: str, pattern: str, *, mode: Literal["phrase", "term"] = "phrase", top_k: int = 5
    ) -> Sequence[ManagedChunk]:
        """`grep` for coroutines."""
        return (await self._asend(_grep(name, source_id, pattern, mode, top_k))).chunks


def _create(
    name: str,
    embedding: Mapping[str, Any],
    document_fields: Mapping[str, Any] | None,
    chunk_fields: Mapping[str, Any] | None,
) -> PlatformCall[ManagedIndex]:
    fields = given(document_fields=document_fields, chunk_fields=chunk_fields)
    body = {"name": name, "config": {"embedding": dict(embedding)}, **({"schema": fields} if fields else {})}
    return PlatformCall("POST", path(*ROOT), ManagedIndex, body=body, once=True)


def _list(page_token: str | None, page_size: int) -> PlatformCall[ManagedIndexListing]:
    return PlatformCall("GET", path(*ROOT, page_token=page_token, page_size=page_size), ManagedIndexListing)


def _add(name: str, documents: Sequence[Mapping[str, Any]]) -> PlatformCall[AddedDocuments]:
    body = {"documents": [dict(document) for document in documents]}
    return PlatformCall("POST", path(*ROOT, name, "documents"), AddedDocuments, body=body, once=True)


def _remove(name: str, document_ids: Sequence[str]) -> PlatformCall[RemovedDocuments]:
    body = {"document_ids": list(document_ids)}
    return PlatformCall("DELETE", path(*ROOT, name, "documents"), RemovedDocuments, body=body)


def _search(name: str, retriever: Retriever) -> PlatformCall[ManagedHits]:
    return PlatformCall("POST", path(*ROOT, name, "search"), ManagedHits, body={"retriever": dict(retriever)})


def _read(name: str, source_id: str, start: int | None, end: int | None, top_k: int) -> PlatformCall[ManagedChunks]:
    body = {"source_id": source_id, "top_k": top_k, **given(start_offset=start, end_offset=end)}
    return PlatformCall("POST", path(*ROOT, name, "read"), ManagedChunks, body=body)


def _grep(name: str, source_id: str, pattern: str, mode: str, top_k: int) -> PlatformCall[ManagedChunks]:
    body = {"source_id": source_id, "pattern": pattern, "mode": mode, "top_k": top_k}
    return PlatformCall("POST", path(*ROOT, name, "grep"), ManagedChunks, body=body)
