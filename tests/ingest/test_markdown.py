from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import cut
from ingest.parsing._result import Parsed
from ingest.parsing._texts.markdown import parse
from mistral_rag.schema import Page


def parsed(folder: Path, text: str) -> Parsed:
    path = folder / "file.md"
    path.write_text(text, encoding="utf-8")
    return parse(path)


def blocks(document: Parsed) -> list[tuple[str, str]]:
    return [(block.kind, page.text[block.start : block.end]) for page in document.pages for block in page.blocks]


def test_top_level_sections_become_pages_with_their_heading_path(tmp_path: Path) -> None:
    document = parsed(
        tmp_path,
        "# Handbook\n\nIntro.\n\n## 1. Leave\n\n27 days.\n\n### 1.1 Illness\n\nCall in.\n\n## 2. Pay\n\nThe 25th.\n",
    )
    assert document.title == "Handbook"
    assert [(page.locator.number, page.locator.label, page.text) for page in document.pages] == [
        (1, "Handbook", "Handbook\n\nIntro."),
        (2, "1. Leave", "1. Leave\n\n27 days.\n\n1.1 Illness\n\nCall in."),
        (3, "2. Pay", "2. Pay\n\nThe 25th."),
    ]


def test_several_first_level_headings_are_part_of_the_path(tmp_path: Path) -> None:
    document = parsed(tmp_path, "# A\n\none\n\n## B\n\ntwo\n\n# C\n\n## D\n\nthree\n")
    assert [page.locator.label for page in document.pages] == ["A", "A > B", "C > D"]
    assert document.pages[2].text == "C\n\nD\n\nthree"


def test_marks_are_removed_and_what_they_mark_is_kept(tmp_path: Path) -> None:
    document = parsed(
        tmp_path,
        'Some *plain* **text** with `code`, a [link](https://example.org "t"), ![a picture](x.png),\n'
        "a soft break, a hard  \nbreak, &amp; an <span>entity</span>.<!-- not this -->\n\n> quoted\n\n---\n",
    )
    assert blocks(document) == [
        (
            "text",
            "Some plain text with code, a link, a picture, a soft break, a hard\nbreak, & an entity.",
        ),
        ("text", "quoted"),
    ]


def test_tables_become_rows_under_their_header(tmp_path: Path) -> None:
    document = parsed(tmp_path, "| Record | Kept |\n|---|--:|\n| Email | **3** years |\n| Chat | |\n")
    assert blocks(document) == [("table", "Record | Kept"), ("table", "Email | 3 years\nChat |")]
    (page,), _ = cut(document.pages, uri="u", title="t")
    assert [(unit.kind, unit.header) for unit in page.units] == [("row", None), ("row", 0), ("row", 0)]


def test_list_items_are_blocks_and_numbers_are_kept(tmp_path: Path) -> None:
    document = parsed(tmp_path, "3. third\n4. fourth\n   - inner\n\n   more\n\n- plain\n")
    assert blocks(document) == [
        ("list", "3. third"),
        ("list", "4. fourth"),
        ("list", "inner"),
        ("list", "more"),
        ("list", "plain"),
    ]
    assert document.pages[0].text == "3. third\n4. fourth\ninner\nmore\nplain"


def test_code_is_kept_as_it_stands(tmp_path: Path) -> None:
    document = parsed(tmp_path, "```python\ndef f():\n    return *1*\n```\n\n    indented\n")
    assert blocks(document) == [("code", "def f():\n    return *1*"), ("code", "indented")]


def test_html_inside_is_read_as_html(tmp_path: Path) -> None:
    document = parsed(tmp_path, "<div>\n<p>Shown</p><p hidden>not shown</p>\n<script>no()</script></div>\n\nText.\n")
    assert blocks(document) == [("text", "Shown"), ("text", "Text.")]


def test_front_matter_becomes_metadata_and_title(tmp_path: Path) -> None:
    document = parsed(tmp_path, '---\ntitle: "Leave Policy"\nversion: 2.1\nlist:\n  - a\n---\n# Heading\n\nText.\n')
    assert (document.title, document.metadata) == ("Leave Policy", {"version": "2.1"})
    assert document.pages[0].text == "Heading\n\nText."


def test_without_headings_the_file_name_is_the_title(tmp_path: Path) -> None:
    document = parsed(tmp_path, "Only text.\n")
    assert (document.title, [str(page.locator) for page in document.pages]) == ("file", ["section 1"])


def test_a_section_of_many_characters_becomes_several_pages(tmp_path: Path) -> None:
    document = parsed(tmp_path, "# Log\n\n" + "\n\n".join(["An entry of the log. " * 40] * 60))
    assert [page.locator.label for page in document.pages] == ["Log", "Log", "Log"]
    assert max(len(page.text) for page in document.pages) < 21_000


def test_deep_nesting_ends_without_an_error(tmp_path: Path) -> None:
    assert parsed(tmp_path, ">" * 3000 + " deep\n\nflat\n").pages[0].text == "flat"
    assert parsed(tmp_path, "[" * 3000 + "a" + "]" * 3000).pages[0].text == "[" * 3000 + "a" + "]" * 3000


def test_an_empty_file_has_no_pages(tmp_path: Path) -> None:
    assert parsed(tmp_path, "\n").pages == ()


def test_readable_text_of_inline_marks(tmp_path: Path) -> None:
    assert blocks(parsed(tmp_path, "a **b**<br>c")) == [("text", "a b\nc")]


@pytest.mark.parametrize(
    "hidden",
    [
        "<span style='display:none'>{}</span>",
        "<span hidden>{}</span>",
        "<font color=white>{}</font>",
        "<del>{}</del>",
        "<s>{}</s>",
        "<script>{}</script>",
        "<style>{}</style>",
        "<template>{}</template>",
        "<span hidden>*{}* <b>more</b></span>",
        "<!-- {} -->",
    ],
)
def test_text_that_inline_tags_hide_is_not_read(tmp_path: Path, hidden: str) -> None:
    hidden = hidden.replace("{}", "nine million")
    text = (
        f"# Fees {hidden}\n\nA {hidden} year.\n\n- item {hidden}\n\n| a {hidden} | b |\n|---|---|\n| 1 | {hidden} 2 |\n"
    )
    document = parsed(tmp_path, text)
    assert (document.title, [page.locator.label for page in document.pages]) == ("Fees", ["Fees"])
    assert blocks(document) == [
        ("title", "Fees"),
        ("text", "A year."),
        ("list", "item"),
        ("table", "a | b"),
        ("table", "1 | 2"),
    ]


@pytest.mark.parametrize(
    "opened",
    [
        "<div hidden>",
        "<div style='display:none'>",
        "<div style='color:#fff'>",
        "<template>",
        "<nav>",
        "<section hidden>",
    ],
)
def test_text_in_a_hidden_block_is_not_read(tmp_path: Path, opened: str) -> None:
    document = parsed(
        tmp_path, f"Seen\n\n{opened}\n\n# Nine\n\nmillion\n\n- a\n\n</{opened[1:].split()[0].strip('>')}>\n\nmore\n"
    )
    assert blocks(document) == [("text", "Seen"), ("text", "more")]


def test_a_style_sheet_counts_in_all_of_a_document(tmp_path: Path) -> None:
    document = parsed(tmp_path, "<style>.h, em {display:none}</style>\n\nfee *old* <span class=h>no</span> 5\n")
    assert (blocks(document), document.hidden) == ([("text", "fee 5")], {0: 5})


@pytest.mark.parametrize("tag", ["<script>", "<title>", "<template>", "<textarea>"])
def test_a_tag_that_is_only_mentioned_takes_nothing_away(tmp_path: Path, tag: str) -> None:
    document = parsed(tmp_path, f"The {tag} tag.\n\nMore.\n")
    assert blocks(document) == [("text", f"The {tag} tag."), ("text", "More.")]


@given(text=st.text(st.sampled_from("aB1 #|-*_`<>[]()!&;\n\t~:.\"'\\=é"), max_size=200))
def test_any_text_gives_pages_that_can_be_cut(tmp_path_factory: "object", text: str) -> None:
    folder = Path(str(tmp_path_factory.mktemp("md")))  # type: ignore[attr-defined]
    cut(parsed(folder, text).pages, uri="u", title="t")


@pytest.mark.parametrize("name", ["tabular", "tabular*", "longtable", "array"])
def test_a_table_of_latex_keeps_its_lines(tmp_path: Path, name: str) -> None:
    table = f"\\begin{{{name}}}{{lr}}\nItem & 2023 \\\\\nPumps & 11 \\\\\n\\end{{{name}}}"
    (page,) = parse_of(tmp_path, f"Prices:\n{table}\n\nThat is all.\n")
    assert page.text == f"Prices:\n\n{table}\n\nThat is all."


def test_a_word_about_latex_is_text(tmp_path: Path) -> None:
    (page,) = parse_of(tmp_path, "\\begin{tabular} begins a table\nin LaTeX.\n")
    assert page.text == "\\begin{tabular} begins a table in LaTeX."


FIELDS = "Place: grinding room\n**Date:** 3 April, 09:20\nWitness:\n"


def test_lines_of_fields_stay_lines_and_are_units(tmp_path: Path) -> None:
    (page,) = parse_of(tmp_path, f"# Report\n\n{FIELDS}")
    assert page.text == "Report\n\nPlace: grinding room\nDate: 3 April, 09:20\nWitness:"
    (read,), _ = cut([page], uri="file:///r.md", title="Report")
    assert [read.text[unit.start : unit.end] for unit in read.units] == [
        "Report",
        "Place: grinding room",
        "Date: 3 April, 09:20",
        "Witness:",
    ]


def test_a_colon_in_prose_begins_no_line(tmp_path: Path) -> None:
    (page,) = parse_of(
        tmp_path, "They met at\n09:20 and spoke of this:\nthe guard. See\nhttps://example.org for more.\n"
    )
    assert page.text == ("They met at 09:20 and spoke of this: the guard. See https://example.org for more.")


def parse_of(folder: Path, text: str) -> tuple[Page, ...]:
    path = folder / "latex.md"
    path.write_text(text)
    return tuple(parse(path).pages)
