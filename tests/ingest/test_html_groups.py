"""Names of groups in tables of HTML and Markdown: which rows they hold together, and where they end."""

from pathlib import Path

import pytest

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._texts.markdown import parse as parse_markdown
from ingest.parsing._texts.outline import Outline


def rows_of(html: str) -> list[str]:
    """Rows of a table with their values, in order."""
    outline = Outline()
    HtmlReader(outline).read(f"<table>{html}</table>")
    found: dict[str, list[str]] = {}
    for page in outline.pages():
        for value in page.cell_values(0, len(page.text)):
            found.setdefault(value.row, []).append(f"{value.column} {value.value}".strip())
    return [f"{row}: {', '.join(values)}" for row, values in found.items()]


HEAD = "<tr><th>Item<th>2023<th>2022"


@pytest.mark.parametrize("cell", ["<td colspan=3>{}", "<th colspan=3>{}", "<td>{}<td><td>", "<td>{}<td colspan=2>"])
def test_a_group_stands_before_the_labels_of_its_rows(cell: str) -> None:
    america, europe = (f"<tr>{cell.format(name)}" for name in ("North America", "Europe"))
    rows = "<tr><td>Revenue<td>{}<td>{}<tr><td>Cost<td>{}<td>{}"
    assert rows_of(HEAD + america + rows.format(12, 11, 7, 6) + europe + rows.format(4, 3, 2, 1)) == [
        "North America > Revenue: 2023 12, 2022 11",
        "North America > Cost: 2023 7, 2022 6",
        "Europe > Revenue: 2023 4, 2022 3",
        "Europe > Cost: 2023 2, 2022 1",
    ]


@pytest.mark.parametrize(
    "indented",
    [
        "<td>&nbsp;&nbsp;Cash",
        "<td style='padding-left: 10pt'>Cash",
        "<td><div style='margin-left:12px'>Cash</div>",
        "<td style='padding:2px 2px 2px 20px'>Cash",
        "<td>\u3000Cash",
    ],
)
def test_a_group_ends_where_labels_are_not_set_in_below_it(indented: str) -> None:
    html = f"<tr><td>Current assets<td><td><tr>{indented}<td>5<td>4<tr><td>Land<td>8<td>9<tr><td>Total<td>13<td>13"
    assert rows_of(HEAD + html) == [
        "Current assets > Cash: 2023 5, 2022 4",
        "Land: 2023 8, 2022 9",
        "Total: 2023 13, 2022 13",
    ]


def test_a_line_that_hangs_out_of_its_padding_is_not_set_in() -> None:
    html = """<tr><td style="padding-left:10pt;text-indent:-10pt">Costs:<td><td>
        <tr><td style="padding-left:20pt;text-indent:-10pt">Wages<td>5<td>4
        <tr><td style="padding-left:10pt;text-indent:-10pt">Operating income<td>1<td>2"""
    assert rows_of(HEAD + html) == ["Costs > Wages: 2023 5, 2022 4", "Operating income: 2023 1, 2022 2"]


def test_a_group_ends_with_the_sum_that_says_its_name() -> None:
    html = """<tr><td>Current assets:<td><td><tr><td>Cash<td>5<td>4<tr><td>Total current assets<td>5<td>4
        <tr><td>Land<td>8<td>9"""
    assert rows_of(HEAD + html) == [
        "Current assets > Cash: 2023 5, 2022 4",
        "Current assets > Total current assets: 2023 5, 2022 4",
        "Land: 2023 8, 2022 9",
    ]


def test_the_sum_of_all_is_in_no_group_and_the_sum_of_each_is_in_its_own() -> None:
    html = """<tr><td colspan=3>Europe<tr><td>Rent<td>5<td>4<tr><td>Total<td>5<td>4
        <tr><td colspan=3>Asia<tr><td>Rent<td>1<td>2<tr><td>Total<td>1<td>2<tr><td>Grand total<td>6<td>6"""
    assert rows_of(HEAD + html) == [
        "Europe > Rent: 2023 5, 2022 4",
        "Europe > Total: 2023 5, 2022 4",
        "Asia > Rent: 2023 1, 2022 2",
        "Asia > Total: 2023 1, 2022 2",
        "Grand total: 2023 6, 2022 6",
    ]


def test_a_row_as_bold_as_the_group_ends_it() -> None:
    html = """<tr><td><b>Europe</b><td><td><tr><td>Rent<td>5<td>4<tr><td><b>Result</b><td>5<td>4<tr><td>Tax<td>1<td>2"""
    assert rows_of(HEAD + html) == ["Europe > Rent: 2023 5, 2022 4", "Result: 2023 5, 2022 4", "Tax: 2023 1, 2022 2"]


def test_a_row_whose_values_are_missing_is_no_group() -> None:
    first = "<tr><td>Austria<td><td><tr><td>France<td>5<td>4<tr><td>Germany<td><td><tr><td>Italy<td>6<td>7"
    assert rows_of(HEAD + first) == ["France: 2023 5, 2022 4", "Italy: 2023 6, 2022 7"]


def test_the_last_group_ends_nowhere_that_can_be_seen_and_names_nothing() -> None:
    html = "<tr><td>Financing:<td><td><tr><td>Loans<td>5<td>4<tr><td>Cash at the end of the year<td>6<td>7"
    assert rows_of(HEAD + html) == ["Loans: 2023 5, 2022 4", "Cash at the end of the year: 2023 6, 2022 7"]


def test_groups_within_groups_are_all_named() -> None:
    html = """<tr><th colspan=3>North<tr><td>Costs:<td><td><tr><td>&nbsp; Rent<td>5<td>4
        <tr><td>Sales:<td><td><tr><td>&nbsp; Shops<td>8<td>9<tr><th colspan=3>South<tr><td>Rent<td>1<td>2"""
    assert rows_of(HEAD + html) == [
        "North > Costs > Rent: 2023 5, 2022 4",
        "North > Sales > Shops: 2023 8, 2022 9",
        "South > Rent: 2023 1, 2022 2",
    ]


@pytest.mark.parametrize(
    "second",
    [
        "<tr><th>Item<th>Q1<th>Q2",
        "<tr><td><b>Item</b><td><b>Q1</b><td><b>Q2</b>",
        "<tr><td><td><b>Q1</b><td><b>Q2</b>",
        "<tr><td style='font-weight:700'>Item<td style='font-weight:700'>Q1<td style='font-weight:700'>Q2",
    ],
)
def test_a_second_head_ends_the_group_and_names_its_own_columns(second: str) -> None:
    html = f"<tr><th colspan=3>North<tr><td>Rent<td>5<td>4<tr><td>Cost<td>2<td>1{second}<tr><td>Fee<td>8<td>9"
    assert rows_of(HEAD + html) == [
        "North > Rent: 2023 5, 2022 4",
        "North > Cost: 2023 2, 2022 1",
        "Fee: Q1 8, Q2 9",
    ]


def test_a_bold_sum_is_no_second_head() -> None:
    html = "<tr><td>Rent<td>5<td>4<tr><td><b>Total</b><td><b>5</b><td><b>4</b><tr><td>Fee<td>8<td>9"
    assert rows_of(HEAD + html)[-1] == "Fee: 2023 8, 2022 9"


def test_groups_of_markdown_tables(tmp_path: Path) -> None:
    path = tmp_path / "costs.md"
    path.write_text(
        "| Item | 2023 | 2022 |\n|---|---|---|\n"
        "| **Berlin** | | |\n| Rent | 5 | 4 |\n| **Rome** | | |\n| Rent | 3 | 2 |\n"
    )
    (page,) = parse_markdown(path).pages
    assert [str(value) for value in page.cell_values(0, len(page.text))] == [
        "2023: 5 (row Berlin > Rent)",
        "2022: 4 (row Berlin > Rent)",
        "2023: 3 (row Rome > Rent)",
        "2022: 2 (row Rome > Rent)",
    ]
