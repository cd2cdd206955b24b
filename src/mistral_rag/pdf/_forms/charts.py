"""Charts of boxes that lines or arrows connect: flow charts, and who leads whom. Each box is read by itself."""

from collections.abc import Sequence

from mistral_rag.pdf._forms.box_lines import BoxText, by_boxes
from mistral_rag.pdf._forms.boxes import DrawnBox, drawn_boxes
from mistral_rag.pdf._forms.stacked import Restacked
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._layout import LineLayout
from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.rulings import Ruling, Rulings

_MIN_BOXES = 3
"""Boxes that stand apart; two may be notes."""
_MIN_CONNECTED = 0.5
"""Share of the boxes that a line or an arrow begins or ends at: those at slanted lines have none."""
_MAX_LINES = 6
_MAX_WORDS = 30
"""A box with more text is a note, and is read as sentences."""
_REACH = 3.0
"""Points between the end of a line and the side of the box that it begins at."""
_MIN_LENGTH = 6.0
"""Points that such a line runs outside of the box: the corners of a rule reach over by less."""
_ARROWS = frozenset("←↑→↓↔↕⇐⇑⇒⇓➔➜➝➞►▶◄◀▲▼")
_MAX_ARROW_GAP = 2.0
"""White between an arrow that is a letter and its box, times the height of a line."""


def charted(sheet: Sheet, lines: Sequence[LineLayout], rulings: Rulings) -> Restacked | None:
    """The `lines` of a sheet with those of each box of a chart together; None where a page has no chart."""
    boxes = drawn_boxes(sheet, lines, rulings)
    apart = [box for box in boxes if not any(box.touches(other) for other in boxes if other is not box)]
    if len(apart) < _MIN_BOXES:
        return None
    arrows = _arrows(sheet)
    connected = [box for box in apart if _is_connected(box.sides, rulings) or _is_beside_arrow(box, arrows, sheet)]
    if len(connected) < max(_MIN_BOXES - 1, _MIN_CONNECTED * len(apart)):
        return None
    short = [box for box in apart if len(box.lines) <= _MAX_LINES and _count_words(box) <= _MAX_WORDS]
    # boxes stay where they are on the page, unlike those of a form
    return by_boxes(lines, [[BoxText([box.lines], kind="figure")] for box in short]) if short else None


def _count_words(box: DrawnBox) -> int:
    return sum(len(line.places) for line in box.lines)


def _is_connected(box: Rectangle, rulings: Rulings) -> bool:
    """True when a rule begins at a side of a box and runs away from it."""
    left, top, right, bottom = box
    return any(
        _runs_away(rule, (low, high), ends)
        for rules, (low, high), ends in (
            (rulings.down, (top, bottom), (left, right)),
            (rulings.across, (left, right), (top, bottom)),
        )
        for rule in rules
    )


def _runs_away(rule: Ruling, side: tuple[float, float], ends: tuple[float, float]) -> bool:
    if not ends[0] + _REACH < rule.place < ends[1] - _REACH or rule.high - rule.low < _MIN_LENGTH:
        return False
    return abs(rule.low - side[1]) <= _REACH or abs(rule.high - side[0]) <= _REACH


def _arrows(sheet: Sheet) -> list[Rectangle]:
    return [
        Rectangle(word.box.left, word.box.top, word.box.right, word.box.bottom)
        for word in sheet.words
        if sheet.text[word.start : word.end] in _ARROWS
    ]


def _is_beside_arrow(box: DrawnBox, arrows: Sequence[Rectangle], sheet: Sheet) -> bool:
    """True when an arrow stands right outside of a box."""
    left, top, right, bottom = box.sides
    reach = _MAX_ARROW_GAP * box.lines[0].height
    for arrow in arrows:
        x, y = (arrow.left + arrow.right) / 2 * sheet.width, (arrow.top + arrow.bottom) / 2 * sheet.height
        if left - reach < x < right + reach and top - reach < y < bottom + reach:
            return True
    return False
