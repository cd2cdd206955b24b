"""Tables are extracted from the text when a format is requested."""

from mistral_rag.testing._content.tables import as_html, without_tables

TEXT = "Sales:\n\n| Year | Net |\n| --- | ---: |\n| 2022 | 5 < 6 |\n\nMore.\n\n| a | b |\n| c | d |"


def test_nothing_changes_without_a_format() -> None:
    assert without_tables(TEXT, None) == (TEXT, {})


def test_placeholders_stand_where_tables_stood() -> None:
    text, tables = without_tables(TEXT, "markdown")
    assert text == "Sales:\n\n[tbl-0.md](tbl-0.md)\n\nMore.\n\n[tbl-1.md](tbl-1.md)"
    assert tables == {
        "tbl-0.md": "| Year | Net |\n| --- | ---: |\n| 2022 | 5 < 6 |",
        "tbl-1.md": "| a | b |\n| c | d |",
    }


def test_html_has_a_head_where_the_table_has_one() -> None:
    _, tables = without_tables(TEXT, "html")
    assert tables["tbl-0.html"] == (
        "<table><tr><th>Year</th><th>Net</th></tr><tr><td>2022</td><td>5 &lt; 6</td></tr></table>"
    )
    assert as_html("| a | b |\n| c | d |") == (
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
    )
