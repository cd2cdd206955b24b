"""Support of a statement by the sources it cites, by words and numbers: a flag with reasons, not a certificate.

What speaks against a statement is found by checks, each of one kind of error. What remains is the share of its words
in the sources: a logistic regression on five features, fitted to human judgements (`python -m benchmarks.grounding`
and `python -m benchmarks.claims` repeat the figures of ADR 74).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mistral_rag.grounding._claims.amounts import other_amounts, other_limits
from mistral_rag.grounding._claims.clauses import added_clauses
from mistral_rag.grounding._claims.differences import changed_words
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.grounding._claims.names import absent_names, other_names, other_roles
from mistral_rag.grounding._claims.polarity import negations, opposites
from mistral_rag.grounding._claims.records import other_records
from mistral_rag.grounding._claims.series import other_series
from mistral_rag.grounding._claims.values import other_directions, other_measures, other_places, other_years
from mistral_rag.schema import Support
from mistral_rag.text import Number, computed_number, measure_word, missing_numbers, near, numbers, window, words

WEIGHTS = {"window": 1.7, "near": 1.0, "pairs": 1.1, "missing": -2.0, "length": -0.5}
INTERCEPT = -0.2
SUPPORTED, PARTIAL = 0.62, 0.35
"""Minimum scores for these grades, from the same data; below the second a statement is unsupported."""
MIN_WINDOW = 20
"""Words; a short statement may still stand in a sentence of this length."""
CHECKS: Final[Sequence[Callable[[Compared], Iterator[Finding]]]] = (
    negations,
    opposites,
    changed_words,
    other_directions,
    other_amounts,
    other_limits,
    other_places,
    other_years,
    other_series,
    other_records,
    other_roles,
    other_names,
    absent_names,
    other_measures,
    added_clauses,
)
_ORDER: Final[Sequence[Support]] = ("supported", "partial", "unsupported", "contradicted")


@dataclass(frozen=True, slots=True)
class Judgement:
    """Grade of support, with the reasons for a lower grade.

    `numbers_ok` says that all numbers of the statement are in its sources, or computed from them in a way that it
    names; None when it has none.
    """

    support: Support
    numbers_ok: bool | None = None
    reasons: tuple[str, ...] = ()


def judge(
    statement: str, sources: Sequence[str], language: str = "en", *, around: str = "", question: str = ""
) -> Judgement:
    """Judge a statement by its `sources`: the texts it cites, with headers, headings and title.

    Names may also stand `around` them. The `question` may name the computation that gives a number.
    """
    if not sources:
        return Judgement("unsupported", None, ("cites nothing",))
    compared = Compared(statement, sources, language, around=around)
    found = [finding for check in CHECKS for finding in check(compared)]
    numbers_ok, absent, computed = _numbers(statement, sources, question, around)
    support = worst(["unsupported" if absent else "supported", *(finding.verdict for finding in found)])
    by_words = _by_words(statement, sources, language, missing=len(absent), numbers_ok=numbers_ok)
    reasons = [*absent, *computed, *(finding.reason for finding in found)]
    if by_words != "supported" and not absent:
        reasons.append(_overlap_reason(statement, sources, language))
    return Judgement(worst([support, by_words]), numbers_ok, tuple(dict.fromkeys(reasons)))


def score(statement: str, sources: Sequence[str], language: str = "en") -> float:
    """Probability that the sources back the statement, by words and numbers."""
    return _probability(features(statement, sources, language))


def features(statement: str, sources: Sequence[str], language: str = "en") -> dict[str, float]:
    """Features of the score.

    - ``window``: share of the statement's words in one window of the sources, three times as long as it;
    - ``near``: share of its neighbouring words that stand near each other in the sources;
    - ``pairs``: the same for words that follow each other directly;
    - ``missing``: share of its numbers that are in no source;
    - ``length``: logarithm of its length.
    """
    missing = len(missing_numbers(statement, sources))
    return _features(statement, words(statement, language), sources, language, missing=missing)


def _probability(values: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-INTERCEPT - sum(WEIGHTS[name] * value for name, value in values.items())))


def _features(
    statement: str, statement_words: Sequence[str], sources: Sequence[str], language: str, *, missing: int
) -> dict[str, float]:
    source_words = [word for source in sources for word in words(source, language)]
    stated = numbers(statement)
    neighbours = {(a, b) for a, b in pairwise(statement_words) if a != b}
    return {
        "window": window(set(statement_words), source_words, max(MIN_WINDOW, 3 * len(statement_words))),
        "near": near(neighbours, source_words),
        "pairs": len(neighbours & set(pairwise(source_words))) / max(len(neighbours), 1),
        "missing": missing / max(len(stated), 1),
        "length": math.log(1 + len(set(statement_words))),
    }


def _spoken(statement: str, language: str) -> list[str]:
    """The words of a statement without numbers and their scales and units, which are checked by value."""
    return [word for word in words(statement, language) if not word[0].isdigit() and not measure_word(word)]


def _by_words(
    statement: str, sources: Sequence[str], language: str, *, missing: int, numbers_ok: bool | None
) -> Support:
    """The grade by words: numbers that stand there in another form ("5.0 billion") are no words that are absent."""
    spoken = _spoken(statement, language)
    if numbers_ok and not spoken:
        return "supported"  # a bare number has no words to compare
    every = (words(statement, language), spoken)
    value = max(_probability(_features(statement, held, sources, language, missing=missing)) for held in every)
    return "supported" if value >= SUPPORTED else "partial" if value >= PARTIAL else "unsupported"


def worst(grades: Sequence[Support]) -> Support:
    """The worst of some grades; "contradicted" is worse than "unsupported"."""
    return max(grades, key=_ORDER.index)


def _numbers(
    statement: str, sources: Sequence[str], question: str, around: str
) -> tuple[bool | None, list[str], list[str]]:
    """Check the numbers: True when none is missing, reasons for those that are, ways to those that are computed."""
    absent: list[str] = []
    computed: list[str] = []
    missing = [number for number in missing_numbers(statement, sources) if not _is_year_of(number, around)]
    for number in missing:
        way = computed_number(number, statement, sources, asked=question)
        if way is None:
            absent.append(f"{_shown(number)} stands in nothing it cites")
        else:
            computed.append(f"{_shown(number)} is computed: {way.shown}")
    if not missing and not numbers(statement):
        return None, [], []
    return not absent, absent, computed


def _is_year_of(number: Number, around: str) -> bool:
    """True for a year that a title or the head of a page names."""
    return number.is_year and any(str(int(value)) in around for value in number.values)


def _shown(number: Number) -> str:
    """The number with its currency, by which alone it may differ."""
    return f"{number.currency}{number.text}" if number.currency in {"$", "€", "£", "¥", "₹"} else number.text


def _overlap_reason(statement: str, sources: Sequence[str], language: str) -> str:
    """Say how many words of the statement are in its sources."""
    source_words = {word for source in sources for word in words(source, language)}
    statement_words = list(dict.fromkeys(_spoken(statement, language)))
    absent = [word for word in statement_words if word not in source_words]
    if not absent:
        return "its words stand in what it cites, but not together"
    return f"{len(statement_words) - len(absent)} of its {len(statement_words)} content words stand in what it cites"
