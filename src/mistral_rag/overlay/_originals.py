"""The files that documents of an index were read from, as long as they are what they were."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mistral_rag.schema import Source
from mistral_rag.text import local_path

READ_SIZE: Final = 1 << 20
"""Bytes of a file that are copied at a time: it may be larger than memory."""
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class NotDrawnError(Exception):
    """The reason why a citation can't be drawn, in a sentence."""


@contextmanager
def unchanged_copy(source: Source) -> Iterator[Path]:
    """A private copy of a source's file, while its digest is that of the source; what is hashed is what is copied.

    Raises:
        NotDrawnError: the source is no file, or its file is gone, can't be read, or has changed.
    """
    path = file_of(source)
    if path is None:
        raise NotDrawnError(f"the original is no file on this machine: {source.uri}")
    with TemporaryDirectory(prefix="mistral-rag-") as folder:
        copy = Path(folder) / f"original{path.suffix}"
        try:
            digest = _copied(path, copy)
        except FileNotFoundError:
            raise NotDrawnError(f"the original is gone: {path}") from None
        except OSError as error:
            raise NotDrawnError(f"the original can't be read: {path}: {error.strerror or error}") from error
        if digest != source.digest:
            raise NotDrawnError(f"stale: the file has changed since it was indexed: {path}. Run: ingest build")
        yield copy


def is_printed(source: Source) -> bool:
    """True for a source whose pages have pictures: a PDF or an image."""
    return source.media_type == "application/pdf" or source.media_type.startswith("image/")


def file_of(source: Source) -> Path | None:
    """The path of the file that a source is; None for a web page, a record, or a member of an archive."""
    path = None if source.member is not None else local_path(source.uri)
    return None if path is None else Path(path)


def _copied(path: Path, copy: Path) -> str:
    """Copy a regular file; gives the hex digest of what was copied."""
    descriptor = os.open(path, _FLAGS)  # O_NONBLOCK: a pipe in its place would be waited for
    with open(descriptor, "rb") as original, copy.open("xb") as target:  # noqa: PTH123 (a descriptor)
        if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
            raise OSError("it is no file any more")
        digest = hashlib.sha256()
        while block := original.read(READ_SIZE):
            digest.update(block)
            target.write(block)
        return digest.hexdigest()
