"""Pages into units: sentences, table rows, list items, headings, lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ingest.chunking.lines import Line, LineKind, read_lines
from ingest.chunking.sentences import sentences, trimmed
from ingest.chunking.tables import header_rows, label_wraps
from mistral_rag.schema import UNCITED_KINDS, Block, BlockKind, Page, Unit, UnitKind

LONGEST_UNIT = 2000
LONGEST_ITEM = 400
LONGEST_TITLE = 300
LINE_UNITS: Mapping[LineKind, tuple[UnitKind, BlockKind]] = MappingProxyType(
    {"row": ("row", "table"), "heading": ("heading", "title"), "line": ("line", "text")}
)


class Piece(NamedTuple):
    """A unit to be, and the kind of block it is in."""

    start: int
    end: int
    kind: UnitKind
    block: BlockKind
    header: int | None = None


def pieces(page: Page) -> list[Piece]:
    """The units of a page with the kinds of their blocks; running headers and footers are left out."""
    found: list[Piece] = []
    for start, end, kind, markup in _segments(page):
        for piece in _read(page.text, start, end, kind, markup):
            found.extend(_bounded(page.text, piece))
    headers = header_rows(page.text, [(p.start, p.end) if p.kind == "row" else None for p in found])
    return [piece._replace(header=headers.get(at)) for at, piece in enumerate(found)]


def units(page: Page) -> tuple[Unit, ...]:
    """The units that tile `page`: see `mistral_rag.schema.Page`."""
    return tuple(as_units(pieces(page)))


def as_units(found: Iterable[Piece]) -> Iterator[Unit]:
    """Pieces as the units of a page."""
    return (Unit(start=p.start, end=p.end, kind=p.kind, header=p.header) for p in found)


def _segments(page: Page) -> Iterator[tuple[int, int, BlockKind | None, bool]]:
    """The page's blocks and the text between them, in order and without overlap."""
    at = 0
    for block in sorted(page.blocks, key=lambda b: b.start):
        start, end = max(block.start, at), block.end
        if start >= end:
            continue
        if start > at:
            yield at, start, None, False
        if block.kind not in UNCITED_KINDS:
            yield start, end, block.kind, _is_markup(block)
        at = end
    if at < len(page.text):
        yield at, len(page.text), None, False


def _is_markup(block: Block) -> bool:
    return block.origin == "markup"


def _read(text: str, start: int, end: int, kind: BlockKind | None, markup: bool) -> Iterator[Piece]:
    if kind == "title" and end - start <= LONGEST_TITLE:
        yield from (Piece(s, e, "heading", "title") for s, e in trimmed(text, start, end))
    elif kind == "table":
        yield from _per_line(text, start, end, "row", "table")
    elif kind in {"code", "equation", "image"}:
        yield from _per_line(text, start, end, "line", kind)
    elif markup and kind == "list":
        yield from _item(text, start, end)
    elif markup:
        yield from (Piece(s, e, "sentence", kind or "text") for s, e in sentences(text, start, end))
    else:
        yield from _printed(text, read_lines(text, start, end), kind)


def _per_line(text: str, start: int, end: int, kind: UnitKind, block: BlockKind) -> Iterator[Piece]:
    at = start
    for line in text[start:end].split("\n"):
        yield from (Piece(s, e, kind, block) for s, e in trimmed(text, at, at + len(line)))
        at += len(line) + 1


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
    """Whether `following` goes on with the paragraph, item or row of this kind that `last` is the end of."""
    if kind == "row":
        return following.kind == "row" and label_wraps(
            text[last.start : last.end], text[following.start : following.end]
        )
    return kind in {"prose", "item"} and following.kind == "prose" and not following.opens


def _piece_of(text: str, start: int, end: int, line: LineKind, kind: BlockKind | None) -> Iterator[Piece]:
    if line == "prose":
        yield from (Piece(s, e, "sentence", kind or "text") for s, e in sentences(text, start, end))
    elif line == "item":
        yield from _item(text, start, end)
    elif line != "blank":
        unit, block = LINE_UNITS[line]
        yield Piece(start, end, unit, block)


def _bounded(text: str, piece: Piece) -> Iterator[Piece]:
    """The piece, or where it is too long, parts of it that end at blanks."""
    at, end = piece.start, piece.end
    parts = -(-(end - at) // LONGEST_UNIT)
    while parts > 1:
        middle = at + (end - at) // parts
        blank = max(text.rfind(" ", at + 1, middle), text.rfind("\n", at + 1, middle))
        cut = blank if blank > (at + middle) // 2 else middle
        yield from (piece._replace(start=s, end=e) for s, e in trimmed(text, at, cut))
        at, parts = cut, parts - 1
    yield from (piece._replace(start=s, end=e) for s, e in trimmed(text, at, end))
