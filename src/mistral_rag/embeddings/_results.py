"""Results of embedding: vectors of batches, failed batches, token usage."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mistral_rag._forks import ForkLock
from mistral_rag.api._errors import ApiError

Matrix = NDArray[Any]
"""float32, or the integers that `output_dtype` asks for; one row a text."""


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """Vectors of some of the texts: row n of `matrix` is that of text `indices[n]` of the input.

    `tokens` is the platform's count for them.
    """

    indices: NDArray[np.int64]
    matrix: Matrix
    tokens: int = 0

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """Texts without a vector, by their indices in the input, with the error."""

    indices: tuple[int, ...]
    error: ApiError


@dataclass(frozen=True, slots=True)
class DistinctVectors:
    """Vectors of distinct texts, one row each, with the input indices of each text."""

    positions: list[list[int]]
    matrix: Matrix
    tokens: int

    @property
    def indices(self) -> tuple[int, ...]:
        """All input indices, in the order of the rows."""
        return tuple(index for indices in self.positions for index in indices)

    def expanded(self) -> EmbeddedBatch:
        """One row for each text of the input, duplicates included."""
        indices = np.array(self.indices, dtype=np.int64)
        if len(indices) == len(self.positions):
            return EmbeddedBatch(indices, self.matrix, self.tokens)
        repeated = np.repeat(self.matrix, [len(indices) for indices in self.positions], axis=0)
        return EmbeddedBatch(indices, repeated, self.tokens)


class MatrixBuilder:
    """One matrix with a row for each text, allocated when the first vectors show their dimension."""

    def __init__(self, rows: int) -> None:
        self.matrix: Matrix | None = None
        self._filled = np.zeros(rows, dtype=bool)
        self._tokens = 0

    def add(self, vectors: DistinctVectors) -> None:
        """Copy the vectors to their rows."""
        if self.matrix is None:
            shape = (len(self._filled), vectors.matrix.shape[1])
            self.matrix = np.empty(shape, dtype=vectors.matrix.dtype)
        indices = list(vectors.indices)
        if len(indices) == len(vectors.positions):
            self.matrix[indices] = vectors.matrix
        else:
            for duplicates, row in zip(vectors.positions, vectors.matrix, strict=True):
                self.matrix[duplicates] = row
        self._filled[indices] = True
        self._tokens += vectors.tokens

    @property
    def partial(self) -> EmbeddedBatch | None:
        """The vectors so far, with their indices; None without any."""
        if self.matrix is None:
            return None
        indices = np.flatnonzero(self._filled)
        return EmbeddedBatch(indices, self.matrix[indices], self._tokens)

    @property
    def missing(self) -> tuple[int, ...]:
        """The indices of the texts without a vector."""
        return tuple(np.flatnonzero(~self._filled).tolist())


@dataclass(frozen=True, slots=True)
class PartialEmbeddings:
    """The `partial` of an error that ended a call: the texts without a vector, and the vectors of the others.

    `embedded` is None for `embed_batches`, which has yielded the vectors already.
    """

    failed: tuple[FailedBatch, ...]
    embedded: EmbeddedBatch | None = None

    @property
    def indices(self) -> list[int]:
        """The indices of all texts without a vector, ascending."""
        return sorted(index for batch in self.failed for index in batch.indices)


@dataclass(frozen=True, slots=True)
class Usage:
    """Answered requests, and the platform's count of their tokens."""

    requests: int = 0
    tokens: int = 0


class UsageCounter:
    """Thread-safe sum of the usage of a model. A copy starts at zero."""

    def __init__(self) -> None:
        self.total = Usage()
        self._lock = ForkLock()

    def __reduce__(self) -> tuple[type["UsageCounter"], tuple[()]]:
        return UsageCounter, ()

    def add(self, tokens: int) -> None:
        """Count one answered request."""
        with self._lock:
            self.total = Usage(self.total.requests + 1, self.total.tokens + tokens)
