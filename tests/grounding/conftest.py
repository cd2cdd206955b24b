"""Pages to answer from: made by hand, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from langchain_core.documents import Document

from mistral_rag.schema import Block, Box, Chunk, Locator, Page, Source, Unit, WordBoxes, text_digest

REPORT = (
    "Consolidated results\n"
    "(in millions) 2022 2021\n"
    "Net sales ........ $ 5,000 $ 4,000\n"
    "Net loss (120) (80)\n"
    "Net sales rose by 25 % because of higher prices [2]. Costs did not fall.\n"
    "12"
)
HANDBOOK = "Trains are booked in second class. Flights over six hours may be booked in premium economy."


def page_of(
    text: str, *, rows: Sequence[int] = (), header: int | None = None, number: int = 1, label: str = ""
) -> Page:
    """A page whose lines are units, with a box for every word: lines from top to bottom, words side by side."""
    units: list[Unit] = []
    words: list[tuple[int, int, float, float, float, float]] = []
    lines = text.split("\n")
    at = 0
    for nth, line in enumerate(lines):
        in_table = nth in rows
        units.append(
            Unit(start=at, end=at + len(line), kind="row" if in_table else "line", header=header if in_table else None)
        )
        top = nth / len(lines)
        offset = 0
        for word in line.split():
            offset = line.index(word, offset)
            start = at + offset
            words.append((start, start + len(word), offset / 100, top, (offset + len(word)) / 100, top + 0.02))
            offset += len(word)
        at += len(line) + 1
    block = Block(start=0, end=len(text), kind="text", box=Box(left=0, top=0, right=1, bottom=1))
    return Page(
        locator=Locator(kind="page", number=number, label=label),
        text=text,
        width=612,
        height=792,
        words=WordBoxes.pack(words),
        blocks=(block,),
        units=tuple(units),
    )


@dataclass
class Shelf:
    """Pages by source, in memory."""

    REPORT = "file:///docs/report.pdf"
    HANDBOOK = "file:///docs/handbook.pdf"

    sources: dict[str, Source] = field(default_factory=dict)
    held: dict[str, list[Page]] = field(default_factory=dict)
    generation: int = 7

    def put(self, uri: str, *pages: Page, title: str = "Annual report 2022") -> Source:
        source = Source(
            uri=uri,
            digest=text_digest("".join(page.text for page in pages)),
            name=uri.rpartition("/")[2],
            title=title,
            media_type="application/pdf",
            language="en",
        )
        self.sources[uri] = source
        self.held[uri] = list(pages)
        return source

    page_of = staticmethod(page_of)

    def page(self, uri: str, number: int, /) -> Page:
        pages = self.held[uri]
        if not 1 <= number <= len(pages):
            raise KeyError((uri, number))
        return pages[number - 1]

    def source(self, uri: str, /) -> Source:
        return self.sources[uri]

    def document(self, uri: str, number: int, first: int, last: int) -> Document:
        """The chunk of units `first` to `last` of a page, as a retriever gives it."""
        page = self.page(uri, number)
        start, end = page.units[first].start, page.units[last].end
        text = page.text[start:end]
        chunk = Chunk(
            id=Chunk.make_id(uri, text),
            uri=uri,
            page=number,
            first_unit=first,
            last_unit=last,
            start=start,
            end=end,
            text=text,
            headings=("Results",),
        )
        return chunk.to_document(self.source(uri), page)


@pytest.fixture
def shelf() -> Shelf:
    """A report with a table on page 2 and a handbook."""
    held = Shelf()
    held.put(
        Shelf.REPORT,
        page_of("Annual report 2022 of Acme Corporation"),
        page_of(REPORT, rows=[2, 3], header=1, number=2, label="F-2"),
    )
    held.put(Shelf.HANDBOOK, page_of(HANDBOOK), title="Handbook")
    return held


@pytest.fixture
def empty_shelf() -> Shelf:
    """No pages yet."""
    return Shelf()
