"""From a folder to a connection that may write, and back to a folder without a log."""

import os
import sqlite3
import time
import uuid
from pathlib import Path
from typing import Final

from mistral_rag.errors import IndexDamagedError, IndexLockedError, IndexWriteError
from mistral_rag.index._database import commits
from mistral_rag.index._database.commits import Commit
from mistral_rag.index._database.connection import BUSY, BUSY_SECONDS, connect
from mistral_rag.index._database.format import FORMAT, create, refuse_foreign_schema, version_of
from mistral_rag.index._database.migrations import migrate
from mistral_rag.index._database.rows import RowWriter
from mistral_rag.index._folder.commands import rebuild_command
from mistral_rag.index._folder.filesystem import refuse_network
from mistral_rag.index._folder.layout import DATABASE, FILE_MODE, LOG, SEAL, is_index
from mistral_rag.index._folder.regular_file import data_ranges, open_descriptor
from mistral_rag.index._folder.seal import sync_folder, write_seal
from mistral_rag.index._idle_timeout import IDLE_SECONDS

TRY_MILLISECONDS: Final = 100
SWITCH_MILLISECONDS: Final = 1000
"""Time that a finished build waits for readers before it leaves its empty log in place."""


BLOCK_BYTES: Final = 1 << 20


def open_for_writing(folder: Path, *, create: bool) -> tuple[sqlite3.Connection, Commit]:
    """A connection in write-ahead mode, and the last commit; the caller holds LOCK."""
    refuse_network(folder)
    new = not is_index(folder)
    _write_log_again(folder / LOG)
    connection = connect(folder, "rwc" if create else "rw")
    try:
        if new:
            (folder / DATABASE).chmod(FILE_MODE)
        return connection, _prepared(connection, folder)
    except BaseException:
        connection.close()
        raise


def _prepared(connection: sqlite3.Connection, folder: Path) -> Commit:
    """Make or migrate the tables, hold them against the seal, and bring the seal up to date.

    The seal is written even when it is right, for the same reason as the log.
    """
    version = version_of(connection)
    if version not in {None, FORMAT}:
        commits.check_history(connection, folder, before=commits.sealed(folder))
    if _begin_log(connection) != "wal":
        raise IndexWriteError(f"{folder} lies on a file system that can't keep SQLite's log")
    if version != FORMAT:
        connection.execute("BEGIN IMMEDIATE")
        _create(connection) if version is None else _migrate(connection, version, folder=folder)
        connection.execute("COMMIT")
    # the first thing that is read makes the log; SQLite syncs its name, too, but takes no notice when that fails
    refuse_foreign_schema(connection)
    sync_folder(folder)
    last = commits.check_history(connection, folder, before=commits.sealed(folder))
    write_seal(folder / SEAL, last.seal)
    return last


def _write_log_again(path: Path) -> None:
    """Make sure that the log of a writer that did not end well is on the disk before anything is built on it.

    After a failed sync the system may show what the disk does not have, and takes it for written: no later sync
    would mend that, and a power cut while the log is moved into the database would destroy both.
    """
    try:
        descriptor = open_descriptor(path, os.O_RDWR)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "r+b") as file:
        # a hole was never written, and would become as large as it says
        for start, end in data_ranges(descriptor):
            for place in range(start, end, BLOCK_BYTES):
                file.seek(place)
                data = file.read(min(BLOCK_BYTES, end - place))
                file.seek(place)
                file.write(data)
                file.flush()
        os.fsync(descriptor)


def _begin_log(connection: sqlite3.Connection) -> str:
    """Write ahead from now on; gives the journal's mode.

    That takes a moment in which no view is open. As long as SQLite waits for it, it lets no new view begin: so it
    waits a little and often. Views that were forgotten end by themselves.
    """
    deadline = time.monotonic() + 1.5 * IDLE_SECONDS + BUSY_SECONDS
    connection.execute(f"PRAGMA busy_timeout={TRY_MILLISECONDS}")
    try:
        while True:
            try:
                return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(2 * TRY_MILLISECONDS / 1000)
    finally:
        connection.execute(f"PRAGMA busy_timeout={round(1000 * BUSY_SECONDS)}")


def _create(connection: sqlite3.Connection) -> None:
    create(connection)
    rows = RowWriter(connection, 0)
    rows.insert("settings", [("id", uuid.uuid4().hex), ("generation", "1")])
    commits.insert(connection, Commit.after(None, content=rows.content, last_row=0))


def _migrate(connection: sqlite3.Connection, version: int, *, folder: Path) -> None:
    (last,) = commits.newest(connection)
    rows = RowWriter(connection, last.content)
    if rows.total() != last.content:
        raise IndexDamagedError(
            f"{folder} has the format {version}, and rows have changed, gone or come that no commit made. "
            + rebuild_command(folder)
        )
    migrate(connection, version, folder=folder)
    commits.insert(connection, Commit.after(last, content=rows.total(), last_row=last.last_row))


def put_log_away(connection: sqlite3.Connection) -> None:
    """Move the log into the database and leave none, so that the folder opens where nobody may write.

    A reader that is at work keeps the log; the next writer's end tries again.
    """
    if _empty_log(connection):
        connection.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in BUSY:
                raise


def rewrite(connection: sqlite3.Connection, folder: Path) -> None:
    """Write the database anew without free pages, and empty the log of the old ones.

    Raises IndexLockedError when a reader is at work.
    """
    if _empty_log(connection):
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 1)
        connection.execute("VACUUM")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        if _empty_log(connection):
            return
    raise IndexLockedError(f"{folder} is being read, and its log still holds what was removed; try again")


def _empty_log(connection: sqlite3.Connection) -> bool:
    connection.execute(f"PRAGMA busy_timeout={SWITCH_MILLISECONDS}")
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
