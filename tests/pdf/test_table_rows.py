"""Rows of tables without rules: second lines of their cells, and what stands above, below or beside them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages
from mistral_rag.schema import Page, Table

Put = Callable[..., str]
WritePdf = Callable[..., Path]
Cells = Sequence[tuple[float, str]]
"""The texts of a line, each with its left edge."""
LINE = 12.0
"""Distance of two lines of one cell, in points."""


@pytest.fixture
def draw(put: Put) -> Callable[..., str]:
    """Rows of text from the top, each of some lines; `white` is what stands between two rows besides."""

    def rows(*table: Sequence[Cells], top: float = 700, white: float = 3, font: str = "F1") -> str:
        drawn = []
        for row in table:
            for line in row:
                drawn += [put(x, top, text, size=9, font=font) for x, text in line]
                top -= LINE
            top -= white
        return "".join(drawn)

    return rows


Draw = Callable[..., str]


def page_of(write_pdf: WritePdf, content: str) -> Page:
    return read_pages(write_pdf(content))[0]


def rows_of(page: Page, table: Table) -> list[str]:
    """The texts of a table's cells, those of a row with a bar between them."""
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(cell.text(page.text))
    return [" | ".join(rows[at]) for at in sorted(rows)]


def orders(*rows: tuple[str, str, str, str, str]) -> list[Sequence[Cells]]:
    """Rows of an order: number, two lines of what it is, quantity and price."""
    return [
        [[(60, number), (100, first), (300, quantity), (400, price)], [(100, second)]]
        for number, first, second, quantity, price in rows
    ]


HEAD: Sequence[Cells] = [[(60, "Item"), (100, "Description"), (300, "Quantity"), (400, "Price")]]
ITEMS = orders(
    ("10", "Spruce board", "planed, 24 mm", "400", "1.85"),
    ("20", "Oak beam", "air-dried, 80 mm", "60", "11.40"),
    ("30", "Freight", "to site", "1", "95.00"),
)
ROWS = [
    "10 | Spruce board planed, 24 mm | 400 | 1.85",
    "20 | Oak beam air-dried, 80 mm | 60 | 11.40",
    "30 | Freight to site | 1 | 95.00",
]


@pytest.mark.parametrize("white", [0, 3, 8])
def test_the_second_line_of_a_cell_is_of_the_row_above(write_pdf: WritePdf, draw: Draw, white: float) -> None:
    page = page_of(write_pdf, draw(HEAD, *ITEMS, white=white))
    assert rows_of(page, page.tables[0]) == ["Item | Description | Quantity | Price", *ROWS]


def test_the_second_line_of_a_cell_is_of_the_row_above_where_no_column_has_a_name(
    write_pdf: WritePdf, draw: Draw
) -> None:
    codes = orders(
        ("10", "A-100", "Hex bolt, galvanised", "400", "48.00"),
        ("20", "A-104", "Lock washer", "400", "12.00"),
        ("30", "900-0004", "Thread paste", "2", "19.00"),
    )
    page = page_of(write_pdf, draw(*codes))
    assert rows_of(page, page.tables[0]) == [
        "10 | A-100 Hex bolt, galvanised | 400 | 48.00",
        "20 | A-104 Lock washer | 400 | 12.00",
        "30 | 900-0004 Thread paste | 2 | 19.00",
    ]


def test_the_last_row_keeps_its_second_line_where_another_table_follows(
    write_pdf: WritePdf, draw: Draw, put: Put
) -> None:
    dates: Sequence[Cells] = [[(60, "Date"), (200, "Place"), (400, "Pallets")]]
    places: list[Sequence[Cells]] = [
        [[(60, "4 May 2026"), (200, "Graz"), (400, "12")]],
        [[(60, "5 May 2026"), (200, "Lienz"), (400, "9")]],
    ]
    title = put(60, 580, "Deliveries", size=9, font="F2")
    page = page_of(write_pdf, draw(HEAD, *ITEMS) + title + draw(dates, *places, top=566))
    assert [rows_of(page, table) for table in page.tables] == [
        ["Item | Description | Quantity | Price", *ROWS],
        ["Date | Place | Pallets", "4 May 2026 | Graz | 12", "5 May 2026 | Lienz | 9"],
    ]


PAIRS: list[Sequence[Cells]] = [
    [[(60, "Supplier"), (130, "Brenner Holz GmbH"), (260, "Buyer"), (330, "Leila Haddad")]],
    [[(60, "Terms"), (130, "DAP Linz"), (260, "Telephone"), (330, "5566-214")]],
]


def test_names_and_values_above_a_table_are_none_of_its_head(write_pdf: WritePdf, draw: Draw) -> None:
    page = page_of(write_pdf, draw(*PAIRS) + draw(HEAD, *ITEMS, top=650))
    assert [rows_of(page, table) for table in page.tables] == [["Item | Description | Quantity | Price", *ROWS]]
    assert page.text.startswith("Supplier  Brenner Holz GmbH  Buyer  Leila Haddad\nTerms  DAP Linz")


def test_one_line_of_names_and_values_above_a_table_is_none_of_its_head(write_pdf: WritePdf, draw: Draw) -> None:
    head: list[Sequence[Cells]] = [
        [[(145, "Pressure"), (245, "Flow")]],
        [[(60, "Point"), (130, "least"), (180, "most"), (230, "least"), (280, "most")]],
    ]
    points: list[Sequence[Cells]] = [
        [[(60, "P1"), (130, "1.2"), (180, "1.9"), (230, "30"), (280, "44")]],
        [[(60, "P2"), (130, "1.1"), (180, "2.3"), (230, "28"), (280, "51")]],
    ]
    pair: Sequence[Cells] = [[(60, "Site"), (110, "North quay"), (190, "Engineer"), (250, "Tom Baker")]]
    page = page_of(write_pdf, draw(pair) + draw(*head, *points, top=660))
    assert page.tables[0].columns == ("Point", "Pressure, least", "Pressure, most", "Flow, least", "Flow, most")


def test_bold_names_of_columns_end_the_names_and_values_above_them(write_pdf: WritePdf, draw: Draw) -> None:
    page = page_of(write_pdf, draw(*PAIRS) + draw(HEAD, top=670, font="F2") + draw(*ITEMS, top=655))
    assert [rows_of(page, table) for table in page.tables] == [["Item | Description | Quantity | Price", *ROWS]]


def test_a_head_whose_units_stand_apart_is_one(write_pdf: WritePdf, draw: Draw) -> None:
    head: Sequence[Cells] = [[(60, "Region"), (200, "Revenue"), (300, "Profit")]]
    rows: list[Sequence[Cells]] = [
        [[(200, "EUR m"), (300, "EUR m")]],
        [[(60, "Europe"), (200, "12"), (300, "3")]],
        [[(60, "Asia"), (200, "9"), (300, "2")]],
    ]
    page = page_of(write_pdf, draw(head) + draw(*rows, top=665))
    assert rows_of(page, page.tables[0]) == [
        "Region | Revenue | Profit",
        "EUR m | EUR m",
        "Europe | 12 | 3",
        "Asia | 9 | 2",
    ]


def test_shaded_boxes_of_values_make_no_head_of_their_lines(write_pdf: WritePdf, draw: Draw) -> None:
    names = ["Company", "Contact", "Place", "Certified", "Insured"]
    values = ["Tessaro Vetri", "Giulia Marchetti", "Venezia", "yes", "no"]
    boxes = "".join(f"q .8 .84 1 rg 180 {696 - 24 * at} 180 16 re f Q\n" for at in range(3))
    lines: list[Sequence[Cells]] = [[[(60, name), (184, value)]] for name, value in zip(names, values, strict=True)]
    lines[3] = [[(60, "Certified"), (184, "yes"), (240, "Since"), (330, "2019")]]
    page = page_of(write_pdf, boxes + draw(*lines, white=12))
    assert [table.columns for table in page.tables if any(table.columns)] == []


def framed(left: float, right: float, top: float, bottom: float, inner: float, rows: Sequence[float] = ()) -> str:
    """The rules of a table: its frame, one between its two columns, and those between its rows."""
    across = "".join(f"{left} {y} {right - left} 0.6 re f\n" for y in (top, bottom, *rows))
    return across + "".join(f"{x} {bottom} 0.6 {top - bottom} re f\n" for x in (left, inner, right))


def test_tables_beside_each_other_in_rules_of_their_own_are_two(write_pdf: WritePdf, draw: Draw) -> None:
    rows: list[Sequence[Cells]] = [
        [[(60, "Earnings"), (150, "Amount"), (222, "Deductions"), (310, "Amount")]],
        [[(60, "Basic pay"), (150, "2,920.00"), (222, "Tax"), (310, "443.50")]],
        [[(60, "Overtime"), (150, "205.31"), (222, "Pension"), (310, "163.27")]],
    ]
    rules = framed(55, 200, 712, 667, 145, (697, 682)) + framed(216, 360, 712, 667, 305, (697, 682))
    page = page_of(write_pdf, rules + draw(*rows))
    assert [rows_of(page, table) for table in page.tables] == [
        ["Earnings | Amount", "Basic pay | 2,920.00", "Overtime | 205.31"],
        ["Deductions | Amount", "Tax | 443.50", "Pension | 163.27"],
    ]
    assert [str(value) for value in page.cell_values(0, len(page.text))][2:] == [
        "Amount: 443.50 (row Tax)",
        "Amount: 163.27 (row Pension)",
    ]


def test_tables_beside_each_other_may_have_rows_of_other_heights(write_pdf: WritePdf, draw: Draw) -> None:
    head: Sequence[Cells] = [[(60, "Orders"), (150, "May"), (222, "Returns"), (310, "May")]]
    orders: list[Sequence[Cells]] = [[[(60, at), (150, n)]] for at, n in (("Graz", "12"), ("Linz", "7"), ("Wels", "3"))]
    returns: list[Sequence[Cells]] = [[[(222, "Bent"), (310, "2")]], [[(222, "Wrong size"), (310, "1")]]]
    rules = framed(55, 200, 712, 652, 145) + framed(216, 360, 712, 652, 305)
    page = page_of(write_pdf, rules + draw(head) + draw(*orders, top=685) + draw(*returns, top=680, white=8))
    assert [rows_of(page, table) for table in page.tables] == [
        ["Orders | May", "Graz | 12", "Linz | 7", "Wels | 3"],
        ["Returns | May", "Bent | 2", "Wrong size | 1"],
    ]


def test_groups_of_columns_in_rules_of_their_own_are_one_table(write_pdf: WritePdf, draw: Draw) -> None:
    rows: list[Sequence[Cells]] = [
        [[(60, "Region"), (150, "2024"), (222, "Plan"), (310, "Change")]],
        [[(60, "North"), (150, "10.1"), (222, "11.5"), (310, "4%")]],
        [[(60, "South"), (150, "9.2"), (222, "10.0"), (310, "1%")]],
    ]
    rules = framed(55, 200, 712, 667, 145, (697, 682)) + framed(216, 360, 712, 667, 305, (697, 682))
    page = page_of(write_pdf, rules + draw(*rows))
    assert len(page.tables) == 1


def test_a_label_of_two_rows_that_is_broken_at_its_hyphen_is_one(write_pdf: WritePdf, draw: Draw) -> None:
    rows: list[Sequence[Cells]] = [
        [[(60, "No."), (100, "Description"), (250, "Price")]],
        [[(60, "W-"), (100, "Trestle, pair"), (250, "64.90")]],
        [[(60, "1004"), (100, "Trestle, single"), (250, "35.00")]],
        [[(60, "W-1005"), (100, "Gloves"), (250, "18.00")]],
    ]
    # the rule between the two rows of the trestle leaves out their number
    across = "".join(f"{left} {y} {300 - left} 0.6 re f\n" for left, y in ((55, 710), (55, 697), (55, 673), (55, 661)))
    down = "".join(f"{x} 661 0.6 49 re f\n" for x in (55, 95, 245, 300))
    page = page_of(write_pdf, f"{across}95 685 205 0.6 re f\n{down}" + draw(*rows, white=0))
    assert rows_of(page, page.tables[0])[1:] == [
        "W-1004 | Trestle, pair | 64.90",
        "Trestle, single | 35.00",
        "W-1005 | Gloves | 18.00",
    ]


def test_a_code_that_is_broken_at_its_hyphen_has_no_blank(write_pdf: WritePdf, draw: Draw) -> None:
    rows: list[Sequence[Cells]] = [
        [[(60, "No."), (100, "Description"), (300, "Price")]],
        [[(60, "W-"), (100, "Short- and long-"), (300, "219.00")], [(60, "1003-A"), (100, "term hire")]],
        [[(60, "W-"), (100, "Box"), (300, "7.20")], [(60, "1004")]],
    ]
    rules = framed(55, 350, 712, 640, 95, (697, 669))
    page = page_of(write_pdf, rules + draw(*rows) + "290 640 0.6 72 re f\n")
    assert rows_of(page, page.tables[0])[1:] == [
        "W-1003-A | Short- and long- term hire | 219.00",
        "W-1004 | Box | 7.20",
    ]


@pytest.mark.parametrize(("x", "name"), [(150, "Departures by day"), (187, "Departures")])
def test_one_name_over_several_columns_is_that_of_all(write_pdf: WritePdf, draw: Draw, x: float, name: str) -> None:
    rows: list[Sequence[Cells]] = [
        [[(60, "Stop"), (x, name)]],
        [[(60, "Harbour"), (150, "05:12"), (182, "05:42"), (214, "06:02"), (246, "06:22")]],
        [[(60, "Fair"), (150, "05:33"), (182, "06:01"), (214, "06:24"), (246, "06:44")]],
    ]
    page = page_of(write_pdf, draw(*rows))
    assert page.tables[0].columns == ("Stop", name, name, name, name)


BOOKED: Sequence[Cells] = [
    [(60, "Booked and"), (130, "Text"), (250, "Amount in"), (330, "Balance in")],
    [(60, "interest"), (250, "EUR"), (330, "EUR")],
    [(60, "date")],
]
BOOKING: Sequence[Cells] = [[(60, "01/14/2016"), (130, "Transfer"), (250, "1,406.00"), (330, "1,406.50")]]


@pytest.mark.parametrize(("white", "rule"), [(3, "55 673 320 0.6 re f\n"), (9, "")])
def test_the_last_line_of_a_name_of_labels_is_of_the_head(
    write_pdf: WritePdf, draw: Draw, white: float, rule: str
) -> None:
    page = page_of(write_pdf, rule + draw(BOOKED, BOOKING, BOOKING, white=white))
    assert page.tables[0].columns == ("Booked and interest date", "Text", "Amount in EUR", "Balance in EUR")
    assert rows_of(page, page.tables[0])[-1] == "01/14/2016 | Transfer | 1,406.00 | 1,406.50"


def test_the_name_of_a_group_below_the_head_is_none_of_it(write_pdf: WritePdf, draw: Draw) -> None:
    head: Sequence[Cells] = [[(60, "EUR million"), (200, "Year to May"), (300, "Year to June")]]
    rows: list[Sequence[Cells]] = [
        [[(60, "Assets")]],
        [[(60, "Cash"), (200, "12"), (300, "14")]],
        [[(60, "Stock"), (200, "9"), (300, "8")]],
    ]
    page = page_of(write_pdf, draw(head, *rows))
    assert rows_of(page, page.tables[0])[1] == "Assets"


def test_titles_above_tables_beside_each_other_are_each_of_their_own(write_pdf: WritePdf, draw: Draw) -> None:
    rows: list[Sequence[Cells]] = [
        [[(60, "Basic pay"), (150, "2,920.00"), (222, "Tax"), (310, "443.50")]],
        [[(60, "Overtime"), (150, "205.31"), (222, "Pension"), (310, "163.27")]],
    ]
    titles: Sequence[Cells] = [[(58, "What is paid"), (220, "What is kept back")]]
    rules = framed(55, 200, 697, 667, 145, (682,)) + framed(216, 360, 697, 667, 305, (682,))
    page = page_of(write_pdf, rules + draw(titles, top=703) + draw(*rows, top=686))
    assert page.text == (
        "What is paid\nBasic pay  2,920.00\nOvertime  205.31\nWhat is kept back\nTax  443.50\nPension  163.27"
    )


def test_names_and_values_in_turn_have_no_name_from_the_start_of_their_line(write_pdf: WritePdf, draw: Draw) -> None:
    lines: list[Sequence[Cells]] = [
        [[(60, "Employee"), (150, "Renata Osei"), (260, "Personnel no."), (360, "004418")]],
        [[(60, "Department"), (150, "Logistics"), (260, "Tax code"), (360, "QQ 12 34 56 C")]],
    ]
    page = page_of(write_pdf, draw(*lines))
    assert page.tables == ()
    assert page.text == "Employee  Renata Osei  Personnel no.  004418\nDepartment  Logistics  Tax code  QQ 12 34 56 C"
