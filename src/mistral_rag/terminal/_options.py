"""Command lines: their parser, the options that several commands have, and the files that options name."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress

from mistral_rag._printable import one_line
from mistral_rag.terminal._output import say_message

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, NoReturn


class UsageError(Exception):
    """The command can't be started as it was typed."""


class CommandParser(argparse.ArgumentParser):
    """Parser of a command line whose usage, help and errors are printed as everything else is."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and the error in one line, and exit."""
        # a shell puts the names of files in place of a pattern: what was typed may hold line breaks
        super().error(one_line(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        say_message(message, file)


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
