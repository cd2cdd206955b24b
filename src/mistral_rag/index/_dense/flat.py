"""Rows with their vectors in memory, searched exactly."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from mistral_rag._cached import cached_property
from mistral_rag.index._dense.vector_rows import Float16Array, Float32Array, Mask, Rows, VectorBatch


class FlatIndex:
    """Inner products with 16-bit floats, as they lie in the database: no other score would be more exact.

    FAISS computes them from half the memory that 32-bit floats take, in less than half the time.
    """

    def __init__(self, batch: VectorBatch) -> None:
        self.rows, self.numbers, self.keys, vectors = batch
        self.dimension = vectors.shape[1]
        self._index = indexed(vectors)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def batch(self) -> VectorBatch:
        """The rows and vectors it was made of."""
        return VectorBatch(self.rows, self.numbers, self.keys, self.vectors)

    @property
    def vectors(self) -> Float16Array:
        """The vectors; to be read only, and only as long as this object is there."""
        size = len(self.rows) * self.dimension * 2
        if not size:
            return np.empty((0, self.dimension), np.float16)
        flat = faiss.rev_swig_ptr(self._index.codes.data(), size)
        vectors: Float16Array = flat.view("<f2").reshape(len(self.rows), self.dimension)
        return vectors

    @cached_property
    def total(self) -> npt.NDArray[np.float64]:
        """The sum of all vectors."""
        return np.asarray(self.vectors.sum(axis=0, dtype=np.float64))

    def nearest(self, vector: Float32Array, k: int, keep: Mask | None) -> tuple[Rows, Float32Array]:
        """Positions of the `k` highest scores, and the scores. `keep`: only these positions."""
        count = min(k, len(self.rows) if keep is None else int(np.count_nonzero(keep)))
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        chosen = None if keep is None else RowSelector(keep)
        only = None if chosen is None else chosen.parameters
        with one_thread():
            scores, positions = self._index.search(vector.reshape(1, -1), count, params=only)
        return positions[0], scores[0]

    def scores(self, vector: Float32Array, positions: Rows) -> Float32Array:
        """The scores of some positions."""
        return inner_products(self.vectors[positions], vector)


class RowSelector:
    """Positions as FAISS takes them; FAISS keeps a pointer to the bits, so this object has to outlive the search."""

    def __init__(self, keep: Mask) -> None:
        self._bits = np.packbits(keep, bitorder="little")
        self.parameters = faiss.SearchParameters()
        self.parameters.sel = faiss.IDSelectorBitmap(len(keep), faiss.swig_ptr(self._bits))


@contextmanager
def one_thread() -> Iterator[None]:
    """FAISS in the calling thread alone.

    What one search reads takes about a millisecond. To share that out, other threads would have to be woken, and
    where all cores are at work it takes twenty.
    """
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def indexed(vectors: Float16Array) -> Any:
    """A FAISS index of inner products with 16-bit floats."""
    dimension = vectors.shape[1]
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(np.ascontiguousarray(vectors, dtype="<f2").view(np.uint8).ravel(), index.codes)
    index.ntotal = len(vectors)
    return index


def inner_products(vectors: Float16Array, vector: Float32Array) -> Float32Array:
    """One for each row. FAISS is ten times as fast as numpy here, which turns 16-bit floats one by one."""
    scores = np.empty(len(vectors), dtype=np.float32)
    if len(vectors):
        with one_thread():
            found, positions = indexed(vectors).search(vector.reshape(1, -1), len(vectors))
        scores[positions[0]] = found[0]
    return scores
