"""Rows and cells of one HTML table while it is being read, and tables that are none."""

from typing import Final

from selectolax.lexbor import LexborNode

from ingest.parsing._html.tree import TEXT, Walk

MAX_SPAN: Final = 1000
"""Columns or rows that a cell is believed to cover, as in browsers."""

MAX_CARRIED: Final = 50
"""Columns in which cells reach into the rows below."""

MAX_REPEATED: Final = 200
"""Characters of a cell that stand again in the rows below which it covers: labels, not paragraphs."""

MAX_ALL_REPEATED: Final = 100_000
"""The same for a whole table, so that a small file cannot become a large one."""

MAX_CELL: Final = 1000
"""Characters of a cell in a table without column names; with more the table lays out running text."""

HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
CELLS: Final = frozenset({"td", "th"})


class TableReader:
    """Collects cells into rows, and knows which rows name the columns: those of `<thead>`, or of `<th>` alone.

    A cell over several rows stands in each of them, so that every row says what it is about. A cell over several
    columns leaves the places it also covers empty, so that columns line up.
    """

    def __init__(self) -> None:
        self.body: list[list[str]] = []
        self.in_head = False
        self.in_cell = False
        self._heads: list[tuple[list[str], list[str]]] = []
        self._row: list[str] = []
        self._spread: list[str] = []
        self._names = True
        self._cell = (False, 1, 1)
        self._carried: dict[int, tuple[int, str, str]] = {}
        self._repeated = 0

    @property
    def header(self) -> list[list[str]]:
        """The rows that name the columns; rows of groups of columns are joined with the rows below them."""
        titles = [row for row, spread in self._heads if len(set(spread)) == 1]
        rows = [(row, spread) for row, spread in self._heads if len(set(spread)) > 1]
        if len(rows) < 2 or all(row == spread for row, spread in rows):
            return [*titles, *(row for row, _ in rows)]
        width = max(len(spread) for _, spread in rows)
        columns = ([spread[at] for _, spread in rows if at < len(spread)] for at in range(width))
        return [*titles, [" ".join(filter(None, dict.fromkeys(column))) for column in columns]]

    def start_cell(self, tag: str, colspan: str | None, rowspan: str | None) -> None:
        """A cell begins; its text comes with `end_cell`."""
        self.in_cell = True
        self._cell = (tag == "th", _span(colspan), _span(rowspan))

    def end_cell(self, text: str) -> None:
        """The cell ends with this text."""
        self.in_cell = False
        names, across, down = self._cell
        self._put_carried()
        first = len(self._row)
        if down > 1:
            repeated = text if len(text) <= MAX_REPEATED else ""
            columns = range(first, min(first + across, MAX_CARRIED))
            self._carried |= {at: (down, repeated if at == first else "", repeated) for at in columns}
        self._row += [text] + [""] * (across - 1)
        self._spread += [text] * across
        self._names = self._names and (names or not text.strip())

    def end_row(self) -> None:
        """The row ends; a row without text of its own is dropped."""
        if any(cell.strip() for cell in self._row):
            self._put_carried()
            if (self._names or self.in_head) and not self.body:
                self._heads.append((self._row, self._spread))
            else:
                self.body.append(self._row)
        self._carried = {at: (rows - 1, own, spread) for at, (rows, own, spread) in self._carried.items() if rows > 1}
        self._row, self._spread, self._names = [], [], True

    def _put_carried(self) -> None:
        """Fill the places that cells of the rows above cover."""
        while (carried := self._carried.get(len(self._row))) is not None:
            _, text, spread = carried
            self._repeated += len(text)
            self._row.append(text if self._repeated <= MAX_ALL_REPEATED else "")
            self._spread.append(spread)


def is_layout(table: LexborNode) -> bool:
    """True for a table that lays out the page: it says so, has one cell, or holds headings, tables or long text."""
    if (table.attributes.get("role") or "").lower() in {"presentation", "none"}:
        return True
    cells = length = longest = 0
    has_names = False
    walk = Walk(table)
    for tag, node, entered in walk:
        if not entered:
            continue
        if tag == TEXT:
            length += len((node.text_content or "").strip())
            longest = max(longest, length)
        elif tag in HEADINGS or (tag == "table" and cells and not is_single_cell(node)):
            return True
        elif tag == "table" and cells:
            walk.skip()
        elif tag in CELLS:
            cells, length = cells + 1, 0
            has_names = has_names or tag == "th"
    return cells == 1 or (longest > MAX_CELL and not has_names)


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
    return min(max(whole_number(value, 1), 1), MAX_SPAN)
