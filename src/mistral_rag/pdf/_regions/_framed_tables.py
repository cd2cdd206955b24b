"""Tables beside each other, each in rules of its own: rows of one are none of the other, though they stand level."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mistral_rag.pdf._fragments import Fragment
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._regions._apart import Split
from mistral_rag.pdf._regions._frames import holds
from mistral_rag.pdf._regions._matters import Side, is_table

_MIN_ROWS = 2
"""Rows of several cells in each table: boxes of a form have a name and a value each."""
_MIN_CELLS = 2 * 2
"""Fragments of a row of two tables: a name and a value in each."""
_MAX_EDGE = 3.0
"""Points by which a title reaches over the frame below it."""
_MAX_TITLE_GAP = 1.5
"""White between a title and the first row in the frame below it, times its height."""

Rows = Sequence[Sequence[Fragment]]


def may_be_framed_tables(rows: Rows) -> bool:
    """True when a row, that of the heads at least, is long enough for two tables: frames are looked for only there."""
    return any(len(row) >= _MIN_CELLS for row in rows)


def framed_tables(rows: Rows, frames: Sequence[Rectangle], texts: Sequence[str]) -> Iterator[Split]:
    """Rows whose fragments stand in tables beside each other, and the white between two of their frames."""
    outer = sorted({frame for frame in frames if not any(o != frame and holds(o, frame) for o in frames)})
    for start, end, inside in _blocks(rows, outer):
        above = start
        while above > 0 and _are_titles(rows[above - 1], rows[above], inside):
            above -= 1
        for left, right in pairwise(inside):
            split = Split(above, end, (left.right + right.left) / 2)
            if left.right < right.left and all(_is_table(side, rows[start:end], texts) for side in (left, right)):
                yield split


def _are_titles(row: Sequence[Fragment], below: Sequence[Fragment], inside: Sequence[Rectangle]) -> bool:
    """True when each fragment of a row stands close above one of the frames, and all of these have one."""
    owners = [
        next((f for f in inside if f.left - _MAX_EDGE <= p.box.left and p.box.right <= f.right + _MAX_EDGE), None)
        for p in row
    ]
    height = max(p.box.bottom - p.box.top for p in row)
    white = min(p.box.top for p in below) - max(p.box.bottom for p in row)
    return None not in owners and len({*owners}) == len(inside) and white <= _MAX_TITLE_GAP * height


def _blocks(rows: Rows, outer: Sequence[Rectangle]) -> Iterator[tuple[int, int, list[Rectangle]]]:
    """Rows from and up to that stand in frames alone, and these from left to right, those of one place once."""
    owners = [[next((frame for frame in outer if holds(frame, p.box)), None) for p in row] for row in rows]
    at = 0
    while at < len(rows):
        end = at
        inside: set[Rectangle] = set()
        while end < len(rows) and None not in owners[end] and (not inside or inside & {*owners[end]}):
            inside |= {frame for frame in owners[end] if frame is not None}
            end += 1
        if len(inside) > 1:
            yield at, end, sorted(inside)
        at = max(end, at + 1)


def _is_table(frame: Rectangle, rows: Rows, texts: Sequence[str]) -> bool:
    held = [[p for p in row if holds(frame, p.box)] for row in rows]
    side = Side([row for row in held if row], texts)
    return sum(len(row) > 1 for row in side.rows) >= _MIN_ROWS and is_table(side)
