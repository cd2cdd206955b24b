"""Passages of an index for a question: words, vectors and the documents it names, as a LangChain retriever."""

import asyncio
import os
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, PrivateAttr

from mistral_rag.defaults import load_embeddings
from mistral_rag.errors import IndexMismatchError
from mistral_rag.ranking.search import Collection, Fusion, Ranked
from mistral_rag.schema import Chunk, Page, Source
from mistral_rag.store.reader import IndexReader
from mistral_rag.store.view import StoredChunk

if TYPE_CHECKING:
    from mistral_rag.store.view import View


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, its page (without word boxes, blocks and units) and what its score is made of."""

    stored: StoredChunk
    score: float
    parts: Mapping[str, float]

    @property
    def chunk(self) -> Chunk:
        """The passage."""
        return self.stored.chunk

    @property
    def source(self) -> Source:
        """What it was read from."""
        return self.stored.source

    @property
    def page(self) -> Page:
        """The page it stands on."""
        return self.stored.page

    def to_document(self) -> Document:
        """The passage as LangChain has it."""
        return self.stored.to_document()


class HybridRetriever(BaseRetriever):
    """The passages of an index that fit a question best.

    Words and vectors are fused; documents of the company and period that the question names come first. Each search
    sees the newest commit. Filter and groups are fixed when the retriever is made and hold before anything is ranked.
    Safe to use from any number of threads; async searches run in threads.

    Make one with `HybridRetriever.from_index`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    index: IndexReader
    embeddings: Embeddings | None = None
    k: int = 8
    filter: Mapping[str, Any] | None = None
    groups: tuple[str, ...] | None = None
    dense_weight: float | None = None
    """Share of the vectors in the score; by default that of the index's model."""
    fusion: Fusion = "convex"
    routing: bool = True

    _collection: Collection | None = PrivateAttr(default=None)
    _loading: Lock = PrivateAttr(default_factory=Lock)

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
            filter: what their metadata must be; see `mistral_rag.store.filters`.
            groups: groups the reader belongs to.
            settings: `dense_weight`, `fusion` ("convex" or "rrf"), `routing`.

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
            groups=None if groups is None else tuple(groups),
            **settings,
        )

    @property
    def pages(self) -> IndexReader:
        """Where the pages behind the Documents are read from."""
        return self.index

    def search(self, question: str, *, k: int | None = None) -> list[Hit]:
        """The best passages with their scores, best first."""
        return self._search(question, self._vector(question), self.k if k is None else k)

    async def asearch(self, question: str, *, k: int | None = None) -> list[Hit]:
        """As `search`."""
        return await asyncio.to_thread(self.search, question, k=k)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [hit.to_document() for hit in self.search(query)]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [hit.to_document() for hit in await self.asearch(query)]

    def _vector(self, question: str) -> "np.ndarray[Any, np.dtype[np.float32]] | None":
        if self.embeddings is None:
            return None
        vector = np.asarray(self.embeddings.embed_query(question), dtype=np.float32)
        return vector / max(float(np.linalg.norm(vector)), 1e-12)

    def _search(self, question: str, vector: Any, k: int) -> list[Hit]:
        with self.index.view() as view:
            collection = self._current(view)
            ranked = collection.rank(
                question,
                vector,
                k,
                weight=self.dense_weight,
                fusion=self.fusion,
                routing=self.routing,
            )
            return _hits(view.chunks([one.row for one in ranked]), ranked)

    def _current(self, view: "View") -> Collection:
        """What is searched, as of this view or a newer one."""
        with self._loading:
            if self._collection is None or self._collection.sequence < view.sequence:
                allowed = view.allowed(self.filter, self.groups)
                self._collection = Collection.of(view, self.index.folder, self._model(view), allowed=allowed)
            return self._collection

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
    return [Hit(by_row[one.row], one.score, one.parts) for one in ranked if one.row in by_row]
