"""The file of a page, opened as a stranger's: no link, no pipe, and only the bytes that are expected."""

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import Final, NamedTuple

from mistral_rag.errors import ParseError

MAX_BYTES: Final = 1 << 30
"""A larger file is not read a second time: it is held in memory, and its digest takes a second."""
READ_SIZE: Final = 1 << 20
FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
"""A pipe in the file's place would be waited for, hence O_NONBLOCK."""


class Stamp(NamedTuple):
    """Values of a file that change when its bytes do."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


def read_original(path: str, digest: str) -> tuple[Stamp, bytes]:
    """The bytes of the file at `path`, whose sha256 is `digest`.

    Raises:
        ParseError: it is not there, no regular file, or holds other bytes.
    """
    try:
        descriptor = os.open(path, FLAGS)
    except (OSError, ValueError) as error:
        raise ParseError(f"the original can't be opened: {getattr(error, 'strerror', None) or error}") from error
    with os.fdopen(descriptor, "rb") as file:
        stamp = _stamp_of(os.fstat(descriptor))
        content = file.read(stamp.size + 1)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ParseError("the original has changed")
    return stamp, content


def stamp_of(path: str) -> Stamp | None:
    """The stamp of the file that is at `path` now; None where there is no regular file."""
    try:
        return _stamp_of(Path(path).lstat())
    except (OSError, ValueError):
        return None


def _stamp_of(status: os.stat_result) -> Stamp:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "the original is no regular file")
    if status.st_size > MAX_BYTES:
        raise OSError(errno.EFBIG, "the original is too large")
    return Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
