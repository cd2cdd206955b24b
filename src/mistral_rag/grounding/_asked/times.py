"""Days, months and weekdays: those that a question names, and texts that hold them."""

import calendar
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final

from mistral_rag.retrieval._domains.periods import period_of
from mistral_rag.text import MONTHS, WrittenDate, dates

Reading = tuple[int | None, int, int | None]
"""Year, month and day, None for what is left out."""

_WEEKDAYS: Final = {
    name: at
    for names in (
        "monday|tuesday|wednesday|thursday|friday|saturday|sunday",
        "montag|dienstag|mittwoch|donnerstag|freitag|samstag sonnabend|sonntag",
        "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
        "lunes|martes|miércoles|jueves|viernes|sábado|domingo",
        "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
        "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
        # "segunda" alone is "the second"
        "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
    )
    for at, same in enumerate(names.split("|"))
    for name in same.split()
}
_WEEKDAY: Final = re.compile(
    rf"(?<!\w)(?P<name>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})(?:s|en|e)?(?!\w)", re.IGNORECASE
)
_RANGE: Final = re.compile(r"\W{0,3}(?:[-–—]|to|until|till|through|bis|à|au|a|al|hasta|tot|até)\W{0,3}", re.IGNORECASE)
"""Between the ends of a range."""
_ANY_DAY: Final = re.compile(
    r"\b(?:daily|every ?day|each day|weekdays?|weekends?|(?:working|business) days?|täglich|jeden tag|werktags?"
    r"|arbeitstage?n?|wochentags?|wochenenden?|tous les jours|chaque jour|jours ouvr\w+|cada día|todos los días"
    r"|días (?:laborables|hábiles)"
    r"|ogni giorno|tutti i giorni|elke dag|dagelijks|werkdagen|todos os dias|dias úteis)\b",
    re.IGNORECASE,
)
_MONTH: Final = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_LONE_MONTH: Final = re.compile(
    rf"(?<![\w’'])(?P<name>{_MONTH})(?![\w])\.?(?!\s?(?:de\s|del\s|of\s)?,?\s?(?:['’]\d\d|(?:19|20)\d\d))",
    re.IGNORECASE,
)
_ASKED_MONTH: Final = re.compile(
    rf"\b(?:in|of|for|during|since|until|by|im|für|seit|bis|en|de|pour|depuis|em|a|nel|di|per|van|voor|sinds)\s+"
    rf"(?:(?:the\s)?month of\s|mois de\s|mes de\s|mese di\s|mês de\s|maand\s)?(?P<name>{_MONTH})(?!\w)"
    r"(?!\.?\s?(?:\d{1,2}|\d{4})\b)",
    re.IGNORECASE,
)
_IN_FIGURES: Final = re.compile(
    r"(?<![\w.,/-])(?:(?P<m>0?[1-9]|1[0-2])[./-](?P<y>(?:19|20)\d\d)|(?P<y2>(?:19|20)\d\d)[./-](?P<m2>0[1-9]|1[0-2]))"
    r"(?![\w/-]|[.,]\d)"
)
_SHORT: Final = re.compile(rf"(?<!\w)(?P<name>{_MONTH})\.?[-\s]?['’]?(?P<y>\d\d)(?!\w|[.,:]\d|\s?%)", re.IGNORECASE)
"""A month with a year of two digits, "Oct-14"; "Oct 14" may be a day, too."""
_ENDED: Final = re.compile(
    r"\b(?P<n>three|six|nine|twelve|3|6|9|12)[\s-]+months?\s+(?:period\s+)?(?:ended|ending|to)\s+", re.IGNORECASE
)
_COUNTS: Final = {"three": 3, "six": 6, "nine": 9, "twelve": 12}
_VERBS: Final = frozenset({"may", "march", "mar", "sept", "set"})
"""Names of months that are other words in small letters."""


def days_in(text: str) -> Iterator[tuple[str, str]]:
    """The days that a question names: as written, and their readings as `day_readings` has them."""
    for written in dates(text):
        if all(day is not None for _, _, day in written.readings):
            yield written.text, "|".join(f"{year or '*'}-{month}-{day}" for year, month, day in written.readings)


def months_alone_in(question: str) -> Iterator[tuple[str, str]]:
    """The months that a question names without a year: "in October"."""
    dated = [(found.start, found.end) for found in dates(question)]
    for found in _ASKED_MONTH.finditer(question):
        name, start = found["name"], found.start("name")
        is_verb = name in _VERBS
        if not is_verb and not any(first <= start < last for first, last in dated):
            yield name, f"*-{MONTHS[name.lower()]:02}"


def weekdays_in(text: str) -> Iterator[tuple[str, str]]:
    """The weekdays that a text names, as written, and by their numbers from Monday, 0."""
    yield from ((found[0], str(_WEEKDAYS[found["name"].lower()])) for found in _WEEKDAY.finditer(text))


@lru_cache(maxsize=512)
def holds_weekday(text: str, number: str) -> bool:
    """True when a text names a weekday, a range of days that it is in, or days in general."""
    named = [(found, _WEEKDAYS[found["name"].lower()]) for found in _WEEKDAY.finditer(text)]
    day = int(number)
    if any(found == day for _, found in named) or _ANY_DAY.search(text):
        return True
    return any(
        _RANGE.fullmatch(text, first.end(), second.start()) and (day - start) % 7 <= (end - start) % 7
        for (first, start), (second, end) in pairwise(named)
    )


@lru_cache(maxsize=512)
def written_dates(text: str) -> tuple[WrittenDate, ...]:
    """The dates of a text, in their order."""
    return tuple(sorted(dates(text), key=lambda written: written.start))


@lru_cache(maxsize=512)
def holds_day(text: str, readings: str) -> bool:
    """True when a text holds a day, a range of dates around it, its month alone, or the period that it ends."""
    asked = [_reading(one) for one in readings.split("|")]
    there = written_dates(text)
    if any(_agree(one, other) for one in asked for written in there for other in written.readings):
        return True
    if any(_is_within(_day(one), pair, text) for one in asked for pair in pairwise(there)):
        return True
    # a balance sheet "2022" is that of 31 December 2022
    return any(_ends_month(one) and one[0] in period_of(text).years for one in asked)


@lru_cache(maxsize=512)
def holds_month(text: str, month: str) -> bool:
    """True when a text holds a month ("2014-10", or "*-10" of any year), in a date, alone, or in a span of months."""
    year, number = month.split("-")
    asked: Reading = (None if year == "*" else int(year), int(number), None)
    there = written_dates(text)
    if any(_agree(asked, other) for written in there for other in written.readings):
        return True
    if any(_is_within(_day((asked[0], asked[1], 15)), pair, text) for pair in pairwise(there)):
        return True
    if any(_agree(asked, reading) for reading in _bare_months(text)):
        return True
    return any(_is_in_span(asked, end, count) for end, count in _spans(text))


def speaks_of_days(text: str) -> bool:
    """True when a text has dates with a day or a month."""
    return bool(written_dates(text)) or any(True for _ in _bare_months(text))


def speaks_of_weekdays(text: str) -> bool:
    """True when a text names weekdays."""
    return _WEEKDAY.search(text) is not None


def nearest_date(texts: Iterable[str], wanted: str) -> str:
    """The date of the texts, as written, that is next to a day or month; empty where there is none."""
    year, month, day = _reading(wanted.split("|")[0]) if wanted.count("-") > 1 else _reading(f"{wanted}-15")
    there = [
        (abs((found - date(year or found.year, month, day or 15)).days), written.text)
        for text in texts
        for written in written_dates(text)
        for reading in written.readings[:1]
        if (found := _day((reading[0] or year, *reading[1:]))) is not None
    ]
    return min(there, default=(0, ""))[1]


def nearest_weekday(texts: Iterable[str]) -> str:
    """The first weekday that the texts name."""
    return next((name for text in texts for name, _ in weekdays_in(text)), "")


def _bare_months(text: str) -> Iterator[Reading]:
    """Months alone, and with a year in figures: "Oct", "10/2014", "2014-10", "Oct-14"."""
    for found in _LONE_MONTH.finditer(text):
        if found["name"] not in _VERBS:
            yield None, MONTHS[found["name"].lower()], None
    for found in _IN_FIGURES.finditer(text):
        yield int(found["y"] or found["y2"]), int(found["m"] or found["m2"]), None
    for found in _SHORT.finditer(text):
        if found["name"] not in _VERBS:
            yield 2000 + int(found["y"]), MONTHS[found["name"].lower()], None


def _spans(text: str) -> Iterator[tuple[Reading, int]]:
    """Ends of spans of months and how many they are: "nine months ended 30 September 2023"."""
    dates_by_start = {written.start: written for written in written_dates(text)}
    for found in _ENDED.finditer(text):
        count = _COUNTS.get(found["n"].lower()) or int(found["n"])
        end = dates_by_start.get(found.end())
        if end is not None:
            yield end.readings[0], count


def _is_in_span(asked: Reading, end: Reading, count: int) -> bool:
    if asked[0] is not None and end[0] is not None:
        return 0 <= (end[0] * 12 + end[1]) - (asked[0] * 12 + asked[1]) < count
    return (end[1] - asked[1]) % 12 < count


def _agree(asked: Reading, there: Reading) -> bool:
    """True when two readings have no different part; of months alone there is no other day."""
    return asked[1] == there[1] and all(
        one is None or other is None or one == other for one, other in ((asked[0], there[0]), (asked[2], there[2]))
    )


def _is_within(day: date | None, ends: tuple[WrittenDate, WrittenDate], text: str) -> bool:
    """True when two dates are the ends of a range that a day lies in."""
    first, second = ends
    if day is None or not _RANGE.fullmatch(text, first.end, second.start):
        return False
    year = second.readings[0][0] or day.year
    start, end = (_day((reading[0] or year, *reading[1:])) for reading in (first.readings[0], second.readings[0]))
    return start is not None and end is not None and start <= day <= end


def _reading(text: str) -> Reading:
    year, month, day = text.split("-")
    return None if year == "*" else int(year), int(month), int(day)


def _day(reading: Reading) -> date | None:
    year, month, day = reading
    if year is None:
        return None
    return date(year, month, min(day or 1, calendar.monthrange(year, month)[1]))


def _ends_month(reading: Reading) -> bool:
    year, month, day = reading
    return year is not None and day == calendar.monthrange(year, month)[1]
