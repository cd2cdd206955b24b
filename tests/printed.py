"""PDF files of one page, written by hand: a test knows where each word of them is printed."""

from collections.abc import Mapping
from typing import Any

from pypdf import PageObject


def line(x: float, y: float, words: str, *, size: float = 10, before: str = "") -> str:
    """A piece of a content stream: words that begin at a point, counted from the lower left corner."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"q {before} BT /F {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET Q\n"


def pdf(*contents: str, attributes: Mapping[str, str] | None = None, media: str = "0 0 600 800") -> bytes:
    """A file with a page for each content stream; all have the same attributes, such as Rotate or CropBox."""
    extra = " ".join(f"/{name} {value}" for name, value in (attributes or {}).items())
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(contents)))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>",
        "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >>",
    ]
    for at, content in enumerate(contents):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{media}] /Resources 3 0 R /Contents {5 + 2 * at} 0 R {extra} >>"
        )
        bodies.append(f"<< /Length {len(content.encode('latin-1'))} >>\nstream\n{content}\nendstream")
    data = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(bodies) + 1
    ending = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\n"
    return data + f"{ending}startxref\n{len(data)}\n%%EOF\n".encode()


def annotations(page: PageObject) -> list[Any]:
    """The annotations of a page."""
    found: Any = page["/Annots"].get_object()
    return [one.get_object() for one in found]
