"""Tables in markdown or HTML, as grids of cells, each cell a stretch of its source."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mistral_rag.ocr._pages.words import EDGE, Writer, lines_of, plain_words
from mistral_rag.text import GridCell, Place, TableGrid

RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?)?\s*")
PIPE = re.compile(r"(?<!\\)\|")
TAG = re.compile(r"<(/?)(table|thead|tbody|tfoot|tr|td|th|caption)\b([^<>]*)>", re.IGNORECASE)
WIDTH = re.compile(r"\bcolspan\s*=\s*[\"']?(\d{1,3})", re.IGNORECASE)
HEIGHT = re.compile(r"\browspan\s*=\s*[\"']?(\d{1,4})", re.IGNORECASE)
LEADING = re.compile(rf"(?:\s|{EDGE})*", re.IGNORECASE)
TRAILING = re.compile(rf"(?:\s|{EDGE}){{1,50}}\Z", re.IGNORECASE)
MAX_WIDTH = 50
"""Columns that a cell is believed to cover: tables on paper have no more, and a wrong number fills no memory."""
MAX_HEIGHT = 1000
"""Rows that a cell is believed to cover, for the same reason."""
BOLD = re.compile(r"\s*(?:\*\*[^*]+\*\*|__[^_]+__|<(b|strong)>[^<]*</\1>)\s*", re.IGNORECASE)
CELL_SEPARATOR = " | "


def read_table(source: str, start: int, end: int) -> TableGrid:
    """The table that stands in a stretch of a source, in whichever format."""
    return _from_html(source, start, end) if TAG.search(source, start, end) else _from_pipes(source, start, end)


def _from_pipes(source: str, start: int, end: int) -> TableGrid:
    grid = TableGrid()
    lines = [(start + first, start + last) for first, last in lines_of(source[start:end])]
    rules = [at for at, (first, last) in enumerate(lines) if RULE.fullmatch(source, first, last)]
    for at, (first, last) in enumerate(lines):
        if at not in rules and source[first:last].strip():
            for cell in _cells(source[first:last], first):
                _add(grid, source, cell)
            grid.end_row(in_head=bool(rules) and at < rules[0])
    return grid


def _cells(line: str, at: int) -> Iterator[tuple[int, int]]:
    edges = [found.start() for found in PIPE.finditer(line)]
    begins = len(line) - len(line.lstrip())
    if not edges or edges[0] != begins:
        edges.insert(0, -1)
    if edges[-1] != len(line.rstrip()) - 1 or len(edges) == 1:
        edges.append(len(line))
    for before, after in pairwise(edges):
        yield at + before + 1, at + after


def _add(
    grid: TableGrid, source: str, cell: tuple[int, int], *, is_head: bool = False, across: int = 1, down: int = 1
) -> None:
    """Add a cell whose content is a range of the source."""
    start, end = _stripped(source, *cell)
    text = plain_words(source[start:end], newline=" ").strip()
    is_bold = BOLD.fullmatch(source, start, end) is not None
    grid.add(text, is_head=is_head, is_bold=is_bold, across=across, down=down, source=(start, end))


def _from_html(source: str, start: int, end: int) -> TableGrid:
    reader = _HtmlTable(source)
    for tag in TAG.finditer(source, start, end):
        reader.step(tag)
    reader.end_row(end)
    return reader.grid


class _HtmlTable:
    """Walks the tags of a table; a table inside a cell is read as text of that cell."""

    def __init__(self, source: str) -> None:
        self.grid = TableGrid()
        self._source = source
        self._depth = 0
        self._in_head = False
        self._has_cells = False
        self._open: tuple[str, int, int, int] | None = None

    def step(self, tag: re.Match[str]) -> None:
        closes, name = bool(tag[1]), tag[2].lower()
        is_inner = self._depth > (1 if closes or name != "table" else 0)
        if name == "table":
            self._depth += -1 if closes else 1
        if is_inner:
            return
        if name in ("td", "th", "caption"):
            self._end_cell(tag.start())
            if not closes:
                self._open = (name, tag.end(), _number(WIDTH, tag[3], MAX_WIDTH), _number(HEIGHT, tag[3], MAX_HEIGHT))
        else:
            self.end_row(tag.start())
            if name == "thead":
                self._in_head = not closes

    def end_row(self, at: int) -> None:
        self._end_cell(at)
        if self._has_cells:
            self.grid.end_row(in_head=self._in_head)
            self._has_cells = False

    def _end_cell(self, at: int) -> None:
        if self._open is None:
            return
        kind, start, across, down = self._open
        self._open = None
        if kind == "caption":
            start, at = _stripped(self._source, start, at)
            self.grid.caption(plain_words(self._source[start:at], newline=" ").strip(), source=(start, at))
        else:
            self._has_cells = True
            _add(self.grid, self._source, (start, at), is_head=kind == "th", across=across, down=down)


def _number(pattern: re.Pattern[str], attributes: str, most: int) -> int:
    found = pattern.search(attributes)
    return min(max(int(found[1]), 1), most) if found else 1


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table in a page's text: the rows that name the columns and those below, and where each stands.

    `runs` are the ranges of the places of its `grid`.
    """

    header: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    parts: tuple[tuple[int, int], ...]
    grid: TableGrid
    runs: dict[Place, tuple[int, int]]

    @property
    def start(self) -> int:
        """The offset of the table in the text."""
        return self.parts[0][0]

    @property
    def end(self) -> int:
        """The offset of its end."""
        return self.parts[-1][1]


Piece = tuple[str, GridCell | None]
"""A text of a row, and the cell that it is; None for a label that stands again, since a source is found once."""


def write_table(writer: Writer, name: str, source: str, grid: TableGrid) -> WrittenTable | None:
    """Write a table, one line a row, without blank rows; None when it has no words."""
    runs: dict[Place, tuple[int, int]] = {}
    writer.begin("\n\n")
    heads = [_head(grid, at) for at in range(grid.heads)]
    header = _write_rows(writer, name, source, [*([(one.text, one)] for one in grid.captions), *heads], runs)
    head = writer.end()
    writer.begin("\n" if head else "\n\n")
    rows = _write_rows(writer, name, source, [_row(grid, at) for at in range(grid.heads, len(grid.rows))], runs)
    parts = tuple(filter(None, (head, writer.end())))
    return WrittenTable(header, rows, parts, grid, runs) if parts else None


def _head(grid: TableGrid, row: int) -> list[Piece]:
    """A row of heads, where a name stands once however many rows and columns it covers."""
    places = enumerate(grid.rows[row])
    return [(cell.text, cell) if cell and (cell.row, cell.column) == (row, at) else ("", None) for at, cell in places]


def _row(grid: TableGrid, row: int) -> list[Piece]:
    texts = [grid.repeats(row, column) for column in range(len(grid.rows[row]))]
    owns = [cell if cell is not None and cell.row == row else None for cell in grid.rows[row]]
    return list(zip(texts, owns, strict=True))


def _write_rows(
    writer: Writer, name: str, source: str, rows: Sequence[Sequence[Piece]], runs: dict[Place, tuple[int, int]]
) -> tuple[tuple[str, ...], ...]:
    written: list[tuple[str, ...]] = []
    for row in rows:
        texts = tuple(text for text, _ in row)
        if any(texts):
            if written:
                writer.put("\n")
            _write_row(writer, name, source, row, runs)
            written.append(texts)
    return tuple(written)


def _write_row(
    writer: Writer, name: str, source: str, row: Sequence[Piece], runs: dict[Place, tuple[int, int]]
) -> None:
    for at, (text, cell) in enumerate(row):
        if at:
            joint = CELL_SEPARATOR if any(before for before, _ in row[:at]) or at > 1 else CELL_SEPARATOR.lstrip()
            writer.put(joint.rstrip() if at == len(row) - 1 and not text else joint)
        if not text:
            continue
        if cell is None:
            writer.put(text)
        else:
            writer.inline(name, source, *cell.source, newline=" ")
        if cell is not None and cell.row >= 0 and (run := writer.place(name, *cell.source)):
            runs[cell.row, cell.column] = run


def _stripped(source: str, start: int, end: int) -> tuple[int, int]:
    """The range of a cell without blanks and line breaks at its ends."""
    first = LEADING.match(source, start, end)
    start = first.end() if first else start
    last = TRAILING.search(source, start, end)
    return start, last.start() if last else end
