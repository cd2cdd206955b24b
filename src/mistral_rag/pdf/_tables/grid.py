"""The grid of one table: its cells by row and column, with their parts."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._tables.body import logical_rows
from mistral_rag.pdf._tables.columns import Column, place_of
from mistral_rag.pdf._tables.groups import is_over_columns, with_scopes
from mistral_rag.pdf._tables.heads import ColumnName, joined_names, names_of
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.pdf._tables.values import is_enumerator, leader_of, scale_of
from mistral_rag.schema import Box, CellRole, Table, TableCell

_MAX_OFF_MIDDLE = 0.95
"""Distance from a line to a label set between it and the next, times the label's height: less than to a line below."""


_Placed = tuple[Piece, int, Row]
"""A piece, the last column that it stands in, and its line."""
_Held = dict[int, list[_Placed]]
"""What stands in the columns of a row, by the first column of each piece."""


class Layout(NamedTuple):
    """A page's text and size in points."""

    text: str
    width: float
    height: float


class Parts(NamedTuple):
    """A table's printed lines: above it, its head, its body; and its columns."""

    above: Sequence[Row]
    head: Sequence[Row]
    body: Sequence[Row]
    columns: Sequence[Column]
    lattice: Lattice


def table_of(parts: Parts, layout: Layout, *, inherited: tuple[str, ...] = (), scale: str = "") -> Table:
    """The table of some printed lines; `inherited` are the names of its columns on the page before."""
    names = names_of(parts.head, parts.columns, parts.lattice, layout.text)
    count = len(parts.columns)
    cells = [*_head_cells(parts.head, names, layout), *_rows_of_cells(parts, layout)]
    every = [*parts.head, *parts.body]
    cells = with_scopes(cells, every, layout.width, layout.text)
    return Table(
        start=min(piece.start for row in every for piece in row.pieces),
        end=max(piece.end for row in every for piece in row.pieces),
        cells=tuple(cells),
        columns=inherited or joined_names(names, layout.text, count),
        scale=_scale(parts, layout.text) or scale,
        continued=bool(inherited),
        box=_box(every, layout, [piece for row in every for piece in row.pieces]),
    )


def _rows_of_cells(parts: Parts, layout: Layout) -> Iterator[TableCell]:
    """The cells of the body, a label over several rows in the first of them."""
    body, labels = _without_labels_of_two(parts.body, parts.columns)
    rows = logical_rows(body, parts.columns, parts.lattice, layout.text)
    held = [_held(lines, parts.columns) for lines in rows]
    between = [labels.get(lines[-1].line) for lines in rows]
    for group in _under_one_label(rows, held, [label is not None for label in between], parts):
        at = len(parts.head) + group[0]
        if len(group) > 1:
            # the label stands beside any of its rows, or between two of them
            words = [place for index in group for place in held[index].pop(0, [])]
            words += [(label.pieces[0], 0, label) for index in group if (label := between[index])]
            yield _cell(at, 0, words, layout, role="row", row_span=len(group))
        for row, index in enumerate(group, at):
            yield from _body_cells(row, held[index], parts.columns, layout, labelled=len(group) > 1)


def _under_one_label(
    rows: Sequence[Sequence[Row]], held: Sequence[_Held], between: Sequence[bool], parts: Parts
) -> Iterator[Sequence[int]]:
    """Indices of the rows that have one label: those around it as far as no rule goes on over the labels.

    `between` says behind which rows a label stands on a line of its own.
    """
    label, first = parts.columns[0], parts.columns[1].left
    above = [parts.head[-1] if parts.head else None, *(lines[-1] for lines in rows)]
    below = [*(lines[0] for lines in rows), None]
    # two rows that have labels of their own have none together
    drawn = [
        not (0 in held[at] and 0 in held[at + 1]) and parts.lattice.spans(rows[at][-1], rows[at + 1][0], label, first)
        for at in range(len(rows) - 1)
    ]
    joints = [joined or alone for joined, alone in zip([*drawn, False], between, strict=False)]
    for group in _joined(range(len(rows)), joints):
        start, end = group[0], group[-1] + 1
        # a rule above a sum does not go on over the labels either, but there no rule closes their column
        whole = (
            all(parts.lattice.closes(above[at], below[at], label) for at in (start, end)) if len(group) > 1 else True
        )
        count = sum((0 in held[at]) + between[at] for at in group)
        if whole and count == 1 and all(set(held[at]) - {0} for at in group):
            yield group
        else:
            yield from _joined(group, between)


def _joined(indices: Sequence[int], joints: Sequence[bool]) -> list[Sequence[int]]:
    """The indices in runs that end where the joint behind an index is none."""
    ends = [at + 1 for at in indices if not joints[at] and at != indices[-1]]
    return [range(a, b) for a, b in pairwise([indices[0], *ends, indices[-1] + 1])] if indices else []


def _without_labels_of_two(rows: Sequence[Row], columns: Sequence[Column]) -> tuple[list[Row], dict[int, Row]]:
    """The rows but for labels set between two of them, and these labels by the line above them."""
    labels: dict[int, Row] = {}
    for above, label, below in zip(rows, rows[1:], rows[2:], strict=False):
        alone = len(label.pieces) == 1 and place_of(columns, label.pieces[0]) == (0, 0)
        others = [place_of(columns, piece)[0] for row in (above, below) for piece in row.pieces]
        between = label.top - above.top, below.top - label.top
        if alone and 0 not in others and min(between) > 0 and max(between) < _MAX_OFF_MIDDLE * label.height:
            labels[above.line] = label
    lines = {label.line for label in labels.values()}
    return [row for row in rows if row.line not in lines], labels


def _head_cells(rows: Sequence[Row], names: Sequence[ColumnName], layout: Layout) -> Iterator[TableCell]:
    for name in sorted(names, key=lambda name: (name.first_row, name.first)):
        yield TableCell(
            row=name.first_row,
            column=name.first,
            row_span=name.last_row - name.first_row + 1,
            column_span=name.last - name.first + 1,
            runs=tuple((piece.start, piece.end) for piece in name.pieces),
            role="column",
            box=_box(rows[name.first_row : name.last_row + 1], layout, name.pieces),
        )


def _held(lines: Sequence[Row], columns: Sequence[Column]) -> _Held:
    held: _Held = {}
    for line in lines:
        for piece in sorted(line.pieces, key=lambda piece: piece.start):
            first, last = place_of(columns, piece)
            held.setdefault(first, []).append((piece, last if first else first, line))
    return held


def _body_cells(
    row: int, held: _Held, columns: Sequence[Column], layout: Layout, *, labelled: bool
) -> Iterator[TableCell]:
    """The cells of a row, those without text included; `labelled` where a label of several rows stands in the first."""
    roles = _roles(held, columns, layout.text)
    lines = [line for places in held.values() for _, _, line in places]
    if len(lines) == 1 and is_over_columns(lines[0], columns):
        roles = {next(iter(held)): "group"}
    at = int(labelled)
    while at < len(columns):
        found = held.get(at, [])
        last = max((last for _, last, _ in found), default=at)
        # a text that reaches over its column spans what is empty there
        while last > at and any(column in held for column in range(at + 1, last + 1)):
            last -= 1
        if roles.get(at) == "group":
            last = len(columns) - 1
        yield _cell(row, at, found, layout, role=roles.get(at, "value"), column_span=last - at + 1)
        at = last + 1


def _cell(
    row: int,
    column: int,
    found: Sequence[_Placed],
    layout: Layout,
    *,
    role: CellRole,
    row_span: int = 1,
    column_span: int = 1,
) -> TableCell:
    pieces = [piece for piece, _, _ in found]
    return TableCell(
        row=row,
        column=column,
        row_span=row_span,
        column_span=column_span,
        runs=tuple((piece.start, piece.start + _printed(piece, layout.text)) for piece in pieces),
        role=role,
        box=_box([line for _, _, line in found], layout, pieces) if found else None,
    )


def _printed(piece: Piece, text: str) -> int:
    """The length of a piece without the dots that lead on to the next one; all of it where it is nothing else."""
    words = text[piece.start : piece.end]
    return leader_of(words) or len(words)


def _roles(held: _Held, columns: Sequence[Column], text: str) -> dict[int, CellRole]:
    """Parts that the cells of a row play; those that are not named are values.

    The label of a row stands in its first column, or where that is empty in the next column of words before the
    numbers. Behind the number of a list item the words name the row too.
    """
    filled = sorted(held)
    first = filled[0]
    words = {at for at in filled if all(piece.kind != "number" for piece, _, _ in held[at])}
    if len(filled) == 1 and first in words and (not first or held[first][0][1] > first):
        return {first: "group"}
    numeric = next((at for at, column in enumerate(columns) if at and column.kind == "number"), len(columns))
    if first and (first not in words or first >= numeric or columns[first].kind == "number"):
        return {}
    if first == 0 and first not in words and columns[0].kind == "number" and len(filled) > 1:
        beside = filled[1]
        return {0: "row", beside: "row"} if beside in words and beside < numeric else {0: "row"}
    roles: dict[int, CellRole] = {first: "row"}
    label = held[first][0][0]
    if len(filled) > 2 and is_enumerator(text[label.start : label.end]) and filled[1] in words and filled[1] < numeric:
        roles[filled[1]] = "row"
    return roles


def _scale(parts: Parts, text: str) -> str:
    """The scale of all values as it is printed in or above the head of a table, without its brackets."""
    pieces = [p for row in parts.head for p in row.pieces if len(row.pieces) == 1 or _is_of_all(p, parts.columns)]
    pieces += [piece for row in reversed(parts.above) for piece in row.pieces]
    for piece in pieces:
        words = " ".join(text[piece.start : piece.end].split())
        if scale := scale_of(words):
            return scale
    return ""


def _is_of_all(piece: Piece, columns: Sequence[Column]) -> bool:
    """True for what stands in the head over the labels, or over all values."""
    first, last = place_of(columns, piece)
    return not first or (first == 1 and last == len(columns) - 1 > 1)


def _box(rows: Sequence[Row], layout: Layout, pieces: Sequence[Piece]) -> Box:
    width, height = layout.width or 1.0, layout.height or 1.0
    return Box(
        left=_clip(min(piece.left for piece in pieces) / width),
        top=_clip(min(row.top for row in rows) / height),
        right=_clip(max(piece.right for piece in pieces) / width),
        bottom=_clip(max(row.bottom for row in rows) / height),
    )


def _clip(side: float) -> float:
    return min(max(side, 0.0), 1.0)
