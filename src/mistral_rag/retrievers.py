"""Passages of an index for a question: words, vectors and the documents it names, as a LangChain retriever."""

import asyncio
import os
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import numpy.typing as npt
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, PrivateAttr, field_validator

from mistral_rag.defaults import load_embeddings
from mistral_rag.errors import IndexMismatchError
from mistral_rag.index import IndexReader, StoredChunk
from mistral_rag.retrieval._diversification import at_most_each, marginal
from mistral_rag.retrieval._domains.filings.glossary import Glossary
from mistral_rag.retrieval._expansion import QueryExpander
from mistral_rag.retrieval._fusion import unit, unnamed_share
from mistral_rag.retrieval._hits import Explanation, Hit
from mistral_rag.retrieval._questions import asked
from mistral_rag.retrieval._reranking import Reranker, reranked
from mistral_rag.retrieval._score_breakdown import Fusion, Ranked
from mistral_rag.retrieval._search import Collection

if TYPE_CHECKING:
    from mistral_rag.index import View

__all__ = ["Explanation", "Hit", "HybridRetriever"]

Vector = npt.NDArray[np.float32]


class HybridRetriever(BaseRetriever):
    """The passages of an index that fit a question best.

    Words and vectors are fused; documents of the company and period that the question names come first, as do the
    statements (balance sheet, …) that show what it asks for. Each search sees the newest commit. Filter and groups
    are fixed when the retriever is made and hold before anything is ranked. A retriever made with `groups` tells no
    scores: its hits are scored 1 / rank. Safe to use from any number of threads; async searches run in threads.

    Make one with `HybridRetriever.from_index`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: IndexReader
    embeddings: Embeddings | None = None
    k: int = Field(default=8, ge=0)
    filter: Mapping[str, Any] | None = None
    groups: tuple[str, ...] | None = None
    dense_weight: float | None = Field(default=None, ge=0, le=1)
    """Share of the vectors in the score; by default that of the index's model, and less the more the words tell."""
    fusion: Fusion = "convex"
    """"convex" or "rrf": scores are added, or reciprocal ranks."""
    routing: bool = True
    expander: QueryExpander | None = Field(default_factory=Glossary)
    """Further words to search for; None for the question alone."""
    reranker: Reranker | None = None
    """A LangChain document compressor or cross-encoder that orders the first `candidates`."""
    candidates: int = Field(default=40, ge=1)
    """Passages that a reranker, `mmr` and `most_per_document` choose from; at least five for each that is wanted."""
    mmr: float | None = Field(default=None, ge=0, le=1)
    """Maximal marginal relevance: 1 is relevance only, 0 is variety only; None leaves the ranking as it is."""
    most_per_document: int | None = Field(default=None, ge=1)
    """The most passages of one document."""
    neighbours: int = Field(default=0, ge=0, le=100)
    """Passages before and behind each hit that are given behind all hits, as context for an answer."""

    _collection: Collection | None = PrivateAttr(default=None)
    _loading: Lock = PrivateAttr(default_factory=Lock)

    @field_validator("groups", mode="before")
    @classmethod
    def _are_names(cls, groups: Any) -> Any:
        if isinstance(groups, str):
            raise ValueError("groups are a collection of names, not one text")
        return groups if groups is None else tuple(groups)

    @classmethod
    def from_index(
        cls,
        path: str | os.PathLike[str],
        *,
        embeddings: Embeddings | None = None,
        k: int = 8,
        filter: Mapping[str, Any] | None = None,
        groups: Several[str] | None = None,
        **settings: Any,
    ) -> Self:
        """A retriever over the index folder at `path`.

        Args:
            path: the index folder.
            embeddings: the model the index was built with; by default it is loaded by the name the index keeps.
            k: passages to give back.
            filter: what their metadata must be; see docs/retrieval.md.
            groups: groups the reader belongs to.
            settings: the other attributes of this class.

        Raises:
            IndexNotFoundError: there is no index; and the other errors of `IndexReader.open`.
            MissingExtraError, ConfigurationError: the index's embedding model can't be loaded here.
        """
        index = IndexReader.open(path)
        identity = index.identity
        if embeddings is None and identity is not None:
            embeddings = cast("Embeddings | None", load_embeddings(identity.embedding))
        return cls(
            index=index,
            embeddings=embeddings,
            k=k,
            filter=filter,
            groups=cast("tuple[str, ...] | None", groups),
            **settings,
        )

    @property
    def pages(self) -> IndexReader:
        """Where the pages behind the Documents are read from."""
        return self.index

    def search(self, question: str, *, k: int | None = None) -> list[Hit]:
        """The best passages, best first, and behind them the `neighbours`."""
        return list(self.explain(question, k=k).hits)

    async def asearch(self, question: str, *, k: int | None = None) -> list[Hit]:
        """As `search`."""
        return await asyncio.to_thread(self.search, question, k=k)

    def explain(self, question: str, *, k: int | None = None) -> Explanation:
        """As `search`, with what the ranking went by. Raises ValueError for a negative `k`."""
        k = self.k if k is None else k
        if k < 0:
            raise ValueError(f"k is a number of passages, not {k}")
        expansion = self.expander.expand(question) if self.expander else ""
        return self._explained(question, self._vectors_of(question), expansion, k)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [hit.to_document() for hit in self.search(query)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [hit.to_document() for hit in await self.asearch(query)]

    def _vectors_of(self, question: str) -> tuple[Vector | None, Vector | None]:
        """The vectors of the question and, where its model gains by that, of it without the companies it names."""
        if self.embeddings is None:
            return None, None
        told = asked(question)
        return unit(self.embeddings.embed_query(told)), self._unnamed(told)

    def _unnamed(self, question: str) -> Vector | None:
        known = self._collection
        if self.embeddings is None or not self.routing or (known is not None and not unnamed_share(known.model)):
            return None
        with self.index.view() as view:
            current = self._current(view)
        # the view is closed: a model may take its time
        rest = current.router.unnamed(question) if unnamed_share(current.model) else ""
        return unit(self.embeddings.embed_query(rest)) if rest else None

    def _explained(
        self, question: str, asked_by: tuple[Vector | None, Vector | None], expansion: str, k: int
    ) -> Explanation:
        vector, unnamed = asked_by
        chooses = self.reranker is not None or self.mmr is not None or self.most_per_document is not None
        with self.index.view() as view:
            collection = self._current(view)
            ranking = collection.rank(
                question,
                vector,
                max(5 * k, self.candidates) if chooses else k,
                unnamed=unnamed,
                expansion=expansion,
                weight=self.dense_weight,
                fusion=self.fusion,
                routing=self.routing,
            )
            hits = _hits(view.chunks([one.row for one in ranking.ranked]), ranking.ranked)
            vectors = _vectors(view, hits) if self.mmr is not None else {}
            readable = self._readable(view, collection)
        # a reranker may take its time: the view is closed, so that it keeps no writer's log from being put away
        chosen = self._chosen(hits, vectors, question, k) if chooses else hits
        shown = chosen if self.groups is None else [hit.with_rank_alone(at) for at, hit in enumerate(chosen, 1)]
        return Explanation(
            hits=(*shown, *self._beside(collection, chosen)),
            expansion=expansion,
            covered=ranking.covered,
            dense_weight=ranking.dense_weight,
            named=tuple(sorted(collection.router.named(question))) if self.routing else (),
            filter=self.filter,
            searched=len(collection.rows),
            readable=readable,
        )

    def _chosen(self, hits: list[Hit], vectors: Mapping[int, Vector], question: str, k: int) -> list[Hit]:
        if self.reranker is not None:
            order = reranked(self.reranker, question, [hit.to_document() for hit in hits])
            hits = [hits[place].reranked(score) for place, score in order]
        if self.most_per_document is not None:
            hits = [hits[place] for place in at_most_each([hit.source.uri for hit in hits], self.most_per_document)]
        if self.mmr is not None and vectors:
            rows = np.stack([vectors[hit.stored.row] for hit in hits]) if hits else np.empty((0, 1), np.float32)
            hits = [hits[place] for place in marginal([hit.score for hit in hits], rows, k, self.mmr)]
        return hits[:k]

    def _beside(self, collection: Collection, chosen: Sequence[Hit]) -> list[Hit]:
        """The neighbours of what was chosen, as context."""
        rows = collection.beside([hit.stored.row for hit in chosen], self.neighbours)
        if not rows:
            return []
        with self.index.view() as view:
            return [Hit(stored, 0.0, context=True) for stored in view.chunks(rows)]

    def _current(self, view: "View") -> Collection:
        """What is searched, as of this view or a newer one."""
        with self._loading:
            if self._collection is None or self._collection.sequence < view.sequence:
                allowed = view.allowed(self.filter, self.groups)
                self._collection = Collection.of(view, self.index.folder, self._model(view), allowed=allowed)
            return self._collection

    def _readable(self, view: "View", collection: Collection) -> int:
        if not self.filter:
            return len(collection.rows)
        readable = view.allowed(None, self.groups)
        return view.count() if readable is None else len(readable)

    def _model(self, view: "View") -> str:
        identity = self.index.identity
        if identity is None or self.embeddings is None:
            return ""
        name = getattr(self.embeddings, "model", identity.embedding)
        if name != identity.embedding:
            raise IndexMismatchError(
                f"{self.index.folder} was built with {identity}; this is {name}. Run: ingest build --rebuild"
            )
        return identity.embedding


def _hits(stored: Sequence[StoredChunk], ranked: Sequence[Ranked]) -> list[Hit]:
    """Rows that are gone meanwhile drop out."""
    by_row = {one.row: one for one in stored}
    return [
        Hit(by_row[one.row], one.score, one.parts, one.ranks, older=one.parts["routing"] < 0)
        for one in ranked
        if one.row in by_row
    ]


def _vectors(view: "View", hits: Sequence[Hit]) -> dict[int, Vector]:
    """The vectors of hits by row; zeros for a row without one."""
    found, vectors = view.vectors_of(hit.stored.row for hit in hits)
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)
    known = dict(zip(found.tolist(), vectors.astype(np.float32), strict=True))
    return {hit.stored.row: known.get(hit.stored.row, nothing) for hit in hits}
