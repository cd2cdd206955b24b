"""Passwords of PDF files: from a file, or asked for on a terminal; never an argument, which other users may see."""

from __future__ import annotations

from mistral_rag.terminal import UsageError, can_ask, counted, note

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    import argparse

    from ingest._report import BuildReport

MAX_PASSWORDS = 100
"""Each is tried on each locked file, some milliseconds to a tenth of a second."""
MAX_FILE_BYTES = 1 << 16
"""Bytes of a file of passwords; a larger one is something else."""
LISTED_NAMES = 5
"""Locked files that are named before a password is asked for."""


def add_passwords(sub: argparse.ArgumentParser) -> None:
    """Add the option that names the file of passwords."""
    sub.add_argument(
        "--password-file",
        metavar="FILE",
        help="passwords of PDF files, one a line; each is tried on each file that needs one, and none is kept",
    )


def given_passwords(arguments: argparse.Namespace) -> list[str]:
    """The passwords in the file that was named; none without a file."""
    if arguments.password_file is None:
        return []
    try:
        with open(arguments.password_file, "rb") as file:  # noqa: PTH123 (pathlib takes 5 ms to load)
            data = file.read(MAX_FILE_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"the file of passwords can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError("the file of passwords is not UTF-8") from None
    passwords = list(dict.fromkeys(line for line in text.replace("\r\n", "\n").split("\n") if line))
    if len(data) > MAX_FILE_BYTES or len(passwords) > MAX_PASSWORDS:
        raise UsageError(f"the file of passwords has more than {MAX_PASSWORDS} lines or {MAX_FILE_BYTES >> 10} KiB")
    if not passwords:
        raise UsageError("the file of passwords is empty")
    return passwords


def asked_password(report: BuildReport, arguments: argparse.Namespace) -> str:
    """A password for files that lack one, from whoever sits at the terminal; empty where nobody gives one."""
    from ingest._planning.problems import is_locked

    locked = sorted(file.source for file in report.files if file.status == "failed" and is_locked(file.reason))
    if not locked or arguments.json or not can_ask():
        return ""
    from getpass import getpass

    more = f" and {len(locked) - LISTED_NAMES} more" if len(locked) > LISTED_NAMES else ""
    note(f"{counted(len(locked), 'file')} locked by a password: {', '.join(locked[:LISTED_NAMES])}{more}")
    return getpass("Password (empty to leave them): ")
