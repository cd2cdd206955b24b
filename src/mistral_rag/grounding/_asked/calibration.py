"""Calibration of abstention: fitted to questions, kept in an index, shown as a curve."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from mistral_rag.grounding._asked.answerability import DEFAULTS, Calibration, Signs, scale_of

STEPS: Final = 30
"""Newton steps of the fit; it stands still after ten."""
PRIOR: Final = 0.5
"""Pull of each weight towards the shipped one, as of the square of their difference: 20 questions move it a little, 500
freely. Without it a handful of one's own questions would fit chance."""
MIN_CASES: Final = 5
"""Questions of each kind, answerable and not, that a fit needs."""
MAX_WEIGHT: Final = 1e3


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Shares at one threshold: of answerable questions that are lost, of unanswerable ones that abstain."""

    threshold: float
    lost: float
    abstained: float


def calibration_of(kept: object, embeddings: object) -> Calibration:
    """The calibration for these embeddings that an index has kept; else the one that is shipped for them.

    What a foreign index holds is only numbers: it can make answers rarer or more frequent, no more.
    """
    scale = scale_of(embeddings)
    return _read(kept, scale) or DEFAULTS[scale]


def to_json(calibration: Calibration, scale: str) -> dict[str, Any]:
    """The calibration as an index keeps it."""
    return {"scale": scale, "weights": dict(calibration.weights), "threshold": calibration.threshold}


def _read(kept: object, scale: str) -> Calibration | None:
    if not isinstance(kept, dict) or kept.get("scale") != scale:
        return None
    weights, threshold = kept.get("weights"), kept.get("threshold")
    if not isinstance(weights, dict) or set(weights) != set(DEFAULTS[scale].weights):
        return None
    if not all(_is_weight(value) for value in (*weights.values(), threshold)):
        return None
    return Calibration({str(name): float(value) for name, value in weights.items()}, float(threshold or 0.0))


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and abs(value) <= MAX_WEIGHT


def fitted(
    cases: Sequence[tuple[Signs, bool]], *, start: Calibration, lost: float, prior: float = PRIOR
) -> Calibration:
    """Weights of a logistic regression near those of `start`, and the threshold that loses a share of the answerable.

    Args:
        cases: signs of a question, and True where what was found answers it.
        start: the calibration from which it sets out.
        lost: share of answerable questions that may be lost.
        prior: pull towards the weights of `start`.

    The weights maximise the likelihood less ``prior / 2 * sum((w - start) ** 2)``, by Newton's method, both kinds of
    questions weighing the same. Raises ValueError for fewer than `MIN_CASES` of a kind.
    """
    names = list(start.weights)
    labels = np.array([label for _, label in cases], dtype=float)
    if min(labels.sum(), len(labels) - labels.sum()) < MIN_CASES:
        raise ValueError(f"at least {MIN_CASES} answerable and {MIN_CASES} unanswerable questions are needed")
    rows = np.array([_row(signs, names) for signs, _ in cases])
    balance = np.where(labels == 1, 0.5 / labels.mean(), 0.5 / (1 - labels.mean()))
    origin = np.array([start.weights[name] for name in names])
    weights = origin.copy()
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (balance * (labels - chance)) - prior * (weights - origin)
        curvature = (rows * (balance * chance * (1 - chance))[:, None]).T @ rows + prior * np.eye(len(names))
        weights = weights + np.linalg.solve(curvature, gradient)
    found = Calibration(dict(zip(names, map(float, weights.round(3)), strict=True)), 0.5)
    return Calibration(found.weights, _threshold([found.likelihood(signs) for signs, label in cases if label], lost))


def _row(signs: Signs, names: Iterable[str]) -> list[float]:
    held = {"bias": 1.0, **{name: value or 0.0 for name, value in asdict(signs).items()}}
    return [held[name] for name in names]


def _threshold(likelihoods: Sequence[float], lost: float) -> float:
    """The highest threshold of two digits below which no more than this share of the likelihoods lie."""
    ordered = sorted(likelihoods)
    return math.floor(ordered[int(lost * len(ordered))] * 100) / 100


def curve(calibration: Calibration, cases: Sequence[tuple[Signs, bool]]) -> list[CurvePoint]:
    """Abstention by threshold, from 5 % to 95 %."""
    chances = [(calibration.likelihood(signs), label) for signs, label in cases]
    answerable = [chance for chance, label in chances if label]
    others = [chance for chance, label in chances if not label]
    return [
        CurvePoint(at / 100, _share_below(answerable, at / 100), _share_below(others, at / 100))
        for at in range(5, 100, 5)
    ]


def point_at(calibration: Calibration, cases: Sequence[tuple[Signs, bool]]) -> CurvePoint:
    """Abstention at the calibration's own threshold."""
    chances = [(calibration.likelihood(signs), label) for signs, label in cases]
    lost = _share_below([chance for chance, label in chances if label], calibration.threshold)
    abstained = _share_below([chance for chance, label in chances if not label], calibration.threshold)
    return CurvePoint(calibration.threshold, lost, abstained)


def _share_below(chances: Sequence[float], threshold: float) -> float:
    return sum(chance < threshold for chance in chances) / len(chances) if chances else 0.0
