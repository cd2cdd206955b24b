"""PDF files of one page written by hand, and the pages that a parser might make of them."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile, read_page
from mistral_rag.schema import Locator, Page, Source, WordBoxes
from mistral_rag.witness import PictureWitness

WIDTH, HEIGHT = 600, 800
Placed = tuple[str, float, float, float, float]
"""A word, and its left, top, right and bottom in points from the top left corner."""


def page_of(*lines: list[Placed]) -> Page:
    """A page of these words, a line of text each list."""
    text = ""
    records = []
    for line in lines:
        text += "\n" if text else ""
        for at, (word, left, top, right, bottom) in enumerate(line):
            text += " " if at else ""
            box = (left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
            records.append((len(text), len(text) + len(word), *box))
            text += word
    return Page(
        locator=Locator(kind="page", number=1), text=text, width=WIDTH, height=HEIGHT, words=WordBoxes.pack(records)
    )


def rewritten(page: Page, old: str, new: str) -> Page:
    """The page as a parser gives it that reads `new` where `old` is printed, in the same boxes."""
    at = page.text.index(old)
    end = at + len(old)
    change = len(new) - len(old)
    records = [
        (
            word.start if word.start <= at else word.start + change,
            word.end + change if word.end >= end else word.end,
            word.box.left,
            word.box.top,
            word.box.right,
            word.box.bottom,
        )
        for word in page.words
        if not (at <= word.start and word.end <= end and len(new) < len(old) == end - at and not new)
    ]
    return page.model_copy(
        update={"text": page.text[:at] + new + page.text[end:], "words": WordBoxes.pack(records), "units": ()}
    )


def source_of(path: Path, media_type: str = "application/pdf") -> Source:
    digest = sha256(path.read_bytes()).hexdigest()
    return Source(uri=path.as_uri(), digest=digest, name=path.name, title=path.stem, media_type=media_type)


@pytest.fixture
def printed(tmp_path: Path) -> Callable[[str], tuple[Source, Page]]:
    """Write a PDF with this content stream (font F1, 600 x 800 points); gives its source and the page that is read."""

    def write(content: str) -> tuple[Source, Page]:
        path = tmp_path / "made.pdf"
        path.write_bytes(pdf_of(content))
        with PdfFile(path) as pdf:
            return source_of(path), read_page(pdf, 1)

    return write


def line(text: str, *, left: int = 50, top: int = 100, size: int = 11, before: str = "") -> str:
    """A content stream that prints a line; `top` is that of its baseline from the top of the page."""
    escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT {before} /F1 {size} Tf {left} {HEIGHT - top} Td ({escaped}) Tj ET\n"


def pdf_of(stream: str) -> bytes:
    """A PDF file of one page with this content stream."""
    content = stream.encode("latin-1")
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
        % (WIDTH, HEIGHT),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    return data + head + table + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % len(data)


@pytest.fixture(scope="module")
def witness() -> Iterator[PictureWitness]:
    with PictureWitness() as witness:
        yield witness
