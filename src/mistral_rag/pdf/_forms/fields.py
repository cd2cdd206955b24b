"""Fields of a form as tables of one row: a label names its value, as a name beside it or as a head above it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mistral_rag.pdf._tables.grid import Layout, box_of
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.schema import Box, CellRole, Table, TableCell

Located = tuple[Piece, Row]
"""A piece and the line that it stands on."""


class FormFields(NamedTuple):
    """Lines of a form with their fields, as tables; `lines` are indices of `Sheet.lines`.

    `certain` is True where nothing but a form looks so; else a table that is found in the same lines wins.
    """

    tables: tuple[Table, ...]
    lines: frozenset[int]
    certain: bool


def beside(label: Located, value: Sequence[Located], layout: Layout) -> Table:
    """The field of a label with its value behind it; an empty one has no value."""
    cells = (_cell((0, 0), [label], "row", layout), _cell((0, 1), value, "value", layout))
    return _table(cells, [label, *value], layout)


def below(labels: Sequence[Located], values: Sequence[Sequence[Located]], layout: Layout) -> Table:
    """The fields of some labels side by side, each with the lines of its value below it."""
    heads = [_cell((0, at), [label], "column", layout) for at, label in enumerate(labels)]
    cells = [_cell((1, at), value, "value", layout) for at, value in enumerate(values)]
    names = tuple(" ".join(layout.text[label.start : label.end].split()) for label, _ in labels)
    return _table((*heads, *cells), [*labels, *(one for value in values for one in value)], layout, names)


def _table(
    cells: Sequence[TableCell], pieces: Sequence[Located], layout: Layout, columns: tuple[str, ...] = ("", "")
) -> Table:
    return Table(
        start=min(piece.start for piece, _ in pieces),
        end=max(piece.end for piece, _ in pieces),
        cells=tuple(cells),
        columns=columns,
        box=_box(pieces, layout),
    )


def _cell(place: tuple[int, int], pieces: Sequence[Located], role: CellRole, layout: Layout) -> TableCell:
    return TableCell(
        row=place[0],
        column=place[1],
        runs=tuple((piece.start, piece.end) for piece, _ in pieces),
        role=role,
        box=_box(pieces, layout) if pieces else None,
    )


def _box(pieces: Iterable[Located], layout: Layout) -> Box:
    found = list(pieces)
    return box_of([row for _, row in found], layout, [piece for piece, _ in found])
