"""Connections to `index.db`: one set of settings, one translation of SQLite's errors into ours."""

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from mistral_rag._forks import is_cut, uncut_by_forks
from mistral_rag.errors import IndexDamagedError, IndexLockedError, IndexWriteError, StoreError
from mistral_rag.index._database.format import PAGE_SIZE
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.index._folder.layout import DATABASE, file_of, refuse_odd_files
from mistral_rag.index._folder.lock import Lock

BUSY_SECONDS: Final = 5.0
WRITER_CACHE: Final = 1 << 26
"""Bytes of database pages that a writer keeps in memory."""

MAX_VALUE_BYTES: Final = 1 << 28
"""Bytes of the largest text or blob that is read: an index from elsewhere can't exhaust memory by one value."""

DAMAGED: Final = frozenset(
    {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_FORMAT,
        sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
    }
)
VALUE_ERRORS: Final = ("Could not decode", "malformed JSON", "integer overflow")
"""Words of errors without a code of their own, which damaged values raise."""

BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
REFUSED: Final = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOLFS,
    }
)


class _Connection(sqlite3.Connection):
    """A connection that is known as long as it is open, for the sake of forked children."""

    file: tuple[int, int] | None = None

    def close(self) -> None:
        super().close()
        _OPEN.discard(self)


_OPEN: Final[weakref.WeakSet[_Connection]] = weakref.WeakSet()
_INHERITED: Final[list[_Connection]] = []
"""Connections that a forked child found open: it may neither use nor close them."""


def _inherit() -> None:
    if not _OPEN:
        return
    import ctypes

    for connection in _OPEN:
        # closed at the exit of the child, they would roll back in the memory that the parent shares with its readers
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    _INHERITED.extend(_OPEN)
    _OPEN.clear()


def is_inherited(connection: sqlite3.Connection) -> bool:
    """True for a connection that the parent of this process opened."""
    return any(connection is inherited for inherited in _INHERITED)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_inherit)


def connect(folder: Path, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
    """Open the database with the settings that every connection has; transactions are begun by hand.

    A reader opens it read-only: it can't write, and does not move the log into the database when it leaves.

    Raises StoreError in a process that was forked while it had the database open: SQLite goes by the parent's locks
    there, which the child does not hold (https://www.sqlite.org/howtocorrupt.html, section 2.6). Raises
    IndexDamagedError where a file of the index is nothing that SQLite should be given.
    """
    if is_cut() or (_INHERITED and file_of(folder) in {connection.file for connection in _INHERITED}):
        raise StoreError(f"this process was forked while {folder} was in use; fork before that, or start it by spawn")
    refuse_odd_files(folder)
    before = file_of(folder)
    path = quote(str((folder / DATABASE).absolute()))
    connection = sqlite3.connect(
        f"file:{path}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
        cached_statements=256,
        factory=_Connection,
    )
    _OPEN.add(connection)
    connection.file = file_of(folder)
    if connection.file != before and (before is not None or mode != "rwc"):
        # SQLite opens by path: what took the file's place in between may be anything
        connection.close()
        raise StoreError(f"{folder / DATABASE} was replaced while it was opened; open it again")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for setting in ("trusted_schema=OFF", "cell_size_check=ON", "secure_delete=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    if mode == "ro":
        connection.execute("PRAGMA query_only=ON")
    else:
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        connection.execute("PRAGMA synchronous=FULL")
        # each chunk's id and each vector's digest lands anywhere in its index: with less they are read again and again
        connection.execute(f"PRAGMA cache_size=-{WRITER_CACHE >> 10}")
    return connection


Prepare = Callable[[sqlite3.Connection], None]


def begin_reading(
    folder: Path, connection: sqlite3.Connection | None = None, *, prepare: Prepare | None = None
) -> sqlite3.Connection:
    """Begin a read transaction on `connection`, or a new one; gives the connection that it is on.

    `prepare` is called with each new connection before its first transaction.

    A writer that was killed may have left a journal that has to be played back first, which only a connection
    that may write can do.
    """
    try:
        return _begun(connection or _prepared(folder, prepare))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
    _play_back(folder)
    return _begun(_prepared(folder, prepare))


def _prepared(folder: Path, prepare: Prepare | None) -> sqlite3.Connection:
    connection = connect(folder, "ro")
    if prepare is not None:
        try:
            prepare(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _begun(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _play_back(folder: Path) -> None:
    """Play an interrupted write back, unless another writer has come and does it."""
    with suppress(IndexLockedError):
        lock = Lock(folder)
        try:
            with closing(connect(folder, "rw")) as connection:
                connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        finally:
            lock.release()


@contextmanager
def sqlite_errors(folder: Path, *, writing: bool) -> Iterator[None]:
    """Turn SQLite's errors within the block into the errors of the store; no fork cuts it in two."""
    try:
        with uncut_by_forks():
            yield
    except sqlite3.Error as error:
        raise _translated(error, folder, writing=writing) from error
    except UnicodeDecodeError as error:
        # SQLite quotes a broken table's definition, and the sqlite3 module then fails to decode its message
        if not error.object.startswith(b"malformed"):
            raise
        raise IndexDamagedError(f"{folder} is damaged: its tables can't be read") from error
    except OSError as error:
        if not writing:
            raise
        raise IndexWriteError(f"can't write to {folder}: {error.strerror or error}; the last commit stands") from error


def _translated(error: sqlite3.Error, folder: Path, *, writing: bool) -> StoreError | sqlite3.Error:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in DAMAGED or any(words in str(error) for words in VALUE_ERRORS):
        return IndexDamagedError(f"{folder} is damaged: {error}. {verify_command(folder)}")
    if code in BUSY:
        return IndexLockedError(f"{folder} is busy: {error}")
    if code in REFUSED and writing:
        return IndexWriteError(f"can't write to {folder}: {error}; the last commit stands")
    if code in REFUSED:
        return IndexWriteError(
            f"can't open {folder}: {error}. On a read-only place an index opens when its last build has finished; "
            f"copy one with: ingest export --frozen"
        )
    return error
