"""Fractions whose numbers stand above and below a bar."""

from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages
from tests.pdf.conftest import PdfWriter


def put(x: float, y: float, text: str, size: float = 12) -> str:
    return f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n"


def bar(x: float, y: float, width: float) -> str:
    return f"{x} {y} m {x + width} {y} l 0.5 w S\n"


def read(path: Path) -> str:
    (page,) = read_pages(path)
    return page.text


SMALL = put(50, 700, "Use") + put(76, 706, "3", 8) + bar(75, 704, 7) + put(76, 696, "4", 8) + put(86, 700, "bolts.")
MIXED = (
    put(50, 700, "Drill holes of 2")
    + put(136, 706, "11", 8)
    + bar(135, 704, 11)
    + put(136, 696, "16", 8)
    + put(150, 700, "inches.")
)
LARGE = put(50, 700, "Pay the") + put(94, 708, "5") + bar(93, 704, 9) + put(94, 694, "8") + put(106, 700, "of it.")
LAST = put(50, 700, "The share is") + put(119, 706, "1", 8) + bar(118, 704, 7) + put(119, 696, "3", 8)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (SMALL, "Use 3/4 bolts."),
        (MIXED, "Drill holes of 2 11/16 inches."),
        (LARGE, "Pay the 5/8 of it."),
        (LAST, "The share is 1/3"),
    ],
    ids=["small", "behind a whole number", "as large as the text", "at the end"],
)
def test_a_fraction_is_one_word_of_its_line(write_pdf: PdfWriter, content: str, text: str) -> None:
    assert read(write_pdf(content)) == text


def test_the_box_of_a_fraction_holds_both_numbers(write_pdf: PdfWriter) -> None:
    (page,) = read_pages(write_pdf(SMALL))
    at = page.text.index("3/4")
    (box,) = [word.box for word in page.words if word.start == at]
    assert box.top * 800 < 800 - 706 - 4
    assert box.bottom * 800 > 800 - 696


def test_a_bar_above_a_sum_makes_no_fraction(write_pdf: PdfWriter) -> None:
    rows = "".join(
        put(50, 700 - 14 * at, label) + put(200, 700 - 14 * at, value)
        for at, (label, value) in enumerate([("Cash", "12"), ("Funds", "13"), ("Total", "25")])
    )
    assert read(write_pdf(rows + bar(198, 683, 16))).split() == ["Cash", "12", "Funds", "13", "Total", "25"]


def test_an_underlined_number_above_another_makes_no_fraction(write_pdf: PdfWriter) -> None:
    lines = put(50, 700, "See rule 7") + bar(96, 698, 8) + put(50, 688, "as well as 8 others")
    assert read(write_pdf(lines)).split() == ["See", "rule", "7", "as", "well", "as", "8", "others"]


def test_a_fraction_alone_in_a_cell_is_one_word_of_its_row(write_pdf: PdfWriter) -> None:
    content = "".join(
        put(50, y, part, 10)
        + put(126, y + 6, over, 7)
        + bar(125, y + 4, 7)
        + put(126, y - 3, under, 7)
        + put(230, y, length, 10)
        + put(320, y, torque, 10)
        for y, part, (over, under), length, torque in (
            (700, "Cover bolt", "12", "3 1/8", "40"),
            (676, "Frame bolt", "34", "5", "31"),
            (652, "Pin", "58", "2", "8"),
        )
    )
    assert read(write_pdf(content)).splitlines() == [
        "Cover bolt  1/2  3 1/8  40",
        "Frame bolt  3/4  5  31",
        "Pin  5/8  2  8",
    ]


def test_numbers_above_and_below_the_rule_of_a_sum_stay_in_their_rows(write_pdf: PdfWriter) -> None:
    rows = put(50, 700, "Cash", 10) + put(126, 700, "13", 10) + bar(125, 697, 12)
    rows += put(50, 687, "Total", 10) + put(126, 687, "25", 10)
    assert read(write_pdf(rows)).splitlines() == ["Cash  13", "Total  25"]
