"""Documents that come by the page or by the API: uploaded, replaced, deleted; and the jobs that read them."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mistral_rag.errors import InvalidFilterError, StoreError
from mistral_rag.index import EVERYONE, checked_groups
from mistral_rag.serve._access.principals import Principal
from mistral_rag.serve._http.events import HEADERS, PING_SECONDS, ServerEvent
from mistral_rag.serve._http.requests import RequestBody, json_body, json_text
from mistral_rag.serve._http.responses import JsonReply, RequestError, bad_request, not_found
from mistral_rag.serve._index.addresses import document_id
from mistral_rag.serve._index.readable import ReadableIndex
from mistral_rag.serve._routes.documents import found_document
from mistral_rag.serve._state import ServerState, principal_of, readable_of, state_of
from mistral_rag.serve._uploads.files import MAX_UPLOAD, UploadedFile, safe_name
from mistral_rag.serve._uploads.jobs import IndexJob
from mistral_rag.serve._uploads.stated import Stated, checked_metadata, checked_names

MAX_TEXT: Final = 20 << 20
"""Bytes of a text that comes as JSON."""
MAX_FIELD: Final = 64 << 10
"""Bytes of a form field beside the file."""
MAX_FIELDS: Final = 8
PIECE_SECONDS: Final = 30.0
"""Time for the next piece of an upload; a connection that sends less is given up."""
MARK: Final = "mistral-rag"
"""Value of the header X-Requested-With that multipart bodies need: forms of other sites can't set one."""


class TextBody(RequestBody):
    """A document as text, with a name, metadata and the groups that may read it."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    text: str
    metadata: dict[str, Any] = Field(default_factory=dict)
    groups: list[str] | None = None


@dataclass(frozen=True, slots=True)
class ReceivedDocument:
    """A document that has come: its name, its content in a temporary file, metadata and groups."""

    name: str
    content: Path
    stated: Stated
    groups: list[str] | None


async def add(request: Request) -> Response:
    """`POST /api/documents`: add a document; answers with the job that reads it."""
    server, principal = _writing(request)
    coming = await _received(request)
    try:
        groups = await run_in_threadpool(_groups_of, readable_of(request), principal, coming.groups)
        added = await run_in_threadpool(server.uploads.add, coming.name, coming.content, coming.stated, groups)
    finally:
        coming.content.unlink(missing_ok=True)
    return _building(server, principal, added)


async def replace(request: Request) -> Response:
    """`PUT /api/documents/{id}`: put new content into the place of an uploaded document."""
    server, principal = _writing(request)
    found = await run_in_threadpool(_uploaded, server, request)
    coming = await _received(request)
    try:
        await run_in_threadpool(server.uploads.replace, found, coming.content)
    finally:
        coming.content.unlink(missing_ok=True)
    return _building(server, principal, found)


async def delete(request: Request) -> Response:
    """`DELETE /api/documents/{id}`: take a document out of the index, and the file, too, if it was uploaded."""
    server, principal = _writing(request)
    one = await run_in_threadpool(found_document, readable_of(request), request.path_params["id"])
    uploaded = server.uploads.find(one.source)

    def finished(report: Mapping[str, Any]) -> ServerEvent:
        if uploaded is not None:
            server.uploads.delete(uploaded)
        return ServerEvent("done", {"status": "removed", "document_id": document_id(one.source.uri)})

    command = ["remove", one.source.uri, "--index", str(server.index.folder), "--json"]
    return _started(server.jobs.start(principal.name, command, finished))


async def job(request: Request) -> Response:
    """`GET /api/jobs/{id}`: progress of a job, and its end."""
    found = state_of(request).jobs.find(request.path_params["id"], principal_of(request).name)
    if found is None:
        raise not_found()
    return StreamingResponse(_followed(found, state_of(request)), media_type="text/event-stream", headers=HEADERS)


async def _followed(found: IndexJob, server: ServerState) -> AsyncIterator[bytes]:
    events = found.followed()
    stop = asyncio.create_task(server.gate.stopping.wait())
    following = asyncio.create_task(anext(events, None))
    try:
        while True:
            done, _ = await asyncio.wait({following, stop}, timeout=PING_SECONDS, return_when="FIRST_COMPLETED")
            if following in done:
                event = following.result()
                if event is None:
                    return
                yield event.encoded()
                following = asyncio.create_task(anext(events, None))
            elif stop in done:
                return
            else:
                yield b": still at work\n\n"
    finally:
        stop.cancel()
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await events.aclose()


def _writing(request: Request) -> tuple[ServerState, Principal]:
    """The server and who writes. Raises RequestError (403; 503) where documents are not taken from them, or not now."""
    server, principal = state_of(request), principal_of(request)
    if not server.settings.allow_upload or not principal.may_write:
        raise RequestError(403, "no_uploads", "this server takes no documents from you")
    server.jobs.check_room()
    return server, principal


def _uploaded(server: ServerState, request: Request) -> UploadedFile:
    one = found_document(readable_of(request), request.path_params["id"])
    found = server.uploads.find(one.source)
    if found is None:
        raise RequestError(
            409, "not_uploaded", "the document was not uploaded here", advice="Change it in the folder it comes from."
        )
    return found


def _building(server: ServerState, principal: Principal, found: UploadedFile) -> Response:
    identifier = document_id(found.path.as_uri())

    def finished(report: Mapping[str, Any]) -> ServerEvent:
        files = report.get("files") or ({"status": "skipped", "reason": "nothing was read"},)
        # an archive and a mail come with their parts
        file = next((one for one in files if one.get("source") == found.path.name), files[0])
        if file["status"] == "skipped":
            server.uploads.delete(found)
            message = str(file.get("reason") or "nothing was read")
            return ServerEvent(
                "error", {"code": "not_read", "message": message, "advice": "Send another type of file."}
            )
        counts = {
            name: report.get(name) for name in ("pages", "chunks", "failed_pages", "ocr_pages", "pending", "warnings")
        }
        told = {"status": file["status"], "reason": file.get("reason"), "document_id": identifier}
        return ServerEvent("done", {**told, "report": counts})

    rules = ["--rules", str(found.rules)] if found.rules.is_file() else []
    command = ["build", str(found.path), "--index", str(server.index.folder), "--json", "--stream", *rules]

    def abandoned() -> None:
        # an index that can't be read may hold it
        with suppress(StoreError):
            if server.index.for_groups(principal.groups).document(identifier) is None:
                server.uploads.delete(found)

    try:
        started = server.jobs.start(principal.name, command, finished, abandoned=abandoned)
    except RequestError:
        abandoned()
        raise
    return _started(started, document_id=identifier)


def _started(started: IndexJob, **more: str) -> Response:
    return JsonReply({"job": started.id, **more}, 202, {"Location": f"/api/jobs/{started.id}"})


def _groups_of(readable: ReadableIndex, principal: Principal, asked: list[str] | None) -> tuple[str, ...]:
    """The groups of a new document: those that were asked for among the principal's own, by default all of these.

    Raises:
        RequestError: others are asked for, or any in an index that knows none: all other documents would be hidden.
    """
    with readable.reader.view() as view:
        grouped = view.names_groups
    if not grouped:
        if asked:
            raise bad_request("the documents of this index have no groups; leave out groups")
        return ()
    own = {EVERYONE, *(principal.groups or ())}
    try:
        groups = checked_groups(asked if asked is not None else principal.groups or (EVERYONE,))
    except InvalidFilterError as error:
        raise bad_request(str(error)) from None
    if not groups or not own.issuperset(groups):
        raise bad_request("groups are at least one of your own, or * for everyone")
    return groups


async def _received(request: Request) -> ReceivedDocument:
    """The document in a request's body, in a temporary file of its own.

    Raises:
        RequestError: it is too large or too slow, or no document.
    """
    server = state_of(request)
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isascii() and announced.isdecimal() and len(announced) < 16 else MAX_UPLOAD
    if size > MAX_UPLOAD + MAX_FIELDS * MAX_FIELD:
        raise too_large()
    if not await run_in_threadpool(server.uploads.room_for, size):
        raise RequestError(507, "disk_full", "there is no room for more documents")
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _form(request, server)
    body = await json_body(request, TextBody, limit=MAX_TEXT)
    name = safe_name(body.name)
    if not name.lower().endswith((".txt", ".md")):
        name += ".txt"
    stated = checked_metadata(body.metadata)
    content = await run_in_threadpool(_written, server, body.text.encode("utf-8", "replace"))
    return ReceivedDocument(name, content, stated, body.groups)


async def _form(request: Request, server: ServerState) -> ReceivedDocument:
    if request.headers.get("x-requested-with") != MARK:
        raise RequestError(403, "other_site", f"send the header X-Requested-With: {MARK}")
    parser = MultiPartParser(
        request.headers, _pieces(request), max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise bad_request(f"the form can't be read: {error}") from None
    try:
        file, metadata, groups = (form.get(name) for name in ("file", "metadata", "groups"))
        if not isinstance(file, UploadFile) or isinstance(metadata, UploadFile) or isinstance(groups, UploadFile):
            raise bad_request('send the document as the field "file"')
        stated = checked_metadata(json_text(metadata) if metadata else {})
        named = checked_names(json_text(groups)) if groups else None
        content = await run_in_threadpool(_copied, server, file)
    finally:
        await form.close()
    return ReceivedDocument(file.filename or "document", content, stated, named)


async def _pieces(request: Request) -> AsyncGenerator[bytes, None]:
    """The body piece by piece. Raises RequestError where there is too much of it, or the next piece does not come."""
    size, stream = 0, request.stream()
    while True:
        try:
            piece = await asyncio.wait_for(anext(stream, None), PIECE_SECONDS)
        except TimeoutError:
            raise RequestError(408, "too_slow", "the upload stood still") from None
        if piece is None:
            return
        size += len(piece)
        if size > MAX_UPLOAD + MAX_FIELDS * MAX_FIELD:
            raise too_large()
        yield piece


def too_large() -> RequestError:
    """The error for a document beyond the limit."""
    return RequestError(413, "too_large", f"a document may have {MAX_UPLOAD >> 20} MB")


def _written(server: ServerState, data: bytes) -> Path:
    descriptor, path = server.uploads.temporary()
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
        file.write(data)
    return path


def _copied(server: ServerState, upload: UploadFile) -> Path:
    descriptor, path = server.uploads.temporary()
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
        shutil.copyfileobj(upload.file, file)
        file.flush()
        os.fsync(file.fileno())
    return path
