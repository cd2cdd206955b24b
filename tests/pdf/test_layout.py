from collections.abc import Callable
from pathlib import Path

from mistral_rag.pdf import PdfFile

Put = Callable[..., str]
WritePdf = Callable[..., Path]

LEFT = [
    "The committee met four times in the",
    "course of the year and looked at the",
    "accounts of every division, which it",
    "found to be in good order and drawn",
    "up with care by those who keep them",
    "and by those who have to check them.",
]
RIGHT = [
    "On the other side of the ledger the",
    "costs of the new building were more",
    "than had been thought, because steel",
    "was dear and the ground was far too",
    "wet to be built upon before the end",
    "of the summer, as everybody knows.",
]


def text_of(path: Path, number: int = 1) -> str:
    with PdfFile(path) as pdf:
        return pdf.sheet(number).text


def test_cells_of_a_row_stand_on_one_line_two_blanks_apart(write_pdf: WritePdf, put: Put) -> None:
    row = put(60, 700, "Net sales") + put(300, 700, "$") + put(330, 700, "1,234") + put(400, 700, "(567)")
    assert text_of(write_pdf(row)) == "Net sales  $ 1,234  (567)"


def test_a_table_written_column_by_column_is_read_row_by_row(write_pdf: WritePdf, put: Put) -> None:
    labels = "".join(put(60, 700 - 14 * at, label) for at, label in enumerate(["Revenue", "Costs", "Profit"]))
    values = "".join(put(400, 700 - 14 * at, value) for at, value in enumerate(["1,000", "(400)", "600"]))
    assert text_of(write_pdf(labels + values)) == "Revenue  1,000\nCosts  (400)\nProfit  600"


def test_a_currency_sign_close_to_a_number_begins_a_cell(write_pdf: WritePdf, put: Put) -> None:
    row = put(60, 700, "Expenses") + put(300, 700, "$ 612.1 $ 501.0")
    assert text_of(write_pdf(row)) == "Expenses  $ 612.1  $ 501.0"


def test_a_dot_leader_ends_its_cell(write_pdf: WritePdf, put: Put) -> None:
    assert text_of(write_pdf(put(60, 700, "Cash........") + put(116, 700, "$ 348"))) == "Cash........  $ 348"


def test_columns_of_prose_are_read_one_after_the_other(write_pdf: WritePdf, put: Put) -> None:
    lines = zip(LEFT, RIGHT, strict=True)
    page = "".join(
        put(60, 700 - 14 * at, left) + put(320, 700 - 14 * at, right) for at, (left, right) in enumerate(lines)
    )
    title = put(60, 740, "Report of the committee that stands over both of the columns", size=14)
    assert text_of(write_pdf(title + page)).split("\n")[1:] == LEFT + RIGHT


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
