"""Connections to `index.db`: one set of settings, one translation of SQLite's errors into ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

from mistral_rag.errors import IndexDamagedError, IndexLockedError, IndexWriteError, StoreError
from mistral_rag.store.format import PAGE_SIZE
from mistral_rag.store.layout import DATABASE
from mistral_rag.store.lock import Lock

BUSY_SECONDS: Final = 5.0
LARGEST_VALUE: Final = 1 << 28
"""Bytes of the largest text or blob that is read: an index from elsewhere can't exhaust memory by one value."""

DAMAGED: Final = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG}
)
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


def connect(folder: Path, mode: Literal["ro", "rw", "rwc"]) -> sqlite3.Connection:
    """Open the database with the settings that every connection has; transactions are begun by hand.

    A reader opens it read-only: it can't write, and does not move the log into the database when it leaves.
    """
    path = quote(str((folder / DATABASE).absolute()))
    connection = sqlite3.connect(
        f"file:{path}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_SECONDS,
        cached_statements=256,
    )
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for setting in ("trusted_schema=OFF", "cell_size_check=ON", "secure_delete=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {setting}")
    if mode == "ro":
        connection.execute("PRAGMA query_only=ON")
    else:
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        connection.execute("PRAGMA synchronous=FULL")
    return connection


def begin_reading(folder: Path, connection: sqlite3.Connection | None = None) -> sqlite3.Connection:
    """Begin a read transaction on `connection`, or a new one; gives the connection that it is on.

    A writer that was killed may have left a journal that has to be played back first, which only a connection
    that may write can do.
    """
    try:
        return _begun(connection or connect(folder, "ro"))
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
            raise
    _play_back(folder)
    return _begun(connect(folder, "ro"))


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
    """Turn SQLite's errors within the block into the errors of the store."""
    try:
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
    if code in DAMAGED or "Could not decode" in str(error):
        return IndexDamagedError(f"{folder} is damaged: {error}. Run: ingest verify --index {folder}")
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
