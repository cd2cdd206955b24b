"""What each posting adds to its row's score, before the term's rarity; kept for the terms that are asked for most.

A term that stands in many rows becomes one number for each row, which adds up many times faster than postings do.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag.store.postings import Segment

Scores = npt.NDArray[np.float32]

COMMON: Final = 8
"""A term in one of so many rows is common."""

REMEMBERED: Final = 32
"""Common terms that are kept for each segment: at most 128 bytes a row."""


@dataclass(frozen=True, slots=True)
class Bm25:
    """Robertson's BM25 with free constants; a pair of neighbouring words counts `pairs` of what a word counts.

    `b` is .4 and lengths count words only, so that a page full of numbers is not taken for a long text.
    """

    k1: float = 1.2
    b: float = 0.4
    pairs: float = 0.6


class Impacts:
    """What the postings of one segment add, where texts are of some average length."""

    def __init__(self, segment: Segment, average: float, formula: Bm25) -> None:
        self._segment, self._formula = segment, formula
        self._damping = (formula.k1 * (1 - formula.b + formula.b * segment.words / average)).astype(np.float32)
        self._common: OrderedDict[int, Scores] = OrderedDict()
        self._mutex = Lock()

    def add(self, scores: Scores, term: tuple[int, int], weight: np.float32) -> None:
        """Add what a term, whose postings begin and end there, gives to each of its rows."""
        start, end = term
        if COMMON * (end - start) >= len(scores):
            scores += weight * self._of_all(start, end)
        elif end > start:
            scores[self._segment.places[start:end]] += weight * self._of(start, end)

    def _of(self, start: int, end: int) -> Scores:
        counts = self._segment.counts[start:end].astype(np.float32)
        impacts: Scores = np.float32(self._formula.k1 + 1) * counts
        impacts /= counts + self._damping[self._segment.places[start:end]]
        return impacts

    def _of_all(self, start: int, end: int) -> Scores:
        with self._mutex:
            found = self._common.get(start)
            if found is not None:
                self._common.move_to_end(start)
                return found
        found = np.zeros(len(self._segment.rows), dtype=np.float32)
        found[self._segment.places[start:end]] = self._of(start, end)
        with self._mutex:
            self._common[start] = found
            if len(self._common) > REMEMBERED:
                self._common.popitem(last=False)
        return found
