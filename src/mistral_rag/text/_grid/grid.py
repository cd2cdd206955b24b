"""Grids of tables that are marked up (HTML, Markdown, replies of OCR): places of cells, heads, labels.

Spans are laid out as browsers do (HTML Standard, "forming a table"). Where a table does not say which rows are heads,
they are told by their looks: bold, another background, or words above columns of numbers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from mistral_rag.schema import Box, Table
from mistral_rag.text._grid.cells import GridCell, Place, Places
from mistral_rag.text._grid.heads import (
    begins_with_pair,
    column_names,
    heads_by_looks,
    later_heads,
    scale_of_heads,
    with_lower_names,
)
from mistral_rag.text._grid.roles import PlacedCells
from mistral_rag.text._grid.wide_names import wide_names
from mistral_rag.text._grid.words import is_amount

MAX_COLUMNS: Final = 1000
"""Columns of a table, the most that a browser lets one cell cover."""
MAX_ROW_SPAN: Final = 1000
"""Rows that a cell is believed to cover: a wrong number fills no memory."""
MAX_CARRIED: Final = 50
"""Columns in which cells reach into the rows below."""
MAX_REPEATED: Final = 200
"""Characters of a cell that stand again in the rows below which it covers: labels, not paragraphs."""
MAX_ALL_REPEATED: Final = 100_000
"""The same for a whole table, so that a small file cannot become a large one."""


@dataclass(slots=True)
class TableGrid:
    """Cells of one table, added in the order of the source; then its heads, its labels and the names of its columns.

    `rows` hold the cell that covers each place, None where none does; `width` is that of the widest.
    A row without text of its own is left out.
    """

    captions: list[GridCell] = field(default_factory=list)
    rows: list[list[GridCell | None]] = field(default_factory=list)
    width: int = 0
    _row: list[GridCell | None] = field(default_factory=list)
    _carried: dict[int, tuple[int, GridCell]] = field(default_factory=dict)
    _declared: int = 0
    _repeated: int = 0
    _heads: int | None = None

    def caption(self, text: str, *, source: tuple[int, int] = (0, 0)) -> None:
        """Add a text that stands above the table."""
        self.captions.append(GridCell(text, -1, 0, source=source))

    def add(
        self,
        text: str,
        *,
        is_head: bool = False,
        is_bold: bool = False,
        background: object = None,
        indent: float = 0.0,
        across: int = 1,
        down: int = 1,
        source: tuple[int, int] = (0, 0),
    ) -> None:
        """Add the next cell of the row; it covers `across` columns and `down` rows."""
        self._fill()
        column = len(self._row)
        across = max(min(across, MAX_COLUMNS - column), 1)
        cell = GridCell(text, len(self.rows), column, 1, across, is_head, is_bold, background, source, indent)
        self._row += [cell] * across
        if down > 1:
            rows = min(down, MAX_ROW_SPAN)
            self._carried |= dict.fromkeys(range(column, min(column + across, MAX_CARRIED)), (rows, cell))

    def end_row(self, *, in_head: bool = False) -> None:
        """End the row; with `in_head` the source says that it names columns."""
        at = len(self.rows)
        own = [cell for cell in self._row if cell is not None and cell.row == at]
        if any(cell.text.strip() for cell in own):
            self._fill()
            for cell in {id(cell): cell for cell in self._row if cell is not None and cell.row < at}.values():
                cell.row_span += 1
            if self._declared == at and (in_head or all(cell.is_head or not cell.text.strip() for cell in own)):
                self._declared += 1
            self.rows.append(self._row)
            if at == 1:
                self._widen_names()
            self.width = max(self.width, len(self._row))
        else:
            for cell in own:
                cell.row = -1  # in no row, but its place in those below is taken
        self._carried = {at: (left - 1, cell) for at, (left, cell) in self._carried.items() if left > 1}
        self._row = []
        self._heads = None

    def _widen_names(self) -> None:
        """Let names of the first row cover the empty cells beside them, where the second row repeats itself below."""
        upper, lower = self.rows
        for column, span in wide_names(upper, lower).items():
            cell = upper[column]
            if cell is not None:
                cell.column_span = span
                upper[column : column + span] = [cell] * span

    @property
    def begins_anew(self) -> bool:
        """True when the row so far is one of heads below rows of values: what follows is another table."""
        own = [cell for cell in self._row if cell is not None and cell.text.strip()]
        are_heads = all(cell.is_head and cell.row == len(self.rows) for cell in own)
        names = {id(cell) for cell in own}
        return (
            are_heads and len(names) > 1 and len(self.rows) > self._declared and not any(is_amount(c.text) for c in own)
        )

    def split(self) -> "TableGrid":
        """Move the row so far into a grid of its own."""
        grid = TableGrid(_row=self._row)
        for cell in grid._row:
            if cell is not None:
                cell.row = 0
        grid._carried = {at: kept for at, kept in self._carried.items() if kept[1].row == 0 and kept[1] in grid._row}
        self._row, self._carried = [], {}
        return grid

    def parted(self) -> list["TableGrid"]:
        """The grid, in several where rows of bold words begin a table of their own below rows of values."""
        starts = [0, *later_heads(self._places, self.heads), len(self.rows)]
        if len(starts) == 2:
            return [self]
        for cell in [cell for _, cell in self.cells()]:
            cell.row -= max(start for start in starts if start <= cell.row)
        parts = [TableGrid(rows=self.rows[a:b], width=self.width) for a, b in pairwise(starts)]
        parts[0].captions, parts[0]._declared = self.captions, self._declared
        return parts

    def _fill(self) -> None:
        """Put into the next places of the row the cells above that cover them."""
        while (carried := self._carried.get(len(self._row))) is not None and carried[1].row < len(self.rows):
            self._row.append(carried[1])

    @property
    def heads(self) -> int:
        """Rows at the top that name the columns."""
        if self._heads is None:
            self._heads = self._heads_told()
        return self._heads

    def _heads_told(self) -> int:
        if self._declared > 1 or (self._declared and not begins_with_pair(self._places)):
            return with_lower_names(self._places, self._declared)
        return 0 if self._declared or begins_with_pair(self._places) else heads_by_looks(self._places)

    def drop_empty_columns(self) -> None:
        """Take out the columns in which no cell with text begins: they only space out the others."""
        used = {cell.column for _, cell in self.cells() if cell.text.strip()}
        if len(used) == self.width:
            return
        places = {column: at for at, column in enumerate(sorted(used))}
        cells = [cell for _, cell in self.cells()]
        self.rows = [[slot for at, slot in enumerate(row) if at in places] for row in self.rows]
        self.width = len(places)
        for cell in cells:
            covered = [at for at in range(cell.column, cell.column + cell.column_span) if at in places]
            cell.column_span = max(len(covered), 1)
            cell.column = places[covered[0]] if covered else len(places)
        self._heads = None

    def cells(self) -> Iterator[tuple[int, GridCell]]:
        """Each cell once, in order, with the index of its first row."""
        for at, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                if cell is not None and (cell.row, cell.column) == (at, column):
                    yield at, cell

    def repeats(self, row: int, column: int) -> str:
        """The text that stands at a place: in a row below its own a label stands again, a paragraph does not."""
        cell = self.rows[row][column]
        if cell is None or column != cell.column:
            return ""
        if row == cell.row:
            return cell.text
        if len(cell.text) > MAX_REPEATED:
            return ""
        self._repeated += len(cell.text)
        return cell.text if self._repeated <= MAX_ALL_REPEATED else ""

    @property
    def _places(self) -> Places:
        return Places(self.rows, self.width)

    def table(
        self,
        runs: Mapping[Place, tuple[int, int]],
        start: int,
        end: int,
        *,
        rows: range | None = None,
        offset: int = 0,
        box: Box | None = None,
    ) -> Table:
        """The grid, or some of its `rows`, as the table of a page.

        `runs` are the ranges of its places; in the page's text they are `offset` characters further on.
        """
        chosen = range(len(self.rows)) if rows is None else rows
        return Table(
            start=start,
            end=end,
            cells=tuple(PlacedCells(self._places, self.heads, runs).cells(chosen, offset)),
            columns=column_names(self._places, self.heads),
            scale=scale_of_heads(self._places, self.heads, [caption.text for caption in self.captions]),
            continued=chosen.start > 0,
            box=box,
        )
