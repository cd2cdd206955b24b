"""Hits: passages that a search found, with the parts of their scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from langchain_core.documents import Document

from mistral_rag.index import StoredChunk, vectors_for
from mistral_rag.schema import Chunk, Page, Source

EMPTY: Final = "the index holds no document that may be read here; add some with: ingest build PATH"
"""Said where nothing could be found, whatever is asked."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and its page without word boxes, blocks and units.

    `parts` are the parts of its score, `ranks` its rank by words and by vectors alone (from 1; None: not found).
    `context` passages were not found: they stand beside one that was. `older` passages are from a document of which
    there is a newer edition, where the question names no time.
    """

    stored: StoredChunk
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    ranks: Mapping[str, int | None] = field(default_factory=dict)
    context: bool = False
    older: bool = False

    @property
    def chunk(self) -> Chunk:
        """The passage."""
        return self.stored.chunk

    @property
    def source(self) -> Source:
        """The source it was read from."""
        return self.stored.source

    @property
    def page(self) -> Page:
        """The page it stands on."""
        return self.stored.page

    def reranked(self, score: float) -> "Hit":
        """The hit with a reranker's score."""
        return replace(self, score=score, parts={**self.parts, "fused": self.score, "reranked": score})

    def with_rank_alone(self, rank: int) -> "Hit":
        """The hit with no score but 1 / rank."""
        return replace(self, score=1 / rank, parts={}, ranks={})

    def to_document(self) -> Document:
        """The passage as LangChain has it; the metadata of a `context` or `older` one say so."""
        document = self.stored.to_document()
        said = {"context": self.context, "older_edition": self.older}
        document.metadata.update({name: True for name, holds in said.items() if holds})
        return document


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reasons for the hits of a search.

    `covered` is the share of the question that one passage covers by its words: the more, the less everything else
    counts. `dense_weight` is the vectors' share in the score; `named` are the documents (uris) of the companies that
    the question names; of the `readable` passages that the reader's groups leave, the filter leaves `searched`.
    `pending` of these have no vectors yet, as a build is at work or was stopped: their words find them.
    """

    hits: tuple[Hit, ...]
    expansion: str
    covered: float
    dense_weight: float
    named: tuple[str, ...]
    filter: Mapping[str, Any] | None
    searched: int
    readable: int
    pending: int = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about what the search could not go by."""
        if not self.readable:
            return (EMPTY,)
        return (vectors_for(self.searched - self.pending, self.searched),) if self.pending else ()

    def to_json(self) -> dict[str, Any]:
        """The explanation without the hits, as plain JSON."""
        names = ("expansion", "covered", "dense_weight", "filter", "searched", "readable", "pending")
        return {**{name: getattr(self, name) for name in names}, "named": list(self.named)}
