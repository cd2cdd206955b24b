from collections.abc import Callable
from pathlib import Path

from mistral_rag.pdf import PdfFile

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def text_of(path: Path, number: int = 1) -> str:
    with PdfFile(path) as pdf:
        return pdf.sheet(number).text


def test_a_table_written_column_by_column_is_read_row_by_row(write_pdf: WritePdf, put: Put) -> None:
    labels = "".join(put(60, 700 - 14 * at, label) for at, label in enumerate(["Revenue", "Costs", "Profit"]))
    values = "".join(put(400, 700 - 14 * at, value) for at, value in enumerate(["1,000", "(400)", "600"]))
    assert text_of(write_pdf(labels + values)) == "Revenue  1,000\nCosts  (400)\nProfit  600"


def test_a_currency_sign_close_to_a_number_begins_a_cell(write_pdf: WritePdf, put: Put) -> None:
    row = put(60, 700, "Expenses") + put(300, 700, "$ 612.1 $ 501.0")
    assert text_of(write_pdf(row)) == "Expenses  $ 612.1  $ 501.0"


def test_a_dot_leader_ends_its_cell(write_pdf: WritePdf, put: Put) -> None:
    assert text_of(write_pdf(put(60, 700, "Cash........") + put(116, 700, "$ 348"))) == "Cash........  $ 348"
