"""Files that hold an answer or a citation, as `mistral-rag ask --json` prints them."""

from __future__ import annotations

from mistral_rag.terminal import UsageError

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from pydantic import ValidationError

STANDARD = "-"
"""Stands for standard input."""
MAX_INPUT = 64 << 20
"""Bytes of an answer: thousands of times what a question gives."""


def first_fault(error: ValidationError, name: str, kind: str) -> str:
    """The first thing that is wrong with a file that should hold an answer or a citation, in a sentence."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    fault = f"{where + ': ' if where else ''}{first['msg']}"
    return f"{name} holds no {kind} as `mistral-rag ask --json` prints it: {fault}"


def answer_bytes(name: str) -> bytes:
    """The JSON in a file, or on standard input. Raises UsageError when it can't be read."""
    import sys
    from pathlib import Path

    try:
        if name == STANDARD:
            if sys.stdin is None:
                raise UsageError("there is no standard input. Name a file")
            data = sys.stdin.buffer.read(MAX_INPUT + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_INPUT + 1)
    except OSError as error:
        raise UsageError(f"{name} can't be read: {error.strerror or error}") from error
    if len(data) > MAX_INPUT:
        raise UsageError(f"{name} is too large for an answer")
    return _last_object(data)


def _last_object(data: bytes) -> bytes:
    """The last line of several, as `ask --json --stream` prints them; else all of it."""
    lines = [line for line in data.splitlines() if line.strip()]
    return lines[-1] if len(lines) > 1 and lines[-1].startswith(b"{") and lines[0].endswith(b"}") else data
