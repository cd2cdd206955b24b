"""Sheets into pages: ranges of cells that are not too long, each below the rows that name its columns."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ingest.parsing._office.sheets.regions import CellRegion, SheetCells, grid_of, regions
from ingest.parsing._pages.builder import PageBuilder
from ingest.parsing._pages.grid_text import write_grid
from mistral_rag.schema import Locator, Page, cell_range

MAX_PAGE: Final = 18_000
"""Characters of a page, some less than a section's 20,000: the heads stand on each."""
MAX_CELLS: Final = 100_000
"""Cells of all tables whose grids are kept, a third of what a file may have of blocks and cells; tables beyond them
are lines of text, and their place is the range of cells of their page."""


class SheetPages:
    """Makes the pages of a file's sheets, numbered on from sheet to sheet."""

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self._cells = 0
        self._builder = PageBuilder()
        self._name = ""
        self._used: list[tuple[int, int]] = []

    def add(self, name: str, sheet: SheetCells, apart: Iterable[tuple[str, str]] = ()) -> PageBuilder:
        """Add a sheet: its tables, then comments and texts of drawings by their kind, on one page or several.

        What else belongs to it may be added to the page that is returned; `finish` ends it.
        """
        self._name = name
        for region in regions(sheet):
            self._add_region(region)
        for kind, text in apart:
            self._builder.block("comment" if kind == "comment" else "aside", text)
        return self._builder

    def finish(self) -> int:
        """End the sheet's last page; gives its number. A sheet without any text is a page without text."""
        columns = [column for _, column in self._used]
        rows = [row for row, _ in self._used]
        cells = cell_range(min(rows), min(columns), max(rows), max(columns)) if rows else None
        number = len(self.pages) + 1
        locator = Locator(kind="sheet", number=number, label=self._name, cells=cells)
        self.pages.append(self._builder.page(locator))
        self._builder, self._used = PageBuilder(), []
        return number

    def _add_region(self, region: CellRegion) -> None:
        has_heads = region.goes_on and self._builder.length > 0
        is_first = not region.goes_on
        for body in _parts(region):
            size = sum(len(cell.text) + 3 for row in body for cell in region.rows[row].values())
            if self._builder.length and self._builder.length + size > MAX_PAGE:
                self.finish()
                has_heads = False
            self._add_rows(region, body, with_heads=not has_heads, is_first=is_first)
            has_heads, is_first = True, False

    def _add_rows(self, region: CellRegion, body: Sequence[int], *, with_heads: bool, is_first: bool) -> None:
        grid, rows = grid_of(region, body)
        written = write_grid(grid)
        self._cells += sum(map(len, grid.rows))
        skipped = 0 if with_heads else len(region.heads)
        self._builder.grid_text(
            written,
            0 if with_heads else written.body,
            kept=self._cells <= MAX_CELLS,
            sheet_rows=rows[skipped:],
            sheet_columns=region.columns,
        )
        shown = rows[skipped if is_first else len(region.heads) :]
        # heads that stand again are no part of the range that a page holds
        self._used += [(row, column) for row in (shown[0], shown[-1]) for column in region.columns] if shown else []


def _parts(region: CellRegion) -> Iterator[Sequence[int]]:
    """The rows below the heads in runs that fit a page; one without any when there are only heads."""
    part: list[int] = []
    size = 0
    for row in region.body:
        length = sum(len(cell.text) + 3 for cell in region.rows[row].values())
        if part and size + length > MAX_PAGE:
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    if part or region.heads:
        yield part
