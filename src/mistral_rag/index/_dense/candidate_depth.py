"""The number of candidates of the first pass: measured on an index's own vectors when its bits are made."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mistral_rag.index._dense.binary_index import BREADTH, BinaryCodes, BinaryIndex, SignQuantizer
from mistral_rag.index._dense.vector_rows import Float32Array, Rows, VectorBatch

SAMPLE_QUERIES: Final = 128
"""Vectors of the index that are searched in it to measure the depth."""

SAMPLE_FOR_CENTRE: Final = 1024
"""Vectors whose mean is the centre."""

RECALL: Final = 0.985
MIN_CANDIDATES: Final = 128
"""Candidates even where fewer would do: questions are farther from the texts than texts are from each other."""

SAMPLE_ROWS: Final = 8192
"""Rows of the first pass among which the depth is looked for."""


@dataclass(frozen=True, slots=True)
class CandidateDepth:
    """The numbers of candidates that hold .985 of the true nearest 10, and of the true nearest 100."""

    ten: int
    hundred: int

    def of(self, k: int) -> int:
        """Candidates for the nearest `k`: on the line through the two that were measured."""
        slope = max(self.hundred - self.ten, 90) / 90
        return max(k, self.ten + int(slope * max(k - 10, 0)))


@dataclass(frozen=True, slots=True)
class CalibratedIndex:
    """A binary index with the depth it needs."""

    index: BinaryIndex
    depth: CandidateDepth


def calibrate(sample: VectorBatch, everything: Iterable[VectorBatch], *, weighed: bool) -> CalibratedIndex:
    """A binary index of everything, and the depth it needs, in one pass over the vectors.

    `sample` are some rows of it, spread evenly: their mean is the centre, and some of them are the questions that
    the depth is measured with. Each is left out of its own answer.
    """
    vectors = sample.vectors.astype(np.float32)
    signs = SignQuantizer(vectors.mean(axis=0), weighed)
    step = max(len(sample.rows) // SAMPLE_QUERIES, 1)
    truth = _GroundTruth(sample.rows[::step][:SAMPLE_QUERIES], vectors[::step][:SAMPLE_QUERIES])
    codes = []
    for batch in everything:
        truth.see(batch.rows, batch.vectors.astype(np.float32))
        codes.append(BinaryCodes.of(batch, signs))
    whole = BinaryCodes.joined(codes)
    bits = BinaryIndex(whole.take(np.argsort(whole.rows)), signs)
    return CalibratedIndex(bits, truth.depth(bits))


class _GroundTruth:
    """Some questions and their exact nearest rows, gathered while all rows pass by."""

    NEAREST: Final = 100

    def __init__(self, rows: Rows, vectors: Float32Array) -> None:
        self._queries, self._vectors = rows, vectors
        self._rows = np.empty((len(rows), 0), np.int64)
        self._scores = np.empty((len(rows), 0), np.float32)

    def see(self, rows: Rows, vectors: Float32Array) -> None:
        scores = self._vectors @ vectors.T
        scores[self._queries[:, np.newaxis] == rows] = -np.inf
        scores = np.concatenate((self._scores, scores), axis=1)
        every = np.concatenate((self._rows, np.broadcast_to(rows, (len(self._queries), len(rows)))), axis=1)
        if scores.shape[1] > self.NEAREST:
            best = np.argpartition(-scores, self.NEAREST, axis=1)[:, : self.NEAREST]
            scores, every = np.take_along_axis(scores, best, 1), np.take_along_axis(every, best, 1)
        self._rows, self._scores = every, scores

    def _nearest(self) -> Rows:
        """For each question the rows found, nearest first."""
        nearest: Rows = np.take_along_axis(self._rows, np.argsort(-self._scores, axis=1), 1)
        return nearest

    def depth(self, bits: BinaryIndex) -> CandidateDepth:
        """The depth that this index needs."""
        needed = np.stack([_needed(bits, *one) for one in zip(self._vectors, self._nearest(), strict=True)])
        ten, hundred = (int(np.quantile(needed[:, :k], RECALL)) + 1 for k in (10, self.NEAREST))
        return CandidateDepth(max(ten, MIN_CANDIDATES), max(hundred, 4 * MIN_CANDIDATES))


def _needed(bits: BinaryIndex, vector: Float32Array, rows: Rows) -> npt.NDArray[Any]:
    """For each of these rows the number of candidates until it is among them."""
    first = bits.nearest_by_signs(vector, SAMPLE_ROWS, None)
    first = first[np.argsort(bits.hamming_distances(vector, first), kind="stable")]
    found = bits.rows[first]
    by_both = found[np.argsort(-bits.estimated_scores(vector, first))]
    second, first_pass = (_ranks(rows, order) for order in (by_both, found))
    needed: npt.NDArray[Any] = np.maximum(second, first_pass // BREADTH + 1)
    return needed


def _ranks(rows: Rows, order: Rows) -> npt.NDArray[Any]:
    """The rank of each row, from 1; far behind the last for a row that is not there."""
    by_row = np.argsort(order)
    at = np.minimum(np.searchsorted(order, rows, sorter=by_row), len(order) - 1)
    position = by_row[at]
    found: npt.NDArray[Any] = np.where(order[position] == rows, position + 1, 4 * len(order))
    return found
