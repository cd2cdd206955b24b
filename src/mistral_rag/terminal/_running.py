"""Commands run to their exit code: what goes wrong becomes one sentence."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

from mistral_rag.terminal._options import UsageError
from mistral_rag.terminal._output import OutputError, ReaderLeftError, note, say_json, silence
from mistral_rag.terminal._streams import clean_streams

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

    Command = Callable[[argparse.Namespace], int]

DONE, UNDONE, UNUSABLE, PLATFORM, ABSTAINED, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 4, 130, 143
"""Exit codes, as `EXIT_CODES` explains them."""

EXIT_CODES = """\
exit codes: 0 done; 1 something was left undone, the report says what; 2 could not start;
3 the platform refused or was unreachable; 4 no answer (abstained or blocked); 130, 143 interrupted"""
"""The end of every command's `--help`."""

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def run(command: Command, arguments: argparse.Namespace) -> int:
    """Run a command; turn what goes wrong into one sentence and an exit code."""
    before = {number: signal.signal(number, _terminate) for number in _ENDING}
    try:
        with clean_streams():
            return _ended(command, arguments)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ended(command: Command, arguments: argparse.Namespace) -> int:
    try:
        return _run(command, arguments)
    except ReaderLeftError:
        silence()
    except OutputError as error:
        with suppress(OutputError):
            note(f"error: {error}")
        silence()
    return UNDONE


def _run(command: Command, arguments: argparse.Namespace) -> int:
    try:
        return command(arguments)
    except KeyboardInterrupt:
        return _failed(arguments, "interrupted; nothing that was committed is lost", INTERRUPTED)
    except OutputError:
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
