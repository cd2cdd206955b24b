"""Pages come back as they were put, and what is no page is damage."""

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.packing import PackedPage, full_page, layout_values, page_values
from mistral_rag.schema import Block, Box, Locator, Page, Table, TableCell, Unit, WordBoxes, clean_text


@given(
    text=st.text(min_size=1).map(clean_text),
    label=st.text(),
    cells=st.none() | st.text(),
    confidence=st.none() | st.floats(0, 1),
    side=st.floats(0, 1),
)
def test_a_page_comes_back_as_it_was(
    text: str, label: str, cells: str | None, confidence: float | None, side: float
) -> None:
    end = len(text)
    page = Page(
        locator=Locator(kind="sheet", number=3, label=clean_text(label), cells=cells and clean_text(cells)),
        text=text,
        width=612,
        confidence=confidence,
        words=WordBoxes.pack([(0, end, side, 0, 1, 1)]),
        blocks=(
            Block(kind="table", start=0, end=end, box=Box(left=side, top=0, right=1, bottom=1), origin="markup"),
            Block(kind="text", start=0, end=1),
        ),
        units=(Unit(start=0, end=end, kind="row", header=0),),
        tables=(
            Table(
                start=0,
                end=end,
                cells=(
                    TableCell(row=0, column=1, row_span=2, column_span=3, runs=((0, 1),), role="column"),
                    TableCell(row=1, column=1, box=Box(left=side, top=0, right=1, bottom=1), role="group", scope=2),
                ),
                columns=("", clean_text(label)),
                scale="in millions",
                continued=True,
                box=Box(left=side, top=0, right=1, bottom=1),
                sheet_rows=(4, 7) if cells else (),
                open_groups=((clean_text(label), 3),) if label else (),
            ),
        ),
        doubts=("a font maps letters to others",),
    )
    runs, words = layout_values(page)
    assert full_page(page_values(page), runs, words) == page
    light = PackedPage(page_values(page)).page
    assert (light.locator, light.text, light.width) == (page.locator, text, 612)
    assert (light.units, light.blocks, len(light.words)) == ((), (), 0)


def test_a_page_of_an_older_index_has_no_tables() -> None:
    page = Page(locator=Locator(kind="page", number=1), text="a")
    whole = full_page(
        page_values(page), packed('[[["text", 0, 1, null, "text-layer"]], [[0, 1, "line", null]]]'), packed("")
    )
    assert (whole.tables, whole.doubts) == ((), ())
    assert whole.units == (Unit(start=0, end=1, kind="line"),)


def packed(text: str) -> bytes:
    return zlib.compress(text.encode())


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        (b"", b""),
        (packed("[[], []]"), b"not compressed"),
        (packed("[[], []]"), packed("three")),
        (packed("[[], []]")[:-1], packed("")),
        (packed("{}"), packed("")),
        (packed("[[1], [2]]"), packed("")),
        (packed("[[], [], [[1]], []]"), packed("")),
        (packed("[[], [], []]"), packed("")),
        (packed('[[["text", 0, 99, null, "text-layer"]], []]'), packed("")),
        (packed("[" * 100_000), packed("")),
        (None, None),
    ],
)
def test_what_is_no_page_is_damage(runs: Any, words: Any) -> None:
    page = Page(locator=Locator(kind="page", number=1), text="text")
    with pytest.raises(IndexDamagedError, match="a page of the index can't be read"):
        full_page(page_values(page), runs, words)


def test_a_page_that_would_fill_the_memory_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(locator=Locator(kind="page", number=1), text="text")
    monkeypatch.setattr("mistral_rag.index._database.packing.MAX_VALUE_BYTES", 1000)
    with pytest.raises(IndexDamagedError, match="too long"):
        assert PackedPage((*page_values(page)[:-1], packed("x" * 2000))).page
