"""Pages of files that are not in the repository: cut out, and the words of regions that are labelled by their place.

These words come from poppler, in the order that it gives.
"""

import html
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from benchmarks._reading.truth import Document, PageTruth, Region

_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)"')


def cut_out(document: Document, folder: Path) -> tuple[Path, Document]:
    """A file of the labelled pages alone and the document with their numbers there; one of the set as it is."""
    if not document.shared:
        return document.path, document
    out = folder / f"{document.name}.pdf"
    writer = PdfWriter()
    reader = PdfReader(document.path)
    for page in document.pages:
        writer.add_page(reader.pages[page.number - 1])
    writer.write(out)
    return out, replace(document, pages=tuple(replace(page, number=at) for at, page in enumerate(document.pages, 1)))


def can_fill() -> bool:
    """True when there is a `pdftotext`."""
    return shutil.which("pdftotext") is not None


def filled(document: Document) -> Document:
    """The document with the words of its boxes as the text of its regions."""
    if not any(region.box for page in document.pages for region in page.regions):
        return document
    return replace(document, pages=tuple(_filled(document, page) for page in document.pages))


def _filled(document: Document, page: PageTruth) -> PageTruth:
    number = str(page.number)
    command: list[str | Path] = ["pdftotext", "-bbox", "-f", number, "-l", number, document.path, "-"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    size = _PAGE.search(printed)
    assert size
    width, height = map(float, size.groups())
    words = []
    for left, top, right, bottom, word in _WORD.findall(printed):
        x, y = (float(left) + float(right)) / 2 / width, (float(top) + float(bottom)) / 2 / height
        words.append((x, y, html.unescape(word)))
    return replace(page, regions=tuple(_with_text(region, words) for region in page.regions))


def _with_text(region: Region, words: list[tuple[float, float, str]]) -> Region:
    if region.box is None:
        return region
    left, top, right, bottom = region.box
    inside = (word for x, y, word in words if left <= x <= right and top <= y <= bottom)
    return replace(region, text=" ".join(inside))
