"""Numbers of statements and of their sources, compared by value: scale words, percent, signs, thousands, rounding."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from mistral_rag.text._calendar import full_year

_SCALES = {
    "thousand": 3, "thousands": 3, "k": 3, "tausend": 3, "tsd": 3, "mille": 3,
    "million": 6, "millions": 6, "m": 6, "mm": 6, "mn": 6, "mio": 6, "millionen": 6, "millones": 6,
    "billion": 9, "billions": 9, "b": 9, "bn": 9, "milliarden": 9, "mrd": 9, "milliard": 9, "milliards": 9,
    "trillion": 12, "trillions": 12,
}  # fmt: skip
_NAMED = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "once": 1, "twice": 2,
}  # fmt: skip
_UNSCALED = (0, 3, 6, 9)
"""Powers of ten that a table may leave to its heading ("in thousands")."""
_MAX_OPERANDS = 12
"""Among more numbers than this some pair gives almost any result."""

_NUMBER = re.compile(
    rf"""(?<![^\W_]) (?<!\d[.,]) (?<![^\W\d_][-–/])           # not inside of a word, number or code
        (?P<digits>\d+(?:[.,'’\u00a0\u202f]\d+)*)
        (?:st|nd|rd|th)? (?![^\W\d_]*\d)                       # not the start of a code
        (?:\s?(?P<percent>%|percent\b|per\ cent\b|prozent\b|pour\ cent\b)
         | (?:\s?|-(?=[^\W\d_]{{3}}))(?P<scale>{"|".join(_SCALES)})\b
         | (?![^\W\d_])(?-i:(?!-[A-Z])))""",
    re.VERBOSE | re.IGNORECASE,
)
_FISCAL = re.compile(r"\bfy\s?['’]?(\d\d(?:\d\d)?)\b", re.IGNORECASE)
_NAME = re.compile(rf"\b(?:{'|'.join(_NAMED)})\b", re.IGNORECASE)
_MINUS = re.compile(r"(?<![^\W_])[-−–]\s?[$€£¥]?\s?\Z")
_OPENS = re.compile(r"\(\s?[$€£¥]?\s?\Z")
_CLOSES = re.compile(r"\s?%?\s?\)")


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, with the values it may have ("1.234" has two) and its power of ten.

    In brackets it may be negative, as in a table, or not, as in prose.
    """

    text: str
    values: frozenset[float]
    power: int = 0
    decimals: int = 0
    percent: bool = False
    minus: bool = False
    bracketed: bool = False


def numbers(text: str, *, named: bool = False) -> list[Number]:
    """The numbers of `text` in order, without those inside of codes ("10-K", "Q3"); number words if `named`."""
    found = [(match.start(), _number(text, match)) for match in _NUMBER.finditer(text)]
    found += [(m.start(), Number(m[0], frozenset({float(full_year(m[1]))}))) for m in _FISCAL.finditer(text)]
    if named:
        found += [(m.start(), Number(m[0], frozenset({float(_NAMED[m[0].lower()])}))) for m in _NAME.finditer(text)]
    return [number for _, number in sorted(found, key=lambda item: item[0])]


def missing_numbers(statement: str, sources: Iterable[str]) -> list[Number]:
    """The numbers of a statement that stand in none of its sources."""
    there = [number for source in sources for number in numbers(source, named=True)]
    return [number for number in numbers(statement) if not any(same_number(number, other) for other in there)]


def same_number(claimed: Number, there: Number) -> bool:
    """Check that a source's number backs one of a statement: equal, or equal when rounded as the statement rounds it.

    A number without a scale word may stand in a table of thousands or millions. A statement may leave the sign
    to its words ("fell by 5" for -5) but not make one up.
    """
    if (
        (claimed.minus and not (there.minus or there.bracketed))
        or (claimed.percent and there.power)
        or (there.percent and claimed.power)
    ):
        return False
    return any(
        _close(value * 10**claimed.power, other * 10**power, claimed, there)
        for value in claimed.values
        for other in there.values
        for power in _powers(claimed, there)
    )


def computed_number(number: Number, sources: Sequence[str]) -> str | None:
    """The way two numbers of the sources give `number` (difference, sum, ratio, change in percent), or None."""
    operands = {n.text: n for source in sources for n in numbers(source)}
    if len(re.sub(r"\D", "", number.text).lstrip("0")) < 2 or len(operands) > _MAX_OPERANDS:
        return None
    for first, second in permutations(operands.values(), 2):
        for shown, value in _results(first, second, percent=number.percent):
            if any(abs(abs(value) - claimed) <= 0.5 * 10**-number.decimals for claimed in number.values):
                return shown
    return None


def _powers(claimed: Number, there: Number) -> Sequence[int]:
    if there.power:
        return (there.power,) if claimed.power else (there.power, 0)
    return _UNSCALED if claimed.power else (0,)


def _close(claimed: float, there: float, number: Number, other: Number) -> bool:
    if claimed == there:
        return True
    if number.decimals >= other.decimals and not number.power:
        return False
    if number.decimals == 0 and not number.power and not number.percent:
        return False
    half: float = 0.5 * 10.0 ** (number.power - number.decimals)
    return abs(claimed - there) <= half * (1 + 1e-9)


def _results(first: Number, second: Number, *, percent: bool) -> Iterator[tuple[str, float]]:
    a, b = (min(n.values) * (-1 if n.minus or n.bracketed else 1) for n in (first, second))
    yield f"{first.text} - {second.text}", a - b
    yield f"{first.text} + {second.text}", a + b
    if b:
        yield f"{first.text} / {second.text}", a / b * (100 if percent else 1)
        if percent:
            yield f"change from {second.text} to {first.text}", (a - b) / abs(b) * 100


def _number(text: str, match: re.Match[str]) -> Number:
    digits = match["digits"]
    before = text[max(0, match.start() - 4) : match.start()]
    return Number(
        text=match[0].strip(),
        values=_values(digits),
        power=_SCALES[match["scale"].lower()] if match["scale"] else 0,
        decimals=_decimals(digits),
        percent=match["percent"] is not None,
        minus=_MINUS.search(before) is not None,
        bracketed=_OPENS.search(before) is not None and _CLOSES.match(text, match.end()) is not None,
    )


def _values(digits: str) -> frozenset[float]:
    parts = re.split(r"\D", digits)
    signs = re.findall(r"\D", digits)
    thousands = all(len(part) == 3 for part in parts[1:]) and len(set(signs)) == 1 and len(parts[0]) <= 3
    if not signs:
        return frozenset({float(digits)})
    if len(signs) == 1:
        whole, decimal = float("".join(parts)), float(".".join(parts))
        if thousands or signs[0] not in ".,":
            return frozenset({whole, decimal} if signs[0] == "." else {whole})
        return frozenset({decimal})
    if thousands:
        return frozenset({float("".join(parts))})
    if len(set(signs)) == 2 and signs.count(signs[-1]) == 1:
        return frozenset({float("".join(parts[:-1]) + "." + parts[-1])})
    return frozenset(map(float, parts))


def _decimals(digits: str) -> int:
    head, sign, tail = digits.rpartition("." if digits.rfind(".") > digits.rfind(",") else ",")
    return len(tail) if head and (sign == "." or len(tail) != 3) else 0
