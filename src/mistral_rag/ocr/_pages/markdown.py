"""The platform's markdown as blocks of plain text, its tables back where their placeholders stand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from mistral_rag.ocr._pages.latex import plain_math
from mistral_rag.ocr._pages.tables import RULE, WrittenTable, read_table, write_table
from mistral_rag.ocr._pages.words import Writer, lines_of
from mistral_rag.schema import Block, BlockKind

MARKDOWN = "markdown"
PLACEHOLDER = re.compile(r"!?\[([^\[\]\n]{1,200})\]\(\1\)")
TABLE_NAME = re.compile(r"tbl-\d+\.(?:md|html)")
APART = re.compile(rf"(?P<placeholder>{PLACEHOLDER.pattern.replace('1', '2')})|(?P<table><table\b)", re.IGNORECASE)
TABLE_EDGE = re.compile(r"<(/?)table\b[^<>]*>", re.IGNORECASE)
HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ \t]+|$)")
CLOSING = re.compile(r"(?<![ \t])[ \t]++#++[ \t]*+$")
ITEM = re.compile(r"[ \t]*(?:(?P<bullet>[-*+•])|(?P<number>\d{1,9}[.)]))[ \t]+(?:\[(?P<box>[ xX])\][ \t]+)?")
AMOUNT = re.compile(r"[$€£¥]?\s?[\d.,]*\d")
RULER = re.compile(r"[ ]{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})")
QUOTED = re.compile(r"[ ]{0,3}(?:>[ ]?)+")
FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
PIPED = re.compile(r"[ ]{0,3}\|")
DISPLAY = re.compile(r"[ ]{0,3}\$\$")
BOXES = {" ": "☐ ", "x": "☒ ", "X": "☒ "}


class Line(NamedTuple):
    """A line of the markdown, or the part of one that stands beside a table; `table` is set for a table itself."""

    start: int
    end: int
    table: str = ""


@dataclass(slots=True)
class MarkdownPage:
    """A page as it is written; the writer has the text and the way back from each source."""

    writer: Writer = field(default_factory=Writer)
    blocks: list[Block] = field(default_factory=list)
    tables: dict[str, WrittenTable] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def end(self, kind: BlockKind) -> None:
        """The block that the writer began is of this kind."""
        if place := self.writer.end():
            self.blocks.append(Block(start=place[0], end=place[1], kind=kind, origin="mistral-ocr"))

    def paragraph(self, kind: BlockKind, name: str, source: str) -> None:
        """A source of its own that is one block."""
        self.writer.begin("\n\n")
        self.writer.inline(name, source, 0, len(source))
        self.end(kind)

    def table(self, name: str, source: str, start: int, end: int, *, inside: str = "") -> None:
        """The table that stands in a stretch of a source, which has the name of the table or is called `inside`."""
        if written := write_table(self.writer, inside or name, source, read_table(source, start, end)):
            self.tables[name] = written
            self.sources[name] = source[start:end]
            self.blocks += [Block(start=a, end=b, kind="table", origin="mistral-ocr") for a, b in written.parts]


def write_markdown(sheet: MarkdownPage, markdown: str, tables: Mapping[str, str]) -> None:
    """Write the blocks of `markdown`, each of `tables` (their contents by id) where it belongs."""
    _Blocks(sheet, markdown, tables).write()
    for name in tables:
        if name not in sheet.tables and tables[name].strip():
            sheet.problems.append(f"table {name} has no place in the text; it stands at the end")
            sheet.table(name, tables[name], 0, len(tables[name]))


class _Blocks:
    """Walks the lines of a page and writes one block after the other."""

    def __init__(self, sheet: MarkdownPage, source: str, tables: Mapping[str, str]) -> None:
        self._sheet = sheet
        self._writer = sheet.writer
        self._source = source
        self._tables = tables
        self._lines = list(_lines(source, tables))
        self._at = 0

    def write(self) -> None:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            text = self._text(line)
            if line.table:
                self._at += 1
                self._table(line)
            elif not text.strip() or RULER.fullmatch(text):
                self._at += 1
            else:
                self._block(line, text)

    def _block(self, line: Line, text: str) -> None:
        if FENCE.match(text):
            self._fenced(text)
        elif DISPLAY.match(text):
            self._equation()
        elif self._piped(self._at):
            self._rows()
        elif found := HEADING.match(text):
            self._at += 1
            self._title(line, found.end())
        elif found := ITEM.match(text):
            self._item(found)
        else:
            self._text_block()

    def _text(self, line: Line) -> str:
        return self._source[line.start : line.end]

    def _table(self, line: Line) -> None:
        if line.table == MARKDOWN:
            self._own_table(line.start, line.end)
        elif line.table not in self._tables:
            self._sheet.problems.append(f"table {line.table} is missing from the reply")
        elif line.table not in self._sheet.tables:
            content = self._tables[line.table]
            self._sheet.table(line.table, content, 0, len(content))

    def _own_table(self, start: int, end: int) -> None:
        """A table that stands in the markdown itself."""
        self._sheet.table(f"table-{len(self._sheet.tables)}", self._source, start, end, inside=MARKDOWN)

    def _title(self, line: Line, skipped: int) -> None:
        closing = CLOSING.search(self._text(line))
        end = line.start + closing.start() if closing else line.end
        self._writer.begin("\n\n")
        self._writer.inline(MARKDOWN, self._source, min(line.start + skipped, end), end)
        self._sheet.end("title")

    def _fenced(self, text: str) -> None:
        found = FENCE.match(text)
        mark = found[1] if found else ""
        self._at += 1
        self._writer.begin("\n\n")
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            inside = self._text(line)
            if inside.strip().startswith(mark) and not inside.strip().strip(mark[0]):
                break
            self._writer.take(MARKDOWN, self._source, line.start, line.end)
            self._writer.put("\n")
        self._sheet.end("code")

    def _equation(self) -> None:
        """A formula between ``$$`` and ``$$``; what stands behind it on its last line is text."""
        line = self._lines[self._at]
        start = self._source.index("$$", line.start) + 2
        end = self._source.find("$$", start)
        if end < 0:
            self._text_block()
            return
        self._writer.begin("\n\n")
        self._writer.take(MARKDOWN, self._source, start, end, plain_math(self._source[start:end]))
        self._sheet.end("equation")
        while self._at < len(self._lines) and self._lines[self._at].end <= end + 2:
            self._at += 1
        if self._at < len(self._lines) and self._lines[self._at].start < end + 2:
            self._lines[self._at] = Line(end + 2, self._lines[self._at].end)

    def _piped(self, at: int) -> bool:
        """True when a table of at least two lines begins at a line."""
        rows = [line for line in self._lines[at : at + 2] if not line.table]
        texts = [self._text(line) for line in rows]
        return len(texts) == 2 and all(map(PIPED.match, texts)) and not RULE.fullmatch(texts[0])

    def _rows(self) -> None:
        first = self._lines[self._at]
        last = first
        while self._at < len(self._lines) and PIPED.match(self._text(self._lines[self._at])):
            last = self._lines[self._at]
            self._at += 1
        self._own_table(first.start, last.end)

    def _item(self, found: re.Match[str]) -> None:
        line = self._lines[self._at]
        start = line.start + found.end()
        follows = bool(self._sheet.blocks) and self._sheet.blocks[-1].kind == "list"
        self._writer.begin("\n" if follows else "\n\n")
        if found["number"] or (found["bullet"] in "-+" and AMOUNT.match(self._source, start, line.end)):
            start = line.start + found.start("number" if found["number"] else "bullet")
        elif found["box"]:
            self._writer.put(BOXES[found["box"]])
        self._writer.inline(MARKDOWN, self._source, start, self._end_of_paragraph())
        self._sheet.end("list")

    def _text_block(self) -> None:
        first = self._at
        end = self._end_of_paragraph()
        self._writer.begin("\n\n")
        if not any(QUOTED.match(self._text(line)) for line in self._lines[first : self._at]):
            self._writer.inline(MARKDOWN, self._source, self._lines[first].start, end)
        else:
            for line in self._lines[first : self._at]:
                found = QUOTED.match(self._text(line))
                self._writer.inline(MARKDOWN, self._source, line.start + (found.end() if found else 0), line.end)
                self._writer.put("\n")
        self._sheet.end("text")

    def _end_of_paragraph(self) -> int:
        """The end of the paragraph that begins at this line; moves on to the first line behind it."""
        end = self._lines[self._at].end
        self._at += 1
        while self._at < len(self._lines) and not self._begins(self._at):
            end = self._lines[self._at].end
            self._at += 1
        return end

    def _begins(self, at: int) -> bool:
        """True when a line is no part of the paragraph above it."""
        line = self._lines[at]
        text = self._text(line)
        signs = (HEADING, FENCE, DISPLAY, ITEM)
        return bool(
            line.table
            or not text.strip()
            or RULER.fullmatch(text)
            or any(sign.match(text) for sign in signs)
            or self._piped(at)
        )


def _lines(source: str, tables: Mapping[str, str]) -> Iterator[Line]:
    at = 0
    for found in APART.finditer(source):
        name = found[2] or ""
        if found.start() < at or (found["placeholder"] and name not in tables and not TABLE_NAME.fullmatch(name)):
            continue
        yield from (Line(at + start, at + end) for start, end in lines_of(source[at : found.start()]))
        at = found.end() if found["placeholder"] else _end_of_table(source, found.start())
        yield Line(found.start(), at, name or MARKDOWN)
    yield from (Line(at + start, at + end) for start, end in lines_of(source[at:]))


def _end_of_table(source: str, start: int) -> int:
    """Behind the end tag of the table that starts here; the end of the source where it has none."""
    depth = 0
    for edge in TABLE_EDGE.finditer(source, start):
        depth += -1 if edge[1] else 1
        if not depth:
            return edge.end()
    return len(source)
