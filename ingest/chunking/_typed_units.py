"""Segments of a page cut into units: sentences, table rows, list items, headings, lines."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ingest.chunking._fields import fields
from ingest.chunking._lines import NAMED_HEADING, LineKind, TextLine, heading_wraps, read_lines, same_lines
from ingest.chunking._segments import TextSegment
from ingest.chunking._tables import label_wraps
from mistral_rag.schema import BlockKind, UnitKind
from mistral_rag.text import STARTERS, sentences, trimmed

MAX_UNIT = 2000
"""Characters of a unit, twice those of a chunk: what has no blank or full stop for so long is no sentence."""
MAX_ITEM = 400
"""Characters up to which a list item is one unit: longer ones are paragraphs of their own."""
MAX_TITLE = 300
"""Characters up to which a block that a parser calls a title is a heading: some call a whole paragraph in bold one."""
LINE_BLOCKS: Mapping[LineKind, BlockKind] = MappingProxyType({"row": "table", "heading": "title"})


_NOTE_MARK = re.compile(r"(?<=[^\W\d_][.!?] )\d{1,3}(?:[,–-]\d{1,3})*(?=\s+(?P<next>[^\W\d_]+)|\Z)")
"""A raised mark of a note, a blank behind the sentence on whose line it stands."""


class TypedUnit(NamedTuple):
    """A unit with the kind of the block it is in, before its table is known."""

    start: int
    end: int
    kind: UnitKind
    block: BlockKind
    header: int | None = None


def read_segment(text: str, segment: TextSegment, *, width: int) -> Iterator[TypedUnit]:
    """The units of a segment; `width` is that of the page's full lines."""
    for unit in _read(text, segment, width):
        yield from shortened(text, unit)


def _read(text: str, segment: TextSegment, width: int) -> Iterator[TypedUnit]:
    start, end, kind, markup = segment
    if kind == "title" and end - start <= MAX_TITLE and not NAMED_HEADING.match(text[start:end].lstrip()):
        yield from (TypedUnit(s, e, "heading", "title") for s, e in trimmed(text, start, end))
    elif kind == "title" and end - start <= MAX_TITLE:
        yield from _printed(text, same_lines(text, start, end, "heading"), kind)
    elif kind == "table":
        yield from _printed(text, same_lines(text, start, end, "row"), kind)
    elif kind == "code":
        yield from _code(text, start, end)
    elif kind in {"equation", "image"}:
        yield from _printed(text, same_lines(text, start, end, "line"), kind)
    elif markup and kind == "list":
        yield from _item(text, start, end)
    elif kind == "note" or kind == "comment":
        yield from (TypedUnit(s, e, kind, kind) for s, e in sentences(text, start, end))
    elif markup:
        for first, last in fields(text, start, end):
            yield from (TypedUnit(s, e, "sentence", kind or "text") for s, e in sentences(text, first, last))
    else:
        yield from _printed(text, read_lines(text, start, end, width=width, one_item=kind in {"text", "list"}), kind)


def _code(text: str, start: int, end: int) -> Iterator[TypedUnit]:
    """Code between blank lines is one unit, a long piece its lines; each begins with its line, blanks included."""
    snippet: list[tuple[int, int]] = []
    at = start
    for line in [*text[start:end].split("\n"), ""]:
        if line.strip():
            snippet.append((at, at + len(line.rstrip())))
        elif snippet:
            parts = snippet if snippet[-1][1] - snippet[0][0] > MAX_ITEM else [(snippet[0][0], snippet[-1][1])]
            yield from (TypedUnit(first, last, "line", "code") for first, last in parts)
            snippet = []
        at += len(line) + 1


def _item(text: str, start: int, end: int) -> Iterator[TypedUnit]:
    """A list item is one unit; a long one is its sentences."""
    if end - start <= MAX_ITEM:
        yield from (TypedUnit(s, e, "item", "list") for s, e in trimmed(text, start, end))
    else:
        yield from (TypedUnit(s, e, "item", "list") for s, e in sentences(text, start, end))


def _printed(text: str, lines: Sequence[TextLine], kind: BlockKind | None) -> Iterator[TypedUnit]:
    """Printed lines: prose is joined into sentences across line ends, everything else stays a line."""
    at = 0
    while at < len(lines):
        first = last = lines[at]
        at += 1
        while at < len(lines) and _continues(text, last, lines[at], first.kind):
            last = lines[at]
            at += 1
        yield from _units_of(text, first.start, last.end, first.kind, kind)


def _continues(text: str, last: TextLine, following: TextLine, kind: LineKind) -> bool:
    """True when `following` goes on with the paragraph, item, row or heading of this kind that `last` ends so far."""
    if kind in {"prose", "item"}:
        return following.kind == "prose" and not following.opens
    if kind != following.kind or kind not in {"row", "heading"}:
        return False
    line, below = text[last.start : last.end], text[following.start : following.end]
    return heading_wraps(line, below) if kind == "heading" else label_wraps(line, below)


def _units_of(text: str, start: int, end: int, line: LineKind, kind: BlockKind | None) -> Iterator[TypedUnit]:
    if line == "prose":
        found = with_note_marks(text, sentences(text, start, end))
        yield from (TypedUnit(s, e, "sentence", kind or "text") for s, e in found)
    elif line == "item":
        yield from _item(text, start, end)
    elif line != "blank":
        yield TypedUnit(start, end, line, LINE_BLOCKS.get(line, kind or "text"))


def with_note_marks(text: str, found: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sentences with the marks of notes behind them: no sentence begins "16 The", and none is a number alone."""
    before: tuple[int, int] | None = None
    for start, end in found:
        mark = _NOTE_MARK.match(text[max(start - 3, 0) : end], min(start, 3)) if before else None
        if before and mark and (mark["next"] is None or _begins(mark["next"])):
            before = before[0], start + len(mark[0])
            yield before
            before = next(trimmed(text, before[1], end), None)
            continue
        if before:
            yield before
        before = start, end
    if before:
        yield before


def _begins(word: str) -> bool:
    """True for a word that begins sentences: what is counted ("16 Members") is none."""
    return word[0].isupper() and word.lower() in STARTERS


def shortened(text: str, unit: TypedUnit) -> Iterator[TypedUnit]:
    """The unit, or where it is too long several, which end at blanks."""
    at, end = unit.start, unit.end
    parts = -(-(end - at) // MAX_UNIT)
    if parts <= 1:
        # as it is: code begins with its blanks
        yield unit
        return
    while parts > 1:
        middle = at + (end - at) // parts
        blank = max(text.rfind(" ", at + 1, middle), text.rfind("\n", at + 1, middle))
        cut = blank if blank > (at + middle) // 2 else middle
        yield from (unit._replace(start=s, end=e) for s, e in trimmed(text, at, cut))
        at, parts = cut, parts - 1
    yield from (unit._replace(start=s, end=e) for s, e in trimmed(text, at, end))
