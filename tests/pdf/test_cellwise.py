"""Rows of tables in the text of a page: cell by cell, however many printed lines a cell has."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages
from mistral_rag.pdf._tables.cellwise import cell_by_cell
from mistral_rag.schema import Locator, Page, Table, TableCell, WordBoxes

Put = Callable[..., str]
WritePdf = Callable[..., Path]

HEAD = [(60, "Topic"), (180, "Duty"), (400, "Proof")]
DUTIES = [
    [(60, "Incoming"), (180, "Each delivery is inspected"), (400, "Delivery slip with")],
    [(60, "goods"), (180, "within two working days"), (400, "photographs")],
    [(180, "of its arrival")],
]
DEVICES = [
    [(60, "Calibration"), (180, "Devices are calibrated"), (400, "Certificate")],
    [(60, "of devices"), (180, "every twelve months")],
]


def lines(put: Put) -> str:
    """A head and two rows of several lines, with room for rules between them."""
    content, y = "", 700
    for part in ([HEAD], DUTIES, DEVICES):
        for cells in part:
            content += "".join(put(x, y, text, size=9) for x, text in cells)
            y -= 12
        y -= 8
    return content


def rule(y: float) -> str:
    return f"54 {y} 456 0.6 re f\n"


ACROSS = "".join(map(rule, (716, 692, 648, 616)))
FRAME = ACROSS + "".join(f"{x} 616 0.6 100 re f\n" for x in (54, 174, 394, 510))
SHADES = "q 0.85 g 54 692 456 24 re f 0.93 g 54 648 456 44 re f Q\n"


@pytest.mark.parametrize("drawn", [FRAME, ACROSS, SHADES], ids=["frame", "rules", "shading"])
def test_a_row_of_long_cells_is_read_cell_by_cell(write_pdf: WritePdf, put: Put, drawn: str) -> None:
    page = read_pages(write_pdf(drawn + lines(put)))[0]
    assert page.text == (
        "Topic  Duty  Proof\n"
        "Incoming\ngoods  Each delivery is inspected\nwithin two working days\nof its arrival  "
        "Delivery slip with\nphotographs\n"
        "Calibration\nof devices  Devices are calibrated\nevery twelve months  Certificate"
    )
    assert [str(value) for value in page.cell_values(0, len(page.text))] == [
        "Duty: Each delivery is inspected within two working days of its arrival (row Incoming goods)",
        "Proof: Delivery slip with photographs (row Incoming goods)",
        "Duty: Devices are calibrated every twelve months (row Calibration of devices)",
        "Proof: Certificate (row Calibration of devices)",
    ]


def test_words_and_blocks_go_with_the_text_of_their_cells(write_pdf: WritePdf, put: Put) -> None:
    page = read_pages(write_pdf(FRAME + lines(put) + put(60, 560, "What follows the table stays behind it.")))[0]
    placed = {page.text[word.start : word.end]: word.box for word in page.words}
    assert placed["goods"].left == pytest.approx(60 / 600, abs=0.01)
    assert placed["photographs"].left == pytest.approx(400 / 600, abs=0.01)
    assert placed["photographs"].top > placed["Delivery"].top
    assert all(before.end <= after.start for before, after in pairwise(page.words))
    assert [(block.kind, page.text[block.start : block.end].split()[0]) for block in page.blocks] == [
        ("table", "Topic"),
        ("text", "What"),
    ]


def test_names_of_columns_on_several_lines_are_read_one_by_one(write_pdf: WritePdf, put: Put) -> None:
    content = "".join(
        put(x, y, text, size=9)
        for y, cells in (
            (700, [(200, "Gross"), (300, "Cumulative"), (400, "Net")]),
            (689, [(200, "Amount"), (300, "Impairment"), (400, "Amount")]),
            (670, [(60, "Domestic"), (200, "1,267"), (300, "675"), (400, "592")]),
            (656, [(60, "International"), (200, "608"), (300, "608"), (400, "0")]),
            (642, [(60, "Total"), (200, "1,875"), (300, "1,283"), (400, "592")]),
        )
        for x, text in cells
    )
    assert first_lines(read_pages(write_pdf(content))[0]) == "Gross Amount  Cumulative Impairment  Net Amount"


def test_lines_with_a_number_each_are_read_line_by_line_even_where_they_are_taken_for_one_row(
    write_pdf: WritePdf, put: Put
) -> None:
    content = FRAME + "".join(
        put(x, y, text, size=9)
        for y, cells in (
            (700, [(60, "Site"), (180, "Trips"), (400, "Remark")]),
            (680, [(60, "Metz"), (180, "1424"), (400, "by rail, as far as")]),
            (668, [(60, "Oslo"), (180, "4716"), (400, "it was open")]),
            (636, [(60, "Turin"), (180, "310"), (400, "by road")]),
        )
        for x, text in cells
    )
    assert "Metz  1424  by rail, as far as\nOslo  4716  it was open\n" in read_pages(write_pdf(content))[0].text


def first_lines(page: Page) -> str:
    """The text above the first row, the lines of a name joined."""
    return page.text.partition("\nDomestic")[0].replace("\n", " ")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            [(0, 3), (4, 7), (9, 13), (14, 19), (20, 24), (26, 31), (32, 36)],
            "one day\nthree days  week\nweeks four",
        ),
        # a code that is broken at its hyphen is one word, and would lie in two cells
        ([(0, 3), (4, 7), (9, 19), (20, 24), (26, 31), (32, 36)], "one day  week\nthree days  weeks four"),
    ],
)
def test_a_word_that_reaches_into_the_next_cell_leaves_the_lines_as_printed(
    words: list[tuple[int, int]], text: str
) -> None:
    cells = (
        TableCell(row=0, column=0, runs=((0, 7), (14, 24)), role="row"),
        TableCell(row=0, column=1, runs=((9, 13), (26, 31)), role="value"),
    )
    page = Page(
        locator=Locator(kind="page", number=1),
        text="one day  week\nthree days  weeks four",
        width=100,
        height=100,
        words=WordBoxes.pack((start, end, 0.1, 0.1, 0.2, 0.2) for start, end in words),
        tables=(Table(start=0, end=31, cells=cells),),
    )
    read = cell_by_cell(page)
    assert read.text == text
    assert Page.model_validate(read.model_dump()) == read
