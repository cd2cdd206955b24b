"""HybridRetriever: passages of an index for a question, by words, vectors and signals, as a LangChain retriever."""

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self, Unpack, cast

import numpy as np
from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig
from pydantic import ConfigDict, Field, PrivateAttr, field_validator, model_validator

from mistral_rag._embedded import embedded_rows
from mistral_rag.defaults import load_embeddings
from mistral_rag.errors import ConfigurationError, IndexMismatchError
from mistral_rag.index import IndexReader, StoredChunk, View, checked_groups, rebuild_command
from mistral_rag.retrieval._choice import (
    Vector,
    chosen_hits,
    hits_beside,
    ranked_hits,
    reranked_hits,
    stored_beside,
    vectors_of,
)
from mistral_rag.retrieval._current import CurrentIndex, SearchScope
from mistral_rag.retrieval._expansion import QueryExpander
from mistral_rag.retrieval._filtered_fields import named_fields, require_fields
from mistral_rag.retrieval._fusion import unit, unnamed_share
from mistral_rag.retrieval._hits import Explanation, Hit
from mistral_rag.retrieval._passages import CALIBRATION, Retrieval
from mistral_rag.retrieval._questions import without_instructions
from mistral_rag.retrieval._reranking import Reranker
from mistral_rag.retrieval._score_breakdown import Fusion
from mistral_rag.retrieval._search import SearchIndex
from mistral_rag.retrieval._settings import RetrieverSettings, call_settings, own_settings
from mistral_rag.retrieval._signal_set import SignalsMovedError
from mistral_rag.retrieval._signals import Signal, registered_signals
from mistral_rag.vectorstores import FaissStore
from mistral_rag.vectorstores._folder import save_copy

__all__ = ["Explanation", "Hit", "HybridRetriever"]

MAX_ATTEMPTS: Final = 4
"""Searches of one question that commits of other threads may overtake; the last one lets no other search follow."""


class HybridRetriever(BaseRetriever):
    """The passages of an index that fit a question best.

    Words and vectors are fused; signals boost what the documents themselves tell: those of the company and period that
    the question names, the statements that show what it asks for, the newest version of a text. Each search sees the
    newest commit and reads it in one transaction. Filter and groups hold before anything is ranked. A retriever made
    with `groups` tells no scores: its hits are scored 1 / rank. Safe to use from any number of threads; async searches
    run in threads.

    Make one with `HybridRetriever.from_index`. `index` is read as `groups` may read it: without `groups` they are those
    of the reader that is given. They can't be assigned; `model_copy` makes a retriever for other ones.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    index: IndexReader = Field(frozen=True)
    embeddings: Embeddings | None = None
    k: int = Field(default=8, ge=0)
    filter: Mapping[str, Any] | None = None
    groups: tuple[str, ...] | None = Field(default=None, frozen=True)
    dense_weight: float | None = Field(default=None, ge=0, le=1)
    """Share of the vectors in the score; by default that of the index's model, and less the more the words tell."""
    fusion: Fusion = "convex"
    """"convex" or "rrf": scores are added, or reciprocal ranks."""
    routing: bool = True
    """Boost whole documents, as signals say; without it they boost single pages only."""
    signals: Sequence[Signal] | None = None
    """Knowledge of kinds of document; by default the signals that are registered."""
    expander: QueryExpander | Literal["signals"] | None = "signals"
    """Further words to search for: those of the signals, or another expander's; None for the question alone."""
    reranker: Reranker | None = None
    """A LangChain document compressor or cross-encoder that orders the first `candidates`."""
    candidates: int = Field(default=40, ge=1)
    """Passages that a reranker, `mmr` and `most_per_document` choose from; at least five for each that is wanted."""
    mmr: float | None = Field(default=None, ge=0, le=1)
    """Maximal marginal relevance: 1 is relevance only, 0 is variety only; None leaves the ranking as it is."""
    score_threshold: float | None = None
    """The least score of a passage (`Hit.score`; a reranker's, where there is one). Scores of one question are
    comparable, those of two are less so. Not for readers with groups, who learn no scores."""
    most_per_document: int | None = Field(default=None, ge=1)
    """The most passages of one document."""
    neighbours: int = Field(default=0, ge=0, le=100)
    """Passages before and behind each hit that are given behind all hits, as context for an answer."""

    _current: CurrentIndex = PrivateAttr(default_factory=CurrentIndex)
    _fields: set[str] = PrivateAttr(default_factory=set)
    _store: FaissStore | None = PrivateAttr(default=None)
    """The store of a temporary folder, which goes with it."""

    @model_validator(mode="before")
    @classmethod
    def _named_as_langchain_names_them(cls, given: Any) -> Any:
        return own_settings(given, cls.model_fields) if isinstance(given, dict) else given

    @field_validator("groups", mode="before")
    @classmethod
    def _are_names(cls, groups: Any) -> Any:
        return groups if groups is None else checked_groups(groups)

    @model_validator(mode="after")
    def _read_by_its_groups(self) -> Self:
        if "groups" not in self.model_fields_set and self.index.groups:
            self.__dict__["groups"] = self.index.groups
        self.__dict__["index"] = self.index.for_groups(self.groups)
        if self.groups is not None and self.score_threshold is not None:
            raise ValueError("score_threshold is not for a retriever with groups: their readers learn no scores")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A retriever with other settings, which are checked as those of a new one are."""
        settings = {name: getattr(self, name) for name in type(self).model_fields}
        copy = type(self)(**{**settings, **own_settings(update or {}, type(self).model_fields)})
        copy._store = self._store
        return copy

    @classmethod
    def from_index(
        cls,
        path: str | os.PathLike[str],
        *,
        embeddings: Embeddings | None = None,
        k: int | None = None,
        filter: Mapping[str, Any] | None = None,
        groups: Collection[str] | None = None,
        **settings: Unpack[RetrieverSettings],
    ) -> Self:
        """A retriever over the index folder at `path`.

        Args:
            path: the index folder.
            embeddings: the model the index was built with; by default it is loaded by the name the index keeps.
            k: passages to give back; 8 where nothing is said.
            filter: what their metadata must be: `{"year": 2023}`, `{"year": {"$gte": 2021}}`; docs/retrieval.md has
                the operators.
            groups: groups the reader belongs to.
            settings: the other attributes of this class; also by LangChain's names `fetch_k` (`candidates`),
                `lambda_mult` (`mmr`), `search_type` and `search_kwargs`.

        Raises:
            IndexNotFoundError: there is no index; and the other errors of `IndexReader.open`.
            MissingExtraError, ConfigurationError: the index's embedding model can't be loaded here.
            ConfigurationError: a setting is unknown.
            pydantic.ValidationError: a setting is wrong.
        """
        named = {"k": k, "filter": filter, "groups": groups}
        given = {name: value for name, value in named.items() if value is not None}
        own = own_settings({**given, **settings}, cls.model_fields.keys() - {"index", "embeddings"})
        index = IndexReader.open(path, groups=groups)
        identity = index.identity
        if embeddings is None and identity is not None:
            embeddings = cast("Embeddings | None", load_embeddings(identity.embedding))
        return cls(index=index, embeddings=embeddings, **own)

    @classmethod
    def from_documents(
        cls,
        documents: Iterable[Document],
        embedding: Embeddings,
        *,
        path: str | os.PathLike[str] | None = None,
        groups: Collection[str] | None = None,
        **settings: Any,
    ) -> Self:
        """A retriever over these Documents, put into an index in the folder `path`, or in a temporary one.

        Documents with the id of one that is there replace it. `groups` may read what is added, and read with the
        retriever. The temporary folder is deleted with the retriever. `settings` are those of `from_index`.

        Raises:
            ConfigurationError: there is no Document; and the errors of `from_index`.
        """
        given = list(documents)
        if not given or not all(isinstance(document, Document) for document in given):
            raise ConfigurationError("a retriever is made of at least one LangChain Document, and of nothing else")
        store = FaissStore(embedding, path, groups=groups)
        store.add_documents(given)
        made = cls.load_local(store.path, embedding, groups=groups, **settings)
        made._store = store
        return made

    @classmethod
    def load_local(
        cls, folder_path: str | os.PathLike[str], embeddings: Embeddings | None = None, **settings: Any
    ) -> Self:
        """As `from_index`, by the name that LangChain's stores have for it."""
        return cls.from_index(folder_path, embeddings=embeddings, **settings)

    def save_local(self, folder_path: str | os.PathLike[str]) -> None:
        """Copy the index to a new folder, as `FaissStore.save_local` does."""
        save_copy(self.index.folder, folder_path, groups=self.groups or ())

    @property
    def pages(self) -> IndexReader:
        """The index as the retriever's groups may read it, for the pages behind the Documents."""
        return self.index

    def search(self, question: str, *, k: int | None = None) -> list[Hit]:
        """The best passages, best first, and behind them the `neighbours`."""
        return list(self.explain(question, k=k).hits)

    async def asearch(self, question: str, *, k: int | None = None) -> list[Hit]:
        """As `search`."""
        return await asyncio.to_thread(self.search, question, k=k)

    def explain(self, question: str, *, k: int | None = None, **settings: Any) -> Explanation:
        """As `search`, with what the ranking went by; `settings` are those of a call, as for `retrieve`.

        Raises:
            ValueError: `k` is negative.
            InvalidFilterError: the filter can't be understood, or needs a field that no document has.
        """
        searched = self._for_call(settings) if settings else self
        return searched._explained(question, k, layouts=False)[0]

    def retrieve(self, question: str, config: RunnableConfig | None = None, /, **kwargs: Any) -> Retrieval:
        """The passages that `invoke` gives, with their pages as they are in the same commit.

        `kwargs` are settings of this call, as `invoke` takes them: `k`, `filter`, and the others of this class but
        `groups`, `index` and `embeddings`.
        """
        found: list[Retrieval] = []
        self.invoke(question, config, into=found, **kwargs)
        return found[0]

    async def aretrieve(self, question: str, config: RunnableConfig | None = None, /, **kwargs: Any) -> Retrieval:
        """As `retrieve`."""
        found: list[Retrieval] = []
        await self.ainvoke(question, config, into=found, **kwargs)
        return found[0]

    def reread(self, ids: Iterable[str], /, **settings: Any) -> Mapping[str, StoredChunk]:
        """Passages by id, with their pages, of those that a search could find: filter and groups hold as for `invoke`.

        `settings` are those of a call. Ids that are unknown, or not to be found, are left out.
        """
        searched = self._for_call(settings) if settings else self
        with searched.index.view() as view:
            found = view.chunks_by_id(ids, layouts=True)
            allowed = view.allowed(searched.filter)
        passing = None if allowed is None else set(allowed.tolist())
        return {one: stored for one, stored in found.items() if passing is None or stored.row in passing}

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        into: list[Retrieval] | None = None,
        **settings: Any,
    ) -> list[Document]:
        searched = self._for_call(settings) if settings else self
        explanation, generation, calibration = searched._explained(query, k, layouts=into is not None)
        documents = [hit.to_document() for hit in explanation.hits]
        if into is not None:
            into.append(
                Retrieval(
                    explanation.hits,
                    tuple(documents),
                    generation,
                    embeddings=self.embeddings,
                    warnings=explanation.warnings,
                    calibration=calibration,
                )
            )
        return documents

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        into: list[Retrieval] | None = None,
        **settings: Any,
    ) -> list[Document]:
        search = self._get_relevant_documents
        return await asyncio.to_thread(search, query, run_manager=run_manager.get_sync(), k=k, into=into, **settings)

    def _for_call(self, settings: Mapping[str, Any]) -> Self:
        """This retriever with the settings of one call; both share what is in memory of the index.

        A call's filter narrows the retriever's own and never replaces it.
        """
        update = call_settings(settings, type(self).model_fields)
        if self.filter and update.get("filter"):
            update["filter"] = {"$and": [self.filter, update["filter"]]}
        elif self.filter:
            update.pop("filter", None)
        copy = self.model_copy(update=update)
        copy._current, copy._fields = self._current, self._fields
        return copy

    def _explained(self, question: str, k: int | None, *, layouts: bool) -> tuple[Explanation, int, Any]:
        """The passages and what they went by, the index's generation and calibration; read in one transaction.

        A reranker may take its time: it is asked when the view is closed, so that no writer waits for it.
        """
        k = self.k if k is None else k
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 0:
            raise ValueError(f"k is a number of passages, not {k!r}")
        words = without_instructions(question)
        vector = None if self.embeddings is None else _question_vector(self.embeddings, words)
        foreign = "" if self.expander is None or self.expander == "signals" else self.expander.expand(question)
        asked = _Asked(question, k, words, vector, foreign, layouts)
        for attempt in range(MAX_ATTEMPTS):
            try:
                return self._searched(asked, exclusive=attempt + 1 == MAX_ATTEMPTS)
            except SignalsMovedError:
                continue
        raise AssertionError("the last attempt keeps all others away")

    def _searched(self, asked: "_Asked", *, exclusive: bool) -> tuple[Explanation, int, Any]:
        question, k, vector, layouts = asked.question, asked.k, asked.vector, asked.layouts
        scope = SearchScope(tuple(registered_signals() if self.signals is None else self.signals), self.filter)
        with self._current.opened(self.index, scope, self._model, exclusive=exclusive) as (view, index):
            _require_dimension(view, vector)
            require_fields(view, named_fields(self.filter, needed=True), self._fields)
            read = index.read(question)
            expansion = read.expansion if self.expander == "signals" else asked.expansion
            ranking = index.rank(
                question,
                vector,
                max(5 * k, self.candidates) if self._chooses else k,
                unnamed=self._unnamed(index, asked.words),
                expansion=expansion,
                weight=self.dense_weight,
                fusion=self.fusion,
                routing=self.routing,
            )
            hits = ranked_hits(view, ranking.ranked, layouts=layouts)
            vectors = vectors_of(view, hits) if self.mmr is not None else {}
            if self.reranker is None:
                hits = self._chosen(hits, vectors, k)
            beside = stored_beside(view, index.table, hits, self.neighbours, layouts=layouts)
            readable = self._readable(view, index)
            generation = view.generation
            calibration = view.extra(CALIBRATION) if layouts else None  # noqa: S610 (no Django here)
        if self.reranker is not None:
            hits = self._chosen(reranked_hits(self.reranker, question, hits), vectors, k)
        shown = hits if self.groups is None else [hit.with_rank_alone(at) for at, hit in enumerate(hits, 1)]
        explanation = Explanation(
            hits=(*shown, *hits_beside(index.table, hits, self.neighbours, beside)),
            expansion=expansion,
            covered=ranking.covered,
            dense_weight=ranking.dense_weight,
            named=tuple(index.signals.uris(read.named)) if self.routing else (),
            filter=self.filter,
            searched=len(index.table),
            readable=readable,
            pending=index.pending,
        )
        return explanation, generation, calibration

    @property
    def _chooses(self) -> bool:
        """True when passages are chosen among more than are wanted."""
        return self.reranker is not None or self.mmr is not None or self.most_per_document is not None

    def _unnamed(self, index: SearchIndex, words: str) -> Vector | None:
        """The vector of the question without the names in it, for the models that gain by it: they run here."""
        if self.embeddings is None or not self.routing or not unnamed_share(index.model):
            return None
        rest = index.read(words).rest
        return _question_vector(self.embeddings, rest) if rest else None

    def _chosen(self, hits: Sequence[Hit], vectors: Mapping[int, Vector], k: int) -> list[Hit]:
        chosen = chosen_hits(hits, vectors, k, mmr=self.mmr, most_per_document=self.most_per_document)
        return [hit for hit in chosen if self.score_threshold is None or hit.score >= self.score_threshold]

    def _readable(self, view: View, index: SearchIndex) -> int:
        if not self.filter:
            return len(index.table)
        readable = view.allowed(None)
        return view.count() if readable is None else len(readable)

    def _model(self, view: View) -> str:
        identity = view.identity
        if identity is None or self.embeddings is None:
            return ""
        name = getattr(self.embeddings, "model", identity.embedding)
        if name != identity.embedding:
            raise IndexMismatchError(
                f"{self.index.folder} was built with {identity}; this is {name}. {rebuild_command(self.index.folder)}"
            )
        return identity.embedding


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with all that is made of it before the index is opened.

    `words` are those without instructions, `expansion` those of an expander that is no signal; `layouts`: pages are
    wanted with words, blocks and units.
    """

    question: str
    k: int
    words: str
    vector: Vector | None
    expansion: str
    layouts: bool


def _require_dimension(view: View, vector: Vector | None) -> None:
    identity = view.identity
    if vector is not None and identity is not None and identity.dimension not in {0, len(vector)}:
        raise IndexMismatchError(
            f"{view.folder} has vectors of dimension {identity.dimension}; the question's has {len(vector)}"
        )


def _question_vector(embeddings: Embeddings, text: str) -> Vector:
    model = str(getattr(embeddings, "model", None) or type(embeddings).__name__)
    return unit(embedded_rows([embeddings.embed_query(text)], 1, model)[0])
