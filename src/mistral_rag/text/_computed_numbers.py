"""Numbers of statements that their sources give by one computation that the statement names.

Any number is the result of something, so a result counts only when the statement has a word for the operation, and its
operands stand in one row or sentence, or in rows that the statement or the question names.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from mistral_rag.text._numbers import Number, numbers
from mistral_rag.text._sentences import sentences
from mistral_rag.text._words import content_words

_UP: Final = (
    r"grow\w*|grew|increas\w*|r[io]se[ns]?\b|rising|climb\w*|gain\w*|up\b|higher|improv\w*|expand\w*|jump\w*|surg\w*|soar\w*|more\b"
    r"|st(?:ieg|eig)\w*|gestiegen|erhöh\w*|w(?:u|a|ä)chs\w*|zunahm\w*|zugenommen|zunahme|wachstum|höher|mehr\b"
    r"|augment\w*|hausse|progress\w*|croissance|plus\b|aument\w*|sub(?:ió|ieron|ida)\b|crec\w*|increment\w*|más\b"
)
_DOWN: Final = (
    r"f[ae]ll\w*|decreas\w*|declin\w*|drop\w*|reduc\w*|lower\w*|down\b|shr[aiu]nk\w*|less\b|fewer\b|contract\w*|plung\w*|lost|loss\b"
    r"|fiel\w*|gefallen|s[aiu]nk\w*|gesunken|rückgang\w*|zurückgegangen|verringer\w*|abnahm\w*|abgenommen|niedriger|weniger"
    r"|diminu\w*|baiss\w*|recul\w*|chut\w*|moins\b|disminu\w*|baj\w*|ca(?:yó|yeron|ída)\b|descen\w*|menos\b"
)
_CHANGE: Final = re.compile(
    rf"\b(?:{_UP}|{_DOWN}|chang\w*|veränder\w*|änder\w*|variation\w*|cambi\w*|vari[óa]\w*)", re.IGNORECASE
)
_UPWARD: Final = re.compile(rf"\b(?:{_UP})", re.IGNORECASE)
_DOWNWARD: Final = re.compile(rf"\b(?:{_DOWN})", re.IGNORECASE)
_DIFFERENCE: Final = re.compile(
    rf"{_CHANGE.pattern}|\b(?:differ\w*|gap|spread|remain\w*|left|exceed\w*|net\b|minus|subtract\w*|unterschied\w*|differenz|écart|diferencia)",
    re.IGNORECASE,
)
_SUM: Final = re.compile(
    r"\b(?:total\w*|sum\b|sums\b|combined|together|altogether|aggregate\w*|in all|overall|add(?:s|ed|ing)? up|plus"
    r"|insgesamt|zusammen\w*"
    r"|summe|gesamt\w*|somme|ensemble|suma|juntos|conjunto|totale|samen)\b",
    re.IGNORECASE,
)
_RATIO: Final = re.compile(
    r"\b(?:ratio\w*|margins?|share|percent(?:age)? of|% of|proportion\w*|rate|account\w*|represent\w*|compris\w*"
    r"|contribut\w*|made up"
    r"|multiple|times|turnover|coverage|per\b|payout|yield|return on|intensity|divided|quick|conversion|anteil\w*"
    r"|quote|marge\w*"
    r"|verhältnis|entspr\w*|pro\b|taux|part\b|rapport|parte|cuota|margen|proporción|tasa|porcentaje)",
    re.IGNORECASE,
)
_AVERAGE: Final = re.compile(
    r"\b(?:averag\w*|mean\b|durchschnitt\w*|mittel\w*|moyenne|promedio|media|gemiddeld\w*)", re.IGNORECASE
)
_LABEL: Final = re.compile(r"[^\W\d_]{3,}[^\d\n]*")
_LABEL_REACH: Final = 120
"""Characters before a number in which its label stands, over some lines of one value each."""
NAMED_SHARE: Final = 0.6
"""Share of a label's words that a statement must have to name it."""
MAX_IN_ROW: Final = 8
"""Numbers of a row or sentence; among more, some pair gives almost any result."""
_SCALES: Final = (0, 3, 6, 9)


@dataclass(frozen=True, slots=True)
class Computation:
    """The way in which numbers of the sources give one of a statement, as shown to a reader."""

    shown: str
    value: float


@dataclass(frozen=True, slots=True)
class _Operand:
    number: Number
    row: tuple[int, int]
    label: frozenset[str]

    @property
    def value(self) -> float:
        sign = -1 if self.number.minus or self.number.bracketed else 1
        return float(min(self.number.values) * sign * 10**self.number.power)


def computed_number(number: Number, statement: str, sources: Sequence[str], *, asked: str = "") -> Computation | None:
    """The computation that gives `number` from the sources and is named by the statement or the question `asked`.

    Named are changes in percent, differences, sums, averages and ratios, by a word of the statement; the words of the
    question `asked` may name the rows of the operands. The statement's own numbers are operands, too. None when there
    is no such computation.
    """
    digits = re.sub(r"\D", "", number.text).lstrip("0")
    if not number.values or (len(digits) < 2 and not number.percent):
        return None
    named = frozenset(content_words(f"{statement} {asked}"))
    own = statement[: number.start] + " " * (number.end - number.start) + statement[number.end :]
    operands = [operand for operand in _operands([*sources, own]) if not operand.number.is_year]
    for computation in _computations(number, operands, statement, named):
        if _gives(computation.value, number):
            return computation
    return None


def _computations(
    number: Number, operands: Sequence[_Operand], text: str, named: frozenset[str]
) -> Iterator[Computation]:
    """The named computations over operands that belong together, the ones most often meant first."""
    pairs = list(_pairs(operands, named))
    percent = number.percent
    for first, second, together in pairs:
        a, b, names = first.value, second.value, (first.number.text, second.number.text)
        if percent and together and b and _CHANGE.search(text) and _fits_direction(a - b, text):
            yield Computation(f"change from {names[1]} to {names[0]}", (a - b) / abs(b) * 100)
        if b and _RATIO.search(text) and (len(set(names)) == 2):
            yield Computation(f"{names[0]} / {names[1]}", a / b * (100 if percent else 1))
        both_percent = first.number.percent == second.number.percent == percent
        if both_percent and _DIFFERENCE.search(text) and _fits_direction(a - b, text):
            yield Computation(f"{names[0]} - {names[1]}", a - b)
        if both_percent and _SUM.search(text):
            yield Computation(f"{names[0]} + {names[1]}", a + b)
        if both_percent and _AVERAGE.search(text):
            yield Computation(f"average of {names[0]} and {names[1]}", (a + b) / 2)


def _fits_direction(difference: float, text: str) -> bool:
    """True unless the text speaks of a rise only and the difference is a fall, or the other way round."""
    up, down = _UPWARD.search(text) is not None, _DOWNWARD.search(text) is not None
    return up == down or (difference > 0) == up


def _pairs(operands: Sequence[_Operand], named: frozenset[str]) -> Iterator[tuple[_Operand, _Operand, bool]]:
    """Pairs of one row or sentence, then pairs of rows that are named; True for the first kind."""
    rows: dict[tuple[int, int], list[_Operand]] = {}
    for operand in operands:
        rows.setdefault(operand.row, []).append(operand)
    for row in rows.values():
        if len(row) <= MAX_IN_ROW:
            yield from ((a, b, True) for a, b in permutations(row, 2))
    known = [o for o in operands if o.label and len(o.label & named) >= NAMED_SHARE * len(o.label)]
    if len(known) <= MAX_IN_ROW or len(operands) <= 3:
        yield from ((a, b, False) for a, b in permutations(known or operands, 2) if a.row != b.row)


def _operands(sources: Sequence[str]) -> Iterator[_Operand]:
    for at, source in enumerate(sources):
        rows = [end for start, end in _rows(source)]
        for number in numbers(source):
            if number.values:
                row = bisect_right(rows, number.start)
                yield _Operand(number, (at, row), _label(source, number.start))


def _rows(source: str) -> Iterator[tuple[int, int]]:
    """Ranges of rows and sentences; lines of one value each belong to the line with words above them."""
    for start, end in sentences(source, paragraphs=True):
        at = start
        for line in re.finditer(r"\n(?=[^\n]*[^\W\d_]{3})", source[start:end]):
            if any(map(str.isdigit, source[at : start + line.start()])):
                yield at, start + line.start()
                at = start + line.end()
        yield at, end


def _label(source: str, at: int) -> frozenset[str]:
    """Content words of the text right before a number."""
    labels = list(_LABEL.finditer(source, max(0, at - _LABEL_REACH), at))
    return frozenset(content_words(labels[-1][0])) if labels else frozenset()


def _gives(value: float, number: Number) -> bool:
    """True when a result, rounded as the number is printed, is the number; a table leaves its scale to its heading."""
    powers = _SCALES if number.power else (0,)
    half = 0.5 * 10.0 ** (number.power - number.decimals) * (1 + 1e-9)
    claimed = [c * 10**number.power for c in number.values]
    return any(abs(abs(value) * 10**power - abs(c)) <= half for power in powers for c in claimed)
