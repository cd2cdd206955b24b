"""Support of a statement by the sources it cites, by words and numbers: a flag with reasons, not a certificate.

The score is a logistic regression on five features, fitted to human judgements (the development parts of
AttributionBench, WiCE and FaithBench; `python -m benchmarks.grounding` repeats the figures of ADR 32).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mistral_rag.schema import Support
from mistral_rag.text import computed_number, missing_numbers, near, numbers, window, words

WEIGHTS = {"window": 1.7, "near": 1.0, "pairs": 1.1, "missing": -2.0, "length": -0.5}
INTERCEPT = -0.2
SUPPORTED, PARTIAL = 0.62, 0.35
"""Minimum scores for these grades, from the same data; below the second a statement is unsupported."""
MIN_WINDOW = 20
"""Words; a short statement may still stand in a sentence of this length."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Grade of support, with the reasons for a lower grade.

    `numbers_ok` says that all numbers of the statement are in its sources; None when it has none.
    """

    support: Support
    numbers_ok: bool | None = None
    reasons: tuple[str, ...] = ()


def judge(statement: str, sources: Sequence[str], language: str = "en") -> Judgement:
    """Judge a statement by its `sources`: the texts it cites, with headers, headings and title."""
    if not sources:
        return Judgement("unsupported", None, ("cites nothing",))
    numbers_ok, reasons, all_computed = _numbers(statement, sources)
    value = score(statement, sources, language)
    support: Support = "supported" if value >= SUPPORTED else "partial" if value >= PARTIAL else "unsupported"
    if support != "supported" and numbers_ok is not False:
        reasons = (*reasons, _overlap_reason(statement, sources, language))
    if numbers_ok is False:
        support = "partial" if all_computed else "unsupported"
    return Judgement(support, numbers_ok, reasons)


def score(statement: str, sources: Sequence[str], language: str = "en") -> float:
    """Probability that the sources back the statement, by words and numbers."""
    values = features(statement, sources, language)
    return 1 / (1 + math.exp(-INTERCEPT - sum(WEIGHTS[name] * value for name, value in values.items())))


def features(statement: str, sources: Sequence[str], language: str = "en") -> dict[str, float]:
    """Features of the score.

    - ``window``: share of the statement's words in one window of the sources, three times as long as it;
    - ``near``: share of its neighbouring words that stand near each other in the sources;
    - ``pairs``: the same for words that follow each other directly;
    - ``missing``: share of its numbers that are in no source;
    - ``length``: logarithm of its length.
    """
    statement_words = words(statement, language)
    source_words = [word for source in sources for word in words(source, language)]
    stated = numbers(statement)
    neighbours = {(a, b) for a, b in pairwise(statement_words) if a != b}
    return {
        "window": window(set(statement_words), source_words, max(MIN_WINDOW, 3 * len(statement_words))),
        "near": near(neighbours, source_words),
        "pairs": len(neighbours & set(pairwise(source_words))) / max(len(neighbours), 1),
        "missing": len(missing_numbers(statement, sources)) / max(len(stated), 1),
        "length": math.log(1 + len(set(statement_words))),
    }


def _numbers(statement: str, sources: Sequence[str]) -> tuple[bool | None, tuple[str, ...], bool]:
    """Check the numbers: True when all are in the sources, reasons for the others, True when those can be computed."""
    if not numbers(statement):
        return None, (), False
    computations = {number.text: computed_number(number, sources) for number in missing_numbers(statement, sources)}
    reasons = (
        f"{text} stands in nothing it cites" + (f"; it can be computed: {computation}" if computation else "")
        for text, computation in computations.items()
    )
    return not computations, tuple(reasons), all(computations.values())


def _overlap_reason(statement: str, sources: Sequence[str], language: str) -> str:
    """Say how many words of the statement are in its sources."""
    source_words = {word for source in sources for word in words(source, language)}
    statement_words = list(dict.fromkeys(words(statement, language)))
    absent = [word for word in statement_words if word not in source_words]
    if not absent:
        return "its words stand in what it cites, but not together"
    return f"{len(statement_words) - len(absent)} of its {len(statement_words)} content words stand in what it cites"
