"""Fields of a form as tables of one row: the label names the row, the value stands in it."""

from collections.abc import Sequence
from typing import NamedTuple

from mistral_rag.pdf._tables.grid import Layout, box_of
from mistral_rag.pdf._tables.pieces import Piece, Row
from mistral_rag.schema import Box, CellRole, Table, TableCell

Located = tuple[Piece, Row]
"""A piece and the line that it stands on."""


FieldLines = tuple[int, int]
"""First line of a field, which is its label, and the line behind its last one, as indices of `Sheet.lines`."""


class StackedField(NamedTuple):
    """The lines of a label with those of its value, which are read one after the other."""

    label: tuple[Located, ...]
    value: tuple[Located, ...]


class StackedForm(NamedTuple):
    """Fields whose lines change places; `lines` are indices of `Sheet.lines`."""

    fields: list[StackedField]
    lines: list[int]


class FormFields(NamedTuple):
    """Lines of a form with their fields, as tables; `lines` are indices of `Sheet.lines`.

    `certain` is True where nothing but a form looks so; else a table that is found in the same lines wins.
    """

    tables: tuple[Table, ...]
    lines: frozenset[int]
    certain: bool


def field_of(label: Located, value: Sequence[Located], layout: Layout) -> Table:
    """The field of a label with the lines of its value beside or below it; an empty one has none."""
    pieces = [label, *value]
    return Table(
        start=min(piece.start for piece, _ in pieces),
        end=max(piece.end for piece, _ in pieces),
        cells=(_cell(0, [label], "row", layout), _cell(1, value, "value", layout)),
        columns=("", ""),
        box=_box(pieces, layout),
    )


def _cell(column: int, pieces: Sequence[Located], role: CellRole, layout: Layout) -> TableCell:
    return TableCell(
        row=0,
        column=column,
        runs=tuple((piece.start, piece.end) for piece, _ in pieces),
        role=role,
        box=_box(pieces, layout) if pieces else None,
    )


def _box(pieces: Sequence[Located], layout: Layout) -> Box:
    return box_of([row for _, row in pieces], layout, [piece for piece, _ in pieces])
