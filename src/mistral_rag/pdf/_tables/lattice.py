"""Rules and shading of one table: what they part, and what they hold together."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._tables.columns import Column
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.pdf._tables.rulings import Ruling, Rulings, Shade, covered

_MIN_ACROSS = 0.8
"""Share of a table's width that a rule between two rows covers; one below a sum or a column name covers less."""
_MIN_DOWN = 0.6
"""Share of a table's height that a rule between two columns covers."""
_MIN_SHADE = 0.5
"""Share of a table's width that the shading of a row covers."""
_MAX_SHADE = 0.9
"""A shading wider than this share of a table is that of a row, not of a cell."""
_MIN_REGION = 6.0
"""Points between two rules that a column stands between; a double rule has less."""
_SLACK = 2.0
"""Points by which letters reach over rules and shadings: their boxes are as high as the font."""
_MAX_MARGIN = 12.0
"""Points between the text of a table and the rules down its sides, where no rule across tells."""
_MAX_UNDERLINE = 1.0
"""Distance of a rule below column names that it joins, times the height of their line."""
_MAX_EDGE = 2.0
"""Distance of the rule around a table from the middle of its first or last row, times the height of that row."""
_MAX_RULES = 400
"""Rules that are looked at for each row of a table."""

Color = tuple[int, int, int]


class Lattice(NamedTuple):
    """The rules and shadings of a table between `left` and `right`, in points; `colors` keeps those behind rows."""

    across: Sequence[Ruling]
    down: Sequence[Ruling]
    shades: Sequence[Shade]
    left: float
    right: float
    colors: dict[int, Color | None]

    @classmethod
    def of(cls, rulings: Rulings, rows: Sequence[Row]) -> "Lattice":
        """The rules and shadings around and between some rows."""
        top, bottom = rows[0].top - rows[0].height, rows[-1].bottom + rows[-1].height
        left, right = min(row.left for row in rows), max(row.right for row in rows)
        across = [r for r in rulings.across if top <= r.place <= bottom and r.low < right and r.high > left]
        # short values at the left of a wide column end far from its frame, where the rules across end too
        whole = [rule for rule in across if covered([rule[1:]], left, right) >= _MIN_ACROSS]
        # the frame of a table beside this one stands closer than its own where cells have wide margins
        low = min([r.low - _SLACK for r in whole if r.low <= left], default=left - _MAX_MARGIN)
        high = max([r.high + _SLACK for r in whole if r.high >= right], default=right + _MAX_MARGIN)
        return cls(
            across[:_MAX_RULES],
            [r for r in rulings.down if low <= r.place <= high and r.low < bottom and r.high > top][:_MAX_RULES],
            [
                s
                for s in rulings.shades
                if s.box.top < bottom and s.box.bottom > top and s.box.left < right and s.box.right > left
            ][:_MAX_RULES],
            left,
            right,
            {},
        )

    def part(self, above: Row, below: Row) -> bool:
        """True when a rule as wide as the table, or the edge of a row's shading, stands between two rows."""
        return self.rule_between(above, below) or self.color(above) != self.color(below)

    def rule_between(self, above: Row, below: Row) -> bool:
        """True when a rule as wide as the table stands between two rows."""
        low, high = _middle(above), _middle(below)
        spans = [(rule.low, rule.high) for rule in self.across if low < rule.place < high]
        return bool(spans) and covered(spans, self.left, self.right) >= _MIN_ACROSS

    def spans(self, above: Row, below: Row, column: Column, first: float) -> bool:
        """True when a rule parts two rows from the left edge `first` on, but not in a column left of that."""
        low, high = _middle(above), _middle(below)
        rules = [(rule.low, rule.high) for rule in self.across if low < rule.place < high]
        if not rules or covered(rules, first, self.right) < _MIN_ACROSS:
            return False
        return covered(rules, column.left, min(column.right, first)) < 1 - _MIN_ACROSS

    def closes(self, above: Row | None, below: Row | None, column: Column) -> bool:
        """True when a rule over a column stands between two rows, or near the first or the last one of a table."""
        low = _middle(above) if above else _middle(below) - _MAX_EDGE * below.height if below else 0.0
        high = _middle(below) if below else low + _MAX_EDGE * above.height if above else 0.0
        rules = [(rule.low, rule.high) for rule in self.across if low < rule.place < high]
        return covered(rules, column.left, column.right) >= _MIN_ACROSS

    def color(self, row: Row) -> Color | None:
        """The colour behind a row; None where most of it is blank."""
        if not self.shades:
            return None
        if row.line not in self.colors:
            self.colors[row.line] = self._color(_middle(row))
        return self.colors[row.line]

    def _color(self, middle: float) -> Color | None:
        behind = [shade for shade in self.shades if shade.box.top <= middle <= shade.box.bottom]
        spans = [(shade.box.left, shade.box.right) for shade in behind]
        return behind[-1].color if behind and covered(spans, self.left, self.right) >= _MIN_SHADE else None

    def is_behind(self, row: Row) -> bool:
        """True when shadings stand behind all pieces of a row, not beside a label as boxes to fill in do."""
        middle = _middle(row)
        boxes = [shade.box for shade in self.shades if shade.box.top <= middle <= shade.box.bottom]
        return all(any(box.left <= piece.middle <= box.right for box in boxes) for piece in row.pieces)

    def regions(self, rows: Sequence[Row], columns: Sequence[Column]) -> list[tuple[float, float]]:
        """Ranges (left, right) between the rules that run down a table; empty where they do not part all columns."""
        top, bottom = rows[0].top, rows[-1].bottom
        places: list[float] = []
        for rule in self.down:
            known = places and rule.place - places[-1] < _MIN_REGION
            if not known and covered(self._down_at(rule.place), top, bottom) >= _MIN_DOWN:
                places.append(rule.place)
        if not places:
            return []
        first, last = columns[0].left - _SLACK, columns[-1].right + _SLACK
        if places[0] - first > _MIN_REGION:
            places.insert(0, first)
        if last - places[-1] > _MIN_REGION:
            places.append(last)
        found = list(pairwise(places))
        owners = [[c for c in columns if low <= c.middle <= high] for low, high in found]
        whole = sum(map(len, owners)) == len(columns) and all(len(owned) <= 1 for owned in owners)
        return found if whole else []

    def parts_all(self, columns: Sequence[Column]) -> bool:
        """True when a rule runs down between any two columns somewhere in the table."""
        places = [rule.place for rule in self.down]
        return all(any(a.middle < place < b.middle for place in places) for a, b in pairwise(columns)) and bool(places)

    def _down_at(self, place: float) -> list[tuple[float, float]]:
        return [(rule.low, rule.high) for rule in self.down if abs(rule.place - place) < _MIN_REGION]

    def bounds(self, row: Row, piece: Piece) -> tuple[float, float] | None:
        """Left and right edge of the cell that rules or a shading draw around a piece; None where they draw none."""
        middle = _middle(row)
        beside = [rule.place for rule in self.down if rule.low <= middle <= rule.high]
        lows = [place for place in beside if place <= piece.middle]
        highs = [place for place in beside if place > piece.middle]
        if lows and highs:
            return max(lows), min(highs)
        for shade in self.shades:
            left, top, right, bottom = shade.box
            inside = left - _SLACK <= piece.left and piece.right <= right + _SLACK and top <= middle <= bottom
            if inside and right - left < _MAX_SHADE * (self.right - self.left):
                return left, right
        return None

    def underline(self, row: Row, piece: Piece, below: Row | None = None) -> tuple[float, float] | None:
        """Ends of the rule right below a piece that is wider than it, and not as wide as the table.

        With the next row `below`, only a rule above that one.
        """
        low = _middle(row)
        high = min(row.bottom + _MAX_UNDERLINE * row.height, _middle(below) if below else float("inf"))
        for rule in self.across:
            if low < rule.place < high and rule.low - _SLACK <= piece.left and piece.right <= rule.high + _SLACK:
                return (rule.low, rule.high) if rule.high - rule.low < _MAX_SHADE * (self.right - self.left) else None
        return None


def _middle(row: Row) -> float:
    return (row.top + row.bottom) / 2
