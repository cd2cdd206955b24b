"""Tables that are drawn: a frame, and rules that run down inside of it from row to row."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.rulings import Ruling, Rulings, covered

_MAX_CORNER = 3.0
"""Points between the ends of rules that meet in a corner of a frame."""
_MIN_HEIGHT = 30.0
"""Points: a lower frame is a row, or a box for a tick."""
_MIN_CLOSED = 0.95
"""Share of a frame's upper and lower edge that is drawn: rules of two tables beside each other leave a gap."""
_MIN_INNER = 0.6
"""Share of a frame's height that a rule inside runs down: cells over several columns interrupt it."""
_SLACK = 2.0
"""Points by which letters reach over a frame."""


class DrawnTable(NamedTuple):
    """The frame of a table whose columns are parted by rules."""

    box: Rectangle

    def holds(self, row: Row) -> bool:
        """True for a line inside of the frame."""
        left, top, right, bottom = self.box
        middle = (row.top + row.bottom) / 2
        return top < middle < bottom and left - _SLACK <= row.left and row.right <= right + _SLACK


def drawn_tables(rulings: Rulings) -> list[DrawnTable]:
    """The frames of a page with rules down inside of them."""
    sides: dict[tuple[int, int], list[Ruling]] = {}
    for rule in rulings.down:
        if rule.high - rule.low >= _MIN_HEIGHT:
            sides.setdefault((round(rule.low / _MAX_CORNER / 2), round(rule.high / _MAX_CORNER / 2)), []).append(rule)
    return [DrawnTable(frame) for rules in sides.values() for frame in _frames(rules, rulings)]


def _frames(rules: Sequence[Ruling], rulings: Rulings) -> Iterator[Rectangle]:
    """The area between the first and the last of some rules of one length, where rules close it and part it."""
    first, last = rules[0], rules[-1]
    edges = first.place, last.place
    inner = [rule for rule in rulings.down if edges[0] + _MAX_CORNER < rule.place < edges[1] - _MAX_CORNER]
    if not any(covered([rule[1:]], first.low, first.high) >= _MIN_INNER for rule in inner):
        return
    for end in (first.low, first.high):
        across = [rule[1:] for rule in rulings.across if abs(rule.place - end) <= _MAX_CORNER]
        if covered(across, *edges) < _MIN_CLOSED:
            return
    yield Rectangle(edges[0], first.low, edges[1], first.high)
