"""PDF files through PDFium: text with word boxes in reading order, blocks, labels, page images.

PDFium is not thread-safe: use this package from one thread of a process only, and open untrusted files in a child
process (`ingest` does).
"""

from pathlib import Path

from mistral_rag.pdf._blocks import largest_words
from mistral_rag.pdf._document import PdfFile
from mistral_rag.pdf._images import PageImage
from mistral_rag.pdf._left_out import LeftOut
from mistral_rag.pdf._pages import pages_of, read_page, read_pages
from mistral_rag.pdf._sheet import SPARSE, PrintedLine, Sheet
from mistral_rag.pdf._typewriter import apart
from mistral_rag.pdf._unlocking import unlock

__all__ = [
    "SPARSE",
    "LeftOut",
    "PageImage",
    "PdfFile",
    "PrintedLine",
    "Sheet",
    "apart",
    "largest_words",
    "pages_of",
    "read_page",
    "read_pages",
    "render_page",
    "unlock",
]


def render_page(path: Path, number: int, *, dpi: float = 150, grey: bool = False) -> PageImage:
    """Render page `number` (from 1) as a reader sees it; raises ParseError when it can't be loaded."""
    with PdfFile(path) as pdf:
        return pdf.image(number, dpi=dpi, grey=grey)
