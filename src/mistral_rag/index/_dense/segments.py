"""The rows of a `DenseIndex` in a few segments: vectors in memory or bits, and which rows are still there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import positions_of
from mistral_rag.index._dense.binary_index import BinaryCodes, BinaryIndex
from mistral_rag.index._dense.flat import FlatIndex
from mistral_rag.index._dense.vector_rows import Mask, Rows, VectorBatch, ascending


@dataclass(frozen=True, slots=True)
class DenseSegment:
    """Some rows, and which of them are still there (None: all).

    `lost` is the sum of the vectors that are gone, of those in memory.
    """

    index: FlatIndex | BinaryIndex
    alive: Mask | None = None
    lost: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.index) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def rows(self) -> Rows:
        """The rows that are still there."""
        return self.index.rows if self.alive is None else self.index.rows[self.alive]

    @property
    def total(self) -> npt.NDArray[np.float64] | None:
        """The sum of all vectors that are still there; None where they are not in memory."""
        if not isinstance(self.index, FlatIndex):
            return None
        return self.index.total if self.lost is None else self.index.total - self.lost

    def among(self, rows: Rows) -> Mask:
        """Mark the positions that hold one of these rows, and hold it still."""
        found = np.zeros(len(self.index.rows), dtype=bool)
        found[positions_of(rows, self.index.rows)[1]] = True
        return found if self.alive is None else found & self.alive

    def without(self, rows: Rows) -> "DenseSegment":
        """The segment when these rows are gone; holes are closed when they are a quarter of it."""
        gone = positions_of(rows, self.index.rows)[1]
        if self.alive is not None:
            gone = gone[self.alive[gone]]
        if not len(gone):
            return self
        alive = np.ones(len(self.index), dtype=bool) if self.alive is None else self.alive.copy()
        alive[gone] = False
        if 4 * int(np.count_nonzero(alive)) > 3 * len(alive):
            return replace(self, alive=alive, lost=self._lost_with(gone))
        return self.only(alive)

    def _lost_with(self, gone: Rows) -> npt.NDArray[np.float64] | None:
        if not isinstance(self.index, FlatIndex):
            return None
        lost: npt.NDArray[np.float64] = self.index.vectors[gone].sum(axis=0, dtype=np.float64)
        return lost if self.lost is None else self.lost + lost

    def only(self, keep: Mask) -> "DenseSegment":
        """The segment with no other positions than these."""
        if isinstance(self.index, FlatIndex):
            return DenseSegment(FlatIndex(self.index.batch.take(keep)))
        return DenseSegment(self.index.take(keep))


def merged(segments: Sequence[DenseSegment], newer_rows: int) -> list[DenseSegment]:
    """Few segments: new rows are joined to those about as new, and to the binary index when more than `newer_rows`."""
    bits = [segment for segment in segments if isinstance(segment.index, BinaryIndex)]
    flats = _merged_by_size([segment for segment in segments if isinstance(segment.index, FlatIndex)])
    if bits and sum(map(len, flats)) > newer_rows:
        like = next(segment.index for segment in bits if isinstance(segment.index, BinaryIndex))
        bits += [
            DenseSegment(BinaryIndex(BinaryCodes.of(flat.index.batch, like.signs), like.signs), flat.alive)
            for flat in flats
            if isinstance(flat.index, FlatIndex)
        ]
        flats = []
    return [*_merged_by_size(bits), *flats]


def _merged_by_size(segments: list[DenseSegment]) -> list[DenseSegment]:
    """Segments of one kind, each less than half of the one before; the order of rows stays."""
    kept: list[DenseSegment] = []
    for segment in segments:
        last = segment
        while kept and 2 * len(last) >= len(kept[-1]):
            last = _joined(kept.pop(), last)
        kept.append(last)
    return kept


def _joined(first: DenseSegment, second: DenseSegment) -> DenseSegment:
    whole = [segment if segment.alive is None else segment.only(segment.alive) for segment in (first, second)]
    flats = [segment.index for segment in whole if isinstance(segment.index, FlatIndex)]
    if flats:
        return DenseSegment(FlatIndex(ascending(VectorBatch.joined([flat.batch for flat in flats]))))
    bits = [segment.index for segment in whole if isinstance(segment.index, BinaryIndex)]
    return DenseSegment(BinaryIndex(ascending(BinaryCodes.joined([one.coded for one in bits])), bits[0].signs))
