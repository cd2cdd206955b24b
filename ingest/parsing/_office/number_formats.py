"""Numbers, dates and times as a spreadsheet shows them, by their number format (ECMA-376 part 1, 18.8.30-31).

Signs for thousands and decimals are the English ones: which are shown depends on who looks. So are names of months
and days, unless the format says in which language they are. The order of day and month in the formats that follow the
system depends on who looks as well; these are shown as ISO 8601 dates.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ingest.parsing._office.calendar_names import ENGLISH, CalendarNames, calendar_names

BUILT_IN: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "General",
        1: "0",
        2: "0.00",
        3: "#,##0",
        4: "#,##0.00",
        9: "0%",
        10: "0.00%",
        11: "0.00E+00",
        **dict.fromkeys((5, 6), '"$"#,##0;("$"#,##0)'),
        **dict.fromkeys((7, 8), '"$"#,##0.00;("$"#,##0.00)'),
        12: "# ?/?",
        13: "# ??/??",
        14: "yyyy-mm-dd",
        15: "d-mmm-yy",
        16: "d-mmm",
        17: "mmm-yy",
        18: "h:mm AM/PM",
        19: "h:mm:ss AM/PM",
        20: "h:mm",
        21: "h:mm:ss",
        22: "yyyy-mm-dd h:mm",
        37: "#,##0;(#,##0)",
        38: "#,##0;(#,##0)",
        39: "#,##0.00;(#,##0.00)",
        40: "#,##0.00;(#,##0.00)",
        41: '#,##0;(#,##0);"-"',
        42: '"$"#,##0;"$"(#,##0);"$""-"',
        43: '#,##0.00;(#,##0.00);"-"',
        44: '"$"#,##0.00;"$"(#,##0.00);"$""-"',
        45: "mm:ss",
        46: "[h]:mm:ss",
        47: "mm:ss.0",
        48: "##0.0E+0",
        49: "@",
        **dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd"),
        **dict.fromkeys((32, 33, 34, 35), "h:mm:ss"),
    }
)
"""Formats by number that files do not spell out."""
MAX_FORMAT: Final = 255
"""Characters of a format, as many as Excel takes."""
MAX_DIGITS: Final = 11
"""Digits of a number without a format; a cell of the usual width shows no more."""
MAX_DAY: Final = 2_958_466
"""The day after the last one of the year 9999."""
_EPOCH: Final = datetime(1899, 12, 30)
_EPOCH_1904: Final = datetime(1904, 1, 1)
_LEAP_DAY: Final = 60
"""Days are counted from 1 as if 1900 had been a leap year: those before this one stand one day later."""
_PIECE: Final = re.compile(
    r"""(?P<literal>"[^"]*"|\\.|_.|\*.)
      | (?P<bracket>\[[^\]]*\])
      | (?P<general>General)
      | (?P<ampm>AM/PM|A/P)
      | (?P<fraction>\.0+(?=[^\#0?,]|$))
      | (?P<date>y+|m+|d+|h+|s+|e+(?![+-])|b+|g+)
      | (?P<exponent>E[+-])
      | (?P<digits>[\#0?,.]+)
      | (?P<sign>[%/@])
      | (?P<other>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION: Final = re.compile(r"\[(<=|>=|<>|<|>|=)\s*(-?\d+(?:\.\d+)?)\]")
_CURRENCY: Final = re.compile(r"\[\$([^\]-]*)(?:-([^\]]*))?\]")
"""A sign of money, and the number of a language; either may be missing."""
_ELAPSED: Final = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FormatSection:
    """One of the parts of a format that semicolons part: its pieces, and the condition under which it holds."""

    pieces: tuple[tuple[str, str], ...]
    condition: tuple[str, Decimal] | None
    is_date: bool
    names: CalendarNames = ENGLISH


def shown_number(value: str, form: str, *, since_1904: bool = False) -> str:
    """A number as its format shows it; as it is written when it is none. Empty for a format that shows nothing."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return value
    sections = _sections(form[:MAX_FORMAT])
    section, shown = _chosen(sections, number)
    if section is None:
        return general(number)
    if not section.pieces:
        return ""
    if section.is_date:
        return _date(section, number, since_1904=since_1904)
    return _number(section, shown)


def shown_text(text: str, form: str) -> str:
    """A text as its format shows it: only a fourth section, or one with @, is for texts."""
    sections = _sections(form[:MAX_FORMAT])
    for section in sections[3:4] or [
        s for s in sections[:1] if any(kind == "sign" and t == "@" for kind, t in s.pieces)
    ]:
        shown = "".join(text if t == "@" else _literal(kind, t) for kind, t in section.pieces)
        return " ".join(shown.split()) if len(sections) < 4 else shown.strip()
    return text


def general(number: Decimal) -> str:
    """A number without a format."""
    if number == 0:
        return "0"
    if -5 <= number.adjusted() < MAX_DIGITS:
        places = max(0, MAX_DIGITS - 1 - max(number.adjusted(), 0))
        plain = f"{_rounded(number, places):f}"
        return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"
    mantissa, _, exponent = f"{number:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].zfill(2)}"


@lru_cache(maxsize=2000)
def _sections(form: str) -> tuple[FormatSection, ...]:
    parts: list[list[tuple[str, str]]] = [[]]
    for found in _PIECE.finditer(form):
        kind, piece = found.lastgroup or "other", found[0]
        if kind == "other" and piece == ";":
            parts.append([])
        else:
            parts[-1].append((kind, piece))
    return tuple(map(_section, parts[:4]))


def _section(pieces: list[tuple[str, str]]) -> FormatSection:
    condition: tuple[str, Decimal] | None = None
    kept: list[tuple[str, str]] = []
    names = ENGLISH
    for kind, piece in pieces:
        if kind != "bracket":
            kept.append((kind, piece))
        elif found := _CONDITION.fullmatch(piece):
            condition = found[1], Decimal(found[2])
        elif money := _CURRENCY.fullmatch(piece):
            kept.append(("literal", f'"{money[1]}"'))
            names = calendar_names(money[2] or "")
        elif _ELAPSED.fullmatch(piece):
            kept.append(("elapsed", piece[1:-1].lower()))
    dates = any(kind in ("date", "elapsed", "ampm") for kind, _ in kept)
    if not dates:
        kept = [("digits" if kind == "fraction" else kind, piece) for kind, piece in kept]
    return FormatSection(tuple(_joined(kept)), condition, dates, names)


def _joined(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pieces, digits that stand side by side as one."""
    joined: list[tuple[str, str]] = []
    for kind, piece in pieces:
        if kind == "digits" and joined and joined[-1][0] == "digits":
            joined[-1] = kind, joined[-1][1] + piece
        else:
            joined.append((kind, piece))
    return joined


def _chosen(sections: tuple[FormatSection, ...], number: Decimal) -> tuple[FormatSection | None, Decimal]:
    """The section for a number, and the number that it shows: without its sign where the section is for such ones."""
    numeric = sections[:3]
    if any(section.condition for section in numeric):
        for section in numeric:
            if section.condition is None or _holds(section.condition, number):
                return section, abs(number) if section.condition and number < 0 and section is not numeric[
                    0
                ] else number
        return None, number
    if number < 0 and len(numeric) > 1:
        return numeric[1], abs(number)
    if number == 0 and len(numeric) > 2:
        return numeric[2], number
    return numeric[0], number


def _holds(condition: tuple[str, Decimal], number: Decimal) -> bool:
    sign, bound = condition
    return {
        "<": number < bound,
        ">": number > bound,
        "=": number == bound,
        "<=": number <= bound,
        ">=": number >= bound,
        "<>": number != bound,
    }[sign]


def _literal(kind: str, piece: str) -> str:
    if kind == "literal":
        if piece[0] == '"':
            return piece[1:-1]
        return piece[1:] if piece[0] == "\\" else (" " if piece[0] == "_" else "")
    return piece if kind == "other" else ""


def _number(section: FormatSection, number: Decimal) -> str:
    pieces = section.pieces
    if any(kind == "general" for kind, _ in pieces):
        shown = "".join(general(number) if kind == "general" else _literal(kind, t) for kind, t in pieces)
        return " ".join(shown.split())
    if any(kind == "sign" and piece == "@" for kind, piece in pieces):
        return "".join(general(number) if piece == "@" else _literal(kind, piece) for kind, piece in pieces).strip()
    patterns = [piece for kind, piece in pieces if kind == "digits"]
    if not patterns:
        sign = "-" if number < 0 else ""
        return " ".join(
            (sign + "".join(piece if kind == "sign" else _literal(kind, piece) for kind, piece in pieces)).split()
        )
    number *= Decimal(100) ** sum(kind == "sign" and piece == "%" for kind, piece in pieces)
    if any(kind == "exponent" for kind, _ in pieces):
        return _exponential(pieces, number)
    if any(kind == "sign" and piece == "/" for kind, piece in pieces) and len(patterns) > 1:
        return _as_fraction(pieces, number)
    return _plain(pieces, number)


def _plain(pieces: tuple[tuple[str, str], ...], number: Decimal) -> str:
    """A number in digits; where a format parts its digits (phone numbers), each part gets its own."""
    patterns = [piece for kind, piece in pieces if kind == "digits"]
    last = patterns[-1]
    scale = len(last) - len(last.rstrip(","))
    number /= Decimal(1000) ** scale
    whole_pattern, _, decimals = "".join(patterns).rstrip(",").partition(".")
    decimals = decimals.replace(",", "")
    rounded = _rounded(abs(number), len(decimals))
    digits, _, after = f"{rounded:f}".partition(".")
    least = whole_pattern.count("0")
    digits = digits.lstrip("0").rjust(least, "0")
    optional = len(decimals) - len(decimals.rstrip("#?"))
    kept = after[: len(after) - optional] + after[len(after) - optional :].rstrip("0") if optional else after
    if len(patterns) > 1 and "," not in whole_pattern and not decimals:
        shown = _in_parts(pieces, digits)
    else:
        if "," in whole_pattern and digits:
            digits = f"{int(digits):,}".rjust(1) if len(digits.lstrip("0")) == len(digits) else _grouped(digits)
        text = digits + (f".{kept}" if kept or ("." in "".join(patterns) and "0" in decimals) else "")
        shown = _with_literals(pieces, text)
    negative = number < 0 and rounded != 0
    return " ".join((("-" if negative else "") + shown).split())


def _grouped(digits: str) -> str:
    parts = []
    while digits:
        parts.append(digits[-3:])
        digits = digits[:-3]
    return ",".join(reversed(parts))


def _with_literals(pieces: tuple[tuple[str, str], ...], text: str) -> str:
    parts, put = [], False
    for kind, piece in pieces:
        if kind == "digits":
            parts.append("" if put else text)
            put = True
        else:
            parts.append(piece if kind == "sign" else _literal(kind, piece))
    return "".join(parts)


def _in_parts(pieces: tuple[tuple[str, str], ...], digits: str) -> str:
    parts: list[str] = []
    first = next(at for at, (kind, _) in enumerate(pieces) if kind == "digits")
    for at in range(len(pieces) - 1, -1, -1):
        kind, piece = pieces[at]
        if kind == "digits" and at == first:
            parts.append(digits)
            digits = ""
        elif kind == "digits":
            size = len(piece)
            parts.append(digits[-size:] if size else "")
            digits = digits[:-size]
        else:
            parts.append(piece if kind == "sign" else _literal(kind, piece))
    return "".join(reversed(parts))


def _exponential(pieces: tuple[tuple[str, str], ...], number: Decimal) -> str:
    at = next(at for at, (kind, _) in enumerate(pieces) if kind == "exponent")
    pattern = "".join(piece for kind, piece in pieces[:at] if kind == "digits")
    places = len(pattern.partition(".")[2])
    group = max(1, sum(sign in "#0?" for sign in pattern.partition(".")[0]))
    power = number.adjusted() if number else 0
    power -= power % group if group > 1 else 0
    mantissa = _rounded(number.scaleb(-power), places)
    least = max(1, sum(len(piece) for kind, piece in pieces[at + 1 :] if kind == "digits"))
    sign = "-" if power < 0 else ("+" if pieces[at][1][1] == "+" else "")
    shown = f"{mantissa:f}" if number else f"{Decimal(0):.{places}f}"
    return f"{shown}E{sign}{str(abs(power)).zfill(least)}"


def _as_fraction(pieces: tuple[tuple[str, str], ...], number: Decimal) -> str:
    at = next(at for at, (kind, piece) in enumerate(pieces) if kind == "sign" and piece == "/")
    under = next((piece for kind, piece in pieces[at + 1 :] if kind == "digits"), "?")
    given = under.strip("#?0,.") if under.isdigit() and int(under) else ""
    bound = 10 ** min(len(under), 4) - 1
    part = abs(Fraction(number))
    wholes = sum(kind == "digits" for kind, _ in pieces[:at]) > 1
    base, rest = divmod(part, 1) if wholes else (0, part)
    near = Fraction(round(rest * int(given)), int(given)) if given else rest.limit_denominator(bound)
    base, near = (base + 1, Fraction(0)) if wholes and near == 1 else (base, near)
    sign = "-" if number < 0 else ""
    if not near and wholes:
        return f"{sign}{base}"
    return f"{sign}{f'{base} ' if base else ''}{near.numerator}/{near.denominator}"


def _rounded(number: Decimal, places: int) -> Decimal:
    try:
        return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    except InvalidOperation:
        return number


def _date(section: FormatSection, number: Decimal, *, since_1904: bool) -> str:
    pieces = section.pieces
    if not 0 <= number < MAX_DAY:
        return general(number)
    places = max((len(piece) - 1 for kind, piece in pieces if kind == "fraction"), default=0)
    unit = Decimal(1).scaleb(-places)
    seconds = (number * 86_400).quantize(unit, ROUND_HALF_UP)
    if places == 0 and not any(piece.lower().startswith("s") for kind, piece in pieces if kind in ("date", "elapsed")):
        seconds = seconds.quantize(Decimal(1), ROUND_HALF_UP)
    days = int(seconds // 86_400)
    epoch = _EPOCH_1904 if since_1904 else _EPOCH + timedelta(days=days < _LEAP_DAY)
    if days + (epoch - datetime(1, 1, 1)).days >= (datetime.max - datetime(1, 1, 1)).days:
        return general(number)
    moment = epoch + timedelta(days=days, seconds=int(seconds % 86_400))
    twelve = any(kind == "ampm" for kind, _ in pieces)
    parts = []
    for at, (kind, piece) in enumerate(pieces):
        if kind == "elapsed":
            parts.append(_elapsed(piece, seconds))
        elif kind == "date":
            parts.append(_moment(piece.lower(), moment, section.names, minutes=_is_minute(pieces, at), twelve=twelve))
        elif kind == "ampm":
            half = "AM" if moment.hour < 12 else "PM"
            parts.append(half if len(piece) > 3 else half[0])
        elif kind == "fraction":
            parts.append(f"{seconds % 1:f}"[1:])
        else:
            parts.append(
                piece if kind == "sign" and piece != "@" else _literal(kind, piece) or (piece if piece in ".," else "")
            )
    return " ".join("".join(parts).split())


def _is_minute(pieces: tuple[tuple[str, str], ...], at: int) -> bool:
    """True for an m behind hours or before seconds; any other is a month."""
    if pieces[at][1].lower()[0] != "m":
        return False
    units = [(place, piece.lower()[0]) for place, (kind, piece) in enumerate(pieces) if kind in ("date", "elapsed")]
    before = next((unit for place, unit in reversed(units) if place < at), "")
    after = next((unit for place, unit in units if place > at), "")
    return len(pieces[at][1]) < 3 and (before == "h" or after == "s")


def _elapsed(piece: str, seconds: Decimal) -> str:
    size = {"h": 3600, "m": 60, "s": 1}[piece[0]]
    return str(int(seconds // size)).zfill(len(piece))


def _moment(piece: str, moment: datetime, names: CalendarNames, *, minutes: bool, twelve: bool) -> str:
    unit, size = piece[0], len(piece)
    if unit in "ye":
        return f"{moment.year % 100:02}" if size < 3 and unit == "y" else f"{moment.year:04}"
    if unit == "m" and not minutes:
        month = names.months[moment.month - 1]
        return {3: names.short_months[moment.month - 1], 4: month, 5: month[0]}.get(
            size, str(moment.month).zfill(min(size, 2))
        )
    if unit == "d" and size > 2:
        return (names.short_days if size == 3 else names.days)[moment.weekday()]
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    number = {"m": moment.minute, "d": moment.day, "h": hour, "s": moment.second}.get(unit)
    return "" if number is None else str(number).zfill(min(size, 2))
