from collections.abc import Callable
from pathlib import Path

from mistral_rag.pdf import PdfFile

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def text_of(path: Path, number: int = 1) -> str:
    with PdfFile(path) as pdf:
        return pdf.sheet(number).text


def test_cells_of_a_row_stand_on_one_line_two_blanks_apart(write_pdf: WritePdf, put: Put) -> None:
    row = put(60, 700, "Net sales") + put(300, 700, "$") + put(330, 700, "1,234") + put(400, 700, "(567)")
    assert text_of(write_pdf(row)) == "Net sales  $ 1,234  (567)"


def test_a_raised_ordinal_belongs_to_its_number(write_pdf: WritePdf, put: Put) -> None:
    street = put(60, 700, "330 West 34") + put(115.1, 704, "th", size=6) + put(124, 700, "Street")
    assert text_of(write_pdf(street)) == "330 West 34th Street"


def test_a_raised_footnote_mark_does_not_join_a_number(write_pdf: WritePdf, put: Put) -> None:
    assert text_of(write_pdf(put(60, 700, "2018") + put(82.3, 704, "1", size=6))) == "2018 1"


def test_letters_placed_one_by_one_are_a_word(write_pdf: WritePdf, put: Put) -> None:
    # as some browsers print; the pieces come in an order in which they can't be joined while reading
    page = put(71.68, 700, "ble of") + put(60, 500, "far below") + put(60, 700, "Ta")
    assert text_of(write_pdf(page)) == "Table of\nfar below"


def test_text_on_its_side_comes_after_the_rest(write_pdf: WritePdf, put: Put) -> None:
    page = put(20, 300, "draft version", turn="0 1 -1 0") + put(60, 700, "First line of this page")
    assert text_of(write_pdf(page)) == "First line of this page\ndraft version"


def test_rows_of_a_real_statement_keep_their_numbers(checkout: Path) -> None:
    text = text_of(checkout / "data" / "2023 Q3 AAPL.pdf", 4)
    assert "Products  $ 60,584  $ 63,355  $ 230,901  $ 245,241" in text
    assert "Total net sales  81,797  82,959  293,787  304,182" in text
