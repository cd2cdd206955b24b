"""Judgement of an answer: the right value, a wrong one, or a refusal."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from benchmarks.questions._set import Question
from mistral_rag.schema import Answer, Citation
from mistral_rag.text import MONTHS, numbers

_MONTH: Final = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_SPAN: Final = r"(?:sec|min|hour|heure|stunde|day|jour|tag|week|woche|month|mois|monat|year|an\b|jahr|Y\b|년|일)"
_DATE: Final = re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4}\b")
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        # numbers of streets, postal codes and years are no sums
        "amount": re.compile(
            r"(?:[$€£¥₹]|\b(?:Rs|RM|EUR|USD|CHF))\s?-?\d[\d.,]*|\d[\d.,]*\s?(?:[$€£¥₹]|(?:EUR|euros?|million|billion)\b)"
            r"|\b\d{1,3}(?:[.,]\d{3})+\b|\b\d+[.,]\d{2}\b",
            re.IGNORECASE,
        ),
        "percent": re.compile(r"\d\s?%|per ?cent", re.IGNORECASE),
        "date": re.compile(rf"\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}}|\b(?:{_MONTH})\b|\b20\d\d\b", re.IGNORECASE),
        "time": re.compile(r"\b\d{1,2} ?(?::|h) ?\d\d\b|\b\d{1,2} ?[ap]\.?m\b", re.IGNORECASE),
        "duration": re.compile(rf"(?:\d|\b(?:one|two|three|four|five|six|ten|twelve)\b)\)?[ -]?{_SPAN}", re.IGNORECASE),
        "code": re.compile(r"\b\w*\d\w*\b"),
        "name": re.compile(r"\b[A-ZÀ-Þ][\w'’.-]+(?:[ ,]+[A-ZÀ-Þ][\w'’.-]*)+"),
    }
)
"""What values of each kind look like; counts and measures are numbers."""
_NUMERIC: Final = frozenset({"number", "measure"})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came out of a question; `first` and `three` hold only where an answer is expected."""

    question: Question
    answer: Answer
    first: bool
    three: bool
    wrong: bool

    @property
    def abstained(self) -> bool:
        """True when no answer was given."""
        return self.answer.status == "abstained"

    @property
    def good(self) -> bool:
        """True for the right value in the first quote, and for a refusal where there is no answer."""
        return self.first if self.question.expected else self.abstained


def judged(question: Question, answer: Answer) -> Judgement:
    """Compare an answer with what is expected."""
    right = [is_right(question, citation) for citation in answer.citations]
    first = any(right[:1])
    wrong = bool(answer.citations) and not first and _holds_value(question, answer.citations[0].quote or "")
    return Judgement(question, answer, first, any(right[:3]), wrong)


def is_right(question: Question, citation: Citation) -> bool:
    """True when a quote is of the right document and holds an expected string."""
    quote = citation.quote or ""
    return citation.source == question.document and any(stands_in(text, quote) for text in question.expected)


def stands_in(expected: str, quote: str) -> bool:
    """True when an expected string stands in a quote, not within a longer number or word; blanks do not count."""
    parts = map(re.escape, _plain(expected).split())
    # no letter before "ten days", no digit or separator before "4.11"; Korean ends words without a blank
    pattern = r"(?<![a-z0-9])(?<!\d[.,'])" + r"\s*".join(parts) + r"(?![a-z0-9])(?![.,']\d)"
    return re.search(pattern, _plain(quote)) is not None


def _plain(text: str) -> str:
    """Text without differences of case, of blanks, and of the forms of quotes and dashes."""
    for forms, plain in (("’‘", "'"), ("–—−‑", "-")):
        for form in forms:
            text = text.replace(form, plain)
    return " ".join(text.casefold().split())


def _holds_value(question: Question, quote: str) -> bool:
    """True when a quote holds a value of the kind asked for that does not stand in the question."""
    if question.value != "date":
        quote = _DATE.sub(" ", quote)
    if question.value in _NUMERIC:
        asked = _values(question.text)
        return any(value not in asked for value in _values(quote))
    shape = _SHAPES.get(question.value)
    found: Sequence[str] = [match[0] for match in shape.finditer(quote)] if shape else ()
    return any(_plain(value) not in _plain(question.text) for value in found)


def _values(text: str) -> set[float]:
    return {float(value) for number in numbers(text) for value in number.values}
