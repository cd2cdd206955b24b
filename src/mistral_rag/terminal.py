"""Terminal of both programs: exit codes, one-sentence errors, clean output.

Standard library only: `--help` must start in the time of a few bare Pythons.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys

from mistral_rag._counting import counted

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType
    from typing import Any, NoReturn

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
    "UsageError",
    "add_common",
    "add_groups",
    "at_least_one",
    "counted",
    "exit_code",
    "index_folder",
    "note",
    "printable",
    "run",
    "say",
    "say_json",
]

DONE, UNDONE, UNUSABLE, PLATFORM, ABSTAINED, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143
"""Exit codes, as `EXIT_CODES` explains them."""

EXIT_CODES = """\
exit codes: 0 done; 1 something was left undone, the report says what; 2 could not start;
3 the platform refused or was unreachable; 4 no answer (abstained or blocked); 130, 143 interrupted"""
"""The end of every command's `--help`."""

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class UsageError(Exception):
    """The command can't be started as it was typed."""


def printable(text: str) -> str:
    """`text` without the control and direction characters that could rewrite a terminal."""
    return _CONTROL.sub("�", text)


def say(text: str = "", *, end: str = "\n") -> None:
    """Print for a person, on standard output."""
    sys.stdout.write(printable(text) + end)
    sys.stdout.flush()


def note(text: str) -> None:
    """Print a remark, warning or error on standard error."""
    sys.stderr.write(printable(text) + "\n")


def say_json(value: Any) -> None:
    """Print one JSON object for a program, on standard output."""
    import json

    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


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


def add_groups(parser: argparse.ArgumentParser, text: str) -> None:
    """Add the option that names groups of readers; `text` says what for."""
    parser.add_argument("--group", action="append", type=_group_name, metavar="NAME", dest="groups", help=text)


def _group_name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a group name must not be blank")
    return text


def index_folder(arguments: argparse.Namespace) -> Path:
    """The folder named by `--index` or the environment."""
    if not arguments.index:
        raise UsageError("no index named. Add --index DIR, or set MISTRAL_RAG_INDEX")
    from pathlib import Path

    return Path(arguments.index)


def run(command: Command, arguments: argparse.Namespace) -> int:
    """Run a command; turn what goes wrong into one sentence and an exit code."""
    before = {number: signal.signal(number, _terminate) for number in _ENDING}
    try:
        return command(arguments)
    except KeyboardInterrupt:
        return _failed(arguments, "interrupted; nothing that was committed is lost", INTERRUPTED)
    except BrokenPipeError:
        # the reader of our output left: say nothing more, and let no flush at exit complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNDONE
    except Exception as error:
        from mistral_rag.errors import MistralRagError

        if not isinstance(error, UsageError | MistralRagError) or os.environ.get("MISTRAL_RAG_TRACEBACK"):
            raise
        return _failed(arguments, str(error), exit_code(error))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(error: Exception) -> int:
    """The exit code that tells a script what kind of thing went wrong."""
    from mistral_rag.errors import IndexWriteError

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
