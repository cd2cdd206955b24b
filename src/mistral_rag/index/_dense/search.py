"""Search by vectors: exact for small indexes, sign bits and exact rescoring above.

A `DenseIndex` holds the vectors of one commit; `follow` makes the one of a later commit from it, out of the change log.
Up to `DenseSettings.exact_rows` all vectors are in memory. Above, only their sign bits are: the likely nearest rows are
fetched and scored exactly, as are rows that are newer than the bits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import positions_of
from mistral_rag._cached import cached_property
from mistral_rag.index._dense.binary_index import BinaryIndex
from mistral_rag.index._dense.candidate_depth import CalibratedIndex, CandidateDepth
from mistral_rag.index._dense.flat import FlatIndex, inner_products
from mistral_rag.index._dense.segments import DenseSegment, merged
from mistral_rag.index._dense.settings import DEFAULT, DenseSettings
from mistral_rag.index._dense.vector_rows import Fetch, Float16Array, Float32Array, Mask, Rows, VectorBatch
from mistral_rag.index._filters.filter_cache import FilterCache, FilteredRows

Scores = Float32Array
Vectors = Float32Array

SPREAD: Final = 0.6
MAX_SPREAD: Final = 16
"""The fewer rows a filter leaves the farther apart they lie, so that their bits tell less: more candidates are needed,
`SPREAD` by the share that is left, at most so many times as many. Measured: docs/adr/0013.
"""

DEPTH: Final = CandidateDepth(300, 1000)
"""For indexes that hold no bits yet."""


def _nothing_fetched(numbers: Rows, dimension: int) -> tuple[Rows, Float16Array]:
    raise LookupError(f"{len(numbers)} vectors of {dimension} dimensions are in no database")


class SampleMean:
    """The mean of a sample of vectors; reading them again after each commit would take longer than the search."""

    def __init__(self) -> None:
        self._last: tuple[Rows, npt.NDArray[np.float64]] | None = None

    def of(self, numbers: Rows, fetch: Fetch, dimension: int) -> npt.NDArray[np.float64]:
        """The mean of the vectors with these numbers; they are fetched unless the last sample was the same."""
        last = self._last
        if last is None or not np.array_equal(last[0], numbers):
            vectors = fetch(numbers, dimension)[1]
            mean = vectors.mean(axis=0, dtype=np.float64) if len(vectors) else np.zeros(dimension)
            last = self._last = numbers, mean
        return last[1]


@dataclass(frozen=True)
class DenseIndex:
    """Inner products of a question's vector with those of all rows: cosines, where vectors have unit length.

    Nothing in it changes: any number of threads may search it.

    Attributes:
        dimension: of the vectors.
        segments: the rows; no row is there twice.
        depth: how many candidates the first pass has to find.
        fetch: where vectors are that are not in memory.
        sequence: the number of the commit that this is.
        settings: sizes at which the search changes its way.
    """

    dimension: int
    segments: tuple[DenseSegment, ...] = ()
    depth: CandidateDepth = DEPTH
    fetch: Fetch = field(default=_nothing_fetched, repr=False)
    sequence: int = 0
    settings: DenseSettings = DEFAULT
    sample_mean: SampleMean = field(default_factory=SampleMean, repr=False)
    _filters: FilterCache = field(default_factory=FilterCache, init=False, repr=False)

    @classmethod
    def build(cls, rows: Rows, vectors: npt.NDArray[np.floating]) -> "DenseIndex":
        """An index in memory of ``vectors[i]`` for ``rows[i]``, which are rounded to 16-bit floats."""
        numbers = np.arange(len(rows), dtype=np.int64)
        batch = VectorBatch(np.asarray(rows, np.int64), numbers, numbers.astype(np.uint64), vectors.astype(np.float16))
        return cls(vectors.shape[1], (DenseSegment(FlatIndex(batch)),))

    @classmethod
    def calibrated(
        cls, made: CalibratedIndex, *, fetch: Fetch, sequence: int, settings: DenseSettings = DEFAULT
    ) -> "DenseIndex":
        """An index whose vectors stay in the database."""
        return cls(made.index.dimension, (DenseSegment(made.index),), made.depth, fetch, sequence, settings)

    def __len__(self) -> int:
        return sum(map(len, self.segments))

    @property
    def rows(self) -> Rows:
        """All rows, ascending."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(segment.rows for segment in self.segments)]))

    @property
    def exact(self) -> bool:
        """True when all vectors are in memory."""
        return all(isinstance(segment.index, FlatIndex) for segment in self.segments)

    @property
    def fits(self) -> bool:
        """True when no more vectors are in memory than should be."""
        return not self.exact or len(self) <= self.settings.exact_rows + self.settings.newer_rows

    def follow(self, removed: Rows, added: VectorBatch, *, sequence: int) -> "DenseIndex":
        """The index of a later commit: some rows have gone, and some have come, in ascending order."""
        kept = [segment for segment in (segment.without(removed) for segment in self.segments) if len(segment)]
        segments = [*kept, DenseSegment(FlatIndex(added))] if len(added.rows) else kept
        return replace(self, segments=tuple(merged(segments, self.settings.newer_rows)), sequence=sequence)

    def only(self, rows: Rows) -> "DenseIndex":
        """The index of no other rows than these, as if it had never held others."""
        segments = [(segment, segment.among(rows)) for segment in self.segments]
        few = sum(int(np.count_nonzero(keep)) for _, keep in segments) <= self.settings.exact_rows
        cut = (DenseSegment(self._flat(segment, keep)) if few else segment.only(keep) for segment, keep in segments)
        return replace(self, segments=tuple(segment for segment in cut if len(segment)), sample_mean=SampleMean())

    def search(self, vector: Vectors, k: int, *, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """The `k` nearest rows and their scores, best first, among equals the lower row.

        `rows`: only these. What is found out about them is kept for as long as the same array comes again.
        """
        asked = self._asked(vector)
        chosen = None if rows is None else self._filters.get(rows, self._chosen)
        if chosen is not None and chosen.few is not None:
            return _best([_scored(chosen.few, asked, k, None)], k)
        masks = [segment.alive for segment in self.segments] if chosen is None else chosen.masks
        both = list(zip(self.segments, masks, strict=True))
        exact = [
            _scored(segment.index, asked, k, mask) for segment, mask in both if isinstance(segment.index, FlatIndex)
        ]
        count = self.depth.of(k) * (1 if chosen is None else chosen.spread)
        return _best([*exact, *self._rescored(asked, self._candidates(asked, count, both))], k)

    def candidates(self, vector: Vectors, k: int, *, rows: Rows | None = None) -> Rows:
        """About `k` rows among which the nearest are, in no order; `scores` tells how near they are."""
        asked = self._asked(vector)
        both = [(segment, segment.alive if rows is None else segment.among(rows)) for segment in self.segments]
        exact = [
            _scored(segment.index, asked, k, mask)[0] for segment, mask in both if isinstance(segment.index, FlatIndex)
        ]
        first = [bits.rows[positions] for bits, positions in self._candidates(asked, max(self.depth.ten, k), both)]
        return np.concatenate([np.empty(0, np.int64), *exact, *first])

    def scores(self, vector: Vectors, rows: Rows) -> Scores:
        """The scores of some rows, in their order; 0 for a row without a vector."""
        asked = self._asked(vector)
        scores = np.zeros(len(rows), dtype=np.float32)
        for segment in self.segments:
            here, positions = positions_of(rows, segment.index.rows)
            if isinstance(segment.index, FlatIndex):
                scores[here] = segment.index.scores(asked, positions)
            elif len(positions):
                scores[here] = self._fetched_scores(asked, segment.index.numbers[positions])
        return scores

    def holds(self, rows: Rows) -> Mask:
        """Mark those of some rows that have a vector here."""
        found = np.zeros(len(rows), dtype=bool)
        for segment in self.segments:
            here, positions = positions_of(rows, segment.index.rows)
            found[here] = True if segment.alive is None else segment.alive[positions]
        return found

    def mean_score(self, vector: Vectors) -> float:
        """The mean of the scores of all rows; of a sample of them where not all vectors are in memory."""
        return float(self._mean @ np.asarray(vector, dtype=np.float64).ravel())

    @cached_property
    def _mean(self) -> npt.NDArray[np.float64]:
        totals = [total for segment in self.segments if (total := segment.total) is not None]
        if len(totals) == len(self.segments):
            return sum(totals, np.zeros(self.dimension)) / max(len(self), 1)
        return self.sample_mean.of(self._sample(), self.fetch, self.dimension)

    def _sample(self) -> Rows:
        """The numbers of the vectors with the lowest keys, ascending: the same ones wherever the same vectors are."""
        alive = [(segment.index, slice(None) if segment.alive is None else segment.alive) for segment in self.segments]
        keys = np.concatenate([index.keys[positions] for index, positions in alive])
        numbers = np.concatenate([index.numbers[positions] for index, positions in alive])
        count = self.settings.sample_rows
        return np.sort(numbers[np.argpartition(keys, min(count, len(keys) - 1))[:count]])

    def _asked(self, vector: Vectors) -> Vectors:
        return np.ascontiguousarray(vector, dtype=np.float32).reshape(self.dimension)

    def _chosen(self, rows: Rows) -> FilteredRows:
        masks = tuple(segment.among(rows) for segment in self.segments)
        left = sum(int(np.count_nonzero(mask)) for mask in masks)
        if self.exact or left > self.settings.exact_rows:
            return FilteredRows(rows, masks, spread=round(min(max(SPREAD * len(self) / max(left, 1), 1), MAX_SPREAD)))
        flats = [self._flat(segment, mask) for segment, mask in zip(self.segments, masks, strict=True)]
        return FilteredRows(rows, (), FlatIndex(VectorBatch.joined([flat.batch for flat in flats])))

    def _flat(self, segment: DenseSegment, keep: Mask) -> FlatIndex:
        """The rows of a segment that `keep` marks, with their vectors in memory."""
        if isinstance(segment.index, FlatIndex):
            return FlatIndex(segment.index.batch.take(keep))
        rows, numbers, keys = segment.index.rows[keep], segment.index.numbers[keep], segment.index.keys[keep]
        known, vectors = self.fetch(numbers, self.dimension)
        here, positions = positions_of(numbers, known)
        return FlatIndex(VectorBatch(rows[here], numbers[here], keys[here], vectors[positions]))

    @staticmethod
    def _candidates(
        vector: Vectors, count: int, segments: Sequence[tuple[DenseSegment, Mask | None]]
    ) -> Iterator[tuple[BinaryIndex, Rows]]:
        """Positions of the likely nearest `count` rows of all binary indexes together, segment by segment."""
        binary = [(segment.index, mask) for segment, mask in segments if isinstance(segment.index, BinaryIndex)]
        found = [(bits, *bits.nearest(vector, count, mask)) for bits, mask in binary]
        if len(found) > 1:
            every = np.concatenate([estimates for _, _, estimates in found])
            bar = -np.inf if len(every) <= count else np.partition(every, -count)[-count]
            found = [(bits, positions[estimates >= bar], estimates) for bits, positions, estimates in found]
        for bits, positions, _ in found:
            yield bits, positions

    def _rescored(self, vector: Vectors, found: Iterable[tuple[BinaryIndex, Rows]]) -> Iterator[tuple[Rows, Scores]]:
        for bits, positions in found:
            known, vectors = self.fetch(bits.numbers[positions], self.dimension)
            here, at = positions_of(bits.numbers[positions], known)
            yield bits.rows[positions[here]], inner_products(vectors, vector)[at]

    def _fetched_scores(self, vector: Vectors, numbers: Rows) -> Scores:
        known, vectors = self.fetch(numbers, self.dimension)
        here, at = positions_of(numbers, known)
        scores = np.zeros(len(numbers), dtype=np.float32)
        scores[here] = inner_products(vectors, vector)[at]
        return scores


def _scored(flat: FlatIndex, vector: Vectors, k: int, keep: Mask | None) -> tuple[Rows, Scores]:
    positions, scores = flat.nearest(vector, k, keep)
    return flat.rows[positions], scores


def _best(found: Sequence[tuple[Rows, Scores]], k: int) -> tuple[Rows, Scores]:
    rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in found)])
    scores = np.concatenate([np.empty(0, np.float32), *(scores for _, scores in found)])
    order = np.lexsort((rows, -scores))[: max(k, 0)]
    return rows[order], scores[order]
