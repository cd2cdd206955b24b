"""Boundaries between the tables of a page."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mistral_rag.pdf._tables.above import head_below_pairs
from mistral_rag.pdf._tables.drawn import drawn_tables
from mistral_rag.pdf._tables.grid import Parts
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.parts import belongs_above, table_parts
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.rulings import Rulings
from mistral_rag.pdf._tables.runs import runs_of, spans_of

_MAX_LAST_LINES = 5
"""Lines of the label in a table's last row that stand below its values."""
_MAX_LINE_GAP = 0.5
"""White between two lines of a label, times the height of a line."""
_ALIGNED = 3.0
"""Points by which edges of one column differ."""
_MIN_ALIGNED = 0.6
"""Share of the names in a new head that stand on the edges of the columns above by chance."""
_MIN_APART = 1.3
"""White above the head of a new table against that below it."""


def parts_of(rows: Sequence[Row], rulings: Rulings, text: str) -> Iterator[Parts]:
    """The tables among the lines of a page, each with its head, its body and the lines above it."""
    drawn = drawn_tables(rulings)
    for run in runs_of(rows):
        above = 0
        for first, last in spans_of(run, text, drawn):
            # a head has no lines of the table above
            yield from _tables(run[above:], first - above, last - above, rulings, text)
            above = last + 1


def _tables(run: Sequence[Row], first: int, last: int, rulings: Rulings, text: str) -> Iterator[Parts]:
    """The tables of some lines: a new one begins where names of columns stand below values."""
    heads, pairs = _new_heads(run, first, last, Lattice.of(rulings, run[first : last + 1]), text)
    starts = [first, *heads]
    floor = 0
    for begin, following in zip(starts, [*starts[1:], last + 1], strict=True):
        end, split = following, following <= last
        while end - 1 > begin and _is_apart(run, begin, end - 1, split=split):
            end -= 1
        if split or end == following:
            end = _with_last_label(run[:following] if split else run, begin, end, rulings, text)
        if begin not in pairs and (parts := table_parts(run[floor:], begin - floor, end - floor, rulings, text)):
            yield parts
        floor = end


def _with_last_label(run: Sequence[Row], begin: int, end: int, rulings: Rulings, text: str) -> int:
    """The end of a table with the other lines of the label in its last row."""
    lattice = Lattice.of(rulings, run[begin : min(end + _MAX_LAST_LINES, len(run))])
    last = run[end - 1].pieces
    lefts = sorted(piece.left for piece in last)
    while end < len(run) and len(run[end].pieces) == 1:
        above, row = run[end - 1], run[end]
        piece = row.pieces[0]
        if row.top - above.bottom >= _MAX_LINE_GAP * row.height or piece.kind == "number":
            break
        in_label = row.right < lefts[min(1, len(lefts) - 1)]
        shaded = lattice.color(row) is not None and lattice.color(row) == lattice.color(above)
        label_goes_on = in_label and (shaded or above.interlocks(row) or text[piece.start].islower())
        below = any(p.kind != "number" and abs(p.left - piece.left) < _ALIGNED for p in last if p.left > lefts[0])
        if not (label_goes_on or below):
            break
        end += 1
    return end


def _is_apart(run: Sequence[Row], begin: int, at: int, *, split: bool) -> bool:
    """True when the last line of a table is none of it: the title of the next one, or words set apart below values."""
    row = run[at]
    if split and len(row.pieces) == 1:
        return True
    if at - begin < 2 or not row.is_words or not any(row.has_values for row in run[begin:at]):
        return False
    return row.top - run[at - 1].bottom > _MIN_APART * row.height and not _has_words_between(run[begin:at])


def _has_words_between(rows: Sequence[Row]) -> bool:
    """True when a line of several cells without a number stands below one with numbers."""
    first = next(at for at, row in enumerate(rows) if row.has_values)
    return any(len(row.pieces) > 1 and row.is_words for row in rows[first:])


def _new_heads(
    run: Sequence[Row], first: int, last: int, lattice: Lattice, text: str
) -> tuple[list[int], frozenset[int]]:
    """Indices of the lines at which a new table begins, its head's upper lines included; and where pairs begin.

    Names and values above a table are no table: what names what is not said where they differ by nothing.
    """
    found: list[int] = []
    pairs: set[int] = set()
    begun = first
    for at in range(first + 1, last):
        if not any(row.has_values for row in run[begun:at]):
            if (top := _below_pairs(run, begun, at, last, text)) is not None:
                pairs.add(found[-1] if found else first)
                found.append(top)
                begun = at
            continue
        if not _begins_table(run, begun, at, last, lattice):
            continue
        rows = run[at : last + 1]
        top, edges = at, (min(row.left for row in rows), max(row.right for row in rows))
        while top - 1 > begun and belongs_above(run, top - 1, edges, text):
            top -= 1
        found.append(top)
        begun = at
    return found, frozenset(pairs)


def _below_pairs(run: Sequence[Row], begun: int, at: int, last: int, text: str) -> int | None:
    """The first line of a head that stands below names and values without a number; None for other lines."""
    row = run[at]
    if len(row.pieces) < 2 or not row.is_words or not _stands_over_values(row, run[at + 1 : last + 1]):
        return None
    return head_below_pairs(run, begun, at, min(r.left for r in run[begun : last + 1]), text)


def _begins_table(run: Sequence[Row], begun: int, at: int, last: int, lattice: Lattice) -> bool:
    """True when a line of words between values is the head of a new table."""
    row, above = run[at], run[at - 1]
    if len(row.pieces) < 2 or not row.is_words:
        return False
    following = next((r for r in run[at + 1 : last + 1] if len(r.pieces) > 1), None)
    if following is None:
        return False
    titled = len(above.pieces) == 1 and not lattice.part(above, row)
    if titled and (above.bold or above.height > row.height) and not _is_aligned(row, run[begun : at - 1]):
        return True
    apart = (
        titled
        or (row.bold and not above.bold)
        or (lattice.part(above, row) and not all(lattice.part(a, b) for a, b in pairwise(run[begun:at])))
        or row.top - above.bottom > _MIN_APART * (run[at + 1].top - row.bottom) > 0
        or row.left > max(r.left for r in run[begun:at])
    )
    return apart and _stands_over_values(row, run[at + 1 : last + 1])


def _is_aligned(row: Row, above: Sequence[Row]) -> bool:
    """True when a line has its cells at the edges of those above."""
    lefts = [piece.left for other in above for piece in other.pieces]
    rights = [piece.right for other in above for piece in other.pieces]
    on_edge = [
        any(abs(left - piece.left) < _ALIGNED for left in lefts)
        or any(abs(right - piece.right) < _ALIGNED for right in rights)
        for piece in row.pieces
    ]
    return sum(on_edge) >= _MIN_ALIGNED * len(row.pieces)


def _stands_over_values(row: Row, below: Sequence[Row]) -> bool:
    """True when most words of a line behind the first stand over numbers."""
    following = next((r for r in below if len(r.pieces) > 1 and not r.is_words), None)
    if following is None:
        return False
    values = [piece for piece in following.pieces if piece.kind == "number"]
    over = [any(value.left < piece.right and piece.left < value.right for value in values) for piece in row.pieces[1:]]
    return 2 * sum(over) >= len(over)
