"""What to send for a batch of texts, and what after an answer that refuses it; no I/O.

Each function here is a generator that yields the texts of one request after another and is sent the replies, or has
the errors thrown into it. So threads and coroutines share it.
"""

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mistral_rag.api._errors import (
    ApiError,
    BadRequestError,
    ContextOverflowError,
    InvalidRequestError,
    PayloadTooLargeError,
)
from mistral_rag.api._responses import ApiResponse
from mistral_rag.embeddings._batches import MOST_TEXTS, MOST_TOKENS, TextBatch
from mistral_rag.embeddings._results import Answered, FailedBatch, Matrix
from mistral_rag.embeddings._tokens import LONGEST_TEXT, beginning, count, cut, pieces
from mistral_rag.embeddings._vectors import Dtype, bad_reply, pooled, read, tokens_of

TooLong = Literal["split", "truncate", "error"]
SHORTEST = 256
"""Tokens; a text that is refused at this length is not refused for its length."""

_MORE = re.compile(r"too (many|much|large|long|big)|exceed|maximum|max is|should have at most|split", re.IGNORECASE)
_OF_WHAT = re.compile(r"token|input|text|batch|length|item|character|prompt", re.IGNORECASE)
_TEXTS = re.compile(r"too many (inputs?|texts|items)|(batch|list) (size|should have at most)", re.IGNORECASE)

Requests = Generator[list[str], ApiResponse, list[Answered | FailedBatch]]


@dataclass(slots=True)
class Rows:
    """The vectors of a text's pieces with their weights."""

    rows: list[Matrix] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Asking:
    """How batches are asked for: in which type of number, and what is done with a text that is too long."""

    dtype: Dtype
    on_too_long: TooLong

    def batch(self, batch: TextBatch) -> Requests:
        """Ask for a batch, in halves where it is refused as too large; each half that fails fails alone."""
        if batch.long:
            return (yield from self._long(batch))
        try:
            reply = yield list(batch.places)
            matrix = read(reply, len(batch.places), self.dtype)
        except ApiError as error:
            if not too_much(error):
                return [FailedBatch(batch.indices, error)]
            refused = error
        else:
            return [Answered(list(batch.places.values()), matrix, tokens_of(reply))]
        if len(batch.places) == 1:
            return (yield from self._refused(batch, refused))
        first, second = batch.halves()
        return [*(yield from self.batch(first)), *(yield from self.batch(second))]

    def _long(self, batch: TextBatch) -> Requests:
        """A text that has too many tokens by our own count."""
        ((text, places),) = batch.places.items()
        if self.on_too_long == "error":
            return [FailedBatch(batch.indices, overflow(text, places[0]))]
        if self.on_too_long == "truncate":
            return (yield from self.batch(TextBatch({beginning(text.lstrip()): places})))
        return (yield from self._pooled(batch, pieces(text)))

    def _refused(self, batch: TextBatch, error: ApiError) -> Requests:
        """A text alone that the platform finds too long, whatever we counted."""
        ((text, places),) = batch.places.items()
        if self.on_too_long == "error" or count(text) <= SHORTEST:
            return [FailedBatch(batch.indices, error)]
        if self.on_too_long == "truncate":
            return (yield from self.batch(TextBatch({next(cut(text.lstrip(), 2)): places})))
        return (yield from self._pooled(batch, cut(text, 2)))

    def _pooled(self, batch: TextBatch, parts: Iterable[str]) -> Requests:
        found = Rows()
        try:
            for group in _groups(parts):
                yield from self._pieces(group, found)
        except ApiError as error:
            return [FailedBatch(batch.indices, error)]
        vector = pooled(np.stack(found.rows), found.weights, self.dtype)
        return [Answered(list(batch.places.values()), vector[None, :], found.tokens)]

    def _pieces(self, texts: list[str], found: Rows) -> Generator[list[str], ApiResponse, None]:
        try:
            reply = yield texts
            matrix = read(reply, len(texts), self.dtype)
            if found.rows and len(found.rows[0]) != matrix.shape[1]:
                raise bad_reply(
                    reply, f"a vector of length {matrix.shape[1]}, and earlier ones had {len(found.rows[0])}"
                )
        except ApiError as error:
            if not too_much(error) or (len(texts) == 1 and count(texts[0]) <= SHORTEST):
                raise
        else:
            found.rows += list(matrix)
            found.weights += map(count, texts)
            found.tokens += tokens_of(reply)
            return
        half = len(texts) // 2
        for part in [texts[:half], texts[half:]] if half else _groups(cut(texts[0], 2), most=1):
            yield from self._pieces(part, found)


def _groups(parts: Iterable[str], *, most: int = MOST_TEXTS) -> list[list[str]]:
    """Neighbouring pieces that go into one request; pieces of blanks go nowhere."""
    groups: list[list[str]] = []
    tokens = MOST_TOKENS + 1
    for part in parts:
        if part.isspace():
            continue
        size = count(part)
        if tokens + size > MOST_TOKENS or len(groups[-1]) == most:
            groups.append([])
            tokens = 0
        groups[-1].append(part)
        tokens += size
    return groups


def too_much(error: ApiError) -> bool:
    """Whether the platform refuses a request for the number of its tokens or texts, so that less may pass."""
    if isinstance(error, PayloadTooLargeError | ContextOverflowError) or error.code == "3210":
        return True
    said = str(error)
    refused = isinstance(error, BadRequestError | InvalidRequestError)
    return refused and bool(_MORE.search(said) and _OF_WHAT.search(said))


def too_many_texts(error: ApiError) -> bool:
    """Whether it is the number of texts that is refused, and not that of their tokens."""
    return too_much(error) and bool(_TEXTS.search(str(error)))


def overflow(text: str, number: int) -> ContextOverflowError:
    """The error for a text that is too long, where it is to be one."""
    return ContextOverflowError(
        f"Text {number} has {count(text):,} tokens; the model takes {LONGEST_TEXT:,}. Send less, or set on_too_long to "
        '"split" or "truncate".'
    )
