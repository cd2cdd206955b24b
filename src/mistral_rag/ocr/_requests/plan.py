"""How a document is sent: in which pieces, and which of their pages in each request."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from mistral_rag.api._responses import encode
from mistral_rag.errors import ConfigurationError, MistralRagError, ParseError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import Local, Remote, Wire
from mistral_rag.ocr._requests.options import Megabytes, OcrOptions
from mistral_rag.ocr._requests.pdf_split import MAX_BYTES, MAX_PAGES, LockedPdfError, Pdf, Piece
from mistral_rag.ocr._text_layer.reader import TextLayers
from mistral_rag.schema import Locator, clean_text


@dataclass(frozen=True, slots=True)
class Part:
    """One request: some pages of a piece.

    `numbers` are those of the pages in the document; None where they are not known, and all are asked for. `chunk`
    is the document as the platform knows it; None for one that travels in the request.
    """

    piece: Piece
    numbers: tuple[int, ...] | None
    chunk: Wire | None = None

    @property
    def expected(self) -> dict[int, int] | None:
        """The number in the document for each index of the reply; None where they are not known."""
        if self.numbers is None:
            return None
        if self.piece.numbers is None:
            return {number - 1: number for number in self.numbers}
        index = {number: at for at, number in enumerate(self.piece.numbers)}
        return {index[number]: number for number in self.numbers}

    @property
    def selection(self) -> list[int] | None:
        """The indices to ask for; None for all there are."""
        return None if self.numbers is None or self.numbers == self.piece.numbers else sorted(self.expected or ())


@dataclass(slots=True)
class Plan:
    """How a document is read."""

    document: Local | Remote
    options: OcrOptions
    numbers: tuple[int, ...] | None
    only_these: bool = False
    labels: Sequence[str] = ()
    _count: int | None = None
    _pdf: Pdf | None = None

    @classmethod
    def of(
        cls,
        document: Local | Remote,
        options: OcrOptions,
        numbers: tuple[int, ...] | None,
        *,
        only_these: bool = False,
    ) -> "Plan":
        """The plan for these pages (None for all); with `only_these`, no other page of a PDF is sent."""
        plan = cls(document, options, numbers, only_these)
        try:
            if isinstance(document, Local):
                plan._look(document)
        except MistralRagError:
            plan.close()
            raise
        return plan

    def close(self) -> None:
        """Close the document; nothing can be sent any more."""
        if self._pdf is not None:
            self._pdf.close()

    @property
    def media_type(self) -> str:
        """The kind of the document; empty where it is not at hand."""
        return self.document.media_type if isinstance(self.document, Local) else ""

    def _look(self, document: Local) -> None:
        """Count the pages where that can be done, and check that those asked for are there."""
        if document.is_pdf:
            self._open(document)
        elif document.media_type in ("image/png", "image/jpeg"):
            self._count = 1
        if self._count is None:
            return
        if self.numbers and self.numbers[-1] > self._count:
            pages = "1 page" if self._count == 1 else f"{self._count} pages"
            raise ConfigurationError(f"{document.name} has {pages}; page {self.numbers[-1]} was asked for.")
        self.numbers = self.numbers if self.numbers is not None else self._all

    def _open(self, document: Local) -> None:
        try:
            self._pdf = Pdf(document)
        except LockedPdfError:
            raise
        except ParseError:
            if document.size > MAX_BYTES:
                raise
        else:
            self._count, self.labels = self._pdf.count, self._pdf.labels()

    @property
    def _all(self) -> tuple[int, ...] | None:
        """The numbers of all pages; None where nobody counted them."""
        return None if self._count is None else tuple(range(1, self._count + 1))

    def _must_cut(self, document: Local) -> bool:
        return document.size > MAX_BYTES or (self._pdf is not None and self._pdf.count > MAX_PAGES)

    def pieces(self) -> Iterator[Piece | PageFailure]:
        """What is sent, in order; pages that can't be sent are failures."""
        if self.numbers == ():
            return
        if isinstance(self.document, Remote):
            yield Piece(b"", None)
        elif self._pdf is not None and self._is_cut(self.document, self._pdf):
            yield from self._cut(self.document, self._pdf)
        elif self.document.size > MAX_BYTES:
            size = self.document.size / Megabytes
            raise ParseError(f"{self.document.name} has {size:.0f} MB; the platform takes {MAX_BYTES // Megabytes}")
        else:
            yield Piece(self.document.read(), self._all)

    def _is_cut(self, document: Local, pdf: Pdf) -> bool:
        """Whether the pages wanted are cut out; a few pages are, rather than to upload a large file for them."""
        some = self.numbers is not None and len(self.numbers) < pdf.count
        return self._must_cut(document) or (some and (self.only_these or document.size > self.options.upload_above))

    def _cut(self, document: Local, pdf: Pdf) -> Iterator[Piece | PageFailure]:
        numbers = self.numbers or ()
        share = max(1, int(pdf.count * MAX_BYTES * 0.8 / max(document.size, 1)))
        step = min(MAX_PAGES, share)
        if self.options.document_annotation is not None and len(numbers) > step:
            raise ConfigurationError(
                f"{document.name} is too large for one request, which a document annotation needs; name the pages."
            )
        for at in range(0, len(numbers), step):
            yield from pdf.cut(numbers[at : at + step])

    def parts(self, piece: Piece, part: Part | None = None, *, file: str | None = None) -> list[Part]:
        """The requests for a piece, or the one for what it holds of a `part` that was too large.

        `file` is the id of the piece where it was uploaded.
        """
        chunk = self.document.chunk if isinstance(self.document, Remote) else None
        if file is not None:
            chunk = {"type": "file", "file_id": file}
        numbers = _shared(part.numbers if part is not None else self.numbers, piece.numbers)
        if numbers is None or part is not None or self.options.document_annotation is not None:
            return [Part(piece, numbers, chunk)]
        step = self.options.pages_per_request
        return [Part(piece, numbers[at : at + step], chunk) for at in range(0, len(numbers), step)]

    def is_uploaded(self, piece: Piece, part: Part | None = None) -> bool:
        """Whether a piece is too large to travel in every request for its pages, or was in that for `part`."""
        if isinstance(self.document, Remote):
            return False
        if part is not None and part.piece is piece:
            return True
        return len(piece.content) * len(self.parts(piece, part)) > self.options.upload_above

    def body(self, part: Part) -> bytes:
        """The request's body."""
        sent = self.options.wire()
        if part.selection is not None:
            sent["pages"] = part.selection
        if part.chunk is not None:
            return encode({**sent, "document": part.chunk})
        return encode(sent)[:-1] + b',"document":' + self._inline(part.piece) + b"}"

    def _inline(self, piece: Piece) -> bytes:
        """The document as a data URL, without making text of it first."""
        name = "image_url" if self.media_type.startswith("image/") else "document_url"
        named = {} if name == "image_url" else {"document_name": self.document.name}
        head = encode({"type": name, **named, name: f"data:{self.media_type};base64,"})
        return head[:-2] + base64.b64encode(piece.content) + b'"}'

    def otherwise(self, part: Part) -> list[Piece | PageFailure]:
        """What to send in place of a part that was too large.

        Its pages in two pieces; where it has one page, or can't be cut, the same piece, which then is to be uploaded;
        nothing for a piece that was.
        """
        numbers = part.numbers or ()
        if self._pdf is None or len(numbers) < 2:
            return [part.piece] if part.chunk is None else []
        half = len(numbers) // 2
        return [piece for some in (numbers[:half], numbers[half:]) for piece in self._pdf.cut(some)]

    def layers(self) -> AbstractContextManager[TextLayers | None]:
        """The text layers to compare with; None where there are none, or nobody wants to know."""
        if self._pdf is None or not self.options.compare_text_layer or not isinstance(self.document, Local):
            return nullcontext()
        return TextLayers(self.document, self.numbers or ())

    def locator(self, number: int) -> Locator:
        """Where page `number` is."""
        kind = self.document.locator_kind if isinstance(self.document, Local) else "page"
        label = self.labels[number - 1] if number <= len(self.labels) else ""
        return Locator(kind=kind, number=number, label=clean_text(label).strip())


def _shared(wanted: tuple[int, ...] | None, held: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Those of the pages wanted that a piece holds; None where neither is known."""
    if wanted is None or held is None:
        return wanted
    there = set(held)
    return tuple(number for number in wanted if number in there)
