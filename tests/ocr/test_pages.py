"""One page of a reply becomes ours, whatever the reply holds."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from mistral_rag.ocr._pages.pages import BadPageError, read_page
from mistral_rag.ocr._result import OcrPage
from mistral_rag.schema import Box, Locator, Page, Table

FIRST = Locator(kind="page", number=1)
SIZE = {"dpi": 200, "width": 1000, "height": 2000}


def page(markdown: str, **more: Any) -> OcrPage:
    return read_page({"index": 0, "markdown": markdown, "images": [], "dimensions": SIZE, **more}, FIRST)


def block(kind: str, content: str, *box: float, **more: Any) -> dict[str, Any]:
    left, top, right, bottom = box or (0, 0, 1000, 2000)
    sides = {"top_left_x": left, "top_left_y": top, "bottom_right_x": right, "bottom_right_y": bottom}
    return {"type": kind, "content": content, **sides, **more}


def blocks(read: OcrPage) -> list[tuple[str, str, Box | None]]:
    return [(one.kind, read.text[one.start : one.end], one.box) for one in read.blocks]


def test_a_page_has_its_size_in_points_and_its_blocks_in_fractions() -> None:
    read = page("# Title\n\nText", blocks=[block("title", "# Title", 100, 200, 900, 300)])
    assert (read.width, read.height) == (360.0, 720.0)
    assert blocks(read) == [("title", "Title", Box(left=0.1, top=0.1, right=0.9, bottom=0.15)), ("text", "Text", None)]
    assert {one.origin for one in read.blocks} == {"mistral-ocr"}


def test_the_platform_says_what_a_block_is() -> None:
    named = [block("caption", "Figure 1"), block("references", "[1] A book"), block("aside_text", "note")]
    kinds = [one.kind for one in page("Figure 1\n\n[1] A book\n\nnote\n\nplain", blocks=named).blocks]
    assert kinds == ["caption", "references", "aside", "text"]


def test_blocks_that_share_a_paragraph_part_it() -> None:
    named = [block("text", "one two", 0, 0, 10, 10), block("list", "three", 0, 10, 10, 20)]
    found = blocks(page("one two\nthree", blocks=named))
    assert [(kind, text.strip()) for kind, text, _ in found] == [("text", "one two"), ("list", "three")]


def test_a_block_is_found_whatever_its_marks_and_blanks() -> None:
    named = [block("text", "<p>Net   sales</p>", 0, 0, 500, 500)]
    assert blocks(page("**Net**\nsales", blocks=named))[0][2] == Box(left=0, top=0, right=0.5, bottom=0.25)


def test_header_and_footer_are_blocks_apart() -> None:
    read = page("Body", header="ACME **10-K**", footer="12", blocks=[block("header", "ACME **10-K**", 0, 0, 1000, 100)])
    assert read.text == "ACME 10-K\n\nBody\n\n12"
    assert [(kind, text) for kind, text, _ in blocks(read)] == [
        ("header", "ACME 10-K"),
        ("text", "Body"),
        ("footer", "12"),
    ]
    assert (read.header, read.footer) == ("ACME **10-K**", "12")
    assert read.blocks[0].box == Box(left=0, top=0, right=1, bottom=0.05)


def test_a_title_that_says_what_the_header_says_keeps_its_own_box() -> None:
    named = [block("header", "ACME", 0, 0, 1000, 100), block("title", "# ACME", 0, 200, 1000, 300)]
    read = page("# ACME\n\nText", header="ACME", blocks=named)
    tops = [(kind, box and box.top) for kind, _, box in blocks(read)]
    assert tops == [("header", 0), ("title", 0.1), ("text", None)]


def test_parts_of_a_header_have_boxes_of_their_own() -> None:
    named = [block("header", "ACME", 0, 0, 400, 100), block("header", "10-K", 600, 0, 1000, 100)]
    found = blocks(page("Text", header="ACME 10-K", blocks=named))
    assert [(text.strip(), box and box.left) for _, text, box in found] == [("ACME", 0), ("10-K", 0.6), ("Text", None)]


def test_tables_keep_their_source_cells_and_box() -> None:
    html = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    read = page(
        "x [tbl-0.html](tbl-0.html)",
        tables=[{"id": "tbl-0.html", "content": html, "format": "html"}],
        blocks=[block("table", html, 0, 0, 500, 500, table_id="tbl-0.html")],
    )
    [table] = read.tables
    assert (table.header, table.rows, table.content, table.format) == ((("a",),), (("1",),), html, "html")
    assert read.text[table.start : table.end] == "a\n1"
    assert table.box == Box(left=0, top=0, right=0.5, bottom=0.25)
    assert [one.kind for one in read.blocks] == ["text", "table", "table"]


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        (
            "<table><tr><th rowspan=2>Region</th><th colspan=2>Staff</th></tr><tr><th>2024</th><th>2025</th></tr>"
            "<tr><td rowspan=2>South</td><td>30</td><td></td></tr><tr><td>31</td><td>**33**</td></tr></table>",
            ["Staff, 2024: 30 (row South)", "Staff, 2024: 31 (row South)", "Staff, 2025: 33 (row South)"],
        ),
        (
            "| | 2024 | 2025 |\n|---|---|---|\n| Net *sales* | $\\$ 5$ | |\n| Costs | 4 &amp; 5 | 6 |",
            ["2024: $5 (row Net sales)", "2024: 4 & 5 (row Costs)", "2025: 6 (row Costs)"],
        ),
        (
            "| Grade | Carbon | Silicon |\n| SNB22 | 0.39 | 0.2 |",
            ["Carbon: 0.39 (row SNB22)", "Silicon: 0.2 (row SNB22)"],
        ),
        (
            "<table><caption>Fees (in EUR)</caption><tr><td>**Grade**</td><td>**Fee**</td></tr>"
            "<tr><td>A</td><td>5</td></tr></table>",
            ["Fee: 5 (row A)"],
        ),
    ],
)
def test_tables_have_cells_as_those_of_other_pages(markdown: str, found: list[str]) -> None:
    read = page(f"Before\n\n{markdown}\n\nafter")
    plain = read.plain()
    assert [str(value) for value in plain.cell_values(0, len(plain.text))] == found
    assert [str(value) for value in read.cell_values(0, len(read.text))] == found
    assert {type(table) for table in plain.tables} == {Table}
    assert Page.model_validate_json(plain.model_dump_json()) == plain


def test_every_word_has_its_confidence_at_its_place() -> None:
    markdown = "**Net** sales\n\n[tbl-0.html](tbl-0.html)"
    html = "<table><tr><td>7 &amp; 8</td></tr></table>"
    words = [("**Net**", 0.9, 0), ("sales", 0.5, 8), ("[tbl-0.html](tbl-0.html)", 0.1, 15)]
    scores = [{"text": text, "confidence": sure, "start_index": at} for text, sure, at in words]
    read = page(
        markdown,
        confidence_scores={
            "average_page_confidence_score": 0.8,
            "minimum_page_confidence_score": 0.5,
            "word_confidence_scores": scores,
        },
        tables=[
            {
                "id": "tbl-0.html",
                "content": html,
                "word_confidence_scores": [{"text": "&amp;", "confidence": 0.25, "start_index": html.index("&")}],
            }
        ],
    )
    found = [(read.text[word.start : word.end], round(word.confidence, 2)) for word in read.scores]
    assert found == [("Net", 0.9), ("sales", 0.5), ("&", 0.25)]
    assert (read.confidence, read.lowest_confidence) == (0.8, 0.5)
    assert read.scores.lowest(0, 3) == pytest.approx(0.9, abs=1e-4)
    assert read.scores.lowest(9, 9) is None


def test_a_word_with_a_wrong_index_is_looked_for_nearby() -> None:
    scores = [{"text": "b", "confidence": 0.5, "start_index": 99}, {"text": "zz", "confidence": 0.5, "start_index": 0}]
    read = page("a b", confidence_scores={"word_confidence_scores": scores})
    assert [(word.start, word.end) for word in read.scores] == [(2, 3)]
    assert read.confidence == pytest.approx(0.5, abs=1e-4)


def test_a_page_below_the_threshold_is_doubtful() -> None:
    raw = {"markdown": "a", "confidence_scores": {"average_page_confidence_score": 0.7}}
    assert read_page(raw, FIRST, doubtful_below=0.75).doubtful
    assert not read_page(raw, FIRST, doubtful_below=0.7).doubtful
    assert not read_page({"markdown": "a"}, FIRST, doubtful_below=1.0).doubtful


class Picture(BaseModel):
    kind: str


def images(*given: Any, target: type[BaseModel] | None = Picture) -> OcrPage:
    raw = {"markdown": "a ![i](i) b", "images": [{"id": "i", "image_annotation": one} for one in given]}
    return read_page(raw, FIRST, annotation=target)


def test_a_picture_has_place_bytes_and_annotation() -> None:
    sides = {"top_left_x": 0, "top_left_y": 0, "bottom_right_x": 500, "bottom_right_y": 2000}
    image = {"id": "i", **sides, "image_base64": "data:image/jpeg;base64,/9g=", "image_annotation": '{"kind": "map"}'}
    raw = {"markdown": "a\n\n![i](i)\n\nb", "dimensions": SIZE, "images": [image]}
    [found] = read_page(raw, FIRST, annotation=Picture).images
    assert (found.at, found.content, found.annotation) == (1, b"\xff\xd8", Picture(kind="map"))
    assert found.box == Box(left=0, top=0, right=0.5, bottom=1)


def test_an_annotation_without_a_class_stays_a_dict() -> None:
    assert images('{"kind": 1}', target=None).images[0].annotation == {"kind": 1}


@pytest.mark.parametrize("given", ['{"kind": 1}', "{", "[]"])
def test_an_annotation_that_does_not_fit_is_a_problem(given: str) -> None:
    read = images(given)
    assert read.images[0].annotation is None
    assert read.problems[0].startswith("the annotation of image i can't be used: ")


def test_bad_base64_is_no_picture() -> None:
    raw = {"markdown": "", "images": [{"id": "i", "image_base64": "data:image/png;base64,!!!"}, {"id": "j"}]}
    assert [image.content for image in read_page(raw, FIRST).images] == [None, None]


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((-50, -50, 500, 1000), Box(left=0, top=0, right=0.5, bottom=0.5)),
        ((500, 0, 9999, 9999), Box(left=0.5, top=0, right=1, bottom=1)),
        ((1200, 0, 1300, 100), None),
        ((500, 500, 100, 100), None),
        ((0, 0, 0, 0), None),
        ((math.nan, 0, 100, 100), None),
        ((0, 0, math.inf, 100), None),
        ((0, 0, 10**400, 100), None),
    ],
)
def test_boxes_stay_on_the_page(box: tuple[float, ...], expected: Box | None) -> None:
    assert page("a", blocks=[block("text", "a", *box)]).blocks[0].box == expected


def test_offsets_of_the_platform_hold_in_text_that_was_cleaned() -> None:
    read = page(
        "a\r\nb\x00c \ud800d",
        confidence_scores={"word_confidence_scores": [{"text": "b\x00c", "confidence": 1, "start_index": 3}]},
    )
    assert read.text == "a\nb c \ufffdd"
    assert [(word.start, word.end) for word in read.scores] == [(2, 5)]


def test_control_characters_do_not_come_in_by_their_names() -> None:
    read = page("a&#13;b&#12;c&#1;d&#xFFFE;e&#xD800;f&Tab;g")
    assert read.text == "a\nb cde\ufffdf\tg"


@pytest.mark.parametrize("raw", [None, 5, [], {}, {"markdown": None}, {"markdown": 5}])
def test_a_page_without_text_is_none(raw: Any) -> None:
    with pytest.raises(BadPageError, match="holds no text for this page"):
        read_page(raw, FIRST)


def test_a_page_without_its_extras_is_a_plain_page() -> None:
    read = page("# Title", blocks=[block("title", "# Title")])
    plain = read.plain()
    assert type(plain) is Page
    assert Page.model_validate_json(plain.model_dump_json()) == plain
    assert OcrPage.model_validate_json(read.model_dump_json()) == read


NAMES = """id content type text confidence start_index dpi width height top_left_x top_left_y bottom_right_x
bottom_right_y word_confidence_scores table_id image_base64 image_annotation average_page_confidence_score"""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 3000) | st.floats() | st.text(max_size=8) | st.sampled_from(["a", "i"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=6),
    max_leaves=12,
)
FIELDS = ["images", "tables", "hyperlinks", "header", "footer", "dimensions", "confidence_scores", "blocks"]


@given(st.text(alphabet="a #|*[](tbl-0.html)\n", max_size=40), st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_no_reply_breaks_a_page(markdown: str, more: dict[str, Any]) -> None:
    read = read_page({"markdown": markdown, **more}, FIRST)
    again = OcrPage.model_validate(json.loads(read.model_dump_json()))
    assert again.text == read.text
