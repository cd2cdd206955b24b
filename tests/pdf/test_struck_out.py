"""Words with a line through them are left out and counted; underlined words, fractions and table rules are not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile, read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]

LETTER = 5.56
"""Width of a digit in Helvetica of 10 points."""


def line(left: float, right: float, y: float, *, thick: float = 0.5) -> str:
    return f"{left} {y} {right - left} {thick} re f\n"


def through(x: float, y: float, letters: int) -> str:
    """A line through so many digits that begin at a point."""
    return line(x, x + LETTER * letters, y + 3)


def read(path: Path) -> tuple[str, int]:
    with PdfFile(path) as pdf:
        return read_pages(path)[0].text, pdf.sheet(1).hidden


def test_struck_out_words_are_left_out_and_counted(write_pdf: WritePdf, put: Put) -> None:
    body = put(60, 700, "600 500 from 2024") + through(60 + 4 * LETTER - 2.78, 700, 3)
    assert read(write_pdf(body)) == ("600 from 2024", 3)


@pytest.mark.parametrize(
    "stroke",
    [
        "0.6 w 60 703 m 76.7 703 l S\n",
        "1 0 0 rg 60 702.8 16.7 0.5 re f 0 g\n",
        line(60, 76.7, 704.2) + line(60, 76.7, 702),
        line(60, 68, 703) + line(68, 76.7, 703),
    ],
)
def test_any_line_strikes_out(write_pdf: WritePdf, put: Put, stroke: str) -> None:
    assert read(write_pdf(put(60, 700, "500") + put(90, 700, "600") + stroke)) == ("600", 3)


def test_a_line_that_an_annotation_draws_strikes_out(write_pdf: WritePdf, put: Put) -> None:
    note = (
        b"<< /Type /Annot /Subtype /StrikeOut /Rect [60 697 77 710] /QuadPoints [60 709 76.7 709 60 698 76.7 698] "
        b"/C [1 0 0] >>"
    )
    path = write_pdf(put(60, 700, "500") + put(90, 700, "600"), objects=[note], Annots="[8 0 R]")
    assert read(path) == ("600", 3)


@pytest.mark.parametrize(
    ("y", "left", "right"),
    [
        (698, 60, 77),  # below
        (708.5, 60, 77),  # above
        (703, 20, 580),  # across the page
        (703, 76.8, 90),  # beside
    ],
)
def test_other_lines_strike_nothing_out(write_pdf: WritePdf, put: Put, y: float, left: float, right: float) -> None:
    assert read(write_pdf(put(60, 700, "500") + line(left, right, y))) == ("500", 0)


def test_white_lines_strike_nothing_out(write_pdf: WritePdf, put: Put) -> None:
    assert read(write_pdf("1 g " + line(60, 77, 703, thick=0.3) + "0 g " + put(60, 700, "500")))[0] == "500"


def test_a_letter_with_a_bar_is_a_sign(write_pdf: WritePdf, put: Put) -> None:
    assert read(write_pdf(put(60, 700, "P") + put(70, 700, "500") + line(59, 67, 704)))[0] == "P 500"


def test_part_of_a_word_can_be_struck_out(write_pdf: WritePdf, put: Put) -> None:
    assert read(write_pdf(put(60, 700, "5006") + through(60, 700, 3))) == ("6", 3)


def test_cells_stay_apart_where_a_struck_out_value_stood(write_pdf: WritePdf, put: Put) -> None:
    def row(y: float, *cells: str) -> str:
        return "".join(put(x, y, cell) for x, cell in zip((60, 200, 300), cells, strict=True))

    rows = row(700, "Item", "Price", "Size") + row(685, "Board", "100 120", "7") + row(670, "Rod", "200 300", "8")
    page = read_pages(write_pdf(rows + through(200, 685, 3) + through(200, 670, 3)))[0]
    assert [str(value) for value in page.cell_values(0, len(page.text))] == [
        "Price: 120 (row Board)",
        "Size: 7 (row Board)",
        "Price: 300 (row Rod)",
        "Size: 8 (row Rod)",
    ]


def test_a_whole_number_and_a_raised_fraction_are_apart(write_pdf: WritePdf, put: Put) -> None:
    body = put(60, 700, "2") + put(65.56, 703.5, "1", size=6) + put(68.9, 700, "/") + put(71.7, 699, "2", size=6)
    assert read(write_pdf(body + put(78, 700, "in")))[0] == "2 1/2 in"
