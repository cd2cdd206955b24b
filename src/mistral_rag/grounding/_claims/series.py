"""Values by year, each from the one sentence that has both: order and direction between several sources.

Two sources that are cited together have both years and both values; which year a value is of stands in one of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from mistral_rag.grounding._claims.alignment import TokenizedText
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.grounding._claims.opposites import sides_of
from mistral_rag.grounding._claims.values import FROM_TO, is_of_losses, value_of
from mistral_rag.text import Number, numbers, same_number

MIN_ALIKE: Final = 0.6
"""Share of the smaller sentence's words that another has, by which both are of one series."""
_THAN: Final = frozenset("than als que di rispetto dan do".split())  # noqa: SIM905
_WAY: Final = {1: "the larger", -1: "the smaller"}


@dataclass(frozen=True, slots=True)
class _Dated:
    """A value, the year it is of, and the words of their sentence."""

    year: float
    number: Number
    words: frozenset[str]


def other_series(compared: Compared) -> Iterator[Finding]:
    """Values whose sentences give them other years than the statement, or the other order in time or size."""
    series = _series(compared)
    if series:
        found = [*_misdated(compared.said, series), *_backwards(compared, series), *_miscompared(compared, series)]
        found += _misdirected(compared, series)
        yield from found[:1]


def _series(compared: Compared) -> list[_Dated]:
    """Dated values that have a counterpart of another year in a sentence of much the same words."""
    found = [dated for passage in compared.passages for dated in _dated(passage)]
    alike = {
        at for (a, one), (b, other) in combinations(enumerate(found), 2) if _are_alike(one, other) for at in (a, b)
    }
    return [found[at] for at in sorted(alike)]


def _dated(passage: TokenizedText) -> list[_Dated]:
    """The values of a sentence with their years: of its only year, or of as many years as it has values."""
    found = numbers(passage.text)
    years, values = [n for n in found if n.is_year], [n for n in found if not n.is_year]
    if not years or not values or len(values) != len(years):
        return []
    words = frozenset(token.stem for token in passage.tokens if token.stem and not token.is_number)
    # in either order, and with all years before or behind all values, the first year is of the first value
    return [_Dated(min(year.values), value, words) for year, value in zip(years, values, strict=True)]


def _are_alike(one: _Dated, other: _Dated) -> bool:
    shared = len(one.words & other.words)
    kinds = [(dated.number.percent, dated.number.currency) for dated in (one, other)]
    return (
        one.year != other.year
        and kinds[0] == kinds[1]
        and shared > 0
        and shared >= MIN_ALIKE * min(len(one.words), len(other.words))
    )


def _misdated(said: TokenizedText, series: Sequence[_Dated]) -> Iterator[Finding]:
    """Values that the statement gives to a year that is another value's."""
    for mine in _dated(said):
        held = [dated for dated in series if same_number(mine.number, dated.number)]
        if held and mine.year in {dated.year for dated in series} - {dated.year for dated in held}:
            yield Finding(
                "contradicted", f"{mine.number.text} is the value of {int(held[0].year)}, not of {int(mine.year)}"
            )


def _backwards(compared: Compared, series: Sequence[_Dated]) -> Iterator[Finding]:
    """A change "from … to …" from a later value to an earlier one."""
    if not any(axis == "change" for token in compared.said.tokens for axis, _ in sides_of(token.text)):
        return
    for found in FROM_TO.finditer(compared.statement):
        ends = [[n for n in numbers(found[name]) if not n.is_year] for name in ("first", "last")]
        years = [{d.year for d in series if end and same_number(end[0], d.number)} for end in ends]
        if all(years) and min(years[0]) > max(years[1]):
            yield Finding(
                "contradicted",
                f"{ends[0][0].text} is the value of {int(min(years[0]))}, {ends[1][0].text} of {int(max(years[1]))}",
            )


def _miscompared(compared: Compared, series: Sequence[_Dated]) -> Iterator[Finding]:
    """A comparison of two years ("lower in 2022 than in 2023") for which their values stand the other way."""
    tokens = compared.said.tokens
    sides = {side for token in tokens for axis, side in sides_of(token.text) if axis == "amount"}
    than = next((token.start for token in tokens if token.text.lower() in _THAN), None)
    years = [(n.start, min(n.values)) for n in numbers(compared.statement) if n.is_year]
    if len(sides) != 1 or than is None or len(years) != 2 or not years[0][0] < than < years[1][0]:
        return
    if any(token.negates for token in tokens) or is_of_losses(compared.statement):
        return
    values = [{value_of(d.number, d.number) for d in series if d.year == year} for _, year in years]
    if [len(held) for held in values] != [1, 1]:
        return
    (first,), (second,) = values
    (side,) = sides
    if (first - second) * side < 0:
        said = f"it says that the value of {int(years[0][1])} is {_WAY[side]}"
        yield Finding("contradicted", f"{said}, but it is {first:,.10g}, and that of {int(years[1][1])} {second:,.10g}")


def _misdirected(compared: Compared, series: Sequence[_Dated]) -> Iterator[Finding]:
    """A rise or fall for which the values of the two years of a series go the other way."""
    said = compared.said
    sides = {side for token in said.tokens for axis, side in sides_of(token.text) if axis == "change"}
    content = {token.stem for token in said.tokens if token.stem and not token.is_number}
    series = [dated for dated in series if len(dated.words & content) >= MIN_ALIKE * len(dated.words)]
    by_year = {dated.year: {value_of(d.number, d.number) for d in series if d.year == dated.year} for dated in series}
    named = [min(n.values) for n in numbers(compared.statement) if n.is_year]
    if len(sides) != 1 or len(by_year) != 2 or any(len(held) != 1 for held in by_year.values()):
        return
    if max(named, default=max(by_year)) != max(by_year) or any(token.negates for token in said.tokens):
        return  # a change up to the earlier year is of values that are not cited
    (first,), (last,) = by_year[min(by_year)], by_year[max(by_year)]
    (side,) = sides
    if (last - first) * side < 0 and not is_of_losses(compared.statement):
        way = "a rise" if side > 0 else "a fall"
        yield Finding("contradicted", f"it says {way}, but the values go from {first:,.10g} to {last:,.10g}")
