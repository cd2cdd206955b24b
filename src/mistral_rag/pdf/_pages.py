"""Sheets to pages: running lines are recognised across pages, and printed lines grouped into blocks."""

from collections.abc import Sequence
from pathlib import Path

from mistral_rag.pdf._blocks import blocks_of, body_height
from mistral_rag.pdf._document import PdfFile
from mistral_rag.pdf._running import running_lines
from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.cellwise import cell_by_cell
from mistral_rag.pdf._tables.pages import tables_of, with_tables
from mistral_rag.schema import Block, Locator, Page, clean_text
from mistral_rag.text import drop_invisible


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
    made = [
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
    return [_with_comments(cell_by_cell(page), sheet.comments) for page, sheet in zip(made, sheets, strict=True)]


def _with_comments(page: Page, comments: Sequence[str]) -> Page:
    """The page with what people have noted on it behind its own text: units of their own kind, without boxes."""
    text, blocks = page.text, list(page.blocks)
    for comment in comments:
        words = drop_invisible(clean_text(comment)).strip()
        if words:
            text += f"\n\n{words}" if text else words
            blocks.append(Block(start=len(text) - len(words), end=len(text), kind="comment", origin="markup"))
    return page if text == page.text else page.model_copy(update={"text": text, "blocks": tuple(blocks)})
