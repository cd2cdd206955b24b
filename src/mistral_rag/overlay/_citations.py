"""Layers of a page that a citation quotes: the quoted words, and the heads of the cells among them."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from mistral_rag.overlay._lines import run_boxes
from mistral_rag.overlay._marks import BLUE, ORANGE, Layer, LegendEntry, Mark, MarkStyle
from mistral_rag.overlay._reading import cell_boxes, cell_title
from mistral_rag.overlay._text import TextRun, marked_text
from mistral_rag.schema import CellValue, Page, Span, Table, TableCell

QUOTE: Final = MarkStyle(ORANGE, fill=0.38, width=0.8, pad=1.0)
HEADER: Final = MarkStyle(BLUE, fill=0.2, width=0.8, pad=1.0, dashed=True)
CELL: Final = MarkStyle(BLUE, width=0.9, pad=1.0)
CITATION_LEGEND: Final = (
    LegendEntry(QUOTE, "quote"),
    LegendEntry(HEADER, "heads of the quoted cells"),
)
"""Colours of a citation's marks: of the quote, and of what names the quoted cells."""
MAX_LABEL: Final = 14
"""Characters of a head over a cell: more would cover the cells beside it."""
MAX_LETTERS: Final = 26
"""Cells with a letter; in a quote of more, letters would hide the print."""


def citation_layers(page: Page, spans: Sequence[Span]) -> tuple[Layer, ...]:
    """The layers of a page for the spans that stand on it, without those that hold nothing.

    What names the cells within the quote is marked as the header spans are.
    """
    quotes = [span for span in spans if span.role == "quote"]
    heads = [*_header_spans(page, spans), *_heads(page, quotes)]
    layers = (
        Layer("header", "Heads of the quoted cells", tuple(heads)),
        Layer("quote", "Quote", tuple(Mark(span.boxes, QUOTE, span.quote) for span in quotes if span.boxes)),
        Layer("cells", "Cells", tuple(_cells(page, quotes))),
    )
    return tuple(layer for layer in layers if layer.marks)


def quoted_text(page: Page, spans: Sequence[Span]) -> str:
    """The text of a page as HTML, with the spans that stand on it marked; for pages without a picture."""
    runs = [TextRun(span.start, span.end, span.role, span.role) for span in spans]
    return f'<div class="block"><p dir="auto">{marked_text(page.text, runs)}</p></div>'


def quoted_cells(page: Page, spans: Sequence[Span]) -> Iterator[tuple[Table, TableCell]]:
    """The value cells that begin within the spans, each with its table."""
    for table in page.tables:
        for cell in table.cells:
            begin = cell.runs[0][0] if cell.runs else -1
            if cell.role == "value" and any(span.start <= begin < span.end for span in spans):
                yield table, cell


def _header_spans(page: Page, spans: Sequence[Span]) -> Iterator[Mark]:
    """Header spans, but for those in a table whose cells say better which head is whose."""
    quotes = [span for span in spans if span.role == "quote"]
    tables = [table for table, _ in quoted_cells(page, quotes)]
    for span in spans:
        in_table = any(table.start < span.end and span.start < table.end for table in tables)
        if span.role == "header" and span.boxes and not in_table:
            yield Mark(span.boxes, HEADER, f"header: {span.quote}")


def _heads(page: Page, spans: Sequence[Span]) -> Iterator[Mark]:
    """The cells that name the columns and rows of the quoted values, but for those in the quote itself."""
    seen: set[tuple[int, int]] = set()
    for table, value in quoted_cells(page, spans):
        for cell in table.cells:
            if not cell.runs or cell.runs[0] in seen or not _names(cell, value):
                continue
            seen.add(cell.runs[0])
            quoted = any(span.start <= cell.runs[0][0] < span.end for span in spans)
            if not quoted and (boxes := run_boxes(page, cell.runs) or cell_boxes(page, cell)):
                yield Mark(boxes, HEADER, f"{cell.role} of {value.text(page.text)}: {cell.text(page.text)}")


def _names(cell: TableCell, value: TableCell) -> bool:
    """True when a cell is a head over a value or the label of its row."""
    over = cell.column < value.column + value.column_span and value.column < cell.column + cell.column_span
    beside = cell.row < value.row + value.row_span and value.row < cell.row + cell.row_span
    return (cell.role == "column" and over and cell.row < value.row) or (cell.role == "row" and beside)


def _cells(page: Page, spans: Sequence[Span]) -> Iterator[Mark]:
    for label, (table, cell) in zip(_labels(page, spans), quoted_cells(page, spans), strict=True):
        if boxes := run_boxes(page, cell.runs) or cell_boxes(page, cell):
            yield Mark(boxes, CELL, cell_title(page, table, cell), label)


def _labels(page: Page, spans: Sequence[Span]) -> list[str]:
    """The label over each quoted cell: the name of its column; letters where a name is too long, or there is none."""
    values = [value for table, cell in quoted_cells(page, spans) for value in _values(page, table, cell)]
    names = [value.column for value in values]
    if all(name and len(name) <= MAX_LABEL for name in names):
        return names
    return [chr(ord("A") + at) if at < MAX_LETTERS else "" for at in range(len(names))]


def _values(page: Page, table: Table, cell: TableCell) -> Iterator[CellValue]:
    start = cell.runs[0][0]
    yield from islice(table.values(page.text, start, start + 1), 1)


def cell_lines(page: Page, spans: Sequence[Span]) -> tuple[str, ...]:
    """The quoted cells in words, with the letter that stands over each in the picture where that is a letter."""
    quotes = [span for span in spans if span.role == "quote"]
    values = [value for table, cell in quoted_cells(page, quotes) for value in _values(page, table, cell)]
    lines = zip(_labels(page, quotes), values, strict=True)
    return tuple(str(value) if label in {"", value.column} else f"{label}: {value}" for label, value in lines)
