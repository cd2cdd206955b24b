"""Drawn boxes of a page, and the printed lines that stand in each."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Floats, Rectangle, around
from mistral_rag.pdf._layout import LineLayout
from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.rulings import Ruling, Rulings
from mistral_rag.schema import WordBoxes

_SLACK = 3.0
"""Points between the ends of rules that meet in a corner, and between the sides of two boxes that touch."""
_MAX_RULES = 800
"""Rules of one direction on a page of boxes; more are a drawing."""
_MAX_BOXES = 200
"""Boxes with words on a page: a form has no more, a table with cells of one line each may have a thousand."""
_LEVEL = 0.5
"""Share of the lower line's height that two lines on one level have in common."""


_Word = tuple[tuple[int, int], Rectangle]
"""Start and end of a word in the page's text, and its box in points."""


class BoxLine(NamedTuple):
    """The words of a printed line inside of one box.

    `places` are their places in the order of the page's words, `line` is the index of the line that they are from,
    `height` is that of their letters in points.
    """

    places: tuple[int, ...]
    text: str
    line: int
    box: Rectangle
    height: float
    bold: bool


class DrawnBox(NamedTuple):
    """A box and its lines from top to bottom."""

    sides: Rectangle
    lines: tuple[BoxLine, ...]

    def touches(self, other: "DrawnBox") -> bool:
        """True when two boxes have a side in common, or a part of one."""
        (left, top, right, bottom), o = self.sides, other.sides
        across = min(right, o.right) - max(left, o.left)
        down = min(bottom, o.bottom) - max(top, o.top)
        return min(across, down) > -_SLACK and max(across, down) > _SLACK


def drawn_boxes(sheet: Sheet, lines: Sequence[LineLayout], rulings: Rulings) -> list[DrawnBox]:
    """The boxes of a page that hold words, from top to bottom, those on one level from the left."""
    if not 2 <= len(rulings.across) <= _MAX_RULES or not 2 <= len(rulings.down) <= _MAX_RULES:
        return []
    records = WordBoxes.RECORD.iter_unpack(sheet.words.data)
    size = np.array([sheet.width, sheet.height] * 2) / WordBoxes.SCALE
    words = [(word[:2], Rectangle(*(size * word[2:]).tolist())) for word in records]
    sides = _Sides(rulings)
    held: dict[Rectangle, list[BoxLine]] = {}
    first = 0
    for at, line in enumerate(lines):
        places = range(first, first + len(line.words))
        first += len(line.words)
        if not line.upright:
            continue
        for box, own in groupby(places, key=lambda place: sides.around(words[place][1])):
            if box is not None:
                held.setdefault(box, []).append(_line(sheet, at, tuple(own), words))
        if len(held) > _MAX_BOXES:
            return []
    boxes = [DrawnBox(box, tuple(_levels(own))) for box, own in held.items()]
    return sorted(boxes, key=lambda box: (round(box.sides.top / _SLACK), box.sides.left))


def _line(sheet: Sheet, at: int, places: tuple[int, ...], words: Sequence[_Word]) -> BoxLine:
    boxes = [words[place][1] for place in places]
    height = float(np.median([box.bottom - box.top for box in boxes]))
    starts = [words[place][0][0] for place in places]
    bold = sheet.lines[at].bold or all(any(low <= start < high for low, high in sheet.bold) for start in starts)
    text = " ".join(sheet.text[slice(*words[place][0])] for place in places)
    return BoxLine(places, text, at, around(boxes), height, bold)


def _levels(lines: Iterable[BoxLine]) -> Iterator[BoxLine]:
    """The lines from top to bottom, those on one level as one."""
    before: BoxLine | None = None
    for line in sorted(lines, key=lambda line: (line.box.top + line.box.bottom, line.box.left)):
        if before is not None and _are_level(before.box, line.box):
            ordered = sorted((before, line), key=lambda line: line.box.left)
            before = before._replace(
                places=tuple(place for own in ordered for place in own.places),
                text=" ".join(own.text for own in ordered),
                box=around([before.box, line.box]),
                height=max(before.height, line.height),
                bold=before.bold and line.bold,
            )
            continue
        if before is not None:
            yield before
        before = line
    if before is not None:
        yield before


def _are_level(one: Rectangle, other: Rectangle) -> bool:
    lower = min(one.bottom - one.top, other.bottom - other.top)
    return min(one.bottom, other.bottom) - max(one.top, other.top) > _LEVEL * lower


class _Sides:
    """Rules as the sides of boxes."""

    def __init__(self, rulings: Rulings) -> None:
        self._across, self._down = _array(rulings.across), _array(rulings.down)
        self._known: list[Rectangle] = []

    def around(self, word: Rectangle) -> Rectangle | None:
        """The box that is drawn around a word; None where a side of it is missing."""
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        for box in reversed(self._known):
            if box.left < x < box.right and box.top < y < box.bottom:
                return box
        if (sides := _nearest(self._down, x, (y, y))) is None:
            return None
        left, right = sides
        # a rule below what is filled in is no side
        if (ends := _nearest(self._across, y, (left + _SLACK, right - _SLACK))) is None:
            return None
        top, bottom = ends
        if _nearest(self._down, x, (top + _SLACK, bottom - _SLACK)) != sides:
            return None
        self._known.append(Rectangle(left, top, right, bottom))
        return self._known[-1]


def _nearest(rules: Floats, at: float, span: tuple[float, float]) -> tuple[float, float] | None:
    """The places of the nearest rules on both sides of a point that reach over a span; None without two."""
    whole = rules[(rules[:, 1] <= span[0] + _SLACK) & (rules[:, 2] >= span[1] - _SLACK), 0]
    before, behind = whole[whole <= at], whole[whole > at]
    return (float(before.max()), float(behind.min())) if len(before) and len(behind) else None


def _array(rules: Sequence[Ruling]) -> Floats:
    return np.array(rules, dtype=np.float64).reshape(-1, 3)
