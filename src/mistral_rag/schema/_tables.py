"""Tables: a grid of cells over a run of a page's text."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from mistral_rag._printed_lines import joined_lines
from mistral_rag.schema._base import Model, Number, Offset, Text
from mistral_rag.schema._boxes import Box

CellRole = Literal["value", "column", "row", "group"]
"""Parts that a cell plays: a value, the name of its columns, the name of its row, or of the rows below it."""

GROUP_JOINT = " > "
"""Separator between the name of a group of rows and what is in it."""


def column_letters(column: int) -> str:
    """The letters of a sheet's column, from 1: A to Z, then AA."""
    letters = ""
    while column > 0:
        column, at = divmod(column - 1, 26)
        letters = chr(ord("A") + at) + letters
    return letters


def cell_range(top: int, left: int, bottom: int, right: int) -> str:
    """A range of a sheet's cells, rows and columns from 1: "B4:D4", or "B4" for a single one."""
    first, last = f"{column_letters(left)}{top}", f"{column_letters(right)}{bottom}"
    return first if first == last else f"{first}:{last}"


class Run(Model):
    """A run of a page's text, at least one character long."""

    start: Offset
    end: Offset

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a run of text needs start < end")
        return self


class TableCell(Model):
    """One cell of a table; `row` and `column` count from 0.

    `runs` are the (start, end) of its text in `Page.text`, one a printed line; an empty cell has none. `row_span` and
    `column_span` count the rows and columns that it covers. `scope` counts the rows below a group's name that it holds
    together; where it is not clear which rows these are, it is 0.
    """

    row: Offset
    column: Offset
    row_span: Number = 1
    column_span: Number = 1
    runs: tuple[tuple[Offset, Offset], ...] = ()
    role: CellRole = "value"
    box: Box | None = None
    scope: Offset = 0

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        # a page of tables has hundreds of cells: a loop takes half the time of any()
        for start, end in self.runs:
            if start >= end:
                raise ValueError("a run of a cell's text needs start < end")
        return self

    def text(self, page_text: str) -> str:
        """The words of the cell, its printed lines joined by blanks, but for codes that are parted at a hyphen."""
        return joined_lines([page_text[start:end] for start, end in self.runs])


class CellValue(Model):
    """A cell as a reader names it: the value printed in it, the heads of its column and the label of its row.

    Names of groups stand before the label, from the outermost on: "North America > Revenue".
    """

    value: Text
    column: Text = ""
    row: Text = ""

    def __str__(self) -> str:
        named = f"{self.column}: {self.value}" if self.column else self.value
        return f"{named} (row {self.row})" if self.row else named


class Table(Run):
    """A table of a page: its cells in the order of rows and columns, and what stands above its columns.

    `columns` holds the names of each column from top to bottom, joined by ", "; a name over several columns stands in
    each. `scale` is what is said of all values ("in millions", "EUR"). A table that is `continued` goes on from the
    page before, and has its names from there. Groups that were open there hold its first rows, too: `open_groups` are
    their names from the outermost on, each with the number of rows from the top. The table of a sheet says in which of
    its rows and columns the rows and columns of the table are (`sheet_rows`, `sheet_columns`, from 1): those that are
    empty or hidden are left out.
    """

    cells: tuple[TableCell, ...]
    columns: tuple[Text, ...] = ()
    scale: Text = ""
    continued: bool = False
    box: Box | None = None
    sheet_rows: tuple[Number, ...] = ()
    sheet_columns: tuple[Number, ...] = ()
    open_groups: tuple[tuple[Text, Number], ...] = ()

    @model_validator(mode="after")
    def _within(self) -> Self:
        runs = [run for cell in self.cells for run in cell.runs]
        if any(start < self.start or end > self.end for start, end in runs):
            raise ValueError("a cell stands outside of its table")
        return self

    def values(self, page_text: str, start: int, end: int) -> Iterator[CellValue]:
        """The values that begin in ``page_text[start:end]``, with their column and row. Empty cells are left out."""
        labels, groups = self._labels(page_text), self._groups(page_text)
        for cell in self.cells:
            if cell.role == "value" and cell.runs and start <= cell.runs[0][0] < end:
                yield CellValue(
                    value=cell.text(page_text),
                    column=self._column(cell),
                    row=GROUP_JOINT.join(filter(None, (*groups[cell.row], ", ".join(labels[cell.row])))),
                )

    def cell_range(self, start: int, end: int) -> str | None:
        """The cells of the sheet whose text is in the run from `start` to `end`, as a range such as "B4:D4"."""
        touched = [c for c in self.cells if any(first < end and start < last for first, last in c.runs)]
        rows = [at for c in touched for at in self.sheet_rows[c.row : c.row + c.row_span]]
        columns = [at for c in touched for at in self.sheet_columns[c.column : c.column + c.column_span]]
        return cell_range(min(rows), min(columns), max(rows), max(columns)) if rows and columns else None

    def _column(self, cell: TableCell) -> str:
        names = self.columns[cell.column : cell.column + cell.column_span]
        return ", ".join(dict.fromkeys(filter(None, names)))

    def _labels(self, page_text: str) -> dict[int, list[str]]:
        """The labels of each row, from left to right; a cell over several rows names each of them."""
        labels: dict[int, list[str]] = defaultdict(list)
        for cell in self.cells:
            if cell.role == "row" and cell.runs:
                for row in range(cell.row, cell.row + cell.row_span):
                    labels[row].append(cell.text(page_text))
        return labels

    def _groups(self, page_text: str) -> dict[int, list[str]]:
        """The names of the groups that each row is in, from the outermost on, without the colon behind them."""
        groups: dict[int, list[str]] = defaultdict(list)
        for name, rows in self.open_groups:
            for row in range(rows):
                groups[row].append(name)
        for cell in self.cells:
            for row in range(cell.row + 1, cell.row + cell.scope + 1):
                groups[row].append(cell.text(page_text).rstrip(":： "))
        return groups
