from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.ocr._pages.markdown import MARKDOWN, MarkdownPage, write_markdown

HTML = (
    '<table><thead><tr><th rowspan="2">Region</th><th colspan="2">Sales</th></tr><tr><th>2023</th><th>2022</th></tr>'
    "</thead><tbody><tr><td>Europe &amp; Asia</td><td>$\\$ 5$</td><td>4<br>est.</td></tr></tbody></table>"
)


def read(markdown: str, **tables: str) -> MarkdownPage:
    sheet = MarkdownPage()
    write_markdown(sheet, markdown, {name.replace("_", "-") + ".html": content for name, content in tables.items()})
    return sheet


def blocks(sheet: MarkdownPage) -> list[tuple[str, str]]:
    return [(block.kind, sheet.writer.text[block.start : block.end]) for block in sheet.blocks]


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Net *sales* #\n\nrose.", [("title", "Net sales"), ("text", "rose.")]),
        ("# C#", [("title", "C#")]),
        ("#5 of 7", [("text", "#5 of 7")]),
        ("- one\n  goes on\n* two\n\n+ three", [("list", "one\ngoes on"), ("list", "two"), ("list", "three")]),
        ("- 5.3 loss\n- $ 4 gain", [("list", "- 5.3 loss"), ("list", "- $ 4 gain")]),
        ("1. first\n2) second", [("list", "1. first"), ("list", "2) second")]),
        ("- [x] done\n- [ ] open", [("list", "☒ done"), ("list", "☐ open")]),
        ("> quoted\n> lines", [("text", "quoted\nlines")]),
        ("above\n\n---\n\nbelow", [("text", "above"), ("text", "below")]),
        (
            "```python\ndef f(x):\n    return *x*\n```\nafter",
            [("code", "def f(x):\n    return *x*"), ("text", "after")],
        ),
        ("```\nnever ends", [("code", "never ends")]),
        ("$$\nE = mc^{2}\n$$ (1)", [("equation", "E = mc²"), ("text", "(1)")]),
        ("$$ a = b $$", [("equation", "a = b")]),
        ("$$ 5 apples", [("text", "$$ 5 apples")]),
        ("![img-0.jpeg](img-0.jpeg)\n\nFigure 1", [("text", "Figure 1")]),
        ("| not a table |", [("text", "| not a table |")]),
        ("[^1]: A *note*.", [("text", "A note.")]),
        ("", []),
        ("  \n \n", []),
    ],
)
def test_markdown_becomes_blocks_of_plain_words(markdown: str, expected: list[tuple[str, str]]) -> None:
    assert blocks(read(markdown)) == expected


def test_a_table_stands_where_its_placeholder_stood() -> None:
    sheet = read("Before.\n\n[tbl-0.html](tbl-0.html)\n\nAfter.", tbl_0=HTML)
    assert sheet.writer.text == "Before.\n\nRegion | Sales |\n| 2023 | 2022\nEurope & Asia | $5 | 4 est.\n\nAfter."
    assert [kind for kind, _ in blocks(sheet)] == ["text", "table", "table", "text"]
    table = sheet.tables["tbl-0.html"]
    assert table.header == (("Region", "Sales", ""), ("", "2023", "2022"))
    assert table.rows == (("Europe & Asia", "$5", "4 est."),)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            '<tr><td rowspan="3">2023</td><td>a</td></tr><tr><td>b</td></tr><tr><td> </td></tr><tr><td>d</td></tr>',
            (("2023", "a"), ("2023", "b"), ("d",)),
        ),
        (
            '<tr><td>a</td><td rowspan="2">$5$</td></tr><tr><td>b</td></tr>',
            (("a", "5"), ("b", "5")),
        ),
        (
            '<tr><td rowspan="2" colspan="2">both</td><td>a</td></tr><tr><td>b</td></tr>',
            (("both", "", "a"), ("both", "", "b")),
        ),
        (
            f'<tr><td rowspan="2">{"long " * 50}</td><td>a</td></tr><tr><td>b</td></tr>',
            ((("long " * 50).strip(), "a"), ("", "b")),
        ),
    ],
)
def test_a_cell_over_several_rows_stands_in_each(rows: str, expected: tuple[tuple[str, ...], ...]) -> None:
    sheet = read("[t.html](t.html)", t=f"<table><tr><th>x</th></tr>{rows}</table>")
    [table] = sheet.tables.values()
    assert table.rows == expected


def test_the_text_of_a_table_repeats_the_cell_and_finds_its_source_once() -> None:
    rows = '<tr><td rowspan="2">Oak &amp; Ash</td><td>a</td></tr><tr><td>b</td></tr>'
    content = f"<table><tr><th>x</th><th>y</th></tr>{rows}</table>"
    sheet = read("[t.html](t.html)", t=content)
    assert sheet.writer.text == "x | y\nOak & Ash | a\nOak & Ash | b"
    at = content.index("Ash")
    assert sheet.writer.place("t.html", at, at + 3) == (12, 15)
    at = content.index(">b<") + 1
    assert sheet.writer.place("t.html", at, at + 1) == (32, 33)


def test_a_placeholder_inside_a_line_parts_it() -> None:
    sheet = read("see [tbl-0.html](tbl-0.html) there", tbl_0="<table><tr><td>1</td></tr></table>")
    assert blocks(sheet) == [("text", "see"), ("table", "1"), ("text", "there")]


def test_tables_of_markdown_know_their_head() -> None:
    sheet = read("| a | b |\n| :--- | ---: |\n| 1 | 2 \\| 3 |\n|  | 7 |")
    assert blocks(sheet) == [("table", "a | b"), ("table", "1 | 2 | 3\n| 7")]
    [table] = sheet.tables.values()
    assert (table.header, table.rows) == ((("a", "b"),), (("1", "2 | 3"), ("", "7")))


def test_a_table_of_html_in_the_text_is_a_table() -> None:
    sheet = read(f"Before {HTML} after")
    assert [kind for kind, _ in blocks(sheet)] == ["text", "table", "table", "text"]


def test_a_table_in_a_cell_is_text_of_the_cell() -> None:
    sheet = read("<table><tr><td>a<table><tr><td>b</td></tr></table></td><td>c</td></tr></table> d")
    assert blocks(sheet) == [("table", "a b | c"), ("text", "d")]


def test_a_table_that_the_reply_lacks_is_a_problem() -> None:
    sheet = read("a [tbl-3.html](tbl-3.html) b")
    assert sheet.problems == ["table tbl-3.html is missing from the reply"]
    assert sheet.writer.text == "a\n\nb"


def test_a_table_without_a_place_stands_at_the_end_and_is_a_problem() -> None:
    sheet = read("text", tbl_7="<table><tr><td>found</td></tr></table>")
    assert blocks(sheet) == [("text", "text"), ("table", "found")]
    assert sheet.problems == ["table tbl-7.html has no place in the text; it stands at the end"]


def test_a_placeholder_that_comes_twice_brings_its_table_once() -> None:
    sheet = read("[tbl-0.html](tbl-0.html)\n\n[tbl-0.html](tbl-0.html)", tbl_0="<table><tr><td>1</td></tr></table>")
    assert sheet.writer.text == "1"


def test_a_table_that_never_ends_takes_the_rest() -> None:
    assert read("<table><tr><td>1<td>2 and more").writer.text == "1 | 2 and more"


SHAPES = """# a,a *b* c,- a,| a | b |,| - | - |,```,$$,$$ a $$ b,> a,1. a,,<table>,</table>,<tr><td>a,---,a  b,\ta,\\,
**,<p>a,[tbl-0.html](tbl-0.html),![i](i),[^1]: a,<td colspan=99>,<br>"""
LINES = st.sampled_from(SHAPES.split(","))


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_blocks_of_any_markdown_are_in_order_and_hold_all_words(markdown: str) -> None:
    sheet = read(markdown, tbl_0=HTML)
    text = sheet.writer.text
    spans = [(block.start, block.end) for block in sheet.blocks]
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
    gaps = [text[a:b] for a, b in pairwise([0, *(edge for span in spans for edge in span), len(text)])][::2]
    assert not any(gap.strip() for gap in gaps)
    for at, letter in enumerate(markdown):
        place = sheet.writer.place(MARKDOWN, at, at + 1)
        if letter.isalnum() and place is not None and place[1] - place[0] == 1:
            assert text[place[0]] == letter
