"""Forms of drawn boxes: the label and the value of each box are read together."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]
Box = tuple[tuple[float, float, float, float], Sequence[str], Sequence[str]]
"""Left, bottom, right and top of a box, the lines of its label, and those of its value."""

DIVIDENDS: Sequence[Box] = (
    (
        (60, 580, 240, 700),
        ["PAYER'S name, street address,", "city, and telephone no."],
        ["Harbor Trust", "14 Quay Street"],
    ),
    ((240, 660, 390, 700), ["1a Total ordinary dividends"], ["1,234.00"]),
    ((390, 660, 540, 700), ["For calendar year"], ["2024"]),
    ((240, 620, 390, 660), ["1b Qualified dividends"], ["987.50"]),
    ((390, 620, 540, 660), ["2b Unrecaptured gain"], []),
    ((240, 580, 390, 620), ["2a Total capital gain"], ["310.00"]),
    ((390, 580, 540, 620), ["2c Section gain"], ["12.00"]),
)
INVOICE: Sequence[Box] = (
    ((60, 650, 220, 700), ["Invoice number"], ["SI-20418"]),
    ((220, 650, 380, 700), ["Invoice date"], ["12 March 2025"]),
    ((380, 650, 540, 700), ["Carrier"], ["Seabridge Line"]),
    ((60, 600, 220, 650), ["Consignee"], ["Baltic Parts AB", "Kajgatan 22"]),
    ((220, 600, 380, 650), ["Gross weight"], ["1,480 kg"]),
    ((380, 600, 540, 650), ["Port of discharge"], ["Trelleborg"]),
)


@pytest.fixture
def draw(put: Put) -> Callable[..., str]:
    """Boxes with their sides drawn, labels in letters of `size` above values of 10 points."""

    def drawn(boxes: Sequence[Box], *, size: float = 6, font: str = "F1") -> str:
        content = ""
        for (left, bottom, right, top), label, value in boxes:
            content += f"{left} {bottom} {right - left} {top - bottom} re S\n"
            y = top
            for lines, letters, own in ((label, size, font), (value, 10, "F1")):
                for line in lines:
                    y -= letters + 3
                    content += put(left + 4, y, line, size=letters, font=own)
        return content

    return drawn


def fields(path: Path) -> list[str]:
    page = read_pages(path)[0]
    return [page.text[table.start : table.end].replace("\n", " | ") for table in page.tables]


@pytest.mark.parametrize(("size", "font"), [(6, "F1"), (10, "F2")], ids=["smaller", "bold"])
def test_a_box_is_a_field_with_its_label_and_its_value(
    write_pdf: WritePdf, draw: Callable[..., str], size: float, font: str
) -> None:
    path = write_pdf(draw(DIVIDENDS, size=size, font=font))
    assert fields(path) == [
        "PAYER'S name, street address, city, and telephone no. | Harbor Trust | 14 Quay Street",
        "1a Total ordinary dividends | 1,234.00",
        "For calendar year | 2024",
        "1b Qualified dividends | 987.50",
        "2b Unrecaptured gain",
        "2a Total capital gain | 310.00",
        "2c Section gain | 12.00",
    ]
    page = read_pages(path)[0]
    assert [str(value) for value in page.cell_values(0, len(page.text))][1:3] == [
        "1,234.00 (row 1a Total ordinary dividends)",
        "2024 (row For calendar year)",
    ]


def test_labels_in_the_letters_of_values_are_told_by_the_end_of_their_line(
    write_pdf: WritePdf, draw: Callable[..., str]
) -> None:
    assert fields(write_pdf(draw(INVOICE, size=10))) == [
        "Invoice number | SI-20418",
        "Invoice date | 12 March 2025",
        "Carrier | Seabridge Line",
        "Consignee | Baltic Parts AB | Kajgatan 22",
        "Gross weight | 1,480 kg",
        "Port of discharge | Trelleborg",
    ]


def test_cells_of_a_ruled_table_are_no_boxes_of_a_form(write_pdf: WritePdf, draw: Callable[..., str]) -> None:
    table: Sequence[Box] = [
        ((left, top - 40, left + 160, top), [], words)
        for top, cells in (
            (700, (["Stop"], ["Monday"], ["Sunday"])),
            (660, (["Quay"], ["Line 4", "08:15"], ["Line 7", "09:40"])),
            (620, (["Mill Road"], ["Line 4", "08:31"], ["Line 7", "09:58"])),
        )
        for left, words in zip((60, 220, 380), cells, strict=True)
    ]
    page = read_pages(write_pdf(draw(table)))[0]
    assert [table.columns for table in page.tables] == [("Stop", "Monday", "Sunday")]
