"""Tables of Arabic, Hebrew and Persian: their labels stand at the right, and their columns run from there."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages
from mistral_rag.schema import Page

SET = Path(__file__).parents[2] / "benchmarks" / "reading_set"


@pytest.fixture(scope="module")
def printed() -> Sequence[Page]:
    """Pages with rules, with names over names, and with words and numbers of several scripts."""
    return read_pages(Path(__file__).parent / "data" / "tables-rtl.pdf")


def values(page: Page) -> list[str]:
    return [str(value) for value in page.cell_values(0, len(page.text))]


def test_a_ruled_statement_in_arabic_keeps_its_empty_cells(printed: Sequence[Page]) -> None:
    assert values(printed[0]) == [
        "2024: 1,204 (row النقدية وما في حكمها)",
        "2023: 980 (row النقدية وما في حكمها)",
        "2024: 877 (row المخزون)",
        "2023: 3,410 (row الذمم المدينة)",
        "2024: 2,081 (row مجموع الأصول)",
        "2023: 4,390 (row مجموع الأصول)",
    ]


def test_names_over_names_in_hebrew_are_joined(printed: Sequence[Page]) -> None:
    assert printed[1].tables[0].columns == (
        "אזור",
        "רבעון ראשון, הזמנות",
        "רבעון ראשון, החזרות",
        "רבעון שני, הזמנות",
        "רבעון שני, החזרות",
    )
    assert values(printed[1])[-4:] == [
        "רבעון ראשון, הזמנות: 310 (row מרכז (כולל השרון))",
        "רבעון ראשון, החזרות: 11 (row מרכז (כולל השרון))",
        "רבעון שני, הזמנות: 298 (row מרכז (כולל השרון))",
        "רבעון שני, החזרות: 9 (row מרכז (כולל השרון))",
    ]


def test_a_row_of_numbers_between_the_lines_of_its_label_reads_from_the_right(printed: Sequence[Page]) -> None:
    assert "השרון)  310  11  298  9" in printed[1].text.splitlines()


def test_latin_words_and_long_numbers_stand_in_their_cells(printed: Sequence[Page]) -> None:
    assert values(printed[2])[:4] == [
        "تعداد: 12 (row کاغذ A4)",
        "مبلغ (ریال): 3,450,000 (row کاغذ A4)",
        "تعداد: 1 (row چاپگر HP)",
        "مبلغ (ریال): 98,000,000 (row چاپگر HP)",
    ]


def test_boxes_of_cells_stand_where_they_are_printed(printed: Sequence[Page]) -> None:
    boxes = [cell.box for cell in printed[2].tables[0].cells if cell.role == "column" and cell.box]
    assert [round(box.left, 1) for box in boxes] == [0.8, 0.5, 0.2]
    assert all(box.left < box.right for box in boxes)
    table = printed[2].tables[0].box
    assert table is not None
    assert (round(table.left, 1), round(table.right, 1)) == (0.2, 0.9)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("field-rtl-he", ["הזמנות: 3021 (row חיפה)", "החזרות: 44 (row חיפה)", "הזמנות: 410 (row אילת)"]),
        ("field-rtl-ar", ["الطلبات: 1204 (row القاهرة)", "المرتجعات: 31 (row القاهرة)", "الطلبات: 877 (row عمان)"]),
    ],
)
def test_a_plain_table_from_the_right_has_names_and_labels(name: str, expected: list[str]) -> None:
    assert values(read_pages(SET / f"{name}.pdf")[0])[:3] == expected


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("scripts-arabic-dejavu", "يبدأ العمل في الساعة 8:30 وينتهي في الساعة 17:00."),
        ("scripts-arabic-dejavu", "المادة (15): الأجر الأساسي 4,250 دينارا (قبل الضريبة)."),
        ("scripts-arabic", "السلام عليكم والأهلا بالزوار الكرام"),
        ("scripts-arabic", "لا يجوز نقل الإجازة إلى العام التالي إلا بموافقة المدير."),
    ],
)
def test_the_white_behind_an_arabic_letter_that_is_not_joined_is_no_blank(name: str, line: str) -> None:
    assert line in read_pages(SET / f"{name}.pdf")[0].text.splitlines()
