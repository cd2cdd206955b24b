"""Numbers of statements that stand in their sources, as people read them: rounded, scaled, converted, as words."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mistral_rag.text._dates import WrittenDate, dates, same_date
from mistral_rag.text._measures import currencies
from mistral_rag.text._number_words import COUNTING, NUMBER_WORD, value_of
from mistral_rag.text._numbers import Number, numbers

_UNSCALED: Final = (0, 3, 6, 9)
"""Powers of ten that a table may leave to a heading that is not cited with it."""
_HEADING_SCALE: Final = re.compile(
    r"""\b(?:in|en|amounts?\sin|dollars\sin|figures\sin|angaben\sin|beträge\sin)\s(?:(?:us|u\.s\.)?\s?[$€£¥]|usd|eur|gbp|us-dollars?|euros?
          |dollars?)?\s?(?P<word>thousands?|millions?|billions?|tausend|tsd\.?|mio\.?|millionen|mrd\.?|milliarden|miles|milliers
          |millones|milliards?|mln|mn|bn)\b
      | (?P<zeros>(?<![\d.,])[($€£'’]\s?000(?:,000)?s?\b) |
      (?P<short>\bT€|\bTEUR\b|\bk€|[$€£]\s?m(?:n|m|illions?)?\b|\b[MK]€)""",
    re.VERBOSE | re.IGNORECASE,
)
MIN_ROUNDED: Final = 10
"""Whole numbers from here on may be rounded decimals; "8" for "8.4" changes more than a reader expects."""
_NOUN_BEHIND: Final = re.compile(r"[\s-](?:[^\W\d_]+\s)?([^\W\d_]{3,})")
_STEM: Final = 5
"""Letters by which counted things are compared: "company" and "companies"."""


def missing_numbers(statement: str, sources: Sequence[str]) -> list[Number]:
    """The numbers and dates of a statement that stand in none of its sources, in order."""
    there = _scaled(sources)
    dated = [date for source in sources for date in dates(source)]
    years = frozenset(value for number, _ in there if number.is_year for value in number.values)
    written = list(dates(statement))
    missing = [_of_date(date) for date in written if not _date_stands(date, dated, years, there)]
    named = frozenset[str]().union(*map(currencies, sources))
    for number in numbers(statement):
        passed = _enumerates(statement, number) or any(date.start <= number.start < date.end for date in written)
        if not passed and not _stands_there(number, there, named):
            missing.append(number)
    return sorted([*missing, *_wrong_words(statement, sources)], key=lambda number: number.start)


def same_number(claimed: Number, there: Number, scale: Sequence[int] = _UNSCALED) -> bool:
    """Check that a source's number backs one of a statement: equal, or equal when rounded as the statement rounds it.

    A number without a scale word may stand in a table of thousands or millions: `scale` are the powers of ten that its
    heading may give it. A statement may leave the sign to its words ("fell by 5" for -5) but not make one up.
    """
    if _are_of_other_kinds(claimed, there):
        return False
    ratio = claimed.unit.factor / there.unit.factor if claimed.unit and there.unit else 1.0
    return any(
        _close(value * 10**claimed.power, other * 10**power / ratio, claimed, there)
        for value in claimed.values
        for other in there.values
        for power in _powers(claimed, there, scale)
    )


def table_scales(text: str) -> tuple[int, ...]:
    """The powers of ten that the headings of a text give to its numbers ("in millions": 6); empty when none does."""
    return tuple(sorted({_heading_power(found) for found in _HEADING_SCALE.finditer(text)}))


def _are_of_other_kinds(claimed: Number, there: Number) -> bool:
    if claimed.minus and not (there.minus or there.bracketed):
        return True
    if (claimed.percent and (there.power or there.currency)) or (there.percent and (claimed.power or claimed.currency)):
        return True
    if claimed.currency and there.currency and claimed.currency != there.currency:
        return True
    return claimed.unit is not None and there.unit is not None and claimed.unit.kind != there.unit.kind


def _heading_power(found: re.Match[str]) -> int:
    if found["zeros"]:
        return 6 if "000,000" in found["zeros"] else 3
    word = (found["word"] or found["short"]).lower()
    if found["short"]:
        return 3 if word[0] in "tk" else 6
    if word.startswith(("th", "ts", "ta", "mile", "millie")):
        return 3
    return 9 if word.startswith(("b", "mrd", "millia")) else 6


def _scaled(sources: Sequence[str]) -> list[tuple[Number, tuple[int, ...]]]:
    """Numbers of the sources with the powers that headings may give them: their own source's, else another's."""
    headed = [table_scales(source) for source in sources]
    every = tuple(sorted({power for scales in headed for power in scales})) or _UNSCALED
    return [
        (number, scales or every)
        for source, scales in zip(sources, headed, strict=True)
        for number in (*numbers(source, named=True), *_parts_of_dates(source))
    ]


def _parts_of_dates(source: str) -> Iterator[Number]:
    """The years of dates in digits, which are no numbers of their own."""
    for date in dates(source):
        years = {float(reading[0]) for reading in date.readings if reading[0] is not None}
        if years:
            yield Number(date.text, frozenset(years), start=date.start, end=date.end)


def _of_date(date: WrittenDate) -> Number:
    return Number(date.text, frozenset(), start=date.start, end=date.end)


def _date_stands(
    date: WrittenDate,
    dated: Sequence[WrittenDate],
    years: frozenset[float],
    there: Sequence[tuple[Number, tuple[int, ...]]],
) -> bool:
    """True for a date of the sources; where they hold no date, for one whose year and day stand in them."""
    if dated:
        return same_date(date, dated, years)
    held = {value for number, _ in there for value in number.values}
    year, _, day = date.readings[0]
    return all(part is None or float(part) in held for part in (year, day))


def _stands_there(number: Number, there: Sequence[tuple[Number, tuple[int, ...]]], named: frozenset[str]) -> bool:
    if number.currency and named and number.currency not in named:
        return False
    if len(number.values) > 2:  # "4.1.2": a code, whose parts say nothing alone
        return any(number.text == other.text for other, _ in there)
    return any(same_number(number, other, scale) for other, scale in there)


def _wrong_words(statement: str, sources: Sequence[str]) -> Iterator[Number]:
    """Number words that count what the sources count otherwise ("five stores" for "three stores")."""
    counted: dict[str, set[float]] = {}
    for source in sources:
        for number in numbers(source, named=True):
            if noun := _noun(source, number.end):
                counted.setdefault(noun, set()).update(number.values)
    for found in NUMBER_WORD.finditer(statement):
        noun = _noun(statement, found.end())
        if found[0].lower() in COUNTING and noun in counted and not counted[noun] & value_of(found[0]):
            yield Number(found[0], frozenset(value_of(found[0])), start=found.start(), end=found.end())


def _enumerates(statement: str, number: Number) -> bool:
    """True for "(1)" and "2." that number the parts of a statement."""
    before, behind = statement[: number.start], statement[number.end :]
    whole = len(number.text) <= 2 and number.text.isdigit()
    in_brackets = before.endswith("(") and behind[:2] == ") " and behind[2:3].isalpha()
    return whole and (in_brackets or (not before.strip("-*•# \n") and behind[:2] in {". ", ") "}))


def _noun(text: str, at: int) -> str:
    found = _NOUN_BEHIND.match(text, at)
    return found[1].lower()[:_STEM] if found else ""


def _powers(claimed: Number, there: Number, scale: Sequence[int]) -> Sequence[int]:
    if there.power:
        return (there.power,) if claimed.power else (there.power, 0)
    if claimed.power:
        return scale if scale == _UNSCALED else (*scale, 0)
    return (0,) if scale == _UNSCALED else (0, *scale)


def _close(claimed: float, there: float, number: Number, other: Number) -> bool:
    if claimed == there:
        return True
    place = _place(number)
    if number.hedge in {"over", "under"}:
        low, high = (claimed, claimed + place) if number.hedge == "over" else (claimed - place, claimed)
        return low <= there <= high
    if number.hedge == "about":
        return abs(claimed - there) <= place / 2 * (1 + 1e-9)
    if number.unit and other.unit and number.unit != other.unit:
        return abs(claimed - there) <= place / 2 * (1 + 1e-9)
    if not number.power and (
        number.decimals >= max(other.decimals, 1) or (number.decimals == 0 and not _rounds(number, other))
    ):
        return False
    half: float = 0.5 * 10.0 ** (number.power - number.decimals)
    return abs(claimed - there) <= half * (1 + 1e-9)


def _rounds(number: Number, other: Number) -> bool:
    """True when a whole number may be a rounded decimal."""
    return other.decimals > 0 and (number.percent or max(number.values, default=0) >= MIN_ROUNDED)


def _place(number: Number) -> float:
    """The value of the last digit that says something: of 1,600 it is 100, of 4.2 million 100,000."""
    digits = re.sub(r"\D", "", number.text)
    zeros = len(digits) - len(digits.rstrip("0")) if not number.decimals and digits.strip("0") else 0
    return float(10.0 ** (number.power - number.decimals + zeros))
