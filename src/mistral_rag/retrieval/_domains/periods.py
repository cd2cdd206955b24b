"""Years, quarters, dates and kinds of filing, as documents and questions name them."""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from mistral_rag.text import MONTHS, full_year

ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

_I: Final = re.IGNORECASE
KINDS: Final = {
    "annual": re.compile(
        r"\b(?:10-?ks?(?:405)?|20-?fs?|40-?fs?|annual[\s-]+(?:reports?|filings?)|(?:geschäfts|jahres)berichte?s?"
        r"|rapports?\s+annuels?|(?:informe|memoria)s?\s+anual(?:es)?)\b",
        re.IGNORECASE,
    ),
    "quarterly": re.compile(
        r"\b(?:10-?qs?|quarterly[\s-]+(?:reports?|filings?)|(?:interim|half-?year(?:ly)?)[\s-]+(?:financial\s+)?reports?"
        r"|(?:latest|most\s+recent)\s+quarter|(?:quartals|halbjahres|zwischen)(?:finanz)?berichte?s?"
        r"|rapports?\s+(?:semestriel|trimestriel)s?|informes?\s+(?:trimestral|semestral)(?:es)?)\b",
        re.IGNORECASE,
    ),
    "current": re.compile(r"\b(?:8-?ks?|6-?ks?|current\s+reports?)\b", _I),
    "release": re.compile(r"\b(?:(?:earnings|press|news)\s*(?:release|announcement)s?|earnings)\b", _I),
    "proxy": re.compile(r"\b(?:def\s?14a|proxy\s+statements?)\b", _I),
}
"""Kinds of document, by the words that name them."""

_MONTH = "(" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\.?"
_DATES = (
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?P<year>(?:19|20)\d\d)\b", _I),
    re.compile(
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s+(?:de\s+)?{_MONTH}\s*,?\s+(?:de\s+)?(?P<year>(?:19|20)\d\d)\b",
        _I,
    ),
)
_MONTH_OF_YEAR = re.compile(rf"\b{_MONTH}\s*,?\s+(?:of\s+|de\s+)?((?:19|20)\d\d)\b", _I)
_ISO = re.compile(r"\b((?:19|20)\d\d)[-_./](\d{1,2})[-_./](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)\b")
_POINTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)\b")
_YEAR = re.compile(r"(?<![\d.,$€£-])((?:19|20)\d\d)(?![\d,]|\.\d)")
_FISCAL_YEAR = re.compile(r"(?<![a-z])fy\s?['’]?\s?((?:19|20)?\d\d)(?!\d)", _I)
_SHORT_YEAR = re.compile(r"(?<!\w)['’](\d\d)\b")
_RANGE = re.compile(r"\b((?:19|20)\d\d)\s*(?:-|–|—|to|through|until)\s*(?:fy\s?)?((?:19|20)\d\d|\d\d)\b", _I)
_QUARTERS = (
    re.compile(
        r"(?<![a-z0-9])f?q[\s-]?([1-4])(?:\s?(?:of\s+)?(?:fy|fiscal)?\s?['’]?((?:19|20)?\d\d))?(?![\d.,])",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![a-z0-9.,$])(?:fy)?([1-4])q\s?['’]?((?:19|20)?\d\d)?(?!\w)", _I),
    re.compile(r"((?:19|20)\d\d)[\s_-]?q([1-4])(?!\w)", _I),
)
_NUMBERED_QUARTER = re.compile(r"\bquarter\s+([1-4])(?![\d.,]\d|\d|%)", _I)
_ORDINAL_QUARTER = re.compile(r"\b(" + "|".join(ORDINALS) + r")[\s-]+(?:fiscal[\s-]+)?quarter", _I)
_HALF = re.compile(
    r"\b(?:h\s?([12])\b|([12])h\s?(?:fy)?['’]?(?:\d\d){0,2}\b|(first|second)[\s-]+half\b)", re.IGNORECASE
)
_HALF_OF_YEAR = re.compile(r"\b(?:H([12])|([12])H)(?:FY|CY)?['’]?(\d{4}|\d\d)\b")  # small: "1h30" is a time
_MONTHS_OF_YEAR = re.compile(r"(?<![$€£\d.,])\b([69])M\s?(?:FY|CY)?\s?['’]?(\d{4}|\d\d)\b")
_MONTHS_ENDED = re.compile(r"\b(six|nine|6|9)[\s-]+months?\b", _I)


_NAMES_TIME = re.compile(r"\d|quarter|half|month", _I)
"""Matches every text that names a period, and few others: most texts are done with one look."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a text names: years in full, quarters 1 to 4, dates, and months (year and number)."""

    years: frozenset[int] = frozenset()
    quarters: frozenset[int] = frozenset()
    dates: tuple[date, ...] = field(default=())
    months: frozenset[tuple[int, int]] = frozenset()


def period_of(text: str) -> Period:
    """The years, quarters and dates that `text` names. "FY18" is 2018; "H1" ends with the second quarter."""
    if not _NAMES_TIME.search(text):
        return Period()
    quarters, years = _quarters(text)
    dates = dates_in(text)
    years |= {full_year(found) for found in _FISCAL_YEAR.findall(text)}
    years |= {full_year(found) for found in _SHORT_YEAR.findall(text)}
    years |= {int(found) for found in _YEAR.findall(text)} | {day.year for day in dates}
    for first, last in _RANGE.findall(text):
        span = range(int(first), full_year(last if len(last) == 4 else first[:2] + last) + 1)
        years |= set(span) if len(span) <= 15 else set()
    months = {(int(year), MONTHS[month.lower()]) for month, year in _MONTH_OF_YEAR.findall(text)}
    months -= {(day.year, day.month) for day in dates}
    return Period(frozenset(years), frozenset(quarters), tuple(dates), frozenset(months))


def dates_in(text: str) -> list[date]:
    """Full dates, in the order of the ways they are written."""
    found = [(m["year"], str(MONTHS[m[_month_group(m)].lower()]), m["day"]) for p in _DATES for m in p.finditer(text)]
    found += _ISO.findall(text) + _COMPACT.findall(text)
    found += [(year, month, day) for month, day, year in _SLASHED.findall(text)]
    found += [(year, month, day) for day, month, year in _POINTED.findall(text)]
    return [day for parts in found if (day := _date(*map(int, parts)))]


def kinds_in(text: str) -> frozenset[str]:
    """The kinds of document that `text` names."""
    return frozenset(kind for kind, words in KINDS.items() if words.search(text))


def _month_group(match: re.Match[str]) -> int:
    return next(i for i in range(1, 4) if (match[i] or "").lower() in MONTHS)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _quarters(text: str) -> tuple[set[int], set[int]]:
    quarters: set[int] = set()
    years: set[int] = set()
    for number, year in (*_QUARTERS[0].findall(text), *_QUARTERS[1].findall(text)):
        quarters.add(int(number))
        years |= {full_year(year)} if year else set()
    for year, number in _QUARTERS[2].findall(text):
        quarters.add(int(number))
        years.add(int(year))
    for first, second, year in _HALF_OF_YEAR.findall(text):
        quarters.add(2 * int(first or second))
        years.add(full_year(year))
    for number, year in _MONTHS_OF_YEAR.findall(text):
        quarters.add(int(number) // 3)
        years.add(full_year(year))
    quarters |= {int(found) for found in _NUMBERED_QUARTER.findall(text)}
    quarters |= {ORDINALS[found.lower()] for found in _ORDINAL_QUARTER.findall(text)}
    quarters |= {2 if "".join(found).lower() in {"1", "first"} else 4 for found in _HALF.findall(text)}
    quarters |= {2 if found.lower() in {"six", "6"} else 3 for found in _MONTHS_ENDED.findall(text)}
    return quarters, years
