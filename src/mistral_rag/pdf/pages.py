"""Sheets become pages: what repeats on every page is told from what belongs to one, and lines become blocks."""

from pathlib import Path

from mistral_rag.pdf.document import PdfFile, Sheet
from mistral_rag.schema import Locator, Page


def read_page(pdf: PdfFile, number: int) -> Page:
    """Page `number` (from 1) on its own: running headers and footers are not known as such."""
    return pages_of([pdf.sheet(number)], labels=[pdf.label(number)])[0]


def read_pages(path: Path) -> list[Page]:
    """All pages of a file; raises ParseError when it can't be read, or one of its pages."""
    with PdfFile(path) as pdf:
        numbers = range(1, len(pdf) + 1)
        return pages_of([pdf.sheet(n) for n in numbers], labels=[pdf.label(n) for n in numbers])


def pages_of(sheets: list[Sheet], *, labels: list[str]) -> list[Page]:
    """The pages that sheets of one document become."""
    return [
        Page(
            locator=Locator(kind="page", number=sheet.number, label=label),
            text=sheet.text,
            width=sheet.width,
            height=sheet.height,
            words=sheet.words,
        )
        for sheet, label in zip(sheets, labels, strict=True)
    ]
