"""The kind of value that a question asks for, and the values of that kind in a text."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from mistral_rag.grounding._asked.kinds import ValueKind, kind_asked
from mistral_rag.text import MONTHS, numbers


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_MONTH: Final = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_COUNT: Final = (
    r"\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety|a|an|each|every|"
    r"per|once|twice|ein(?:e[mnrs]?)?|zwei|drei|vier|fünf|sechs|zehn|zwölf|vierzehn|dreißig|une?|deux|trois|dos|tres"
)
_TIME: Final = (
    r"seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|quarters?|years?|decades?|centur(?:y|ies)|times?|sekunden?|"
    r"minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|mal|secondes?|heures?|jours?|semaines?|mois|ans?|années?|"
    r"segundos?|horas?|días?|meses|años?"
)
_VALUES: Final[Mapping[ValueKind, re.Pattern[str]]] = MappingProxyType(
    {
        "duration": _any_of(
            rf"\b(?:{_COUNT})\b[\s(\d)-]{{0,8}}(?:\w+ )?(?:{_TIME})\b",
            r"\b(?:dai|week|month|quarter|annual|year|hour|biennial)ly\b|\b(?:annual|never|always)\b",
            r"\b(?:täg|wöchent|monat|jähr|vierteljähr)lich\b",
        ),
        "date": _any_of(
            r"\b(?:1[5-9]|20)\d\d\b",
            r"\b\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?\d{2,4}\b",
            rf"\b(?:{_MONTH})\b\.?",
            r"\b\d{3,4} ?(?:BC|AD|BCE|CE)\b",
            r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
            r"\b\d{1,2}(?:st|nd|rd|th) century\b",
            r"\b\d{1,2} ?(?:[ap]\.?m\b|uhr\b|o['’]clock)|\b(?:noon|midnight|mittags?|mitternacht)\b",
            r"\b(?:first|second|third|fourth|fifth|sixth|seventh|tenth|last|\d{1,2}(?:st|nd|rd|th)|ersten?|zweiten?|dritten?|"
            r"vierten?|fünften?|letzten?) (?:\w+ )?(?:day|week|month|year|tage?s?|woche|monate?s?|jahre?s?)\b",
        ),
        "percentage": _any_of(r"\d\s?\\?%|\bper ?cent\b|\bprozent\b"),
        "name": re.compile(
            r"\b[A-ZÀ-Þ][\w'’.-]*(?:\s+(?:(?:de|da|van|von|der|la|bin|al|of)\s+)?[A-ZÀ-Þ][\w'’.-]*)+"
            r"|(?<=[a-z,;(] )[A-ZÀ-Þ][a-zß-ÿ]{2,}"
        ),
    }
)
_NO_AMOUNT: Final = _any_of(
    rf"\b(?:{_MONTH})\b\.? ?\d{{1,2}}(?:st|nd|rd|th)?\b|\b\d{{1,2}}(?:st|nd|rd|th|\.)? ?(?:of )?(?:{_MONTH})\b",
    r"\b\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?\d{2,4}\b",
    rf"\b(?:{_COUNT})\b[\s-]{{0,3}}(?:{_TIME})\b",
    r"(?:\b(?:section|note|item|part|page|chapter|article|table|figure|appendix|exhibit|abschnitt|artikel|seite)|§) ?"
    r"\d[\d.]*",
    r"^\W{0,2}\d{1,2}[.)]\s",
    r"\b(?:first|second|third|fourth|[1-4](?:st|nd|rd|th)) (?:\w+ )?(?:quarter|half|year|month)s?\b",
)
"""Numbers that count nothing: of dates, spans of time, sections, list items."""
_WORD: Final = re.compile(r"[^\W\d_]+")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


_AS: Final[Mapping[ValueKind, ValueKind]] = MappingProxyType({"time": "date", "money": "amount", "code": "amount"})
"""Kinds whose values are told as those of a wider one."""
_SPOKEN: Final[Mapping[ValueKind, str]] = MappingProxyType({"duration": "span of time"})


class WantedValue:
    """The value that a question asks for: its `kind`, None when the question's words do not say."""

    def __init__(self, question: str) -> None:
        asked = kind_asked(question)
        self.kind: ValueKind | None = _AS.get(asked, asked) if asked else None
        self._question = question.casefold()
        self._words = set(_WORD.findall(self._question))
        self._numbers = {value for number in numbers(question) for value in number.values}

    @property
    def article_and_kind(self) -> str:
        """The kind as a sentence names it: "an amount"."""
        return f"a{'n' * (self.kind == 'amount')} {_SPOKEN.get(self.kind, self.kind) if self.kind else 'value'}"

    def is_in(self, text: str) -> bool:
        """True when a text holds a value of this kind that does not stand in the question."""
        return self.kind is not None and any(self._new(text, self.kind))

    def _new(self, text: str, kind: ValueKind) -> Iterator[bool]:
        if kind == "amount":
            for number in numbers(_NO_AMOUNT.sub(" ", text), named=True):
                yield not self._numbers.intersection(number.values) and _YEAR.fullmatch(number.text) is None
            return
        for match in _VALUES[kind].finditer(text):
            if kind == "name":
                yield not self._words.issuperset(_WORD.findall(match[0].casefold()))
            else:
                # the question may name another percentage, but never the one that it asks for
                yield kind == "percentage" or match[0].casefold() not in self._question
