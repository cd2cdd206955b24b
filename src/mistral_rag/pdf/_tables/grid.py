"""The grid of one table: its cells by row and column, with their parts."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._tables.body import logical_rows
from mistral_rag.pdf._tables.columns import Column, place_of
from mistral_rag.pdf._tables.groups import is_over_columns, with_scopes
from mistral_rag.pdf._tables.heads import ColumnName, joined_names, names_of
from mistral_rag.pdf._tables.labels import Held, Placed, TableBody, under_one_label
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.pdf._tables.values import is_enumerator, leader_of, scale_of
from mistral_rag.schema import Box, CellRole, Table, TableCell

_MAX_OFF_MIDDLE = 0.95
"""Distance from a line to a label set between it and the next, times the label's height: less than to a line below."""


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
        box=box_of(every, layout, [piece for row in every for piece in row.pieces]),
    )


def _rows_of_cells(parts: Parts, layout: Layout) -> Iterator[TableCell]:
    """The cells of the body, a label over several rows in the first of them."""
    body, labels = _without_labels_of_two(parts.body, parts.columns)
    rows = logical_rows(body, parts.columns, parts.lattice, layout.text)
    spans = Spans(parts.columns, parts.lattice, parts.lattice.parts_all(parts.columns))
    held = [_held(lines, spans) for lines in rows]
    between = [labels.get(lines[-1].line) for lines in rows]
    body_rows = TableBody(rows, held, [label is not None for label in between])
    for group in under_one_label(body_rows, parts.head, parts.columns, parts.lattice, layout.text):
        at = len(parts.head) + group[0]
        if len(group) > 1:
            # the label stands beside any of its rows, or between two of them
            words = [place for index in group for place in held[index].pop(0, [])]
            words += [(label.pieces[0], 0, label) for index in group if (label := between[index])]
            yield _cell(at, 0, words, layout, role="row", row_span=len(group))
        for row, index in enumerate(group, at):
            yield from _body_cells(row, held[index], parts.columns, layout, labelled=len(group) > 1)


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
            box=box_of(rows[name.first_row : name.last_row + 1], layout, name.pieces),
        )


class Spans(NamedTuple):
    """Columns that cells stand in; where rules part all columns, those between the rules around a cell."""

    columns: Sequence[Column]
    lattice: Lattice
    is_ruled: bool

    def of(self, line: Row, piece: Piece) -> tuple[int, int]:
        """First and last column of a piece."""
        first, last = place_of(self.columns, piece)
        bounds = self.lattice.bounds(line, piece) if self.is_ruled else None
        if bounds is None:
            return first, last
        inside = [at for at, column in enumerate(self.columns) if bounds[0] <= column.middle <= bounds[1]]
        alone = all(other is piece or not bounds[0] <= other.middle <= bounds[1] for other in line.pieces)
        return (
            (inside[0], inside[-1]) if inside and inside[0] <= first and last <= inside[-1] and alone else (first, last)
        )


def _held(lines: Sequence[Row], spans: Spans) -> Held:
    held: Held = {}
    for line in lines:
        for piece in sorted(line.pieces, key=lambda piece: piece.start):
            first, last = spans.of(line, piece)
            held.setdefault(first, []).append((piece, last if first else first, line))
    return held


def _body_cells(
    row: int, held: Held, columns: Sequence[Column], layout: Layout, *, labelled: bool
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
    found: Sequence[Placed],
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
        box=box_of([line for _, _, line in found], layout, pieces) if found else None,
    )


def _printed(piece: Piece, text: str) -> int:
    """The length of a piece without the dots that lead on to the next one; all of it where it is nothing else."""
    words = text[piece.start : piece.end]
    return leader_of(words) or len(words)


def _roles(held: Held, columns: Sequence[Column], text: str) -> dict[int, CellRole]:
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


def box_of(rows: Sequence[Row], layout: Layout, pieces: Sequence[Piece]) -> Box:
    """The box around some pieces and the height of their lines, in fractions of the page."""
    width, height = layout.width or 1.0, layout.height or 1.0
    return Box(
        left=_clip(min(piece.left for piece in pieces) / width),
        top=_clip(min(row.top for row in rows) / height),
        right=_clip(max(piece.right for piece in pieces) / width),
        bottom=_clip(max(row.bottom for row in rows) / height),
    )


def _clip(side: float) -> float:
    return min(max(side, 0.0), 1.0)
