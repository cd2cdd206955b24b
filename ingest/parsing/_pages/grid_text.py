"""A marked-up table as text, one line a row, and the way from its cells to their places in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mistral_rag.schema import Table
from mistral_rag.text import GridCell, Place, TableGrid

CELL_SEPARATOR: Final = " | "


@dataclass(frozen=True, slots=True)
class GridText:
    """A table's text: that of its heads ends at `head`, the rows below begin at `body`; `runs` are places of cells."""

    grid: TableGrid
    text: str
    head: int
    body: int
    runs: dict[Place, tuple[int, int]]
    lines: dict[int, int]

    def table(self, first: int, last: int, *, at: int, end: int) -> Table:
        """The rows whose lines begin in ``text[first:last]``, as the table of a page where they stand from `at`."""
        rows = [row for row, start in self.lines.items() if first <= start < last]
        chosen = range(min(rows, default=0), max(rows, default=-1) + 1)
        return self.grid.table(self.runs, at, end, rows=chosen, offset=at - first)


def write_grid(grid: TableGrid) -> GridText:
    """The text of a table."""
    writer = _Writer()
    for line in _head_lines(grid):
        writer.line(line)
    head = writer.length
    for row in range(grid.heads, len(grid.rows)):
        writer.line([[(grid.repeats(row, column), (row, column))] for column in range(len(grid.rows[row]))])
    text = "".join(writer.parts)
    body = min(head + 1, len(text)) if head else 0
    return GridText(grid, text, head, body, writer.runs, writer.lines)


Piece = tuple[str, Place | None]
"""A text, and the place of the cell that it is; None for a name that stands a second time."""


class _Writer:
    """Collects lines, and where the texts of places begin and end."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.length = 0
        self.runs: dict[Place, tuple[int, int]] = {}
        self.lines: dict[int, int] = {}

    def line(self, columns: list[list[Piece]]) -> None:
        """Write a row; blanks around it are left out."""
        if not any(text for column in columns for text, _ in column):
            return
        if self.length:
            self._put("\n")
        start = self.length
        for at, column in enumerate(columns):
            words = [piece for piece in column if piece[0]]
            if at:
                joint = CELL_SEPARATOR if self.length > start else CELL_SEPARATOR.lstrip()
                self._put(joint if words or at < len(columns) - 1 else joint.rstrip())
            for number, (text, place) in enumerate(words):
                self._put(" " if number else "")
                if place is not None:
                    self.runs[place] = self.length, self.length + len(text)
                self._put(text)
            for _, place in column:
                if place is not None:
                    self.lines.setdefault(place[0], start)

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)


def _head_lines(grid: TableGrid) -> Iterator[list[list[Piece]]]:
    """The rows that name the columns; rows of groups of columns are joined with the rows below them."""
    spread = [[cell.text if cell else "" for cell in row] for row in grid.rows[: grid.heads]]
    own = [[grid.repeats(at, column) for column in range(len(row))] for at, row in enumerate(spread)]
    titles = [at for at, row in enumerate(spread) if len(set(row)) == 1]
    named = [at for at in range(grid.heads) if at not in titles]
    for at in titles:
        yield _own(grid, at)
    if len(named) < 2 or all(own[at] == spread[at] for at in named):
        for at in named:
            yield _own(grid, at)
        return
    yield [list(_joined(grid, named, column)) for column in range(max(len(spread[at]) for at in named))]


def _own(grid: TableGrid, row: int) -> list[list[Piece]]:
    return [[(grid.repeats(row, column), (row, column))] for column in range(len(grid.rows[row]))]


def _joined(grid: TableGrid, rows: list[int], column: int) -> Iterator[Piece]:
    """The names of a column from top to bottom, each once; one over several columns stands in each of them."""
    seen: set[str] = set()
    for at in rows:
        cell: GridCell | None = grid.rows[at][column] if column < len(grid.rows[at]) else None
        if cell is not None and cell.text not in seen:
            seen.add(cell.text)
            yield cell.text, ((at, column) if (cell.row, cell.column) == (at, column) else None)
