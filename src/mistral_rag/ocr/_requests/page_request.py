"""One OCR request: pages of a document or of a part of it, and the body that asks for them."""

import base64
from dataclasses import dataclass

from mistral_rag.api._responses import encode
from mistral_rag.ocr._requests.documents import SUFFIXES, LocalDocument, RemoteDocument, Wire
from mistral_rag.ocr._requests.options import OcrOptions
from mistral_rag.ocr._requests.pdf_split import DocumentPart


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for pages of a part.

    `numbers` are the page numbers in the document, from 1; None where they are not known and all pages are asked for.
    `chunk` is the document chunk of an uploaded or remote document; None for a part that is sent inline.
    """

    part: DocumentPart
    numbers: tuple[int, ...] | None
    chunk: Wire | None = None

    @property
    def expected(self) -> dict[int, int] | None:
        """Page number in the document by index in the reply (from 0); None where the numbers are not known."""
        if self.numbers is None:
            return None
        if self.part.numbers is None:
            return {number - 1: number for number in self.numbers}
        index = {number: at for at, number in enumerate(self.part.numbers)}
        return {index[number]: number for number in self.numbers}

    @property
    def count(self) -> int:
        """Pages that are asked for, as far as they are known; at least one."""
        return max(1, len(self.numbers or self.part.numbers or ()))

    @property
    def selection(self) -> list[int] | None:
        """Indices (from 0) to ask for; None for all pages of the part."""
        return None if self.numbers is None or self.numbers == self.part.numbers else sorted(self.expected or ())


def encoded_body(request: PageRequest, document: LocalDocument | RemoteDocument, *, options: OcrOptions) -> bytes:
    """Encode the body of a request as JSON."""
    fields = _for_kind(options.wire(), document)
    if request.selection is not None:
        fields["pages"] = request.selection
    if request.chunk is not None:
        return encode({**fields, "document": request.chunk})
    # the base64 text is put into the encoded bytes: as a string in `fields` it would be copied and escaped once more
    return encode(fields)[:-1] + b',"document":' + _inline(request.part, document) + b"}"


def _for_kind(fields: Wire, document: LocalDocument | RemoteDocument) -> Wire:
    """The options that the kind of file needs: a DOCX is refused unless its pictures come as base64 or not at all."""
    if isinstance(document, LocalDocument):
        is_docx = document.media_type == SUFFIXES[".docx"]
    else:
        is_docx = document.name.lower().partition("?")[0].endswith(".docx")
    return {"image_limit": 0, **fields} if is_docx and not fields.get("include_image_base64") else fields


def _inline(part: DocumentPart, document: LocalDocument | RemoteDocument) -> bytes:
    """Encode the document chunk of a part with its bytes in a data URL."""
    media_type = document.media_type if isinstance(document, LocalDocument) else ""
    kind = "image_url" if media_type.startswith("image/") else "document_url"
    named = {} if kind == "image_url" else {"document_name": document.name}
    head = encode({"type": kind, **named, kind: f"data:{media_type};base64,"})
    return head[:-2] + base64.b64encode(part.content) + b'"}'
