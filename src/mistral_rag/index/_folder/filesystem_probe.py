"""Two processes that find out whether locks and shared memory work in a folder: this file is also the second one."""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from contextlib import contextmanager

TYPE_CHECKING = False  # the second process starts without typing
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FINE = "kept out"
TOKEN, REPLY = b"1", b"2"

if sys.platform != "win32":
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)

    def _is_kept_out(descriptor: int) -> bool:
        for attempt in (
            lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda: fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1),
        ):
            try:
                attempt()
            except OSError:
                continue
            return False
        return True
else:
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _is_kept_out(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return True
        return False


@contextmanager
def held(folder: Path) -> Iterator[tuple[str, mmap.mmap]]:
    """A file in `folder` that this process has locked and mapped, for the second one to try."""
    descriptor, path = tempfile.mkstemp(dir=folder, prefix=".probe-", suffix=".part")
    try:
        os.write(descriptor, TOKEN * mmap.PAGESIZE)
        _take(descriptor)
        with mmap.mmap(descriptor, mmap.PAGESIZE) as memory:
            yield path, memory
    finally:
        os.close(descriptor)
        os.unlink(path)  # noqa: PTH108 (the second process starts without pathlib)


def second(path: str) -> str:
    """Print the findings of the second process."""
    descriptor = os.open(path, os.O_RDWR)
    if not _is_kept_out(descriptor):
        return "a lock did not keep the second process out"
    with mmap.mmap(descriptor, mmap.PAGESIZE) as memory:
        if memory[:1] != TOKEN:
            return "memory is not shared"
        memory[:1] = REPLY
    return FINE


if __name__ == "__main__":
    sys.stdout.write(second(sys.argv[1]))
