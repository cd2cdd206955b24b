"""Files of the workspace: uploads from the disk, downloads to it, signed URLs."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Literal

from mistral_rag.api._http.downloads import adownload, download
from mistral_rag.api._http.uploads import UploadForm, UploadSource, form_fields
from mistral_rag.errors import ConfigurationError
from mistral_rag.platform._calls import Deleted, Listing, PlatformCall, PlatformObject, Resource, path

MAX_FILE = 512 * 1024 * 1024
"""Bytes of a file; the platform's limit."""

Purpose = Literal["ocr", "batch", "fine-tune", "audio"]


class PlatformFile(PlatformObject):
    """A stored file; `bytes` is its size, `num_lines` is known for JSON lines, times are Unix seconds."""

    id: str
    filename: str
    purpose: str
    bytes: int | None = None
    created_at: int | None = None
    expires_at: int | None = None
    num_lines: int | None = None
    mimetype: str | None = None
    sample_type: str | None = None
    source: str | None = None


class SignedUrl(PlatformObject):
    """An address that needs no key until it expires. Treat it like a key."""

    url: str


class FileResource(Resource):
    """`client.files`."""

    def upload(
        self,
        file: UploadSource,
        *,
        purpose: Purpose | str = "ocr",
        name: str | None = None,
        expiry: int | None = None,
        visibility: Literal["workspace", "user"] | None = None,
    ) -> PlatformFile:
        """Upload a path, a file open for reading bytes, or bytes with a `name`; a path is read in pieces.

        `expiry` is in hours, None for no end.

        Raises:
            SourceNotFoundError: There is no such file.
            ConfigurationError: It has more than 512 MB.
            ApiError: The platform refused it; a JSONL file is checked line by line.
        """
        return self._send(_upload(file, purpose, name, expiry, visibility))

    async def aupload(
        self,
        file: UploadSource,
        *,
        purpose: Purpose | str = "ocr",
        name: str | None = None,
        expiry: int | None = None,
        visibility: Literal["workspace", "user"] | None = None,
    ) -> PlatformFile:
        """`upload` for coroutines."""
        return await self._asend(_upload(file, purpose, name, expiry, visibility))

    def list(
        self, *, page: int = 0, page_size: int = 100, purpose: str | None = None, search: str | None = None
    ) -> Listing[PlatformFile]:
        """One page of the files, newest first."""
        return self._send(_list(page, page_size, purpose, search))

    async def alist(
        self, *, page: int = 0, page_size: int = 100, purpose: str | None = None, search: str | None = None
    ) -> Listing[PlatformFile]:
        """`list` for coroutines."""
        return await self._asend(_list(page, page_size, purpose, search))

    def iterate(self, *, purpose: str | None = None, search: str | None = None) -> Iterator[PlatformFile]:
        """Every file; pages are fetched as they are needed."""
        return self._items(lambda page: _list(page, 100, purpose, search))

    def aiterate(self, *, purpose: str | None = None, search: str | None = None) -> AsyncIterator[PlatformFile]:
        """`iterate` for coroutines."""
        return self._aitems(lambda page: _list(page, 100, purpose, search))

    def get(self, file_id: str) -> PlatformFile:
        """The file's description."""
        return self._send(PlatformCall("GET", path("files", file_id), PlatformFile))

    async def aget(self, file_id: str) -> PlatformFile:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("files", file_id), PlatformFile))

    def delete(self, file_id: str) -> Deleted:
        """Delete the file."""
        return self._send(PlatformCall("DELETE", path("files", file_id), Deleted))

    async def adelete(self, file_id: str) -> Deleted:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("files", file_id), Deleted))

    def signed_url(self, file_id: str, *, expiry: int = 24) -> str:
        """An address of the file for `expiry` hours, 1 to 168, that needs no key."""
        return self._send(PlatformCall("GET", path("files", file_id, "url", expiry=expiry), SignedUrl)).url

    async def asigned_url(self, file_id: str, *, expiry: int = 24) -> str:
        """`signed_url` for coroutines."""
        return (await self._asend(PlatformCall("GET", path("files", file_id, "url", expiry=expiry), SignedUrl))).url

    def content(self, file_id: str) -> Iterator[bytes]:
        """The bytes of the file in pieces, as they come."""
        return download(self._connection.client, path("files", file_id, "content"))

    async def acontent(self, file_id: str) -> AsyncIterator[bytes]:
        """`content` for coroutines: `async for piece in await client.files.acontent(file_id)`."""
        return await adownload(self._connection.client, path("files", file_id, "content"))

    def download(self, file_id: str, to: str | Path) -> Path:
        """Write the file to the path `to`, which appears when it is whole; returns the path."""
        with closing(download(self._connection.client, path("files", file_id, "content"))) as pieces, _Part(to) as part:
            for piece in pieces:
                part.write(piece)
        return part.path

    async def adownload(self, file_id: str, to: str | Path) -> Path:
        """`download` for coroutines."""
        received = await adownload(self._connection.client, path("files", file_id, "content"))
        async with aclosing(received) as pieces:
            with _Part(to) as part:
                async for piece in pieces:
                    part.write(piece)
        return part.path


class _Part:
    """A file that gets its name when it is whole."""

    def __init__(self, to: str | Path) -> None:
        self.path = Path(to)
        self._unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}.part")

    def __enter__(self) -> "_Part":
        self._file = self._unfinished.open("wb")
        return self

    def write(self, piece: bytes) -> None:
        self._file.write(piece)

    def __exit__(self, kind: object, *_: object) -> None:
        self._file.close()
        try:
            if kind is None:
                self._unfinished.replace(self.path)
        finally:
            self._unfinished.unlink(missing_ok=True)


def _upload(
    file: UploadSource, purpose: str, name: str | None, expiry: int | None, visibility: str | None
) -> PlatformCall[PlatformFile]:
    fields = form_fields({"purpose": purpose, "expiry": expiry, "visibility": visibility})
    form = UploadForm(file, fields, name=name)
    if len(form) > MAX_FILE:
        raise ConfigurationError(f"A file may have 512 MB, and this has {len(form) / 1024**2:,.0f} MB.")
    return PlatformCall("POST", "files", PlatformFile, form=form, once=True)


def _list(page: int, page_size: int, purpose: str | None, search: str | None) -> PlatformCall[Listing[PlatformFile]]:
    asked = path("files", page=page, page_size=page_size, purpose=purpose, search=search)
    return PlatformCall("GET", asked, Listing[PlatformFile])
