"""GroundedQA: a question in, an answer with checked citations out."""

import time
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import Runnable, RunnableConfig, RunnableSerializable
from pydantic import ConfigDict

from mistral_rag.grounding.evidence import gather
from mistral_rag.grounding.extractive import compose, extract
from mistral_rag.grounding.pages import passages
from mistral_rag.grounding.pieces import AnswerPiece
from mistral_rag.schema import Answer, RetrievedDocument

Question = str | dict[str, Any]


class GroundedQA(RunnableSerializable[Question, Answer | AnswerPiece]):
    """Answers questions from retrieved Documents, with citations cut from their pages."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Runnable[str, list[Document]]
    model: Any = None
    pages: Any = None
    quotes: int = 5
    budget: int = 24_000

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """The answer."""
        return self._call_with_config(self._answer, input, config)  # type: ignore[arg-type, return-value]

    def _answer(self, question: Question, config: RunnableConfig) -> Answer:
        text = question if isinstance(question, str) else str(question["question"])
        started = time.perf_counter()
        documents = self.retriever.invoke(text, config)
        retrieved = time.perf_counter()
        found, warnings = passages(documents, self.pages)
        extracted = extract(text, gather(found, budget=self.budget), quotes=self.quotes)
        body, citations, claims = compose(extracted.units) if extracted.units else ("", (), ())
        return Answer(
            question=text,
            text=body,
            status="abstained" if extracted.reason else "answered",
            reason=extracted.reason,
            citations=citations,
            claims=claims,
            documents=tuple(
                RetrievedDocument(id=d.id, page_content=d.page_content, metadata=d.metadata) for d in documents
            ),
            warnings=tuple(warnings),
            timings={"retrieve": retrieved - started, "answer": time.perf_counter() - retrieved},
        )
