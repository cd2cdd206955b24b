"""Texts that are embedded and searched by words."""

from mistral_rag.index._index_text import embed_text, lexical_text, page_head, table_header
from mistral_rag.schema import Chunk, Locator, Page, Source, Unit

SOURCE = Source(uri="file:///a", digest="0" * 64, name="a.pdf", title="Report 2023", media_type="application/pdf")
TEXT = "Item 2022 2023\nSales 10 12\nCosts 7 8"
PAGE = Page(
    locator=Locator(kind="page", number=1),
    text=TEXT,
    units=(
        Unit(start=0, end=14, kind="row"),
        Unit(start=15, end=26, kind="row", header=0),
        Unit(start=27, end=36, kind="row", header=0),
    ),
)


def chunk(first: int, last: int, **more: tuple[str, ...]) -> Chunk:
    start, end = PAGE.units[first].start, PAGE.units[last].end
    return Chunk(
        id="c",
        uri="file:///a",
        page=1,
        first_unit=first,
        last_unit=last,
        start=start,
        end=end,
        text=TEXT[start:end],
        **more,
    )


def test_title_headings_and_table_header_are_embedded_with_the_chunk() -> None:
    later = chunk(2, 2, headings=("Results", "By year"))
    assert embed_text(later, SOURCE, PAGE) == "Report 2023\nResults > By year\nItem 2022 2023\nCosts 7 8"


def test_a_header_in_the_chunk_is_not_repeated() -> None:
    assert table_header(chunk(0, 2), PAGE) == ""
    assert embed_text(chunk(0, 2), SOURCE, PAGE) == f"Report 2023\n{TEXT}"


def test_words_are_searched_in_title_twice_head_and_chunk() -> None:
    assert page_head("x" * 300) == "x" * 160
    assert lexical_text(title="T", page_head="H", text="C") == "T\nT\nH\nC"
