"""Names of groups in printed tables: which rows they hold together, by how their labels are set."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mistral_rag.pdf import read_pages

Line = Sequence[tuple[float, str]]
Print = Callable[..., list[str]]
BOLD = "F2"


@pytest.fixture
def printed(put: Callable[..., str], write_pdf: Callable[..., Path]) -> Print:
    """Rows and first values of a table that is printed in these lines, each in its cells; a str is a bold line."""

    def rows(*lines: Line, bold: Sequence[int] = ()) -> list[str]:
        head = [(60.0, "EUR"), (300.0, "2023"), (400.0, "2022")]
        drawn = "".join(
            put(x, 700 - 14 * at, text, size=9, font=BOLD if at - 1 in bold else "F1")
            for at, line in enumerate([head, *lines])
            for x, text in line
        )
        (page,) = read_pages(write_pdf(drawn))
        return [f"{v.row}: {v.value}" for v in page.cell_values(0, len(page.text)) if v.column == "2023"]

    return rows


def row(x: float, label: str, value: int) -> Line:
    return [(x, label), (300, str(value)), (400, str(value + 100))]


def test_indented_rows_belong_to_the_group_above_them(printed: Print) -> None:
    assert printed([(60, "Current assets:")], row(70, "Cash", 50), row(70, "Stock", 70), row(60, "Land", 90)) == [
        "Current assets > Cash: 50",
        "Current assets > Stock: 70",
        "Land: 90",
    ]


def test_groups_set_in_below_a_group_are_within_it(printed: Print) -> None:
    found = printed(
        [(60, "Assets")],
        [(70, "Current assets")],
        row(80, "Cash", 50),
        row(70, "Land", 90),
        row(60, "Total assets", 140),
        row(60, "Result", 12),
    )
    assert found == [
        "Assets > Current assets > Cash: 50",
        "Assets > Land: 90",
        "Assets > Total assets: 140",
        "Result: 12",
    ]


def test_a_sum_set_in_deeper_is_in_no_group_that_has_its_own_sum(printed: Print) -> None:
    found = printed(
        [(60, "Current assets:")],
        row(70, "Cash", 50),
        row(80, "Total current assets", 50),
        row(80, "Total assets", 140),
    )
    assert found == ["Current assets > Cash: 50", "Current assets > Total current assets: 50", "Total assets: 140"]


def test_a_name_over_the_middle_of_the_table_holds_the_rows_down_to_the_next(printed: Print) -> None:
    found = printed(
        [(210, "North America")],
        row(60, "Revenue", 12),
        row(60, "Cost", 17),
        [(228, "Europe")],
        row(60, "Revenue", 22),
        row(60, "Cost", 27),
    )
    assert found == [
        "North America > Revenue: 12",
        "North America > Cost: 17",
        "Europe > Revenue: 22",
        "Europe > Cost: 27",
    ]


def test_bold_names_hold_rows_on_the_same_edge(printed: Print) -> None:
    lines = [[(60, "Berlin")], row(60, "Rent", 12), [(60, "Rome")], row(60, "Water", 22), row(60, "Total", 34)]
    assert printed(*lines, bold=(0, 2)) == ["Berlin > Rent: 12", "Rome > Water: 22", "Total: 34"]


def test_a_label_without_values_that_looks_like_the_others_is_no_group(printed: Print) -> None:
    lines = [row(60, "France", 12), [(60, "Germany")], row(60, "Italy", 22), row(60, "Spain", 34)]
    assert printed(*lines) == ["France: 12", "Italy: 22", "Spain: 34"]


def test_labels_that_come_again_below_each_name_make_it_a_group(printed: Print) -> None:
    lines = [[(60, "Plant A")], row(60, "Output", 12), [(60, "Plant B")], row(60, "Output", 22)]
    assert printed(*lines) == ["Plant A > Output: 12", "Plant B > Output: 22"]
