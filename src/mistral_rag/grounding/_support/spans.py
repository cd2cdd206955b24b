"""Spans of time that figures are for: a quarter's are not those of nine months."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_SPANS: Final[Mapping[int, re.Pattern[str]]] = MappingProxyType(
    {
        3: re.compile(
            r"\b(?:quarter(?:ly|s)?|(?:three|3)[ -]months?|q[1-4]|[1-4]q|quartals?|(?:drei|3) monate?n?|trimestr[ei]s?"
            r"|trois mois|tres meses)\b",
            re.IGNORECASE,
        ),
        6: re.compile(
            r"\b(?:half[ -]years?|(?:six|6)[ -]months?|halbjahre?s?|(?:sechs|6) monate?n?|semestr[ei]s?)\b",
            re.IGNORECASE,
        ),
        9: re.compile(r"\b(?:(?:nine|9)[ -]months?|(?:neun|9) monate?n?|neuf mois|nueve meses)\b", re.IGNORECASE),
        12: re.compile(r"\b(?:years? ended|(?:twelve|12)[ -]months?|annual|(?:zwölf|12) monate?n?)\b", re.IGNORECASE),
    }
)
"""Months of a span, and its names."""


def spans_of(text: str) -> frozenset[int]:
    """The spans of time that a text names, in months."""
    return frozenset(months for months, named in _SPANS.items() if named.search(text))


def are_of_other_spans(names: str, question: str) -> bool:
    """True when the names of a row's columns are of spans of time, and none is one that the question names."""
    asked, held = spans_of(question), spans_of(names)
    return bool(asked and held) and asked.isdisjoint(held)
