"""Strips of white that run down the page between fragments, and lines put together between them.

A gap that stands at its place in row after row parts columns; gaps that stand anywhere are wide blanks of one line.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, reads_leftward
from mistral_rag.pdf._geometry import around

MIN_WIDTH = 0.5
"""Width of the white between two columns, times the height of a line: more than a blank between words."""
MIN_ROWS = 3
"""Rows with text on both sides of a strip: gaps of two rows stand below each other by chance."""


class Strip(NamedTuple):
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


@dataclass(slots=True)
class _Open:
    """A strip that has not met its end."""

    left: float
    right: float
    rows: list[int]

    def closed(self, end: int) -> Strip:
        return Strip(self.left, self.right, self.rows[0], end, tuple(self.rows))


def strips_of(rows: Sequence[Sequence[Fragment]], min_rows: int = MIN_ROWS) -> list[Strip]:
    """All strips of white that some rows have in common, in the order of their ends.

    A row with text on one side only is part of a strip as long as it does not reach into the white.
    """
    found: list[Strip] = []
    active: list[_Open] = []
    for at, row in enumerate(rows):
        width = MIN_WIDTH * max(p.box.bottom - p.box.top for p in row)
        gaps = list(_gaps(row, width))
        kept: list[_Open] = []
        used: set[int] = set()
        for strip in active:
            place = _narrowed(strip, row, gaps, width)
            if place is None:
                found.append(strip.closed(at))
                continue
            kept.append(strip)
            if place >= 0:
                strip.rows.append(at)
                used.add(place)
        kept += (_Open(*gap, [at]) for place, gap in enumerate(gaps) if place not in used)
        active = kept
    found += (strip.closed(len(rows)) for strip in active)
    return [strip for strip in found if len(strip.rows) >= min_rows]


def _gaps(row: Sequence[Fragment], width: float) -> Iterator[tuple[float, float]]:
    right = row[0].box.right
    for fragment in row[1:]:
        if fragment.box.left - right >= width:
            yield right, fragment.box.left
        right = max(right, fragment.box.right)


def _narrowed(
    strip: _Open, row: Sequence[Fragment], gaps: Sequence[tuple[float, float]], width: float
) -> int | None:
    """Index of the gap of a row that a strip goes on in, which makes it narrower; -1 beside the row, None if none."""
    best, chosen = 0.0, -1
    for place, (left, right) in enumerate(gaps):
        common = min(right, strip.right) - max(left, strip.left)
        if common > best:
            best, chosen = common, place
    if chosen >= 0 and best >= width:
        left, right = gaps[chosen]
        strip.left, strip.right = max(left, strip.left), min(right, strip.right)
        return chosen
    if (left := max(p.box.right for p in row)) < strip.right:
        free = strip.right - max(left, strip.left)
        strip.left = max(left, strip.left) if free >= width else strip.left
    else:
        right = row[0].box.left
        free = min(right, strip.right) - strip.left if right > strip.left else 0.0
        strip.right = min(right, strip.right) if free >= width else strip.right
    return -1 if free >= width else None


def between(row: Sequence[Fragment], strips: Iterable[Strip]) -> list[list[Fragment]]:
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
