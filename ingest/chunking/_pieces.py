"""A segment of a page into pieces: sentences, table rows, list items, headings, lines."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ingest.chunking._lines import NAMED_HEADING, Line, LineKind, heading_wraps, read_lines, same_lines
from ingest.chunking._segments import Segment
from ingest.chunking._tables import label_wraps
from mistral_rag.schema import BlockKind, UnitKind
from mistral_rag.text import sentences, trimmed

LONGEST_PIECE = 2000
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


def read_segment(text: str, segment: Segment, *, width: int) -> Iterator[Piece]:
    """The pieces of a segment; `width` is that of the page's full lines."""
    for piece in _read(text, segment, width):
        if piece.end - piece.start > LONGEST_PIECE:
            yield from _shortened(text, piece)
        else:
            yield piece


def _read(text: str, segment: Segment, width: int) -> Iterator[Piece]:
    start, end, kind, markup = segment
    if kind == "title" and end - start <= LONGEST_TITLE and not NAMED_HEADING.match(text[start:end].lstrip()):
        yield from (Piece(s, e, "heading", "title") for s, e in trimmed(text, start, end))
    elif kind == "title" and end - start <= LONGEST_TITLE:
        yield from _printed(text, same_lines(text, start, end, "heading"), kind)
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
    line, below = text[last.start : last.end], text[following.start : following.end]
    return heading_wraps(line, below) if kind == "heading" else label_wraps(line, below)


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
    parts = -(-(end - at) // LONGEST_PIECE)
    while parts > 1:
        middle = at + (end - at) // parts
        blank = max(text.rfind(" ", at + 1, middle), text.rfind("\n", at + 1, middle))
        cut = blank if blank > (at + middle) // 2 else middle
        yield from (piece._replace(start=s, end=e) for s, e in trimmed(text, at, cut))
        at, parts = cut, parts - 1
    yield from (piece._replace(start=s, end=e) for s, e in trimmed(text, at, end))
