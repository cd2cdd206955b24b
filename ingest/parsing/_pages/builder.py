"""One page put together from headings, paragraphs and tables, in reading order."""

from typing import Final

from ingest.parsing._pages.grid_text import GridText, write_grid
from mistral_rag.schema import Block, BlockKind, Locator, Page, Table, clean_text
from mistral_rag.text import TableGrid, drop_invisible

SEPARATOR: Final = "\n\n"


class PageBuilder:
    """Collects what stands on a page, then gives the page."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._tables: list[Table] = []
        self._last: BlockKind | None = None
        self.length = 0

    def heading(self, level: int, text: str) -> None:
        """A heading; on a page of its own its level is that of the page."""
        del level
        self.block("title", " ".join(text.split()))

    def block(self, kind: BlockKind, text: str) -> None:
        """A paragraph, list item, note or comment; empty ones are dropped."""
        text = drop_invisible(clean_text(text)).strip()
        if text:
            start = self._put(text, "\n" if kind == self._last == "list" else SEPARATOR)
            self._add_block(kind, start)

    def table(self, grid: TableGrid) -> None:
        """A table, one line a row."""
        written = write_grid(grid)
        self.grid_text(written, 0, kept=grid.width > 1 or grid.heads > 0)

    def grid_text(
        self,
        written: GridText,
        first: int,
        *,
        kept: bool = True,
        sheet_rows: tuple[int, ...] = (),
        sheet_columns: tuple[int, ...] = (),
    ) -> None:
        """The text of a table from `first` on; its cells are kept with `kept`, else it is lines of text.

        The table of a sheet brings the numbers of the rows from there on, and of its columns.
        """
        text = written.text[first:]
        if not text:
            return
        head = written.head if not first and written.head < len(text) else 0
        start = self._put(text, SEPARATOR)
        if head:
            self._blocks.append(Block(start=start, end=start + head, kind="table", origin="markup"))
        self._add_block("table", start + (written.body if head else 0))
        if kept:
            made = written.table(first, len(written.text), at=start, end=self.length)
            rows = {"sheet_rows": sheet_rows, "sheet_columns": sheet_columns}
            self._tables.append(made.model_copy(update=rows) if sheet_rows else made)

    def page(self, locator: Locator) -> Page:
        """The page; without any text when nothing was added."""
        return Page(locator=locator, text="".join(self._parts), blocks=tuple(self._blocks), tables=tuple(self._tables))

    def _put(self, text: str, joint: str) -> int:
        if self._parts:
            self._parts.append(joint)
            self.length += len(joint)
        start = self.length
        self._parts.append(text)
        self.length += len(text)
        return start

    def _add_block(self, kind: BlockKind, start: int) -> None:
        self._blocks.append(Block(start=start, end=self.length, kind=kind, origin="markup"))
        self._last = kind
