"""Strips of white that run down the page between fragments, and lines put together between them.

A gap that stands at its place in row after row parts columns; gaps that stand anywhere are wide blanks of one line.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, reads_leftward
from mistral_rag.pdf._geometry import around

MIN_WIDTH = 0.5
"""Width of the white between two columns, times the height of a line: more than a blank between words."""
MIN_ROWS = 3
"""Rows with text on both sides of a strip: gaps of two rows stand below each other by chance."""


_White = tuple[float, float]
"""Left and right edge of some white."""


class WhiteStrip(NamedTuple):
    """White between `left` and `right` in the rows from `start` up to `end`; `rows` have text on both sides of it."""

    left: float
    right: float
    start: int
    end: int
    rows: tuple[int, ...]

    @property
    def middle(self) -> float:
        """The place that parts the two sides."""
        return (self.left + self.right) / 2


def strips_of(
    rows: Sequence[Sequence[Fragment]],
    min_rows: int = MIN_ROWS,
    *,
    min_width: float = MIN_WIDTH,
    begins: Callable[[Fragment], bool] | None = None,
) -> list[WhiteStrip]:
    """All strips of white that some rows have in common, in the order of their ends.

    A row with text on one side only is part of a strip as long as it does not reach into the white. One gap may be
    part of several: that between two titles stands above all gaps of the tables below. With `begins` a strip is
    sought only left of fragments that it is true of.
    """
    found: list[WhiteStrip] = []
    active: dict[_White, tuple[int, ...]] = {}
    for at, row in enumerate(rows):
        if not active and len(row) == 1:
            continue
        width = min_width * max([p.box.bottom - p.box.top for p in row])
        gaps = _gaps(row, width)
        going: dict[_White, tuple[int, ...]] = {}
        for white, own in active.items():
            on = [place for gap, _ in gaps if (place := _common(white, gap, width))] if gaps else []
            through = [(place, (*own, at)) for place in on]
            if not on and (beside := _beside(white, row, width)):
                through = [(beside, own)]
            if not through and len(own) >= min_rows:
                found.append(WhiteStrip(*white, own[0], at, own))
            for place, longer in through:
                if len(longer) > len(going.get(place, ())):
                    going[place] = longer
        for gap, fragment in gaps:
            if gap not in going and (begins is None or begins(fragment)):
                going[gap] = (at,)
        active = going
    found += (WhiteStrip(*white, own[0], len(rows), own) for white, own in active.items() if len(own) >= min_rows)
    return found


def _gaps(row: Sequence[Fragment], width: float) -> list[tuple[_White, Fragment]]:
    """The gaps of a row, each with the fragment right of it."""
    found: list[tuple[_White, Fragment]] = []
    right = row[0].box.right
    for fragment in row[1:]:
        box = fragment.box
        if box.left - right >= width:
            found.append(((right, box.left), fragment))
        if box.right > right:
            right = box.right
    return found


def _common(a: _White, b: _White, width: float) -> _White | None:
    left, right = max(a[0], b[0]), min(a[1], b[1])
    return (left, right) if right - left >= width else None


def _beside(white: _White, row: Sequence[Fragment], width: float) -> _White | None:
    """The part of some white that a row on one side of it leaves."""
    left, right = row[0].box.left, max([p.box.right for p in row])
    on_left = left + right < white[0] + white[1]
    return _common(white, (right, white[1]) if on_left else (white[0], left), width)


def between(row: Sequence[Fragment], strips: Iterable[WhiteStrip]) -> list[list[Fragment]]:
    """The fragments of a row in groups that no strip parts."""
    places = sorted(strip.middle for strip in strips)
    groups: list[list[Fragment]] = []
    last = -1
    for fragment in row:
        at = sum(place <= fragment.box.left for place in places)
        if at != last:
            groups.append([])
            last = at
        groups[-1].append(fragment)
    return groups


def as_one(fragments: Sequence[Fragment], texts: Sequence[str]) -> Fragment:
    """Fragments side by side as one."""
    if len(fragments) == 1:
        return fragments[0]
    words = [word for fragment in fragments for word in fragment.words]
    if reads_leftward([texts[word] for word in words]):
        words = [word for fragment in reversed(fragments) for word in fragment.words]
    return Fragment(words, around([fragment.box for fragment in fragments]))
