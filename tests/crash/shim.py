"""The shim of `shim.c`: compiled, preloaded by starting the program again, and spoken to."""

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

CALLS: Final = ("write", "fsync", "rename", "ftruncate", "unlink", "open", "read", "lock", "mmap", "mkdir")
MODES: Final = ("fail", "half", "kill before", "kill half", "kill after")
SOURCE: Final = Path(__file__).with_name("shim.c")


def compiled(folder: Path) -> Path:
    """The shim as a library; needs a C compiler."""
    library = folder / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return library


def start_again_with_it() -> None:
    """Return in a process that has the shim; the first call starts the program anew."""
    if "LD_PRELOAD" in os.environ:
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "LD_PRELOAD": str(compiled(Path(folder)))}
        run = subprocess.run([sys.executable, *sys.argv], env=environment, check=False)
    sys.exit(run.returncode)


def fast_folder() -> str | None:
    """A place where files need no disk: what is tested is the order of calls, which is the same there."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Shim:
    """The preloaded shim of this process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.shim_count.restype = ctypes.c_long

    def arm(self, folder: Path, *, call: str, at: int, mode: str, error: int = 0, still: bool = False) -> None:
        """Let the `at`-th call (from 1) on files below `folder` go wrong, and with `still` all behind it."""
        self._library.shim_arm(
            os.fsencode(folder), CALLS.index(call), ctypes.c_long(at), MODES.index(mode), error, still
        )

    def disarm(self) -> None:
        """Let every call work again."""
        self._library.shim_disarm()

    def record(self, folder: Path, descriptor: int) -> None:
        """Write down what happens to files below `folder`."""
        self._library.shim_record(os.fsencode(folder), descriptor)

    def mark(self, number: int) -> None:
        """Write down that a step was acknowledged."""
        self._library.shim_mark(ctypes.c_int64(number))

    def counts(self) -> dict[str, int]:
        """The number of times each call was made since the shim was armed."""
        return {call: int(self._library.shim_count(number)) for number, call in enumerate(CALLS)}
