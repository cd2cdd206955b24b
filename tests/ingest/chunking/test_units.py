import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import units
from mistral_rag.schema import Block, BlockKind, Locator, Origin, Page, clean_text

LINE = st.sampled_from(
    [
        "The Company reported net sales for the quarter that were higher than those of the year before",
        "and it expects that the trend will go on.",
        "Net sales  $ 60,584  $ 63,355",
        "Three Months Ended  Nine Months Ended",
        "2023  2022",
        "Cost of sales:",
        "• A point that matters",
        "(a) One thing. Another thing.",
        "Item 7. Management’s Discussion and Analysis of",
        "Segment Information",
        "12",
        "",
        "   ",
        "____",
        "x" * 5000,
        "word " * 900,
    ]
)


def page_of(text: str, *kinds: tuple[str, BlockKind], origin: Origin = "text-layer") -> Page:
    """A page with a block for each of the given pieces of its text."""
    blocks = [
        Block(start=text.index(piece), end=text.index(piece) + len(piece), kind=kind, origin=origin)
        for piece, kind in kinds
    ]
    return Page(locator=Locator(kind="page", number=1), text=text, blocks=tuple(blocks))


def read(page: Page) -> list[tuple[str, str]]:
    return [(unit.kind, page.text[unit.start : unit.end]) for unit in units(page)]


def headed(page: Page) -> list[tuple[str, str | None]]:
    """The rows of a page, each with the row that names its columns."""
    found = units(page)
    texts = [page.text[unit.start : unit.end] for unit in found]
    return [
        (texts[at], None if unit.header is None else texts[unit.header])
        for at, unit in enumerate(found)
        if unit.kind == "row"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "In the peak season from\nJune to August no more than two people may be absent.",
        "The annual fee is EUR\n18,600 net, payable in advance.",
        "The works council meets at the\nGdynia plant.",
        "Der Vertrag endet spätestens mit dem\nAblauf des Jahres 2026.",
        "Le loyer annuel est payable le\n1er janvier de chaque année.",
    ],
)
def test_a_line_that_can_not_end_goes_on_with_a_number_or_a_capital(sentence: str) -> None:
    width = "A full line of the page shows how wide its lines are, so that the other one is short.\n\n"
    assert read(page_of(width + sentence))[1:] == [("sentence", sentence)]


def test_the_mark_of_a_note_goes_with_the_sentence_that_it_stands_behind() -> None:
    text = "It hardly changed under placebo. 16 The effect was seen in all. 17,18 It will last. 16 members left. 2"
    assert read(page_of(text)) == [
        ("sentence", "It hardly changed under placebo. 16"),
        ("sentence", "The effect was seen in all. 17,18"),
        ("sentence", "It will last."),
        ("sentence", "16 members left. 2"),
    ]


def test_the_number_of_a_paragraph_is_no_mark_of_a_note() -> None:
    text = "The seller may end the contract at any time.\n16 The buyer may end it once a year."
    assert read(page_of(text))[1] == ("sentence", "16 The buyer may end it once a year.")


def test_an_item_goes_on_with_the_amount_behind_its_currency() -> None:
    item = "3. Remuneration. The annual fee is EUR"
    text = f"{item}\n18,600 net, payable in quarterly instalments\nin advance."
    assert read(page_of(text, (item, "list"), (text[len(item) + 1 :], "text"))) == [("item", text)]


@pytest.mark.parametrize(
    "lines",
    [
        ["Bill to", "Northmoor Dairy plc"],
        ["the lessor owns the aircraft; and", "The lessee wants to hire it."],
        ["It is paid to the seller of the", "4. Language"],
    ],
)
def test_labels_and_items_do_not_go_on(lines: list[str]) -> None:
    width = "A full line of the page shows how wide its lines are, so that the other one is short.\n\n"
    assert [text for _, text in read(page_of(width + "\n".join(lines)))][1:] == lines


def test_prose_is_joined_into_sentences_across_line_ends() -> None:
    text = "The rate rose in May because the bank\nhad raised it. It fell in June, when the\nbank lowered it again."
    assert read(page_of(text)) == [
        ("sentence", "The rate rose in May because the bank\nhad raised it."),
        ("sentence", "It fell in June, when the\nbank lowered it again."),
    ]


def test_table_rows_stay_rows_under_the_line_that_names_the_years() -> None:
    text = (
        "Net sales for the quarter were as follows (dollars in millions):\n"
        "Three Months Ended  Nine Months Ended\n2023  2022  2023  2022\nNet sales:\n"
        "Products  $ 60,584  $ 63,355  $ 230,901  $ 245,241\nServices  21,213  19,604  62,886  58,941\n"
        "See accompanying notes, which are part of these statements."
    )
    assert headed(page_of(text)) == [
        ("Three Months Ended  Nine Months Ended", None),
        ("2023  2022  2023  2022", "Three Months Ended  Nine Months Ended"),
        ("Net sales:", "2023  2022  2023  2022"),
        ("Products  $ 60,584  $ 63,355  $ 230,901  $ 245,241", "2023  2022  2023  2022"),
        ("Services  21,213  19,604  62,886  58,941", "2023  2022  2023  2022"),
    ]


def test_names_without_years_head_a_table_too() -> None:
    table = "Fiscal Year  Amount\nFiscal 2024  $ 25\nFiscal 2025  30\nThereafter  137"
    assert headed(page_of(table, (table, "table"))) == [
        ("Fiscal Year  Amount", None),
        ("Fiscal 2024  $ 25", "Fiscal Year  Amount"),
        ("Fiscal 2025  30", "Fiscal Year  Amount"),
        ("Thereafter  137", "Fiscal Year  Amount"),
    ]


def test_a_unit_of_measure_is_no_name_of_a_column() -> None:
    table = "2023  2022\nOther assets:  (In millions)\nPrepaid supply  $ 2,927  $ 2,989"
    assert headed(page_of(table, (table, "table")))[-1] == ("Prepaid supply  $ 2,927  $ 2,989", "2023  2022")


def test_a_label_over_two_lines_is_one_row() -> None:
    table = "Net income  12  11\nShares used to compute net income\nper share  481  486"
    assert read(page_of(table, (table, "table"))) == [
        ("row", "Net income  12  11"),
        ("row", "Shares used to compute net income\nper share  481  486"),
    ]


def test_headings_items_and_page_numbers_are_told_apart() -> None:
    text = (
        "Item 2. Risk Factors\nWe depend on few suppliers, and each of them could fail to deliver in time.\n"
        "• demand may fall, also in markets\nthat grew last year\n• prices may rise\nLegal Proceedings\n"
        "We are party to several lawsuits, none of which we believe to be material to us.\n17"
    )
    assert read(page_of(text)) == [
        ("heading", "Item 2. Risk Factors"),
        ("sentence", "We depend on few suppliers, and each of them could fail to deliver in time."),
        ("item", "• demand may fall, also in markets\nthat grew last year"),
        ("item", "• prices may rise"),
        ("heading", "Legal Proceedings"),
        ("sentence", "We are party to several lawsuits, none of which we believe to be material to us."),
        ("line", "17"),
    ]


def test_a_heading_that_ends_in_a_small_word_goes_on_in_the_next_line() -> None:
    text = "ITEM 7. MANAGEMENT’S DISCUSSION AND ANALYSIS OF\nFINANCIAL CONDITION\n\nWe sell software to many customers."
    assert read(page_of(text))[0] == ("heading", "ITEM 7. MANAGEMENT’S DISCUSSION AND ANALYSIS OF\nFINANCIAL CONDITION")


def test_many_short_lines_are_lines_and_no_headings() -> None:
    text = (
        "One Park Way\nCupertino\nCalifornia\nUnited States\n\n"
        + "A sentence that is as long as prose usually is. " * 2
    )
    assert [kind for kind, _ in read(page_of(text))] == ["line"] * 4 + ["sentence"] * 2


def test_running_headers_and_footers_belong_to_no_unit() -> None:
    page = page_of("ACME 10-K\nThe rate rose.\nPage 3", ("ACME 10-K", "header"), ("Page 3", "footer"))
    assert read(page) == [("sentence", "The rate rose.")]


def test_a_table_goes_on_below_labels_that_look_like_titles() -> None:
    text = (
        "January 28, 2023  January 29, 2022\nAssets\nCash  1,874  2,936\nContingencies (Note 13)\nEquity  2,795  3,020"
    )
    page = page_of(text, ("Assets", "title"), ("Contingencies (Note 13)", "title"))
    assert {header for _, header in headed(page)[1:]} == {"January 28, 2023  January 29, 2022"}
    assert [row for row, _ in headed(page)] == text.split("\n")


def test_a_heading_above_another_table_is_no_label() -> None:
    text = "2023  2022\nSales  1  2\nInventories\n2021  2020\nRaw materials  3  4"
    assert read(page_of(text, ("Inventories", "title")))[2] == ("heading", "Inventories")


def test_a_sentence_that_blocks_part_in_the_middle_is_joined() -> None:
    bold, rest = (
        "KNOW ALL BY THESE PRESENTS, that the undersigned director of the",
        "company appoints two attorneys. They may act.",
    )
    page = page_of(f"{bold}\n{rest}", (bold, "title"), (rest, "text"))
    assert read(page) == [("sentence", f"{bold}\ncompany appoints two attorneys."), ("sentence", "They may act.")]


def test_a_name_with_a_small_first_letter_begins_a_heading_and_a_sentence() -> None:
    text = "iPhone\niPhone net sales fell in the quarter and in the year, as the Company had\nexpected. Mac"
    expected = [
        ("heading", "iPhone"),
        ("sentence", "iPhone net sales fell in the quarter and in the year, as the Company had\nexpected."),
        ("sentence", "Mac"),
    ]
    assert read(page_of(text)) == expected
    assert read(page_of(text, ("iPhone", "title"))) == expected


def test_a_title_over_two_lines_is_one_heading_but_a_note_and_its_section_are_two() -> None:
    wrapped, note = "Graduate Research and Academic\nDevelopment Centre", "NOTE 18 - COMMITMENTS\nFinance Leases"
    page = page_of(f"{wrapped}\nSome text follows here.\n{note}", (wrapped, "title"), (note, "title"))
    assert [text for kind, text in read(page) if kind == "heading"] == [
        wrapped,
        "NOTE 18 - COMMITMENTS",
        "Finance Leases",
    ]


def test_two_blanks_after_a_full_stop_make_no_table() -> None:
    text = "It rained all day.  We stayed at home.  Then the sun came out."
    assert [kind for kind, _ in read(page_of(text))] == ["sentence"] * 3


def test_a_marked_up_table_has_the_header_its_parser_found() -> None:
    head, body = "Record | Kept for", "Email | 3 years\nChat | 1 year"
    page = page_of(f"Intro.\n\n{head}\n{body}", ("Intro.", "text"), (head, "table"), (body, "table"), origin="markup")
    assert headed(page) == [
        ("Record | Kept for", None),
        ("Email | 3 years", "Record | Kept for"),
        ("Chat | 1 year", "Record | Kept for"),
    ]


def test_the_platforms_ocr_tells_the_columns_of_tables_and_the_ends_of_items() -> None:
    text = "Grade | Rate\nG4 | 71.50\nG5 | 80.00\n\nfirst of\nall\nsecond"
    kinds: list[tuple[str, BlockKind]] = [("Grade | Rate", "table"), ("G4 | 71.50\nG5 | 80.00", "table")]
    page = page_of(text, *kinds, ("first of\nall", "list"), ("second", "list"), origin="mistral-ocr")
    assert headed(page) == [("Grade | Rate", None), ("G4 | 71.50", "Grade | Rate"), ("G5 | 80.00", "Grade | Rate")]
    assert read(page)[-2:] == [("item", "first of\nall"), ("item", "second")]


def test_marked_up_tables_apart_are_two_tables() -> None:
    page = page_of("a | b\n\nc | d", ("a | b", "table"), ("c | d", "table"), origin="markup")
    assert headed(page) == [("a | b", None), ("c | d", None)]


def test_code_keeps_its_lines() -> None:
    code = "def f(x):\n    return x.\n\nprint(f(1))"
    assert read(page_of(code, (code, "code"), origin="markup")) == [
        ("line", "def f(x):\n    return x."),
        ("line", "print(f(1))"),
    ]


def test_a_line_of_code_keeps_its_indentation() -> None:
    code = "\n".join(f"    call_number_{at}()" for at in range(20)) + "\n\n        last()"
    found = read(page_of(f"Run this:\n\n{code}", (code, "code"), origin="markup"))
    assert found[1:3] == [("line", "    call_number_0()"), ("line", "    call_number_1()")]
    assert found[-1] == ("line", "        last()")


def test_a_long_item_is_cited_by_its_sentences() -> None:
    item = " ".join(f"This is sentence number {number} of a rather long list item." for number in range(9))
    assert len(read(page_of(item, (item, "list"), origin="markup"))) == 9


def test_a_unit_of_more_than_2000_characters_is_cut_at_blanks() -> None:
    page = page_of("word " * 1000)
    lengths = [len(text) for _, text in read(page)]
    assert lengths == [1664, 1664, 1669]
    assert all(set(text.split()) == {"word"} for _, text in read(page))


def test_text_without_blanks_is_cut_all_the_same() -> None:
    assert [len(text) for _, text in read(page_of("x" * 5000))] == [1666, 1667, 1667]


def test_an_empty_page_has_no_units() -> None:
    assert units(page_of(" \n ")) == ()


def tiled(page: Page) -> Page:
    """The page with its units; the page itself refuses units that do not tile it."""
    return Page(**{**dict(page), "units": units(page)})


@given(st.text(max_size=300))
def test_units_tile_any_text(text: str) -> None:
    tiled(page_of(clean_text(text)))


@given(st.lists(LINE, max_size=12), st.data())
def test_units_tile_printed_lines_whatever_the_blocks_say(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    kinds = st.sampled_from(["title", "text", "list", "table", "header", "footer", "code", "caption"])
    origins = st.sampled_from(["text-layer", "markup", "local-ocr", "mistral-ocr"])
    blocks = tuple(
        Block(
            start=start,
            end=data.draw(st.integers(start + 1, len(text))),
            kind=data.draw(kinds),
            origin=data.draw(origins),
        )
        for start in cuts
        if start < len(text)
    )
    page = tiled(Page(locator=Locator(kind="page", number=1), text=text, blocks=blocks))
    assert max((unit.end - unit.start for unit in page.units), default=0) <= 2700
