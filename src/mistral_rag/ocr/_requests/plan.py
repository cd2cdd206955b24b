"""The plan for a document: the parts it is sent in, and the requests for their pages."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from mistral_rag._counting import counted
from mistral_rag.errors import ConfigurationError, MistralRagError, ParseError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import LocalDocument, RemoteDocument
from mistral_rag.ocr._requests.options import MEGABYTE, OcrOptions
from mistral_rag.ocr._requests.page_request import PageRequest, encoded_body
from mistral_rag.ocr._requests.pdf_split import MAX_BYTES, MAX_PAGES, DocumentPart, LockedPdfError, PdfSplitter
from mistral_rag.ocr._requests.uploads import multipart_form
from mistral_rag.ocr._text_layer.reader import TextLayers
from mistral_rag.schema import Locator, clean_text

PART_FILL = 0.8
"""Share of `MAX_BYTES` that a part is planned for, by the mean size of a page; what exceeds the limit is halved."""


@dataclass(slots=True)
class RequestPlan:
    """The plan for one document: what is sent, in order. It holds the file open until `close`.

    `numbers` are the pages to be read, None for all where they can't be counted; `labels` the page labels of a PDF.
    """

    document: LocalDocument | RemoteDocument
    options: OcrOptions
    numbers: tuple[int, ...] | None
    only_these: bool = False
    labels: Sequence[str] = ()
    _count: int | None = None
    _pdf: PdfSplitter | None = None

    @classmethod
    def of(
        cls,
        document: LocalDocument | RemoteDocument,
        options: OcrOptions,
        numbers: tuple[int, ...] | None,
        *,
        only_these: bool = False,
    ) -> "RequestPlan":
        """Plan the reading of these pages (None for all); with `only_these`, no other page of a PDF is sent."""
        plan = cls(document, options, numbers, only_these)
        try:
            if isinstance(document, LocalDocument):
                plan._check_pages(document)
        except MistralRagError:
            plan.close()
            raise
        return plan

    def close(self) -> None:
        """Close the document; no more parts can be made."""
        if self._pdf is not None:
            self._pdf.close()

    @property
    def media_type(self) -> str:
        """Media type of the document; empty for a remote one."""
        return self.document.media_type if isinstance(self.document, LocalDocument) else ""

    def _check_pages(self, document: LocalDocument) -> None:
        """Count the pages where that is possible, and check that those asked for exist."""
        if document.is_pdf:
            self._open(document)
        elif document.media_type in ("image/png", "image/jpeg"):
            self._count = 1
        if self._count is None:
            return
        if self.numbers and self.numbers[-1] > self._count:
            pages = counted(self._count, "page")
            raise ConfigurationError(f"{document.name} has {pages}; page {self.numbers[-1]} was asked for.")
        self.numbers = self.numbers if self.numbers is not None else self._all

    def _open(self, document: LocalDocument) -> None:
        try:
            self._pdf = PdfSplitter(document)
        except LockedPdfError:
            raise
        except ParseError:
            # the platform may still read what pypdf can't, but only whole
            if document.size > MAX_BYTES:
                raise
        else:
            self._count, self.labels = self._pdf.count, self._pdf.labels()

    @property
    def _all(self) -> tuple[int, ...] | None:
        """Numbers of all pages; None where they can't be counted."""
        return None if self._count is None else tuple(range(1, self._count + 1))

    def _must_cut(self, document: LocalDocument) -> bool:
        return document.size > MAX_BYTES or (self._pdf is not None and self._pdf.count > MAX_PAGES)

    def parts(self) -> Iterator[DocumentPart | PageFailure]:
        """Parts to be sent, in order; pages that can't be sent are failures."""
        if self.numbers == ():
            return
        if isinstance(self.document, RemoteDocument):
            yield DocumentPart(b"", None)
        elif self._pdf is not None and self._is_cut(self.document, self._pdf):
            yield from self._cut(self.document, self._pdf)
        elif self.document.size > MAX_BYTES:
            size = self.document.size / MEGABYTE
            raise ParseError(f"{self.document.name} has {size:.0f} MB; the platform takes {MAX_BYTES // MEGABYTE}")
        else:
            yield DocumentPart(self.document.read(), self._all)

    def _is_cut(self, document: LocalDocument, pdf: PdfSplitter) -> bool:
        """True when the pages are cut out: the file is too large, or it would be uploaded for some of its pages."""
        some = self.numbers is not None and len(self.numbers) < pdf.count
        return self._must_cut(document) or (some and (self.only_these or document.size > self.options.upload_above))

    def _cut(self, document: LocalDocument, pdf: PdfSplitter) -> Iterator[DocumentPart | PageFailure]:
        numbers = self.numbers or ()
        fitting = max(1, int(pdf.count * MAX_BYTES * PART_FILL / max(document.size, 1)))
        step = min(MAX_PAGES, fitting)
        if self.options.document_annotation is not None and len(numbers) > step:
            raise ConfigurationError(
                f"{document.name} is too large for one request, which a document annotation needs; name the pages."
            )
        for at in range(0, len(numbers), step):
            yield from pdf.cut(numbers[at : at + step])

    def requests(
        self, part: DocumentPart, replaced: PageRequest | None = None, *, file: str | None = None
    ) -> list[PageRequest]:
        """Requests for a part, or the one for its share of a `replaced` request that was too large.

        `file` is the id of the part where it was uploaded.
        """
        chunk = self.document.chunk if isinstance(self.document, RemoteDocument) else None
        if file is not None:
            chunk = {"type": "file", "file_id": file}
        numbers = _common(replaced.numbers if replaced is not None else self.numbers, part.numbers)
        if numbers is None or replaced is not None or self.options.document_annotation is not None:
            return [PageRequest(part, numbers, chunk)]
        step = self.options.pages_per_request
        return [PageRequest(part, numbers[at : at + step], chunk) for at in range(0, len(numbers), step)]

    def upload_form(
        self, part: DocumentPart | PageFailure, replaced: PageRequest | None = None
    ) -> tuple[str, bytes] | None:
        """Content type and body of the upload of a part; None when it is sent inline.

        A part is uploaded when its requests together would exceed `upload_above`, or when it was too large inline, in
        the request `replaced`.
        """
        if isinstance(part, PageFailure) or isinstance(self.document, RemoteDocument):
            return None
        was_inline = replaced is not None and replaced.part is part
        if not was_inline and len(part.content) * len(self.requests(part, replaced)) <= self.options.upload_above:
            return None
        return multipart_form(self.document.name, part.content, self.media_type)

    def body(self, request: PageRequest) -> bytes:
        """Encode the body of a request."""
        return encoded_body(request, self.document, options=self.options)

    def smaller_parts(self, request: PageRequest) -> list[DocumentPart | PageFailure]:
        """Parts to send in place of a request that was too large.

        Its pages in two parts; for a single page, or where nothing can be cut, the same part, which is then uploaded;
        none when that was uploaded already.
        """
        numbers = request.numbers or ()
        if self._pdf is None or len(numbers) < 2:
            return [request.part] if request.chunk is None else []
        half = len(numbers) // 2
        return [part for pages in (numbers[:half], numbers[half:]) for part in self._pdf.cut(pages)]

    def layers(self) -> AbstractContextManager[TextLayers | None]:
        """Text layers to compare the result with; None without a text layer, or without `compare_text_layer`."""
        if self._pdf is None or not self.options.compare_text_layer or not isinstance(self.document, LocalDocument):
            return nullcontext()
        return TextLayers(self.document, self.numbers or ())

    def locator(self, number: int) -> Locator:
        """Locator of page `number` (from 1)."""
        kind = self.document.locator_kind if isinstance(self.document, LocalDocument) else "page"
        label = self.labels[number - 1] if number <= len(self.labels) else ""
        return Locator(kind=kind, number=number, label=clean_text(label).strip())


def _common(wanted: tuple[int, ...] | None, available: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Page numbers that are both wanted and available; `wanted` as it is where one of them is not known."""
    if wanted is None or available is None:
        return wanted
    in_part = set(available)
    return tuple(number for number in wanted if number in in_part)
