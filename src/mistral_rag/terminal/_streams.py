"""Standard output and standard error during a command, which libraries and children print to as well."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress

from mistral_rag._printable import printable
from mistral_rag.terminal._output import write_clean

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO


class _Stderr:
    """Standard error as libraries see it during a command: their warnings and tracebacks come out clean, too."""

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bare, name)

    def write(self, text: str) -> int:
        """Write it clean."""
        write_clean(self.bare, printable(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write them clean."""
        self.write("".join(lines))


class _Diverted(_Stderr):
    """Standard output as everyone else sees it during a command: what they print comes out on standard error."""

    def write(self, text: str) -> int:
        """Write it clean, on standard error."""
        if sys.stderr is not None:
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        """Do nothing: what was written is written."""


@contextmanager
def clean_streams() -> Iterator[None]:
    """Keep standard output to the command itself, and standard error clean of what could steer a terminal."""
    stderr = None if sys.stderr is None else _Stderr(sys.stderr)
    with redirect_stderr(stderr), _own_stdout():
        yield


@contextmanager
def _own_stdout() -> Iterator[None]:
    """Keep standard output to what the command says.

    Parsers, signals and models of other packages run in this process and may print: what stands before or in the one
    JSON object of `--json` would break it. Code in C, and children, write to the descriptor: it is moved out of reach.
    """
    if sys.stdout is None:
        yield
        return
    with _moved(sys.stdout) as bare, redirect_stdout(_Diverted(bare)):
        yield


@contextmanager
def _moved(stream: TextIO) -> Iterator[TextIO]:
    """The stream on a descriptor that only we know, with descriptor 1 leading to standard error meanwhile."""
    try:
        is_ours = stream.fileno() == 1
        os.fstat(2)
    except (OSError, ValueError):  # one of a test, or a closed one
        is_ours = False
    if not is_ours:
        yield stream
        return
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(kept, "w", encoding=stream.encoding, errors=stream.errors, closefd=False) as moved:
            yield moved
    finally:
        _flush_c()
        os.dup2(kept, 1)
        os.close(kept)


def _flush_c() -> None:
    """Write out what C's own buffers hold: at the end of the process it would land on standard output."""
    with suppress(ImportError, OSError, TypeError, AttributeError):  # Windows has no library by the name None
        import ctypes

        ctypes.CDLL(None).fflush(None)
