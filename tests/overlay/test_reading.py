"""Layers of a page as it was read: what is marked, where, and what is said of it."""

import pytest

from mistral_rag.overlay import HiddenText, Layer, read_text, reading_layers, reading_legend, tables
from mistral_rag.schema import Box, Page


def layer(page: Page, name: str, *hidden: HiddenText) -> Layer:
    return next(layer for layer in reading_layers(page, hidden) if layer.name == name)


def titles(found: Layer) -> list[str]:
    return [mark.title for mark in found.marks]


def test_regions_are_the_blocks_with_their_kinds(page: Page) -> None:
    regions = layer(page, "regions")
    assert [mark.label for mark in regions.marks] == ["title", "table"]
    assert titles(regions) == ["title, text-layer: Stock", "table, text-layer: Part Actual Missing B-07 289"]
    assert regions.marks[0].boxes == (Box(left=0.1, top=0.1, right=0.2, bottom=0.14),)


def test_the_order_is_numbers_along_a_line(page: Page) -> None:
    order = layer(page, "order")
    assert [mark.label for mark in order.marks] == ["1", "2"]
    assert order.route


def test_units_are_marked_word_by_word_of_a_line(page: Page) -> None:
    units = layer(page, "units")
    assert titles(units) == ["1. heading: Stock", "2. row: Part Actual Missing", "3. row: B-07 289"]
    # cells far apart are boxes of their own: what lies between them is not in the unit
    assert [len(mark.boxes) for mark in units.marks] == [1, 3, 2]
    assert units.marks[2].name == "unit3"


def test_cells_say_their_value_under_its_head(page: Page) -> None:
    assert titles(layer(page, "tables"))[:6] == [
        "Part (head of its column, row 1, column 1)",
        "Actual (head of its column, row 1, column 2)",
        "Missing (head of its column, row 1, column 3)",
        "B-07 (label of its row, row 2, column 1)",
        "Actual: 289 (row B-07)",
        "empty cell, row 2, column 3",
    ]
    assert layer(page, "tables").marks[6].label == "table 1 (EUR)"


def test_an_empty_cell_is_where_its_column_and_its_row_meet(page: Page) -> None:
    (table,) = page.tables
    cells = tuple(cell.model_copy(update={"box": None}) for cell in table.cells)
    bare = page.model_copy(update={"tables": (table.model_copy(update={"cells": cells}),)})
    (box,) = layer(bare, "tables").marks[5].boxes
    assert [round(side, 2) for side in (box.left, box.top, box.right, box.bottom)] == [0.7, 0.4, 0.8, 0.44]


def test_the_legend_names_what_is_drawn(page: Page) -> None:
    said = [entry.text for entry in reading_legend([layer(page, "tables")])]
    assert said == ["value", "head of a column", "label of a row", "empty cell"]


def test_hidden_text_is_marked_where_it_stands(page: Page) -> None:
    box = Box(left=0.5, top=0.8, right=0.9, bottom=0.85)
    hidden = layer(page, "hidden", HiddenText(box, 12), HiddenText(None, 5))
    assert titles(hidden) == ["hidden, left out: 12 characters"]
    assert hidden.marks[0].boxes == (box,)
    assert hidden.marks[0].style.hatched


def test_the_words_of_hidden_text_are_said_when_they_are_given() -> None:
    box = Box(left=0.5, top=0.8, right=0.9, bottom=0.85)
    assert str(HiddenText(box, 4, "Anna")) == "hidden, left out: Anna"
    assert str(HiddenText(None, 1)) == "beside the page, left out: 1 character"


def test_a_page_without_boxes_has_no_layers(page: Page) -> None:
    bare = Page(locator=page.locator, text=page.text)
    assert reading_layers(bare) == ()


def test_the_text_has_its_units_and_cells_marked(page: Page) -> None:
    text = read_text(page, prefix="p-")
    assert '<b class="kind">1 title</b>' in text
    assert '<a href="#p-unit1" class="unit unit-0" title="unit 1: heading">Stock</a>' in text
    value = '<a href="#p-unit3" class="unit unit-0 cell-value" title="Actual: 289 (row B-07)">289</a>'
    assert value in text


def test_tables_are_grids_of_their_cells(page: Page) -> None:
    grid = tables(page)
    assert "<h3>table 1 (EUR)</h3>" in grid
    assert '<td class="cell-value" title="Actual: 289 (row B-07)">289</td>' in grid
    assert '<td class="cell-empty" title="empty cell, row 2, column 3"></td>' in grid


@pytest.mark.parametrize("markup", ["<script>alert(1)</script>", "</title><img src=x>", '"><b onmouseover=x>', "&lt;"])
def test_markup_in_a_document_stays_text(markup: str) -> None:
    page = Page(locator={"kind": "section", "number": 1}, text=markup, units=({"start": 0, "end": len(markup)},))
    text = read_text(page, prefix="p-")
    assert "<script" not in text
    assert "<img" not in text
    assert "<b onmouseover" not in text
    assert markup.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;") in text
