"""Heads of tables: the lines above the values, and the columns that each name in them stands over."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._tables.columns import Column, matched, place_of
from mistral_rag.pdf._tables.groups import is_over_columns
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.pdf._tables.values import scale_of
from mistral_rag.schema import joined_lines

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

_Placed = tuple[Piece, int, int]
"""A piece of a head, and the first and last of the columns that it stands over."""


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
    below: Sequence[_Placed] = ()
    levels: list[list[_Placed]] = []
    naming = [at for at, row in enumerate(rows) if any(place_of(columns, piece)[0] for piece in row.pieces)]
    locked = {at for pair in pairwise(naming) if rows[pair[0]].interlocks(rows[pair[1]]) for at in pair}
    for at in range(len(rows) - 1, -1, -1):
        words = {a: text[piece.start : piece.end] for piece, a, _ in below}
        following = next((rows[other] for other in naming if other > at), rows[at])
        close = following.top - rows[at].bottom < _MAX_CLOSE * rows[at].height
        level = list(_spans(rows[at], () if at in locked else below, columns, lattice, words, close=close))
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


def _spans(
    row: Row,
    below: Sequence[_Placed],
    columns: Sequence[Column],
    lattice: Lattice,
    words: Mapping[int, str],
    *,
    close: bool = False,
) -> Iterator[_Placed]:
    """The pieces of a row of names with the columns that each stands over; `below` are those of the next row.

    `words` are the names in the next row, by the first column of each. Where that row is `close`, a
    piece on the edge of one name is its upper line.
    """
    pieces = sorted(row.pieces, key=lambda piece: piece.left)
    rules = [rule.place for rule in lattice.down]
    places = matched(pieces, columns, rules) if len(pieces) >= len(below) else None
    taken = [place_of(columns, piece) for piece in pieces]
    repeated = len(set(words.values())) < len(words)
    left_aligned = repeated and len(pieces) < len(below) and _is_left_aligned(pieces, below)
    groups = _groups_of(words, {a: b for _, a, b in below}) if repeated else []
    naming = [at for at in range(len(pieces)) if taken[at][0]]
    grouped = dict(zip(naming, groups, strict=True)) if len(groups) == len(naming) else {}
    for at, piece in enumerate(pieces):
        drawn = _drawn(row, piece, lattice)
        inside = [i for i, column in enumerate(columns) if drawn and drawn[0] <= column.middle <= drawn[1]]
        # a rule below a head begins above the labels as well
        inside = inside[1:] if inside[:1] == [0] and taken[at][0] else inside
        if inside:
            yield piece, inside[0], inside[-1]
        elif at in grouped and close and (single := _upper_line(piece, below, grouped[at])) is not None:
            yield piece, single, single
        elif at in grouped:
            yield (piece, *grouped[at])
        elif places is not None:
            first, last = taken[at]
            single = first == last or any(a <= last and first <= b for i, (a, b) in enumerate(taken) if i != at)
            if single:
                first = last = places[at]
            elif not below and at == len(pieces) - 1 and _is_over_all(piece, first, last, columns):
                first, last = 1, len(columns) - 1
            yield piece, first, last
        else:
            low = taken[at - 1][1] + 1 if at else 0
            high = taken[at + 1][0] - 1 if at + 1 < len(pieces) else len(columns) - 1
            ranges = _ranges(taken[at], (low, high), columns, below)
            if left_aligned and taken[at][0]:
                yield piece, taken[at][0], max(b for _, b in ranges)
            else:
                yield (piece, *_widened(piece, ranges, _edges(columns, below), words if repeated else {}))


def _is_left_aligned(pieces: Sequence[Piece], below: Sequence[_Placed]) -> bool:
    edges = [piece.left for piece, _, _ in below]
    return all(min(abs(piece.left - edge) for edge in edges) < _ALIGNED for piece in pieces)


def _groups_of(words: Mapping[int, str], ends: Mapping[int, int]) -> list[tuple[int, int]]:
    """First and last columns of names that differ, in groups that end where a name comes again; none of the labels.

    `words` are the names by their first column, `ends` the last one of each that has one.
    """
    groups: list[tuple[int, int]] = []
    known: set[str] = set()
    for at in sorted(column for column in words if column and column in ends):
        if not groups or at != groups[-1][1] + 1 or words[at] in known:
            groups.append((at, ends[at]))
            known = set()
        groups[-1] = groups[-1][0], ends[at]
        known.add(words[at])
    return groups


def _upper_line(piece: Piece, below: Sequence[_Placed], group: tuple[int, int]) -> int | None:
    """The column whose name a piece is the upper line of; None when it stands in the middle of a group of columns."""
    ends = [name for name, first, last in below if group[0] <= first and last <= group[1]]
    middle = (min(name.left for name in ends) + max(name.right for name in ends)) / 2
    # years have no upper lines
    single = [(name, first) for name, first, last in below if first == last and name.kind == "text"]
    own = (first for name, first in single if _offset(piece, name.left, name.right) < _ALIGNED)
    return None if abs(piece.middle - middle) < _ALIGNED else next(own, None)


def _is_over_all(piece: Piece, first: int, last: int, columns: Sequence[Column]) -> bool:
    """True when the one name over several columns, from `first` to `last`, is that of all columns of values.

    It stands at their left edge or in their middle, but not in the middle of those that it reaches over.
    """
    values = columns[1:]
    if len({column.kind for column in values}) > 1 or last - first + 1 == len(values):
        return False
    left, right = values[0].left, values[-1].right
    at_left = first == 1 and abs(piece.left - left) < _ALIGNED
    in_middle = abs(piece.middle - (left + right) / 2) < _ALIGNED
    own = (columns[first].left + columns[last].right) / 2
    return in_middle or (at_left and abs(piece.middle - own) >= _ALIGNED)


def _drawn(row: Row, piece: Piece, lattice: Lattice) -> tuple[float, float] | None:
    """Ends of the rule below a name or of the cell around it, where no other name of the row stands between them."""
    for ends in (lattice.underline(row, piece), lattice.bounds(row, piece)):
        if ends and not any(ends[0] < other.middle < ends[1] for other in row.pieces if other is not piece):
            return ends
    return None


def _ranges(
    taken: tuple[int, int], free: tuple[int, int], columns: Sequence[Column], below: Sequence[_Placed]
) -> list[tuple[int, int]]:
    """Columns that a name may stand over: those it reaches over, and named ones beside them without another name."""
    first, last = taken
    if not first:
        return [taken]
    named = {column for _, a, b in below for column in range(a, b + 1)}
    low, high = min(max(free[0], 1), first), max(free[1], last)
    while high > last and high not in named:
        high -= 1
    found = [(a, b) for a in range(low, first + 1) for b in range(last, high + 1)]
    # a name stands over the whole of each name below it
    whole = [(a, b) for a, b in found if all(b < i or j < a or a <= i <= j <= b for _, i, j in below)]
    return whole or found


def _widened(
    piece: Piece, ranges: Sequence[tuple[int, int]], edges: Sequence[tuple[float, float]], repeated: Mapping[int, str]
) -> tuple[int, int]:
    """The columns that a name stands over the middle of, or at the edges of, the fewest that fit.

    Names below that are `repeated` are those of several groups: there a name stands over as many as differ.
    """
    fits = {r: _offset(piece, edges[r[0]][0], edges[r[1]][1]) for r in ranges}
    if repeated:
        off = {r: abs((edges[r[0]][0] + edges[r[1]][1]) / 2 - piece.middle) for r in ranges}
        groups = [r for r in ranges if off[r] < 2 * _ALIGNED and _differ(r, repeated)]
        if groups:
            return max(groups, key=lambda r: (r[1] - r[0], -off[r]))
    return min(ranges, key=lambda r: (fits[r] // _ALIGNED, r[1] - r[0]))


def _differ(columns: tuple[int, int], words: Mapping[int, str]) -> bool:
    """True when no two columns of a range have the same name."""
    names = [words[at] for at in range(columns[0], columns[1] + 1) if at in words]
    return len(set(names)) == len(names)


def _offset(piece: Piece, left: float, right: float) -> float:
    """Distance of a name from where it would stand between two edges, set to the left, the right or the middle."""
    middle = abs((left + right) / 2 - piece.middle)
    return min(middle, abs(piece.left - left), abs(piece.right - right))


def _edges(columns: Sequence[Column], below: Sequence[_Placed]) -> list[tuple[float, float]]:
    """Left and right of the name over each column, of its values where it has none."""
    edges = [(column.left, column.right) for column in columns]
    for piece, first, last in below:
        if first == last:
            edges[first] = piece.left, piece.right
    return edges


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
