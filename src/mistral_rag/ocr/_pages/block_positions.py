"""Positions in a page's text of the blocks that the platform names."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mistral_rag._cached import cached_property
from mistral_rag.ocr._pages.markdown import MarkdownPage, write_markdown
from mistral_rag.schema import Block, BlockKind, Box


@dataclass(frozen=True, slots=True)
class Named:
    """A block as the platform names it, where it stands in the text; `kind` is None where its kind is unknown."""

    start: int
    end: int
    kind: BlockKind | None
    box: Box | None


class Finder:
    """Finds words in a page's text from `start` on, whatever the white space; each behind the last one if it can."""

    def __init__(self, text: str, *, start: int = 0) -> None:
        self._whole = text
        self._start = start
        self._at = 0

    @cached_property
    def _index(self) -> list[int]:
        return [at for at in range(self._start, len(self._whole)) if not self._whole[at].isspace()]

    @cached_property
    def _text(self) -> str:
        return "".join(self._whole[self._start :].split())

    def find(self, words: str) -> tuple[int, int] | None:
        """The range of these words; behind the last ones if they stand there, else anywhere."""
        sought = "".join(words.split())
        at = self._text.find(sought, self._at) if sought else -1
        if at >= 0:
            self._at = at + len(sought)
        elif sought:
            at = self._text.find(sought)
        return None if at < 0 else (self._index[at], self._index[at + len(sought) - 1] + 1)


def plain_content(content: str) -> str:
    """The words of a block that came as markdown or HTML."""
    sheet = MarkdownPage()
    write_markdown(sheet, content, {})
    return sheet.writer.text


def with_names(blocks: Sequence[Block], named: Sequence[Named]) -> tuple[Block, ...]:
    """The blocks with kinds and boxes of the named ones they stand in, parted where a named one begins."""
    ordered = sorted(named, key=lambda one: (one.start, -one.end))
    return tuple(part for block in blocks for part in _parts(block, ordered))


def _parts(block: Block, named: Sequence[Named]) -> Iterator[Block]:
    last = bisect_left(named, block.end, key=lambda one: one.start)
    inside = [one for one in named[:last] if one.end > block.start]
    starts = sorted({block.start, *(one.start for one in inside if one.start > block.start)})
    for start, end in zip(starts, [*starts[1:], block.end], strict=True):
        holders = [one for one in inside if one.start <= start < one.end]
        holder = min(holders, key=lambda one: one.end - one.start, default=None)
        yield block if holder is None and len(starts) == 1 else _named(block, start, end, holder)


def _named(block: Block, start: int, end: int, holder: Named | None) -> Block:
    if holder is None:
        return Block(start=start, end=end, kind=block.kind, origin=block.origin)
    keeps_kind = holder.kind is None or block.kind in ("table", "header", "footer")
    kind = block.kind if keeps_kind else holder.kind
    return Block(start=start, end=end, kind=kind or block.kind, box=holder.box, origin=block.origin)
