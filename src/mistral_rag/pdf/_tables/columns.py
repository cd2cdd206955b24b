"""Columns of a table: the extents that the pieces of its rows share."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from mistral_rag.pdf._tables.pieces import Piece, Row, split_at_gaps
from mistral_rag.pdf._tables.values import CellKind, is_dash

MAX_COLUMNS = 60
"""Columns of a table on one page: a landscape page in small print has 40."""
_MIN_SHARED = 0.5
"""Points that a piece and a column have in common at least: boxes of words are rounded."""
_MIN_SPANNED = 0.3
"""Share of a column's width that a piece over several columns covers of each."""
_ACROSS_RULE = 1000.0
"""Distance, in points, of a name from a column beyond a rule: any column on its own side is nearer."""
_NO_LABELS = 500.0
"""Distance, in points, that is added for a name right of the labels from their column."""
_OFF_MIDDLE = 0.01
"""Weight of the distance of middles: of two columns that a name stands over, the one with the nearer middle is its."""


class Extent(Protocol):
    """Anything with a left and a right edge on the page, in points."""

    @property
    def left(self) -> float:
        """Left edge."""

    @property
    def right(self) -> float:
        """Right edge."""

    @property
    def middle(self) -> float:
        """Middle between left and right."""


class Column(NamedTuple):
    """The extent of a column's pieces in points, and the kind that most of them have."""

    left: float
    right: float
    kind: CellKind = "text"

    @property
    def middle(self) -> float:
        """Middle between left and right."""
        return (self.left + self.right) / 2


def columns_of(rows: Sequence[Row], text: str) -> list[Column]:
    """The columns of the rows of a table, from left to right.

    Numbers come first, since they are narrow, then words, then dashes, which stand anywhere in their columns; words
    over two columns join none.
    """
    extents: list[tuple[float, float]] = []
    by_cells = sorted(rows, key=lambda row: -len(row.pieces))
    figures, words, dashes = [], [], []
    for row in by_cells:
        for piece in sorted(row.pieces, key=lambda piece: piece.right - piece.left):
            if piece.kind != "number":
                words += [piece] if len(row.pieces) > 1 else []
            elif is_dash(text[piece.start : piece.end]):
                dashes.append((row, piece))
            else:
                figures.append(piece)
    for piece in (*figures, *words):
        _join(extents, piece)
    for row, piece in dashes:
        nearest = min(extents, key=lambda e: max(piece.left - e[1], e[0] - piece.right), default=None)
        others = (other for other in row.pieces if other is not piece)
        if nearest is None or any(other.left < nearest[1] and nearest[0] < other.right for other in others):
            _join(extents, piece)
    extents.sort()
    return [Column(left, right) for left, right in extents]


def with_empty(columns: Sequence[Column], head: Row) -> list[Column]:
    """The columns with those that have a name in the `head` and no value: names beyond those that fit the columns."""
    names = sorted(head.pieces, key=lambda piece: piece.left)
    named = matched(columns, names)
    if named is None:
        return list(columns)
    empty = [Column(name.left, name.right) for at, name in enumerate(names) if at not in set(named)]
    return sorted([*columns, *(name for name in empty if not any(_meet(name, column) for column in columns))])


def without_nameless(columns: Sequence[Column], head: Sequence[Row], body: Sequence[Row]) -> list[Column]:
    """The columns but for those of numbers without a name that only hold values where a named one beside them has none.

    These are values of that column, set to another edge of it, as numbers with a mark of a note often are.
    """
    named = {at for row in head for piece in row.pieces for at in range(*_reach(columns, piece))}
    filled: list[set[int]] = [set() for _ in columns]
    words: set[int] = set()
    for row in body:
        for piece in row.pieces:
            at = place_of(columns, piece)[0]
            filled[at].add(row.line)
            words |= set() if piece.kind == "number" else {at}
    joined = list(columns)
    for at in range(len(columns) - 1, 0, -1):
        if at in named or at in words or not filled[at]:
            continue
        beside = (other for other in (at + 1, at - 1) if 0 < other < len(columns) and other in named)
        owner = next((other for other in beside if other not in words and not filled[other] & filled[at]), None)
        if owner is not None:
            left, right, kind = joined[owner]
            joined[owner] = Column(min(left, joined[at].left), max(right, joined[at].right), kind)
            filled[owner] |= filled[at]
            joined[at] = joined[owner]
    return list(dict.fromkeys(joined))


def _reach(columns: Sequence[Column], piece: Piece) -> tuple[int, int]:
    first, last = place_of(columns, piece)
    return first, last + 1


def _meet(first: Column, second: Column) -> bool:
    return first.left < second.right and second.left < first.right


def _join(extents: list[tuple[float, float]], piece: Piece) -> None:
    """Add a piece to the column it stands in, or as a new one."""
    at = bisect_left(extents, (piece.left, piece.left))
    # neighbours do not overlap, so those that a piece meets follow each other
    first = at - 1 if at and extents[at - 1][1] - piece.left > _MIN_SHARED else at
    last = first
    while last < len(extents) and piece.right - extents[last][0] > _MIN_SHARED:
        last += 1
    if last - first > 1:
        return
    if last == first:
        extents.insert(first, (piece.left, piece.right))
        return
    left, right = extents[first]
    low = extents[first - 1][1] if first else float("-inf")
    high = extents[first + 1][0] if first + 1 < len(extents) else float("inf")
    extents[first] = max(min(left, piece.left), low), min(max(right, piece.right), high)


def split_by_columns(rows: Sequence[Row], columns: Sequence[Column], text: str) -> list[Row]:
    """The rows with pieces in two where they reach over several columns and each part stands in one of its own."""
    return [
        row._replace(pieces=tuple(p for piece in row.pieces for p in _split(row, piece, columns, text))) for row in rows
    ]


def _split(row: Row, piece: Piece, columns: Sequence[Column], text: str) -> list[Piece]:
    first, last = met(columns, piece) if len(piece.words) > 1 else (0, 0)
    if last <= first:
        return [piece]
    parts = split_at_gaps(row, piece, text)
    places = [met(columns, part) for part in parts]
    return parts if all(a[1] < b[0] for a, b in pairwise(places)) else [piece]


def met(columns: Sequence[Column], piece: Piece) -> tuple[int, int]:
    """First and last index of the columns that a piece reaches into at all; the nearest one where it is between two."""
    found = [at for at, c in enumerate(columns) if min(piece.right, c.right) - max(piece.left, c.left) > _MIN_SHARED]
    return (found[0], found[-1]) if found else place_of(columns, piece)


def with_kinds(columns: Sequence[Column], rows: Iterable[Row]) -> list[Column]:
    """The columns with the kind of most pieces of `rows` in each; words count only where there is nothing else."""
    counts: list[Counter[CellKind]] = [Counter() for _ in columns]
    for row in rows:
        for piece in row.pieces:
            first, last = place_of(columns, piece)
            if first == last:
                counts[first][piece.kind] += 1
    return [
        column._replace(kind=count.most_common(1)[0][0] if count else "text")
        for column, count in zip(columns, counts, strict=True)
    ]


def place_of(columns: Sequence[Column], piece: Piece) -> tuple[int, int]:
    """First and last index of the columns that a piece stands in; the nearest one for a piece between two."""
    left, right = piece.left, piece.right
    best, most = 0, float("-inf")
    first = last = -1
    for at, (low, high, _) in enumerate(columns):
        if low >= right:
            common = right - low
        elif high <= left:
            common = high - left
        else:
            common = min(right, high) - max(left, low)
        if common > most:
            best, most = at, common
        elif low > right:
            break
        if common > _MIN_SHARED and common >= _MIN_SPANNED * (high - low):
            first, last = (at if first < 0 else first), at
    return (first, last) if first < last and piece.kind != "number" else (best, best)


def matched(names: Sequence[Extent], columns: Sequence[Extent], rules: Sequence[float] = ()) -> list[int] | None:
    """A column of its own for each name, in their order and as near as can be; None for more names than columns.

    `rules` are the places of rules that run down the page: a name keeps to its side of them.
    """
    spare = len(columns) - len(names)
    if spare < 0:
        return None
    # the least distance of the names so far when so many columns have been left out, and the columns that give it
    best: list[tuple[float, list[int]]] = [(0.0, [])] * (spare + 1)
    for at, name in enumerate(names):
        following: list[tuple[float, list[int]]] = []
        for skipped, (cost, places) in enumerate(best):
            here = _distance(name, columns[at + skipped], rules)
            # of all columns, that of the labels most often has no name
            here += _NO_LABELS if at + skipped == 0 and name.left > columns[0].right else 0.0
            reached = cost + here, [*places, at + skipped]
            following.append(min(reached, following[-1]) if following else reached)
        best = following
    return best[-1][1]


def _distance(name: Extent, column: Extent, rules: Sequence[float]) -> float:
    low, high = sorted((name.middle, column.middle))
    apart = max(0.0, name.left - column.right, column.left - name.right)
    return apart + _ACROSS_RULE * sum(low < place < high for place in rules) + _OFF_MIDDLE * (high - low)
