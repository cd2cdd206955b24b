"""Two rankings become one."""

from typing import Final

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]

RANK_CONSTANT: Final = 60
"""Of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009."""

DENSE_WEIGHTS: Final = {"local-minilm": 0.7, "local-use": 0.6, "mistral-embed": 0.7}
"""Share of a model's vectors where words say nothing, by the name before the @; measured but for the last."""
OTHER_MODEL: Final = 0.5
UNNAMED_SHARES: Final = {"local-minilm": 0.4}
"""Share of the question without names in its vector, where words say nothing; measured."""

COVERED: Final = 2 / 3
"""From this share of a question on that one passage covers, its words alone decide."""


def remaining_share(covered: float, none_from: float = COVERED) -> float:
    """The share, 1 to 0, that the words leave to all else where the best passage covers so much of a question.

    A question whose words all stand in one passage was asked of that passage; one that shares hardly a word with any
    passage is in other words or in another language.
    """
    return max(0.0, 1 - covered / none_from)


def dense_weight(model: str, covered: float = 0.0) -> float:
    """The share of the vectors in the sum; `covered` as in `remaining_share`."""
    return DENSE_WEIGHTS.get(model.split("@")[0], OTHER_MODEL) * remaining_share(covered)


def unnamed_share(model: str) -> float:
    """The share of the question without names in its vector, where words say nothing; 0 for most models."""
    return UNNAMED_SHARES.get(model.split("@")[0], 0.0)


def blended(vector: Scores, other: Scores, share: float) -> Scores:
    """The unit vector between two."""
    return unit((1 - share) * vector + share * other)


def unit(values: npt.ArrayLike) -> Scores:
    """A vector of unit length; zeros stay zeros."""
    vector: Scores = np.asarray(values, dtype=np.float32)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)


def scaled(scores: Scores, *, highest: float, mean: float = 0.0) -> Scores:
    """Scores from 0 at the `mean` score for the question to 1 at its `highest`; nothing falls below 0."""
    above: Scores = (np.maximum(scores - mean, 0) / max(highest - mean, 1e-9)).astype(np.float32)
    return above


def convex_sum(lexical: Scores, dense: Scores, weight: float) -> Scores:
    """``(1 - weight) * lexical + weight * dense`` of scaled scores."""
    fused = (1 - weight) * lexical + weight * dense
    return fused.astype(np.float32)


def reciprocal_ranks(*rankings: Scores) -> Scores:
    """The sum of 1 / (60 + rank) over rankings of the same rows; a score of 0 or less has no rank."""
    fused = np.zeros(len(rankings[0]), dtype=np.float32)
    for scores in rankings:
        ranks = np.empty(len(scores), dtype=np.int64)
        ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
        fused += np.where(scores > 0, 1 / (RANK_CONSTANT + ranks), 0).astype(np.float32)
    return fused
