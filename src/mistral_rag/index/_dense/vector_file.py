"""Vectors in a plain file, from which single ones are read without a database: for scoring candidates exactly."""

import os
import weakref
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from mistral_rag._arrays import positions_of
from mistral_rag.index._dense.vector_rows import Fetch, Float16Array, Keys, Rows, VectorBatch, keys_of

READABLE: Final = hasattr(os, "pread")
"""True when the system reads at an offset without moving there. Else vectors come from the database."""


def laid_out(batches: Iterable[VectorBatch]) -> Iterator[memoryview]:
    """The bytes of the file: each vector once, ascending by number, as which the batches have to come."""
    last = -1
    for batch in batches:
        new = np.diff(batch.numbers, prepend=last) > 0
        if new.any():
            vectors = np.ascontiguousarray(batch.vectors[new], dtype="<f2")
            last = int(batch.numbers[-1])
            yield vectors.data.cast("B")


class VectorFile:
    """Some vectors of one index.

    A vector that is not what its key says is taken to be missing: whoever fetches it finds it elsewhere.
    """

    def __init__(self, descriptor: int, start: int, numbers: Rows, keys: Keys, dimension: int) -> None:
        """The vectors with these `numbers`, which ascend, begin at `start`. The descriptor is closed in the end."""
        self._descriptor, self._start, self._dimension = descriptor, start, dimension
        self._numbers, self._keys = numbers, keys
        weakref.finalize(self, os.close, descriptor)

    @staticmethod
    def size(vectors: int, dimension: int) -> int:
        """The bytes that so many vectors take."""
        return 2 * vectors * dimension

    def read(self, numbers: Rows) -> tuple[Rows, Float16Array]:
        """Those of the vectors with these numbers, ascending, that are here and sound."""
        _, positions = positions_of(np.unique(numbers), self._numbers)
        size, read = 2 * self._dimension, os.pread
        try:
            data = b"".join([read(self._descriptor, size, self._start + place * size) for place in positions.tolist()])
            vectors = np.frombuffer(data, dtype="<f2").reshape(len(positions), self._dimension)
        except (OSError, ValueError):
            return np.empty(0, np.int64), np.empty((0, self._dimension), np.float16)
        sound = keys_of(vectors) == self._keys[positions]
        if sound.all():
            return self._numbers[positions], vectors
        return self._numbers[positions[sound]], vectors[sound]

    def before(self, otherwise: Fetch) -> Fetch:
        """Vectors from here, and from elsewhere those that are not."""

        def fetch(numbers: Rows, dimension: int) -> tuple[Rows, Float16Array]:
            known, vectors = self.read(numbers)
            missing = numbers[~positions_of(numbers, known)[0]]
            if not len(missing):
                return known, vectors
            others, more = otherwise(missing, dimension)
            order = np.argsort(every := np.concatenate((known, others)))
            return every[order], np.concatenate((vectors, more))[order]

        return fetch
