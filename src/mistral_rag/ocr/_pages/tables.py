"""Tables in markdown or HTML, as rows of cells, each cell a stretch of its source."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.ocr._pages.words import EDGE, Writer, lines_of, plain_words

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
MAX_REPEATED = 200
"""Characters of a cell that stand again in the rows below which it covers: labels, not paragraphs."""
MAX_ALL_REPEATED = 100_000
"""The same for a whole table, so that a small table cannot fill the memory."""
CELL_SEPARATOR = " | "


class Cell(NamedTuple):
    """The range of a cell's content in its source; empty for a place that a cell on its left covers.

    `repeated`: the content is that of a cell in a row above, which covers this place, too.
    """

    start: int
    end: int
    repeated: bool = False


@dataclass(slots=True)
class Grid:
    """The rows of a table: those that name the columns, and the others; what stands above it is its caption."""

    header: list[list[Cell]] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    captions: list[Cell] = field(default_factory=list)


def read_table(source: str, start: int, end: int) -> Grid:
    """The table that stands in a stretch of a source, in whichever format."""
    return _from_html(source, start, end) if TAG.search(source, start, end) else _from_pipes(source, start, end)


def _from_pipes(source: str, start: int, end: int) -> Grid:
    grid = Grid()
    for first, last in lines_of(source[start:end]):
        line = source[start + first : start + last]
        if RULE.fullmatch(line):
            if not grid.header:
                grid.header, grid.rows = grid.rows, []
        elif line.strip():
            grid.rows.append(list(_cells(line, start + first)))
    return grid


def _cells(line: str, at: int) -> Iterator[Cell]:
    edges = [found.start() for found in PIPE.finditer(line)]
    begins = len(line) - len(line.lstrip())
    if not edges or edges[0] != begins:
        edges.insert(0, -1)
    if edges[-1] != len(line.rstrip()) - 1 or len(edges) == 1:
        edges.append(len(line))
    for before, after in pairwise(edges):
        yield Cell(at + before + 1, at + after)


def _from_html(source: str, start: int, end: int) -> Grid:
    reader = _HtmlTable(source)
    for tag in TAG.finditer(source, start, end):
        reader.step(tag)
    reader.end_row(end)
    return reader.grid


class _HtmlTable:
    """Walks the tags of a table; a table inside a cell is read as text of that cell."""

    def __init__(self, source: str) -> None:
        self.grid = Grid()
        self._source = source
        self._depth = 0
        self._row: list[Cell] = []
        self._names = True
        self._in_head = False
        self._open: tuple[str, int, int, int] | None = None
        self._covered: dict[int, tuple[int, Cell]] = {}
        self._repeated = 0

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
        if self._row:
            self._fill()
            if any(self._source[cell.start : cell.end].strip() for cell in self._row if not cell.repeated):
                names = (self._names or self._in_head) and not self.grid.rows
                (self.grid.header if names else self.grid.rows).append(self._row)
                if names:
                    # a column's name stands once
                    self._covered = {at: (rows, Cell(cell.end, cell.end)) for at, (rows, cell) in self._covered.items()}
            self._row, self._names = [], True

    def _end_cell(self, at: int) -> None:
        if self._open is None:
            return
        kind, start, across, down = self._open
        self._open = None
        cell = Cell(start, at)
        if kind == "caption":
            self.grid.captions.append(cell)
            return
        self._fill()
        first = len(self._row)
        for column in range(first, first + across):
            again = column == first and at - start <= MAX_REPEATED
            self._covered[column] = (down - 1, Cell(start, at, repeated=True) if again else Cell(at, at))
        self._row += [cell] + [Cell(at, at)] * (across - 1)
        self._names = self._names and (kind == "th" or not self._source[start:at].strip())

    def _fill(self) -> None:
        """Fill the next places of the row with the cells above that cover them."""
        while (covered := self._covered.get(len(self._row), (0, Cell(0, 0))))[0] > 0:
            rows, cell = covered
            self._covered[len(self._row)] = rows - 1, cell
            self._repeated += cell.end - cell.start
            self._row.append(cell if self._repeated <= MAX_ALL_REPEATED else Cell(cell.end, cell.end))


def _number(pattern: re.Pattern[str], attributes: str, most: int) -> int:
    found = pattern.search(attributes)
    return min(max(int(found[1]), 1), most) if found else 1


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table in a page's text: the rows that name the columns and those below, and where each stands."""

    header: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    parts: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """The offset of the table in the text."""
        return self.parts[0][0]

    @property
    def end(self) -> int:
        """The offset of its end."""
        return self.parts[-1][1]


def write_table(writer: Writer, name: str, source: str, grid: Grid) -> WrittenTable | None:
    """Write a table, one line a row, without blank rows; None when it has no words."""
    top = [*([caption] for caption in grid.captions), *grid.header]
    header, head = _write_rows(writer, name, source, top, joint="\n\n")
    rows, body = _write_rows(writer, name, source, grid.rows, joint="\n" if head else "\n\n")
    parts = tuple(filter(None, (head, body)))
    return WrittenTable(header, rows, parts) if parts else None


def _write_rows(
    writer: Writer, name: str, source: str, rows: Sequence[Sequence[Cell]], *, joint: str
) -> tuple[tuple[tuple[str, ...], ...], tuple[int, int] | None]:
    writer.begin(joint)
    written: list[tuple[str, ...]] = []
    for row in rows:
        texts = tuple(_plain(source, cell) for cell in row)
        if any(texts):
            if written:
                writer.put("\n")
            _write_row(writer, name, source, row, texts)
            written.append(texts)
    return tuple(written), writer.end()


def _write_row(writer: Writer, name: str, source: str, row: Sequence[Cell], texts: Sequence[str]) -> None:
    for at, (cell, text) in enumerate(zip(row, texts, strict=True)):
        if at:
            joint = CELL_SEPARATOR if any(texts[:at]) or at > 1 else CELL_SEPARATOR.lstrip()
            writer.put(joint.rstrip() if at == len(row) - 1 and not text else joint)
        if text and cell.repeated:
            # a source's words are found in the text once
            writer.put(text)
        elif text:
            writer.inline(name, source, *_stripped(source, cell), newline=" ")


def _plain(source: str, cell: Cell) -> str:
    start, end = _stripped(source, cell)
    return plain_words(source[start:end], newline=" ").strip()


def _stripped(source: str, cell: Cell) -> tuple[int, int]:
    """The cell without blanks and line breaks at its ends."""
    first = LEADING.match(source, cell.start, cell.end)
    start = first.end() if first else cell.start
    last = TRAILING.search(source, start, cell.end)
    return start, last.start() if last else cell.end
