"""Tables of HTML and Markdown as cells: heads, labels, spans, and tables that only lay out a page."""

from pathlib import Path

import pytest

from ingest.chunking import cut
from ingest.parsing._html.reader import HtmlReader, parse
from ingest.parsing._texts.markdown import parse as parse_markdown
from ingest.parsing._texts.outline import Outline
from mistral_rag.schema import Page, Table

CASES = Path(__file__).parents[2] / "../shared/cases/reading"


def pages_of(html: str) -> tuple[Page, ...]:
    outline = Outline()
    HtmlReader(outline).read(html)
    return outline.pages()


def page_of(html: str) -> Page:
    (page,) = pages_of(html)
    return page


def values(page: Page) -> list[str]:
    return [str(value) for value in page.cell_values(0, len(page.text))]


def values_of(html: str) -> list[str]:
    return values(page_of(f"<table>{html}</table>"))


def kinds(html: str) -> list[tuple[str, str]]:
    return [(block.kind, page.text[block.start : block.end]) for page in pages_of(html) for block in page.blocks]


def test_every_value_has_the_joined_heads_of_its_column_and_the_labels_of_its_row() -> None:
    html = """<tr><th rowspan=2>Region<th colspan=2>Revenue (EUR m)<th colspan=2>Headcount
        <tr><th>2024<th>2025<th>2024<th>2025
        <tr><td>North<td>41<td>44<td>210<td>205
        <tr><td rowspan=2>South<td>30<td><td>150<td>160
        <tr><td>31<td>33<td>151<td>161"""
    assert values_of(html) == [
        "Revenue (EUR m), 2024: 41 (row North)",
        "Revenue (EUR m), 2025: 44 (row North)",
        "Headcount, 2024: 210 (row North)",
        "Headcount, 2025: 205 (row North)",
        "Revenue (EUR m), 2024: 30 (row South)",
        "Headcount, 2024: 150 (row South)",
        "Headcount, 2025: 160 (row South)",
        "Revenue (EUR m), 2024: 31 (row South)",
        "Revenue (EUR m), 2025: 33 (row South)",
        "Headcount, 2024: 151 (row South)",
        "Headcount, 2025: 161 (row South)",
    ]


def test_cells_keep_their_places_spans_and_roles() -> None:
    page = page_of(
        "<table><tr><th rowspan=2>Item<th colspan=2>Price<tr><th>net<th>gross"
        "<tr><td colspan=3>Bolts<tr><td rowspan=2>M8<td>1<td><tr><td>2<td>3</table>"
    )
    (table,) = page.tables
    found = [(c.row, c.column, c.row_span, c.column_span, c.role, c.text(page.text)) for c in table.cells]
    assert found == [
        (0, 0, 2, 1, "column", "Item"),
        (0, 1, 1, 2, "column", "Price"),
        (1, 1, 1, 1, "column", "net"),
        (1, 2, 1, 1, "column", "gross"),
        (2, 0, 1, 3, "group", "Bolts"),
        (3, 0, 2, 1, "row", "M8"),
        (3, 1, 1, 1, "value", "1"),
        (3, 2, 1, 1, "value", ""),
        (4, 1, 1, 1, "value", "2"),
        (4, 2, 1, 1, "value", "3"),
    ]
    assert (table.columns, table.scale) == (("Item", "Price, net", "Price, gross"), "")
    assert page.text[table.start : table.end] == "Item | Price net | Price gross\nBolts |  |\nM8 | 1 |\nM8 | 2 | 3"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        # labels of two columns, the first over several rows
        (
            "<tr><th>Site<th>Shift<th>Staff<tr><td rowspan=2>Lyon<td>early<td>12<tr><td>late<td>9",
            ["Staff: 12 (row Lyon, early)", "Staff: 9 (row Lyon, late)"],
        ),
        # a value over several rows is the value of each
        (
            "<tr><th>Grade<th>Fee<tr><td>A<td rowspan=2>50 EUR<tr><td>B",
            ["Fee: 50 EUR (row A)", "Fee: 50 EUR (row B)"],
        ),
        # a value over several columns stands under all their names
        ("<tr><th>Day<th>am<th>pm<tr><td>Mon<td colspan=2>closed", ["am, pm: closed (row Mon)"]),
        # numbers and counts before the name of what they count
        ("<tr><th>Qty<th>Part<th>EUR<tr><td>3<td>Bolt<td>7", ["Qty: 3 (row Bolt)", "EUR: 7 (row Bolt)"]),
        # years and days are labels
        ("<tr><th>Year<th>Sales<tr><td>2024<td>7<tr><td>2025<td>8", ["Sales: 7 (row 2024)", "Sales: 8 (row 2025)"]),
        # a row of values alone has no label
        ("<tr><th>C<th>Si<tr><td>0.39<td>0.2", ["C: 0.39", "Si: 0.2"]),
        # cells of heads at the left are labels
        ("<tr><td><th>2025<tr><th scope=row>Net<td>5<tr><th>Gross<td>6", ["2025: 5 (row Net)", "2025: 6 (row Gross)"]),
        # signs beside a number belong to it
        (
            "<tr><th>x<th colspan=3>2025<th colspan=3>2024<tr><td>Loss<td>$<td>(5<td>)<td>$<td>(6<td>)",
            ["2025: $ (5 ) (row Loss)", "2024: $ (6 ) (row Loss)"],
        ),
        # numbers beside a label of two rows are values, and a text among them too
        (
            "<tr><th>Line<th>Crew<th>Output<tr><th rowspan=2>Bottling<td>7<td>4,100<tr><td>6<td>3,700"
            "<tr><th>Labelling<td colspan=2>stands still<tr><td>Sum<td>13<td>7,800",
            [
                *("Crew: 7 (row Bottling)", "Output: 4,100 (row Bottling)"),
                *("Crew: 6 (row Bottling)", "Output: 3,700 (row Bottling)"),
                "Crew, Output: stands still (row Labelling)",
                *("Crew: 13 (row Sum)", "Output: 7,800 (row Sum)"),
            ],
        ),
        # classes of numbers are labels
        (
            "<tr><th>Grade<th>Years<th>Leave<tr><td rowspan=2>A<td>0–2<td>22<tr><td>3–9<td>25<tr><td>B<td>any<td>30",
            ["Leave: 22 (row A, 0–2)", "Leave: 25 (row A, 3–9)", "Leave: 30 (row B, any)"],
        ),
        # the last column is never one of labels
        (
            "<tr><th>Rate<th>Rule<tr><td rowspan=2>Low<td>books<tr><td>food",
            ["Rule: books (row Low)", "Rule: food (row Low)"],
        ),
        # words stand among the values of a list of prices
        (
            "<tr><td>Work<td>Unit<td>Price<tr><td>Paint<td>m²<td>12.50<tr><td>Plaster<td>m²<td>on request"
            "<tr><td>Tiles<td>m²<td>31.00<tr><td>Advice<td>h<td>free<tr><td>Travel<td>km<td>0.42",
            [
                *("Unit: m² (row Paint)", "Price: 12.50 (row Paint)"),
                *("Unit: m² (row Plaster)", "Price: on request (row Plaster)"),
                *("Unit: m² (row Tiles)", "Price: 31.00 (row Tiles)"),
                *("Unit: h (row Advice)", "Price: free (row Advice)"),
                *("Unit: km (row Travel)", "Price: 0.42 (row Travel)"),
            ],
        ),
        # columns that only space out others are none
        (
            "<tr><th><th><th colspan=3>2025<tr><td>Cash<td><td>$<td>1,234<td><tr><td>Debt<td><td><td>20<td>",
            ["2025: $ 1,234 (row Cash)", "2025: 20 (row Debt)"],
        ),
    ],
)
def test_what_names_a_value(html: str, expected: list[str]) -> None:
    assert values_of(html) == expected


@pytest.mark.parametrize(
    ("html", "columns"),
    [
        ("<tr><td><b>Grade</b><td><strong>Fee</strong><tr><td>A<td>5", ("Grade", "Fee")),
        ("<tr style='font-weight:700'><td>Grade<td>Fee<tr><td>A<td>5", ("Grade", "Fee")),
        ("<tr bgcolor=#eee><td>Grade<td>Fee<tr><td>A<td>5<tr><td>B<td>6", ("Grade", "Fee")),
        ("<tr><td>Grade<td>Carbon<td>Silicon<tr><td>SNB22<td>0.39<td>0.2", ("Grade", "Carbon", "Silicon")),
        ("<tr><td>Region<td>2023<td>2024<tr><td>North<td>41<td>44", ("Region", "2023", "2024")),
        ("<tr><td>Tour<td>Week<tr><td>A<td>31<tr><td>B<td>33", ("Tour", "Week")),
        ("<tr><td>Zone<td>Price<tr><td>1–2<td>3.20<tr><td>1–4<td>4.80", ("Zone", "Price")),
        (
            "<tr><td>Service<td>Price (EUR)<tr><td>Cut<td>25.00<tr><td>Colour<td>on request<tr><td>Beard<td>12.00",
            ("Service", "Price (EUR)"),
        ),
        (
            "<tr><td>Service<td>Price<tr><td>Cut<td>25 €<tr><td>Colour<td>nach Aufwand<tr><td>Beard<td>9 €"
            "<tr><td>Wash<td>7 €",
            ("Service", "Price"),
        ),
        (
            "<tr><td><b>Length</b><td><b>100</b><td><b>250</b><tr><td>Price<td>1.20<td>tba",
            ("Length", "100", "250"),
        ),
        ("<tr><td>City<td>Price<tr><td>Bonn<td>7<tr><td>Köln<td>8<tr><td>Ulm<td>6<tr><td>Hof<td>5", ("City", "Price")),
        (
            "<tr><td>Grade<td>Leave<td>Notice<tr><td>A<td>22 days<td>1 month<tr><td>B<td>27 days<td>as agreed"
            "<tr><td>C<td>30 days<td>6 months",
            ("Grade", "Leave", "Notice"),
        ),
        (
            "<tr><td rowspan=2>Unit<td colspan=2>Q1<td colspan=2>Q2<tr><td>Plan<td>Actual<td>Plan<td>Actual"
            "<tr><td>Sales<td>120<td>118<td>130<td><tr><td>Service<td>80<td>91<td>82<td>",
            ("Unit", "Q1, Plan", "Q1, Actual", "Q2, Plan", "Q2, Actual"),
        ),
        (
            "<tr><td rowspan=2><b>Unit</b><td colspan=2><b>Staff</b><tr><td>Men<td>Women<tr><td>Sales<td>12<td>11",
            ("Unit", "Staff, Men", "Staff, Women"),
        ),
        # a list of prices with words among them
        (
            "<tr><td>Item<td>No.<td>Price<tr><td>Bolt<td>M8<td>0.30<tr><td>Nut<td>M9<td>n/a<tr><td>Pin<td>M7<td>1.20",
            ("Item", "No.", "Price"),
        ),
        # names of columns with a number, and pairs in the place of names
        ("<tr><th>Tariff<th>12 months<tr><td>Basic<td>4.50<tr><td>Plus<td>6.50", ("Tariff", "12 months")),
        ("<tr><th>Weight<th>5.4 kg<tr><td>Colour<td>red<tr><td>Height<td>30 cm", ()),
        ("<tr><td><b>Weight</b><td><b>5.4 kg</b><tr><td>Colour<td>red<tr><td>Height<td>30 cm", ()),
        ("<tr><td>Name<td>Ann<tr><td>Age<td>42<tr><td>Children<td>3", ()),
        ("<tr><td>Model<td>X<tr><td>Weight<td>5 kg<tr><td>Height<td>30 cm<tr><td>Power<td>500 W", ()),
        ("<tr><td>Cut<td>n/a<td>n/a<tr><td>Wash<td>7<td>9<tr><td>Dry<td>3<td>4", ()),
        ("<tr><td>Cut<td>free<td>–<tr><td>Wash<td>7<td>9<tr><td>Dry<td>3<td>4", ()),
        ("<tr><td>Total<td>7<td>9<tr><td>North<td>3<td>4<tr><td>South<td>4<td>5", ()),
        # stripes, pairs of names and values, rows all bold: no heads
        ("<tr bgcolor=#eee><td>a<td>b<tr><td>c<td>d<tr bgcolor=#eee><td>e<td>f", ()),
        ("<tr><td><b>Weight:</b><td><b>5 kg</b><tr><td>Colour:<td>red", ()),
        ("<tr><td><b>a</b><td><b>b</b><tr><td><b>c</b><td><b>d</b>", ()),
        ("<tr><td>Name<td>Ann<tr><td>Age<td>42", ()),
        ("<tr><td>Email<td>3 years<td>HR<tr><td>Chat<td>1 year<td>IT", ()),
    ],
)
def test_heads_that_no_markup_names_are_told_by_their_looks(html: str, columns: tuple[str, ...]) -> None:
    (table,) = page_of(f"<table>{html}</table>").tables
    assert table.columns == columns


def test_heads_below_values_begin_a_table_of_their_own() -> None:
    page = page_of("<table><tr><th>a<th>b<tr><td>x<td>1<tr><th>c<th>d<tr><td>y<td>2<tr><th>Total<th>3</table>")
    assert [table.columns for table in page.tables] == [("a", "b"), ("c", "d")]
    assert values(page) == ["b: 1 (row x)", "d: 2 (row y)", "d: 3 (row Total)"]


@pytest.mark.parametrize(
    ("html", "scale", "columns"),
    [
        ("<caption>Sales (EUR millions)</caption><tr><th>x<th>2025", "EUR millions", ("x", "2025")),
        (
            "<caption>Balance sheet, in thousands of euros</caption><tr><th>x<th>2025",
            "in thousands of euros",
            ("x", "2025"),
        ),
        ("<tr><th>(in millions)<th>2025", "in millions", ("(in millions)", "2025")),
        ("<tr><th colspan=2>(Mio. EUR)<tr><th>x<th>2025", "Mio. EUR", ("x", "2025")),
        ("<tr><th>x<th>Sales (EUR m)", "", ("x", "Sales (EUR m)")),
        ("<caption>Staff</caption><tr><th>x<th>2025", "", ("x", "2025")),
    ],
)
def test_what_all_values_are_in_is_the_scale(html: str, scale: str, columns: tuple[str, ...]) -> None:
    (table,) = page_of(f"<table>{html}<tr><td>A<td>5</table>").tables
    assert (table.scale, table.columns) == (scale, columns)


def test_a_table_that_goes_on_over_the_page_keeps_its_names() -> None:
    rows = "".join(f"<tr><td>item number {at}<td>{at}" for at in range(1500))
    pages = pages_of(f"<table><tr><th>Item<th>Count{rows}</table>")
    assert len(pages) > 1
    assert [table.continued for page in pages for table in page.tables] == [False] + [True] * (len(pages) - 1)
    found = [value for page in pages for value in values(page)]
    assert found == [f"Count: {at} (row item number {at})" for at in range(1500)]


def test_units_of_rows_give_their_cells_and_keep_their_header() -> None:
    (page,), _ = cut(pages_of("<table><tr><th>Record<th>Kept<tr><td>Email<td>3 years</table>"), uri="u", title="t")
    head, row = page.units
    assert (row.header, page.text[head.start : head.end]) == (0, "Record | Kept")
    assert [str(value) for value in page.cell_values(row.start, row.end)] == ["Kept: 3 years (row Email)"]


def test_a_huge_table_is_rows_without_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.parsing._texts.outline.MAX_CELLS", 99)
    rows = "<tr><td>a<td>b<td>c<td>d" * 25
    pages = pages_of(f"<p>x</p><table>{rows}</table>")
    assert not any(page.tables for page in pages)
    assert pages[0].text.startswith("x\n\na | b | c | d\n")


LAYOUTS = [
    # banner, menu and text, footer
    """<table width="100%"><tr><td colspan=2>ACME Ltd</td></tr>
    <tr><td><a>Home</a><br><a>Prices</a></td><td><p>Goods may be returned within 30 days of their delivery.</p>
    <p>The warranty of all machines lasts for 24 months.</p></td></tr><tr><td colspan=2>Imprint</td></tr></table>""",
    # two columns of a page in one row
    f"<table border=1><tr><td>Menu</td><td>{'Goods may be returned within 30 days. ' * 6}</td></tr></table>",
    # a cell of several paragraphs by their line breaks is one, by blocks several
    "<table><tr><td>News</td><td><ul><li>Goods may be returned within 30 days, by post or in the shop."
    "<li>The warranty of all machines lasts for 24 months, and for used ones for 12.</ul></td></tr><tr><td>x</table>",
]


@pytest.mark.parametrize("html", LAYOUTS)
def test_a_page_that_is_laid_out_by_a_table_is_paragraphs(html: str) -> None:
    found = kinds(html)
    assert not any(kind == "table" for kind, _ in found)
    assert not any(page.tables for page in pages_of(html))
    assert not any("|" in text for _, text in found)
    assert any(text.startswith("Goods may be returned within 30 days") for _, text in found)


@pytest.mark.parametrize(
    "html",
    [
        # lines around cells, names of columns: data, however many paragraphs a cell has
        f"<table border=1><tr><td>Leave<td><p>{'Ask first. ' * 8}</p><p>Then go.</p><tr><td>Pay<td>x</table>",
        f"<table><tr><th>Topic<th>Rule<tr><td>Leave<td><p>{'Ask first. ' * 8}</p><p>Then go.</p></table>",
        # names of columns in several lines
        "<table><tr><td><td><p>Three months</p><p>ended</p><td>2024<tr><td>Net<td>5<td>6</table>",
    ],
)
def test_a_table_of_data_stays_one(html: str) -> None:
    assert any(kind == "table" for kind, _ in kinds(html))
    assert all(page.tables for page in pages_of(html))


def test_tables_of_markdown_have_the_same_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("| Region | 2024 | 2025 |\n|---|---:|---:|\n| North | 41 | |\n| South | ~~30~~ 31 | 33 |\n")
    (page,) = parse_markdown(path).pages
    (table,) = page.tables
    assert isinstance(table, Table)
    assert values(page) == ["2024: 41 (row North)", "2024: 31 (row South)", "2025: 33 (row South)"]
    assert [cell.runs for cell in table.cells if (cell.row, cell.column) == (1, 2)] == [()]


@pytest.mark.skipif(not CASES.exists(), reason="needs the shared cases")
def test_the_shared_cases_have_their_values() -> None:
    found = [value for page in parse(CASES / "06b-two-level-header-rowspan-del.html").pages for value in values(page)]
    assert {"Headcount, 2025: 205 (row North)", "Revenue (EUR m), 2025: 44 (row North)"} <= set(found)
    assert "Revenue (EUR m), 2025: 33 (row South)" in found
    found = [value for page in parse(CASES / "07-misnested-end-tag.html").pages for value in values(page)]
    steel = ["C: 0.39 - 0.46", "Si: 0.2 - 0.35", "Mn: 0.65 - 1.1", "P: max 0.025", "S: max 0.025"]
    assert [value for value in found if value.partition(":")[0] in {"C", "Si", "Mn", "P", "S", "Cr", "Mo"}] == [
        *steel,
        "Cr: 0.75 - 1.2",
        "Mo: 0.15 - 0.25",
    ]


def test_a_head_over_all_columns_that_comes_again_below_names_rows_and_not_columns() -> None:
    html = """<tr><th colspan=3>North<tr><th>City<th>Rain<th>Sun<tr><td>Oslo<td>70<td>30
        <tr><th colspan=3>South<tr><td>Rome<td>20<td>80"""
    assert values_of(html) == [
        "Rain: 70 (row North > Oslo)",
        "Sun: 30 (row North > Oslo)",
        "Rain: 20 (row South > Rome)",
        "Sun: 80 (row South > Rome)",
    ]
    alone = "<tr><th colspan=3>Weather<tr><th>City<th>Rain<th>Sun<tr><td>Oslo<td>70<td>30"
    assert values_of(alone) == ["Weather, Rain: 70 (row Oslo)", "Weather, Sun: 30 (row Oslo)"]


_STOCK = "<tr><th>SKU<th>Bin<th>Expected<th>Actual<tr><td>S-1<td>A-1<td>4<td>5"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("<td><td>B-07<td><td>289", ["Actual: 289 (row B-07)"]),
        ("<td><td>North gate<td>12<td>11", ["Expected: 12 (row North gate)", "Actual: 11 (row North gate)"]),
        ("<td><td><td>12<td>11", ["Expected: 12", "Actual: 11"]),
        ("<td><td>77<td>12<td>11", ["Bin: 77", "Expected: 12", "Actual: 11"]),
        ("<td>S-9<td>B-07<td><td>289", ["Bin: B-07 (row S-9)", "Actual: 289 (row S-9)"]),
    ],
    ids=["a code", "words", "nothing", "a number", "both"],
)
def test_a_row_without_a_label_has_the_name_of_the_next_column(row: str, expected: list[str]) -> None:
    assert values_of(f"{_STOCK}<tr>{row}")[3:] == expected
