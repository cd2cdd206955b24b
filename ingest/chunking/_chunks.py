"""Units into chunks: runs of whole units of about 1,000 characters that never cross a page."""

from collections import Counter
from collections.abc import Iterator, Sequence

from ingest.chunking._headings import HeadingPath
from ingest.chunking._typed_units import TypedUnit
from ingest.chunking._units import as_units, typed_units
from mistral_rag.schema import BlockKind, Chunk, Page

TARGET = 1000
"""Characters of a chunk: about 250 tokens, as much as the local models read."""
OVERLAP = 150
"""Characters that a chunk may repeat of the one before: one or two sentences, so that none loses what it refers to."""
MIN_REST = 200
"""Characters below which the end of a page joins the chunk before: alone it would say too little to be found."""
CHUNKER_VERSION = f"units-7/{TARGET}/{OVERLAP}"
"""Part of an index's identity: another version makes other chunks."""


def cut(pages: Sequence[Page], *, uri: str, title: str) -> tuple[tuple[Page, ...], tuple[Chunk, ...]]:
    """The pages with their units, and the chunks of a document in reading order.

    Headings lead on from page to page, without one that only repeats `title`.
    """
    read: list[Page] = []
    chunks: list[Chunk] = []
    seen: Counter[str] = Counter()
    path = HeadingPath(title)
    for number, page in enumerate(pages, 1):
        found = typed_units(page)
        read.append(page.model_copy(update={"units": tuple(as_units(found))}))
        path.enter(page.locator)
        for first, last in _runs(found):
            headings = path.over(page.text, found, first, last)
            start, end = found[first].start, found[last].end
            text = page.text[start:end]
            chunks.append(
                Chunk(
                    id=Chunk.make_id(uri, text, seen[text]),
                    uri=uri,
                    page=number,
                    first_unit=first,
                    last_unit=last,
                    start=start,
                    end=end,
                    text=text,
                    headings=headings,
                    kind=_majority(found[first : last + 1]),
                )
            )
            seen[text] += 1
    return tuple(read), tuple(chunks)


def _runs(found: Sequence[TypedUnit]) -> Iterator[tuple[int, int]]:
    """First and last index of each chunk's units."""
    first = 0
    while first < len(found):
        last = _last_of(found, first)
        yield first, last
        first = _next_first(found, first, last)


def _last_of(found: Sequence[TypedUnit], first: int) -> int:
    """The last unit that fits; a heading is left to the text below it, a small rest is taken in."""
    start = found[first].start
    if found[-1].end - start <= TARGET + MIN_REST:
        return len(found) - 1
    last = first
    while last + 1 < len(found) and found[last + 1].end - start <= TARGET:
        last += 1
    body = last
    while body > first and found[body].kind == "heading":
        body -= 1
    return body if found[body].kind != "heading" else last


def _next_first(found: Sequence[TypedUnit], first: int, last: int) -> int:
    """First unit of the next chunk: up to `OVERLAP` characters of whole units back, but always further on."""
    if last + 1 >= len(found):
        return len(found)
    at = last + 1
    while at - 1 > first and found[last].end - found[at - 1].start <= OVERLAP and found[at].kind != "heading":
        at -= 1
    return at


def _majority(run: Sequence[TypedUnit]) -> BlockKind:
    sizes: Counter[BlockKind] = Counter()
    for unit in run:
        sizes[unit.block] += unit.end - unit.start
    return sizes.most_common(1)[0][0]
