"""Things that a question names: companies, people, products, codes, years and quarters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from mistral_rag.retrieval._domains.periods import Period, period_of
from mistral_rag.text import MONTHS, NON_ALPHANUMERIC

ThingKind = Literal["code", "name", "year", "quarter"]

_CODE: Final = re.compile(r"(?<![\w$€£#])[^\W_]+(?:[-‐‑–./_][^\W_]+)*(?!\w)")
_SEPARATED: Final = re.compile(r"[^\W\d_]+[-_/.]\d{2,}|\d+[-_/.]\d+[-_/.][^\W\d_]")
_MEASURE: Final = re.compile(
    r"\d+(?:[.,]\d+)*(?:st|nd|rd|th|[-–]?[^\W\d_]*)?|(?:us|eur|usd|chf|gbp)\d+|\d+(?:[-/]\d+)+", re.IGNORECASE
)
"""Quantities, ordinals and ranges: "30-day", "5GB", "2016-2017"."""
_NUMBERED: Final = re.compile(
    r"\b(?:invoice|order|case|ticket|account|contract|policy|claim|part|item|article|section|rechnung|bestellung|auftrag|vertrag"
    r"|facture|commande|contrat|factura|pedido|no|nr|number|nummer|num[eé]ro)\b\.?\s*(?:no|nr|number|nummer)?\b\.?\s*[#:]?\s*"
    r"(?P<code>\d{3,}(?:[-/.]\d+)*)(?![\d.,]*\s*(?:%|percent|million|billion|days|euro|dollars))",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?<![.?!:]\s)(?<!^)(?<![-–])\b[A-Z][a-z]{2,}\w*(?!\w|\s\d)")
"""Not before a number: "Level 1" and "Note 5" are columns and places."""
_CALENDAR: Final = frozenset(
    """
    monday tuesday wednesday thursday friday saturday sunday quarter fiscal year annual
    """.split()  # noqa: SIM905 (reads better)
) | frozenset(MONTHS)
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
        if self.kind == "name":
            return self.letters in squeezed(text)
        return _pattern(self.text).search(text) is not None


def things_in(question: str, language: str = "en") -> tuple[Thing, ...]:
    """The things that a question names, each once.

    Names are told by their capitals, in English alone: in German every noun has one.
    """
    found = [*_codes(question), *_times(question)]
    if language in {"", "en"}:
        taken = " ".join(thing.letters for thing in found)
        names = (re.sub(r"['’]s$", "", name[0]) for name in _NAME.finditer(question))
        found += [
            Thing("name", name, squeezed(name))
            for name in names
            if name.lower() not in _CALENDAR and squeezed(name) not in taken
        ]
    return tuple(dict.fromkeys(found))


def has_code(text: str) -> bool:
    """True when a text names something by a code."""
    return any(_is_code(found[0]) for found in _CODE.finditer(text))


def codes_like(thing: Thing, text: str) -> list[str]:
    """Codes of a text that are written as this one and are another: "RE-2025-0417" for "RE-2025-0418"."""
    shape = _shape(thing.text)
    every = dict.fromkeys(found[0] for found in _CODE.finditer(text) if _shape(found[0]) == shape)
    return [code for code in every if squeezed(code) != thing.letters]


@lru_cache(maxsize=512)
def squeezed(text: str) -> str:
    """A text by its letters and digits alone."""
    return NON_ALPHANUMERIC.sub("", text.casefold())


@lru_cache(maxsize=256)
def _pattern(code: str) -> re.Pattern[str]:
    """Match a code whole, as a part of a longer one ("A002" in "RULE-A002"), with or without its separators."""
    parts = re.findall(r"[^\W\d_]+|\d+", code)
    return re.compile(r"(?<![^\W_])(?<!\d[.,])" + r"[\W_]{0,2}".join(parts) + r"(?![^\W_])(?![-/.]\d)", re.IGNORECASE)


def _codes(question: str) -> Iterator[Thing]:
    for found in _CODE.finditer(question):
        if _is_code(found[0]):
            yield Thing("code", found[0], squeezed(found[0]))
    for found in _NUMBERED.finditer(question):
        if _period(found["code"]) == Period():
            yield Thing("code", found["code"], squeezed(found["code"]))


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


def _times(question: str) -> Iterator[Thing]:
    bare = question
    for found in _CODE.finditer(question):
        if _is_code(found[0]):
            bare = bare.replace(found[0], " ")
    asked = _period(bare)
    yield from (Thing("year", str(year), str(year)) for year in sorted(asked.years))
    yield from (Thing("quarter", f"Q{quarter}", str(quarter)) for quarter in sorted(asked.quarters))


def _shape(code: str) -> str:
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", lambda letters: letters[0].casefold(), code))


@lru_cache(maxsize=512)
def _period(text: str) -> Period:
    return period_of(text)


def _quarters(text: str) -> frozenset[int]:
    """Quarters that a text names, or that the dates of it end, by the calendar."""
    period = _period(text)
    return period.quarters | {(day.month + 2) // 3 for day in period.dates}
