"""The runs of a page's text that are read in one way: its blocks, and what stands between them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ingest.chunking._lines import ends_sentence, is_unfinished
from mistral_rag.schema import UNCITED_KINDS, Block, BlockKind, Page, Table
from mistral_rag.text import can_begin

FLOWING = frozenset({"title", "text", "list", None})


class TextSegment(NamedTuple):
    """A block, or the text between blocks (`kind` is None)."""

    start: int
    end: int
    kind: BlockKind | None
    markup: bool = False


def segments(page: Page) -> Iterator[TextSegment]:
    """The page's blocks and the text between them, in order and without overlap."""
    at = 0
    end = Block(start=len(page.text), end=len(page.text) + 1, kind="footer")
    for block in (*sorted(page.blocks, key=lambda b: b.start), end):
        start = max(block.start, at)
        if start > at and not page.text[at:start].isspace():
            yield TextSegment(at, start, None)
        if block.end > start and block.kind not in UNCITED_KINDS:
            yield TextSegment(start, block.end, block.kind, _is_marked_up(block))
        at = max(at, block.end)


def outside(found: Iterable[TextSegment], tables: Sequence[Table]) -> Iterator[TextSegment]:
    """The segments, or what of them is in none of the tables; both are in order."""
    for segment in found:
        at = segment.start
        for table in tables:
            if at < table.end and table.start < segment.end:
                if at < table.start:
                    yield segment._replace(start=at, end=table.start)
                at = table.end
        if at < segment.end:
            yield segment if at == segment.start else segment._replace(start=at)


def _is_marked_up(block: Block) -> bool:
    """True when whoever read the page knew what the block is; the platform's OCR knows tables and lists."""
    return block.origin == "markup" or (block.origin == "mistral-ocr" and block.kind in {"table", "list"})


def rejoined(text: str, found: Iterable[TextSegment]) -> Iterator[TextSegment]:
    """The segments, those of printed prose put together where a sentence was parted in the middle."""
    last: TextSegment | None = None
    for segment in found:
        if last is None:
            last = segment
        elif _goes_on(text, last, segment):
            last = last._replace(end=segment.end, kind="text" if last.kind == "title" else last.kind)
        else:
            yield last
            last = segment
    if last is not None:
        yield last


def _goes_on(text: str, last: TextSegment, segment: TextSegment) -> bool:
    if last.markup or segment.markup or last.kind not in FLOWING or segment.kind not in {"title", "text", None}:
        return False
    if text[last.end : segment.start].strip():
        return False
    before, after = text[last.start : last.end].rstrip(), text[segment.start : segment.end].lstrip()
    if can_begin(after):
        # a footer that is not known as one ends like no sentence
        both = last.kind != "title" and segment.kind != "title" and ends_sentence(after)
        return both and is_unfinished(before.rpartition("\n")[2], after)
    return not ends_sentence(before)
