"""Heads of tables: the lines above the values, and the columns that each name in them stands over."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag._printed_lines import joined_lines
from mistral_rag.pdf._tables.columns import Column, place_of
from mistral_rag.pdf._tables.groups import is_over_columns
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.name_spans import PlacedName, spans_of
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.pdf._tables.values import scale_of

MAX_HEAD_ROWS = 8
"""Printed lines of a head; three levels of names in three lines each are rare."""
_MAX_LINE_GAP = 0.8
"""White between two lines of one name, times the height of a line."""
_MAX_CLOSE = 0.3
"""White between two lines of a name that is set to an edge, times the height of a line: levels have more."""
_MAX_LABEL_GAP = 0.5
"""White between two lines of the name of the labels, times the height of a line."""
_MIN_APART = 0.3
"""White that is more below the last line of a head than above it, times its height, where no rule tells."""
_UNFINISHED = ",-–—/&"
"""Signs at the end of a line that a name goes on from."""
_DAY_AND_YEAR = re.compile(r"\d{1,2},? (?:19|20)\d\d")
_PARTED_RANGE = re.compile(r"(?<=\d)([-–]) (?=\d)")
_MIN_FILLED = 0.6
"""Share of the columns that a row of words names which can be a head by its place alone."""
_ALIGNED = 3.0
"""Points by which the edges or middles of names differ that are set one below the other."""


class ColumnName(NamedTuple):
    """A name of columns: its pieces from top to bottom, its first and last row and column."""

    pieces: tuple[Piece, ...]
    first_row: int
    last_row: int
    first: int
    last: int


def count_head_rows(rows: Sequence[Row], columns: Sequence[Column], lattice: Lattice) -> int:
    """The number of rows at the top of a table that name its columns."""
    colors = [lattice.color(row) for row in rows]
    shaded = _marked(rows, [color is not None and color == colors[0] for color in colors])
    if shaded and all(lattice.is_behind(row) for row in rows[:shaded]):
        return shaded
    bold = _marked(rows, [row.bold for row in rows])
    if bold and any(_fills(row, columns) for row in rows[:bold]):
        return bold
    numeric = any(column.kind == "number" for column in columns[1:])
    if not numeric:
        filled = len({place_of(columns, piece)[0] for piece in rows[0].pieces}) == len(columns) > 2
        words = all(piece.kind == "text" for piece in rows[0].pieces)
        return bold or (1 if filled and words and len(rows) > 2 else 0)
    count = 0
    for at, row in enumerate(rows[:MAX_HEAD_ROWS]):
        if not _may_name(row, columns):
            break
        if count and _is_first_group(rows, at, count, columns):
            break
        # years without a label are names; rules below names of several columns leave the labels out
        years = all(piece.kind != "text" and place_of(columns, piece)[0] for piece in row.pieces)
        ruled = at and not years and lattice.rule_between(rows[at - 1], row)
        if ruled and _fills(rows[count - 1], columns) and lattice.closes(rows[at - 1], row, columns[0]):
            break
        if len(row.pieces) > 1 or place_of(columns, row.pieces[0])[0] or _ends_label(rows, at, count, columns, lattice):
            count = at + 1
    return (count or bold) if count < len(rows) else 0


def _is_first_group(rows: Sequence[Row], at: int, count: int, columns: Sequence[Column]) -> bool:
    """True for words over all columns between their names and the first values: names over columns stand above them."""
    if not _fills(rows[count - 1], columns) or not is_over_columns(rows[at], columns, rows[:count]):
        return False
    following = next((row for row in rows[at + 1 :] if len(row.pieces) > 1), None)
    return following is not None and not _may_name(following, columns)


def _ends_label(rows: Sequence[Row], at: int, count: int, columns: Sequence[Column], lattice: Lattice) -> bool:
    """True for a line alone over the labels that is the next line of their name: a rule or more white is below it.

    The name of a group of rows stands as near to them as to the head.
    """
    if not 0 < at == count < len(rows) - 1 or rows[at].bold != rows[at - 1].bold:
        return False
    above, row, below = rows[at - 1 : at + 2]
    named = any(abs(piece.left - row.left) < _ALIGNED for piece in above.pieces)
    white = row.top - above.bottom
    if not named or white > _MAX_LABEL_GAP * row.height or lattice.rule_between(above, row):
        return False
    return lattice.rule_between(row, below) or below.top - row.bottom > white + _MIN_APART * row.height


def _marked(rows: Sequence[Row], marks: Sequence[bool]) -> int:
    """The number of rows at the top that alone have a mark; 0 where they are no head."""
    count = next((at for at, marked in enumerate(marks) if not marked), 0)
    if not 0 < count <= MAX_HEAD_ROWS or any(marks[count:]):
        return 0
    return count if any(len(row.pieces) > 1 for row in rows[:count]) else 0


def _may_name(row: Row, columns: Sequence[Column]) -> bool:
    """True when no piece of a row behind its label is of the kind of the values below it."""
    for piece in row.pieces:
        first, _ = place_of(columns, piece)
        if piece.kind == "number" or (first and piece.kind != "text" and piece.kind == columns[first].kind):
            return False
    return True


def _fills(row: Row, columns: Sequence[Column]) -> bool:
    return len(row.pieces) >= _MIN_FILLED * len(columns)


def names_of(rows: Sequence[Row], columns: Sequence[Column], lattice: Lattice, text: str) -> list[ColumnName]:
    """The names that stand in the rows of a head, from top to bottom; lines of one name are put together."""
    found: list[ColumnName] = []
    below: Sequence[PlacedName] = ()
    levels: list[list[PlacedName]] = []
    naming = [at for at, row in enumerate(rows) if any(place_of(columns, piece)[0] for piece in row.pieces)]
    locked = {at for pair in pairwise(naming) if rows[pair[0]].interlocks(rows[pair[1]]) for at in pair}
    for at in range(len(rows) - 1, -1, -1):
        words = {a: text[piece.start : piece.end] for piece, a, _ in below}
        following = next((rows[other] for other in naming if other > at), rows[at])
        close = following.top - rows[at].bottom < _MAX_CLOSE * rows[at].height
        level = list(spans_of(rows[at], () if at in locked else below, columns, lattice, words, close=close))
        levels.insert(0, level)
        below = level if at in naming else below
    for at, level in enumerate(levels):
        for piece, first, last in level:
            over = [name for name in found if name.first <= last and first <= name.last]
            above = max(over, key=lambda name: name.last_row, default=None)
            if above and (above.first, above.last) == (first, last) and _goes_on(rows, above, piece, at, lattice, text):
                found[found.index(above)] = above._replace(pieces=(*above.pieces, piece), last_row=at)
            else:
                found.append(ColumnName((piece,), at, at, first, last))
    return found


def _goes_on(rows: Sequence[Row], above: ColumnName, piece: Piece, at: int, lattice: Lattice, text: str) -> bool:
    """True when a piece is the next line of the name above it, and no name of its own."""
    last = rows[above.last_row]
    if rows[at].top - last.bottom > _MAX_LINE_GAP * last.height:
        return False
    if lattice.part(last, rows[at]) or lattice.underline(last, above.pieces[-1], rows[at]):
        return False
    if text[above.pieces[-1].end - 1] in _UNFINISHED or _DAY_AND_YEAR.fullmatch(text[piece.start : piece.end]):
        return True
    kinds = above.pieces[-1].kind, piece.kind
    return kinds == ("text", "text") or (kinds[0] == "date" and piece.kind in {"year", "date"})


def joined_names(names: Sequence[ColumnName], text: str, count: int) -> tuple[str, ...]:
    """The names of each column from top to bottom, joined by ", "; a name over several columns stands in each.

    What is said of the scale of several columns, or stands alone on its line, is no name.
    """
    columns: list[list[str]] = [[] for _ in range(count)]
    beside = Counter(name.first_row for name in names)
    for name in sorted(names, key=lambda name: name.first_row):
        words = joined_lines([text[piece.start : piece.end] for piece in name.pieces])
        words = _PARTED_RANGE.sub(r"\1", words)
        if name.first and count > 2 and scale_of(words) and (name.last > name.first or beside[name.first_row] == 1):
            continue
        for column in columns[name.first : name.last + 1]:
            if words not in column[-1:]:
                column.append(words)
    return tuple(", ".join(column).replace(",, ", ", ") for column in columns)
