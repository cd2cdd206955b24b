"""Tables of a Word document as grids of cells, merged ones included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.word.styles import StyleSheet, is_filled, is_on
from ingest.parsing._office.xml import value_of, whole
from mistral_rag.text import TableGrid

MAX_CELL: Final = 1000
"""Characters of a cell in a table without column names; with more the table lays out running text."""
MAX_SPAN: Final = 63
"""Columns that Word lets a table have."""


@dataclass(slots=True)
class WordCell:
    """A cell as it stands in its row; `goes_on` is one that only continues the cell above it."""

    element: Element
    column: int
    across: int
    goes_on: bool
    begins: bool
    fill: str | None


ReadCell = Callable[[WordCell], tuple[str, bool]]
"""Gives the text of a cell, and True when all of it is bold."""


def rows_of(table: Element) -> Iterator[Element]:
    """The rows of a table that are not deleted, those in content controls included."""
    for element in _unwrapped(table, "w_tr"):
        if element.find("w_trPr/w_del") is None and not _is_hidden(element):
            yield element


def cells_of(row: Element) -> list[WordCell]:
    """The cells of a row with their places in the grid."""
    column = whole(value_of(row, "w_trPr/w_gridBefore", "w_val"))
    cells = []
    for element in _unwrapped(row, "w_tc"):
        if element.find("w_tcPr/w_cellDel") is not None:
            continue
        across = max(1, min(whole(value_of(element, "w_tcPr/w_gridSpan", "w_val"), 1), MAX_SPAN))
        merge = element.find("w_tcPr/w_vMerge")
        goes_on = merge is not None and merge.get("w_val", "continue") == "continue"
        fill = value_of(element, "w_tcPr/w_shd", "w_fill")
        cells.append(WordCell(element, column, across, goes_on, merge is not None and not goes_on, fill))
        column += across
    return cells


def is_layout(table: Element) -> bool:
    """True for a table that holds running text: of one cell, or of long cells without a row of names."""
    rows = list(rows_of(table))
    cells = [cell for row in rows for cell in _unwrapped(row, "w_tc")]
    if len(cells) <= 1:
        return True
    if rows and names_columns(rows[0]):
        return False
    return any(sum(len(t.text or "") for t in cell.iter("w_t")) > MAX_CELL for cell in cells)


def names_columns(row: Element) -> bool:
    """True for a row that Word repeats on each page."""
    header = row.find("w_trPr/w_tblHeader")
    return header is not None and is_on(header.get("w_val"))


def read_table(table: Element, styles: StyleSheet, read: ReadCell) -> TableGrid:
    """The grid of a table."""
    rows = [(row, cells_of(row)) for row in rows_of(table)]
    apart = _sets_first_row_apart(table, styles)
    grid = TableGrid()
    for at, (row, cells) in enumerate(rows):
        column = 0
        for cell in cells:
            if cell.goes_on and at:
                column = cell.column + cell.across
                continue
            for _ in range(column, cell.column):
                if _is_free(rows, at, column):
                    grid.add("")
                column += 1
            text, is_bold = read(cell)
            grid.add(
                text,
                is_bold=is_bold or (apart and at == 0),
                background=cell.fill if is_filled(cell.fill) else None,
                across=cell.across,
                down=_height(rows, at, cell) if cell.begins else 1,
            )
            column = cell.column + cell.across
        grid.end_row(in_head=names_columns(row))
    return grid


def _height(rows: list[tuple[Element, list[WordCell]]], at: int, cell: WordCell) -> int:
    height = 1
    for _, cells in rows[at + 1 :]:
        if not any(other.goes_on and other.column == cell.column for other in cells):
            break
        height += 1
    return height


def _is_free(rows: list[tuple[Element, list[WordCell]]], at: int, column: int) -> bool:
    """True for a place that no cell of the row takes, not even one that continues the cell above."""
    return not any(cell.column <= column < cell.column + cell.across for cell in rows[at][1])


def _sets_first_row_apart(table: Element, styles: StyleSheet) -> bool:
    look = table.find("w_tblPr/w_tblLook")
    value = "0000" if look is None else look.get("w_val", "0000")
    first = None if look is None else look.get("w_firstRow")
    named = is_on(first) if first is not None else bool(int(value, 16) & 0x20 if _is_hex(value) else 0)
    return named and styles.sets_first_row_apart(value_of(table, "w_tblPr/w_tblStyle", "w_val"))


def _is_hex(value: str) -> bool:
    return 0 < len(value) <= 8 and all(sign in "0123456789abcdefABCDEF" for sign in value)


def _is_hidden(row: Element) -> bool:
    hidden = row.find("w_trPr/w_hidden")
    return hidden is not None and is_on(hidden.get("w_val"))


def _unwrapped(element: Element, tag: str) -> Iterator[Element]:
    """Children of a kind, also those inside of content controls and marks of changes."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in ("w_sdt", "w_sdtContent", "w_customXml", "w_ins", "w_moveTo", "w_smartTag"):
            yield from _unwrapped(child, tag)
