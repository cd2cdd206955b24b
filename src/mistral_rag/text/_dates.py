"""Dates, however they are written: "May 3, 2024", "3. Mai 2024", "2024-05-03", "03/05/2024", "3 de mayo"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mistral_rag.text._calendar import MONTHS, full_year

_MONTH: Final = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_NAMED: Final = re.compile(
    rf"""(?<!\w)(?:
        (?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s-]{{1,2}}(?:of\s|de\s)?(?P<month>{_MONTH})(?!\w)\.?(?:(?:,?\s|-)(?:de\s|del\s)?
          (?P<year>\d{{4}}|['’]\d\d)(?![\d%]))?
      | (?P<month2>{_MONTH})(?!\w)\.?\s(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d%:]
        |[.,]\d)(?:,?\s(?P<year2>\d{{4}})(?!\d))?
      | (?P<month3>{_MONTH})(?!\w)\.?,?\s(?:de\s|del\s|of\s)?(?P<year3>\d{{4}})(?!\d)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_DIGITS: Final = re.compile(
    r"""(?<![\w.,/-])(?:(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})
      | (?P<a>\d{1,2})(?P<sign>[./-])\s?(?P<b>\d{1,2})(?P=sign)\s?(?P<y2>\d{4}|\d\d))(?![\w%/]|[.,-]\d)""",
    re.VERBOSE,
)


_VERBS: Final = frozenset({"may", "march", "mar"})
"""English months that are other words in small letters."""


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as written, at an offset: its month, day and year, None for what it leaves out.

    Days and months that can't be told apart ("03/05/2024") are in both orders in `readings`.
    """

    start: int
    end: int
    text: str
    readings: tuple[tuple[int | None, int, int | None], ...]
    """Year, month, day."""


def dates(text: str) -> Iterator[WrittenDate]:
    """The dates of a text that name at least a month and a day, or a month and a year."""
    for found in _NAMED.finditer(text):
        month = next(filter(None, (found["month"], found["month2"], found["month3"]))).lower()
        day = found["day"] or found["day2"]
        year = next(filter(None, (found["year"], found["year2"], found["year3"])), None)
        is_verb = month in _VERBS and found[0] == found[0].lower()
        if not is_verb and (day is None or 1 <= int(day) <= 31):
            reading = (full_year(year.strip("'’")) if year else None, MONTHS[month], int(day) if day else None)
            yield WrittenDate(found.start(), found.end(), found[0], (reading,))
    for found in _DIGITS.finditer(text):
        if readings := tuple(_readings(found)):
            yield WrittenDate(found.start(), found.end(), found[0], readings)


def _readings(found: re.Match[str]) -> Iterator[tuple[int | None, int, int | None]]:
    if found["y"]:
        pairs = [(int(found["m"]), int(found["d"]))]
    else:
        a, b = int(found["a"]), int(found["b"])
        pairs = [(b, a)] if found["sign"] == "." or a == b else [(b, a), (a, b)]
    year = full_year(found["y"] or found["y2"])
    yield from ((year, month, day) for month, day in pairs if 1 <= month <= 12 and 1 <= day <= 31)


def same_date(claimed: WrittenDate, there: Sequence[WrittenDate], years: frozenset[float]) -> bool:
    """True when a source has this date; a year that its date leaves out may stand elsewhere (`years`)."""
    return any(
        _agree(reading, other, years) for reading in claimed.readings for date in there for other in date.readings
    )


def _agree(
    claimed: tuple[int | None, int, int | None], there: tuple[int | None, int, int | None], years: frozenset[float]
) -> bool:
    if claimed[1] != there[1] or (claimed[2] is not None and claimed[2] != there[2]):
        return False
    return claimed[0] is None or claimed[0] == there[0] or (there[0] is None and claimed[0] in years)
