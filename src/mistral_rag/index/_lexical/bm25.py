"""The formula of word search: BM25 with its constants."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import Scores


@dataclass(frozen=True, slots=True)
class Bm25:
    """Robertson's BM25 with free constants; a pair of neighbouring words counts `pairs` of what a word counts.

    A word that stands n times in a row adds rarity * n * (k1 + 1) / (n + damping) to the row's score.

    `written` is the weight of a word as it is written beside the same word without its ending, where a language has
    both.
    `b` is .4 and lengths count words only, so that a page full of numbers is not taken for a long text.
    """

    k1: float = 1.2
    b: float = 0.4
    pairs: float = 0.6
    written: float = 0.4

    def damping(self, words: npt.NDArray[np.float32], average: float) -> Scores:
        """The damping of rows by their numbers of words; `average` is that of all rows."""
        return (self.k1 * (1 - self.b + self.b * words / average)).astype(np.float32)

    def rarity(self, holding: npt.NDArray[np.int64], count: int) -> Scores:
        """The weight of terms by the numbers of rows they stand in, of `count` rows; above 0 also for the commonest."""
        return np.log1p((count - holding + 0.5) / (holding + 0.5)).astype(np.float32)
