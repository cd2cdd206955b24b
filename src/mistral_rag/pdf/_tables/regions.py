"""Runs of printed lines that are tables, and where one table ends and the next begins."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from mistral_rag.pdf._tables.columns import (
    MAX_COLUMNS,
    Column,
    columns_of,
    place_of,
    split_by_columns,
    with_empty,
    with_kinds,
)
from mistral_rag.pdf._tables.grid import Parts, is_scale
from mistral_rag.pdf._tables.heads import MAX_HEAD_ROWS, count_head_rows
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.rulings import Rulings

_MAX_GAP = 4.0
"""White within a table, times the height of a line; more is another table."""
_MIN_SHARED_CELLS = 4
"""Cells of a line below wide white that has to stand in the columns above it to belong to their table."""
_MIN_SHARED = 0.8
"""Share of these cells that stand below others."""
_MAX_HEAD_GAP = 2.0
"""White between two lines of a head, times the height of a line."""
_MAX_LABELS = 12
"""Lines without values between two rows of a table; more are text."""
_MAX_LAST_LINES = 5
"""Lines of the label in a table's last row that stand below its values."""
_MAX_LINE_GAP = 0.5
"""White between two lines of a label, times the height of a line."""
_MAX_WIDE = 2
"""Lines in a row that reach over all columns of a table, as names of its sections do; more are prose."""
_MAX_WIDE_WORDS = 14
"""Words of such a line."""
_MAX_ABOVE = 3
"""Lines above a head that may say the scale."""
_MAX_CELL_WORDS = 6
"""Mean words of a cell, from which on lines beside each other are columns of prose, where nothing is drawn."""
_MAX_TITLE_HEIGHT = 1.3
"""Height of a line against that of a head: a higher one is the table's title."""
_SENTENCE_END = re.compile(r"[.;!?][\"'”’)]*$")
_LEADER = re.compile(r"(?:\.[ \u00a0]?){4,}$|_{3,}$")
_MAX_MARK = 4
"""Characters of the bullet or number of a list item."""
_ALIGNED = 3.0
"""Points by which edges of one column differ."""
_MIN_ALIGNED = 0.6
"""Share of the names in a new head that stand on the edges of the columns above by chance."""
_MIN_APART = 1.3
"""White above the head of a new table against that below it."""
_MIN_VALUE_ROWS = 0.5
"""Share of a table's rows that hold values where nothing is drawn; the others are labels."""


def parts_of(rows: Sequence[Row], rulings: Rulings, text: str) -> Iterator[Parts]:
    """The tables among the lines of a page, each with its head, its body and the lines above it."""
    for run in _runs(rows):
        for first, last in _spans(run, text):
            yield from _tables(run, first, last, rulings, text)


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Lines that follow each other down the page without much white between them."""
    run: list[Row] = []
    for row in rows:
        if run and (row.bottom <= run[-1].top or (_is_far(run[-1], row) and not _share_columns(run[-1], row))):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _is_far(above: Row, below: Row) -> bool:
    return below.top - above.bottom > _MAX_GAP * max(below.height, above.height)


def _share_columns(above: Row, below: Row) -> bool:
    """True when the cells of a line stand below cells of another, so that only rows are missing between them."""
    if min(len(above.pieces), len(below.pieces)) < _MIN_SHARED_CELLS:
        return False
    # names are centred above numbers that are set to the right
    slack = below.height
    under = sum(any(a.left - slack < b.right and b.left < a.right + slack for a in above.pieces) for b in below.pieces)
    return under >= _MIN_SHARED * len(below.pieces)


def _spans(run: Sequence[Row], text: str) -> Iterator[tuple[int, int]]:
    """First and last index of the lines that may be a table: lines of several cells, and labels between them."""
    celled = [
        at
        for at, row in enumerate(run)
        if (len(row.pieces) > 1 and not _is_field_or_item(row, text)) or (at and _is_lone_value(run[at - 1], row))
    ]
    first: int | None = None
    for at, following in zip_longest(celled, celled[1:]):
        first = at if first is None else first
        if following is None or not _are_labels(run, at, following, text):
            yield first, at
            first = None


def _is_lone_value(above: Row, row: Row) -> bool:
    """True for a number alone on its line, right below a number of a line of cells."""
    piece = row.pieces[0]
    if len(row.pieces) > 1 or piece.kind != "number" or row.top - above.bottom > _MAX_HEAD_GAP * row.height:
        return False
    return any(p.kind == "number" and p.left < piece.right and piece.left < p.right for p in above.pieces[1:])


def _is_field_or_item(row: Row, text: str) -> bool:
    """True for the fields of a form ("Name:  Miller  Date:  3 May"), and for a list item: a mark and then words."""
    words = [text[piece.start : piece.end] for piece in row.pieces]
    if any(word.endswith(":") for word in words[1:]):
        return True
    if len(words) != 2 or row.pieces[1].kind == "number":
        return False
    return words[0].endswith(":") or (
        len(words[0]) <= _MAX_MARK and not words[0].isalnum() and len(words[1].split()) > 2
    )


def _are_labels(run: Sequence[Row], above: int, below: int, text: str) -> bool:
    """True when the lines between two lines of cells are labels of their table."""
    between = run[above + 1 : below]
    if len(between) > _MAX_LABELS or any(len(row.pieces) > 1 for row in between):
        return False
    wide = [row for row in between if _reaches_over(row, run[above]) and _reaches_over(row, run[below])]
    if len(wide) > _MAX_WIDE:
        return False
    return not any(_is_prose(text[row.pieces[0].start : row.pieces[0].end]) for row in wide)


def _reaches_over(row: Row, celled: Row) -> bool:
    """True when a line stands in the first and the last column of a line of cells."""
    lefts = sorted(piece.left for piece in celled.pieces)
    return row.left < lefts[len(lefts) > 1] and row.right > lefts[-1]


def _is_prose(line: str) -> bool:
    return _SENTENCE_END.search(line) is not None or len(line.split()) > _MAX_WIDE_WORDS


def _tables(run: Sequence[Row], first: int, last: int, rulings: Rulings, text: str) -> Iterator[Parts]:
    """The tables of some lines: a new one begins where names of columns stand below values."""
    starts = [first, *_new_heads(run, first, last, Lattice.of(rulings, run[first : last + 1]), text)]
    for begin, end in zip(starts, [*starts[1:], last + 1], strict=True):
        while end - 1 > begin and _is_apart(run, begin, end - 1, split=end <= last):
            end -= 1
        if end == last + 1:
            end = _with_last_label(run, begin, end, rulings, text)
        if parts := _table(run, begin, end, rulings, text):
            yield parts


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
        below = any(p.kind == "text" and abs(p.left - piece.left) < _ALIGNED for p in last if p.left > lefts[0])
        if not (label_goes_on or below):
            break
        end += 1
    return end


def _is_apart(run: Sequence[Row], begin: int, at: int, *, split: bool) -> bool:
    """True when the last line of a table is none of it: the title of the next one, or words set apart below values."""
    row = run[at]
    if split and len(row.pieces) == 1:
        return True
    if at - begin < 2 or not _is_words(row) or not any(map(_has_values, run[begin:at])):
        return False
    return row.top - run[at - 1].bottom > _MIN_APART * row.height and not _has_words_between(run[begin:at])


def _has_words_between(rows: Sequence[Row]) -> bool:
    """True when a line of several cells without a number stands below one with numbers."""
    first = next(at for at, row in enumerate(rows) if _has_values(row))
    return any(len(row.pieces) > 1 and _is_words(row) for row in rows[first:])


def _new_heads(run: Sequence[Row], first: int, last: int, lattice: Lattice, text: str) -> list[int]:
    """Indices of the lines at which a new table begins, its head's upper lines included."""
    found: list[int] = []
    begun = first
    for at in range(first + 1, last):
        if not _begins_table(run, begun, at, last, lattice):
            continue
        top, left = at, min(row.left for row in run[at : last + 1])
        while top - 1 > begun and _belongs_above(run, top - 1, left, text):
            top -= 1
        found.append(top)
        begun = at
    return found


def _begins_table(run: Sequence[Row], begun: int, at: int, last: int, lattice: Lattice) -> bool:
    """True when a line of words between values is the head of a new table."""
    row, above = run[at], run[at - 1]
    if len(row.pieces) < 2 or not _is_words(row) or not any(map(_has_values, run[begun:at])):
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
        or lattice.part(above, row)
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


def _is_words(row: Row) -> bool:
    return all(piece.kind != "number" for piece in row.pieces)


def _has_values(row: Row) -> bool:
    return len(row.pieces) > 1 and any(piece.kind == "number" for piece in row.pieces[1:])


def _stands_over_values(row: Row, below: Sequence[Row]) -> bool:
    """True when most words of a line behind the first stand over numbers."""
    following = next((r for r in below if len(r.pieces) > 1 and not _is_words(r)), None)
    if following is None:
        return False
    values = [piece for piece in following.pieces if piece.kind == "number"]
    over = [any(value.left < piece.right and piece.left < value.right for value in values) for piece in row.pieces[1:]]
    return 2 * sum(over) >= len(over)


def _belongs_above(run: Sequence[Row], at: int, left: float, text: str) -> bool:
    """True when a line is the upper part of the head that begins below it: names over some columns.

    `left` is the left edge of the table.
    """
    row, below = run[at], run[at + 1]
    if below.top - row.bottom > _MAX_HEAD_GAP * row.height or row.height > _MAX_TITLE_HEIGHT * below.height:
        return False
    if len(row.pieces) > 1:
        return _is_words(row) and not _is_field_or_item(row, text)
    return row.left > left + row.height and _is_words(row)


def _table(run: Sequence[Row], begin: int, end: int, rulings: Rulings, text: str) -> Parts | None:
    """The table of the lines from `begin` to `end`, with the lines of its head above them; None when it is none."""
    lattice = Lattice.of(rulings, run[max(0, begin - MAX_HEAD_ROWS) : end])
    lattice = lattice._replace(
        left=min(row.left for row in run[begin:end]), right=max(row.right for row in run[begin:end]), colors={}
    )
    top, left = begin, lattice.left
    while top and begin - top < MAX_HEAD_ROWS and _belongs_above(run, top - 1, left, text):
        if lattice.rule_between(run[top - 1], run[top]):
            break
        top -= 1
    rows, columns, heads = _columns(run[top:end], lattice, text)
    if not 1 < len(columns) <= MAX_COLUMNS:
        return None
    title = _title_rows(rows, heads, columns, lattice, text)
    above = [*run[max(0, top - _MAX_ABOVE) : top], *rows[:title]]
    parts = Parts(above, rows[title:heads], rows[heads:], columns, lattice)
    return parts if _is_table(parts, text) else None


def _title_rows(rows: Sequence[Row], heads: int, columns: Sequence[Column], lattice: Lattice, text: str) -> int:
    """The number of rows above a head that are its title, or say its scale: above its top rule, or alone."""
    title = 0
    ruled = 2 * sum(lattice.rule_between(a, b) for a, b in pairwise(rows[heads:])) >= len(rows) - heads
    for at in range(heads - 1):
        named = {place_of(columns, piece)[0] for row in rows[at + 1 : heads] for piece in row.pieces}
        whole = len(named | {0}) == len(columns)
        alone = len(rows[at].pieces) == 1 and is_scale(text[rows[at].pieces[0].start : rows[at].pieces[0].end])
        at_left = place_of(columns, rows[at].pieces[0])[0] == 0
        if whole and (alone or (at_left and not ruled and lattice.rule_between(rows[at], rows[at + 1]))):
            title = at + 1
    return title


def _columns(rows: Sequence[Row], lattice: Lattice, text: str) -> tuple[Sequence[Row], list[Column], int]:
    """The rows of a table, their pieces parted by its columns; the columns; and the number of rows in its head."""
    first_value = next((at for at, row in enumerate(rows) if _has_values(row)), 0)
    columns = columns_of(rows[first_value:], text)
    if len(columns) < 2:
        return rows, columns, 0
    columns = with_kinds(columns, rows[max(first_value, len(rows) // 2) :])
    rows = split_by_columns(rows, columns, text)
    heads = count_head_rows(rows, columns, lattice)
    if heads and heads != first_value:
        columns = columns_of(rows[heads:], text)
    if len(columns) < 2:
        return rows, columns, 0
    if heads:
        columns = with_empty(columns, max(rows[:heads], key=lambda row: len(row.pieces)))
    regions = lattice.regions(rows[heads:] or rows, columns)
    if regions:
        columns = [Column(left, right) for left, right in regions]
    return rows, with_kinds(columns, rows[heads:]), heads


def _is_table(parts: Parts, text: str) -> bool:
    """True when lines of cells are a table, and no list of fields, table of contents or columns of prose."""
    celled = [row for row in parts.body if len(row.pieces) > 1]
    drawn = _is_drawn(parts)
    filled = len({place_of(parts.columns, piece)[0] for row in celled for piece in row.pieces})
    if len(celled) < 2 and not (celled and parts.head and filled > 2):
        return False
    labels = [text[row.pieces[0].start : row.pieces[0].end] for row in celled]
    if 2 * sum(_LEADER.search(label) is not None for label in labels) > len(labels):
        return False
    if not parts.head and _are_fields(celled, labels, text):
        return False
    values = [piece for row in celled for piece in row.pieces[1:]]
    words = sum(len(text[piece.start : piece.end].split()) for piece in values) / len(values)
    if words > _MAX_CELL_WORDS and not drawn:
        return False
    valued = sum(any(piece.kind != "text" for piece in row.pieces[1:]) for row in celled)
    if valued >= _MIN_VALUE_ROWS * len(celled):
        return True
    return bool(parts.head) and (drawn or filled > 2 or parts.head[0].bold)


def _is_drawn(parts: Parts) -> bool:
    """True when rules or shadings part the rows or the columns of a table."""
    rows = [*parts.head, *parts.body]
    across = sum(parts.lattice.part(above, below) for above, below in pairwise(rows))
    return across > 1 or bool(parts.lattice.regions(rows, parts.columns))


def _are_fields(celled: Sequence[Row], labels: Sequence[str], text: str) -> bool:
    """True when most labels, or cells behind the first, end with a colon: fields and their values, side by side."""
    if 2 * sum(label.endswith(":") for label in labels) > len(labels):
        return True
    inner = sum(any(text[piece.end - 1] == ":" for piece in row.pieces[1:]) for row in celled)
    return 2 * inner > len(celled)
