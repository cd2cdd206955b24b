"""Charts of boxes that lines or arrows connect: each box is read by itself, none of them is a table."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages

Put = Callable[..., str]
WritePdf = Callable[..., Path]

STEPS = (
    (60, 660, ("Order arrives by", "mail or phone")),
    (230, 660, ("Clerk checks the", "credit limit")),
    (400, 660, ("Stock is kept", "until Friday")),
    (60, 580, ("Invoice is sent", "on the same day")),
    (400, 580, ("Picker collects", "the items")),
)
"""Left and bottom of boxes that are 110 points wide and 40 high, and the lines in each."""
READ = [
    "Order arrives by mail or phone",
    "Clerk checks the credit limit",
    "Stock is kept until Friday",
    "Invoice is sent on the same day",
    "Picker collects the items",
]
BOXES = "".join(f"{left} {bottom} 110 40 re S\n" for left, bottom, _ in STEPS)
LINES = "170 680 m 230 680 l S 340 680 m 400 680 l S 455 660 m 455 620 l S 400 600 m 170 600 l S\n"
LINES_AT_ONCE = "q 2 0 0 2 0 0 cm 85 340 m 115 340 l 170 340 m 200 340 l 227 330 m 227 310 l 200 300 m 85 300 l S Q\n"


@pytest.fixture
def words(put: Put) -> str:
    return "".join(
        put(left + 8, bottom + 24 - 13 * at, line, size=9)
        for left, bottom, lines in STEPS
        for at, line in enumerate(lines)
    )


@pytest.mark.parametrize("drawn", [LINES, LINES_AT_ONCE], ids=["line by line", "all lines in one path"])
def test_each_box_of_a_chart_is_read_by_itself(write_pdf: WritePdf, words: str, drawn: str) -> None:
    page = read_pages(write_pdf(BOXES + drawn + words))[0]
    assert page.text.splitlines() == READ
    assert [block.kind for block in page.blocks] == ["image"] * 5
    assert not page.tables


def test_boxes_that_nothing_connects_are_no_chart(write_pdf: WritePdf, words: str) -> None:
    page = read_pages(write_pdf(BOXES + words))[0]
    assert "image" not in {block.kind for block in page.blocks}
