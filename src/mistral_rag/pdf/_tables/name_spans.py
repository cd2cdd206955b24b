"""Which columns the names in one row of a head stand over: by rules, by their places, and by the names below them."""

from collections.abc import Iterator, Mapping, Sequence

from mistral_rag.pdf._tables.columns import Column, matched, place_of
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Piece, Row

_ALIGNED = 3.0
"""Points by which the edges or middles of names differ that are set one below the other."""

PlacedName = tuple[Piece, int, int]
"""A piece of a head, and the first and last of the columns that it stands over."""


def spans_of(
    row: Row,
    below: Sequence[PlacedName],
    columns: Sequence[Column],
    lattice: Lattice,
    words: Mapping[int, str],
    *,
    close: bool = False,
) -> Iterator[PlacedName]:
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


def _is_left_aligned(pieces: Sequence[Piece], below: Sequence[PlacedName]) -> bool:
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


def _upper_line(piece: Piece, below: Sequence[PlacedName], group: tuple[int, int]) -> int | None:
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
    taken: tuple[int, int], free: tuple[int, int], columns: Sequence[Column], below: Sequence[PlacedName]
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


def _edges(columns: Sequence[Column], below: Sequence[PlacedName]) -> list[tuple[float, float]]:
    """Left and right of the name over each column, of its values where it has none."""
    edges = [(column.left, column.right) for column in columns]
    for piece, first, last in below:
        if first == last:
            edges[first] = piece.left, piece.right
    return edges
