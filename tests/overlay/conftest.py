"""A page made by hand: a heading and a table, each word at a place that the test knows."""

import pytest

from mistral_rag.overlay import Raster
from mistral_rag.schema import Block, Box, Locator, Page, Table, TableCell, Unit, WordBoxes

TEXT = "Stock\nPart Actual Missing\nB-07 289"
PLACES = {
    "Stock": (0.1, 0.1, 0.2, 0.14),
    "Part": (0.1, 0.3, 0.2, 0.34),
    "Actual": (0.4, 0.3, 0.5, 0.34),
    "Missing": (0.7, 0.3, 0.8, 0.34),
    "B-07": (0.1, 0.4, 0.2, 0.44),
    "289": (0.4, 0.4, 0.45, 0.44),
}
"""Left, top, right, bottom of each word in fractions of a page of 200 by 100 points."""


def at(word: str) -> tuple[int, int]:
    """Offsets of a word."""
    start = TEXT.index(word)
    return start, start + len(word)


@pytest.fixture
def page() -> Page:
    cells = [
        TableCell(row=0, column=0, runs=(at("Part"),), role="column"),
        TableCell(row=0, column=1, runs=(at("Actual"),), role="column"),
        TableCell(row=0, column=2, runs=(at("Missing"),), role="column"),
        TableCell(row=1, column=0, runs=(at("B-07"),), role="row"),
        TableCell(row=1, column=1, runs=(at("289"),), box=Box(left=0.35, top=0.38, right=0.55, bottom=0.46)),
        TableCell(row=1, column=2, box=Box(left=0.65, top=0.38, right=0.85, bottom=0.46)),
    ]
    table = at("Part")[0], len(TEXT)
    return Page(
        locator=Locator(kind="page", number=3, label="iii"),
        text=TEXT,
        width=200.0,
        height=100.0,
        words=WordBoxes.pack((*at(word), *place) for word, place in PLACES.items()),
        blocks=(
            Block(start=0, end=5, kind="title", box=Box(left=0.1, top=0.1, right=0.2, bottom=0.14)),
            Block(start=table[0], end=table[1], kind="table", box=Box(left=0.1, top=0.3, right=0.85, bottom=0.46)),
        ),
        units=(
            Unit(start=0, end=5, kind="heading"),
            Unit(start=table[0], end=at("Missing")[1], kind="row"),
            Unit(start=at("B-07")[0], end=len(TEXT), kind="row", header=1),
        ),
        tables=(
            Table(start=table[0], end=table[1], cells=tuple(cells), columns=("Part", "Actual", "Missing"), scale="EUR"),
        ),
        doubts=("its fonts have no names",),
    )


@pytest.fixture
def white() -> Raster:
    """A white picture of the page, four pixels a point."""
    return Raster(800, 400, b"\xff" * (800 * 400 * 3))
