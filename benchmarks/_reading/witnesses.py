"""Lines of a page that two recognisers read alike from its picture: what is printed, without a person's labels.

Tesseract and the recogniser of this machine (rapidocr) share neither models nor code.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks._reading.characters import normal, wrong
from benchmarks._reading.truth import Document
from mistral_rag.local.ocr import LocalOCR, is_installed
from mistral_rag.schema import Page

DPI = 200
"""Tesseract's models were trained on lines of about this resolution."""
MIN_LINE = 12
"""Characters: what is shorter stands somewhere by chance."""


def can_witness() -> bool:
    """True when both recognisers and `pdftoppm` are installed."""
    return is_installed() and all(map(shutil.which, ("tesseract", "pdftoppm")))


def witnessed(path: Path, document: Document, reader: LocalOCR) -> Document:
    """The document with the lines of its pages on which both agree."""
    numbers = [page.number for page in document.pages]
    read = dict(zip(numbers, reader.read(path, numbers), strict=True))
    pages = []
    for page in document.pages:
        other = read[page.number]
        lines = tuple(_agreed(path, page.number, normal(other.text))) if isinstance(other, Page) else ()
        pages.append(replace(page, witnessed=lines))
    return replace(document, pages=tuple(pages))


def _agreed(path: Path, number: int, other: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        picture = Path(name) / "page"
        pages = ["-f", str(number), "-l", str(number)]
        subprocess.run(["pdftoppm", "-r", str(DPI), "-gray", "-singlefile", "-png", *pages, path, picture], check=True)
        command: list[str | Path] = ["tesseract", picture.with_suffix(".png"), "-"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for line in text.split("\n"):
        if len(line) >= MIN_LINE and not wrong(line, other):
            yield line
