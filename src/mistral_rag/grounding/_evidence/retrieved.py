"""A question with the evidence retrieved for it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.pages import PageSource, PageStore, opened, passages
from mistral_rag.retrieval import CALIBRATION, Passage, Retrieval
from mistral_rag.schema import Answer, RetrievedDocument
from mistral_rag.usage import cost_of, counts_of


@runtime_checkable
class ExtraSource(Protocol):
    """A view of an index that keeps small values by name."""

    def extra(self, name: str, /) -> Any:
        """The value; None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The evidence for a question, and the fields of an `Answer` that do not depend on its text.

    `question` is what was searched for, `asked` what it was made of, where that is something else. `started` is a
    `time.perf_counter` reading, `seconds` the time that retrieval took. `usage` counts tokens that were spent before.
    """

    question: str
    evidence: Sequence[EvidenceUnit]
    documents: tuple[RetrievedDocument, ...]
    generation: int | None
    started: float
    seconds: float
    warnings: tuple[str, ...] = ()
    embeddings: Embeddings | None = None
    asked: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    calibration: Any = None
    """As the index keeps it."""

    def answer(
        self,
        *,
        warnings: Sequence[str] = (),
        usage: Mapping[str, int] | None = None,
        model: str | None = None,
        **parts: Any,
    ) -> Answer:
        """Make an answer of these fields and those of the retrieval; `usage` is what the answer itself took."""
        spent = usage or {}
        used = {name: self.usage.get(name, 0) + spent.get(name, 0) for name in {**spent, **self.usage}}
        return Answer(
            question=self.question if self.asked is None else self.asked,
            standalone_question=None if self.asked is None else self.question,
            model=model,
            usage=used,
            cost=_dollars(model, used),
            documents=self.documents,
            warnings=(*self.warnings, *warnings),
            generation=self.generation,
            timings={"retrieve": self.seconds, "answer": time.perf_counter() - self.started - self.seconds},
            **parts,
        )


def _dollars(model: str | None, used: Mapping[str, int]) -> float | None:
    """The price of an answer's tokens; None without a model, or where its price is not known."""
    counts = counts_of(used)
    cost = cost_of(model, counts) if model and counts else None
    return None if cost is None else round(cost.dollars, 9)


def from_retrieval(
    question: str, retrieval: Retrieval, *, budget: int, started: float, earlier: Sequence[Passage] = ()
) -> Retrieved:
    """The evidence of passages that came with their pages, and behind them of `earlier` ones."""
    every = (passage for passage in (*retrieval.passages(), *earlier) if passage.page.text.strip())
    return Retrieved(
        question=question,
        evidence=gather(every, budget=budget),
        documents=_retrieved_documents(retrieval.documents),
        warnings=retrieval.warnings,
        generation=retrieval.generation,
        embeddings=retrieval.embeddings,
        calibration=retrieval.calibration,
        started=started,
        seconds=time.perf_counter() - started,
    )


def from_documents(
    question: str,
    documents: Sequence[Document],
    *,
    store: PageStore | PageSource | None,
    budget: int,
    started: float,
) -> Retrieved:
    """The evidence of Documents of any retriever; the pages behind them are read from `store` in one short view."""
    seconds = time.perf_counter() - started
    generation, calibration = None, None
    if store is None:
        found, warnings = passages(documents, None)
    else:
        with opened(store) as pages:
            generation = getattr(pages, "generation", None)
            calibration = pages.extra(CALIBRATION) if isinstance(pages, ExtraSource) else None  # noqa: S610
            found, warnings = passages(documents, pages)
    return Retrieved(
        question=question,
        evidence=gather(found, budget=budget),
        documents=_retrieved_documents(documents),
        warnings=tuple(dict.fromkeys(warnings)),
        generation=generation,
        started=started,
        seconds=seconds,
        calibration=calibration,
    )


def _retrieved_documents(documents: Sequence[Document]) -> tuple[RetrievedDocument, ...]:
    return tuple(
        RetrievedDocument(id=document.id, page_content=document.page_content, metadata=document.metadata)
        for document in documents
    )
