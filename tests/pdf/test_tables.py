"""Tables of PDF pages: each value under the names of its columns and beside the label of its row."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile, pages_of, read_pages
from mistral_rag.schema import Page, Table

Put = Callable[..., str]
WritePdf = Callable[..., Path]
Printed = Sequence[tuple[float, str]]
"""The texts of a line, each with its left edge; a negative one is a right edge."""

DATA = Path(__file__).parent / "data" / "tables"
LETTER = 5.0
"""Width of a digit in Helvetica of 9 points, and about that of a letter."""


@pytest.fixture
def draw(put: Put) -> Callable[..., str]:
    """Lines of text from the top, each in its cells."""

    def lines(*rows: Printed, top: float = 700, pitch: float = 14, font: str = "F1") -> str:
        return "".join(
            put(x if x >= 0 else -x - LETTER * len(text), top - pitch * at, text, size=9, font=font)
            for at, row in enumerate(rows)
            for x, text in row
        )

    return lines


def rule(left: float, right: float, y: float) -> str:
    return f"{left} {y} {right - left} 0.6 re f\n"


def upright_rule(x: float, low: float, high: float) -> str:
    return f"{x} {low} 0.6 {high - low} re f\n"


def shade(left: float, right: float, low: float, high: float, grey: float = 0.9) -> str:
    return f"q {grey} g {left} {low} {right - left} {high - low} re f Q\n"


def values(page: Page) -> list[str]:
    return [str(value) for value in page.cell_values(0, len(page.text))]


def grid(page: Page, table: Table) -> list[list[str]]:
    """The texts of a table's cells by row, those of empty cells included."""
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        rows.setdefault(cell.row, []).append(cell.text(page.text))
    return [rows[at] for at in sorted(rows)]


Drawn = Callable[..., str]


def test_values_stand_under_the_column_that_they_are_printed_in(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Code"), (200, "Expected"), (300, "Actual"), (400, "Variance")],
                [(60, "A-12"), (200, "450")],
                [(60, "B-07"), (300, "289"), (400, "-23")],
                [(60, "C-15"), (200, "780"), (300, "778")],
            )
        )
    )[0]
    assert values(page) == [
        "Expected: 450 (row A-12)",
        "Actual: 289 (row B-07)",
        "Variance: -23 (row B-07)",
        "Expected: 780 (row C-15)",
        "Actual: 778 (row C-15)",
    ]
    assert grid(page, page.tables[0])[2] == ["B-07", "", "289", "-23"]


def test_a_row_without_a_label_is_named_by_the_words_before_its_numbers(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Product"), (150, "Location"), (300, "Actual")],
                [(60, "SKU-1"), (150, "North"), (300, "450")],
                [(150, "South"), (300, "289")],
                [(60, "SKU-2"), (300, "156")],
                [(300, "12")],
            )
        )
    )[0]
    assert values(page) == [
        "Location: North (row SKU-1)",
        "Actual: 450 (row SKU-1)",
        "Actual: 289 (row South)",
        "Actual: 156 (row SKU-2)",
        "Actual: 12",
    ]


def test_names_over_several_columns_stand_before_those_below(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(225, "Three Months"), (425, "Nine Months")],
                [(-250, "2022"), (-300, "2021"), (-450, "2022"), (-500, "2021")],
                [(60, "Revenue"), (-250, "1,000"), (-300, "900"), (-450, "3,000"), (-500, "2,700")],
                [(60, "Costs"), (-250, "(400)"), (-300, "(380)"), (-450, "(1,200)"), (-500, "(1,140)")],
            )
        )
    )[0]
    assert page.tables[0].columns == (
        "",
        "Three Months, 2022",
        "Three Months, 2021",
        "Nine Months, 2022",
        "Nine Months, 2021",
    )
    assert values(page)[2] == "Nine Months, 2022: 3,000 (row Revenue)"
    assert [cell.column_span for cell in page.tables[0].cells if cell.row == 0] == [2, 2]


def test_a_name_in_the_middle_of_three_columns_stands_over_all_of_them(write_pdf: WritePdf, draw: Drawn) -> None:
    names = [(x, name) for x, name in zip((200, 250, 300, 400, 450, 500), ("Hand", "Long", "Other") * 2, strict=True)]
    row = [(x, str(11 + at)) for at, (x, _) in enumerate(names)]
    page = read_pages(
        write_pdf(draw([(248, "Pawn"), (448, "Rent")], names, [(60, "Guam"), *row], [(60, "Utah"), *row]))
    )[0]
    assert page.tables[0].columns == (
        "",
        "Pawn, Hand",
        "Pawn, Long",
        "Pawn, Other",
        "Rent, Hand",
        "Rent, Long",
        "Rent, Other",
    )


def test_a_rule_below_a_name_says_which_columns_it_stands_over(write_pdf: WritePdf, draw: Drawn) -> None:
    lines = draw(
        [(205, "Shares")],
        [(200, "Issued"), (300, "Held"), (400, "Price")],
        [(60, "2021"), (200, "12,000"), (300, "8,000"), (400, "5.20")],
        [(60, "2022"), (200, "13,000"), (300, "9,000"), (400, "5.40")],
    )
    page = read_pages(write_pdf(lines + rule(195, 340, 697)))[0]
    assert page.tables[0].columns == ("", "Shares, Issued", "Shares, Held", "Price")


@pytest.mark.parametrize(
    "names",
    [
        ("2013–2017", "2018–2022"),
        ("1994/95", "1995/96"),
        ("18–34", "35–49"),
        ("FY2021", "FY2022"),
        ("Q1 2023", "Q2 2023"),
        ("December 31, 2022", "December 31, 2021"),
        ("12/31/22", "12/31/21"),
        ("< 1 year", "1-5 years"),
    ],
)
def test_ranges_years_and_dates_above_numbers_are_a_head(
    write_pdf: WritePdf, draw: Drawn, names: tuple[str, str]
) -> None:
    # WinAnsi has the dash
    lines = draw(
        [(250, names[0].replace("–", "\x96")), (400, names[1].replace("–", "\x96"))],
        [(60, "Deaths"), (-290, "1,204"), (-440, "980")],
        [(60, "Births"), (-290, "3,305"), (-440, "2,877")],
    )
    page = read_pages(write_pdf(lines))[0]
    assert page.tables[0].columns == ("", *names)
    assert values(page)[:2] == [f"{names[0]}: 1,204 (row Deaths)", f"{names[1]}: 980 (row Deaths)"]


def test_years_in_a_row_of_a_table_are_values(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "House"), (250, "North"), (400, "South")],
                [(60, "Rooms"), (250, "12"), (400, "9")],
                [(60, "Year built"), (250, "1985"), (400, "1990")],
                [(60, "Floors"), (250, "3"), (400, "2")],
            )
        )
    )[0]
    assert values(page)[2:4] == ["North: 1985 (row Year built)", "South: 1990 (row Year built)"]


def test_the_next_table_has_its_own_head(write_pdf: WritePdf, draw: Drawn) -> None:
    first = draw(
        [(60, "Start"), (150, "End"), (240, "Shows"), (330, "Gross")],
        [(60, "12/20/24"), (150, "12/31/24"), (240, "48"), (330, "$12,500")],
        top=700,
    )
    title = draw([(60, "Totals")], top=670, font="F2")
    second = draw(
        [(60, "Month"), (180, "Shows"), (290, "Net"), (400, "Occupancy")],
        [(60, "December"), (180, "48"), (290, "$11,250"), (400, "85%")],
        top=654,
    )
    page = read_pages(write_pdf(first + title + second))[0]
    assert [table.columns for table in page.tables] == [
        ("Start", "End", "Shows", "Gross"),
        ("Month", "Shows", "Net", "Occupancy"),
    ]
    assert values(page)[-3:] == [
        "Shows: 48 (row December)",
        "Net: $11,250 (row December)",
        "Occupancy: 85% (row December)",
    ]


def test_labels_without_values_are_groups_and_keep_the_head(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(-300, "2022"), (-400, "2021")],
                [(60, "Current assets:")],
                [(70, "Cash"), (-300, "500"), (-400, "450")],
                [(60, "Liabilities:")],
                [(70, "Loans"), (-300, "200"), (-400, "180")],
            )
        )
    )[0]
    groups = [cell.text(page.text) for cell in page.tables[0].cells if cell.role == "group"]
    assert groups == ["Current assets:", "Liabilities:"]
    assert values(page)[-1] == "2021: 180 (row Liabilities > Loans)"
    assert "title" not in {block.kind for block in page.blocks}


def test_the_lines_of_a_label_are_one_row(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(-400, "2022"), (-500, "2021")],
                [(60, "Accumulated other comprehensive")],
                [(60, "loss, net of tax"), (-400, "(1,234)"), (-500, "(980)")],
                [(60, "Net income"), (-400, "5,000"), (-500, "4,000")],
            )
        )
    )[0]
    assert values(page)[0] == "2022: (1,234) (row Accumulated other comprehensive loss, net of tax)"
    label = page.tables[0].cells[2]
    assert [page.text[start:end] for start, end in label.runs] == [
        "Accumulated other comprehensive",
        "loss, net of tax",
    ]


def test_shaded_rows_hold_the_lines_of_a_cell_together(write_pdf: WritePdf, draw: Drawn) -> None:
    lines = draw(
        [(60, "Risk"), (200, "Measure"), (420, "Cost")],
        [(60, "Fire"), (200, "Doors that close by themselves"), (420, "120")],
        [(200, "Alarms on each floor")],
        [(60, "Flood"), (200, "Pumps in the cellar"), (420, "80")],
        [(60, "Theft"), (200, "Locks on all doors"), (420, "60")],
        [(200, "Cameras at the gate")],
    )
    bands = shade(55, 480, 668, 697) + shade(55, 480, 626, 654)
    page = read_pages(write_pdf(bands + lines))[0]
    assert grid(page, page.tables[0])[1:] == [
        ["Fire", "Doors that close by themselves Alarms on each floor", "120"],
        ["Flood", "Pumps in the cellar", "80"],
        ["Theft", "Locks on all doors Cameras at the gate", "60"],
    ]


def test_signs_in_columns_of_their_own_belong_to_their_number(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(-320, "2022"), (-440, "2021")],
                [(60, "Sales"), (260, "$"), (-320, "1,234"), (380, "$"), (-440, "987")],
                [(60, "Change"), (-320, "12.5"), (325, "%"), (-440, "(3.1"), (445, ")%")],
                [(60, "Other"), (-320, "-"), (-440, "5")],
            )
        )
    )[0]
    assert values(page) == [
        "2022: $ 1,234 (row Sales)",
        "2021: $ 987 (row Sales)",
        "2022: 12.5 % (row Change)",
        "2021: (3.1 )% (row Change)",
        "2022: - (row Other)",
        "2021: 5 (row Other)",
    ]


@pytest.mark.parametrize(
    ("line", "scale"),
    [
        ("(in millions)", "in millions"),
        ("($ in thousands, except per share data)", "$ in thousands, except per share data"),
        ("(Angaben in TEUR)", "Angaben in TEUR"),
        ("US$ million", "US$ million"),
        ("EUR bn", "EUR bn"),
    ],
)
def test_the_scale_above_a_head_is_said_of_the_table(write_pdf: WritePdf, draw: Drawn, line: str, scale: str) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(200, line)],
                [(-320, "2022"), (-440, "2021")],
                [(60, "Sales"), (-320, "1,234"), (-440, "987")],
                [(60, "Costs"), (-320, "1,000"), (-440, "900")],
            )
        )
    )[0]
    assert page.tables[0].scale == scale
    assert page.tables[0].columns == ("", "2022", "2021")


def test_a_table_that_goes_on_over_the_page_keeps_its_head(write_pdf: WritePdf, draw: Drawn) -> None:
    labels = [f"Position {at}" for at in range(6)]
    first = draw(
        [(60, "in EUR"), (-300, "2015"), (-380, "2016"), (-460, "2017")],
        *[
            [(60, label), (-300, f"1.{at}00"), (-380, f"2.{at}00"), (-460, f"3.{at}00")]
            for at, label in enumerate(labels)
        ],
        top=160,
    )
    second = draw(
        [(60, "Taxes"), (-380, "22.000"), (-460, "33.000")],
        [(60, "Profit"), (-300, "11.111"), (-380, "22.222"), (-460, "33.333")],
        top=760,
    )
    pages = read_pages(write_pdf(first, second))
    table = pages[1].tables[0]
    assert (table.continued, table.columns) == (True, ("in EUR", "2015", "2016", "2017"))
    assert values(pages[1])[:3] == [
        "2016: 22.000 (row Taxes)",
        "2017: 33.000 (row Taxes)",
        "2015: 11.111 (row Profit)",
    ]


def test_a_table_on_the_next_page_with_a_head_of_its_own_is_another(write_pdf: WritePdf, draw: Drawn) -> None:
    def table(*names: str) -> str:
        return draw(
            [(-300, names[0]), (-400, names[1])],
            [(60, "Cash"), (-300, "500"), (-400, "450")],
            [(60, "Loans"), (-300, "200"), (-400, "180")],
        )

    pages = read_pages(write_pdf(table("2015", "2016"), table("Units", "Price")))
    assert [(t.columns, t.continued) for page in pages for t in page.tables] == [
        (("", "2015", "2016"), False),
        (("", "Units", "Price"), False),
    ]


@pytest.mark.parametrize("right", [200, 440, 520])
def test_a_scale_at_the_right_above_a_head_is_no_name(write_pdf: WritePdf, draw: Drawn, right: int) -> None:
    lines = draw(
        [(-right, "US$ million")],
        [(60, "Region"), (-320, "2003-2007"), (-440, "2008-2012")],
        [(60, "Rail"), (-320, "310"), (-440, "402")],
        [(60, "Road"), (-320, "880"), (-440, "790")],
    )
    (table,) = read_pages(write_pdf(lines))[0].tables
    assert (table.columns, table.scale) == (("Region", "2003-2007", "2008-2012"), "US$ million")


def test_a_table_whose_head_is_said_again_goes_on_in_its_scale(write_pdf: WritePdf, draw: Drawn) -> None:
    head = [(60, "Assets"), (-300, "2015"), (-400, "2016")]

    def rows(first: int) -> list[Printed]:
        return [[(60, f"Item {at}"), (-300, f"{at},500"), (-400, f"{at},450")] for at in range(first, first + 8)]

    first = draw([(60, "Balance sheet")], [(60, "(in thousands of euro)")], head, *rows(1), top=230)

    def second(*above: Printed, item: int = 9) -> tuple[bool, str]:
        page = read_pages(write_pdf(first, draw(*above, head, *rows(item))))[1]
        return page.tables[0].continued, page.tables[0].scale

    assert second() == (True, "in thousands of euro")
    assert second([(60, "Balance sheet (continued)")]) == (True, "in thousands of euro")
    assert second([(60, "Number of staff")]) == (False, "")
    assert second(item=1) == (False, "")


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("shift", [0, 20])
def test_a_group_goes_on_over_the_page(write_pdf: WritePdf, draw: Drawn, said: bool, shift: int) -> None:
    def row(label: str, value: str, left: float = 70, by: float = 0) -> Printed:
        return [(left + by, label), (-300 - by, value), (-400 - by, value)]

    def group(label: str, by: float = 0) -> Printed:
        return [(60 + by, label)]

    head = [(-300, "2015"), (-400, "2016")]
    upper = [group("North"), row("Land", "1,100"), row("Stock", "900"), group("South"), row("Land", "1,300")]
    lower = [
        row("Machines", "1,500", by=shift),
        row("Stock", "800", by=shift),
        group("West", by=shift),
        row("Land", "1,700", by=shift),
        row("Stock", "600", by=shift),
    ]
    again: list[Printed] = [[(-300 - shift, "2015"), (-400 - shift, "2016")]] if said else []
    pages = read_pages(write_pdf(draw(head, *upper, top=110), draw(*again, *lower, top=760)))
    assert [value for value in values(pages[1]) if value.startswith("2015")] == [
        "2015: 1,500 (row South > Machines)",
        "2015: 800 (row South > Stock)",
        "2015: 1,700 (row West > Land)",
        "2015: 600 (row West > Stock)",
    ]
    assert pages[1].tables[0].open_groups == (("South", 3 if said else 2),)


def test_rules_part_columns_that_stand_close(write_pdf: WritePdf, draw: Drawn) -> None:
    lines = draw(
        [(60, "Unit"), (103, "Yes"), (123, "No")],
        [(60, "North"), (103, "12"), (123, "34")],
        [(60, "South"), (103, "56"), (123, "78")],
    )
    rules = "".join(upright_rule(x, 665, 712) for x in (58, 100, 120, 140))
    page = read_pages(write_pdf(lines + rules))[0]
    assert values(page) == [
        "Yes: 12 (row North)",
        "No: 34 (row North)",
        "Yes: 56 (row South)",
        "No: 78 (row South)",
    ]


def test_fields_of_a_form_are_tables_of_their_own_and_lists_and_prose_are_none(
    write_pdf: WritePdf, draw: Drawn
) -> None:
    fields = draw(
        [(60, "Name:"), (150, "Miller"), (300, "City:"), (400, "Bern")],
        [(60, "Order:"), (150, "17"), (300, "Region:"), (400, "North")],
    )
    items = draw([(60, "1."), (90, "The first of the points")], [(60, "2."), (90, "The second of them")], top=600)
    contents = draw([(60, "Preface ......."), (400, "3")], [(60, "Results ......."), (400, "17")], top=500)
    page = read_pages(write_pdf(fields + items + contents))[0]
    assert [[str(value) for value in table.values(page.text, 0, len(page.text))] for table in page.tables] == [
        ["Miller (row Name:)"],
        ["17 (row Order:)"],
        ["Bern (row City:)"],
        ["North (row Region:)"],
    ]


def test_cells_lie_inside_of_their_boxes(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(draw([(-300, "2022"), (-400, "2021")], *[[(60, "Sales"), (-300, "12"), (-400, "34")]] * 2))
    )[0]
    cell = next(cell for cell in page.tables[0].cells if cell.text(page.text) == "12")
    words = page.words.between(*cell.runs[0])
    assert cell.box is not None
    assert cell.box.left == pytest.approx(words[0].box.left, abs=1e-4)
    assert cell.box.right == pytest.approx(words[0].box.right, abs=1e-4)


def test_a_label_between_two_rows_names_both(write_pdf: WritePdf, draw: Drawn) -> None:
    cells = draw(
        [(60, "Plant"), (150, "Shift"), (-300, "Units"), (-400, "Scrap")],
        [(150, "Day"), (-300, "455"), (-400, "25")],
        [(150, "Night"), (-300, "59"), (-400, "38")],
        [(150, "Day"), (-300, "81"), (-400, "61")],
        [(150, "Night"), (-300, "38"), (-400, "44")],
    )
    labels = draw([(60, "Aarhus")], [], [(60, "Bergen")], top=679)
    found = values(read_pages(write_pdf(cells + labels))[0])
    assert [value for value in found if value.startswith("Units")] == [
        "Units: 455 (row Aarhus, Day)",
        "Units: 59 (row Aarhus, Night)",
        "Units: 81 (row Bergen, Day)",
        "Units: 38 (row Bergen, Night)",
    ]


def test_a_label_in_a_cell_over_several_rows_names_each_of_them(write_pdf: WritePdf, draw: Drawn) -> None:
    lines = draw(
        [(60, "Plant"), (150, "Shift"), (-300, "Units")],
        [(60, "Aarhus"), (150, "Day"), (-300, "455")],
        [(150, "Evening"), (-300, "31")],
        [(150, "Night"), (-300, "59")],
        [(150, "Day"), (-300, "81")],
        [(60, "Bergen"), (150, "Evening"), (-300, "7")],
        [(150, "Night"), (-300, "38")],
    )
    rules = "".join(rule(58, 302, 710 - 14 * at) for at in (0, 1, 4, 7))
    rules += "".join(rule(145, 302, 710 - 14 * at) for at in (2, 3, 5, 6))
    page = read_pages(write_pdf(lines + rules))[0]
    assert values(page) == [
        "Units: 455 (row Aarhus, Day)",
        "Units: 31 (row Aarhus, Evening)",
        "Units: 59 (row Aarhus, Night)",
        "Units: 81 (row Bergen, Day)",
        "Units: 7 (row Bergen, Evening)",
        "Units: 38 (row Bergen, Night)",
    ]
    spans = [(cell.row, cell.row_span) for cell in page.tables[0].cells if cell.column == 0 and cell.role == "row"]
    assert spans == [(1, 3), (4, 3)]


def test_a_label_set_between_the_rows_of_its_cell_names_each_of_them(write_pdf: WritePdf, draw: Drawn) -> None:
    cells = draw(
        [(60, "Plant"), (150, "Shift"), (-300, "Units")],
        *[[(150, shift), (-300, units)] for shift, units in (("A", "455"), ("B", "31"), ("C", "59"), ("D", "81"))],
    )
    labels = draw([(60, "Aarhus")], top=665)
    rules = "".join(rule(58, 302, 710 - 14 * at) for at in (0, 1, 5))
    rules += "".join(rule(145, 302, 710 - 14 * at) for at in (2, 3, 4))
    assert values(read_pages(write_pdf(cells + labels + rules))[0]) == [
        "Units: 455 (row Aarhus, A)",
        "Units: 31 (row Aarhus, B)",
        "Units: 59 (row Aarhus, C)",
        "Units: 81 (row Aarhus, D)",
    ]


def test_a_rule_above_a_sum_gives_it_no_label(write_pdf: WritePdf, draw: Drawn) -> None:
    lines = draw(
        [(-300, "2022"), (-400, "2021")],
        [(60, "Sales"), (-300, "455"), (-400, "25")],
        [(60, "Other"), (-300, "31"), (-400, "59")],
        [(-300, "486"), (-400, "84")],
    )
    rules = rule(270, 400, 668) + rule(270, 400, 654)
    assert values(read_pages(write_pdf(lines + rules))[0])[-2:] == ["2022: 486", "2021: 84"]


def test_a_frame_far_from_short_values_bounds_the_names_above_them(write_pdf: WritePdf, draw: Drawn) -> None:
    lefts = (60, 150, 230, 310, 390)
    lines = draw(
        [(60, "Product"), (150, "Exports"), (310, "Imports")],
        [(left, name) for left, name in zip(lefts[1:], ("Volume", "Value", "Volume", "Value"), strict=True)],
        [(left, cell) for left, cell in zip(lefts, ("Wheat", "961", "562", "51", "12"), strict=True)],
        [(left, cell) for left, cell in zip(lefts, ("Maize", "757", "908", "66", "9"), strict=True)],
    )
    across = "".join(rule(57, 470, y) for y in (710, 682, 668, 654)) + rule(147, 470, 696)
    down = "".join(upright_rule(x, 654, 710) for x in (57, 147, 307, 470))
    down += "".join(upright_rule(x, 654, 696) for x in (227, 387))
    assert read_pages(write_pdf(lines + across + down))[0].tables[0].columns == (
        "Product",
        "Exports, Volume",
        "Exports, Value",
        "Imports, Volume",
        "Imports, Value",
    )


def test_numbers_at_another_edge_of_their_column_are_in_it(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Port"), (-200, "Ships"), (-320, "Crews"), (-400, "Berths")],
                [(60, "Aarhus"), (-200, "813"), (-320, "8"), (-400, "787")],
                [(60, "Bergen"), (-200, "626"), (215, "113,880*"), (-400, "393")],
                [(60, "Cork"), (-200, "131"), (-320, "3,198"), (-400, "392")],
            )
        )
    )[0]
    assert page.tables[0].columns == ("Port", "Ships", "Crews", "Berths")
    assert "Crews: 113,880* (row Bergen)" in values(page)


def test_dots_from_labels_to_several_values_are_no_part_of_the_labels(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(-300, "2015"), (-400, "2014")],
                [(60, "Retained earnings " + "." * 40), (-300, "7,253"), (-400, "6,924")],
                [(60, "Deferred revenue" + "." * 42), (-300, "51"), (-400, "57")],
            )
        )
    )[0]
    assert values(page) == [
        "2015: 7,253 (row Retained earnings)",
        "2014: 6,924 (row Retained earnings)",
        "2015: 51 (row Deferred revenue)",
        "2014: 57 (row Deferred revenue)",
    ]


def test_years_below_a_rule_are_names_of_the_second_level(write_pdf: WritePdf, draw: Drawn) -> None:
    lines = draw(
        [(60, "Region"), (202, "Revenue, EUR m"), (343, "Headcount")],
        [(-220, "2024"), (-270, "2025"), (-350, "2024"), (-400, "2025")],
        [(60, "Aarhus"), (-220, "4"), (-270, "81"), (-350, "228"), (-400, "6")],
        [(60, "Bergen"), (-220, "521"), (-270, "437"), (-350, "125"), (-400, "553")],
    )
    rules = "".join(rule(56, 404, 710 - 14 * at) for at in range(5))
    assert read_pages(write_pdf(lines + rules))[0].tables[0].columns == (
        "Region",
        "Revenue, EUR m, 2024",
        "Revenue, EUR m, 2025",
        "Headcount, 2024",
        "Headcount, 2025",
    )


def test_the_upper_line_of_a_name_in_the_middle_of_a_table_is_no_title(write_pdf: WritePdf, draw: Drawn) -> None:
    head = draw([(228, "Carrying")], [(60, "Debt"), (228, "Amount"), (310, "Level 1"), (390, "Total")], pitch=9)
    body = draw(
        [(60, "At year's end 2020"), (-260, "127,778"), (-340, "103,967"), (-420, "156,752")],
        [(60, "At year's end 2021"), (-260, "149,543"), (-340, "106,599"), (-420, "169,205")],
        top=677,
    )
    page = read_pages(write_pdf(head + body))[0]
    assert page.tables[0].columns == ("Debt", "Carrying Amount", "Level 1", "Total")


def test_names_of_three_levels_stand_over_whole_groups(write_pdf: WritePdf, draw: Drawn) -> None:
    years = ("2022", "2023", "2022", "2023", "2023", "2023")
    page = read_pages(
        write_pdf(
            draw(
                [(240, "Exports"), (430, "Imports")],
                [(60, "Crop"), (181, "Volume"), (303, "Value"), (401, "Volume"), (463, "Value")],
                [(170 + 60 * at, year) for at, year in enumerate(years)],
                [(60, "Wheat"), *[(170 + 60 * at, f"1{at}0") for at in range(6)]],
                [(60, "Maize"), *[(170 + 60 * at, f"2{at}0") for at in range(6)]],
                pitch=17,
            )
        )
    )[0]
    assert page.tables[0].columns == (
        "Crop",
        "Exports, Volume, 2022",
        "Exports, Volume, 2023",
        "Exports, Value, 2022",
        "Exports, Value, 2023",
        "Imports, Volume, 2023",
        "Imports, Value, 2023",
    )


def test_upper_lines_of_names_that_come_again_are_no_names_of_groups(write_pdf: WritePdf, draw: Drawn) -> None:
    rights = (-200, -250, -300, -370, -420, -470, -540)
    names = ("FY 2017", "FY 2016", "Growth", "Changes", "FY 2015", "Growth", "Changes")
    page = read_pages(
        write_pdf(
            draw([(335, "% Excluding"), (505, "% Excluding")])
            + draw([(335, "Currency"), (505, "Currency")], top=690)
            + draw([(60, "Dollars in total"), *zip(rights, names, strict=True)], top=680)
            + draw(
                [(60, "North"), *zip(rights, ("1", "2", "4%", "3%", "4", "5%", "6%"), strict=True)],
                [(60, "South"), *zip(rights, ("7", "8", "5%", "9%", "1", "2%", "3%"), strict=True)],
                top=664,
            )
        )
    )[0]
    assert page.tables[0].columns == (
        "Dollars in total",
        "FY 2017",
        "FY 2016",
        "Growth",
        "% Excluding Currency Changes",
        "FY 2015",
        "Growth",
        "% Excluding Currency Changes",
    )


def test_prose_that_is_set_to_both_edges_is_no_row(write_pdf: WritePdf, draw: Drawn) -> None:
    words = ["The", "second", "shift", "counted", "3692", "parts", "twice"]
    prose = list(zip((60, 84, 127, 155, 197, 225, 254), words, strict=True))
    table = [[(60, "House"), (250, "2022")], [(60, "North"), (250, "12")], [(60, "South"), (250, "9")]]
    page = read_pages(write_pdf(draw(prose, prose, *table)))[0]
    assert [table.columns for table in page.tables] == [("House", "2022")]


def test_ten_thousand_rules_and_cells_are_no_table_and_no_wait(write_pdf: WritePdf, draw: Drawn) -> None:
    rules = "".join(rule(10, 590, 20 + at / 20) for at in range(10_000))
    cells = "".join(
        f"BT /F1 2.5 Tf 1 0 0 1 {10 + 6 * (at % 96)} {20 + 6 * (at // 96)} Tm (7) Tj ET\n" for at in range(10_000)
    )
    assert read_pages(write_pdf(rules + cells))[0].tables == ()


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.pdf")))
def test_tables_that_programs_print_are_read_as_they_were_written(name: str) -> None:
    """Files of Chromium, LibreOffice and LaTeX beside their sources; the truth is what the sources say."""
    wanted = [tuple(row) for row in json.loads((DATA / "truth.json").read_text())[name]]
    found = {
        (value.row, value.column, value.value.removeprefix("$ "))
        for page in read_pages(DATA / f"{name}.pdf")
        for value in page.cell_values(0, len(page.text))
    }
    assert [row for row in wanted if row not in found] == []


def test_years_over_names_of_three_lines_of_a_real_filing(shared: Path) -> None:
    with PdfFile(shared / "data/financebench/pdfs/BESTBUY_2023_10K.pdf") as pdf:
        (page,) = pages_of([pdf.sheet(26)], labels=[""])
    assert values(page)[:7] == [
        "2021, Total Stores at End of Fiscal Year: 956 (row Best Buy)",
        "2022, Stores Opened: 2 (row Best Buy)",
        "2022, Stores Closed (1): (20) (row Best Buy)",
        "2022, Total Stores at End of Fiscal Year: 938 (row Best Buy)",
        "2023, Stores Opened: 1 (row Best Buy)",
        "2023, Stores Closed: (14) (row Best Buy)",
        "2023, Total Stores at End of Fiscal Year: 925 (row Best Buy)",
    ]


def test_a_label_in_the_middle_of_three_rows_names_each_of_them(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Region"), (120, "Product"), (-300, "2023"), (-400, "2022")],
                [(120, "Pumps"), (-300, "11"), (-400, "12")],
                [(60, "North"), (120, "Valves"), (-300, "21"), (-400, "22")],
                [(120, "Seals"), (-300, "31"), (-400, "32")],
                [(120, "Pumps"), (-300, "41"), (-400, "42")],
                [(60, "South"), (120, "Valves"), (-300, "51"), (-400, "52")],
                [(120, "Seals"), (-300, "61"), (-400, "62")],
            )
        )
    )[0]
    assert [str(v) for v in page.cell_values(0, len(page.text)) if v.column == "2023"] == [
        "2023: 11 (row North, Pumps)",
        "2023: 21 (row North, Valves)",
        "2023: 31 (row North, Seals)",
        "2023: 41 (row South, Pumps)",
        "2023: 51 (row South, Valves)",
        "2023: 61 (row South, Seals)",
    ]


def test_labels_in_the_middle_of_groups_of_unlike_length(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Region"), (-300, "2023"), (-400, "2022")],
                [(-300, "11"), (-400, "12")],
                [(60, "North"), (-300, "21"), (-400, "22")],
                [(-300, "31"), (-400, "32")],
                [(60, "South"), (-300, "41"), (-400, "42")],
            )
        )
    )[0]
    assert [value.row for value in page.cell_values(0, len(page.text))] == ["North"] * 6 + ["South"] * 2


def test_an_empty_label_below_a_label_stays_empty(write_pdf: WritePdf, draw: Drawn) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Region"), (-300, "2023"), (-400, "2022")],
                [(60, "North"), (-300, "11"), (-400, "12")],
                [(-300, "21"), (-400, "22")],
                [(60, "South"), (-300, "31"), (-400, "32")],
                [(-300, "41"), (-400, "42")],
            )
        )
    )[0]
    rows = [value.row for value in page.cell_values(0, len(page.text))]
    assert rows == ["North", "North", "", "", "South", "South", "", ""]


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ([(60, "Hall"), (165, "10"), (295, "35")], ["Mon: 10 (row Hall)", "Tue, Wed: 35 (row Hall)"]),
        ([(60, "Hall"), (205, "17"), (345, "35")], ["Mon, Tue: 17 (row Hall)", "Wed: 35 (row Hall)"]),
        ([(60, "Hall"), (240, "closed")], ["Mon, Tue, Wed: closed (row Hall)"]),
        ([(60, "Hall"), (255, "52")], ["Mon, Tue, Wed: 52 (row Hall)"]),
    ],
)
def test_a_value_between_the_rules_of_several_columns_has_all_their_names(
    write_pdf: WritePdf, draw: Drawn, cells: Printed, wanted: list[str]
) -> None:
    rows = [
        [(60, "Room"), (160, "Mon"), (250, "Tue"), (340, "Wed")],
        [(60, "Pool"), (165, "7"), (255, "8"), (345, "9")],
        [(60, "Gym"), (165, "4"), (255, "5"), (345, "6")],
        cells,
    ]
    grid_lines = "".join(rule(55, 400, 710.5 - 14 * at) for at in range(5))
    grid_lines += "".join(upright_rule(x, 654.5, 710.5) for x in (55, 400))
    grid_lines += "".join(upright_rule(x, 668.5, 710.5) for x in (145, 235, 325))
    edges = {145: 0, 235: 1, 325: 2}
    spanned = {"Mon": 1, "Tue": 2, "Wed": 3}
    for x, at in edges.items():
        names = [line.partition(": ")[0].split(", ") for line in wanted]
        inside = any(spanned[name[0]] <= at < spanned[name[-1]] for name in names)
        grid_lines += "" if inside else upright_rule(x, 654.5, 668.5)
    page = read_pages(write_pdf(draw(*rows) + grid_lines))[0]
    assert values(page)[-len(wanted) :] == wanted


def strokes(*lines: tuple[float, float, float, float]) -> str:
    """Several lines as one path, as programs that lay out pages draw them."""
    return "0.5 w " + " ".join(f"{a} {b} m {c} {d} l" for a, b, c, d in lines) + " S\n"


def framed(left: float, right: float, low: float, high: float, inner: Sequence[float], across: Sequence[float]) -> str:
    """A frame, its rules down and its rules across, each kind as one path."""
    frame = f"0.5 w {left} {low} {right - left} {high - low} re S\n"
    down = strokes(*((x, low, x, high) for x in inner))
    return frame + down + (strokes(*((left, y, right, y) for y in across)) if across else "")


DUTIES = [
    "- Reads the meters", "of all halls once", "a week", "- Keeps the keys", "of the north gate", "- Signs for goods",
    "that come by rail", "- Calls the fire", "brigade", "- Opens the store", "at six", "- Feeds the boiler",
    "in winter", "- Writes the log",
]  # fmt: skip


def test_cells_longer_than_a_table_usually_is_are_one_row(write_pdf: WritePdf, draw: Drawn) -> None:
    head: Printed = [(65, "Name"), (165, "Duties"), (305, "Deputies")]
    deputies = {0: "1. Olsen", 3: "2. Park", 6: "3. Ruiz", 9: "4. Sand"}
    labels = {0: "Warden", 1: "of the works"}
    lines = [
        [*([(65.0, labels[at])] if at in labels else []), (165.0, duty)]
        + ([(305.0, deputies[at])] if at in deputies else [])
        for at, duty in enumerate(DUTIES)
    ]
    second: list[Printed] = [[(65, "Porter"), (165, "- Carries post"), (305, "1. Weiss")], [(165, "up the stairs")]]
    content = (
        framed(60, 400, 460, 714, [160, 300], [696, 492])
        + draw(head, top=702)
        + draw(*lines, top=684)
        + draw(*second, top=480)
    )
    page = read_pages(write_pdf(content))[0]
    assert values(page) == [
        f"Duties: {' '.join(DUTIES)} (row Warden of the works)",
        "Deputies: 1. Olsen 2. Park 3. Ruiz 4. Sand (row Warden of the works)",
        "Duties: - Carries post up the stairs (row Porter)",
        "Deputies: 1. Weiss (row Porter)",
    ]


def test_words_on_both_sides_of_a_rule_are_two_cells_however_close(write_pdf: WritePdf, draw: Drawn) -> None:
    rows: list[Printed] = [
        [(65, "Item"), (165, "Made of"), (225, "Sold in")],
        [(65, "Lid"), (165, "Pressed steel"), (225, "Boxes of 40")],
        [(65, "Hinge"), (165, "Brass"), (225, "Bags of 12")],
    ]
    content = framed(60, 320, 660, 714, [160, 222.5], [696, 678]) + draw(*rows, top=702, pitch=18)
    assert values(read_pages(write_pdf(content))[0]) == [
        "Made of: Pressed steel (row Lid)",
        "Sold in: Boxes of 40 (row Lid)",
        "Made of: Brass (row Hinge)",
        "Sold in: Bags of 12 (row Hinge)",
    ]


@pytest.mark.parametrize("mark", ["-", "1."])
def test_items_in_the_cells_of_a_drawn_table_are_no_lists_of_the_page(
    write_pdf: WritePdf, draw: Drawn, mark: str
) -> None:
    rows: list[Printed] = [
        [(65, "Stage"), (165, "Steps")],
        [(65, "Begin"), (165, f"{mark} Open the valve")],
        [(65, "End"), (165, f"{mark} Close the valve")],
    ]
    content = framed(60, 320, 660, 714, [160], [696, 678]) + draw(*rows, top=702, pitch=18)
    assert values(read_pages(write_pdf(content))[0]) == [
        "Steps (row Stage)",
        f"{mark} Open the valve (row Begin)",
        f"{mark} Close the valve (row End)",
    ]


def test_a_zigzag_is_no_frame(write_pdf: WritePdf, draw: Drawn) -> None:
    rows: list[Printed] = [[(65, "North"), (-250, "12"), (-320, "14")], [(65, "South"), (-250, "9"), (-320, "11")]]
    zigzag = strokes((60, 660, 200, 714), (200, 714, 330, 660), (60, 714, 330, 600))
    with PdfFile(write_pdf(zigzag + draw(*rows, top=702, pitch=18))) as pdf:
        rulings = pdf.sheet(1).rulings
    assert (rulings.across, rulings.down) == ((), ())


def test_a_drawn_list_of_names_and_texts_is_a_table_without_names_of_columns(write_pdf: WritePdf, draw: Drawn) -> None:
    rows: list[Printed] = [
        [(65, "Loss"), (165, "Two suppliers for each part; stock for ninety")],
        [(65, "of castings"), (165, "days in the southern store.")],
        [(65, "Rise of prices"), (165, "Contracts for two years, and a clause that")],
        [(165, "passes half of the rise on.")],
    ]
    content = framed(60, 400, 656, 714, [160], [684]) + draw(*rows, top=702)
    assert values(read_pages(write_pdf(content))[0]) == [
        "Two suppliers for each part; stock for ninety days in the southern store. (row Loss of castings)",
        "Contracts for two years, and a clause that passes half of the rise on. (row Rise of prices)",
    ]


def test_the_first_item_of_a_bill_is_no_head_where_a_letter_of_its_tax_stands_behind_the_amount(
    write_pdf: WritePdf, draw: Drawn
) -> None:
    page = read_pages(
        write_pdf(
            draw(
                [(60, "Cappuccino large"), (-300, "4.20 A")],
                [(60, "Cheese sandwich"), (-300, "6.50 A")],
                [(60, "Still water"), (-300, "2.10 B")],
                [(60, "Total"), (-300, "12.80")],
            )
        )
    )[0]
    assert values(page) == [
        "4.20 A (row Cappuccino large)",
        "6.50 A (row Cheese sandwich)",
        "2.10 B (row Still water)",
        "12.80 (row Total)",
    ]
