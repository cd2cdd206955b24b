"""PDFs split into parts of whole pages, each within the platform's limits."""

import io
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from mistral_rag._pypdf import PYPDF_ERRORS
from mistral_rag.errors import ParseError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import LocalDocument

MAX_BYTES = 50 * 1024 * 1024
MAX_PAGES = 1000
"""Limits of one document, by the platform's documentation of OCR."""
DROPPED_PAGE_KEYS = ("/Annots", "/B", "/AA", "/Metadata", "/PieceInfo", "/Tabs", "/Thumb")
"""Entries that draw nothing and may drag other pages, or the whole document, into the part."""
VISIBLE_ANNOTATIONS = frozenset(
    {"/Widget", "/FreeText", "/Stamp", "/Ink", "/Square", "/Circle", "/Line", "/Highlight", "/Underline"}
)
APPEARANCE_KEYS = ("/Type", "/Rect", "/F", "/AP", "/AS")


class LockedPdfError(ParseError):
    """A PDF that needs a password."""


@dataclass(frozen=True, slots=True)
class DocumentPart:
    """A document, or some of its pages as a document of their own, as bytes to send.

    `numbers` are the numbers of its pages in the document, from 1; None where the pages could not be counted: then it
    is the whole document.
    """

    content: bytes
    numbers: tuple[int, ...] | None


class PdfSplitter:
    """An open PDF whose pages can be cut out; raises ParseError when it is encrypted or damaged."""

    def __init__(self, document: LocalDocument) -> None:
        self._stream = document.open()
        self._lock = threading.Lock()  # pypdf fills its caches while it copies pages
        try:
            self._reader = PdfReader(self._stream, strict=False)
            is_locked = self._reader.is_encrypted and not self._reader.decrypt("")
            self.count = 0 if is_locked else len(self._reader.pages)
            if not (is_locked or self.count):
                raise ValueError("no pages")
        except PYPDF_ERRORS as error:
            self.close()
            raise ParseError(f"{document.name} is damaged, or of a kind of PDF that can't be cut") from error
        if is_locked:
            self.close()
            raise LockedPdfError(f"{document.name} is encrypted and needs a password")

    def close(self) -> None:
        """Close the file; no more parts can be cut."""
        self._stream.close()

    def labels(self) -> Sequence[str]:
        """Page labels in page order; empty when the file has none."""
        try:
            return self._reader.page_labels if "/PageLabels" in self._reader.root_object else ()
        except PYPDF_ERRORS:
            return ()

    def cut(self, numbers: Sequence[int], *, max_bytes: int = MAX_BYTES) -> Iterator[DocumentPart | PageFailure]:
        """Cut out these pages, halving until each part has at most `max_bytes`; a page too large alone is a failure."""
        try:
            with self._lock:
                content = self._written(numbers)
        except PYPDF_ERRORS:
            content = None
        if content is not None and len(content) <= max_bytes:
            yield DocumentPart(content, tuple(numbers))
        elif len(numbers) > 1:
            half = len(numbers) // 2
            yield from self.cut(numbers[:half], max_bytes=max_bytes)
            yield from self.cut(numbers[half:], max_bytes=max_bytes)
        elif content is None:
            yield PageFailure(numbers[0], "the page is damaged and can't be cut out")
        else:
            size, limit = len(content) / 2**20, max_bytes / 2**20
            yield PageFailure(numbers[0], f"the page alone has {size:.0f} MB; the platform takes {limit:.0f}")

    def _written(self, numbers: Sequence[int]) -> bytes:
        writer = PdfWriter()
        for number in numbers:
            page = self._reader.pages[number - 1]
            copied = writer.add_page(page, DROPPED_PAGE_KEYS)
            if appearances := _appearances(page, writer):
                copied[NameObject("/Annots")] = appearances
        # the optional content (layers) says which parts of a page are visible
        layers: Any = self._reader.root_object.get("/OCProperties")
        if layers is not None:
            writer.root_object[NameObject("/OCProperties")] = layers.get_object().clone(writer)
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()


def _appearances(page: PageObject, writer: PdfWriter) -> ArrayObject:
    """Copies of the annotations that are visible (filled fields, stamps), without their links to other pages."""
    appearances = ArrayObject()
    for reference in page.get("/Annots") or ():
        annotation = reference.get_object()
        if (
            isinstance(annotation, DictionaryObject)
            and annotation.get("/Subtype") in VISIBLE_ANNOTATIONS
            and "/AP" in annotation
        ):
            copy = DictionaryObject({NameObject(key): annotation[key] for key in APPEARANCE_KEYS if key in annotation})
            copy[NameObject("/Subtype")] = NameObject("/Stamp")  # a field without its form is not drawn
            appearances.append(copy.clone(writer))
    return appearances
