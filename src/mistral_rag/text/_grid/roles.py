"""Cells of a marked-up table as those of a page: parts that they play, their runs, signs joined with their numbers."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mistral_rag.schema import CellRole, TableCell
from mistral_rag.text._grid.cells import GridCell, Place, Places
from mistral_rag.text._grid.groups import RowLabel, group_scopes
from mistral_rag.text._grid.heads import names_rows
from mistral_rag.text._grid.words import is_amount, is_named, is_number, is_sign, is_value

_MIN_INDENT = 2.0
"""Pixels by which a label is set in; browsers and office programs take 10 and more."""


def label_columns(places: Places, heads: int) -> frozenset[int]:
    """The columns whose cells name rows: the first, or the second behind numbers; and what parts cells over rows.

    A first column of amounts holds values like the others, or numbers and counts of what the second one names.
    """
    if places.width < 2:
        return frozenset()
    first = 0
    if places.are_all(0, heads, is_amount):
        if not places.are_all(1, heads, is_named):
            return frozenset()
        first = 1
    last = first
    # the last column is left for the values
    while (
        last + 2 < places.width
        and _spans_rows(places, last, heads)
        and not places.are_mostly(last + 1, heads, is_amount)
    ):
        last += 1
    return frozenset(range(first, last + 1))


def _spans_rows(places: Places, column: int, heads: int) -> bool:
    cells = (places.at(row, column) for row in range(heads, len(places.rows)))
    return any(cell is not None and cell.row_span > 1 and cell.text.strip() for cell in cells)


class PlacedCells(NamedTuple):
    """The cells of a table with `heads` rows of names, and the ranges (`runs`) of their places in a text."""

    places: Places
    heads: int
    runs: Mapping[Place, tuple[int, int]]

    def cells(self, rows: range, offset: int) -> Iterator[TableCell]:
        """The cells of some rows with their parts; a value that stands in several rows is a cell in each of them.

        `offset` is added to all ranges.
        """
        labels = label_columns(self.places, self.heads)
        scopes = self._scopes(labels)
        for row in rows:
            before: tuple[TableCell, str] | None = None
            for made, text in self._row(row, self._labels_of(row, labels), rows.start, offset):
                if made.role == "group":
                    made = made.model_copy(update={"scope": min(scopes[row], rows.stop - 1 - row)})
                joined = before and self._joined(*before, made, text)
                if before is not None and joined is None:
                    yield before[0]
                before = joined or (made, text)
            if before is not None:
                yield before[0]

    def _labels_of(self, row: int, labels: frozenset[int]) -> frozenset[int]:
        """The columns that name a row: where its label is empty, the next one when it holds words and values follow."""
        filled = self.places.of(row)
        if not labels or row < self.heads or len(filled) < 2:
            return labels
        first = max(labels) + 1
        own, last = filled[0], filled[-1]
        is_next = own.column == first and own.row == row and not is_amount(own.text)
        is_next = is_next and not self.places.are_mostly(first, self.heads, is_amount)
        return labels | {first} if is_next and last.column > first else labels

    def _scopes(self, labels: frozenset[int]) -> list[int]:
        """Rows below each row that it names, as `group_scopes` gives them."""
        found: list[RowLabel | None] = []
        for row in range(len(self.places.rows)):
            cells = self.places.of(row)
            is_group = any(self._role(cell, labels) == "group" for cell in cells)
            named = [cell for cell in cells if is_group or self._role(cell, labels) == "row"]
            if not named or (row < self.heads and not is_group):
                found.append(None)
                continue
            cell = named[-1]
            is_over = is_group and cell.column_span > 1 and cell.column_span >= self.places.width - 1
            text = " ".join(cell.text.split())
            found.append(RowLabel(text, cell.indent, is_group, is_over, cell.is_bold or cell.is_head))
        return group_scopes(found, _MIN_INDENT)

    def _row(self, at: int, labels: frozenset[int], top: int, offset: int) -> Iterator[tuple[TableCell, str]]:
        for column, cell in enumerate(self.places.rows[at]):
            if cell is None or cell.column != column:
                continue
            role = self._role(cell, labels)
            stands_again = cell.row_span > 1 and role == "value" and (cell.row + 1, column) in self.runs
            if cell.row != at and not stands_again:
                continue
            run = self.runs.get((at, column))
            place = TableCell(
                row=at - top,
                column=column,
                row_span=1 if stands_again else cell.row_span,
                column_span=cell.column_span,
                runs=((run[0] + offset, run[1] + offset),) if run else (),
                role=role,
            )
            yield place, cell.text

    def _joined(self, left: TableCell, first: str, right: TableCell, second: str) -> tuple[TableCell, str] | None:
        """One cell of two, where the one is a currency's sign, a bracket or a per cent sign to the other's number."""
        if not (left.role == right.role == "value" and left.runs and right.runs):
            return None
        signs, numbers = [is_sign(first), is_sign(second)], [is_number(first), is_number(second)]
        if not ((signs[0] and numbers[1]) or (numbers[0] and signs[1])):
            return None
        if not self._have_one_name(left.column, right.column):
            return None
        span = right.column + right.column_span - left.column
        return left.model_copy(update={"runs": (*left.runs, *right.runs), "column_span": span}), f"{first} {second}"

    def _have_one_name(self, left: int, right: int) -> bool:
        """True when no name of a column begins at the right one of two."""
        heads = [self.places.at(row, right) for row in range(self.heads)]
        return all(cell is None or not cell.text.strip() or cell.column <= left for cell in heads)

    def _role(self, cell: GridCell, labels: frozenset[int]) -> CellRole:
        if self.places.is_group(cell.row) and (cell.row >= self.heads or names_rows(self.places, cell.row, self.heads)):
            return "group"
        if cell.row < self.heads:
            return "column"
        is_label = cell.column in labels or (cell.is_head and not is_value(cell.text))
        return "row" if is_label else "value"
