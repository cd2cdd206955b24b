"""Spreadsheets in OpenDocument (ods) into pages: cells as they are shown, which the file itself says."""

from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.clean import one_line
from ingest.parsing._office.opendocument.blocks import rows_of
from ingest.parsing._office.opendocument.inline import read_inline
from ingest.parsing._office.opendocument.styles import OpenStyles
from ingest.parsing._office.package import Package
from ingest.parsing._office.properties import open_properties
from ingest.parsing._office.sheets.cells import MAX_COLUMNS, MAX_ROWS, MAX_SHEET_CELLS
from ingest.parsing._office.sheets.pages import SheetPages
from ingest.parsing._office.sheets.regions import SheetCells, ShownCell
from ingest.parsing._office.xml import whole
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed
from mistral_rag.schema import column_letters

MAX_REPEATED: Final = 100_000
"""Cells with text of a sheet that stand for others: a few bytes may say that a text fills a million rows."""
_HIDDEN: Final = frozenset({"collapse", "filter"})


def read_spreadsheet(package: Package, main: str) -> Parsed:
    """A spreadsheet's sheets as pages. Hidden ones are pages without text, so that the report counts what they hold."""
    root = package.tree(main)
    styles = OpenStyles(package, root)
    pages = SheetPages()
    hidden: dict[int, int] = {}
    concealed: list[str] = []
    remarks: list[str] = []
    for table in root.iterfind("office_body/office_spreadsheet/table_table"):
        name = table.get("table_name", "")
        sheet = _OpenSheet(styles)
        sheet.read(table)
        shown = styles.property_of("table", table.get("table_style-name"), "style_table-properties", "table_display")
        if shown == "false":
            concealed.append(name)
            held = sum(len(cell.text) for cell in sheet.shown.cells.values())
            sheet.hidden, sheet.shown, sheet.comments = sheet.hidden + held, SheetCells(), []
        pages.add(name, sheet.shown, [("comment", text) for text in sheet.comments])
        number = pages.finish()
        if sheet.hidden:
            hidden[number] = sheet.hidden
        if sheet.is_cut:
            remarks.append(f"sheet {name}: cells that stand for too many others were left out")
    title, metadata = open_properties(package)
    if concealed:
        remarks.append(f"hidden sheets are not read: {', '.join(concealed[:5])}")
    return Parsed(
        written_title(title),
        metadata,
        tuple(pages.pages),
        problems=tuple(PageProblem(None, remark) for remark in remarks),
        hidden=hidden,
    )


class _OpenSheet:
    def __init__(self, styles: OpenStyles) -> None:
        self._styles = styles
        self._heads: set[int] = set()
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._repeated = 0
        self.shown = SheetCells()
        self.hidden = 0
        self.comments: list[str] = []

    @property
    def is_cut(self) -> bool:
        """True when cells were left out."""
        return self._repeated >= MAX_REPEATED or len(self.shown.cells) >= MAX_SHEET_CELLS

    def read(self, table: Element) -> None:
        self._read_columns(table)
        number = 1
        for row, in_head in rows_of(table):
            repeated = max(1, whole(row.get("table_number-rows-repeated"), 1))
            is_hidden = row.get("table_visibility") in _HIDDEN
            if is_hidden:
                self._hidden_rows |= set(range(number, min(number + repeated, MAX_ROWS + 1)))
            if in_head:
                self._heads |= set(range(number, min(number + repeated, number + 20)))
            if any(cell.find("text_p") is not None or cell.find("office_annotation") is not None for cell in row):
                for at in range(number, number + repeated):
                    if at > number and self._repeated >= MAX_REPEATED:
                        break
                    self._read_row(row, at, is_hidden=is_hidden)
                    self._repeated += len(row) if at > number else 0
            number += repeated
        self.shown.heads, self.shown.hidden_rows = self._heads, self._hidden_rows
        self.shown.hidden_columns = self._hidden_columns

    def _read_columns(self, table: Element) -> None:
        number = 1
        for column in table.iter("table_table-column"):
            repeated = max(1, whole(column.get("table_number-columns-repeated"), 1))
            if column.get("table_visibility") in _HIDDEN:
                self._hidden_columns |= set(range(number, min(number + repeated, MAX_COLUMNS + 1)))
            number += repeated

    def _read_row(self, row: Element, number: int, *, is_hidden: bool) -> None:
        column = 1
        for cell in row:
            repeated = max(1, whole(cell.get("table_number-columns-repeated"), 1))
            if cell.tag == "table_table-cell" and len(cell):
                for at in range(column, column + repeated):
                    if at > column and self._repeated >= MAX_REPEATED:
                        break
                    self._read_cell(cell, number, at, is_hidden=is_hidden)
                    self._repeated += at > column
            column += repeated

    def _read_cell(self, cell: Element, row: int, column: int, *, is_hidden: bool) -> None:
        found = [read_inline(paragraph, self._styles) for paragraph in cell.iterfind("text_p")]
        text = one_line(" ".join(one.text for one in found))
        self.hidden += sum(one.hidden for one in found)
        for comment in cell.iterfind("office_annotation"):
            words = " ".join(" ".join("".join(p.itertext()) for p in comment.iter("text_p")).split())
            by = f" ({comment.findtext('dc_creator')})" if comment.findtext("dc_creator") else ""
            if words:
                self.comments.append(f"Comment on {column_letters(column)}{row}{by}: {words}")
        if not text:
            return
        if is_hidden or column in self._hidden_columns:
            self.hidden += len(text)
        elif len(self.shown.cells) < MAX_SHEET_CELLS:
            name = cell.get("table_style-name")
            path = "style_table-cell-properties"
            ground = self._styles.property_of("table-cell", name, path, "fo_background-color")
            self.shown.cells[row, column] = ShownCell(
                text,
                is_text=cell.get("office_value-type", "string") == "string",
                is_bold=self._styles.is_bold("table-cell", name),
                background=None if ground in (None, "transparent", "#ffffff") else ground,
                across=max(1, whole(cell.get("table_number-columns-spanned"), 1)),
                down=max(1, whole(cell.get("table_number-rows-spanned"), 1)),
            )
