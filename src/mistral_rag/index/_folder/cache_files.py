"""Files of a cache: read without following links, replaced as a whole."""

import os
import stat
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path
from tempfile import NamedTemporaryFile


def open_plain(path: Path) -> BufferedReader:
    """Open a plain file for reading. Raises OSError for a link, a pipe or anything else that is none."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no plain file")
    return os.fdopen(descriptor, "rb")


def replace_file(path: Path, portions: Iterable[bytes | memoryview]) -> None:
    """Write a file in place of `path`: readers see the old one or the new one, also after a power cut."""
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        try:
            for portion in portions:
                file.write(portion)
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)
