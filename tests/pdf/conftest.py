"""PDF files written by hand, so that a test knows every character and where it stands."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

FONTS = {
    "F1": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    "F2": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    "F3": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 5 0 R >>",
    "F4": b"<< /Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Wingdings-Regular /Encoding /WinAnsiEncoding >>",
    "F5": b"<< /Type /Font /Subtype /Type1 /BaseFont /ZapfDingbats >>",
}
ODD_CHARACTERS = b"""/CIDInit /ProcSet findresource begin begincmap
1 begincodespacerange <00> <FF> endcodespacerange
7 beginbfchar <23> <F0A7> <40> <F0B7>
<41> <D83DDE00> <42> <00660066> <43> <0007> <44> <E001> <45> <000D> endbfchar
endcmap end"""
"""In font F3, A is a smiley, B the ligature of ff, C a bell, D a character for private use, E a carriage return, and
@ and # are the bullets of Symbol and Wingdings."""

PdfWriter = Callable[..., Path]


@pytest.fixture
def write_pdf(tmp_path: Path) -> PdfWriter:
    """Write a PDF of one content stream a page; returns its path."""

    def write(
        *pages: str,
        catalog: str = "",
        name: str = "made.pdf",
        resources: str = "",
        objects: Sequence[bytes] = (),
        **attributes: object,
    ) -> Path:
        """`objects` follow the last page's: the first is number 8 in a file of one page."""
        path = tmp_path / name
        contents = [page.encode("latin-1") for page in pages]
        path.write_bytes(_pdf(contents, catalog, attributes, resources.encode(), objects))
        return path

    return write


def _pdf(
    pages: Sequence[bytes],
    catalog: str,
    attributes: Mapping[str, object],
    resources: bytes = b"",
    more: Sequence[bytes] = (),
) -> bytes:
    extra = " ".join(f"/{key} {value}" for key, value in {"MediaBox": "[0 0 600 800]", **attributes}.items())
    fonts = b" ".join(b"/" + name.encode() + b" " + font for name, font in FONTS.items())
    kids = " ".join(f"{6 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Font << " + fonts + b" >> " + resources + b" >>",
        b"<< /Producer (by hand) /Title (A title made by hand) >>",
        _stream(ODD_CHARACTERS),
    ]
    for at, page in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /Resources 3 0 R /Contents {7 + 2 * at} 0 R {extra} >>".encode())
        objects.append(_stream(page))
    return _assembled([*objects, *more])


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream"


def _assembled(objects: Sequence[bytes]) -> bytes:
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer << /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    )


@pytest.fixture
def put() -> Callable[..., str]:
    """A piece of a content stream: text at a point, from the lower left corner."""

    def put(x: float, y: float, text: str, *, size: float = 10, font: str = "F1", turn: str = "1 0 0 1") -> str:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        return f"BT /{font} {size} Tf {turn} {x} {y} Tm ({escaped}) Tj ET\n"

    return put
