"""Choosing among good passages so that they differ, and so that no document fills the list."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


def at_most_each(owners: Sequence[Hashable], most: int) -> list[int]:
    """Positions of those that come among the first `most` of their owner, in order."""
    seen: Counter[Hashable] = Counter()
    kept = []
    for position, owner in enumerate(owners):
        seen[owner] += 1
        if seen[owner] <= most:
            kept.append(position)
    return kept


def marginal(scores: Sequence[float], vectors: Scores, k: int, weight: float) -> list[int]:
    """Positions of `k` passages by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998), best first.

    Each next one has the highest ``weight * relevance - (1 - weight) * likeness``: relevance is its score, scaled
    from 0 to 1 over all that are given, likeness the highest cosine to one that was chosen. `vectors` are rows of
    length 1; a row of zeros is like nothing.
    """
    given = np.asarray(scores, dtype=np.float64)
    if not len(given):
        return []
    relevance = (given - given.min()) / max(float(np.ptp(given)), 1e-9)
    likeness = np.zeros(len(given))
    chosen: list[int] = []
    while len(chosen) < min(k, len(given)):
        worth = weight * relevance - (1 - weight) * likeness
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        chosen.append(best)
        likeness = np.maximum(likeness, vectors @ vectors[best])
    return chosen
