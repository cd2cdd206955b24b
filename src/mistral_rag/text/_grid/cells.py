"""Cells of a marked-up table, and the places that they cover."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Place = tuple[int, int]
"""A row and a column, from 0."""


@dataclass(slots=True, eq=False)
class GridCell:
    """A cell of a marked-up table.

    `source` is its range in the source that it was read from, for those that need it. `row` is -1 for one in no row: a
    caption. `is_head` is said by its markup, `is_bold` and `background` are how it looks; `indent` is how far its text
    is set in, in pixels.
    """

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    is_head: bool = False
    is_bold: bool = False
    background: object = None
    source: tuple[int, int] = (0, 0)
    indent: float = 0.0


class Places(NamedTuple):
    """The cell that covers each place of a table by row, None where none does; `width` is that of the widest row."""

    rows: Sequence[Sequence[GridCell | None]]
    width: int

    def at(self, row: int, column: int) -> GridCell | None:
        """The cell that covers a place; None beyond the end of a row."""
        cells = self.rows[row]
        return cells[column] if column < len(cells) else None

    def of(self, row: int) -> list[GridCell]:
        """The cells with text that cover a place in a row, each once."""
        cells = {id(cell): cell for cell in self.rows[row] if cell is not None and cell.text.strip()}
        return list(cells.values())

    def is_group(self, row: int) -> bool:
        """True for a row of one cell with text, the first, in a table of several columns."""
        cells = self.of(row)
        return self.width > 1 and len(cells) == 1 and cells[0].column == 0

    def column(self, column: int, first: int) -> list[str]:
        """The texts of a column's cells from a row on, without those of groups of rows and empty ones."""
        rows = (row for row in range(first, len(self.rows)) if not self.is_group(row))
        return [cell.text for row in rows if (cell := self.at(row, column)) is not None and cell.text.strip()]

    def are_mostly(self, column: int, first: int, holds: Callable[[str], bool]) -> bool:
        """True when more than half of a column's texts from a row on `holds`: "on request" stands among prices."""
        found = [holds(text) for text in self.column(column, first)]
        return 2 * sum(found) > len(found)

    def are_all(self, column: int, first: int, holds: Callable[[str], bool]) -> bool:
        """True when a column has texts from a row on, and each of them `holds`."""
        texts = self.column(column, first)
        return bool(texts) and all(map(holds, texts))
