"""The parts of a table: the lines of its head and of its body, its columns, and what says that it is one."""

from collections.abc import Sequence
from itertools import pairwise

from mistral_rag.pdf._tables.columns import (
    MAX_COLUMNS,
    Column,
    columns_of,
    place_of,
    split_by_columns,
    with_empty,
    with_kinds,
    without_nameless,
)
from mistral_rag.pdf._tables.grid import Parts
from mistral_rag.pdf._tables.heads import MAX_HEAD_ROWS, count_head_rows
from mistral_rag.pdf._tables.items import item_names
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.rulings import Rulings
from mistral_rag.pdf._tables.runs import is_field_or_item
from mistral_rag.pdf._tables.values import leader_of, scale_of

_MAX_HEAD_GAP = 2.0
"""White between two lines of a head, times the height of a line."""
_MAX_TITLE_HEIGHT = 1.3
"""Height of a line against that of a head: a higher one is the table's title."""
_MAX_OFF_MIDDLE = 0.05
"""Distance of a title from the middle of its table, as a share of the table's width."""
_MAX_LINE_GAP = 0.5
"""White between two lines of one name, times the height of a line."""
_ON_EDGE = 1.0
"""Points by which the edges of two lines of one name differ: a title in the middle meets none but by chance."""
_MAX_ABOVE = 3
"""Lines above a head that may say the scale."""
_MAX_CELL_WORDS = 6
"""Mean words of a cell, from which on lines beside each other are columns of prose, where nothing is drawn."""
_MIN_PAIRS = 2
"""Names with their values on a line, and such lines: one alone beside another is a row of a table."""
_MIN_VALUE_ROWS = 0.5
"""Share of a table's rows that hold values where nothing is drawn; the others are labels."""


def table_parts(run: Sequence[Row], begin: int, end: int, rulings: Rulings, text: str) -> Parts | None:
    """The table of the lines from `begin` to `end`, with the lines of its head above them; None when it is none."""
    if begin and 0 in item_names(run[begin - 1 : end], text):
        begin -= 1
    lattice = Lattice.of(rulings, run[max(0, begin - MAX_HEAD_ROWS) : end])
    lattice = lattice._replace(
        left=min(row.left for row in run[begin:end]), right=max(row.right for row in run[begin:end]), colors={}
    )
    top, edges = begin, (lattice.left, lattice.right)
    while top and begin - top < MAX_HEAD_ROWS and belongs_above(run, top - 1, edges, text):
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


def belongs_above(run: Sequence[Row], at: int, edges: tuple[float, float], text: str) -> bool:
    """True when a line is the upper part of the head that begins below it: names over some columns.

    `edges` are those of the table, left and right. What stands in the middle of all its columns is its title.
    """
    row, below = run[at], run[at + 1]
    if below.top - row.bottom > _MAX_HEAD_GAP * row.height or row.height > _MAX_TITLE_HEIGHT * below.height:
        return False
    if len(row.pieces) > 1:
        return row.is_words and not is_field_or_item(row, text)
    left, right = edges
    piece = row.pieces[0]
    if row.is_words and row.left > left + row.height and _is_upper_line(row, below):
        return True
    values = min((p.left for p in below.pieces if p.left > left + row.height), default=right)
    off = abs(piece.middle - (left + right) / 2)
    in_middle = off < min(abs(piece.middle - (values + right) / 2), _MAX_OFF_MIDDLE * (right - left))
    return row.is_words and row.left > left + row.height and piece.middle > values and not in_middle


def _is_upper_line(row: Row, below: Row) -> bool:
    """True when a piece alone stands close above one of the names in the next line, on its left or right edge."""
    piece = row.pieces[0]
    edges = (min(abs(piece.left - name.left), abs(piece.right - name.right)) for name in below.pieces)
    return len(below.pieces) > 1 and below.top - row.bottom < _MAX_LINE_GAP * row.height and min(edges) < _ON_EDGE


def _title_rows(rows: Sequence[Row], heads: int, columns: Sequence[Column], lattice: Lattice, text: str) -> int:
    """The number of rows above a head that are its title, or say its scale: above its top rule, or alone."""
    title = 0
    ruled = 2 * sum(lattice.rule_between(a, b) for a, b in pairwise(rows[heads:])) >= len(rows) - heads
    for at in range(heads - 1):
        named = {place_of(columns, piece)[0] for row in rows[at + 1 : heads] for piece in row.pieces}
        whole = len(named | {0}) == len(columns)
        piece = rows[at].pieces[0]
        at_left = place_of(columns, piece)[0] == 0
        wide = at_left and piece.right > columns[1].left
        alone = len(rows[at].pieces) == 1 and (wide or scale_of(text[piece.start : piece.end]))
        if whole and (alone or (at_left and not ruled and lattice.rule_between(rows[at], rows[at + 1]))):
            title = at + 1
    return title


def _columns(rows: Sequence[Row], lattice: Lattice, text: str) -> tuple[Sequence[Row], list[Column], int]:
    """The rows of a table, their pieces parted by its columns; the columns; and the number of rows in its head."""
    first_value = next((at for at, row in enumerate(rows) if row.has_values), 0)
    columns = columns_of(rows[first_value:], text)
    if len(columns) < 2:
        return rows, columns, 0
    columns = with_kinds(columns, rows[max(first_value, len(rows) // 2) :])
    rows = split_by_columns(rows, columns, text)
    heads = min([count_head_rows(rows, columns, lattice), *item_names(rows, text)])
    if heads and heads != first_value:
        columns = columns_of(rows[heads:], text)
    if len(columns) < 2:
        return rows, columns, 0
    if heads:
        columns = with_empty(columns, max(rows[:heads], key=lambda row: len(row.pieces)))
        columns = without_nameless(columns, rows[:heads], rows[heads:])
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
    if filled == 2 and 2 * sum(leader_of(label) < len(label) for label in labels) > len(labels):
        return False
    if not parts.head and (_are_fields(celled, labels, text) or _are_pairs(celled)):
        return False
    values = [piece for row in celled for piece in row.pieces[1:]]
    words = sum(len(text[piece.start : piece.end].split()) for piece in values) / len(values)
    if words > _MAX_CELL_WORDS and not drawn:
        return False
    valued = sum(any(piece.kind != "text" for piece in row.pieces[1:]) for row in celled)
    if valued >= _MIN_VALUE_ROWS * len(celled):
        return True
    if not parts.head:
        return _is_drawn_whole(parts)
    return drawn or filled > 2 or parts.head[0].bold


def _is_drawn(parts: Parts) -> bool:
    """True when rules or shadings part the rows or the columns of a table."""
    rows = [*parts.head, *parts.body]
    across = sum(parts.lattice.part(above, below) for above, below in pairwise(rows))
    return across > 1 or bool(parts.lattice.regions(rows, parts.columns))


def _is_drawn_whole(parts: Parts) -> bool:
    """True when rules part all columns and some rows, and no cell is empty, as in a list of names and what they are.

    Boxes of a drawing have texts beside each other as well, but here and there.
    """
    if not parts.lattice.regions(parts.body, parts.columns):
        return False
    filled: list[set[int]] = [set()]
    for at, row in enumerate(parts.body):
        if at and parts.lattice.rule_between(parts.body[at - 1], row):
            filled.append(set())
        filled[-1] |= {place_of(parts.columns, piece)[0] for piece in row.pieces}
    return len(filled) > 1 and all(len(places) == len(parts.columns) for places in filled)


def _are_fields(celled: Sequence[Row], labels: Sequence[str], text: str) -> bool:
    """True when most labels, or cells behind the first, end with a colon: fields and their values, side by side."""
    if 2 * sum(label.endswith(":") for label in labels) > len(labels):
        return True
    inner = sum(any(text[piece.end - 1] == ":" for piece in row.pieces[1:]) for row in celled)
    return 2 * inner > len(celled)


def _are_pairs(celled: Sequence[Row]) -> bool:
    """True when each line has names and values in turn, and values of one column are numbers and words.

    The first number stands above words: below them they may be its name.
    """
    lines = [sorted(row.pieces, key=lambda piece: piece.left) for row in celled]
    count = len(lines[0])
    if len(lines) < _MIN_PAIRS or count < _MIN_PAIRS * 2 or count % 2 or any(len(line) != count for line in lines):
        return False
    if any(piece.kind != "text" for line in lines for piece in line[::2]):
        return False
    kinds = ([line[at].kind for line in lines] for at in range(1, count, 2))
    return any("number" in column and "text" in column[column.index("number") :] for column in kinds)
