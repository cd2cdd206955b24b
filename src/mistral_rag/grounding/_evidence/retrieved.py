"""A question with the evidence retrieved for it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.pages import PageSource, PageStore, opened, passages
from mistral_rag.retrieval import Retrieval
from mistral_rag.schema import Answer, RetrievedDocument


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The evidence for a question, and the fields of an `Answer` that do not depend on its text.

    `started` is a `time.perf_counter` reading, `seconds` the time that retrieval took.
    """

    question: str
    evidence: Sequence[EvidenceUnit]
    documents: tuple[RetrievedDocument, ...]
    generation: int | None
    started: float
    seconds: float
    warnings: tuple[str, ...] = ()
    embeddings: Embeddings | None = None

    def answer(self, *, warnings: Sequence[str] = (), **parts: Any) -> Answer:
        """Make an answer of these fields and those of the retrieval."""
        return Answer(
            question=self.question,
            documents=self.documents,
            warnings=(*self.warnings, *warnings),
            generation=self.generation,
            timings={"retrieve": self.seconds, "answer": time.perf_counter() - self.started - self.seconds},
            **parts,
        )


def from_retrieval(question: str, retrieval: Retrieval, *, budget: int, started: float) -> Retrieved:
    """The evidence of passages that came with their pages."""
    return Retrieved(
        question=question,
        evidence=gather((passage for passage in retrieval.passages() if passage.page.text.strip()), budget=budget),
        documents=_retrieved_documents(retrieval.documents),
        warnings=retrieval.warnings,
        generation=retrieval.generation,
        embeddings=retrieval.embeddings,
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
    generation: int | None = None
    if store is None:
        found, warnings = passages(documents, None)
    else:
        with opened(store) as pages:
            generation = getattr(pages, "generation", None)
            found, warnings = passages(documents, pages)
    return Retrieved(
        question=question,
        evidence=gather(found, budget=budget),
        documents=_retrieved_documents(documents),
        warnings=tuple(dict.fromkeys(warnings)),
        generation=generation,
        started=started,
        seconds=seconds,
    )


def _retrieved_documents(documents: Sequence[Document]) -> tuple[RetrievedDocument, ...]:
    return tuple(
        RetrievedDocument(id=document.id, page_content=document.page_content, metadata=document.metadata)
        for document in documents
    )
