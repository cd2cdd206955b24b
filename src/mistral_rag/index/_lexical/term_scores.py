"""Scores that postings add to their rows, before the term's rarity; kept for the terms that are asked for most.

A term that stands in many rows becomes one number for each row, which adds up many times faster than postings do.
"""

from collections import OrderedDict
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import Scores
from mistral_rag._forks import ForkLock
from mistral_rag.index._lexical.bm25 import Bm25
from mistral_rag.index._lexical.postings import PostingRanges, Postings

Sums = npt.NDArray[np.float64]

COMMON_SHARE: Final = 0.2
"""A term that stands in this share of the rows is common."""

MAX_COMMON_TERMS: Final = 32
"""Common terms that are kept for each segment: at most 128 bytes a row."""


class TermScores:
    """Scores that the postings of one segment add, where texts are of some average length."""

    def __init__(self, postings: Postings, average: float, formula: Bm25) -> None:
        self._postings, self._formula = postings, formula
        self._damping = formula.damping(postings.words, average)
        self._common: OrderedDict[int, Scores] = OrderedDict()
        self._mutex = ForkLock()

    def add(self, scores: Sums, ranges: PostingRanges, weights: Scores) -> None:
        """Add the scores of terms, whose postings lie in these ranges, to each of their rows.

        What is added are 32-bit numbers, of which 64 bits hold the sum without rounding: it is the same in whatever
        order they come, so that rows which a reader may not see change no bit of the others' scores.
        """
        sizes = ranges[:, 1] - ranges[:, 0]
        common = sizes >= COMMON_SHARE * len(scores)
        for (start, end), weight in zip(ranges[common].tolist(), weights[common], strict=True):
            scores += np.float32(weight) * self._of_all(start, end)
        rare = ~common & (sizes > 0)
        if rare.any():
            np.add.at(scores, *self._of(ranges[rare], weights[rare]))

    def _of(self, ranges: PostingRanges, weights: Scores) -> tuple[npt.NDArray[np.intp], Scores]:
        """Positions of the rows of all postings in these ranges, one range after the other, and the scores they add."""
        pieces = [slice(start, end) for start, end in ranges.tolist()]
        # numbers of the machine's own size: with any other ones NumPy looks up and adds several times slower
        positions = np.concatenate([self._postings.positions[piece] for piece in pieces], dtype=np.intp)
        counts = np.concatenate([self._postings.counts[piece] for piece in pieces], dtype=np.float32)
        term_scores: Scores = np.float32(self._formula.k1 + 1) * counts
        counts += self._damping.take(positions)
        term_scores /= counts
        term_scores *= np.repeat(weights, ranges[:, 1] - ranges[:, 0])
        return positions, term_scores

    def _of_all(self, start: int, end: int) -> Scores:
        with self._mutex:
            found = self._common.get(start)
            if found is not None:
                self._common.move_to_end(start)
                return found
        found = np.zeros(len(self._postings.rows), dtype=np.float32)
        positions, term_scores = self._of(np.array([[start, end]]), np.ones(1, np.float32))
        found[positions] = term_scores
        with self._mutex:
            self._common[start] = found
            if len(self._common) > MAX_COMMON_TERMS:
                self._common.popitem(last=False)
        return found
