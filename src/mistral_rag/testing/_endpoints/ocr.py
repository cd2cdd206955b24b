"""POST /v1/ocr: pages from a PDF's text layer, or scripted ones.

There is no recognition: a PDF becomes its text layer, with blocks spread evenly down the page; an image becomes a page
with that image and no text; an office file becomes its text. Scripted `ScriptedPage`s replace any of these.
"""

import base64
import binascii
import collections
import io
import re
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from mistral_rag.testing._content.ocr_pages import DPI, ScriptedPage, annotation, page_body
from mistral_rag.testing._content.office import has_pictures, office_pages
from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.files import Files
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import DocumentURLChunk, FileChunk
from mistral_rag.testing._rules.ocr_bodies import OcrRequest
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, parsed

if TYPE_CHECKING:
    from pypdf import PageObject

MAX_BYTES = 50 * 1024 * 1024
"""Bytes of a document; the platform's limit."""

MAX_PAGES = 1000
"""Pages of a document; the platform's limit."""

MAX_ANNOTATED_IMAGES = 8
"""Images of a request with a document annotation; the platform's limit."""

TEXTS = (".csv", "/csv", ".tex", "x-tex", ".ipynb", "ipynb+json")
IMAGES = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"BM")
DATA_URL = re.compile(r"data:([a-z0-9.+-]+/[a-z0-9.+-]+);base64,", re.IGNORECASE)
RANGES = re.compile(r"\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*")


PageReader = Callable[[], ScriptedPage]


class Ocr:
    """OCR endpoint for documents in data URLs, uploaded files, and the URLs in `documents`."""

    def __init__(self, files: Files, documents: Mapping[str, bytes]) -> None:
        self._files = files
        self._documents = documents
        self._scripts: collections.deque[Sequence[ScriptedPage]] = collections.deque()
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {"POST /ocr": self.read}

    def script(self, pages: Sequence[ScriptedPage]) -> None:
        """Queue the pages for the next request."""
        with self._lock:
            self._scripts.append(pages)

    def read(self, request: Request) -> Response:
        """Read the pages of a document."""
        body = parsed(OcrRequest, request)
        model = body.model or "mistral-ocr-latest"
        catalogue.require(model, "ocr")
        _check_annotations(body)
        content = self._content(body)
        if len(content.data) > MAX_BYTES:
            raise refusals.bad_request("Document is too large. Max is 50 MB", code=None)
        if body.image_limit != 0 and not body.include_image_base64 and has_pictures(content.data):
            raise refusals.bad_request("Images of this kind of document are only supported as base64", code=None)
        readers = self._scripted() or _readers(content)
        pages = {index: readers[index]() for index in _chosen(body.pages, len(readers))}
        _check_images(body, list(pages.values()))
        shown = [page_body(index, page, body) for index, page in pages.items()]
        return json_response(
            {
                "pages": shown,
                "model": model,
                "document_annotation": annotation(body.document_annotation_format, list(pages.values())),
                "usage_info": {"pages_processed": len(shown), "doc_size_bytes": len(content.data)},
            }
        )

    def _scripted(self) -> Sequence[PageReader]:
        with self._lock:
            pages = self._scripts.popleft() if self._scripts else ()
        return [partial(replace, page) for page in pages]

    def _content(self, body: OcrRequest) -> "_DocumentBytes":
        document = body.document
        if isinstance(document, FileChunk):
            file = self._files.get(str(document.file_id))
            return _DocumentBytes(file.content, file.name)
        if isinstance(document, DocumentURLChunk):
            content = self._fetched(document.document_url, is_image=False)
            if content.data.startswith(IMAGES):
                raise _unreadable()  # the platform takes images as image_url only
            return content
        url = document.image_url
        return self._fetched(url if isinstance(url, str) else url.url, is_image=True)

    def _fetched(self, url: str, *, is_image: bool) -> "_DocumentBytes":
        if match := DATA_URL.match(url):
            if is_image != match[1].startswith("image/"):
                raise _unreadable()
            return _DocumentBytes(_decoded(url[match.end() :]), match[1].lower())
        if uploaded := self._files.by_url(url):
            return _DocumentBytes(uploaded.content, uploaded.name)
        if not url.startswith("https://") or url not in self._documents:
            raise _unreadable()
        return _DocumentBytes(self._documents[url], url)


class _DocumentBytes(NamedTuple):
    """A document; `label` is its media type, file name or URL, whichever is known."""

    data: bytes
    label: str


def _unreadable() -> refusals.RequestRefusedError:
    return refusals.bad_request("Failed to fetch document", code=None)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise _unreadable() from error


def _check_annotations(body: OcrRequest) -> None:
    for wanted in (body.bbox_annotation_format, body.document_annotation_format):
        if wanted is not None and wanted.json_schema is None:
            message = "Value error, annotation formats must be of type json_schema."
            raise refusals.invalid("value_error", message, loc=())
    if body.document_annotation_prompt is not None and body.document_annotation_format is None:
        message = "Value error, document_annotation_prompt needs document_annotation_format."
        raise refusals.invalid("value_error", message, loc=())


def _check_images(body: OcrRequest, pages: Sequence[ScriptedPage]) -> None:
    shown = sum(len(list(page.images or ())[: body.image_limit]) for page in pages)
    if body.document_annotation_format is not None and shown > MAX_ANNOTATED_IMAGES:
        message = f"Document annotation takes at most {MAX_ANNOTATED_IMAGES} image boxes, got {shown}"
        raise refusals.bad_request(message, code=None)


def _chosen(wanted: str | list[int] | None, count: int) -> list[int]:
    if wanted is None:
        indices = list(range(count))
    elif isinstance(wanted, str):
        indices = _from_ranges(wanted)
    else:
        indices = wanted
    if any(not 0 <= index < count for index in indices):
        raise refusals.bad_request(f"Pages out of range: the document has {count} pages", code=None)
    return sorted(set(indices))


def _from_ranges(text: str) -> list[int]:
    plain = text.replace(" ", "")
    if not RANGES.fullmatch(plain):
        raise refusals.invalid("value_error", "Value error, pages must look like 0-5,7.", loc=(), given=text)
    bounds = [[int(end) for end in part.split("-")] for part in plain.split(",")]
    return [index for ends in bounds for index in range(ends[0], ends[-1] + 1)]


def _readers(document: _DocumentBytes) -> Sequence[PageReader]:
    """A function for each page, so that only requested pages are read."""
    content, label = document
    if content.startswith(b"%PDF"):
        return _pdf_readers(content)
    if content.startswith(IMAGES):
        width, height = _png_size(content)
        image = ScriptedPage("![img-0.jpeg](img-0.jpeg)", width=width, height=height, images={"img-0.jpeg": content})
        return [partial(replace, image)]
    if texts := office_pages(content, is_text=label.endswith(TEXTS)):
        return [partial(ScriptedPage, text) for text in texts]
    raise _unreadable()


def _pdf_readers(content: bytes) -> Sequence[PageReader]:
    # The import takes longer than that of the whole fake.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = list(PdfReader(io.BytesIO(content)).pages)
    except PyPdfError as error:
        raise _unreadable() from error
    if len(pages) > MAX_PAGES:
        raise refusals.bad_request(f"Document has {len(pages)} pages. Max is {MAX_PAGES}", code=None)
    return [partial(_pdf_page, page) for page in pages]


def _pdf_page(page: "PageObject") -> ScriptedPage:
    width, height = (round(float(side) * DPI / 72) for side in (page.mediabox.width, page.mediabox.height))
    return ScriptedPage(page.extract_text().strip(), width=width, height=height)


def _png_size(content: bytes) -> tuple[int, int]:
    if not content.startswith(b"\x89PNG") or len(content) < 24:
        return 1700, 2200
    width, height = struct.unpack(">II", content[16:24])
    return width, height
