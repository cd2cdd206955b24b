"""Cells of one HTML table while it is being read, and tables that are none."""

from collections.abc import Mapping
from typing import Final

from selectolax.lexbor import LexborNode

from ingest.parsing._html.tree import TEXT, Walk
from mistral_rag.text import TableGrid

MAX_CELL: Final = 1000
"""Characters of a cell in a table without column names; with more the table lays out running text."""
MAX_CELL_OF_ROW: Final = 200
"""The same in a table of one row: a pair of label and value is short, columns of a page are not."""
MAX_BESIDE_MENU: Final = 50
"""The same for a cell beside one of nothing but links, in a table of one row: a menu stands beside the page's text."""
MIN_LINKS: Final = 2
"""Links of a menu."""
MAX_PARTED_CELL: Final = 100
"""The same for a cell of several paragraphs in a table without lines: names of columns have as many, but are short."""

MAX_ROW_SPAN: Final = 65_534
"""Rows that browsers let a cell cover."""
KEPT_BLANKS: Final = "\u00a0\u2002\u2003\u3000"
"""Blanks that browsers keep at the beginning of a cell."""
BLANK: Final = 4.0
"""Pixels of a blank in letters of 16."""
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
CELLS: Final = frozenset({"td", "th"})
PARAGRAPHS: Final = frozenset(["article", "blockquote", "dd", "div", "dt", "form", "hr", "li", "p", "pre", "section"])
DATA: Final = frozenset({"th", "thead", "caption"})
"""Elements that only tables of data have (HTML Standard, "the table element"; accessibility trees go by them, too)."""


class TableReader:
    """Collects the cells of a table into grids: one, or several where heads stand again above other rows."""

    def __init__(self) -> None:
        self.grids = [TableGrid()]
        self.in_head = False
        self.in_cell = False
        self._indent = 0.0
        self._has_text = False
        self._cell: tuple[bool, int, int, object] = (False, 1, 1, None)

    @property
    def grid(self) -> TableGrid:
        """The grid that is being filled."""
        return self.grids[-1]

    def start_cell(self, tag: str, attributes: Mapping[str, str | None], background: object) -> None:
        """A cell begins; its text comes with `end_cell`."""
        self.in_cell, self._indent, self._has_text = True, 0.0, False
        is_head = tag == "th" and (attributes.get("scope") or "").lower() not in {"row", "rowgroup"}
        self._cell = is_head, _span(attributes.get("colspan")), _row_span(attributes.get("rowspan")), background

    def set_in(self, by: float) -> None:
        """An element begins in the cell whose text is set in by this many pixels: what counts is the first text."""
        self._indent += 0.0 if self._has_text else by

    def text(self, text: str) -> None:
        """Text of the cell as it stands in the source."""
        if not self._has_text:
            words = text.lstrip()
            self._indent += BLANK * sum(map(text[: len(text) - len(words)].count, KEPT_BLANKS))
            self._has_text = bool(words)

    def end_cell(self, text: str, *, is_bold: bool) -> None:
        """The cell ends with this text."""
        self.in_cell = False
        is_head, across, down, background = self._cell
        self.grid.add(
            text,
            is_head=is_head,
            is_bold=is_bold,
            background=background,
            indent=self._indent,
            across=across,
            down=down,
        )

    def end_row(self) -> None:
        """The row ends; one of heads below rows of values begins a grid of its own."""
        if self.grid.begins_anew:
            self.grids.append(self.grid.split())
        self.grid.end_row(in_head=self.in_head)


def is_layout(table: LexborNode) -> bool:
    """True for a table that lays out the page: it says so, has one cell, or holds headings, tables or running text."""
    if (table.attributes.get("role") or "").lower() in {"presentation", "none"}:
        return True
    look = _Contents(table)
    if look.holds_sections or look.cells == 1:
        return True
    if look.is_data:
        return False
    if look.rows == 1 and look.menus and look.longest > MAX_BESIDE_MENU:
        return True
    limit = MAX_CELL_OF_ROW if look.rows == 1 else MAX_CELL
    return look.longest > limit or (look.longest_parted > MAX_PARTED_CELL and not _has_lines(table))


class _Contents:
    """Counts of what a table holds, those of tables within its cells left out.

    `longest` are the characters of its longest cell, `longest_parted` those of the longest one with several paragraphs;
    `menus` are the cells that hold links and nothing else.
    """

    def __init__(self, table: LexborNode) -> None:
        self.cells = self.rows = self.longest = self.longest_parted = self.menus = 0
        self.is_data = self.holds_sections = False
        self._length = self._paragraphs = 0
        self._begins = self._in_link = False
        self._links = 0
        walk = Walk(table)
        for tag, node, entered in walk:
            if tag in PARAGRAPHS:
                self._begins = True
            elif entered and tag == TEXT:
                self._count(len((node.text_content or "").strip()))
            elif tag == "a":
                self._in_link = entered
                self._links += entered if self._links >= 0 else 0
            elif not entered and tag in CELLS:
                self.menus += self._links >= MIN_LINKS
            elif entered and (tag in HEADINGS or (tag == "table" and self.cells and not is_single_cell(node))):
                self.holds_sections = True
                return
            elif entered and tag == "table" and self.cells:
                walk.skip()
            elif entered and tag in CELLS:
                self.cells += 1
                self._length, self._paragraphs, self._begins, self._links = 0, 0, True, 0
            self.rows += entered and tag == "tr"
            self.is_data = self.is_data or tag in DATA

    def _count(self, length: int) -> None:
        if not length:
            return
        # words beside links are no menu
        self._links = self._links if self._in_link else -1
        self._paragraphs += self._begins
        self._begins = False
        self._length += length
        self.longest = max(self.longest, self._length)
        if self._paragraphs > 1:
            self.longest_parted = max(self.longest_parted, self._length)


def _has_lines(table: LexborNode) -> bool:
    attributes = table.attributes
    if "border" in attributes:
        return (attributes.get("border") or "1").strip() != "0"
    return "rules" in attributes or "border" in (attributes.get("style") or "")


def is_single_cell(table: LexborNode) -> bool:
    """True for a table of one cell at most, which only draws a frame."""
    cells = 0
    for tag, _, entered in Walk(table):
        cells += entered and tag in CELLS
        if cells > 1:
            return False
    return True


def whole_number(value: str | None, default: int) -> int:
    """The number an attribute holds, when it is a sane one."""
    digits = (value or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else default


def _span(value: str | None) -> int:
    return max(whole_number(value, 1), 1)


def _row_span(value: str | None) -> int:
    """Rows that a cell covers; 0 stands for all that follow."""
    return _span(value) if whole_number(value, 1) else MAX_ROW_SPAN
