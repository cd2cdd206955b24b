"""Positions in arrays of rows and scores."""

from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

BLOCK: Final = 64
"""Scores that are looked at as one when the highest are sought: one pass in numpy instead of a partition of all."""


def positions_of(wanted: Rows, known: Rows) -> tuple[npt.NDArray[np.bool_], Rows]:
    """A mask of those of `wanted` that are among `known` (ascending), and the positions of these in `known`."""
    at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    here = known[at] == wanted if len(known) else np.zeros(len(wanted), dtype=bool)
    return here, at[here].astype(np.int64)


def highest(scores: Scores, count: int) -> npt.NDArray[np.intp]:
    """Positions of the `count` highest scores above 0 and of all that equal the lowest of them, in no order."""
    positions = _candidates(scores, count)
    if 0 < count < len(positions):
        found = scores[positions]
        positions = positions[found >= np.partition(found, -count)[-count]]
    return positions


def _candidates(scores: Scores, count: int) -> npt.NDArray[np.intp]:
    """Positions of scores above 0 among which are those of `highest`."""
    width = len(scores) // BLOCK
    if not 0 < count <= width:
        return np.flatnonzero(scores > 0)
    blocks, rest = scores[: width * BLOCK].reshape(BLOCK, width), scores[width * BLOCK :]
    # of `count` blocks each has one row of at least this score, so the lowest of the highest has it, too
    of_blocks = blocks.max(axis=0)
    bar = np.partition(of_blocks, -count)[-count]
    if bar <= 0:
        return np.flatnonzero(scores > 0)
    held = np.flatnonzero(of_blocks >= bar)
    inner, block = np.nonzero(blocks[:, held] >= bar)
    return np.concatenate((inner * width + held[block], width * BLOCK + np.flatnonzero(rest >= bar)))
