"""What nobody sees of a page: mixed colours, masks, blending, rules within rules; and menus beside a page's text."""

import pytest

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._texts.outline import Outline

SECRET = "<p>kept</p><div><p class=x>secret</p></div>"


def read(html: str) -> tuple[list[str], int]:
    """The lines of a page, and how many characters of it nobody sees."""
    outline = Outline()
    reader = HtmlReader(outline)
    reader.read(html)
    return [line for page in outline.pages() for line in page.text.splitlines() if line], reader.hidden


@pytest.mark.parametrize(
    "style",
    [
        ".x{color:color-mix(in srgb, white 100%, black)}",
        ".x{color:color-mix(in oklab, red 0%, #fff)}",
        ".x{color:color-mix(in srgb, black 0%, transparent)}",
        ".x{color:color-mix(in srgb, black 4%, white)}",
        ".x{mask:linear-gradient(transparent,transparent)}",
        ".x{-webkit-mask-image:linear-gradient(to right, #0000 0%, rgba(0,0,0,0) 100%)}",
        ".x{mix-blend-mode:screen}",
        ".x{mix-blend-mode:lighten}",
        "body{ .x{display:none} }",
        "body{ color:black; & .x{display:none} }",
        "p{ &.x{display:none} color:black }",
        "div{ > .x, .y{display:none} }",
        ".x{ @media screen{display:none} }",
        "@media screen{ div{ .x{display:none} } }",
        "@scope (body){.x{display:none}}",
        "@scope (.x){:scope{display:none}}",
        "div:has(> .x){display:none}",
        "div:has(p:is(.x)){display:none}",
    ],
)
def test_this_style_hides(style: str) -> None:
    assert read(f"<style>{style}</style>{SECRET}") == (["kept"], 6)


@pytest.mark.parametrize(
    "style",
    [
        ".x{color:color-mix(in oklab, red 60%, blue)}",
        ".x{color:color-mix(in srgb, white, black)}",
        ".x{mask-image:linear-gradient(black,transparent)}",
        ".x{mask:url(#a)}",
        ".x{mix-blend-mode:multiply}",
        "div{background:black} .x{color:white; mix-blend-mode:screen}",
        ".y{ .x{display:none} }",
        "p{ &.y{display:none} color:black }",
        ".x{ @media print{display:none} }",
        "@scope (.y){.x{display:none}}",
        "@scope (body) to (.y){.x{display:none}}",
        "div:has(> .y){display:none}",
    ],
)
def test_this_style_hides_nothing(style: str) -> None:
    assert read(f"<style>{style}</style>{SECRET}") == (["kept", "secret"], 0)


def test_rules_within_rules_end_at_some_depth() -> None:
    sheet = "a,b{" * 400 + "color:red" + "}" * 400
    assert read(f"<style>{sheet} .x{{display:none}}</style>{SECRET}") == (["kept"], 6)


POLICY = "All trips are to be booked two weeks before they begin, by train where possible."


@pytest.mark.parametrize(
    "menu",
    [
        "<a href=a>Home</a><br><a href=b>Products</a>",
        "<ul><li><a href=a>Home</a><li><a href=b>Products</a></ul>",
        "<p><a href=a><b>Home</b></a></p><p><a href=b>Products</a></p>",
    ],
)
def test_a_menu_beside_text_is_no_row(menu: str) -> None:
    lines, _ = read(f"<table><tr><td>{menu}</td><td>{POLICY}</td></tr></table>")
    assert lines[-1] == POLICY


def test_links_in_a_table_of_data_are_cells() -> None:
    lines, _ = read("<table><tr><td>Report</td><td><a href=a>PDF</a> <a href=b>XLS</a></td></tr></table>")
    assert lines == ["Report | PDF XLS"]
