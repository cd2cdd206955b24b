"""Pages into units: sentences, table rows, list items, headings, lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ingest.chunking.lines import Line, LineKind, full_width, heading_wraps, read_lines, same_lines
from ingest.chunking.sentences import sentences, trimmed
from ingest.chunking.tables import header_rows, label_wraps, stands_above_columns
from mistral_rag.schema import UNCITED_KINDS, Block, BlockKind, Page, Unit, UnitKind

LONGEST_UNIT = 2000
LONGEST_ITEM = 400
LONGEST_TITLE = 300
LINE_BLOCKS: Mapping[LineKind, BlockKind] = MappingProxyType({"row": "table", "heading": "title"})


class Piece(NamedTuple):
    """A unit to be, and the kind of block it is in."""

    start: int
    end: int
    kind: UnitKind
    block: BlockKind
    header: int | None = None


def pieces(page: Page) -> list[Piece]:
    """The units of a page with the kinds of their blocks; running headers and footers are left out."""
    text = page.text
    found: list[Piece] = []
    named: dict[int, int] = {}
    starts: set[int] = set()
    before: Segment | None = None
    width = full_width(text)
    for segment in _segments(page):
        first = len(found)
        for piece in _read(text, segment, width):
            if piece.end - piece.start > LONGEST_UNIT:
                found.extend(_shortened(text, piece))
            else:
                found.append(piece)
        if before is not None and _names_columns(text, before, segment):
            named.update(dict.fromkeys(range(first, len(found)), first - 1))
        elif segment.markup:
            starts.add(first)
        before = segment
    _take_column_names(text, found)
    headers = {**header_rows([text[p.start : p.end] if p.kind == "row" else None for p in found], starts), **named}
    for at, header in headers.items():
        found[at] = found[at]._replace(header=header)
    return found


def _take_column_names(text: str, found: list[Piece]) -> None:
    """Makes rows of the lines right above a table that name its columns."""
    for at in range(len(found) - 2, -1, -1):
        piece, below = found[at], found[at + 1]
        if below.kind == "row" and piece.kind in {"line", "heading", "sentence"}:
            joined = text[piece.end : below.start].count("\n") <= 1
            if joined and stands_above_columns(text[piece.start : piece.end]):
                found[at] = piece._replace(kind="row", block="table")


def units(page: Page) -> tuple[Unit, ...]:
    """The units that tile `page`: see `mistral_rag.schema.Page`."""
    return tuple(as_units(pieces(page)))


def as_units(found: Iterable[Piece]) -> Iterator[Unit]:
    """Pieces as the units of a page."""
    return (Unit(start=p.start, end=p.end, kind=p.kind, header=p.header) for p in found)


class Segment(NamedTuple):
    """A block, or the text between blocks (`kind` is None)."""

    start: int
    end: int
    kind: BlockKind | None
    markup: bool = False


def _segments(page: Page) -> Iterator[Segment]:
    """The page's blocks and the text between them, in order and without overlap."""
    at = 0
    end = Block(start=len(page.text), end=len(page.text) + 1, kind="footer")
    for block in (*sorted(page.blocks, key=lambda b: b.start), end):
        start = max(block.start, at)
        if start > at and not page.text[at:start].isspace():
            yield Segment(at, start, None)
        if block.end > start and block.kind not in UNCITED_KINDS:
            yield Segment(start, block.end, block.kind, block.origin == "markup")
        at = max(at, block.end)


def _names_columns(text: str, head: Segment, body: Segment) -> bool:
    """Whether the parser of marked-up text has told `head` as the column names of the table `body`."""
    tables = head.kind == "table" == body.kind and head.markup and body.markup
    return tables and text[head.end : body.start] == "\n"


def _read(text: str, segment: Segment, width: int) -> Iterator[Piece]:
    start, end, kind, markup = segment
    if kind == "title" and end - start <= LONGEST_TITLE:
        yield from (Piece(s, e, "heading", "title") for s, e in trimmed(text, start, end))
    elif kind == "table":
        yield from _printed(text, same_lines(text, start, end, "row"), kind)
    elif kind in {"code", "equation", "image"}:
        yield from _printed(text, same_lines(text, start, end, "line"), kind)
    elif markup and kind == "list":
        yield from _item(text, start, end)
    elif markup:
        yield from (Piece(s, e, "sentence", kind or "text") for s, e in sentences(text, start, end))
    else:
        yield from _printed(text, read_lines(text, start, end, width=width), kind)


def _item(text: str, start: int, end: int) -> Iterator[Piece]:
    """A list item is one unit; a long one is its sentences."""
    if end - start <= LONGEST_ITEM:
        yield from (Piece(s, e, "item", "list") for s, e in trimmed(text, start, end))
    else:
        yield from (Piece(s, e, "item", "list") for s, e in sentences(text, start, end))


def _printed(text: str, lines: Sequence[Line], kind: BlockKind | None) -> Iterator[Piece]:
    """Printed lines: prose is joined into sentences across line ends, everything else stays a line."""
    at = 0
    while at < len(lines):
        first = last = lines[at]
        at += 1
        while at < len(lines) and _continues(text, last, lines[at], first.kind):
            last = lines[at]
            at += 1
        yield from _piece_of(text, first.start, last.end, first.kind, kind)


def _continues(text: str, last: Line, following: Line, kind: LineKind) -> bool:
    """Whether `following` goes on with the paragraph, item, row or heading of this kind that `last` ends so far."""
    if kind in {"prose", "item"}:
        return following.kind == "prose" and not following.opens
    if kind != following.kind or kind not in {"row", "heading"}:
        return False
    line = text[last.start : last.end]
    return heading_wraps(line) if kind == "heading" else label_wraps(line, text[following.start : following.end])


def _piece_of(text: str, start: int, end: int, line: LineKind, kind: BlockKind | None) -> Iterator[Piece]:
    if line == "prose":
        yield from (Piece(s, e, "sentence", kind or "text") for s, e in sentences(text, start, end))
    elif line == "item":
        yield from _item(text, start, end)
    elif line != "blank":
        yield Piece(start, end, line, LINE_BLOCKS.get(line, kind or "text"))


def _shortened(text: str, piece: Piece) -> Iterator[Piece]:
    """A piece that is too long in parts that end at blanks."""
    at, end = piece.start, piece.end
    parts = -(-(end - at) // LONGEST_UNIT)
    while parts > 1:
        middle = at + (end - at) // parts
        blank = max(text.rfind(" ", at + 1, middle), text.rfind("\n", at + 1, middle))
        cut = blank if blank > (at + middle) // 2 else middle
        yield from (piece._replace(start=s, end=e) for s, e in trimmed(text, at, cut))
        at, parts = cut, parts - 1
    yield from (piece._replace(start=s, end=e) for s, e in trimmed(text, at, end))
