"""Numbers of statements and of their sources, compared by value.

Scale words, percent, signs, thousands, rounding, currencies, units of measure, number words, dates and the scale that
a table names in its heading are read as people read them.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from mistral_rag.text._calendar import full_year
from mistral_rag.text._measures import CURRENCY_BEFORE, CURRENCY_BEHIND, MeasureUnit, currency_of, unit_behind
from mistral_rag.text._number_words import NUMBER_WORD, value_of

_SCALES: Final = {
    "thousand": 3, "thousands": 3, "k": 3, "tausend": 3, "tsd": 3, "mille": 3, "mil": 3, "teur": 3,
    "million": 6, "millions": 6, "m": 6, "mm": 6, "mn": 6, "mio": 6, "mln": 6, "millionen": 6, "millones": 6,
    "millón": 6,
    "milioni": 6, "milhões": 6, "miljoen": 6,
    "billion": 9, "billions": 9, "b": 9, "bn": 9, "milliarden": 9, "milliarde": 9, "mrd": 9, "mld": 9, "milliard": 9,
    "milliards": 9, "miljard": 9, "miliardi": 9,
    "trillion": 12, "trillions": 12, "billionen": 12, "billones": 12,
}  # fmt: skip
_NUMBER: Final = re.compile(
    rf"""(?<![^\W_]) (?<!\d[.,]) (?<![^\W\d_][-–/])           # not inside of a word, number or code
        (?P<digits>\d+(?:[.,'’\u00a0\u202f]\d+)*)
        (?:st|nd|rd|th)? (?![^\W\d_]*\d)                       # not the start of a code
        (?:\s?(?P<percent>%|percent(?:age)?\b|per\ cent\b|prozent\w*\b|pour\ cent\b|por\ ciento\b|per\ cento\b
          |v\.\ ?h\.)
         | (?:\s?|-(?=[^\W\d_]{{3}}))(?P<scale>{"|".join(_SCALES)})\b(?!/)
         | (?![^\W\d_])(?-i:(?!-[A-Z])))""",
    re.VERBOSE | re.IGNORECASE,
)
_UNIT_GLUED: Final = re.compile(
    r"(?<![\w.,-])(?P<digits>\d+(?:[.,]\d+)*)(?=(?:km|kg|mg|cm|ml|kwh|mwh|gwh|mw|gw|kw|gb|tb|mb|€|°)\b)", re.IGNORECASE
)
_IDEOGRAPHS: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_BESIDE_IDEOGRAPHS: Final = re.compile(
    rf"(?<=[{_IDEOGRAPHS}])(?P<digits>\d+(?:[.,]\d+)*)(?P<percent>[%％])?(?![A-Za-z])"
    rf"|(?<![\w.,-])(?P<more>\d+(?:[.,]\d+)*)(?=[{_IDEOGRAPHS}])"
)
"""Numbers in scripts without blanks between words."""
_FISCAL: Final = re.compile(r"\bfy\s?['’]?(\d\d(?:\d\d)?)\b", re.IGNORECASE)
_MINUS: Final = re.compile(r"(?<![^\W_])[-−–]\s?[$€£¥]?\s?\Z")
_OPENS: Final = re.compile(r"\(\s?[$€£¥]?\s?\Z")
_CLOSES: Final = re.compile(r"\s?%?\s?\)")
_ABOUT: Final = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|some|circa|ca\.?|close to|rund|etwa|ungefähr|environ"
    r"|autour de"
    r"|alrededor de|unos|unas|aproximadamente)|[~≈])\s?[$€£¥]?\s?\Z",
    re.IGNORECASE,
)
_OVER: Final = re.compile(
    r"\b(?:over|more than|in excess of|above|at least|über|mehr als|gut|plus de|más de|oltre)\s[$€£¥]?\s?\Z",
    re.IGNORECASE,
)
_UNDER: Final = re.compile(
    r"\b(?:under|nearly|almost|less than|below|up to|fast|knapp|beinahe|weniger als|presque|près de|moins de|casi"
    r"|menos de"
    r"|quasi)\s[$€£¥]?\s?\Z",
    re.IGNORECASE,
)
_BEFORE: Final = 24
"""Characters before a number in which its sign, currency and hedge stand."""
Hedge = Literal["", "about", "over", "under"]
"""What the word before a number allows: it may be rounded to its trailing zeros, up, or down."""


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
    currency: str = ""
    unit: MeasureUnit | None = None
    hedge: Hedge = ""
    start: int = 0
    end: int = 0

    @property
    def is_year(self) -> bool:
        """True for a bare number of four digits that may be a year."""
        bare = not (self.percent or self.power or self.currency or self.unit or self.decimals)
        return bare and all(1500 <= value < 2100 for value in self.values) and not {",", "."} & set(self.text)


def numbers(text: str, *, named: bool = False) -> list[Number]:
    """The numbers of `text` in order, without those inside of codes ("10-K", "Q3"); number words if `named`."""
    found = [_number(text, match) for match in _NUMBER.finditer(text)]
    taken = {number.start for number in found}
    found += [_number(text, match) for match in _UNIT_GLUED.finditer(text) if match.start() not in taken]
    taken |= {number.start for number in found}
    found += [_number(text, match) for match in _BESIDE_IDEOGRAPHS.finditer(text) if match.start() not in taken]
    found += [_plain(m, {float(full_year(m[1]))}) for m in _FISCAL.finditer(text)]
    if named:
        found += [_plain(m, value_of(m[0]), text) for m in NUMBER_WORD.finditer(text)]
    return sorted(found, key=lambda number: number.start)


def _number(text: str, match: re.Match[str]) -> Number:
    groups = match.groupdict()
    digits, scale = groups["digits"] or groups["more"], groups.get("scale")
    before = text[max(0, match.start() - _BEFORE) : match.start()]
    currency = CURRENCY_BEFORE.search(before) or CURRENCY_BEHIND.match(text, match.end())
    percent = groups.get("percent") is not None
    return Number(
        text=match[0].strip(),
        values=_values(digits),
        power=_SCALES[scale.lower()] if scale else 0,
        decimals=_decimals(digits),
        percent=percent,
        minus=_MINUS.search(before) is not None,
        bracketed=_OPENS.search(before) is not None and _CLOSES.match(text, match.end()) is not None,
        currency="" if percent else currency_of(currency),
        unit=None if percent else unit_behind(text, match.end()),
        hedge=_hedge(before),
        start=match.start(),
        end=match.end(),
    )


def _plain(match: re.Match[str], values: set[float], text: str = "") -> Number:
    unit = unit_behind(text, match.end())
    return Number(match[0], frozenset(values), unit=unit, start=match.start(), end=match.end())


def _hedge(before: str) -> Hedge:
    if _OVER.search(before):
        return "over"
    if _UNDER.search(before):
        return "under"
    return "about" if _ABOUT.search(before) else ""


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
