"""What embedding gives, and what it leaves when a part of it failed."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mistral_rag.api._errors import ApiError

Matrix = NDArray[Any]
"""float32, or the integers that `output_dtype` asks for; one row a text."""


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """Some of the texts with their vectors: row n of `matrix` belongs to text number `indices[n]` of the input.

    `tokens` is what the platform counted for them.
    """

    indices: NDArray[np.int64]
    matrix: Matrix
    tokens: int = 0

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """Texts, by their numbers in the input, that have no vector, and why."""

    indices: tuple[int, ...]
    error: ApiError


@dataclass(frozen=True, slots=True)
class Answered:
    """Vectors for different texts, one row each, with the numbers that each text has in the input."""

    places: list[list[int]]
    matrix: Matrix
    tokens: int

    @property
    def numbers(self) -> tuple[int, ...]:
        """All the numbers, in the order of the rows."""
        return tuple(number for numbers in self.places for number in numbers)

    def expanded(self) -> EmbeddedBatch:
        """One row for each text of the input, equal ones included."""
        indices = np.array(self.numbers, dtype=np.int64)
        if len(indices) == len(self.places):
            return EmbeddedBatch(indices, self.matrix, self.tokens)
        repeated = np.repeat(self.matrix, [len(numbers) for numbers in self.places], axis=0)
        return EmbeddedBatch(indices, repeated, self.tokens)


class Gathered:
    """Rows for all texts in one matrix, which is made when the first vectors come and tell their length."""

    def __init__(self, rows: int) -> None:
        self.matrix: Matrix | None = None
        self._there = np.zeros(rows, dtype=bool)
        self._tokens = 0

    def put(self, answered: Answered) -> None:
        """Copy the vectors to their rows."""
        if self.matrix is None:
            shape = (len(self._there), answered.matrix.shape[1])
            self.matrix = np.empty(shape, dtype=answered.matrix.dtype)
        numbers = list(answered.numbers)
        if len(numbers) == len(answered.places):
            self.matrix[numbers] = answered.matrix
        else:
            for places, row in zip(answered.places, answered.matrix, strict=True):
                self.matrix[places] = row
        self._there[numbers] = True
        self._tokens += answered.tokens

    @property
    def part(self) -> EmbeddedBatch | None:
        """The vectors that there are, with their numbers; None without any."""
        if self.matrix is None:
            return None
        indices = np.flatnonzero(self._there)
        return EmbeddedBatch(indices, self.matrix[indices], self._tokens)

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the texts without a vector."""
        return tuple(np.flatnonzero(~self._there).tolist())


@dataclass(frozen=True, slots=True)
class PartialEmbeddings:
    """What an error that ended the call has in `partial`: the texts without a vector, and the vectors of the others.

    `embedded` is None where the vectors have been handed over already (`embed_batches`).
    """

    failed: tuple[FailedBatch, ...]
    embedded: EmbeddedBatch | None = None

    @property
    def indices(self) -> list[int]:
        """The numbers of all texts that have no vector."""
        return sorted(index for batch in self.failed for index in batch.indices)


@dataclass(frozen=True, slots=True)
class Usage:
    """Requests that were answered, and the tokens that the platform counted for them."""

    requests: int = 0
    tokens: int = 0


class UsageCount:
    """Adds up what an object used, from any thread. A copy begins at nothing."""

    def __init__(self) -> None:
        self.total = Usage()
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type["UsageCount"], tuple[()]]:
        return UsageCount, ()

    def add(self, tokens: int) -> None:
        """Count one answered request."""
        with self._lock:
            self.total = Usage(self.total.requests + 1, self.total.tokens + tokens)
