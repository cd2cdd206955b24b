"""Pages of tables of many shapes."""

from collections.abc import Callable

from benchmarks._reading.make.grids import Described, Grid
from benchmarks._reading.make.layouts import Scene, column, heading
from benchmarks._reading.make.prose import Prose
from benchmarks._reading.make.sheets import Sheet

Shape = Callable[[Prose], Grid]

CITIES = ("Aarhus", "Bergen", "Cork", "Dresden", "Exeter", "Faro", "Ghent", "Haifa")
PARTS = ("B-07", "C-11", "D-22", "E-03", "F-19", "G-40", "H-28")


def thousands(number: int) -> str:
    """A number with separators."""
    return f"{number:,}"


def figures(prose: Prose, count: int) -> list[str]:
    """Numbers of different lengths, some of one digit."""
    numbers = [prose.number() for _ in range(count)]
    return [thousands(n * 13) if n % 3 == 0 else str(n % 10) if n % 3 == 1 else str(n % 1000) for n in numbers]


def plain(prose: Prose) -> Grid:
    """A name and three years."""
    return Grid([["Site", "2022", "2023", "2024"]], [[city, *figures(prose, 3)] for city in CITIES])


def single_digits(prose: Prose) -> Grid:
    """Many narrow columns with single digits beside each other."""
    heads = ["State", "Total", "Hand", "Long", "Other", "Multi", "Admin", "None"]
    rows = []
    for city in CITIES:
        n = prose.number()
        rows.append([city, str(n), *(str((n // 10**k + k) % 10) for k in range(4)), "0", str(n % 7)])
    return Grid([heads], rows)


def empty_cells(prose: Prose) -> Grid:
    """Stock with cells that are empty in every column but one."""
    heads = ["SKU", "Bin", "Expected", "Actual", "Variance", "Status"]
    rows: list[list[Described]] = []
    for at, part in enumerate(PARTS):
        n = prose.number() % 900 + 20
        wanted, variance = (str(n + at), str(-at)) if at % 3 else ("", f"-{at + 11}")
        status = ("CRITICAL", "", "OK")[at % 3]
        actual = "" if at == 4 else str(n)
        rows.append([f"SKU-{4563 + at}" if at % 3 else "", part, wanted, actual, variance, status])
    return Grid([heads], rows, labels=2)


def two_levels(prose: Prose) -> Grid:
    """Names over names."""
    heads: list[list[Described]] = [
        [("Region", 1, 2), ("Revenue, EUR m", 2, 1), ("Headcount", 2, 1)],
        ["2024", "2025", "2024", "2025"],
    ]
    return Grid(heads, [[city, *figures(prose, 4)] for city in CITIES[:6]])


def three_levels(prose: Prose) -> Grid:
    """Names over names over names."""
    heads: list[list[Described]] = [
        [("Product", 1, 3), ("Exports", 4, 1), ("Imports", 2, 1)],
        [("Volume", 2, 1), ("Value", 2, 1), ("Volume", 1, 1), ("Value", 1, 1)],
        ["1994/95", "1995/96", "1994/95", "1995/96", "1995/96", "1995/96"],
    ]
    return Grid(heads, [[name, *figures(prose, 6)] for name in ("Wheat", "Maize", "Barley", "Cotton", "Wool")])


def ranges(prose: Prose) -> Grid:
    """Heads that are ranges."""
    heads = ["Country", "2003–2007", "2008–2012", "2013–2017", "2018–2022"]
    return Grid([heads], [[name, *figures(prose, 4)] for name in ("Chile", "Ghana", "India", "Kenya", "Nepal", "Peru")])


def groups(prose: Prose) -> Grid:
    """Rows that name the rows below them."""
    rows: list[list[Described]] = []
    for group, names in (
        ("Current assets", ("Cash", "Receivables", "Stock", "Total current assets")),
        ("Other assets", ("Land", "Patents", "Total other assets")),
        ("Liabilities", ("Loans", "Leases")),
    ):
        rows.append([group])
        rows += [[name, *figures(prose, 2)] for name in names]
    return Grid([["", "2023", "2024"]], rows)


def currency(prose: Prose) -> Grid:
    """A statement with currency signs, negatives in brackets and dashes."""
    rows: list[list[Described]] = []
    for at, name in enumerate(("Net sales", "Cost of sales", "Gross profit", "Interest", "Tax", "Net income")):
        values = [thousands(prose.number() * 7) for _ in range(3)]
        if at == 0 or at == 5:
            values = [f"${value}" for value in values]
        if at in (1, 3):
            values = [f"({value})" for value in values]
        if at == 4:
            values[1] = "—"
        rows.append([name, *values])
    return Grid([["In thousands", "2022", "2023", "2024"]], rows)


def row_spans(prose: Prose) -> Grid:
    """Labels over several rows."""
    rows: list[list[Described]] = []
    for at, city in enumerate(CITIES[:4]):
        rows.append([(city, 1, 2), "Day", *figures(prose, 2), f"{at + 1} %"])
        rows.append(["Night", *figures(prose, 2), f"{at + 5} %"])
    return Grid([["Plant", "Shift", "Units", "Scrap", "Share"]], rows, labels=2)


def many_lines(prose: Prose) -> Grid:
    """Labels and values of several printed lines."""
    names = (
        "Repairs of vehicles\nand trailers", "Fuel", "Insurance of goods\nin transit and\nin storage", "Tolls",
        "Rent of yards and\nof one crane",
    )  # fmt: skip
    rows: list[list[Described]] = [[name, *figures(prose, 3)] for name in names]
    return Grid([["Item", "First\nquarter", "Second\nquarter", "Half\nyear"]], rows)


def text_cells(prose: Prose) -> Grid:
    """Cells of words over several lines beside numbers."""
    rows: list[list[Described]] = []
    for number, (fault, remedy) in enumerate(
        (
            ("Pump does not\nstart", "Check the fuse and\nthe float switch"),
            ("Water is cloudy", "Replace the filter;\nflush for ten minutes"),
            ("Motor is loud", "Grease the bearing"),
            ("Display is dark", "Turn the contrast\nscrew to the right"),
        ),
        1,
    ):
        rows.append([f"E{number}{prose.number() % 100:02}", fault, remedy, str(prose.number() % 90)])
    return Grid([["Code", "Fault", "Remedy", "Minutes"]], rows)


def wide(prose: Prose) -> Grid:
    """Twelve months in small type."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    rows: list[list[Described]] = []
    for name in ("Births", "Deaths", "Arrivals", "Departures", "Marriages"):
        rows.append([name, *(str(prose.number() % 400) for _ in months)])
    return Grid([["", *months]], rows)


def percent_pairs(prose: Prose) -> Grid:
    """A number and a share in each pair of columns."""
    heads: list[list[Described]] = [
        [("Segment", 1, 2), ("2023", 2, 1), ("2024", 2, 1), ("Change", 1, 2)],
        ["Amount", "Share", "Amount", "Share"],
    ]
    rows: list[list[Described]] = []
    for at, name in enumerate(("Retail", "Wholesale", "Online", "Services", "Other")):
        a, b = prose.number(), prose.number()
        rows.append(
            [name, thousands(a * 3), f"{at + 11} %", thousands(b * 3), f"{at + 14} %", f"({at + 1}.{a % 10} %)"]
        )
    return Grid(heads, rows)


def footnoted(prose: Prose) -> Grid:
    """Marks at labels and at numbers."""
    rows: list[list[Described]] = []
    for at, city in enumerate(CITIES[:6]):
        values = figures(prose, 3)
        if at in (1, 4):
            values[1] += f"^{{{at}}}"
        rows.append([f"{city}^{{a}}" if at == 2 else city, *values])
    return Grid([["Port", "Ships", "Crews", "Berths"]], rows)


def one_page(name: str, shape: Shape, look: str, *, width: float = 504, size: float = 10, around: bool = True) -> Scene:
    """A table between two paragraphs, with its caption."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        top = 60.0
        if around:
            top = heading(sheet, 54, 54, prose.title())
            top = column(sheet, prose, 54, top, 504, [3])
        sheet.put(54, top + 6, [f"Table 1. {prose.title()}"], kind="caption", style="font-weight:bold")
        sheet.table(54, top + 26, shape(prose), width=width, look=look, style=f"font-size:{size}pt")
        if around:
            column(sheet, prose, 54, 560, 504, [3, 2])
        return [sheet]

    return build


def several(name: str, look: str) -> Scene:
    """Tables one below the other, each with its own heads; two of them without a caption."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        heading(sheet, 54, 40, "Theatre agreement")
        first = Grid(
            [["Engagement", "Start date", "End date", "# Shows", "Gross", "Net"]],
            [[f"Tour {at}", f"2024-0{at}-11", f"2024-0{at + 2}-28", *figures(prose, 3)] for at in range(1, 4)],
        )
        sheet.table(54, 80, first, width=504, look=look)
        sheet.put(54, 180, ["Artist splits"], kind="title", style="font-weight:bold")
        names = ("First violin", "Stage design", "Lead singer")
        second = Grid([["Artist", "Role", "Commission %"]], [[n, "Cast", f"{prose.number() % 100}%"] for n in names])
        sheet.table(54, 200, second, width=300, look=look)
        third = Grid(
            [["Month", "# Shows", "Gross amount", "Net amount", "Occupancy"]],
            [[month, *figures(prose, 3), f"{prose.number() % 100}%"] for month in ("October 2024", "November 2024")],
        )
        sheet.table(54, 310, third, width=504, look=look)
        fourth = Grid([["Venue", "Seats"]], [[hall, str(prose.number())] for hall in ("Old Mill", "Town Hall")])
        sheet.table(54, 400, fourth, width=180, look=look)
        return [sheet]

    return build


def side_by_side(name: str, look: str) -> Scene:
    """Two tables beside each other, with rows of equal height."""

    def build() -> list[Sheet]:
        sheet, prose = Sheet(), Prose(name)
        for left, head, labels in ((54, "Imports", CITIES), (320, "Exports", PARTS)):
            sheet.put(left, 60, [f"{head} by place"], kind="title", style="font-weight:bold")
            rows = [[label, *figures(prose, 2)] for label in labels[:6]]
            sheet.table(left, 80, Grid([["Place", "Tonnes", "Trips"]], rows), width=220, look=look)
        return [sheet]

    return build


def continued(name: str, look: str, *, repeated: bool) -> Scene:
    """A table over two pages; the second shows the heads again, or not."""

    def build() -> list[Sheet]:
        prose = Prose(name)
        heads = ["Line item", "2015", "2016", "2017", "2018"]
        items = ("Wages", "Energy", "Freight", "Licences", "Advice", "Repairs", "Travel", "Bank fees", "Donations")
        sheets = []
        for page, part in enumerate((items[:5], items[5:])):
            sheet = Sheet()
            top = 54.0
            rows: list[list[Described]] = [[item, *figures(prose, 4)] for item in part]
            rows[1][1 + page] = ""
            shown = [heads] if repeated or not page else []
            grid = Grid(shown, rows, columns=() if shown else heads)
            if not page:
                column(sheet, prose, 54, 60, 504, [4, 3])
                top = heading(sheet, 54, 520, prose.title())
            sheet.table(54, top, grid, width=504, look=look)
            if page:
                column(sheet, prose, 54, 300, 504, [4, 3])
            sheets.append(sheet)
        return sheets

    return build


SHAPES: dict[str, Shape] = {
    "plain": plain, "single-digits": single_digits, "empty": empty_cells, "two-levels": two_levels,
    "three-levels": three_levels, "ranges": ranges, "groups": groups, "currency": currency, "row-spans": row_spans,
    "many-lines": many_lines, "text-cells": text_cells, "percent-pairs": percent_pairs, "footnoted": footnoted,
}  # fmt: skip
_SHOWN = {
    "plain": ("ruled", "horizontal", "shaded", "bare"), "single-digits": ("ruled", "bare"),
    "empty": ("ruled", "shaded", "bare"), "two-levels": ("ruled", "horizontal", "bare"), "three-levels": ("ruled",),
    "ranges": ("horizontal", "bare"), "groups": ("head-rule", "shaded", "bare"), "currency": ("head-rule", "bare"),
    "row-spans": ("ruled",), "many-lines": ("ruled", "horizontal", "bare"), "text-cells": ("ruled", "horizontal"),
    "percent-pairs": ("ruled", "head-rule"), "footnoted": ("horizontal",),
}  # fmt: skip

SCENES: dict[str, tuple[str, Scene]] = {
    **{
        f"tables-{shape}-{look}": ("tables", one_page(f"tables-{shape}-{look}", SHAPES[shape], look))
        for shape, looks in _SHOWN.items()
        for look in looks
    },
    "tables-wide-ruled": ("tables", one_page("tables-wide-ruled", wide, "ruled", size=7.5)),
    "tables-wide-bare": ("tables", one_page("tables-wide-bare", wide, "bare", size=7)),
    "tables-alone-bare": ("tables", one_page("tables-alone-bare", plain, "bare", width=260, around=False)),
    "tables-several-ruled": ("tables", several("tables-several-ruled", "ruled")),
    "tables-several-head-rule": ("tables", several("tables-several-head-rule", "head-rule")),
    "tables-side-by-side-ruled": ("tables", side_by_side("tables-side-by-side-ruled", "ruled")),
    "tables-side-by-side-bare": ("tables", side_by_side("tables-side-by-side-bare", "bare")),
    "tables-continued-heads": ("tables", continued("tables-continued-heads", "ruled", repeated=True)),
    "tables-continued-none": ("tables", continued("tables-continued-none", "ruled", repeated=False)),
    "tables-continued-rules": ("tables", continued("tables-continued-rules", "horizontal", repeated=False)),
}
