"""The cells of one sheet of a workbook, read as a stream: a sheet may have a million rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.clean import one_line, unescaped
from ingest.parsing._office.number_formats import shown_number, shown_text
from ingest.parsing._office.package import Package
from ingest.parsing._office.sheets.looks import PLAIN, CellLook
from ingest.parsing._office.sheets.regions import SheetCells, ShownCell
from ingest.parsing._office.xml import whole

MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
"""Rows and columns of a sheet, as many as Excel has."""
MAX_SHEET_CELLS: Final = 1_000_000
"""Cells with text of a sheet: 250 MB of memory. The text of a file that a build takes in has about as many."""
_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_RANGE: Final = re.compile(r"(?:.*!)?(\$?[A-Za-z]{1,3}\$?\d{1,7})(?::(\$?[A-Za-z]{1,3}\$?\d{1,7}))?")

Box = tuple[int, int, int, int]
"""First row and column, last row and column of a range, from 1."""


@dataclass(slots=True)
class SheetContent:
    """A sheet as it was read: what is shown, and counts of what is not.

    `hidden` are characters of hidden rows, columns and cells; `uncounted` formulas without a stored value; `cut_at` is
    the row from which on cells were left out, 0 when none were.
    """

    shown: SheetCells = field(default_factory=SheetCells)
    hidden: int = 0
    uncounted: int = 0
    cut_at: int = 0


class SheetReader:
    """Reads sheets of one workbook, whose texts and looks they share."""

    def __init__(self, package: Package, texts: Sequence[str], looks: Sequence[CellLook], *, since_1904: bool) -> None:
        self._package = package
        self._texts = texts
        self._looks = looks
        self._since_1904 = since_1904
        self._found = SheetContent()
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._heads: set[int] = set()
        self._merged: list[Box] = []
        self._row = 0

    def read(self, part: str) -> SheetContent:
        """The content of a sheet."""
        self._found = SheetContent()
        self._hidden_rows, self._hidden_columns, self._heads = set(), set(), set()
        self._merged, self._row = [], 0
        rows: Element | None = None
        for event, element in self._package.stream(part):
            if event == "start":
                rows = element if element.tag == "x_sheetData" else rows
            elif element.tag == "x_row":
                self._read_row(element)
                if rows is not None:
                    rows.clear()
            elif element.tag not in ("x_c", "x_v", "x_f", "x_is", "x_t", "x_r"):
                self._read_setting(element)
        for relation in self._package.relations(part):
            if relation.kind == "table":
                self._read_table(self._package.tree(relation.target))
        self._merge()
        self._found.shown.hidden_rows = self._hidden_rows
        self._found.shown.hidden_columns = self._hidden_columns
        self._found.shown.heads = self._heads
        return self._found

    def _read_setting(self, element: Element) -> None:
        if element.tag == "x_col" and _is_true(element.get("hidden")):
            last = min(whole(element.get("max")), MAX_COLUMNS)
            self._hidden_columns |= set(range(whole(element.get("min"), 1), last + 1))
        elif element.tag == "x_pane" and element.get("state", "").startswith("frozen"):
            self._heads |= set(range(1, min(whole((element.get("ySplit") or "0").partition(".")[0]), 20) + 1))
        elif element.tag == "x_mergeCell" and (box := box_of(element.get("ref"))) is not None:
            self._merged.append(box)
        elif element.tag == "x_autoFilter" and (box := box_of(element.get("ref"))) is not None:
            self._heads.add(box[0])

    def _read_table(self, table: Element) -> None:
        box = box_of(table.get("ref"))
        if box is not None and table.get("headerRowCount") != "0":
            self._heads.add(box[0])

    def _read_row(self, row: Element) -> None:
        number = whole(row.get("r"), self._row + 1)
        self._row = number if 0 < number <= MAX_ROWS else self._row + 1
        is_hidden = _is_true(row.get("hidden"))
        if is_hidden:
            self._hidden_rows.add(self._row)
        column = 0
        for cell in row:
            place = place_of(cell.get("r"))
            column = place[1] if place is not None else column + 1
            if cell.tag == "x_c" and column <= MAX_COLUMNS:
                self._read_cell(cell, column, is_hidden=is_hidden)

    def _read_cell(self, cell: Element, column: int, *, is_hidden: bool) -> None:
        at = whole(cell.get("s"), -1)
        look = self._looks[at] if 0 <= at < len(self._looks) else PLAIN
        value, text, is_text = self._shown(cell, look)
        if not value.strip():
            return
        if is_hidden or column in self._hidden_columns or not text.strip() or look.is_unseen:
            self._found.hidden += len(value.strip())
        elif len(self._found.shown.cells) >= MAX_SHEET_CELLS:
            self._found.cut_at = self._found.cut_at or self._row
        else:
            shown = ShownCell(one_line(text), is_text, look.is_bold, look.background)
            self._found.shown.cells[self._row, column] = shown

    def _shown(self, cell: Element, look: CellLook) -> tuple[str, str, bool]:
        """The value of a cell, what is shown of it, and True when it is a text."""
        kind = cell.get("t", "n")
        value = cell.findtext("x_v") or ""
        if cell.find("x_f") is not None and not value and kind != "inlineStr":
            self._found.uncounted += kind != "str"
        if kind == "s":
            value = self._text(value)
        elif kind == "inlineStr":
            inline = cell.find("x_is")
            value = "" if inline is None else rich_text(inline)
        elif kind == "b":
            value = {"1": "TRUE", "0": "FALSE"}.get(value.strip(), value)
        elif kind == "n":
            value = value.strip()
            return value, shown_number(value, look.form, since_1904=self._since_1904), False
        elif kind in ("d", "e"):
            return value, value, kind == "e"
        return value, shown_text(value, look.form), kind != "b"

    def _text(self, number: str) -> str:
        at = whole(number, -1)
        return self._texts[at] if 0 <= at < len(self._texts) else ""

    def _merge(self) -> None:
        cells = self._found.shown.cells
        for top, left, bottom, right in self._merged:
            cell = cells.get((top, left))
            if cell is not None:
                cells[top, left] = replace(cell, across=right - left + 1, down=bottom - top + 1)


def shared_texts(package: Package, part: str | None) -> list[str]:
    """The texts that cells of a workbook name by number."""
    texts: list[str] = []
    if part is None:
        return texts
    root: Element | None = None
    for event, element in package.stream(part):
        if event == "start":
            root = element if root is None else root
        elif element.tag == "x_si":
            texts.append(rich_text(element))
            if root is not None:
                root.clear()
    return texts


def rich_text(element: Element) -> str:
    """The text of a cell's parts, without the small signs that say how it is read aloud."""
    own = [part for part in element if part.tag in ("x_t", "x_r")]
    return unescaped("".join(part.text or "" if part.tag == "x_t" else part.findtext("x_t") or "" for part in own))


def place_of(reference: str | None) -> tuple[int, int] | None:
    """Row and column, from 1, of a reference such as "B4"."""
    found = _REFERENCE.fullmatch(reference or "")
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def box_of(reference: str | None) -> Box | None:
    """The range of a reference such as "B4:D9"."""
    found = _RANGE.fullmatch(reference or "")
    first = place_of(found[1]) if found else None
    last = place_of(found[2] or found[1]) if found else None
    return None if first is None or last is None or first > last else (*first, *last)


def _is_true(value: str | None) -> bool:
    return value in ("1", "true")
