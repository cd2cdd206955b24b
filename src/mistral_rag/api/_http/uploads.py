"""Multipart forms as request bodies: a file goes from the disk to the connection in pieces, and again for a retry."""

import asyncio
import mimetypes
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import httpx

from mistral_rag.api._responses import utf8
from mistral_rag.errors import ConfigurationError, SourceNotFoundError

PIECE = 1024 * 1024
"""Bytes in memory at once; a socket takes less, and a disk gives no more for its seek."""

ESCAPED = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A", ord("\\"): "_"}
"""What a file name or field name may not hold, as the HTML standard's form encoding writes it."""

UploadSource = str | Path | bytes | BinaryIO
"""A file to upload: its path, its bytes, for which a name is given, or a file that is open for reading bytes."""


class UploadForm(httpx.SyncByteStream, httpx.AsyncByteStream):
    """One form with its fields, and the file, if any; read anew each time it is sent."""

    def __init__(
        self, file: UploadSource | None, fields: Iterable[tuple[str, str]] = (), *, name: str | None = None
    ) -> None:
        """Prepare the form; the size of the file is read now, its content when it is sent.

        Raises:
            SourceNotFoundError: There is no such file.
            ConfigurationError: Bytes have no name, or it is no file at all.
        """
        boundary = secrets.token_hex(16)
        self._file, name = _opened(file, name)
        self.kind = f"multipart/form-data; boundary={boundary}"
        self._head = b"".join(_field(boundary, *one) for one in fields)
        self._tail = f"--{boundary}--\r\n".encode()
        if self._file is not None:
            self._head += _file_head(boundary, _name_of(self._file, name))
            self._tail = b"\r\n" + self._tail
        self._size = _size(self._file)

    def __len__(self) -> int:
        return len(self._head) + self._size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        if isinstance(self._file, bytes):
            yield self._file
        elif self._file is not None:
            with self._file.open("rb") as file:
                yield from self._pieces(file, self._file)
        yield self._tail

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

    def _pieces(self, file: BinaryIO, path: Path) -> Iterator[bytes]:
        left = self._size
        while left:
            piece = file.read(min(PIECE, left))  # no more than announced: the file may grow
            if not piece:
                raise ConfigurationError(f"{path} became shorter while it was uploaded.")
            left -= len(piece)
            yield piece


def form_fields(values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The fields of a form: a list repeats its name, a truth value is "true" or "false", None is left out."""
    for name, value in values.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is not None:
                yield name, str(one).lower() if isinstance(one, bool) else str(one)


def _field(boundary: str, name: str, value: str) -> bytes:
    quoted = name.translate(ESCAPED)
    return utf8(f'--{boundary}\r\nContent-Disposition: form-data; name="{quoted}"\r\n\r\n{value}\r\n')


def _file_head(boundary: str, name: str) -> bytes:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    disposition = f'form-data; name="file"; filename="{name.translate(ESCAPED)}"'
    return utf8(f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {media_type}\r\n\r\n")


def _opened(file: UploadSource | None, name: str | None) -> tuple[Path | bytes | None, str | None]:
    """The path or the bytes, and the name; an open file is read now, for a retry can't rewind what is no file."""
    if file is None or isinstance(file, bytes | Path):
        return file, name
    if isinstance(file, str):
        return Path(file), name
    content = file.read() if hasattr(file, "read") else file
    if not isinstance(content, bytes | bytearray | memoryview):
        raise ConfigurationError(
            f"A file to upload is a path, bytes, or a file opened with mode 'rb', not {type(file).__name__}."
        )
    known = getattr(file, "name", None)  # a number for a file descriptor
    return bytes(content), name or (Path(known).name if isinstance(known, str) else None)


def _name_of(file: Path | bytes, name: str | None) -> str:
    if name:
        return name
    if isinstance(file, bytes):
        raise ConfigurationError("Bytes to upload need a name: the platform knows the kind of a file by its ending.")
    return file.name


def _size(file: Path | bytes | None) -> int:
    if isinstance(file, Path):
        try:
            return file.stat().st_size if file.is_file() else _missing(file)
        except OSError as problem:
            raise SourceNotFoundError(f"{file} can't be read: {problem.strerror}.") from problem
    return len(file or b"")


def _missing(file: Path) -> int:
    raise SourceNotFoundError(f"There is no file {file}.")
