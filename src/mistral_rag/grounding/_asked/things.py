"""Things that a question names: companies, people, products, codes, years and quarters."""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from mistral_rag.grounding._asked.times import (
    days_in,
    holds_day,
    holds_month,
    holds_weekday,
    months_alone_in,
    weekdays_in,
)
from mistral_rag.retrieval._domains.periods import Period, period_of
from mistral_rag.text import MONTHS, NON_ALPHANUMERIC

ThingKind = Literal["code", "name", "year", "quarter", "month", "day", "weekday"]
TIMES_OF_DAYS: Final = frozenset({"month", "day", "weekday"})

_CODE: Final = re.compile(r"(?<![\w$€£#])[^\W_]+(?:[-‐‑–./_][^\W_]+)*(?!\w)")
_SEPARATED: Final = re.compile(r"[^\W\d_]+[-_/.]\d{2,}|\d+[-_/.]\d+[-_/.][^\W\d_]")
_MEASURE: Final = re.compile(
    r"\d+(?:[.,]\d+)*(?:st|nd|rd|th|[-–]?[^\W\d_]*)?|(?:us|eur|usd|chf|gbp)\d+|\d+(?:[-/]\d+)+", re.IGNORECASE
)
"""Quantities, ordinals and ranges: "30-day", "5GB", "2016-2017"."""
_NUMBERED: Final = re.compile(
    r"\b(?:invoice|order|case|ticket|account|contract|policy|claim|part|item|article|section|rule|clause|paragraph|rechnung|bestellung|auftrag|vertrag"
    r"|regel|ziffer|facture|commande|contrat|factura|pedido|no|nr|number|nummer|num[eé]ro)\b\.?\s*(?:no|nr|number|nummer)?\b\.?\s*[#:]?\s*"
    r"(?P<code>\d{3,}(?:[-/.]\d+)*|\d+(?:[-/.]\d+)+)(?![\d.,]*\s*(?:%|percent|million|billion|days|euro|dollars))",
    re.IGNORECASE,
)
_IDENTIFIER: Final = re.compile(
    r"\b(?P<case>invoice|order|case|ticket|account|contract|claim|rechnung|bestellung|auftrag|vertrag|facture|commande|contrat"
    r"|factura|pedido)s?(?:[-\s]*(?:no|nr|number|nummer|num[eé]ro|id)\b\.?|snummer|\s*n[°º])?\s*[#:|]?\s*"
    r"(?P<code>(?=[^\W_]*[-/.]?\d|[^\W\d_]+[-/.]\w*\d)[^\W_]+(?:[-/._][^\W_]+)*)",
    re.IGNORECASE,
)
"""The number of a case, behind the word for it: "Invoice number: 2024-017", "Order PO-7"."""
_DIGITS: Final = re.compile(r"(?<![\w$€£#.,/-])\d+(?:[-/.]\d+)+(?![-/.,]?\w)")
_YEARS: Final = re.compile(r"(?:19|20)\d\d(?:[-/](?:\d\d|(?:19|20)\d\d))?")
NAMES_HAVE_CAPITALS: Final = frozenset(["", "en", "fr", "es", "it", "nl", "pt"])
"""Languages in which capitals within a sentence are those of names; unknown ones count as English."""
_NAME: Final = re.compile(r"(?<![.?!:¿¡]\s)(?<!^)(?<![-–¿¡])\b[A-ZÀ-Þ][a-zß-ÿ]{2,}\w*(?!\w|\s\d)")
"""Not before a number: "Level 1" and "Note 5" are columns and places."""
_CALENDAR: Final = frozenset(["quarter", "fiscal", "year", "annual"]) | frozenset(MONTHS)
_ORDINAL: Final = {1: "first", 2: "second", 3: "third", 4: "fourth"}
_FORMS: Final = frozenset({"10k", "10q", "8k", "20f", "6k", "40f", "14a"})
"""Forms of filings: what is filed is told by `period_of` and the ranking, and seldom printed on every page."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing that a question names, as it is written there, and by its letters and digits."""

    kind: ThingKind
    text: str
    letters: str

    def __str__(self) -> str:
        return f"the {_ORDINAL[int(self.letters)]} quarter" if self.kind == "quarter" else self.text

    def is_in(self, text: str) -> bool:
        """True when a text names it: a code whole, a name without regard to case, punctuation and blanks."""
        if self.kind == "year":
            return int(self.letters) in _period(text).years
        if self.kind == "quarter":
            return int(self.letters) in _quarters(text)
        if self.kind == "month":
            return holds_month(text, self.letters)
        if self.kind == "day":
            return holds_day(text, self.letters)
        if self.kind == "weekday":
            return holds_weekday(text, self.letters)
        if self.kind == "name":
            return self.letters in squeezed(text)
        return _pattern(self.text).search(text) is not None


def things_in(question: str, language: str = "en", *, texts: Iterable[str] = ()) -> tuple[Thing, ...]:
    """The things that a question names, each once.

    Names are told by their capitals, in languages that give them to names alone; in German every noun has one. Digits
    with separators are a code behind a word such as "invoice", or where the texts have one of the same form behind such
    a word.
    """
    codes = [*_codes(question), *_codes_as_in(question, texts)]
    found = [*codes, *_times(question, codes)]
    if language in NAMES_HAVE_CAPITALS:
        taken = " ".join(thing.letters for thing in found)
        names = (re.sub(r"['’]s$", "", name[0]) for name in _NAME.finditer(question))
        found += [
            Thing("name", name, squeezed(name))
            for name in names
            if not _is_of_the_calendar(name) and squeezed(name) not in taken
        ]
    return tuple(dict.fromkeys(found))


def _is_of_the_calendar(name: str) -> bool:
    return name.lower() in _CALENDAR or any(True for _ in weekdays_in(name))


def has_code(text: str) -> bool:
    """True when a text names something by a code."""
    return any(_is_code(found[0]) for found in _CODE.finditer(text))


def codes_like(thing: Thing, text: str) -> list[str]:
    """Codes of a text that are written as this one and are another: "RE-2025-0417" for "RE-2025-0418"."""
    shape = _shape(thing.text)
    every = dict.fromkeys(found[0] for found in _CODE.finditer(text) if _shape(found[0]) == shape)
    return [code for code in every if squeezed(code) != thing.letters]


@lru_cache(maxsize=512)
def months_of(text: str) -> frozenset[str]:
    """Months that a text names with their years, alone or in a date: "2025-02"."""
    period = _period(text)
    named = period.months | {(day.year, day.month) for day in period.dates}
    return frozenset(f"{year}-{month:02}" for year, month in named)


def month_name(month: str) -> str:
    """A month as it is written: "February 2025" for "2025-02"."""
    return f"{calendar.month_name[int(month[5:])]} {month[:4]}"


def identifiers(text: str) -> dict[str, frozenset[str]]:
    """The numbers of the cases that a text names, by the word for the case: invoices, orders, tickets."""
    found: dict[str, set[str]] = {}
    for match in _IDENTIFIER.finditer(text):
        if not _is_time(match["code"]):
            found.setdefault(match["case"].casefold(), set()).add(squeezed(match["code"]))
    return {case: frozenset(codes) for case, codes in found.items()}


@lru_cache(maxsize=512)
def squeezed(text: str) -> str:
    """A text by its letters and digits alone."""
    return NON_ALPHANUMERIC.sub("", text.casefold())


@lru_cache(maxsize=256)
def _pattern(code: str) -> re.Pattern[str]:
    """Match a code whole, as a part of a longer one ("A002" in "RULE-A002"), with or without its separators."""
    parts = re.findall(r"[^\W\d_]+|\d+", code)
    if _DIGITS.fullmatch(code):
        # "10.4" is neither 104 nor an amount
        digits = r"[-‐‑–./_ ]".join(parts)
        return re.compile(rf"(?<![^\W_])(?<!\d[.,])(?<![$€£]){digits}(?![^\W_])(?![-/.]\d)(?!\s?%|\s(?:m|b)illion)")
    return re.compile(r"(?<![^\W_])(?<!\d[.,])" + r"[\W_]{0,2}".join(parts) + r"(?![^\W_])(?![-/.]\d)", re.IGNORECASE)


def _codes(question: str) -> Iterator[Thing]:
    for found in _CODE.finditer(question):
        if _is_code(found[0]):
            yield Thing("code", found[0], squeezed(found[0]))
    for found in _NUMBERED.finditer(question):
        if not _is_time(found["code"]):
            yield Thing("code", found["code"], squeezed(found["code"]))


def _codes_as_in(question: str, texts: Iterable[str]) -> Iterator[Thing]:
    """Digits with separators that have the form of a code in the texts; "10.4" may be an amount, and is none."""
    asked = [found[0] for found in _DIGITS.finditer(question) if not _is_time(found[0])]
    asked = [code for code in asked if re.fullmatch(r"\d+\.\d+", code) is None]
    if asked:
        held = {_form(found["code"]) for text in texts for found in _NUMBERED.finditer(text)}
        yield from (Thing("code", code, squeezed(code)) for code in asked if _form(code) in held)


def _form(code: str) -> str:
    return re.sub(r"\d", "0", code)


def _is_time(code: str) -> bool:
    """True for digits that are a year, years or a date; "2024-017" is none."""
    return _YEARS.fullmatch(code) is not None or bool(_period(code).dates)


def _is_code(word: str) -> bool:
    """True for letters and digits with a capital letter or a separator, that are no measure, period or form."""
    if not (any(map(str.isdigit, word)) and any(map(str.isalpha, word))) or squeezed(word) in _FORMS:
        return False
    looks = any(map(str.isupper, word)) or _SEPARATED.search(word) is not None
    return looks and not _MEASURE.fullmatch(word) and _is_timeless(word)


def _is_timeless(word: str) -> bool:
    period = _period(word)
    # "RE-2025-0417" holds a year and is none; "Q3-2023" and "FY23" are times
    rest = re.sub(r"(?i)fy|[qh]\d|\d[qhm]|(?:19|20)\d\d|\d\d|[-./_'’]", "", word)
    return period == Period() or bool(rest)


def _times(question: str, codes: Iterable[Thing]) -> Iterator[Thing]:
    bare = question
    for code in codes:
        bare = bare.replace(code.text, " ")
    asked = _period(bare)
    yield from (Thing("year", str(year), str(year)) for year in sorted(asked.years))
    yield from (Thing("quarter", f"Q{quarter}", str(quarter)) for quarter in sorted(asked.quarters))
    days = [Thing("day", text, readings) for text, readings in days_in(bare)]
    yield from days
    months = sorted(months_of(bare))
    yield from (Thing("month", month_name(month), month) for month in months if not days)
    yield from (Thing("month", name, month) for name, month in months_alone_in(bare) if not months)
    yield from (Thing("weekday", name, number) for name, number in weekdays_in(bare) if not days)


def _shape(code: str) -> str:
    if _DIGITS.fullmatch(code):
        return _form(code)
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", lambda letters: letters[0].casefold(), code))


@lru_cache(maxsize=512)
def _period(text: str) -> Period:
    return period_of(text)


def _quarters(text: str) -> frozenset[int]:
    """Quarters that a text names, or that the dates of it end, by the calendar."""
    period = _period(text)
    return period.quarters | {(day.month + 2) // 3 for day in period.dates}
