"""RTF files into pages: sections by heading path, tables by their cells, hidden and deleted text left out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ingest.parsing._office.clean import one_line
from ingest.parsing._office.rtf.tokens import SIGNS, RtfToken, code_page, code_page_of_file, tokens
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed
from ingest.parsing._texts.outline import RUNNING, Outline, with_appendix
from mistral_rag.errors import ParseError
from mistral_rag.text import TableGrid, readable_name

MAX_SIZE: Final = 100_000_000
"""Bytes of a file; most of a large one are pictures in hexadecimal digits."""
MAX_DEPTH: Final = 2000
"""Groups in groups."""
_HEADING: Final = re.compile(r"heading ([1-9])", re.IGNORECASE)
_LISTED: Final = frozenset({"listtext", "pntext"})
_APART: Final[Mapping[str, str]] = MappingProxyType({"footnote": "note", "annotation": "comment"})
_RUNNING: Final = frozenset({"header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"})
_UNREAD: Final = frozenset(
    {"fonttbl", "colortbl", "stylesheet", "info", "pict", "fldinst", "xe", "tc", "bkmkstart", "bkmkend", "template"}
    | {"filetbl", "listtable", "listoverridetable", "revtbl", "rsidtbl", "objdata", "nonshppict", "shprslt", "private"}
    | {"atnid", "atnauthor", "atntime", "atnicn", "atnref", "atndate", "ftnsep", "ftnsepc", "aftnsep", "aftnsepc"}
)
_IGNORABLE_READ: Final = frozenset({"annotation", "shpinst", "shptxt", "shppict_", "footnote"})


@dataclass(frozen=True, slots=True)
class GroupState:
    """State within a group: where its text goes, and how its letters look and are coded."""

    goes_to: str = "body"
    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    page: str | None = None
    skip: int = 1


@dataclass(slots=True)
class _RtfRow:
    cells: list[tuple[str, bool]] = field(default_factory=list)
    edges: list[tuple[bool, bool]] = field(default_factory=list)
    """For each cell, True when it goes on with the one on its left, and with the one above."""
    in_head: bool = False


def parse(path: Path) -> Parsed:
    """The file's sections as pages; its title is that of its properties, else its first heading, else its name.

    Raises:
        ParseError: it is no RTF, or too large.
    """
    if path.stat().st_size > MAX_SIZE:
        raise ParseError(f"has more than {MAX_SIZE:,} bytes; divide it")
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ParseError("is no RTF")
    reader = _RtfReader()
    for token in tokens(data):
        reader.take(token)
    reader.end()
    outline = reader.outline
    remark = f"tracked changes are read as accepted: {reader.deleted:,} deleted characters left out"
    return Parsed(
        written_title(reader.title) or outline.title or readable_name(path.stem),
        {},
        with_appendix(outline.pages(), RUNNING, reader.running),
        problems=(PageProblem(None, remark),) if reader.deleted else (),
        hidden={0: reader.hidden} if reader.hidden else {},
    )


class _RtfReader:
    def __init__(self) -> None:
        self.outline = Outline()
        self.title = ""
        self.hidden = self.deleted = 0
        self.running: dict[str, None] = {}
        self._state = GroupState()
        self._stack: list[GroupState] = []
        self._ignorable = False
        self._page = "cp1252"
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._levels: dict[int, int] = {}
        self._style = 0
        self._bytes: list[bytes] = []
        self._to_skip = 0
        self._texts: dict[str, list[str]] = {}
        self._level = 0
        self._listed = self._in_table = False
        self._letters = [0, 0]
        self._row = _RtfRow()
        self._merge = (False, False)
        self._rows: list[_RtfRow] = []
        self._hanging: list[tuple[str, str]] = []

    def take(self, token: RtfToken) -> None:
        """Take the next token."""
        if token.kind == "byte":
            if self._to_skip:
                self._to_skip -= 1
            else:
                self._bytes.append(token.data)
            return
        self._flush_bytes()
        if token.kind == "open":
            self._stack.append(self._state)
            if len(self._stack) > MAX_DEPTH:
                raise ParseError("has groups inside of each other deeper than can be read")
        elif token.kind == "close":
            self._close()
        elif token.kind == "ignorable":
            self._ignorable = True
        elif token.kind == "text":
            text = token.data.decode(self._code_page(), "replace")
            skipped, self._to_skip = min(self._to_skip, len(text)), max(0, self._to_skip - len(text))
            self._put(text[skipped:])
        else:
            self._word(token.name, token.number)

    def end(self) -> None:
        """End what is still open."""
        self._flush_bytes()
        self._paragraph()
        self._end_table()

    def _close(self) -> None:
        ended = self._state
        self._state = self._stack.pop() if self._stack else GroupState()
        if ended.goes_to != self._state.goes_to:
            self._end_destination(ended.goes_to)

    def _end_destination(self, name: str) -> None:
        text = one_line("".join(self._texts.pop(name, [])))
        if name == "title":
            self.title = text
        elif name in _APART.values() and text:
            self._hanging.append((name, text if name == "note" else f"Comment: {text}"))
        elif name == "running" and any(map(str.isalpha, text)):
            self.running[text] = None
        elif name == "aside" and text:
            self._hanging.append((name, text))
        elif name == "stylesheet" and (found := _HEADING.search(text)):
            self._levels[self._style] = int(found[1])

    def _word(self, name: str, number: int | None) -> None:
        ignorable, self._ignorable = self._ignorable, False
        if name in SIGNS:
            self._put(SIGNS[name])
        elif name in _WORDS:
            _WORDS[name](self, number)
        elif name in _LISTED:
            self._listed = True
        elif name in _APART:
            self._go_to(_APART[name])
        elif name in _RUNNING:
            self._go_to("running")
        elif name == "title" and self._state.goes_to == "info":
            self._go_to("title")
        elif name in _UNREAD:
            self._go_to(name)
        elif name == "shptxt":
            self._go_to("aside")
        elif ignorable and name not in _IGNORABLE_READ:
            self._go_to("nowhere")

    def _go_to(self, name: str) -> None:
        self._state = replace(self._state, goes_to=name)

    def _put(self, text: str) -> None:
        state = self._state
        if not text:
            return
        letters = sum(map(len, text.split()))
        if state.goes_to == "body" and (state.hidden or state.deleted):
            self.hidden += letters if state.hidden else 0
            self.deleted += letters if state.deleted and not state.hidden else 0
            return
        if state.goes_to == "body":
            self._letters[state.bold] += letters
        self._texts.setdefault(state.goes_to, []).append(text)

    def _flush_bytes(self) -> None:
        if self._bytes:
            data, self._bytes = b"".join(self._bytes), []
            self._put(data.decode(self._code_page(), "replace"))

    def _code_page(self) -> str:
        return self._state.page or self._page

    def _take_text(self) -> tuple[str, bool]:
        text = "".join(self._texts.pop("body", []))
        plain, bold = self._letters
        self._letters = [0, 0]
        return text, bold > 0 == plain

    def paragraph(self, _number: int | None = None) -> None:
        """End a paragraph."""
        if self._state.goes_to != "body":
            self._texts.setdefault(self._state.goes_to, []).append(" ")
        elif self._in_table:
            self._put(" ")
        else:
            self._end_table()
            self._paragraph()

    def _paragraph(self) -> None:
        text, is_bold = self._take_text()
        text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        level = self._level or self._levels.get(self._style, 0)
        if text and level and not self._listed_only(text):
            self.outline.heading(level, text)
        elif text:
            is_title = is_bold and len(text) <= 100 and "\n" not in text and text[-1] not in ".,;:"
            bullet = self._listed and text[0] in "•·\uf0b7-o"
            self.outline.block(
                "list" if self._listed else "title" if is_title else "text", text[1:] if bullet else text
            )
        self._listed = False
        self._emit_hanging()

    @staticmethod
    def _listed_only(text: str) -> bool:
        return not any(map(str.isalnum, text))

    def _emit_hanging(self) -> None:
        if self._rows:
            return
        for kind, text in self._hanging:
            self.outline.block("note" if kind == "note" else "comment" if kind == "comment" else "aside", text)
        self._hanging = []

    def cell(self, _number: int | None = None) -> None:
        """End a cell."""
        if self._state.goes_to == "body":
            text, is_bold = self._take_text()
            self._row.cells.append((one_line(text), is_bold))

    def row(self, _number: int | None = None) -> None:
        """End a row."""
        self._rows.append(self._row)
        self._row = _RtfRow(edges=list(self._row.edges), in_head=self._row.in_head)

    def begin_row(self, _number: int | None = None) -> None:
        """Begin the properties of a row."""
        self._row.edges, self._row.in_head = [], False

    def edge(self, _number: int | None = None) -> None:
        """End the properties of a cell."""
        self._row.edges.append(self._merge)
        self._merge = (False, False)

    def merge(self, *, left: bool = False, above: bool = False) -> None:
        """Note that the next cell goes on with another."""
        self._merge = (self._merge[0] or left, self._merge[1] or above)

    def head(self, _number: int | None = None) -> None:
        """Note that the row stands again on each page."""
        self._row.in_head = True

    def plain(self, _number: int | None = None) -> None:
        """Forget the properties of paragraphs."""
        self._level, self._style, self._in_table = 0, 0, False

    def style(self, number: int | None) -> None:
        """Take the style of a paragraph."""
        self._style = number or 0
        if self._state.goes_to == "stylesheet":
            self._go_to("stylesheet-entry")
            self._go_to("stylesheet")

    def level(self, number: int | None) -> None:
        """Take the level of a heading."""
        self._level = (number or 0) + 1 if number is not None and number < 9 else 0

    def in_table(self, _number: int | None = None) -> None:
        """Note that the paragraph stands in a cell."""
        self._in_table = True

    def look(self, **changes: object) -> None:
        """Change the look of letters."""
        self._state = replace(self._state, **changes)  # type: ignore[arg-type]

    def font(self, number: int | None) -> None:
        """Take another font, and with it its code page."""
        self._font = number or 0
        self._state = replace(self._state, page=self._fonts.get(self._font))

    def charset(self, number: int | None) -> None:
        """Note the charset of the font that is being defined."""
        if page := code_page(number or 0):
            self._fonts[self._font] = page

    def file_page(self, number: int | None) -> None:
        """Take the code page of the file."""
        self._page = code_page_of_file(number)

    def unicode(self, number: int | None) -> None:
        """Take a character of Unicode; what follows stands for it in older programs."""
        code = (number or 0) % 0x10000
        if 0xD800 <= code < 0xDC00:
            self._texts.setdefault("high", []).append(chr(code))
        else:
            high = "".join(self._texts.pop("high", []))
            pair = (high + chr(code)).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            self._put(pair if high else chr(code))
        self._to_skip = self._state.skip

    def _end_table(self) -> None:
        rows, self._rows = self._rows, []
        if not rows:
            return
        grid = TableGrid()
        for at, row in enumerate(rows):
            for column, (text, is_bold) in enumerate(row.cells):
                left, above = row.edges[column] if column < len(row.edges) else (False, False)
                if left or (above and at):
                    continue
                grid.add(text, is_bold=is_bold, across=_across(row, column), down=_down(rows, at, column))
            grid.end_row(in_head=row.in_head)
        grid.drop_empty_columns()
        self.outline.table(grid)
        self._emit_hanging()


def _across(row: _RtfRow, column: int) -> int:
    width = 1
    while column + width < len(row.edges) and row.edges[column + width][0]:
        width += 1
    return width


def _down(rows: list[_RtfRow], at: int, column: int) -> int:
    height = 1
    for row in rows[at + 1 :]:
        if column >= len(row.edges) or not row.edges[column][1]:
            break
        height += 1
    return height


def _switch(name: str) -> Callable[[_RtfReader, int | None], None]:
    return lambda reader, number: reader.look(**{name: number != 0})


_WORDS: Final[Mapping[str, Callable[[_RtfReader, int | None], None]]] = MappingProxyType(
    {
        **dict.fromkeys(("par", "sect", "page"), _RtfReader.paragraph),
        "cell": _RtfReader.cell,
        "nestcell": lambda reader, _: reader._put(" "),
        "row": _RtfReader.row,
        "trowd": _RtfReader.begin_row,
        "cellx": _RtfReader.edge,
        "clmrg": lambda reader, _: reader.merge(left=True),
        "clvmrg": lambda reader, _: reader.merge(above=True),
        "trhdr": _RtfReader.head,
        "pard": _RtfReader.plain,
        "s": _RtfReader.style,
        "outlinelevel": _RtfReader.level,
        "intbl": _RtfReader.in_table,
        "v": _switch("hidden"),
        "deleted": _switch("deleted"),
        "b": _switch("bold"),
        "plain": lambda reader, _: reader.look(hidden=False, deleted=False, bold=False),
        "f": _RtfReader.font,
        "fcharset": _RtfReader.charset,
        "ansicpg": _RtfReader.file_page,
        "mac": lambda reader, _: reader.look(page="mac_roman"),
        "u": _RtfReader.unicode,
        "uc": lambda reader, number: reader.look(skip=max(0, min(number or 0, 10))),
    }
)
