"""Layers of a page that a citation quotes: the quoted words, and the heads of the cells among them."""

from collections.abc import Iterator, Sequence
from typing import Final

from mistral_rag.overlay._lines import run_boxes
from mistral_rag.overlay._marks import BLUE, ORANGE, Layer, LegendEntry, Mark, MarkStyle
from mistral_rag.overlay._reading import cell_boxes
from mistral_rag.overlay._text import TextRun, marked_text
from mistral_rag.schema import Page, Span, Table, TableCell

QUOTE: Final = MarkStyle(ORANGE, fill=0.38, width=0.8, pad=1.0)
HEADER: Final = MarkStyle(BLUE, fill=0.2, width=0.8, pad=1.0, dashed=True)
CELL: Final = MarkStyle(BLUE, width=0.9)
CITATION_LEGEND: Final = (
    LegendEntry(QUOTE, "quote"),
    LegendEntry(HEADER, "heads of the quoted cells"),
)
"""Colours of a citation's marks: of the quote, and of what names the quoted cells."""
MAX_LABEL: Final = 28
"""Characters of a head over a cell: more would cover the cells beside it."""


def citation_layers(page: Page, spans: Sequence[Span]) -> tuple[Layer, ...]:
    """The layers of a page for the spans that stand on it, without those that hold nothing.

    What names the cells within the quote is marked as the header spans are.
    """
    quotes = [span for span in spans if span.role == "quote"]
    heads = [*_header_spans(spans), *_heads(page, quotes)]
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


def _header_spans(spans: Sequence[Span]) -> Iterator[Mark]:
    for span in spans:
        if span.role == "header" and span.boxes:
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
    for table, cell in quoted_cells(page, spans):
        found = next(table.values(page.text, cell.runs[0][0], cell.runs[0][0] + 1), None)
        boxes = run_boxes(page, cell.runs) or cell_boxes(page, cell)
        if found is not None and boxes:
            head = found.column or found.row
            label = head if len(head) <= MAX_LABEL else f"{head[: MAX_LABEL - 1]}…"
            yield Mark(boxes, CELL, str(found), label=label)
