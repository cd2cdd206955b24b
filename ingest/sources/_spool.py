"""Copies of what lies elsewhere, in a folder of the build's own that is deleted with it."""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydantic import JsonValue

from ingest._reading.opened import identity_of
from ingest.parsing._types.registry import HEAD_BYTES, media_type_by
from ingest.sources._found import SourceFile
from mistral_rag.index import SourceStatus
from mistral_rag.text import readable_name

MAX_FETCHED: Final = 512 << 20
"""Bytes of one file that are fetched; larger ones would not be parsed in the memory of a worker."""
MAX_NAME_BYTES: Final = 200
"""Bytes of a copy's name: file systems take 255."""


class FetchError(Exception):
    """A file elsewhere could not be fetched; the message says why."""


def stamp_of(*signs: object) -> int:
    """A number that tells one state of a file elsewhere from another, in place of the time of its last change.

    48 bits: read as nanoseconds that is the third of January 1970 at the latest, so it never looks like an edit of just
    now. Without any sign it is the time, and the file is fetched again by the next build.
    """
    if not any(signs):
        return time.time_ns()
    return int.from_bytes(hashlib.sha256(repr(signs).encode("utf-8", "backslashreplace")).digest()[:6])


class Spool:
    """The folder of copies; a `with` block deletes it."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="mistral-rag-"))
        self._count = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def keep(self, name: str, blocks: Iterable[bytes]) -> Path:
        """Write a copy. Raises FetchError when it is too large, and OSError when there is no room."""
        self._count += 1
        path = self._folder / str(self._count) / _file_name(name)
        path.parent.mkdir(mode=0o700)
        size = 0
        with path.open("xb") as file:
            for block in blocks:
                size += len(block)
                if size > MAX_FETCHED:
                    raise FetchError(f"larger than {MAX_FETCHED >> 20} MiB; download it and divide it")
                file.write(block)
        return path


def fetched_file(
    path: Path,
    *,
    name: str,
    uri: str,
    root: str,
    stamp: int,
    modified_ns: int = 0,
    metadata: Mapping[str, JsonValue] | None = None,
) -> SourceFile:
    """The copy as a file of the build."""
    status = os.lstat(path)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return SourceFile(
        path=path,
        name=name,
        uri=uri,
        root=root,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        media_type=media_type_by(head, path),
        changed_ns=stamp,
        identity=identity_of(status),
        modified_ns=modified_ns,
        metadata=metadata or {},
    )


def known_file(state: SourceStatus, metadata: Mapping[str, JsonValue] | None = None) -> SourceFile:
    """A file elsewhere that is as the index knows it: there is no copy, and none is needed."""
    source = state.source
    return SourceFile(
        path=Path(_file_name(source.name)),
        name=source.name,
        uri=source.uri,
        root=state.root,
        size=state.size,
        mtime_ns=0,
        media_type=source.media_type,
        changed_ns=state.mtime_ns,
        fault="it was not fetched, as it has not changed",
        metadata=metadata or {},
    )


def _file_name(name: str) -> str:
    """The last part of a name as that of a file; what it is called elsewhere may be anything."""
    last = readable_name(name).replace("\\", "/").rstrip("/").rpartition("/")[2].replace("\0", "")
    stem, dot, suffix = last.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = last, "", ""
    while len(f"{stem}{dot}{suffix}".encode()) > MAX_NAME_BYTES:
        stem = stem[:-10]
    return f"{stem}{dot}{suffix}".lstrip(".") or "document"
