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
