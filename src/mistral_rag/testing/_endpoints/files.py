"""/v1/files: uploads by multipart form, stored in memory."""

import hashlib
import json
import mimetypes
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message as Head
from email.parser import HeaderParser
from typing import Any

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, numbers, paged

MAX_SIGNED_HOURS = 168
"""Hours that a signed URL holds at most; the platform's limit."""
FORM = {"file", "purpose", "expiry", "visibility"}
PURPOSES = ("fine-tune", "batch", "ocr", "audio")
SAMPLES = {"fine-tune": "instruct", "batch": "batch_request", "ocr": "instruct", "audio": "instruct"}
HOUR = 3600


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file, uploaded or created by a batch."""

    name: str
    content: bytes
    purpose: str = "batch"
    sample: str = "batch_request"
    source: str = "upload"
    visibility: str = "workspace"
    expires: int | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: int = field(default_factory=lambda: int(time.time()))

    def card(self) -> dict[str, Any]:
        """The file as the platform lists it."""
        is_lines = self.name.endswith(".jsonl")
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "sample_type": self.sample,
            "num_lines": len(self.content.splitlines()) if is_lines else None,
            "mimetype": "application/jsonl" if is_lines else mimetypes.guess_type(self.name)[0],
            "source": self.source,
            "signature": hashlib.md5(self.content, usedforsecurity=False).hexdigest(),
            "expires_at": self.expires,
            "visibility": self.visibility,
        }


class Files:
    """Files endpoints of the single workspace."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /files": self.upload,
            "GET /files": self.listed,
            "GET /files/{id}": self.shown,
            "DELETE /files/{id}": self.deleted,
            "GET /files/{id}/content": self.content,
            "GET /files/{id}/url": self.signed,
        }

    def add(self, file: StoredFile) -> StoredFile:
        """Store a file."""
        with self._lock:
            self._files[file.id] = file
        return file

    def get(self, identity: str) -> StoredFile:
        """The file of this id.

        Raises:
            RequestRefusedError: 404, there is none.
        """
        with self._lock:
            file = self._files.get(identity)
        if file is None:
            raise refusals.not_found()
        return file

    def by_url(self, url: str) -> StoredFile | None:
        """The file of a signed URL; None for another URL."""
        with self._lock:
            return next((file for file in self._files.values() if _signed_path(file) in url), None)

    def upload(self, request: Request) -> Response:
        """Store the file of a form."""
        form = _form(request)
        if unknown := sorted(set(form) - FORM):
            raise refusals.invalid("extra_forbidden", "Extra inputs are not permitted", loc=(unknown[0],))
        if "file" not in form or form["file"][0] is None:
            raise refusals.invalid("missing", "Field required", loc=("file",))
        name, content = form["file"]
        purpose = form.get("purpose", (None, b"fine-tune"))[1].decode()
        if purpose not in PURPOSES:
            raise refusals.invalid("enum", f"Input should be {', '.join(PURPOSES)}", loc=("purpose",), given=purpose)
        if purpose in {"fine-tune", "batch"}:
            _check_lines(content)
        hours = form.get("expiry", (None, b""))[1].decode()
        if hours and not hours.isdecimal():
            raise refusals.invalid("int_parsing", "Input should be a valid integer", loc=("expiry",), given=hours)
        expires = int(time.time()) + int(hours) * HOUR if hours else None
        visibility = form.get("visibility", (None, b"workspace"))[1].decode()
        file = StoredFile(str(name), content, purpose, SAMPLES[purpose], visibility=visibility, expires=expires)
        return json_response(self.add(file).card())

    def listed(self, request: Request) -> Response:
        """A page of the list, newest first."""
        with self._lock:
            files = sorted(self._files.values(), key=lambda file: -file.created)
        purpose, search = request.query.get("purpose"), request.query.get("search", "")
        matching = [file for file in files if search in file.name and purpose in (None, file.purpose)]
        cards = [file.card() for file in paged(request, matching)]
        return json_response({"data": cards, "object": "list", "total": len(matching)})

    def shown(self, _request: Request, identity: str) -> Response:
        """The metadata of a file."""
        return json_response({**self.get(identity).card(), "deleted": False})

    def deleted(self, _request: Request, identity: str) -> Response:
        """Delete a file."""
        self.get(identity)
        with self._lock:
            self._files.pop(identity, None)
        return json_response({"id": identity, "object": "file", "deleted": True})

    def content(self, _request: Request, identity: str) -> Response:
        """The bytes of a file."""
        return Response(200, {"content-type": "application/octet-stream"}, self.get(identity).content)

    def signed(self, request: Request, identity: str) -> Response:
        """A signed URL, which needs no key."""
        hours = numbers(request, expiry=24)["expiry"]
        if not 1 <= hours <= MAX_SIGNED_HOURS:
            message = f"Input should be between 1 and {MAX_SIGNED_HOURS}"
            raise refusals.invalid("value_error", message, loc=("expiry",), given=hours, location="query")
        file = self.get(identity)
        return json_response({"url": f"http://{request.headers.get('host', 'localhost')}{_signed_path(file)}"})

    def download(self, request: Request) -> Response | None:
        """The response to a signed URL; None for another URL."""
        file = self.by_url(f"{request.path}?signature={request.query.get('signature', '')}")
        return None if file is None else self.content(request, file.id)


def _signed_path(file: StoredFile) -> str:
    signature = hashlib.sha256(f"{file.id}{file.created}".encode()).hexdigest()[:32]
    return f"/signed/{file.id}?signature={signature}"


def _form(request: Request) -> Mapping[str, tuple[str | None, bytes]]:
    """The last part of each name: file name and content."""
    return {name: parts[-1] for name, parts in multipart(request).items()}


def multipart(request: Request) -> dict[str, list[tuple[str | None, bytes]]]:
    """The parts of a multipart form by their names: file name and content of each."""
    head = Head()
    head["content-type"] = request.headers.get("content-type", "")
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise refusals.invalid("missing", "Field required", loc=("file",))
    parts = request.body.split(b"--" + boundary.encode("latin-1"))[1:-1]
    form: dict[str, list[tuple[str | None, bytes]]] = {}
    for name, part in map(_part, parts):
        form.setdefault(name, []).append(part)
    return form


def _part(part: bytes) -> tuple[str, tuple[str | None, bytes]]:
    head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    message = HeaderParser().parsestr(head.decode("utf-8", "replace"))
    name = message.get_param("name", header="content-disposition")
    return str(name), (message.get_filename(), content.removesuffix(b"\r\n"))


def _check_lines(content: bytes) -> None:
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            json.loads(line)
        except ValueError as error:
            raise refusals.bad_request(f"Invalid file format: line {number} is not JSON.", code=None) from error
