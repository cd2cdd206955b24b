"""Names and values that stand above a table, as the data of an order above its items: they are none of its head."""

from collections.abc import Sequence
from itertools import pairwise

from mistral_rag.pdf._tables.heads import MAX_HEAD_ROWS
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.values import scale_of

_MIN_APART = 1.3
"""White above a head against that between any two lines above it, and in it: levels of one head have the same."""
_ALIGNED = 3.0
"""Points by which edges of one column differ."""
_MIN_ALIGNED = 0.6
"""Share of the names in a line that stand on edges of the line above where both are one head."""


def head_below_pairs(run: Sequence[Row], begin: int, at: int, left: float, text: str) -> int | None:
    """The first line of the head that has `at` in it, where what stands above it from `begin` on is none of it.

    That is so where each line above opens at the `left` of the table with a name and its value beside it, and the head
    does so too and is set apart by white, or bold alone. A line alone must have names and values in turn, and other
    columns than the head.
    """
    end = next((i for i in range(at, len(run)) if run[i].has_values), at + 1)
    tops = range(at, max(begin, at - MAX_HEAD_ROWS), -1)
    by_white = max(tops, key=lambda top: run[top].top - run[top - 1].bottom)
    by_weight = next((top for top in tops if not run[top - 1].bold), at)
    for top, is_apart in ((by_white, _is_set_apart), (by_weight, _is_marked)):
        pairs = run[begin:top]
        opens = any(row.left - left <= _ALIGNED for row in run[top:end])
        if opens and all(_is_pair(row, left, text) for row in pairs) and is_apart(pairs, run[top : end + 1]):
            return top
    return None


def _is_set_apart(pairs: Sequence[Row], table: Sequence[Row]) -> bool:
    """True when more white stands above a head, with the first values below it, than between any two other lines.

    One line alone must besides be none of the head.
    """
    *head, _ = table
    white = [b.top - a.bottom for lines in (pairs, table) for a, b in pairwise(lines)]
    if head[0].top - pairs[-1].bottom <= _MIN_APART * max([0.0, *white]):
        return False
    if len(pairs) > 1:
        return True
    named = [row for row in head if len(row.pieces) > 1]
    return len(pairs[0].pieces) % 2 == 0 and not any(_is_aligned(row, pairs[0]) for row in named)


def _is_marked(pairs: Sequence[Row], table: Sequence[Row]) -> bool:
    return len(pairs) > 1 and all(row.bold for row in table[:-1]) and not any(row.bold for row in pairs)


def _is_pair(row: Row, left: float, text: str) -> bool:
    """True when a line may be names and their values; what begins with the scale, or has years, stands in a head."""
    if len(row.pieces) < 2 or row.left - left > _ALIGNED:
        return False
    name = min(row.pieces, key=lambda piece: piece.left)
    return not any(p.kind in {"number", "year"} for p in row.pieces) and not scale_of(text[name.start : name.end])


def _is_aligned(row: Row, above: Row) -> bool:
    edges = [
        any(abs(p.left - o.left) < _ALIGNED or abs(p.right - o.right) < _ALIGNED for o in above.pieces)
        for p in row.pieces
    ]
    return sum(edges) >= _MIN_ALIGNED * len(edges)
