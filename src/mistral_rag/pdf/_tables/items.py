"""Items on two lines, as on receipts: the name, and below it quantity, price and amount."""

import re
from collections.abc import Sequence

from mistral_rag.pdf._tables.pieces import Row

_MIN_ITEMS = 2
"""One name above one line of numbers may be a group of rows."""
_MAX_GAP = 1.0
"""White between a name and its numbers, times the height of a line."""
_MIN_NEARER = 0.1
"""White by which a line stands nearer to the one above than to the one below, times its height: boxes are rounded."""
_TIMES = re.compile(r"(?:[\d.,]+\s?)?[@x×*]\s?[$€£]?\d")
"""Quantity and price, or a price alone: "2 x 3.50", "@ 3.50"."""


def item_names(rows: Sequence[Row], text: str) -> frozenset[int]:
    """Indices of the lines that name an item whose numbers stand on the next line; none where a table has groups.

    A group has several lines of numbers below its name, an item one. The first item has its name above it too: words
    below the first numbers, or nearer to those above than to those below, are the second line of their row.
    """
    begins = [_is_numbers(row, text) for row in rows]
    names = frozenset(
        at
        for at in range(len(rows) - 1)
        if begins[at + 1]
        and not begins[at]
        and len(rows[at].pieces) == 1
        and rows[at].is_words
        and rows[at + 1].top - rows[at].top >= 0
        # numbers beside the middle of a label of several lines begin right of it
        and rows[at + 1].left < rows[at].right
        and rows[at + 1].top - rows[at].bottom <= _MAX_GAP * rows[at].height
    )
    alone = all(not (begins[at] and begins[at - 1]) for at in range(1, len(rows)))
    if len(names) < _MIN_ITEMS or not alone or begins.index(True) - 1 not in names:
        return frozenset()
    between = [at for at in names if at and begins[at - 1]]
    return frozenset() if between and all(_is_nearer_above(*rows[at - 1 : at + 2]) for at in between) else names


def _is_nearer_above(above: Row, row: Row, below: Row) -> bool:
    return row.top - above.bottom + _MIN_NEARER * row.height < below.top - row.bottom


def _is_numbers(row: Row, text: str) -> bool:
    """True for a line that begins with a quantity or the number of an item, and ends with an amount."""
    first = min(row.pieces, key=lambda piece: piece.left)
    last = max(row.pieces, key=lambda piece: piece.right)
    begins = first.kind in {"number", "quantity"} or _TIMES.match(text, first.start, first.end) is not None
    return begins and last.kind == "number" and len(row.pieces) > 1
