"""What is drawn and where: pixels of the PNG, attributes of the SVG."""

import io
import re

from PIL import Image

from mistral_rag.overlay import (
    CITATION_LEGEND,
    Layer,
    Mark,
    MarkStyle,
    PageView,
    Raster,
    Section,
    cell_lines,
    citation_layers,
    html_page,
    png,
    reading_layers,
)
from mistral_rag.schema import Block, Box, Locator, Page, Span, WordBoxes

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
HALF = Box(left=0.25, top=0.25, right=0.75, bottom=0.5)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def quoted(page: Page, words: str) -> Span:
    start = page.text.index(words)
    boxes = tuple(word.box for word in page.words.between(start, start + len(words)))
    return Span(
        page=3,
        locator=page.locator,
        start=start,
        end=start + len(words),
        quote=words,
        boxes=boxes,
        box_precision="word",
        text_sha256=page.text_sha256,
    )


def drawn(page: Page, white: Raster, *marks: Mark) -> Image.Image:
    return opened(png([PageView(page, (Layer("test", "Test", marks),), white)]))


def test_an_area_is_tinted_and_outlined_in_its_colour(page: Page, white: Raster) -> None:
    image = drawn(page, white, Mark((HALF,), MarkStyle("#0072B2", fill=0.5, width=2.0)))
    assert image.getpixel((400, 150)) == (128, 184, 216)
    assert image.getpixel((200, 150)) == (0, 114, 178)
    assert image.getpixel((190, 150)) == (255, 255, 255)


def test_black_letters_stay_black_under_a_tint(page: Page) -> None:
    black = Raster(800, 400, b"\x00" * (800 * 400 * 3))
    image = drawn(page, black, Mark((HALF,), MarkStyle("#E69F00", fill=0.38)))
    assert image.getpixel((400, 150)) == (0, 0, 0)


def test_a_hatched_area_has_lines_of_its_colour(page: Page, white: Raster) -> None:
    image = drawn(page, white, Mark((HALF,), MarkStyle("#D55E00", fill=0.2, hatched=True)))
    row = {image.getpixel((x, 150)) for x in range(210, 590)}
    assert len(row) == 2


def test_a_label_is_black_on_light_colours_and_white_on_dark_ones(page: Page) -> None:
    letter = page.model_copy(update={"width": 612.0, "height": 792.0})
    white = Raster(1224, 1584, b"\xff" * (1224 * 1584 * 3))
    light = drawn(letter, white, Mark((HALF,), MarkStyle("#E69F00"), label="III"))
    dark = drawn(letter, white, Mark((HALF,), MarkStyle("#0072B2"), label="III"))
    inside = (885, 380, 916, 394)
    # the orange itself has a brightness of 162, the blue of 87
    assert light.crop(inside).convert("L").getextrema() == (0, 162)
    assert dark.crop(inside).convert("L").getextrema() == (87, 255)


def test_a_tiny_box_is_still_seen(page: Page, white: Raster) -> None:
    speck = Box(left=0.5, top=0.5, right=0.5, bottom=0.5)
    image = drawn(page, white, Mark((speck,), MarkStyle("#000000", fill=1.0)))
    assert image.getpixel((400, 200)) == (0, 0, 0)


def tags(page: Page, white: Raster, *marks: Mark) -> list[tuple[float, ...]]:
    """Left, top, width and height of the labels."""
    source = html_page("x", [Section("x", PageView(page, (Layer("test", "Test", marks),), white))])
    found = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill', source)
    return [tuple(map(float, sides)) for sides in found]


def test_a_label_stands_off_words_where_there_is_room(white: Raster) -> None:
    mark = Mark((Box(left=0.3, top=0.4, right=0.5, bottom=0.44),), MarkStyle("#0072B2"), label="A")
    locator = Locator(kind="page", number=1)
    empty = Page(locator=locator, text="", width=612.0, height=792.0)
    words = WordBoxes.pack([(0, 4, 0.2, 0.37, 0.6, 0.395)])
    line_above = Page(locator=locator, text="some", width=612.0, height=792.0, words=words)
    # above its upper right corner; before it, where a line stands above
    assert tags(empty, white, mark) == [(297.0, 307.8, 9.0, 9.0)]
    assert tags(line_above, white, mark) == [(174.6, 316.8, 9.0, 9.0)]


def test_a_label_stands_on_white_of_another_region_sooner_than_on_words(white: Raster) -> None:
    above = Mark((Box(left=0.1, top=0.3, right=0.5, bottom=0.4),), MarkStyle("#0072B2"), label="A", place="beside")
    below = Mark((Box(left=0.1, top=0.41, right=0.5, bottom=0.5),), MarkStyle("#0072B2"), label="B", place="beside")
    # the other column begins where labels would stand, and the last line above is short
    records = [(0, 1, 0.505, 0.3, 0.9, 0.5), (1, 2, 0.1, 0.385, 0.3, 0.398), (2, 3, 0.1, 0.411, 0.5, 0.6)]
    words = WordBoxes.pack(records)
    page = Page(locator=Locator(kind="page", number=1), text="abc", width=612.0, height=792.0, words=words)
    # both above their upper right corners
    assert tags(page, white, above, below) == [(297.0, 228.6, 9.0, 9.0), (297.0, 315.72, 9.0, 9.0)]


def test_numbers_share_a_margin_unless_regions_stand_side_by_side(white: Raster) -> None:
    def numbers(*boxes: tuple[float, float, float, float]) -> list[float]:
        names = ("left", "top", "right", "bottom")
        blocks = [Block(start=0, end=1, kind="text", box=Box(**dict(zip(names, box, strict=True)))) for box in boxes]
        locator = Locator(kind="page", number=1)
        page = Page(locator=locator, text="x", width=612.0, height=792.0, blocks=tuple(blocks))
        (order,) = [layer for layer in reading_layers(page) if layer.name == "order"]
        source = html_page("x", [Section("x", PageView(page, (order,), white))])
        return [float(left) for left in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="9"', source)]

    centred, full = (0.4, 0.1, 0.6, 0.15), (0.1, 0.2, 0.9, 0.3)
    left, right = (0.1, 0.2, 0.45, 0.8), (0.55, 0.2, 0.9, 0.8)
    assert numbers(centred, full) == [49.2, 49.2]
    assert numbers(centred, left, right) == [232.8, 49.2, 324.6]


def test_labels_of_marks_at_one_place_lie_apart(page: Page, white: Raster) -> None:
    marks = [Mark((HALF,), MarkStyle("#0072B2"), label=f"label {number}") for number in range(4)]
    found = tags(page, white, *marks)
    assert len(found) == 4
    for at, (left, top, width, height) in enumerate(found):
        for other_left, other_top, other_width, other_height in found[:at]:
            apart_across = left + width <= other_left + 0.02 or other_left + other_width <= left + 0.02
            apart_down = top + height <= other_top + 0.02 or other_top + other_height <= top + 0.02
            assert apart_across or apart_down


def test_the_quote_and_its_heads_are_marked_in_two_colours(page: Page, white: Raster) -> None:
    layers = citation_layers(page, [quoted(page, "B-07 289")])
    assert [layer.name for layer in layers] == ["header", "quote", "cells"]
    image = opened(png([PageView(page, layers, white)], legend=CITATION_LEGEND, notes=["[1] Stock"]))
    # orange over 289, blue over Actual above it, nothing over Missing beside it
    assert image.getpixel((340, 170)) == (246, 219, 158)
    assert image.getpixel((380, 128)) == (204, 227, 240)
    assert image.getpixel((600, 128)) == (255, 255, 255)
    assert image.height > 400


def test_the_value_is_labelled_with_its_head(page: Page) -> None:
    cells = citation_layers(page, [quoted(page, "B-07 289")])[2]
    assert [(mark.label, mark.title) for mark in cells.marks] == [("Actual", "Actual: 289 (row B-07)")]


def test_long_heads_are_letters_that_the_lines_below_explain(page: Page) -> None:
    (table,) = page.tables
    named = table.model_copy(update={"columns": ("Part", "Nine Months Ended, July 1, 2023", "Missing")})
    other = page.model_copy(update={"tables": (named,)})
    span = quoted(page, "B-07 289")
    assert [mark.label for mark in citation_layers(other, [span])[2].marks] == ["A"]
    assert cell_lines(other, [span]) == ("A: Nine Months Ended, July 1, 2023: 289 (row B-07)",)
    assert cell_lines(page, [span]) == ("Actual: 289 (row B-07)",)


def test_a_header_span_is_not_marked_twice(page: Page) -> None:
    header = quoted(page, "Part Actual Missing").model_copy(update={"role": "header"})
    heads = citation_layers(page, [header, quoted(page, "B-07 289")])[0]
    assert [mark.title for mark in heads.marks] == ["column of 289: Actual"]
    bare = page.model_copy(update={"tables": ()})
    assert [mark.title for mark in citation_layers(bare, [header, quoted(page, "B-07 289")])[0].marks] == [
        "header: Part Actual Missing"
    ]


def test_the_row_label_is_marked_when_only_the_value_is_quoted(page: Page) -> None:
    heads = citation_layers(page, [quoted(page, "289")])[0]
    assert [mark.title for mark in heads.marks] == ["column of 289: Actual", "row of 289: B-07"]


def test_svg_boxes_are_in_points_of_the_page(page: Page, white: Raster) -> None:
    source = html_page("x", [Section("x", PageView(page, reading_layers(page), white))])
    assert '<svg class="page" viewBox="0 0 200 100"' in source
    cell = '<rect class="area" x="70" y="38" width="40" height="8" fill="#0072B2" fill-opacity="0.08"'
    assert cell in source
    assert "<title>Actual: 289 (row B-07)</title>" in source


def test_layers_are_switched_by_checkboxes_and_styles_alone(page: Page, white: Raster) -> None:
    source = html_page("x", [Section("x", PageView(page, reading_layers(page), white))])
    assert '<input class="switch" type="checkbox" id="show-regions" checked>' in source
    assert '<input class="switch" type="checkbox" id="show-units">' in source
    assert "#show-units:not(:checked) ~ main .layer-units { visibility: hidden; }" in source
    assert source.index('id="show-units"') < source.index("<main>") < source.index('class="layer-units"')


def test_the_file_holds_all_it_shows_and_may_load_nothing(page: Page, white: Raster) -> None:
    source = html_page("x", [Section("x", PageView(page, reading_layers(page), white))])
    assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in source
    assert set(re.findall(r'(?:src|href)="([^#"]{5})', source)) == {"data:"}
    assert "<script" not in source
    assert not re.search(r"\son[a-z]+=", source)


def test_titles_headings_facts_and_notes_are_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    page = Page(locator={"kind": "page", "number": 1}, text="")
    view = PageView(page, (Layer("test", evil, (Mark((HALF,), MarkStyle("#000000"), evil, evil),)),), None, (evil,))
    source = html_page(evil, [Section(evil, view, notes=(evil,))], facts=[evil])
    assert "<img" not in source
    assert source.count("&lt;img") == 7


def test_labels_that_the_font_lacks_are_left_out_of_a_png(page: Page, white: Raster) -> None:
    blank = drawn(page, white, Mark((HALF,), MarkStyle("#0072B2"), label="売上高"))
    assert blank.getpixel((595, 95)) == (255, 255, 255)
    assert drawn(page, white, Mark((HALF,), MarkStyle("#0072B2"), label="Café")).getpixel((598, 97)) == (0, 114, 178)
