"""The files of an index folder: names, modes, and the folders that may become or be one."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from mistral_rag.errors import IndexDamagedError, IndexNotFoundError, IndexWriteError, NotAnIndexError
from mistral_rag.index._folder.commands import build_command
from mistral_rag.index._folder.regular_file import delete, open_regular

DATABASE = "index.db"
LOG = f"{DATABASE}-wal"
JOURNAL = f"{DATABASE}-journal"
JOURNAL_MAGIC: Final = bytes.fromhex("d9d505f920a163d7")
"""The end of a journal that names a further one."""

SEAL = "index.seal"
LOCK = "LOCK"
OURS = frozenset({DATABASE, LOG, f"{DATABASE}-shm", JOURNAL, SEAL, LOCK})
"""Files that are followed nowhere: each must be a plain file or not be there."""

CACHES = ("lexical-", "codes-")
"""Beginnings of the names of caches; a number follows, that of their generation."""

QUARANTINE = "quarantine-"
"""Beginning of the names of folders in which `repair` sets damaged files aside; a number follows."""

STAGED = "repaired"
"""Folder in which `repair` makes the new index before it takes the place of the damaged one."""

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(folder: Path) -> None:
    """Make `folder`, or take an empty one, or one that is an index; private to its owner when new.

    Raises:
        NotAnIndexError: it holds something else.
        IndexWriteError: it can't be made.
    """
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        names = {entry.name for entry in os.scandir(folder)}
        if not names:
            folder.chmod(FOLDER_MODE)
    except FileExistsError:
        raise NotAnIndexError(f"{folder} is a file, not an index folder") from None
    except OSError as error:
        raise IndexWriteError(f"can't make {folder}: {error.strerror or error}") from error
    if names and not is_index(folder) and not names <= OURS:
        raise NotAnIndexError(f"{folder} is not empty and is no index; nothing in it was touched")
    refuse_odd_files(folder)


def find_folder(folder: Path) -> None:
    """Check that an index may be in `folder`, without opening anything.

    Raises:
        IndexNotFoundError: there is none.
        NotAnIndexError: the folder holds something else, or is a file.
        IndexDamagedError: one of the index's files is a link, no plain file, or a journal that names another file.
    """
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except FileNotFoundError:
        raise IndexNotFoundError(f"there is no index at {folder}. Make one with: {build_command(folder)}") from None
    except NotADirectoryError:
        raise NotAnIndexError(f"{folder} is a file, not an index folder") from None
    except OSError as error:
        raise IndexNotFoundError(f"can't look into {folder}: {error.strerror or error}") from error
    if DATABASE not in names:
        if SEAL in names:
            raise IndexDamagedError(f"{folder} has lost its {DATABASE}")
        if names - OURS:
            raise NotAnIndexError(f"{folder} is not an index: it has no {DATABASE}")
        raise IndexNotFoundError(f"there is no index at {folder}. Make one with: {build_command(folder)}")
    refuse_odd_files(folder)


def is_index(folder: Path) -> bool:
    """True when the folder holds a database by our name; its content is checked when it is opened."""
    return os.path.lexists(folder / DATABASE)


def file_of(folder: Path) -> tuple[int, int] | None:
    """Device and inode of the database, which tell one file from another that took its place; None without one."""
    try:
        facts = os.lstat(folder / DATABASE)
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def refuse_odd_files(folder: Path) -> None:
    """Raise IndexDamagedError when a file of the index is nothing that SQLite should be given."""
    for name, what in odd_files(folder):
        raise IndexDamagedError(f"{folder / name} {what}")


def odd_files(folder: Path) -> Iterator[tuple[str, str]]:
    """Names of the index's files that are never opened as they are, each with the reason."""
    for name in sorted(OURS):
        # a log or a journal goes whenever the process that wrote it is done, also after it was seen here
        with suppress(FileNotFoundError):
            if fault := _fault(folder / name):
                yield name, fault


def _fault(file: Path) -> str | None:
    if not stat.S_ISREG(os.lstat(file).st_mode):
        return "is a link or no plain file; an index is never followed elsewhere"
    if file.name == JOURNAL and _names_a_file(file):
        return "names a file to be deleted, which no index of ours does"
    return None


def _names_a_file(journal: Path) -> bool:
    """True when SQLite would look for a further journal by the name that stands in this one, and delete it.

    That is for transactions over several databases (https://www.sqlite.org/atomiccommit.html, section 5). A writer of
    ours has one, and the name could be that of any file.
    """
    with open_regular(journal, max_bytes=sys.maxsize) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - len(JOURNAL_MAGIC)))
        return file.read() == JOURNAL_MAGIC


def remove_quarantine(folder: Path) -> None:
    """Delete what `repair` set aside or left unfinished: it holds texts."""
    for entry in list(os.scandir(folder)):
        if entry.name.startswith(QUARANTINE) or entry.name == STAGED:
            delete(Path(entry.path))


def remove_caches(folder: Path, *, but: int | None = None) -> None:
    """Delete the caches of every generation, or of all `but` one, and what broke off while one was written."""
    for entry in list(os.scandir(folder)):
        broken_off = entry.name.startswith(".") and entry.name.endswith(".part")
        if broken_off or (entry.name.startswith(CACHES) and entry.name not in {f"lexical-{but}", f"codes-{but}.bin"}):
            delete(Path(entry.path))
