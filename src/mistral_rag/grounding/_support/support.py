"""Does what a statement cites back it? Judged by words and numbers: a flag with reasons, not a certificate.

The score is a logistic sum of five features, fitted to judgements of people (AttributionBench, WiCE and
FaithBench, development parts; `python -m benchmarks.grounding` repeats the figures).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mistral_rag.schema import Support
from mistral_rag.text import computed_number, missing_numbers, near, numbers, window, words

WEIGHTS = {"window": 1.7, "near": 1.0, "pairs": 1.1, "missing": -2.0, "length": -0.5}
OFFSET = -0.2
SUPPORTED, PARTIAL = 0.62, 0.35
"""From these scores on a statement counts as supported, or partly; below it is flagged."""
MIN_WINDOW = 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """How far sources back a statement, and why."""

    support: Support
    numbers_ok: bool | None = None
    reasons: tuple[str, ...] = ()


def judge(statement: str, sources: Sequence[str], language: str = "en") -> Judgement:
    """Whether `sources` (what the statement cites, with headers, headings and title) back it."""
    if not sources:
        return Judgement("unsupported", None, ("cites nothing",))
    numbers_ok, reasons, explained = _numbers(statement, sources)
    value = score(statement, sources, language)
    support: Support = "supported" if value >= SUPPORTED else "partial" if value >= PARTIAL else "unsupported"
    if support != "supported" and numbers_ok is not False:
        reasons = (*reasons, _unlike(statement, sources, language))
    if numbers_ok is False:
        support = "partial" if explained else "unsupported"
    return Judgement(support, numbers_ok, reasons)


def score(statement: str, sources: Sequence[str], language: str = "en") -> float:
    """How likely the sources back the statement, 0 to 1, by words and numbers."""
    found = features(statement, sources, language)
    return 1 / (1 + math.exp(-OFFSET - sum(WEIGHTS[name] * value for name, value in found.items())))


def features(statement: str, sources: Sequence[str], language: str = "en") -> dict[str, float]:
    """What the score is made of.

    - ``window``: share of the statement's words in one stretch of the sources, three times as long as it;
    - ``near``: share of its neighbouring words that stand near each other in the sources;
    - ``pairs``: the same for words that follow each other directly;
    - ``missing``: share of its numbers that are in no source;
    - ``length``: logarithm of its length.
    """
    said = words(statement, language)
    there = [word for source in sources for word in words(source, language)]
    asked = numbers(statement)
    neighbours = {(a, b) for a, b in pairwise(said) if a != b}
    return {
        "window": window(set(said), there, max(MIN_WINDOW, 3 * len(said))),
        "near": near(neighbours, there),
        "pairs": len(neighbours & set(pairwise(there))) / max(len(neighbours), 1),
        "missing": len(missing_numbers(statement, sources)) / max(len(asked), 1),
        "length": math.log(1 + len(set(said))),
    }


def _numbers(statement: str, sources: Sequence[str]) -> tuple[bool | None, tuple[str, ...], bool]:
    """Whether all numbers stand there, what is said of those that don't, and whether those can be computed."""
    if not numbers(statement):
        return None, (), False
    ways = {number.text: computed_number(number, sources) for number in missing_numbers(statement, sources)}
    reasons = (
        f"{text} stands in nothing it cites" + (f"; it can be computed: {way}" if way else "")
        for text, way in ways.items()
    )
    return not ways, tuple(reasons), all(ways.values())


def _unlike(statement: str, sources: Sequence[str], language: str) -> str:
    there = {word for source in sources for word in words(source, language)}
    said = list(dict.fromkeys(words(statement, language)))
    absent = [word for word in said if word not in there]
    if not absent:
        return "its words stand in what it cites, but not together"
    return f"{len(said) - len(absent)} of its {len(said)} content words stand in what it cites"
