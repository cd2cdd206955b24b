"""Requests of a batch of texts, and those that follow when the platform refuses it as too large; no I/O.

The plans are generators: they yield the texts of one request after another, and the caller sends each response, or
throws the error, into them. So the sync and the async model share them.
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
from mistral_rag.embeddings._batches import MAX_TEXTS, MAX_TOKENS, TextBatch
from mistral_rag.embeddings._results import DistinctVectors, FailedBatch, Matrix
from mistral_rag.embeddings._tokens import MAX_TEXT_TOKENS, beginning, count, cut, pieces
from mistral_rag.embeddings._vectors import Dtype, pooled, read, response_error, tokens_of

TooLong = Literal["split", "truncate", "error"]
MIN_SPLIT_TOKENS = 256
"""Tokens; a text this short is not split again, because its length can't be the reason for the refusal.

The models take 8,192 tokens: a host that refuses 256 has another reason.
"""

_EXCESS = re.compile(r"too (many|much|large|long|big)|exceed|maximum|max is|should have at most|split", re.IGNORECASE)
_QUANTITY = re.compile(r"token|input|text|batch|length|item|character|prompt", re.IGNORECASE)
_TEXT_COUNT = re.compile(r"too many (inputs?|texts|items)|(batch|list) (size|should have at most)", re.IGNORECASE)

Requests = Generator[list[str], ApiResponse, list[DistinctVectors | FailedBatch]]


@dataclass(slots=True)
class PooledPieces:
    """The vectors of a long text's pieces; `weights` are the tokens that count in the mean."""

    rows: list[Matrix] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class RequestPlanner:
    """Plans of the requests of a batch, for one data type and one treatment of texts that are too long."""

    dtype: Dtype
    on_too_long: TooLong

    def requests(self, batch: TextBatch) -> Requests:
        """Embed a batch; one that is refused as too large is halved, and the halves fail independently."""
        if batch.long:
            return (yield from self._long(batch))
        try:
            response = yield list(batch.positions)
            matrix = read(response, len(batch.positions), self.dtype)
        except ApiError as error:
            if not is_too_large(error):
                return [FailedBatch(batch.indices, error)]
            refused = error
        else:
            return [DistinctVectors(list(batch.positions.values()), matrix, tokens_of(response))]
        if len(batch.positions) == 1:
            return (yield from self._refused(batch, refused))
        first, second = batch.halves()
        return [*(yield from self.requests(first)), *(yield from self.requests(second))]

    def _long(self, batch: TextBatch) -> Requests:
        """Embed a text that has too many tokens by our own count."""
        ((text, positions),) = batch.positions.items()
        if self.on_too_long == "error":
            return [FailedBatch(batch.indices, overflow_error(text, positions[0]))]
        if self.on_too_long == "truncate":
            return (yield from self.requests(TextBatch({beginning(text.lstrip()): positions})))
        return (yield from self._pooled(batch, pieces(text)))

    def _refused(self, batch: TextBatch, error: ApiError) -> Requests:
        """Embed a single text that the platform refuses as too long although our count allows it."""
        ((text, positions),) = batch.positions.items()
        if self.on_too_long == "error" or count(text) <= MIN_SPLIT_TOKENS:
            return [FailedBatch(batch.indices, error)]
        if self.on_too_long == "truncate":
            return (yield from self.requests(TextBatch({next(cut(text.lstrip(), 2)): positions})))
        return (yield from self._pooled(batch, cut(text, 2)))

    def _pooled(self, batch: TextBatch, texts: Iterable[str]) -> Requests:
        pooled_pieces = PooledPieces()
        try:
            for group in _groups(texts):
                yield from self._pieces(group, pooled_pieces)
        except ApiError as error:
            return [FailedBatch(batch.indices, error)]
        vector = pooled(np.stack(pooled_pieces.rows), pooled_pieces.weights, self.dtype)
        return [DistinctVectors(list(batch.positions.values()), vector[None, :], pooled_pieces.tokens)]

    def _pieces(self, texts: list[str], found: PooledPieces) -> Generator[list[str], ApiResponse, None]:
        try:
            response = yield texts
            matrix = read(response, len(texts), self.dtype)
            if found.rows and len(found.rows[0]) != matrix.shape[1]:
                raise response_error(
                    response, f"a vector of length {matrix.shape[1]}, and earlier ones had {len(found.rows[0])}"
                )
        except ApiError as error:
            if not is_too_large(error) or (len(texts) == 1 and count(texts[0]) <= MIN_SPLIT_TOKENS):
                raise
        else:
            found.rows += list(matrix)
            found.weights += map(count, texts)
            found.tokens += tokens_of(response)
            return
        half = len(texts) // 2
        for group in [texts[:half], texts[half:]] if half else _groups(cut(texts[0], 2), max_texts=1):
            yield from self._pieces(group, found)


def _groups(texts: Iterable[str], *, max_texts: int = MAX_TEXTS) -> list[list[str]]:
    """Neighbouring pieces, grouped into requests; blank pieces are left out."""
    groups: list[list[str]] = []
    tokens = MAX_TOKENS + 1  # starts the first group
    for text in texts:
        if text.isspace():
            continue
        size = count(text)
        if tokens + size > MAX_TOKENS or len(groups[-1]) == max_texts:
            groups.append([])
            tokens = 0
        groups[-1].append(text)
        tokens += size
    return groups


def is_too_large(error: ApiError) -> bool:
    """True when the platform refuses a request for its number of tokens or texts, so that a smaller one may pass.

    By class and code, else by the words of the message: each host behind the same protocol phrases it differently.
    """
    if isinstance(error, PayloadTooLargeError | ContextOverflowError) or error.code == "3210":
        return True
    message = str(error)
    refused = isinstance(error, BadRequestError | InvalidRequestError)
    return refused and bool(_EXCESS.search(message) and _QUANTITY.search(message))


def is_too_many_texts(error: ApiError) -> bool:
    """True when the platform refuses the number of texts, not that of their tokens."""
    return is_too_large(error) and bool(_TEXT_COUNT.search(str(error)))


def overflow_error(text: str, index: int) -> ContextOverflowError:
    """The error for a text that is too long, under `on_too_long` "error"."""
    return ContextOverflowError(
        f"Text {index} has {count(text):,} tokens; the model takes {MAX_TEXT_TOKENS:,}. Send less, or set "
        'on_too_long to "split" or "truncate".'
    )
