"""Terminal of both programs: exit codes, one-sentence errors, clean output.

All that a command prints goes through here, and comes out in whatever encoding the terminal has, without characters
that could steer it: names of files, texts of documents, replies of models and messages of servers are foreign.
Standard library only: `--help` must start in the time of a few bare Pythons.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress

from mistral_rag._counting import counted
from mistral_rag._printable import harmless_json, one_line, printable

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType
    from typing import Any, NoReturn, TextIO

    Command = Callable[[argparse.Namespace], int]

__all__ = [
    "ABSTAINED",
    "DONE",
    "EXIT_CODES",
    "INTERRUPTED",
    "PLATFORM",
    "TERMINATED",
    "UNDONE",
    "UNUSABLE",
    "CommandParser",
    "UsageError",
    "add_common",
    "add_groups",
    "agreed",
    "aside",
    "at_least_one",
    "bare_stderr",
    "can_ask",
    "counted",
    "dollars",
    "exit_code",
    "index_folder",
    "note",
    "one_line",
    "printable",
    "run",
    "say",
    "say_json",
    "say_json_line",
    "say_text",
    "text_argument",
    "write_output",
]

DONE, UNDONE, UNUSABLE, PLATFORM, ABSTAINED, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143
"""Exit codes, as `EXIT_CODES` explains them."""

EXIT_CODES = """\
exit codes: 0 done; 1 something was left undone, the report says what; 2 could not start;
3 the platform refused or was unreachable; 4 no answer (abstained or blocked); 130, 143 interrupted"""
"""The end of every command's `--help`."""

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class UsageError(Exception):
    """The command can't be started as it was typed."""


class _OutputError(Exception):
    """Standard output or standard error takes nothing more: the disk is full, or the device failed."""


class _ReaderLeftError(_OutputError):
    """Nobody reads the output any more."""


class CommandParser(argparse.ArgumentParser):
    """Parser of a command line whose usage, help and errors are printed as everything else is."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error in one line, and exit."""
        # a shell puts the names of files in place of a pattern: what was typed may hold line breaks
        super().error(one_line(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        try:
            _write(_bare_stdout() if file is sys.stdout else sys.stderr, printable(message))
        except _OutputError:
            _silence()


def say(text: str = "") -> None:
    """Print one line for a person, on standard output; line breaks in it become spaces."""
    _write(_bare_stdout(), one_line(text) + "\n")


def say_text(text: str) -> None:
    """Print a piece of a text that has its own lines, on standard output."""
    _write(_bare_stdout(), printable(text))


def note(text: str) -> None:
    """Print a remark, warning or error on standard error; line breaks in it become spaces."""
    _write(sys.stderr, one_line(text) + "\n")


def aside(text: str) -> None:
    """Print a remark in grey, on a terminal only: a script's log has no use for it.

    It is not grey where `NO_COLOR` asks for that (https://no-color.org), or the terminal can't.
    """
    stream = bare_stderr()
    if stream is None or not stream.isatty():
        return
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    line = one_line(text)
    _write(stream, f"{line}\n" if plain else f"\x1b[90m{line}\x1b[0m\n")


def say_json(value: Any) -> None:
    """Print one JSON object for a program, on standard output."""
    import json

    say_json_line(json.dumps(value, ensure_ascii=False))


def say_json_line(line: str) -> None:
    """Print a line of JSON on standard output.

    What could steer a terminal, or is not in its encoding, is escaped: the JSON means the same.
    """
    stdout = _bare_stdout()
    encoding = getattr(stdout, "encoding", None) or "utf-8"
    _write(stdout, harmless_json(line, ascii_only=not encoding.lower().startswith(("utf-8", "utf8"))) + "\n")


def say_sequence(sequence: str) -> None:
    """Send an escape sequence of our own making to the terminal, as it is; it must hold no text of others."""
    _write(_bare_stdout(), sequence)


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


def _bare_stdout() -> TextIO | None:
    """Standard output itself, which during a command only this module writes to."""
    return getattr(sys.stdout, "bare", sys.stdout)


def _write(stream: TextIO | None, text: str) -> None:
    """Write in the encoding of the stream, with "?" for what it has not; nothing where there is no stream.

    Raises:
        _OutputError: it takes nothing more.
    """
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
        stream.flush()
    except BrokenPipeError as error:
        raise _ReaderLeftError from error
    except OSError as error:
        raise _OutputError(f"the output can't be written: {error.strerror or error}") from error


def _silence() -> None:
    """Let nothing more be printed: what waits in buffers would complain when Python flushes them at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (_bare_stdout(), bare_stderr()):
        with suppress(OSError, ValueError):  # one of a test, a closed one
            if stream is not None:
                os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class _Stderr:
    """Standard error as libraries see it during a command: their warnings and tracebacks come out clean, too."""

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bare, name)

    def write(self, text: str) -> int:
        """Write it clean."""
        _write(self.bare, printable(text))
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
def _own_stdout() -> Iterator[None]:
    """Keep standard output to this module.

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


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command on an index has."""
    parser.add_argument(
        "--index",
        metavar="DIR",
        default=os.environ.get("MISTRAL_RAG_INDEX"),
        help="the index folder (default: the environment variable MISTRAL_RAG_INDEX)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def at_least_one(text: str) -> int:
    """An option's value that counts something."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be a whole number of at least 1")
    return int(text)


def text_argument(text: str) -> str:
    """An argument's text; bytes that are not in the terminal's encoding are read as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text).decode("utf-8", "replace")
    return text


def add_groups(parser: argparse.ArgumentParser, text: str) -> None:
    """Add the option that names groups of readers; `text` says what for."""
    parser.add_argument("--group", action="append", type=_group_name, metavar="NAME", dest="groups", help=text)


def _group_name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a group name must not be blank")
    return text_argument(text)


def dollars(text: str) -> float:
    """An option's value in US dollars."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError("must be a number of US dollars")
    return value


def index_folder(arguments: argparse.Namespace) -> Path:
    """The folder named by `--index` or the environment."""
    if not arguments.index:
        raise UsageError("no index named. Add --index DIR, or set MISTRAL_RAG_INDEX")
    from pathlib import Path

    return Path(arguments.index)


def write_output(path: Path, data: bytes, *, beside: Path | None = None) -> None:
    """Write the file that an option names, in place of one that is there; half a file is never seen.

    Raises:
        UsageError: it can't be written, or it is the file `beside`, which was read.
    """
    from tempfile import mkstemp

    if beside is not None and path.exists() and beside.exists() and path.samefile(beside):
        raise UsageError(f"{path} is the file that is read; name another one to write")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file that could be written; name another one")
    try:
        number, name = mkstemp(dir=path.parent, prefix=".mistral-rag-")
        try:
            with open(number, "wb") as file:  # noqa: PTH123 (a descriptor)
                file.write(data)
            os.replace(name, path)  # noqa: PTH105 (lighter)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror or error}") from error


def run(command: Command, arguments: argparse.Namespace) -> int:
    """Run a command; turn what goes wrong into one sentence and an exit code."""
    before = {number: signal.signal(number, _terminate) for number in _ENDING}
    try:
        with redirect_stderr(_clean(sys.stderr)), _own_stdout():
            return _ended(command, arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ended(command: Command, arguments: argparse.Namespace) -> int:
    try:
        return _run(command, arguments)
    except _ReaderLeftError:
        _silence()
    except _OutputError as error:
        with suppress(_OutputError):
            note(f"error: {error}")
        _silence()
    return UNDONE


def _run(command: Command, arguments: argparse.Namespace) -> int:
    try:
        return command(arguments)
    except KeyboardInterrupt:
        return _failed(arguments, "interrupted; nothing that was committed is lost", INTERRUPTED)
    except _OutputError:
        raise
    except Exception as error:  # noqa: BLE001 (the edge of the process)
        return _raised(error, arguments)


def _raised(error: Exception, arguments: argparse.Namespace) -> int:
    """Print what went wrong; the traceback, too, when nobody had thought of it or it is asked for."""
    from mistral_rag.errors import MistralRagError

    expected = isinstance(error, UsageError | MistralRagError)
    if not expected or os.environ.get("MISTRAL_RAG_TRACEBACK"):
        from traceback import format_exception

        # indented: a message with line breaks must not write lines that look like ours
        for line in "".join(format_exception(error)).rstrip("\n").split("\n"):
            note(f"  {line}")
    if expected:
        return _failed(arguments, str(error), exit_code(error))
    return _failed(arguments, f"unexpected {type(error).__name__}: {error}", UNDONE)


def _clean(stream: TextIO | None) -> Any:
    return None if stream is None else _Stderr(stream)


def exit_code(error: Exception) -> int:
    """The exit code that tells a script what kind of thing went wrong."""
    from mistral_rag.errors import CostLimitError, IndexWriteError

    if isinstance(error, CostLimitError):
        return UNDONE
    if isinstance(error, IndexWriteError):
        return UNDONE if error.begun else UNUSABLE
    if "mistral_rag.api._errors" in sys.modules:  # no platform error can exist before its module does
        from mistral_rag.errors import ApiError

        if isinstance(error, ApiError):
            return PLATFORM
    return UNUSABLE


def _failed(arguments: argparse.Namespace, message: str, code: int) -> int:
    sentence = " ".join(message.split())
    if getattr(arguments, "json", False):
        say_json({"error": sentence, "exit_code": code})
    note(f"error: {sentence}")
    return code


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)
