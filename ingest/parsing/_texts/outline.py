"""Headings and blocks of a document without pages, cut into pages at its top-level sections."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from ingest.parsing._pages.grid_text import GridText, write_grid
from mistral_rag.schema import Block, BlockKind, Locator, Page, Table, clean_text
from mistral_rag.text import TableGrid, drop_invisible

MAX_PAGE = 20_000
"""Characters of a page: an edit touches no more, and a citation of the page is still a place one can look up."""
PATH_SEPARATOR = " > "
MAX_CELLS = 100_000
"""Cells of all tables whose grids are kept, a third of what a file may have of blocks and cells; tables beyond them
are rows of text."""
MAX_LABEL = 200
"""Characters of a label: it is stored with each page, and a heading may be as long as its author likes."""
RUNNING = "Headers and footers"
"""Label of the section that holds what is printed on the margin of each page."""
TOP_LEVELS = frozenset({1, 2})


class Entry(NamedTuple):
    """A block in reading order; `level` is that of a heading, 0 for all else; `joint` stands before it.

    The text of a part of a table begins `offset` characters behind the beginning of `grid`'s.
    """

    kind: BlockKind
    text: str
    level: int = 0
    joint: str = "\n\n"
    grid: GridText | None = None
    offset: int = 0


class Outline:
    """Collects a document's blocks, then gives its pages.

    A heading of level 1 or 2 begins a page; its label is the path of headings above it, without the one that
    is the title of the whole document: a single one of level 1, unless it `has_title` elsewhere. A section of more than
    20,000 characters becomes several pages.
    """

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._cells = 0
        self.has_title = False

    def heading(self, level: int, text: str) -> None:
        """A heading; level 1 is the highest."""
        self._add("title", " ".join(text.split()), level=level)

    def block(self, kind: BlockKind, text: str) -> None:
        """A paragraph, list item, caption or piece of code; empty ones are dropped."""
        follows = kind == "list" and bool(self._entries) and self._entries[-1].kind == "list"
        self._add(kind, text, joint="\n" if follows else "\n\n")

    def table(self, grid: TableGrid) -> None:
        """A table, one line a row.

        The rows that name the columns are a block of their own, one newline before that of the others: so
        the chunker tells them apart.
        """
        written = write_grid(grid)
        self._cells += sum(map(len, grid.rows))
        is_grid = grid.width > 1 or grid.heads > 0
        kept = written if is_grid and self._cells <= MAX_CELLS else None
        head, body = written.text[: written.head], written.text[written.body :]
        if head:
            self._entries.append(Entry("table", head, grid=kept))
        if body:
            self._entries.append(Entry("table", body, 0, "\n" if head else "\n\n", kept, written.body))

    @property
    def title(self) -> str:
        """The first heading of the highest level that occurs; empty without headings."""
        headings = [entry for entry in self._entries if entry.level]
        return min(headings, key=lambda entry: entry.level).text if headings else ""

    def pages(self) -> tuple[Page, ...]:
        """The document's sections as pages, numbered from 1."""
        found = [(label, page) for label, section in self._sections() for page in _pages_of(section)]
        return tuple(_page(number, label, entries) for number, (label, entries) in enumerate(found, 1))

    def _add(self, kind: BlockKind, text: str, *, level: int = 0, joint: str = "\n\n") -> None:
        text = drop_invisible(clean_text(text)).strip()
        if text:
            self._entries.append(Entry(kind, text, level, joint))

    def _sections(self) -> Iterator[tuple[str, list[Entry]]]:
        """Each section with its label; a heading without text goes with the section below it."""
        titled = not self.has_title and sum(entry.level == 1 for entry in self._entries) == 1
        upper = label = ""
        section: list[Entry] = []
        for entry in self._entries:
            if entry.level in TOP_LEVELS:
                if any(not earlier.level for earlier in section):
                    yield label, section
                    section = []
                label = f"{upper}{entry.text}" if entry.level == 2 else entry.text
                if entry.level == 1 and not titled:
                    upper = entry.text + PATH_SEPARATOR
                label = label[:MAX_LABEL]
            section.append(entry)
        if section:
            yield label, section


def with_appendix(pages: Sequence[Page], label: str, texts: Iterable[str]) -> tuple[Page, ...]:
    """The pages, and behind them one of texts that stand apart from all sections; none when there are no texts."""
    entries = [Entry("aside", text, joint="\n") for text in texts]
    return (*pages, _page(len(pages) + 1, label, entries)) if entries else tuple(pages)


def _pages_of(section: list[Entry]) -> Iterator[list[Entry]]:
    """The section whole, or in runs of blocks that are not too long."""
    size = 0
    page: list[Entry] = []
    for entry in section:
        offset = entry.offset
        for text in split_text(entry.text):
            if page and size + len(text) > MAX_PAGE:
                yield page
                page, size = [], 0
            page.append(entry._replace(text=text, offset=offset))
            size += len(text)
            offset += len(text)
    if page:
        yield page


def split_text(text: str, limit: int = MAX_PAGE) -> Iterator[str]:
    """`text` in pieces of at most `limit` characters: cut at a blank line, else a line, else a blank."""
    at = 0
    while len(text) - at > limit:
        found = (text.rfind(blank, at + limit // 2, at + limit) for blank in ("\n\n", "\n", " "))
        cut = next((place for place in found if place > 0), at + limit)
        yield text[at:cut]
        at = cut
    yield text[at:]


def _page(number: int, label: str, entries: list[Entry]) -> Page:
    texts: list[str] = []
    blocks: list[Block] = []
    starts: list[int] = []
    at = 0
    for entry in entries:
        joint = entry.joint if texts else ""
        at += len(joint)
        starts.append(at)
        texts.append(joint + entry.text)
        blocks.append(Block(start=at, end=at + len(entry.text), kind=entry.kind, origin="markup"))
        at += len(entry.text)
    locator = Locator(kind="section", number=number, label=label)
    return Page(locator=locator, text="".join(texts), blocks=tuple(blocks), tables=tuple(_tables(entries, starts)))


def _tables(entries: Sequence[Entry], starts: Sequence[int]) -> Iterator[Table]:
    """The tables of a page; parts of one that stand below each other are one table."""
    for _, group in groupby(zip(entries, starts, strict=True), key=lambda part: id(part[0].grid)):
        parts = list(group)
        (first, start), (last, end) = parts[0], parts[-1]
        if first.grid is not None:
            yield first.grid.table(first.offset, last.offset + len(last.text), at=start, end=end + len(last.text))
