"""Events of an answer as it is made, typed, for those who show more than its text."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Final, Self

from mistral_rag.grounding._drafting.answer_builder import AnswerBuilder
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.schema import Answer, Claim, RetrievedDocument

STOPPED: Final = "the answer was stopped before its end"


class _Step:
    """Adds up as LangChain's tracers add up a stream: the later event stands for both, so the sum is the answer."""

    __slots__ = ()

    def __add__(self, other: "QAEvent") -> "QAEvent":
        """The later one."""
        return other


@dataclass(frozen=True, slots=True)
class SearchEvent(_Step):
    """The documents are searched for `question`: what was asked, or what a follow-up was made of."""

    question: str


@dataclass(frozen=True, slots=True)
class EvidenceEvent(_Step):
    """The answer will be made of this many passages, on so many pages; 0 when nothing was found.

    `documents` are those that were found, best first.
    """

    passages: int
    pages: int
    documents: tuple[RetrievedDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class TextEvent(_Step):
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ClaimEvent(_Step):
    """The verdict on a sentence of the answer, and the sentence."""

    claim: Claim
    text: str


@dataclass(frozen=True, slots=True)
class AnswerEvent(_Step):
    """The whole answer; the last event."""

    answer: Answer


QAEvent = SearchEvent | EvidenceEvent | TextEvent | ClaimEvent | AnswerEvent
"""The events of one answer, in this order; of texts and claims there may be many or none."""


class UnfinishedAnswer:
    """The answer of a stream of events: the whole one, or what there was of it when the stream was left."""

    def __init__(self, question: str) -> None:
        self._question = question
        self.whole: Answer | None = None
        self.stopped: Callable[[str], Answer] | None = None
        """Makes the answer of what has come so far, with the reason why no more came; called once at most."""

    def taken(self) -> Answer:
        """The answer as it stands now; after this nothing is added to it."""
        if self.whole is None:
            none = Answer(question=self._question, text="", status="incomplete", reason=STOPPED)
            self.whole = self.stopped(STOPPED) if self.stopped is not None else none
        return self.whole


class AnswerEvents:
    """The events of one answer, to be iterated over once.

    `close`, or the end of a `with` block, stops the answer; `answer` is then what there is of it, with the status
    `incomplete`.
    """

    def __init__(self, events: Generator[QAEvent, None, None], unfinished: UnfinishedAnswer) -> None:
        self._events = events
        self._unfinished = unfinished

    def __iter__(self) -> Self:
        """The events."""
        return self

    def __next__(self) -> QAEvent:
        """The next event."""
        return next(self._events)

    def __enter__(self) -> Self:
        """The events, closed when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the answer."""
        self.close()

    def close(self) -> None:
        """Stop the answer."""
        self._events.close()

    @property
    def answer(self) -> Answer:
        """The whole answer, or `incomplete` what there is of it; to ask for it stops the answer."""
        self.close()
        return self._unfinished.taken()


class AsyncAnswerEvents:
    """As `AnswerEvents`, for `async for` and `async with`; `aclose` stops the answer, and so does a cancelled task."""

    def __init__(self, events: AsyncGenerator[QAEvent, None], unfinished: UnfinishedAnswer) -> None:
        self._events = events
        self._unfinished = unfinished

    def __aiter__(self) -> Self:
        """The events."""
        return self

    async def __anext__(self) -> QAEvent:
        """The next event."""
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        """The events, closed when the block ends."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the answer."""
        await self.aclose()

    async def aclose(self) -> None:
        """Stop the answer."""
        await self._events.aclose()

    @property
    def answer(self) -> Answer:
        """The whole answer, or `incomplete` what there is of it; nothing is added to it any more."""
        return self._unfinished.taken()


def evidence_event(retrieved: Retrieved) -> EvidenceEvent:
    """The event that says how much was found."""
    passages = {unit.passage.chunk.id for unit in retrieved.evidence}
    return EvidenceEvent(len(passages), len({unit.page_key for unit in retrieved.evidence}), retrieved.documents)


def text_events(text: str) -> Iterator[QAEvent]:
    """The event of a piece of text; none for no text."""
    return iter([TextEvent(text)] if text else [])


def answer_events(
    answer: Answer, unfinished: UnfinishedAnswer | None = None, *, text: bool = False
) -> Iterator[QAEvent]:
    """The last events: with `text` the answer's text, then the verdicts, then the answer itself."""
    if unfinished is not None:
        unfinished.whole = answer
    if text:
        yield from text_events(answer.text)
    for claim in answer.claims:
        yield ClaimEvent(claim, answer.text[claim.start : claim.end])
    yield AnswerEvent(answer)


def interruptible(builder: AnswerBuilder, unfinished: UnfinishedAnswer | None) -> None:
    """Let the answer be taken while it is written."""

    def stopped(reason: str) -> Answer:
        builder.close(interrupted=reason)
        return builder.answer()

    if unfinished is not None:
        unfinished.stopped = stopped
