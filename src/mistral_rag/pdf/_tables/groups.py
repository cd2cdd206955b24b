"""Rows of a printed table that the names of groups hold together, by how their labels are set."""

from collections.abc import Sequence

from mistral_rag.pdf._tables.columns import Column
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.schema import TableCell
from mistral_rag.text import RowLabel, group_scopes

_MIN_INDENT = 3.0
"""Points by which a label is set in; edges of letters that stand below each other differ by less."""
_MAX_OFF_MIDDLE = 0.05
"""Distance of a name over all columns from the middle of its table, as a share of the table's width."""


def is_over_columns(row: Row, columns: Sequence[Column], above: Sequence[Row] = ()) -> bool:
    """True for words alone on their line in the middle of a table, which belong to no one of its columns.

    `above` are the lines of its head so far: what stands below one name of them is the next line of it.
    """
    piece = row.pieces[0]
    left, right = columns[0].left, columns[-1].right
    if len(row.pieces) > 1 or not row.is_words or piece.left < left + row.height:
        return False
    if abs(piece.middle - (left + right) / 2) > _MAX_OFF_MIDDLE * (right - left):
        return False
    names = [name for line in above for name in line.pieces]
    below = [name for name in names or columns if name.left < piece.right and piece.left < name.right]
    return len(below) != 1 or (not names and any(c.kind == "number" for c in columns if c in below))


def with_scopes(cells: Sequence[TableCell], lines: Sequence[Row], width: float, text: str) -> list[TableCell]:
    """The cells of a table with the rows that each name of a group holds together; `width` is the page's, in points.

    `lines` are the printed lines of the table.
    """
    if not any(cell.role == "group" for cell in cells):
        return list(cells)
    scopes = group_scopes(row_labels(cells, lines, width, text), _MIN_INDENT)
    return [cell.model_copy(update={"scope": scopes[cell.row]}) if cell.role == "group" else cell for cell in cells]


def row_labels(cells: Sequence[TableCell], lines: Sequence[Row], width: float, text: str) -> list[RowLabel | None]:
    """The label of each row of a table, None for those of its head and without one; see `with_scopes`."""
    bold = {piece.start: row.bold for row in lines for piece in row.pieces}
    left, right = min(row.left for row in lines), max(row.right for row in lines)
    labels: list[RowLabel | None] = [None] * (max((cell.row for cell in cells), default=-1) + 1)
    for cell in cells:
        if cell.role not in {"group", "row"} or not cell.runs or cell.box is None or labels[cell.row] is not None:
            continue
        at, end = cell.box.left * width, cell.box.right * width
        off = abs((at + end) / 2 - (left + right) / 2)
        is_over = cell.role == "group" and at > left + _MIN_INDENT and off < _MAX_OFF_MIDDLE * (right - left)
        labels[cell.row] = RowLabel(
            cell.text(text), at, cell.role == "group", is_over, bold.get(cell.runs[0][0], False)
        )
    return labels


def open_groups(before: Sequence[RowLabel | None], labels: Sequence[RowLabel | None]) -> list[tuple[RowLabel, int]]:
    """The groups of the rows `before` that hold the first of the next ones, too, each with the number of these."""
    scopes = group_scopes([*before, *labels], _MIN_INDENT)
    reaches = (max(at + 1 + scope - len(before), 0) for at, scope in enumerate(scopes[: len(before)]))
    held = zip(before, reaches, strict=True)
    return [(label, rows) for label, rows in held if label is not None and any(labels[:rows])]
