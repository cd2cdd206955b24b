"""Sheets to pages: running lines are recognised across pages, and printed lines grouped into blocks."""

from collections.abc import Sequence
from pathlib import Path

from mistral_rag.pdf._blocks import blocks_of, body_height
from mistral_rag.pdf._document import PdfFile, Sheet
from mistral_rag.pdf._running import running_lines
from mistral_rag.pdf._tables.pages import tables_of, with_tables
from mistral_rag.schema import Locator, Page


def read_page(pdf: PdfFile, number: int) -> Page:
    """Read page `number` (from 1) alone: without its neighbours, running headers and footers are not recognised."""
    return pages_of([pdf.sheet(number)], labels=[pdf.label(number)])[0]


def read_pages(path: Path) -> list[Page]:
    """Read all pages of a file; raises ParseError when the file or one of its pages can't be read."""
    with PdfFile(path) as pdf:
        numbers = range(1, len(pdf) + 1)
        return pages_of([pdf.sheet(n) for n in numbers], labels=[pdf.label(n) for n in numbers])


def pages_of(sheets: Sequence[Sheet], *, labels: Sequence[str]) -> list[Page]:
    """Make pages of the sheets of one document; a label of the file wins over the number printed on the page."""
    body = body_height(sheets)
    runs = running_lines(sheets)
    tables = tables_of(sheets, running=[running.lines for running in runs])
    return [
        Page(
            locator=Locator(kind="page", number=sheet.number, label=label or running.label),
            text=sheet.text,
            width=sheet.width,
            height=sheet.height,
            words=sheet.words,
            blocks=with_tables(blocks_of(sheet, running=running.lines, body=body), found, sheet.text),
            tables=found,
        )
        for sheet, label, running, found in zip(sheets, labels, runs, tables, strict=True)
    ]
