"""Quotes of an answer compared with the pictures of the pages that it cites."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._quotes.pictures import seen_in_answer
from mistral_rag.schema import Answer
from mistral_rag.witness import PictureWitness, has_picture

NOT_SEEN: Final = (
    'the quotes were not compared with the pictures of their pages; for that run: pip install "mistral-rag[local]"'
)


@dataclass(frozen=True, slots=True)
class AnswerPictures:
    """The comparison for one answer; `seconds` of processor time are spent on it at most, none with 0."""

    witness: PictureWitness
    seconds: float

    def expect(self, retrieved: Retrieved) -> None:
        """Start what compares quotes with pictures while the model writes."""
        passages = (unit.passage for unit in retrieved.evidence)
        if self.seconds and any(has_picture(passage.source, passage.page) for passage in passages):
            self.witness.start()

    def seen(self, retrieved: Retrieved, answer: Answer) -> Answer:
        """The answer with what the pictures of the quoted pages show."""
        pages = {unit.page_key: (unit.passage.source, unit.passage.page) for unit in retrieved.evidence}
        cited = [pages[key] for key in _spans(answer) if key in pages]
        if not self.seconds or not any(has_picture(*page) for page in cited):
            return answer
        if not self.witness.available:
            return answer.model_copy(update={"warnings": (*answer.warnings, NOT_SEEN)})
        self.witness.start(wait=True)
        citations = seen_in_answer(
            answer.citations, lambda uri, number: pages.get((uri, number)), self.witness, seconds=self.seconds
        )
        return answer.model_copy(update={"citations": citations})


def _spans(answer: Answer) -> Iterator[tuple[str, int]]:
    """Uri and page of each span that is cited."""
    return ((citation.uri, span.page) for citation in answer.citations for span in citation.spans or ())
