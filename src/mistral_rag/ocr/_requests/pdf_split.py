"""PDFs cut into pieces that the platform takes, each of whole pages."""

import io
import logging
import struct
import threading
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from mistral_rag.errors import ParseError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import Local

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # else its warnings go to stderr

MAX_BYTES = 50 * 1024 * 1024
MAX_PAGES = 1000
UNREADABLE = (
    PyPdfError,
    DependencyError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pypdf raises on damaged files."""

LEFT_OUT = ("/Annots", "/B", "/AA", "/Metadata", "/PieceInfo", "/Tabs", "/Thumb")
SHOWN = frozenset({"/Widget", "/FreeText", "/Stamp", "/Ink", "/Square", "/Circle", "/Line", "/Highlight", "/Underline"})
LOOKS = ("/Type", "/Rect", "/F", "/AP", "/AS")


class LockedPdfError(ParseError):
    """A PDF that needs a password."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is sent at once: the bytes of a document or of some pages of it, and the numbers of these pages.

    `numbers` is None where nobody counted the pages; then the document is whole.
    """

    content: bytes
    numbers: tuple[int, ...] | None


class Pdf:
    """A PDF that can be cut; raises ParseError when it is encrypted or beyond reading."""

    def __init__(self, document: Local) -> None:
        self._stream = document.open()
        self._lock = threading.Lock()  # pypdf fills its caches while it cuts
        try:
            self._reader = PdfReader(self._stream, strict=False)
            locked = self._reader.is_encrypted and not self._reader.decrypt("")
            self.count = 0 if locked else len(self._reader.pages)
            if not (locked or self.count):
                raise ValueError("no pages")
        except UNREADABLE as error:
            self.close()
            raise ParseError(f"{document.name} is damaged, or of a kind of PDF that can't be cut") from error
        if locked:
            self.close()
            raise LockedPdfError(f"{document.name} is encrypted and needs a password")

    def close(self) -> None:
        """Close the file; nothing can be cut any more."""
        self._stream.close()

    def labels(self) -> Sequence[str]:
        """What is printed as page number on each page, as far as the file says so; else nothing."""
        try:
            return self._reader.page_labels if "/PageLabels" in self._reader.root_object else ()
        except UNREADABLE:
            return ()

    def cut(self, numbers: Sequence[int], *, most: int = MAX_BYTES) -> Iterator[Piece | PageFailure]:
        """These pages in as few pieces as fit into `most` bytes; a page too large alone is a failure."""
        try:
            with self._lock:
                content = self._written(numbers)
        except UNREADABLE:
            content = None
        if content is not None and len(content) <= most:
            yield Piece(content, tuple(numbers))
        elif len(numbers) > 1:
            half = len(numbers) // 2
            yield from self.cut(numbers[:half], most=most)
            yield from self.cut(numbers[half:], most=most)
        elif content is None:
            yield PageFailure(numbers[0], "the page is damaged and can't be cut out")
        else:
            size, limit = len(content) / 2**20, most / 2**20
            yield PageFailure(numbers[0], f"the page alone has {size:.0f} MB; the platform takes {limit:.0f}")

    def _written(self, numbers: Sequence[int]) -> bytes:
        writer = PdfWriter()
        for number in numbers:
            page = self._reader.pages[number - 1]
            copied = writer.add_page(page, LEFT_OUT)
            if shown := _appearances(page, writer):
                copied[NameObject("/Annots")] = shown
        layers: Any = self._reader.root_object.get("/OCProperties")
        if layers is not None:
            writer.root_object[NameObject("/OCProperties")] = layers.get_object().clone(writer)
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()


def _appearances(page: PageObject, writer: PdfWriter) -> ArrayObject:
    """What annotations show on a page (filled fields, stamps), without what ties them to other pages."""
    shown = ArrayObject()
    for reference in page.get("/Annots") or ():
        annotation = reference.get_object()
        if isinstance(annotation, DictionaryObject) and annotation.get("/Subtype") in SHOWN and "/AP" in annotation:
            kept = DictionaryObject({NameObject(key): annotation[key] for key in LOOKS if key in annotation})
            kept[NameObject("/Subtype")] = NameObject("/Stamp")  # a field without its form is not drawn
            shown.append(kept.clone(writer))
    return shown
