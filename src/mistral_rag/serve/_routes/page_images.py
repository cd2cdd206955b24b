"""Pictures of pages, and the files that documents were read from."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from mistral_rag.errors import ParseError
from mistral_rag.overlay import NotDrawnError
from mistral_rag.serve._http.requests import page_number, whole_number
from mistral_rag.serve._http.responses import RequestError, not_found
from mistral_rag.serve._index.citations import has_original, has_picture
from mistral_rag.serve._index.originals import fitting
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._routes.documents import found_document
from mistral_rag.serve._state import readable_of, state_of
from mistral_rag.serve._uploads.files import seen_name

if TYPE_CHECKING:
    from mistral_rag.index import SourceStatus

DEFAULT_WIDTH: Final = 1280
SHOWN_INLINE: Final = frozenset({"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp"})
"""Types that a browser shows without running anything of theirs in our name; all others are downloads."""
ORIGINAL_POLICY: Final = "default-src 'none'; object-src 'self'; frame-ancestors 'none'"
"""For the viewers of browsers, which show a PDF as an object of a page that they make around it."""


async def picture(request: Request) -> Response:
    """`GET /api/pages/{id}/{number}.png?width=`: the picture of a page."""
    readable = readable_of(request)
    width = whole_number(request, "width", DEFAULT_WIDTH, most=10_000)
    identifier, number = request.path_params["id"], page_number(request)
    one = await run_in_threadpool(found_document, readable, identifier)
    if not 1 <= number <= one.pages or not has_picture(one.source):
        raise not_found()
    tag = f'"{one.source.digest[:16]}-{number}-{fitting(width)}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=0, must-revalidate"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    png = await run_in_threadpool(_drawn, request, readable, one, number, width)
    return Response(png, media_type="image/png", headers=headers)


def _drawn(request: Request, readable: ReadableIndex, one: "SourceStatus", number: int, width: int) -> bytes:
    try:
        found = readable.reader.page(one.source.uri, number)
        return state_of(request).images.png(one.source, found, number, width)
    except KeyError:
        raise not_found() from None
    except NotDrawnError:
        raise stale() from None
    except ParseError:
        raise RequestError(422, "not_drawn", "the page can't be drawn") from None


def stale() -> RequestError:
    """The error for a file that is no more what was indexed."""
    return RequestError(409, "stale", "the file has changed since it was read", advice="Build the index again.")


async def original(request: Request) -> Response:
    """`GET /api/documents/{id}/original`: the file, as it was when it was read."""
    readable = readable_of(request)
    one, path = await run_in_threadpool(_original, request, readable, request.path_params["id"])
    shown = one.source.media_type if one.source.media_type in SHOWN_INLINE else "application/octet-stream"
    return FileResponse(
        path,
        media_type=shown,
        filename=seen_name(PurePosixPath(one.source.name).name) or "document",
        content_disposition_type="inline" if one.source.media_type in SHOWN_INLINE else "attachment",
        headers={"Cache-Control": "private, no-cache", "Content-Security-Policy": ORIGINAL_POLICY},
    )


def _original(request: Request, readable: ReadableIndex, identifier: str) -> "tuple[SourceStatus, Path]":
    one = found_document(readable, identifier)
    if one.status != "ok" or not has_original(one.source):
        raise not_found()
    try:
        return one, state_of(request).images.original(one.source)
    except NotDrawnError:
        raise stale() from None
