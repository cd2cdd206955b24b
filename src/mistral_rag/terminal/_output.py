"""Output and questions: clean text, in whatever encoding the terminal has."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout, suppress

from mistral_rag._printable import harmless_json, one_line, printable

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO


class OutputError(Exception):
    """Standard output or standard error takes nothing more: the disk is full, or the device failed."""


class ReaderLeftError(OutputError):
    """Nobody reads the output any more."""


def say(text: str = "") -> None:
    """Print one line for a person, on standard output; line breaks in it become spaces."""
    write_clean(bare_stdout(), one_line(text) + "\n")


def say_text(text: str) -> None:
    """Print a piece of a text that has its own lines, on standard output."""
    write_clean(bare_stdout(), printable(text))


def note(text: str) -> None:
    """Print a remark, warning or error on standard error; line breaks in it become spaces."""
    write_clean(sys.stderr, one_line(text) + "\n")


def aside(text: str) -> None:
    """Print a remark in grey, on a terminal only: a script's log has no use for it.

    It is not grey where `NO_COLOR` asks for that (https://no-color.org), or the terminal can't.
    """
    stream = bare_stderr()
    if stream is None or not stream.isatty():
        return
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    line = one_line(text)
    write_clean(stream, f"{line}\n" if plain else f"\x1b[90m{line}\x1b[0m\n")


def say_json(value: Any) -> None:
    """Print one JSON object for a program, on standard output."""
    import json

    say_json_line(json.dumps(value, ensure_ascii=False))


def say_json_line(line: str) -> None:
    """Print a line of JSON on standard output.

    What could steer a terminal, or is not in its encoding, is escaped: the JSON means the same.
    """
    stdout = bare_stdout()
    encoding = getattr(stdout, "encoding", None) or "utf-8"
    write_clean(stdout, harmless_json(line, ascii_only=not encoding.lower().startswith(("utf-8", "utf8"))) + "\n")


def say_sequence(sequence: str) -> None:
    """Send an escape sequence of our own making to the terminal, as it is; it must hold no text of others."""
    write_clean(bare_stdout(), sequence)


def can_ask() -> bool:
    """True when somebody sits at standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_terminal() -> bool:
    """True when what is said of errors goes to a terminal, which could draw as well."""
    stream = bare_stderr()
    return stream is not None and stream.isatty()


def typed_lines(prompt: str) -> Iterator[str]:
    """Lines that a person types behind a prompt, or that are piped in."""
    if not can_ask():
        yield from sys.stdin or ()
        return
    with suppress(ImportError):  # Windows has none, and edits lines by itself
        import readline  # noqa: F401 (lets `input` edit a line and remember those before)
    while True:
        try:
            # on standard error, where descriptor 1 leads meanwhile: standard output is for answers
            with redirect_stdout(sys.__stdout__):
                line = input(prompt)
        except EOFError:
            note("")
            return
        yield line


def agreed(question: str) -> bool:
    """Ask on the terminal; True for yes alone."""
    note(f"{question} [y/N]")
    with suppress(UnicodeDecodeError):
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    return False


def bare_stderr() -> TextIO | None:
    """Standard error itself, for a progress bar: it has to move the cursor, and cleans the texts it shows."""
    return getattr(sys.stderr, "bare", sys.stderr)


def bare_stdout() -> TextIO | None:
    """Standard output itself, which during a command only what it says goes to."""
    return getattr(sys.stdout, "bare", sys.stdout)


def write_clean(stream: TextIO | None, text: str) -> None:
    """Write in the encoding of the stream, with "?" for what it has not; nothing where there is no stream.

    Raises:
        OutputError: it takes nothing more.
    """
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
        stream.flush()
    except BrokenPipeError as error:
        raise ReaderLeftError from error
    except OSError as error:
        raise OutputError(f"the output can't be written: {error.strerror or error}") from error


def say_message(message: str, file: TextIO | None) -> None:
    """Print what a parser has to say, on the stream that it names; a closed one ends all output."""
    try:
        write_clean(bare_stdout() if file is sys.stdout else sys.stderr, printable(message))
    except OutputError:
        silence()


def silence() -> None:
    """Let nothing more be printed: what waits in buffers would complain when Python flushes them at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (bare_stdout(), bare_stderr()):
        with suppress(OSError, ValueError):  # one of a test, a closed one
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
