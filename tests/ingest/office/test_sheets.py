from pathlib import Path

import pytest

from ingest.parsing._office.number_formats import BUILT_IN, shown_number
from tests.ingest.office.packages import cell, read, sheet

STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="#,##0.00\\ [$€-407]"/><numFmt numFmtId="165" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="166" formatCode=";;;"/></numFmts><fonts><font/>'
    '<font><b/></font><font><color rgb="FFFFFFFF"/></font></fonts>'
    '<fills><fill/></fills><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/>'
    '<xf numFmtId="0" fontId="1"/><xf numFmtId="166"/><xf numFmtId="0" fontId="2"/></cellXfs>'
)


def row(number: int, *cells: str, attributes: str = "") -> str:
    return f'<row r="{number}" {attributes}>{"".join(cells)}</row>'


def test_cells_are_read_as_they_are_shown_and_located_by_their_range(tmp_path: Path) -> None:
    rows = (
        row(2, cell("A2", "Region"), cell("B2", "Revenue"), cell("C2", "Since"), cell("D2", "Growth"))
        + row(3, cell("A3", "North"), cell("B3", "1234.5", 1), cell("C3", "45657", 2), cell("D3", "0.256", 3))
        + row(4, cell("A4", "South"), cell("B4", "980", 1), cell("C4", "45292", 2), cell("D4", "-0.031", 3))
    )
    parsed = read(sheet(tmp_path / "a.xlsx", rows, styles=STYLES))
    page = parsed.pages[0]
    assert str(page.locator) == "'Q1 Sales'!A2:D4"
    assert page.text == (
        "Region | Revenue | Since | Growth\nNorth | 1,234.50 € | "
        "31/12/2024 | 25.60%\nSouth | 980.00 € | 01/01/2024 | -3.10%"
    )
    at = page.text.index("South")
    assert str(page.locator_at(at, len(page.text))) == "'Q1 Sales'!A4:D4"
    value = page.text.index("980.00")
    assert str(page.locator_at(value, value + 6)) == "'Q1 Sales'!B4"
    assert [str(v) for v in page.cell_values(at, len(page.text))] == [
        *("Revenue: 980.00 € (row South)", "Since: 01/01/2024 (row South)", "Growth: -3.10% (row South)"),
    ]


def test_hidden_sheets_rows_columns_and_cells_are_counted_and_not_read(tmp_path: Path) -> None:
    rows = (
        row(1, cell("A1", "Seen"), cell("B1", "columnhidden"))
        + row(2, cell("A2", "rowhidden"), attributes='hidden="1"')
        + row(3, cell("A3", "12", 5), cell("C3", "white", 6))
    )
    path = sheet(tmp_path / "a.xlsx", rows, before='<cols><col min="2" max="2" hidden="1"/></cols>', styles=STYLES)
    parsed = read(path)
    assert [(page.locator.label, page.text) for page in parsed.pages] == [("Q1 Sales", "Seen"), ("Old", "")]
    assert parsed.hidden == {1: 28, 2: 6}
    assert [problem.reason for problem in parsed.problems] == ["hidden sheets are not read: Old"]


def test_several_tables_of_a_sheet_are_told_apart(tmp_path: Path) -> None:
    rows = (
        row(1, cell("A1", "Staff by city"))
        + row(2, cell("A2", "City"), cell("B2", "Staff"), cell("D2", "Fruit"), cell("E2", "Price"))
        + row(3, cell("A3", "Lyon"), cell("B3", "30"), cell("D3", "Fig"), cell("E3", "2"))
        + row(4, cell("A4", "Porto"), cell("B4", "40"), cell("D4", "Kiwi"), cell("E4", "3"))
        + row(7, cell("A7", "Porto"), cell("B7", "50"))
    )
    page = read(sheet(tmp_path / "a.xlsx", rows)).pages[0]
    assert page.text == (
        "Staff by city\n\nCity | Staff\nLyon | 30\nPorto | 40\n\nFruit | Price\nFig | 2\nKiwi | 3\n\nPorto | 50"
    )
    assert [table.columns for table in page.tables][1:3] == [("City", "Staff"), ("Fruit", "Price")]
    at = page.text.index("Kiwi")
    assert str(page.locator_at(at, at + 8)) == "'Q1 Sales'!D4:E4"


def test_rows_behind_a_frozen_line_have_names_on_every_page(tmp_path: Path) -> None:
    rows = row(1, cell("A1", "Id"), cell("B1", "Name")) + "".join(
        row(at, cell(f"A{at}", str(at)), cell(f"B{at}", f"Customer {at}")) for at in range(2, 2002)
    )
    before = '<sheetViews><sheetView><pane ySplit="1" state="frozen"/></sheetView></sheetViews>'
    pages = read(sheet(tmp_path / "a.xlsx", rows, before=before)).pages
    assert [str(page.locator) for page in pages] == [
        "'Q1 Sales'!A1:B868",
        "'Q1 Sales'!A869:B1662",
        "'Q1 Sales'!A1663:B2001",
        "Old",
    ]
    assert pages[2].text.startswith("Id | Name\n1663 | Customer 1663\n")
    assert str(pages[2].locator_at(10, 30)) == "'Q1 Sales'!A1663:B1663"


def test_names_of_two_rows_and_the_scale_of_the_line_above(tmp_path: Path) -> None:
    def rows(first: int, second: tuple[str, ...]) -> str:
        names = [cell(f"{at}{first + 1}", text) for at, text in zip("ABCDE", second, strict=True) if text]
        return row(first + 1, *names) + row(
            first + 2, cell(f"A{first + 2}", "Service"), *(cell(f"{at}{first + 2}", "91") for at in "BCD")
        )

    below = ("", "Plan", "Actual", "Plan", "Actual")
    merged = '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:C2"/><mergeCell ref="D2:E2"/></mergeCells>'
    upper = row(1, cell("A1", "Budget, in thousands of PLN")) + row(
        2, cell("A2", "Unit"), cell("B2", "Q1"), cell("D2", "Q2")
    )
    for behind in (merged, ""):
        [page, _] = read(sheet(tmp_path / "a.xlsx", upper + rows(2, below), behind=behind)).pages
        assert [table.scale for table in page.tables] == ["", "in thousands of PLN"]
        assert [str(value) for value in page.cell_values(0, len(page.text))][1:] == [
            *("Q1, Plan: 91 (row Service)", "Q1, Actual: 91 (row Service)", "Q2, Plan: 91 (row Service)"),
        ]


def test_merged_cells_stand_in_each_of_their_rows(tmp_path: Path) -> None:
    rows = (
        row(1, cell("A1", "Group", 4), cell("B1", "Item", 4), cell("C1", "Count", 4))
        + row(2, cell("A2", "Tools"), cell("B2", "Saw"), cell("C2", "3"))
        + row(3, cell("B3", "Drill"), cell("C3", "4"))
    )
    path = sheet(tmp_path / "a.xlsx", rows, behind='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>', styles=STYLES)
    page = read(path).pages[0]
    assert page.text == "Group | Item | Count\nTools | Saw | 3\nTools | Drill | 4"
    assert [str(value) for value in page.cell_values(0, 99)] == [
        "Count: 3 (row Tools, Saw)",
        "Count: 4 (row Tools, Drill)",
    ]


def test_formulas_show_their_stored_values_and_missing_ones_are_said(tmp_path: Path) -> None:
    rows = row(1, '<c r="A1"><f>1+1</f><v>2</v></c>', '<c r="B1"><f>1+2</f></c>', '<c r="C1" t="e"><v>#N/A</v></c>')
    parsed = read(sheet(tmp_path / "a.xlsx", rows))
    assert parsed.pages[0].text == "2 | #N/A"
    assert parsed.problems[0].reason == (
        "sheet Q1 Sales: 1 formulas without a stored value; open and save it once to have them"
    )


def test_a_million_empty_rows_are_passed_over(tmp_path: Path) -> None:
    rows = row(1, cell("A1", "first")) + "".join(f'<row r="{at}"/>' for at in range(2, 100_000))
    rows += row(1_048_576, cell("XFD1048576", "last"))
    page = read(sheet(tmp_path / "a.xlsx", rows)).pages[0]
    assert (page.text, page.locator.cells) == ("first\n\nlast", "A1:XFD1048576")


def test_texts_are_shared_rich_and_escaped(tmp_path: Path) -> None:
    texts = "<si><r><t>Two </t></r><r><t>parts</t></r><rPh><t>aloud</t></rPh></si><si><t>a_x000D_\nb</t></si>"
    rows = row(1, '<c r="A1" t="s"><v>0</v></c>', '<c r="B1" t="s"><v>1</v></c>', '<c r="C1" t="s"><v>9</v></c>')
    assert read(sheet(tmp_path / "a.xlsx", rows, texts=texts)).pages[0].text == "Two parts | a b"


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        ("1234.5", "#,##0.00", "1,234.50"),
        ("0.256", "0%", "26%"),
        ("1.005", "0.00", "1.01"),
        ("-5", "0;(0)", "(5)"),
        ("-5.5", "#,##0.00_);[Red](#,##0.00)", "(5.50)"),
        ("1234567", '0.0,,"M"', "1.2M"),
        ("3", "[$€-407] #,##0.00", "€ 3.00"),
        ("-1234.5", '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)', "$(1,234.50)"),
        ("0", '#,##0;-#,##0;"-"', "-"),
        ("5", ";;;", ""),
        ("150", '[>100]"high";"low"', "high"),
        ("7", "000", "007"),
        ("5551234567", "(000) 000-0000", "(555) 123-4567"),
        ("12345.678", "0.00E+00", "1.23E+04"),
        ("1.25", "# ?/?", "1 1/4"),
        ("0.30000000000000004", "General", "0.3"),
        ("123456789012", "General", "1.23457E+11"),
        ("45657", "yyyy-mm-dd", "2024-12-31"),
        ("45657.75", "dd/mm/yyyy hh:mm", "31/12/2024 18:00"),
        ("45657", "d. mmmm yyyy", "31. December 2024"),
        ("45657", "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "Tuesday, December 31, 2024"),
        ("45657", "[$-F800]dddd, mmmm dd, yyyy", "Tuesday, December 31, 2024"),
        ("45657", "[$-407]d. mmmm yyyy", "31. Dezember 2024"),
        ("45657", "[$-40C]dddd d mmmm yyyy", "mardi 31 décembre 2024"),
        ("45657", "[$-C0A]d mmm yyyy", "31 dic 2024"),
        ("45657", "[$-411]d mmmm yyyy", "31 December 2024"),
        ("-1234.5", BUILT_IN[5], "($1,235)"),
        ("-1234.5", BUILT_IN[43], "(1,234.50)"),
        ("-1234.5", BUILT_IN[44], "$(1,234.50)"),
        ("0", BUILT_IN[41], "-"),
        ("0.5", "h:mm AM/PM", "12:00 PM"),
        ("1.5", "[h]:mm:ss", "36:00:00"),
        ("0.000694444444", "mm:ss.0", "01:00.0"),
        ("1", "yyyy-mm-dd", "1900-01-01"),
        ("9999999999", "yyyy-mm-dd", "9999999999"),
        ("1e400000", "0.00", "1e400000"),
        ("x", "0.00", "x"),
    ],
)
def test_numbers_are_shown_by_their_format(value: str, form: str, shown: str) -> None:
    assert shown_number(value, form) == shown


def test_days_are_counted_from_1904_where_a_workbook_says_so() -> None:
    assert shown_number("44195", "yyyy-mm-dd", since_1904=True) == "2024-12-31"
