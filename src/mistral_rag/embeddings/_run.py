"""One pass over some texts: takes them in, judges what comes back, and says in the end what failed."""

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Sequence
from itertools import pairwise

from mistral_rag.api._errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RefusalError,
    ResponseError,
    ServerError,
    UnknownModelError,
)
from mistral_rag.embeddings._batches import Filling, TextBatch, sendable
from mistral_rag.embeddings._requests import too_many_texts
from mistral_rag.embeddings._results import Answered, EmbeddedBatch, FailedBatch, Matrix, PartialEmbeddings

Outcomes = list[Answered | FailedBatch]
Numbered = tuple[str, list[int]]

FATAL = (
    AuthenticationError,
    PermissionDeniedError,
    NotFoundError,
    UnknownModelError,
    RateLimitError,
)
"""Errors that every other batch would meet as well; they were retried already."""

OUTAGE = (ApiConnectionError, ApiTimeoutError, ServerError)
IN_A_ROW = 8
"""So many batches that end in an outage one after another, with none that passes between them, end the run."""


class Run:
    """What is known in the middle of a pass. After a fatal error nothing more is read or sent.

    `queue` and `aqueue` let through one request at a time, of those that were refused as too fast.
    """

    def __init__(self, *, width: int | None = None) -> None:
        self.fatal: ApiError | None = None
        self.failed: list[FailedBatch] = []
        self.succeeded = False
        self.queue = threading.Lock()
        self.aqueue = asyncio.Lock()
        self._filling = Filling()
        self._outages = 0
        self._width = width  # of the vectors, where that was asked for

    def batches(self, texts: Iterable[Numbered]) -> Iterator[TextBatch]:
        """Batches to send, made while they are asked for."""
        filling = self._filling
        for text, numbers in texts:
            if (batch := filling.add(text, numbers)) is not None:
                yield batch
            if self.fatal is not None:
                return
        if (batch := filling.take()) is not None:
            yield batch

    async def abatches(self, texts: AsyncIterable[Numbered]) -> AsyncIterator[TextBatch]:
        """`batches` for coroutines."""
        filling = self._filling
        async for text, numbers in texts:
            if (batch := filling.add(text, numbers)) is not None:
                yield batch
            if self.fatal is not None:
                return
        if (batch := filling.take()) is not None:
            yield batch

    def refused(self, error: ApiError, texts: int) -> ApiError:
        """The error, after a look whether so many texts are more than this host takes: later batches are smaller."""
        if texts > 1 and too_many_texts(error):
            self._filling.most_texts = min(self._filling.most_texts, texts // 2)
        return error

    def unsent(self, batch: TextBatch) -> Outcomes | None:
        """The outcome of a batch that is not sent any more; None when it is to be sent."""
        return None if self.fatal is None else [FailedBatch(batch.indices, self.fatal)]

    def go_on(self) -> None:
        """Raises the error that ended the run."""
        if self.fatal is not None:
            raise self.fatal

    def judged(self, outcomes: Outcomes) -> Outcomes:
        """The outcomes, after a look for errors that every other batch would meet as well; from any thread."""
        for outcome in outcomes:
            error = outcome.error if isinstance(outcome, FailedBatch) else None
            self._outages = self._outages + 1 if isinstance(error, OUTAGE) else 0
            refused = isinstance(error, FATAL) and not isinstance(error, RefusalError)
            if self.fatal is None and (refused or self._outages >= IN_A_ROW):
                self.fatal = error
        return outcomes

    def take(self, outcomes: Outcomes) -> Iterator[Answered]:
        """The vectors among the outcomes; failures are noted."""
        for outcome in outcomes:
            if isinstance(outcome, Answered) and self._fits(outcome.matrix):
                self.succeeded = True
                yield outcome
            elif isinstance(outcome, Answered):
                self.failed.append(FailedBatch(outcome.numbers, self._other_width(outcome.matrix)))
            else:
                self.failed.append(outcome)

    def _fits(self, matrix: Matrix) -> bool:
        self._width = self._width or matrix.shape[1]
        return bool(self._width == matrix.shape[1])

    def _other_width(self, matrix: Matrix) -> ResponseError:
        return ResponseError(
            f"The platform's reply holds vectors of length {matrix.shape[1]} where {self._width} was expected."
        )

    def problem(self, embedded: EmbeddedBatch | None = None) -> ApiError | None:
        """The first error with all failures in its `partial`; None when nothing failed."""
        if not self.failed:
            return None
        partial = PartialEmbeddings(tuple(self.failed), embedded)
        error = self.failed[0].error
        if self.succeeded or len(partial.indices) > 1:
            error.partial = partial
            error.args = (f"{error} Without a vector: texts {spans(partial.indices)}; see `partial`.",)
        return error


def spans(numbers: Sequence[int], *, most: int = 5) -> str:
    """Ascending numbers in short: "0-255, 700"."""
    breaks = [0, *(at for at in range(1, len(numbers)) if numbers[at] != numbers[at - 1] + 1), len(numbers)]
    parts = [(numbers[first], numbers[end - 1]) for first, end in pairwise(breaks)]
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts[:most])
    return f"{shown}, …" if len(parts) > most else shown


def numbered(texts: Iterable[str]) -> Iterator[Numbered]:
    """Each text, as it can be sent, with its number."""
    return ((sendable(text, number), [number]) for number, text in enumerate(_no_string(texts)))


async def anumbered(texts: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[Numbered]:
    """`numbered` for coroutines, of either kind of iterable."""
    if not isinstance(texts, AsyncIterable):
        for pair in numbered(texts):
            yield pair
        return
    number = 0
    async for text in texts:
        yield sendable(text, number), [number]
        number += 1


def grouped(texts: Iterable[str]) -> list[Numbered]:
    """Each different text once, with all its numbers."""
    places: dict[str, list[int]] = {}
    for text, (number,) in numbered(texts):
        places.setdefault(text, []).append(number)
    return list(places.items())


def _no_string(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str | bytes):
        raise TypeError("Several texts are wanted, and this is one. Put it in a list, or use embed_query.")
    return texts
