"""The kind of value that a question asks for, and the values of that kind in a text."""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from mistral_rag.grounding._asked.head_nouns import ValueKind
from mistral_rag.grounding._asked.kinds import asks_count, kind_asked
from mistral_rag.text import MONTHS, Number, numbers


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_MONTH: Final = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_COUNT: Final = (
    r"\d[\d.,]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety|a|an|each|every|"
    r"per|once|twice|ein(?:e[mnrs]?)?|zwei|drei|vier|fünf|sechs|zehn|zwölf|vierzehn|dreißig|une?|deux|trois|dos|tres"
)
_TIME: Final = (
    # "a second factor" is no span of time
    r"(?<!\ba )seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|quarters?|years?|decades?|centur(?:y|ies)|"
    r"times?|sekunden?|minuten?|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|mal|secondes?|heures?|jours?|semaines?|mois|ans?|années?|"
    r"segundos?|horas?|días?|meses|años?"
)
_OFTEN: Final = (
    r"\b(?:dai|week|month|quarter|annual|year|hour|biennial)ly\b|\b(?:annual|never|always)\b"
    r"|\b(?:täg|wöchent|monat|jähr|vierteljähr)lich\b"
)
"""How often something is: no answer to "how long" or "how many days"."""
_ASKS_HOW_OFTEN: Final = _any_of(r"\bhow (?:often|frequently)\b|\bwie (?:oft|häufig)\b|\bhoe vaak\b")
_ONCE: Final = _any_of(_OFTEN)
_VALUES: Final[Mapping[ValueKind, re.Pattern[str]]] = MappingProxyType(
    {
        "duration": _any_of(
            rf"\b(?:{_COUNT})\b[\s(\d)-]{{0,8}}(?:\w+ )?(?:{_TIME})\b",
            r"\b\d{1,4} ?(?:y|yrs?|mths?|wks?|hrs?|mins?|secs?|std)\b",
            _OFTEN,
        ),
        "date": _any_of(
            r"\b(?:1[5-9]|20)\d\d\b",
            r"\b\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?\d{2,4}\b",
            rf"\b(?:{_MONTH})\b\.?",
            r"\b\d{3,4} ?(?:BC|AD|BCE|CE)\b",
            r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
            r"\b\d{1,2}(?:st|nd|rd|th) century\b",
            r"\b\d{1,2} ?(?:[ap]\.?m\b|uhr\b|o['’]clock)|\b\d{1,2}[:h]\d\d\b",
            r"\b(?:noon|midnight|mittags?|mitternacht)\b",
            r"\b(?:first|second|third|fourth|fifth|sixth|seventh|tenth|last|\d{1,2}(?:st|nd|rd|th)|ersten?|zweiten?|dritten?|"
            r"vierten?|fünften?|letzten?) (?:\w+ )?(?:day|week|month|year|tage?s?|woche|monate?s?|jahre?s?)\b",
        ),
        "time": _any_of(
            r"\b\d{1,2} ?[:h.] ?\d\d(?: ?[ap]\.?m\b)?|\b\d{1,2} ?(?:[ap]\.?m\b|h\b|uhr\b|o['’]clock|heures?\b)"
            r"|\b(?:noon|midnight|midi|minuit|mittags?|mitternacht|mediodía|medianoche)\b",
        ),
        "code": _any_of(
            # no sum: "$2000.00"
            r"(?<![\w.,/$€£-])(?=[\w/+-]*\d[\w/+-]*\d)[\w/+-]{4,}(?![.,]\d)(?:[ -]\d[\d -]*\d)?",
            r"\S+@\S+",
        ),
        "percentage": _any_of(r"\d\s?\\?%|\bper ?cent\b|\bprozent\b"),
        "name": re.compile(
            r"\b[A-ZÀ-Þ][\w'’.-]*(?:\s+(?:(?:de|da|van|von|der|la|bin|al|of)\s+)?[A-ZÀ-Þ][\w'’.-]*)+"
            r"|(?<=[a-z,;(] )[A-ZÀ-Þ][a-zß-ÿ]{2,}"
        ),
    }
)
_NO_AMOUNT: Final = _any_of(
    rf"\b(?:{_MONTH})\b\.? ?(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|\.)? ?(?:of )?(?:{_MONTH})\b",
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
_DATED: Final = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")


_SPOKEN: Final[Mapping[ValueKind, str]] = MappingProxyType(
    {"duration": "span of time", "money": "amount", "time": "time of day", "code": "number"}
)
MAYBE: Final = 0.5
"""Strength of a value that may be of another kind: a bare "450" as a sum of money, "2014" as a date."""


class WantedValue:
    """The value that a question asks for: its `kind`, None when the question's words do not say."""

    def __init__(self, question: str) -> None:
        self.kind: ValueKind | None = kind_asked(question)
        self._is_count = self.kind == "amount" and asks_count(question)
        self._asks_how_often = _ASKS_HOW_OFTEN.search(question) is not None
        self._question = question.casefold()
        self._words = set(_WORD.findall(self._question))
        self._numbers = {value for number in numbers(question) for value in number.values}

    @property
    def article_and_kind(self) -> str:
        """The kind as a sentence names it: "an amount"."""
        kind = _SPOKEN.get(self.kind, self.kind) if self.kind else "value"
        return f"a{'n' * (kind[0] == 'a')} {kind}"

    def is_in(self, text: str) -> bool:
        """True when a text holds a value of this kind that does not stand in the question."""
        return self.strength(text) > 0

    def strength(self, text: str) -> float:
        """The certainty, 0 to 1, that a text holds a value of this kind that does not stand in the question."""
        if self.kind is None:
            return 0.0
        if self.kind in _OF_NUMBERS:
            return max(map(_OF_NUMBERS[self.kind], self._new_numbers(text)), default=0.0)
        return float(any(self._new(text, self.kind)))

    def _new_numbers(self, text: str) -> Iterator[Number]:
        for number in numbers(_NO_AMOUNT.sub(" ", text), named=True):
            is_new = not self._numbers.intersection(number.values) and _YEAR.fullmatch(number.text) is None
            if is_new and not (self._is_count and (number.percent or number.currency)):
                yield number

    def _new(self, text: str, kind: ValueKind) -> Iterator[bool]:
        for match in _VALUES[kind].finditer(_LABEL.sub("", text) if kind == "name" else text):
            if kind == "name":
                said = _WORD.findall(match[0].casefold())
                # "R. J. Reynolds Tobacco" is no new name for a question about R. J. Reynolds
                yield sum(len(word) > 1 and word not in self._words for word in said) * 2 > len(said)
            elif kind == "code":
                # a year and a date are no number of anything
                is_other = _YEAR.fullmatch(match[0]) or _DATED.fullmatch(match[0])
                yield is_other is None and match[0].casefold() not in self._question
            elif kind == "duration" and not self._asks_how_often and _ONCE.fullmatch(match[0]):
                yield False
            else:
                # the question may name another percentage, but never the one that it asks for
                yield kind == "percentage" or match[0].casefold() not in self._question


def _as_money(number: Number) -> float:
    """1 for a sum with its currency, cents, groups or scale; a bare number may be one, "one customer" is none."""
    if number.percent or number.unit is not None:
        return 0.25
    if not number.currency and not number.power and not any(sign.isdigit() for sign in number.text):
        return 0.0
    # without a currency "100 mm" is a length
    scaled = number.power and _SCALE_WORD.search(number.text) and not number.text.endswith("mm")
    return 1.0 if number.currency or number.decimals == 2 or scaled or _GROUPS.search(number.text) else MAYBE


def _as_amount(number: Number) -> float:
    return 1.0


_LABEL: Final = re.compile(r"^[^:：\n]{1,40}[:：]\s+", re.MULTILINE)
"""The label of a form's line is no name: "Report Date: 2024"."""
_OF_NUMBERS: Final[Mapping[ValueKind, Callable[[Number], float]]] = MappingProxyType(
    {"money": _as_money, "amount": _as_amount}
)
_SCALE_WORD: Final = re.compile(r"[^\W\d_]{2}")
"""Not one letter: "93B" is the number of a house more often than billions."""
_GROUPS: Final = re.compile(r"\d[.,'’\u00a0\u202f]\d{3}(?!\d)")
