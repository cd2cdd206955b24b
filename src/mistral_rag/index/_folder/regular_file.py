"""Files of an index folder: opened without following links, bounded before they are read, replaced as a whole.

An index may come from anywhere, so each of its files may be a link, a pipe, a device, a folder or a sparse terabyte.
"""

import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final

OPEN_FLAGS: Final = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
)


class IrregularFileError(OSError):
    """A link, a pipe, a device or a folder in a file's place, or a file that is too large."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} {what}")


def open_descriptor(path: Path, flags: int = os.O_RDONLY, *, mode: int = 0o600) -> int:
    """Open a regular file without following links; `flags` and `mode` as those of `os.open`.

    What is no regular file is not opened at all, but for the moment between look and open; then it is closed unread.
    Windows has no O_NOFOLLOW: there, a link that takes the file's place in that moment is known by its other number.

    Raises:
        FileNotFoundError: there is none.
        IrregularFileError: it is a link, or no regular file.
        OSError: the system refused.
    """
    before = _looked_at(path, missing_ok=bool(flags & os.O_CREAT))
    descriptor = os.open(path, flags | OPEN_FLAGS, mode)
    opened = os.fstat(descriptor)
    same = before is None or (opened.st_dev, opened.st_ino) == (before.st_dev, before.st_ino)
    if same and stat.S_ISREG(opened.st_mode):
        return descriptor
    os.close(descriptor)
    raise IrregularFileError(path, "is no regular file")


def _looked_at(path: Path, *, missing_ok: bool) -> os.stat_result | None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        if missing_ok:
            return None
        raise
    if not stat.S_ISREG(found.st_mode):
        raise IrregularFileError(path, "is a link or no regular file")
    return found


def open_regular(path: Path, *, max_bytes: int) -> BufferedReader:
    """Open a regular file for reading, as `open_descriptor` does; one that is larger is refused unread."""
    file = os.fdopen(open_descriptor(path), "rb")
    if os.fstat(file.fileno()).st_size <= max_bytes:
        return file
    file.close()
    raise IrregularFileError(path, f"has more than {max_bytes} bytes")


def data_ranges(descriptor: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each part of a file that is not a hole: a sparse file of a terabyte takes no time to read.

    The whole file where the system does not tell. The position in the file stays.
    """
    end, size = 0, os.fstat(descriptor).st_size
    while end < size:
        found = _data_after(descriptor, end)
        if found is None:
            return
        start, end = found
        yield start, min(end, size)


def _data_after(descriptor: int, place: int) -> tuple[int, int] | None:
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    try:
        start = os.lseek(descriptor, place, os.SEEK_DATA)
        return start, os.lseek(descriptor, start, os.SEEK_HOLE)
    except AttributeError:
        return place, sys.maxsize
    except OSError as error:
        # ENXIO: no data follows; else the file system can't tell
        return None if error.errno == errno.ENXIO else (place, sys.maxsize)
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)


def replace_file(path: Path, portions: Iterable[bytes | memoryview]) -> None:
    """Write a file in place of `path`, whatever lies there: readers see the old one or the new one, whole.

    That is also so after a power cut.
    """
    from tempfile import NamedTemporaryFile  # as slow to import as all the rest

    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            for portion in portions:
                file.write(portion)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    if _is_folder(path):
        delete(path)
    Path(file.name).replace(path)


def delete(path: Path) -> None:
    """Delete a file, or a folder with all that it holds; links are not followed, and nothing there is no error."""
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
