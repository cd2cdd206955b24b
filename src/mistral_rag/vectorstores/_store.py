"""LangChain's vector store over an index folder: exact search, filters before it, commits that hold."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.runnables import run_in_executor
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from mistral_rag._embedded import embedded_rows
from mistral_rag._nearest import refusal
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import (
    DenseSettings,
    Identity,
    IndexReader,
    View,
    checked_groups,
    read_faiss_folder,
)
from mistral_rag.retrieval._filtered_fields import named_fields, require_fields
from mistral_rag.vectorstores._documents import as_documents, model_of, name_of, unit_length
from mistral_rag.vectorstores._folder import StoreFolder, save_copy
from mistral_rag.vectorstores._tenant import Tenant
from mistral_rag.vectorstores._texts import TenantTexts

Metric = Literal["cosine", "ip"]
Filter = Mapping[str, Any] | None
NEAREST_SETTINGS = ("k", "filter", "score_threshold", "fetch_k")
MARGINAL_SETTINGS = ("k", "filter", "fetch_k", "lambda_mult")
"""Settings of a search for the nearest, and of one for what differs."""


class FaissStore(VectorStore):
    """Texts with metadata in an index folder, found by the cosine of their embeddings.

    Works on any index, also one that `ingest build` made with the same embeddings. Additions and removals are
    committed when the call returns: all of it or, with an error, nothing. Filters are dicts as in docs/retrieval.md.

    Args:
        embedding: turns texts into vectors.
        path: the index folder, made when something is first added. Without one a temporary folder is used and
            deleted with the store.
        groups: groups that the reader belongs to (see `IndexReader`), and that may read what is added here. Ids are
            theirs alone: texts of other groups are neither found nor replaced nor deleted by the same ids.
        metric: "cosine", or "ip" for inner products of vectors as long as they come. It belongs to the index.
        dense: sizes at which vector search changes its way; the default is what was measured.

    Texts come back as they were given but for control characters, which no page may hold. Metadata comes back as
    plain JSON: a date as ISO text, a tuple as a list.
    """

    def __init__(
        self,
        embedding: Embeddings,
        path: str | os.PathLike[str] | None = None,
        *,
        groups: Collection[str] | None = None,
        metric: Metric = "cosine",
        dense: DenseSettings | None = None,
    ) -> None:
        self._embedding = embedding
        self._metric = metric
        tenant = Tenant(checked_groups(groups))
        self._folder = StoreFolder(path, groups=tenant.groups, dense=dense or DenseSettings())
        self._texts = TenantTexts(self._folder, tenant, model_of(embedding))
        self._groups = tenant.groups
        self._fields: set[str] = set()

    @property
    def embeddings(self) -> Embeddings:
        """The model that turns texts into vectors."""
        return self._embedding

    @property
    def path(self) -> Path:
        """The index folder."""
        return self._folder.path

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """A store, in the folder `path` or a temporary one, with these texts added."""
        store = cls(embedding, path, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    async def afrom_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """As `from_texts`."""
        store = cls(embedding, path, **kwargs)
        await store.aadd_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    def from_faiss_folder(
        cls,
        folder: str | os.PathLike[str],
        embedding: Embeddings,
        *,
        path: str | os.PathLike[str] | None = None,
        name: str = "index",
        groups: Collection[str] | None = None,
        metric: Metric = "cosine",
    ) -> Self:
        """A store with the texts and vectors that `langchain_community`'s FAISS store has saved in a folder.

        Nothing is embedded: `embedding` must be what made the vectors, which are scaled to length 1. The folder is
        read without FAISS's reader and without running its pickle.

        Args:
            folder: what `save_local` wrote; its index must be a flat one, as it is by default.
            embedding: what turned the texts into vectors.
            path: the new index folder, or one to add to.
            name: the `index_name` of `save_local`.
            groups: as the class takes them.
            metric: as the class takes it.

        Raises:
            NotAnIndexError: there is no such folder, it is damaged, or its pickle is more than documents.
        """
        saved = read_faiss_folder(Path(folder), name)
        store = cls(embedding, path, groups=groups, metric=metric)
        documents = as_documents(saved.texts, saved.metadatas, saved.ids)
        texts = {document.page_content: number for number, document in enumerate(documents)}
        store._add(documents, {}, list(texts), saved.vectors[list(texts.values())])
        return store

    @classmethod
    def load_local(
        cls,
        folder_path: str | os.PathLike[str],
        embeddings: Embeddings,
        index_name: str = "index",
        *,
        groups: Collection[str] | None = None,
        metric: Metric = "cosine",
        allow_dangerous_deserialization: bool = False,
    ) -> Self:
        """The store in this folder: an index folder, or one that `langchain_community`'s FAISS store has saved.

        An index folder is used where it is; what is added is added there. The other is read as by
        `from_faiss_folder`, into a temporary index. `allow_dangerous_deserialization` has no effect: no pickle is run.

        Raises:
            IndexNotFoundError: there is no such folder.
            NotAnIndexError: it holds something else, or is damaged.
        """
        folder = Path(folder_path)
        if (folder / f"{index_name}.faiss").is_file():
            return cls.from_faiss_folder(folder, embeddings, name=index_name, groups=groups, metric=metric)
        IndexReader.open(folder, groups=groups).close()
        return cls(embeddings, folder, groups=groups, metric=metric)

    def save_local(self, folder_path: str | os.PathLike[str]) -> None:
        """Copy the index to a new folder, to be read by `load_local`; nothing is to do for the store's own folder.

        Raises:
            ConfigurationError: the store has groups, and a copy holds what others may read, too.
            IndexNotFoundError: nothing was added yet.
            NotAnIndexError: the folder holds something already.
        """
        save_copy(self.path, folder_path, groups=self._groups)

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Add texts and give their ids. An id that is there already is replaced; without ids they get new ones."""
        documents = as_documents(texts, metadatas, ids)
        known = self._texts.known_vectors(documents)
        missing = [text for text in dict.fromkeys(d.page_content for d in documents) if text not in known]
        return self._add(documents, known, missing, self._embed(missing))

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """As `add_texts`."""
        documents = as_documents(texts, metadatas, ids)
        known = await run_in_executor(None, self._texts.known_vectors, documents)
        missing = [text for text in dict.fromkeys(d.page_content for d in documents) if text not in known]
        matrix = await self._aembed(missing)
        return await run_in_executor(None, self._add, documents, known, missing, matrix)

    def _embed(self, texts: list[str]) -> np.ndarray:
        return self._checked(self._embedding.embed_documents(texts) if texts else [], len(texts))

    async def _aembed(self, texts: list[str]) -> np.ndarray:
        return self._checked(await self._embedding.aembed_documents(texts) if texts else [], len(texts))

    def _checked(self, vectors: Any, count: int) -> np.ndarray:
        return embedded_rows(vectors, count, name_of(self._embedding))

    def _add(
        self, documents: Sequence[Document], known: Mapping[str, np.ndarray], texts: list[str], matrix: np.ndarray
    ) -> list[str]:
        fresh = dict(zip(texts, self._measured(matrix), strict=True))
        if documents:
            dimension = len(next(iter((*known.values(), *fresh.values()))))
            self._texts.add(documents, known, fresh, Identity(name_of(self._embedding), dimension, self._metric))
        return [str(document.id) for document in documents]

    def _measured(self, matrix: np.ndarray) -> np.ndarray:
        """Vectors as the index compares them."""
        return unit_length(matrix) if self._metric == "cosine" else matrix

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """Delete texts by id, or everything when `ids` is None; unknown ids are no error.

        A store with groups deletes what no other group may read.

        Raises:
            ValueError: a text is for other groups, too, or is a chunk of a file: files are taken out whole, with
                `ingest remove`.
        """
        self._texts.delete(ids)
        return True

    async def adelete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """As `delete`."""
        return await run_in_executor(None, self.delete, ids, **kwargs)

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The texts with these ids, in their order; unknown ids are left out."""
        reader = self._folder.reader()
        if reader is None:
            return []
        with reader.view() as view:
            return [self._texts.document(stored) for stored in self._texts.find(view, ids)]

    def similarity_search(self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any) -> list[Document]:
        """The `k` texts most like the query, best first."""
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    async def asimilarity_search(self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any) -> list[Document]:
        """As `similarity_search`."""
        return [document for document, _ in await self.asimilarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The `k` texts most like the query with their cosines, best first.

        `score_threshold` leaves out what is less like it; `fetch_k`, which other stores need for their filters, has no
        effect here: filters hold before the search. ConfigurationError for any other setting.
        """
        least = _least_score(kwargs)
        return self._search(self._embedding.embed_query(query), k, filter, least)

    async def asimilarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """As `similarity_search_with_score`."""
        least = _least_score(kwargs)
        return await run_in_executor(None, self._search, await self._embedding.aembed_query(query), k, filter, least)

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> list[Document]:
        """The `k` texts most like the vector, best first."""
        return [document for document, _ in self._search(embedding, k, filter, _least_score(kwargs))]

    async def asimilarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: Filter = None, **kwargs: Any
    ) -> list[Document]:
        """As `similarity_search_by_vector`."""
        least = _least_score(kwargs)
        return [document for document, _ in await run_in_executor(None, self._search, embedding, k, filter, least)]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, filter: Filter = None, **kwargs: Any
    ) -> list[Document]:
        """`k` of the `fetch_k` texts most like the query, chosen to differ; `lambda_mult` 1 is likeness only."""
        _refuse_unknown(kwargs, MARGINAL_SETTINGS)
        return self._marginal(self._embedding.embed_query(query), k, fetch_k, lambda_mult, filter)

    async def amax_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, filter: Filter = None, **kwargs: Any
    ) -> list[Document]:
        """As `max_marginal_relevance_search`."""
        _refuse_unknown(kwargs, MARGINAL_SETTINGS)
        vector = await self._embedding.aembed_query(query)
        return await run_in_executor(None, self._marginal, vector, k, fetch_k, lambda_mult, filter)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As `max_marginal_relevance_search`, by vector."""
        _refuse_unknown(kwargs, MARGINAL_SETTINGS)
        return self._marginal(embedding, k, fetch_k, lambda_mult, filter)

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,
        **kwargs: Any,
    ) -> list[Document]:
        """As `max_marginal_relevance_search_by_vector`."""
        _refuse_unknown(kwargs, MARGINAL_SETTINGS)
        return await run_in_executor(None, self._marginal, embedding, k, fetch_k, lambda_mult, filter)

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: min(max(cosine, 0.0), 1.0)

    def _search(
        self, vector: Sequence[float], k: int, filter: Filter, least: float | None = None
    ) -> list[tuple[Document, float]]:
        _refuse_negative(k)
        reader = self._folder.reader()
        if reader is None:
            return []
        with reader.view() as view:
            rows, scores = self._nearest(view, vector, k, filter)
            by_row = {stored.row: self._texts.document(stored) for stored in view.chunks(rows)}
            found = [(by_row[row], score) for row, score in zip(rows, scores, strict=True) if row in by_row]
        return found if least is None else [(document, score) for document, score in found if score >= least]

    def _marginal(
        self, vector: Sequence[float], k: int, fetch_k: int, lambda_mult: float, filter: Filter
    ) -> list[Document]:
        _refuse_negative(k)
        reader = self._folder.reader()
        if reader is None:
            return []
        with reader.view() as view:
            rows, _ = self._nearest(view, vector, max(fetch_k, k), filter)
            found, vectors = view.vectors_of(rows)
            position = {row: number for number, row in enumerate(found.tolist())}
            rows = [row for row in rows if row in position]
            candidates = vectors[[position[row] for row in rows]].astype(np.float32)
            chosen = maximal_marginal_relevance(np.asarray(vector, np.float32), list(candidates), lambda_mult, k)
            return [self._texts.document(stored) for stored in view.chunks(rows[number] for number in chosen)]

    def _nearest(self, view: View, vector: Sequence[float], k: int, filter: Filter) -> tuple[list[int], list[float]]:
        """Rows and cosines of the nearest chunks of this commit that pass, best first."""
        require_fields(view, named_fields(filter, needed=True), self._fields)
        query = self._measured(self._checked([vector], 1))[0]
        if identity := view.identity:
            mine = replace(identity, embedding=name_of(self._embedding), dimension=len(query), metric=self._metric)
            identity.require(mine, self.path)
        rows, scores = view.nearest(query, k, filter)
        return rows.tolist(), scores.tolist()

    def close(self) -> None:
        """Close the folder; the store opens it again when it is used again."""
        self._folder.close()


def _refuse_unknown(settings: Mapping[str, Any], known: Collection[str]) -> None:
    for name in settings:
        if name not in known:
            raise ConfigurationError(refusal("no setting", name, known))


def _least_score(settings: Mapping[str, Any]) -> float | None:
    _refuse_unknown(settings, NEAREST_SETTINGS)
    least = settings.get("score_threshold")
    return None if least is None else float(least)


def _refuse_negative(k: int) -> None:
    if k < 0:
        raise ValueError(f"k is a number of passages, not {k}")
