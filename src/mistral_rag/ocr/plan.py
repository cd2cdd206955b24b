"""How a document is sent: in which pieces, and which of their pages in each request."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from mistral_rag.api.replies import encode
from mistral_rag.errors import ConfigurationError, MistralRagError, ParseError
from mistral_rag.ocr.cutting import MAX_BYTES, MAX_PAGES, Pdf, Piece
from mistral_rag.ocr.documents import Local, Remote, Wire
from mistral_rag.ocr.layers import TextLayers
from mistral_rag.ocr.options import Megabytes, OcrOptions
from mistral_rag.ocr.reader import PageFailure
from mistral_rag.schema import Locator


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

    def within(self, piece: Piece, chunk: Wire | None) -> "Part":
        """The pages of this part that a smaller piece holds."""
        held = self.numbers if piece is self.piece or piece.numbers is None else piece.numbers
        return Part(piece, held, chunk)


@dataclass(slots=True)
class Plan:
    """How a document is read."""

    document: Local | Remote
    options: OcrOptions
    numbers: tuple[int, ...] | None
    only_these: bool = False
    labels: Sequence[str] = field(default=())
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

    def _look(self, document: Local) -> None:
        """Count the pages where that can be done, and check that those asked for are there."""
        count = None
        if document.is_pdf:
            try:
                self._pdf = Pdf(document)
            except ParseError as error:
                if "encrypted" in error.reason or self._must_cut(document):
                    raise
            else:
                count, self.labels = self._pdf.count, self._pdf.labels()
        elif document.media_type in ("image/png", "image/jpeg"):
            count = 1
        if count is not None:
            self._check(document, count)
            self.numbers = self.numbers if self.numbers is not None else tuple(range(1, count + 1))

    def _check(self, document: Local, count: int) -> None:
        if self.numbers and self.numbers[-1] > count:
            pages = "1 page" if count == 1 else f"{count} pages"
            raise ConfigurationError(f"{document.name} has {pages}; page {self.numbers[-1]} was asked for.")

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
            count = self._pdf.count if self._pdf is not None else None
            yield Piece(self.document.read(), tuple(range(1, count + 1)) if count is not None else self.numbers)

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

    def parts(self, piece: Piece, chunk: Wire | None) -> Iterator[Part]:
        """The requests for a piece."""
        numbers = self._wanted(piece)
        if numbers is None or self.options.document_annotation is not None:
            yield Part(piece, numbers, chunk)
            return
        step = self.options.pages_per_request
        for at in range(0, len(numbers), step):
            yield Part(piece, numbers[at : at + step], chunk)

    def _wanted(self, piece: Piece) -> tuple[int, ...] | None:
        if piece.numbers is None or self.numbers is None:
            return self.numbers
        held = set(piece.numbers)
        return tuple(number for number in self.numbers if number in held)

    def is_uploaded(self, piece: Piece) -> bool:
        """Whether a piece is too large to travel in every request for its pages."""
        requests = sum(1 for _ in self.parts(piece, None))
        return len(piece.content) * requests > self.options.upload_above

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
        kind = getattr(self.document, "media_type", "")
        name = "image_url" if kind.startswith("image/") else "document_url"
        named = {} if name == "image_url" else {"document_name": self.document.name}
        head = encode({"type": name, **named, name: f"data:{kind};base64,"})
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
        return Locator(kind=kind, number=number, label=label)
