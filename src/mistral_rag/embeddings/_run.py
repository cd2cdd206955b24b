"""State of one embedding run: batches to send, outcomes, and the error at the end."""

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
from mistral_rag.embeddings._batches import BatchBuilder, TextBatch, encodable
from mistral_rag.embeddings._requests import is_too_many_texts
from mistral_rag.embeddings._results import DistinctVectors, EmbeddedBatch, FailedBatch, Matrix, PartialEmbeddings

Outcomes = list[DistinctVectors | FailedBatch]
IndexedText = tuple[str, list[int]]

FATAL = (
    AuthenticationError,
    PermissionDeniedError,
    NotFoundError,
    UnknownModelError,
    RateLimitError,
)
"""Errors that every other batch would meet too. Retries are used up."""

OUTAGE = (ApiConnectionError, ApiTimeoutError, ServerError)
MAX_OUTAGES = 8
"""Batches that fail in an outage, with no success between them, before the run ends.

More than one, because a host that restarts drops a few requests and takes the next; no more than half of the requests
that run at once by default, so that a host that is down is found out within the first of them.
"""


class EmbeddingRun:
    """Shared state of the requests of one call. After a fatal error no text is read and no request sent.

    `queue` and `aqueue` serialise the requests that were refused by a rate limit.
    """

    def __init__(self, *, width: int | None = None) -> None:
        self.fatal: ApiError | None = None
        self.failed: list[FailedBatch] = []
        self.succeeded = False
        self.queue = threading.Lock()
        self.aqueue = asyncio.Lock()
        self._builder = BatchBuilder()
        self._outages = 0
        self._width = width  # of the vectors; None until the first ones show it

    def batches(self, texts: Iterable[IndexedText]) -> Iterator[TextBatch]:
        """Batches to send, built lazily."""
        builder = self._builder
        for text, indices in texts:
            if (batch := builder.add(text, indices)) is not None:
                yield batch
            if self.fatal is not None:
                return
        if (batch := builder.flush()) is not None:
            yield batch

    async def abatches(self, texts: AsyncIterable[IndexedText]) -> AsyncIterator[TextBatch]:
        """`batches` for coroutines."""
        builder = self._builder
        async for text, indices in texts:
            if (batch := builder.add(text, indices)) is not None:
                yield batch
            if self.fatal is not None:
                return
        if (batch := builder.flush()) is not None:
            yield batch

    def learn_limit(self, error: ApiError, texts: int) -> ApiError:
        """Make later batches smaller when `error` refuses the number of texts; returns the error."""
        if texts > 1 and is_too_many_texts(error):
            self._builder.max_texts = min(self._builder.max_texts, texts // 2)
        return error

    def skipped(self, batch: TextBatch) -> Outcomes | None:
        """The outcome of a batch after a fatal error; None while batches are to be sent."""
        return None if self.fatal is None else [FailedBatch(batch.indices, self.fatal)]

    def raise_if_fatal(self) -> None:
        """Raise the error that ended the run, if one did."""
        if self.fatal is not None:
            raise self.fatal

    def recorded(self, outcomes: Outcomes) -> Outcomes:
        """Record the errors that end the run; returns the outcomes. Safe in any thread."""
        for outcome in outcomes:
            error = outcome.error if isinstance(outcome, FailedBatch) else None
            self._outages = self._outages + 1 if isinstance(error, OUTAGE) else 0
            refused = isinstance(error, FATAL) and not isinstance(error, RefusalError)
            if self.fatal is None and (refused or self._outages >= MAX_OUTAGES):
                self.fatal = error
        return outcomes

    def accept(self, outcomes: Outcomes) -> Iterator[DistinctVectors]:
        """Yield the vectors among the outcomes; record the failures."""
        for outcome in outcomes:
            if isinstance(outcome, DistinctVectors) and self._fits(outcome.matrix):
                self.succeeded = True
                yield outcome
            elif isinstance(outcome, DistinctVectors):
                self.failed.append(FailedBatch(outcome.indices, self._width_error(outcome.matrix)))
            else:
                self.failed.append(outcome)

    def _fits(self, matrix: Matrix) -> bool:
        self._width = self._width or matrix.shape[1]
        return bool(self._width == matrix.shape[1])

    def _width_error(self, matrix: Matrix) -> ResponseError:
        return ResponseError(
            f"The platform's reply holds vectors of length {matrix.shape[1]} where {self._width} was expected."
        )

    def error(self, embedded: EmbeddedBatch | None = None) -> ApiError | None:
        """The first error, with all failures in its `partial`; None without a failure."""
        if not self.failed:
            return None
        partial = PartialEmbeddings(tuple(self.failed), embedded)
        error = self.failed[0].error
        if self.succeeded or len(partial.indices) > 1:
            error.partial = partial
            error.args = (f"{error} Without a vector: texts {spans(partial.indices)}; see `partial`.",)
        return error


def spans(numbers: Sequence[int], *, max_spans: int = 5) -> str:
    """Ascending numbers as ranges: "0-255, 700"; more than `max_spans` end in an ellipsis."""
    breaks = [0, *(at for at in range(1, len(numbers)) if numbers[at] != numbers[at - 1] + 1), len(numbers)]
    ranges = [(numbers[first], numbers[end - 1]) for first, end in pairwise(breaks)]
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges[:max_spans])
    return f"{shown}, …" if len(ranges) > max_spans else shown


def indexed(texts: Iterable[str]) -> Iterator[IndexedText]:
    """Each text in the form that the platform takes, with its index."""
    return ((encodable(text, index), [index]) for index, text in enumerate(_several(texts)))


async def aindexed(texts: Iterable[str] | AsyncIterable[str]) -> AsyncIterator[IndexedText]:
    """`indexed` for coroutines, of a plain or an asynchronous iterable."""
    if not isinstance(texts, AsyncIterable):
        for pair in indexed(texts):
            yield pair
        return
    index = 0
    async for text in texts:
        yield encodable(text, index), [index]
        index += 1


def grouped(texts: Iterable[str]) -> list[IndexedText]:
    """Each distinct text once, with all its indices."""
    positions: dict[str, list[int]] = {}
    for text, (index,) in indexed(texts):
        positions.setdefault(text, []).append(index)
    return list(positions.items())


def _several(texts: Iterable[str]) -> Iterable[str]:
    if isinstance(texts, str | bytes):
        raise TypeError("Several texts are wanted, and this is one. Put it in a list, or use embed_query.")
    return texts
