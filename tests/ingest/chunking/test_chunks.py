from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import CHUNKER_VERSION, cut
from mistral_rag.schema import Block, BlockKind, Chunk, Locator, LocatorKind, Page, clean_text

SENTENCE = "The committee met on {} and decided to raise the allowance for everyone who travels by train. "


def page_of(number: int, text: str, *, kind: LocatorKind = "page", label: str = "") -> Page:
    return Page(locator=Locator(kind=kind, number=number, label=label), text=text)


def section(number: int, label: str, *blocks: tuple[BlockKind, str]) -> Page:
    text, found = "", []
    for block, content in blocks:
        text += "\n\n" if text else ""
        found.append(Block(start=len(text), end=len(text) + len(content), kind=block, origin="markup"))
        text += content
    return Page(locator=Locator(kind="section", number=number, label=label), text=text, blocks=tuple(found))


def chunks_of(*pages: Page, title: str = "Title") -> tuple[Chunk, ...]:
    return cut(pages, uri="file:///a.pdf", title=title)[1]


def long_text(sentences: int) -> str:
    return "".join(SENTENCE.format(number) for number in range(sentences)).strip()


def test_the_version_says_what_decides_the_chunks() -> None:
    assert CHUNKER_VERSION == "units-7/1000/150"


def test_a_chunk_is_a_run_of_whole_units_of_about_1000_characters() -> None:
    pages, chunks = cut([page_of(1, long_text(30))], uri="u", title="")
    assert [(chunk.first_unit, chunk.last_unit, len(chunk.text)) for chunk in chunks] == [
        (0, 9, 929),
        (9, 18, 938),
        (18, 29, 1127),
    ]
    for chunk in chunks:
        units = pages[0].units
        assert (chunk.start, chunk.end) == (units[chunk.first_unit].start, units[chunk.last_unit].end)
        assert chunk.text == pages[0].text[chunk.start : chunk.end]


def test_a_chunk_never_crosses_a_page() -> None:
    chunks = chunks_of(page_of(1, "The first page ends"), page_of(2, "in the middle of a sentence."))
    assert [(chunk.page, chunk.text) for chunk in chunks] == [
        (1, "The first page ends"),
        (2, "in the middle of a sentence."),
    ]


def test_pages_count_from_one_in_the_order_given() -> None:
    assert [chunk.page for chunk in chunks_of(page_of(7, "One."), page_of(8, ""), page_of(9, "Two."))] == [1, 3]


def test_equal_texts_get_ids_of_their_own_that_survive_edits_elsewhere() -> None:
    twice = chunks_of(page_of(1, "The same."), page_of(2, "Other."), page_of(3, "The same."))
    edited = chunks_of(page_of(1, "The same."), page_of(2, "Edited."), page_of(3, "The same."))
    assert [chunk.id for chunk in twice] == [
        Chunk.make_id("file:///a.pdf", "The same.", 0),
        Chunk.make_id("file:///a.pdf", "Other.", 0),
        Chunk.make_id("file:///a.pdf", "The same.", 1),
    ]
    assert [edited[0].id, edited[2].id] == [twice[0].id, twice[2].id]


def test_headings_lead_on_over_pages_until_others_take_their_place() -> None:
    chunks = chunks_of(
        page_of(1, "PART I\n\nItem 1. Business\n\nWe sell software to customers in many countries of the world."),
        page_of(2, "Our customers renew every year, most of them for the same term as before."),
        page_of(3, "Item 2. Properties\n\nWe rent offices in three cities, none of which we own."),
        page_of(4, "PART II\n\nWe pay no dividends, and we do not plan to pay any in the next years."),
    )
    assert [chunk.headings for chunk in chunks] == [
        ("PART I", "Item 1. Business"),
        ("PART I", "Item 1. Business"),
        ("PART I", "Item 2. Properties"),
        ("PART II",),
    ]


def test_a_heading_without_a_number_fades_after_three_pages() -> None:
    filler = [
        page_of(number, "We sell software to customers in many countries of the world.") for number in range(2, 7)
    ]
    chunks = chunks_of(page_of(1, "Note 3. Leases\n\nLessee Accounting\n\nWe lease offices in three cities."), *filler)
    assert [chunk.headings for chunk in chunks] == [("Note 3. Leases", "Lessee Accounting")] * 4 + [
        ("Note 3. Leases",)
    ] * 2


def test_the_title_is_not_repeated_among_the_headings() -> None:
    page = section(1, "", ("title", "Travel Policy"), ("title", "Hotels"), ("text", "Book early."))
    assert chunks_of(page, title="travel policy")[0].headings == ("Hotels",)


def test_a_section_brings_its_own_path() -> None:
    chunks = chunks_of(
        section(1, "Handbook > 1. Leave", ("title", "1. Leave"), ("title", "1.1 Holidays"), ("text", "27 days.")),
        section(2, "Handbook > 2. Pay", ("title", "2. Pay"), ("text", "On the 25th.")),
    )
    assert [chunk.headings for chunk in chunks] == [("Handbook", "1. Leave", "1.1 Holidays"), ("Handbook", "2. Pay")]


def test_boxes_to_tick_and_remarks_in_brackets_are_no_sections() -> None:
    page = section(1, "", ("title", "Yes ☒ No ☐"), ("title", "(In thousands)"), ("text", "Text follows here."))
    assert chunks_of(page)[0].headings == ()


def test_a_heading_is_not_parted_from_the_text_below_it() -> None:
    page = section(1, "", ("text", long_text(10)), ("title", "Hotels"), ("text", long_text(10)))
    chunks = chunks_of(page)
    assert [chunk.text.startswith("Hotels") for chunk in chunks] == [False, True]


def test_the_kind_of_a_chunk_is_that_of_most_of_its_text() -> None:
    table = "\n".join(f"Sales in region {number}  1,234  5,678" for number in range(20))
    assert chunks_of(page_of(1, f"Sales were as follows.\n{table}"))[0].kind == "table"
    assert chunks_of(page_of(1, "Sales were as follows, and they rose.\nEurope  1  2"))[0].kind == "text"


def test_pages_come_back_with_units_and_otherwise_unchanged() -> None:
    page = page_of(1, "One. Two.")
    (read,), _ = cut([page], uri="u", title="t")
    assert len(read.units) == 2
    assert read.model_copy(update={"units": ()}) == page


def test_nothing_makes_no_chunks() -> None:
    assert cut([], uri="u", title="") == ((), ())
    assert chunks_of(page_of(1, " \n ")) == ()


@given(st.lists(st.text(st.sampled_from("aB1. \n|•"), max_size=3000), max_size=3))
def test_chunks_cover_every_unit_in_order(texts: list[str]) -> None:
    pages, chunks = cut([page_of(n, clean_text(text)) for n, text in enumerate(texts, 1)], uri="u", title="")
    for number, page in enumerate(pages, 1):
        own = [chunk for chunk in chunks if chunk.page == number]
        assert {at for chunk in own for at in range(chunk.first_unit, chunk.last_unit + 1)} == set(
            range(len(page.units))
        )
        assert all(before.first_unit < after.first_unit for before, after in pairwise(own))
        assert all(before.last_unit < after.last_unit for before, after in pairwise(own))
        assert Page.model_validate_json(page.model_dump_json()) == page
    assert len({chunk.id for chunk in chunks}) == len(chunks)
