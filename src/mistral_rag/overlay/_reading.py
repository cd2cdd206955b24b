"""Layers of a page as it was read: regions, their order, units, tables, words, and what was left out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mistral_rag.overlay._lines import line_boxes, run_boxes
from mistral_rag.overlay._marks import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Layer,
    LegendEntry,
    Mark,
    MarkStyle,
)
from mistral_rag.schema import Block, Box, Page, Table, TableCell

LAYERS: Final = ("regions", "order", "units", "tables", "hidden", "words")
"""Names of the layers, in the order in which they are drawn."""

_KINDS: Final = {
    "title": VERMILION,
    "text": BLUE,
    "list": GREEN,
    "table": PURPLE,
    "caption": ORANGE,
    "references": ORANGE,
    "code": SKY,
    "equation": SKY,
    "image": SKY,
}
"""Colours of blocks by kind; what repeats on every page or stands aside is grey. The label names the kind as well."""
_UNITS: Final = (MarkStyle(BLUE, fill=0.16), MarkStyle(ORANGE, fill=0.24))
"""Looks of units in turn, so that neighbours are told apart."""
_CELLS: Final = {
    "value": MarkStyle(BLUE, fill=0.08, width=0.7),
    "column": MarkStyle(ORANGE, fill=0.35, width=0.7),
    "row": MarkStyle(GREEN, fill=0.22, width=0.7),
    "group": MarkStyle(GREY, fill=0.22, width=0.7),
}
_EMPTY: Final = MarkStyle(GREY, width=0.7, dashed=True)
_HIDDEN: Final = MarkStyle(VERMILION, fill=0.2, width=1.2, hatched=True)
_WORD: Final = MarkStyle(SKY, width=0.6)
_TABLE: Final = MarkStyle(PURPLE, width=1.4, pad=3.0)
_NUMBER: Final = MarkStyle("#1A1A1A", fill=0.9, width=1.0)
_LEGEND: Final = (
    ("order", LegendEntry(_NUMBER, "1, 2, 3: reading order of the regions")),
    ("units", LegendEntry(_UNITS[0], "unit")),
    ("units", LegendEntry(_UNITS[1], "next unit")),
    ("tables", LegendEntry(_CELLS["value"], "value")),
    ("tables", LegendEntry(_CELLS["column"], "head of a column")),
    ("tables", LegendEntry(_CELLS["row"], "label of a row")),
    ("tables", LegendEntry(_CELLS["group"], "label of rows")),
    ("tables", LegendEntry(_EMPTY, "empty cell")),
    ("hidden", LegendEntry(_HIDDEN, "hidden text, left out")),
)
MAX_HIDDEN_LABELS: Final = 12
MAX_TITLE: Final = 300
"""Characters shown for whoever points at a mark: a few lines."""


@dataclass(frozen=True, slots=True)
class HiddenText:
    """A run of text that nobody sees on a page and that was left out.

    `box` is None beside the page; `text` is empty where it is not to be shown.
    """

    box: Box | None
    characters: int
    text: str = ""

    def __str__(self) -> str:
        said = "1 character" if self.characters == 1 else f"{self.characters} characters"
        where = "beside the page" if self.box is None else "hidden"
        return f"{where}, left out: {self.text or said}"


def reading_layers(page: Page, hidden: Sequence[HiddenText] = ()) -> tuple[Layer, ...]:
    """The layers of a page in the order of `LAYERS`, without those that hold nothing."""
    boxed = [block for block in page.blocks if block.box is not None]
    layers = (
        Layer("regions", "Regions", tuple(_region(page, block) for block in boxed)),
        Layer("order", "Reading order", tuple(_numbers(boxed)), route=True),
        Layer("units", "Units", tuple(_units(page)), shown=False),
        Layer("tables", "Table cells", tuple(_tables(page))),
        Layer("hidden", "Hidden text", tuple(_hidden(hidden))),
        Layer("words", "Words", tuple(_words(page)), shown=False),
    )
    return tuple(layer for layer in layers if layer.marks)


def reading_legend(layers: Iterable[Layer]) -> tuple[LegendEntry, ...]:
    """Meanings of the styles in these layers, as far as their labels don't say it."""
    used = {(layer.name, mark.style) for layer in layers for mark in layer.marks}
    return tuple(entry for name, entry in _LEGEND if (name, entry.style) in used)


def _region(page: Page, block: Block) -> Mark:
    color = _KINDS.get(block.kind, GREY)
    boxes = (block.box,) if block.box else ()
    title = f"{block.kind}, {block.origin}: {shortened(page.text[block.start : block.end])}"
    return Mark(boxes, MarkStyle(color, fill=0.05, width=1.1, pad=1.5), title, block.kind, "beside")


def _numbers(blocks: Iterable[Block]) -> Iterator[Mark]:
    for number, block in enumerate(blocks, 1):
        if block.box is not None:
            yield Mark((block.box,), _NUMBER, label=str(number), place="before")


def _units(page: Page) -> Iterator[Mark]:
    for at, unit in enumerate(page.units):
        if boxes := line_boxes(page, unit.start, unit.end):
            title = f"{at + 1}. {unit.kind}: {shortened(page.text[unit.start : unit.end])}"
            yield Mark(boxes, _UNITS[at % 2], title, name=f"unit{at + 1}")


def _tables(page: Page) -> Iterator[Mark]:
    for at, table in enumerate(page.tables):
        cells = _placed(page, table)
        for cell, boxes in cells:
            style = _CELLS[cell.role] if cell.runs else _EMPTY
            yield Mark(boxes, style, cell_title(page, table, cell))
        around = [table.box] if table.box else [box for _, boxes in cells for box in boxes]
        if around:
            yield Mark((Box.around(around),), _TABLE, label=table_label(table, at + 1))


def _placed(page: Page, table: Table) -> list[tuple[TableCell, tuple[Box, ...]]]:
    """The cells of a table with their boxes; an empty one without a box is where its column and its row meet."""
    found = {at: boxes for at, cell in enumerate(table.cells) if (boxes := cell_boxes(page, cell))}
    columns: dict[int, list[Box]] = defaultdict(list)
    rows: dict[int, list[Box]] = defaultdict(list)
    for at, boxes in found.items():
        cell = table.cells[at]
        if cell.column_span == 1:
            columns[cell.column] += boxes
        if cell.row_span == 1:
            rows[cell.row] += boxes
    for at, cell in enumerate(table.cells):
        if at not in found and columns[cell.column] and rows[cell.row]:
            across, down = Box.around(columns[cell.column]), Box.around(rows[cell.row])
            found[at] = (Box(left=across.left, top=down.top, right=across.right, bottom=down.bottom),)
    return [(cell, found[at]) for at, cell in enumerate(table.cells) if at in found]


def table_label(table: Table, number: int) -> str:
    """The name of a table of a page, with what is said of all its values."""
    more = [text for text in (table.scale, "goes on from the page before" if table.continued else "") if text]
    return f"table {number}" + (f" ({'; '.join(more)})" if more else "")


def cell_boxes(page: Page, cell: TableCell) -> tuple[Box, ...]:
    """The box of a cell, or those of its words where it has none."""
    return (cell.box,) if cell.box is not None else run_boxes(page, cell.runs)


def cell_title(page: Page, table: Table, cell: TableCell) -> str:
    """A cell in words: "Actual: 289 (row B-07)", or its part and place in the table."""
    if cell.role == "value" and cell.runs:
        start = cell.runs[0][0]
        values = [str(value) for value in table.values(page.text, start, start + 1)]
        if values:
            return values[0]
    place = f"row {cell.row + 1}, column {cell.column + 1}"
    if not cell.runs:
        return f"empty cell, {place}"
    parts = {"column": "head of its column", "row": "label of its row", "group": "label of the rows below"}
    return f"{cell.text(page.text)} ({parts.get(cell.role, 'value')}, {place})"


def _hidden(runs: Iterable[HiddenText]) -> Iterator[Mark]:
    shown = [(run, run.box) for run in runs if run.box is not None]
    # labels of more than a few would cover the page; the hatching says the same
    label = "hidden" if len(shown) <= MAX_HIDDEN_LABELS else ""
    for run, box in shown:
        yield Mark((box,), _HIDDEN, str(run), label)


def _words(page: Page) -> Iterator[Mark]:
    for word in page.words:
        yield Mark((word.box,), _WORD, page.text[word.start : word.end])


def shortened(text: str) -> str:
    """A text in one line, of at most `MAX_TITLE` characters."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_TITLE else f"{line[: MAX_TITLE - 1]}…"
