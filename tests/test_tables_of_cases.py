"""Tables of real pages that were read wrong once, and a question to one of them from the file to the printed answer."""

from pathlib import Path

import pytest

from mistral_rag import cli as program
from mistral_rag.pdf import read_pages
from mistral_rag.schema import Page


def pages_of(shared: Path, name: str) -> list[Page]:
    return read_pages(next((shared / "cases" / "reading").glob(f"{name}-*.pdf")))


def values(page: Page) -> set[str]:
    return {str(value) for value in page.cell_values(0, len(page.text))}


def test_columns_of_single_digits(shared: Path) -> None:
    page = pages_of(shared, "02")[0]
    table = page.tables[0]
    assert len(page.tables) == 1
    assert table.columns[:9] == (
        "State / Territory",
        "Permit",
        "Handgun",
        "Long Gun",
        "*Other",
        "**Multiple",
        "Admin",
        "Pre-Pawn, Handgun",
        "Pre-Pawn, Long Gun",
    )
    assert table.columns[-4:] == (
        "Return to Seller - Private Sale, Handgun",
        "Return to Seller - Private Sale, Long Gun",
        "Return to Seller - Private Sale, *Other",
        "Totals",
    )
    assert {
        "Handgun: 100 (row Guam)",
        "Long Gun: 55 (row Guam)",
        "*Other: 12 (row Guam)",
        "**Multiple: 3 (row Guam)",
        "Admin: 0 (row Guam)",
        "Redemption, Handgun: 1 (row Guam)",
        "Totals: 171 (row Guam)",
        "**Multiple: 9 (row Maryland)",
        "Admin: 0 (row Maryland)",
        "Long Gun: 2 (row Virgin Islands)",
        "*Other: 0 (row Virgin Islands)",
        "Totals: 109 (row Virgin Islands)",
    } <= values(page)
    guam = next(cell.row for cell in table.cells if cell.text(page.text) == "Guam")
    assert [cell.text(page.text) for cell in table.cells if cell.row == guam] == [
        "Guam",
        *("0", "100", "55", "12", "3", "0", "0", "0", "0", "1", "0", "0", "0", "0", "0"),
        *("", "", "0", "0", "0", "0", "0", "0", "171"),
    ]


def test_the_next_table_on_a_page_has_its_own_head(shared: Path) -> None:
    page = pages_of(shared, "03")[0]
    assert {
        "# Shows: 48 (row December 2024)",
        "Gross Amount: $12,500.00 (row December 2024)",
        "Net Amount: $11,250.00 (row December 2024)",
        "Occupancy: 85% (row December 2024)",
        "Commission %: 100% (row Sarah Johnson)",
        "Occupancy: 85% (row Totals)",
    } <= values(page)
    assert ("Month", "# Shows", "Gross Amount", "Net Amount", "Occupancy") in [t.columns for t in page.tables]


def test_empty_cells_stay_empty(shared: Path) -> None:
    first, second = pages_of(shared, "04")
    assert {
        "Actual: 289 (row B-07)",
        "Variance: -23 (row B-07)",
        "Location: D-22 (row SKU-4563)",
        "Actual: 156 (row SKU-4563)",
        "Status: CRITICAL (row SKU-4563)",
        "Expected: 180",
        "Variance: -24",
    } <= values(first)
    table = max(first.tables, key=lambda table: len(table.cells))  # fields above it are tables of one row
    rows = [[cell.text(first.text) for cell in table.cells if cell.row == row] for row in (2, 6)]
    assert rows == [["", "B-07", "", "289", "-23", ""], ["", "", "180", "", "-24", ""]]
    last_audit = [cell for cell in second.tables[0].cells if cell.row == 9 and cell.column == 4]
    assert [(cell.runs, cell.role) for cell in last_audit] == [((), "value")]
    assert "Total Value: $35,000.00 (row SKU-2234)" in values(second)


def test_a_head_holds_for_all_rows_and_on_the_next_page(shared: Path) -> None:
    pages = pages_of(shared, "05")
    names = ("CONTO ECONOMICO", "2015", "2016", "2017", "2018")
    assert [(table.columns, table.continued) for page in pages for table in page.tables] == [
        (names, False),
        (names, True),
    ]
    assert "2016: 2.996.000 (row 17) Interessi e altri oneri finanziari)" in values(pages[0])
    assert {
        "2017: -7.175.000 (row 23) Utile (Perdita) dell'Esercizio)",
        "2016: 0 (row c) Imposte anticipate)",
        "2017: -522.000 (row c) Imposte anticipate)",
        "2018: -921.000 (row c) Imposte anticipate)",
    } <= values(pages[1])
    assert "2015" not in {v.column for v in pages[1].cell_values(0, len(pages[1].text)) if "anticipate" in v.row}


def test_names_of_two_levels_are_joined(shared: Path) -> None:
    page = pages_of(shared, "06")[0]
    assert page.tables[0].columns == (
        "Category",
        "Active Ingredient (in billions of lbs.), 1994/95",
        "Sales Value (in billions of dollars), 1994/95",
    )
    assert "Sales Value (in billions of dollars), 1994/95: 2.6 (row U.S. Exports)" in values(page)


def test_a_row_is_quoted_with_its_values_under_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "documents"
    root.mkdir()
    source = Path(__file__).parent / "pdf" / "data" / "tables" / "html-zebra-2.pdf"
    (root / "report.pdf").write_bytes(source.read_bytes())
    folder = tmp_path / "index"
    assert program.ingest(["build", str(root), "--index", str(folder), "--embeddings", "none"]) == 0
    capsys.readouterr()
    assert program.main(["ask", "What is the status of retained earnings?", "--index", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "- “Retained earnings 63,442 21,785 Pending” (Height: 63,442; Units: 21,785; Status: Pending) [1]" in lines
    # the title is whatever names the file
    line = next(line for line in lines if line.startswith("[1] "))
    assert line.endswith(
        'p. 1 (picture agrees): "Retained earnings 63,442 21,785 Pending"; cells: '
        "Height: 63,442; Units: 21,785; Status: Pending (row Retained earnings)"
    )
