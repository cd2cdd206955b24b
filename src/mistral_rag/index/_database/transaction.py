"""The transaction of a writer: changes gather in it, and are committed as a whole or not at all."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from mistral_rag._forks import uncut_by_forks
from mistral_rag.errors import IndexWriteError, StoreError
from mistral_rag.index._database import commits
from mistral_rag.index._database.commits import Commit
from mistral_rag.index._database.connection import sqlite_errors
from mistral_rag.index._database.key_index import COMMITS_PER_MERGE, KeyIndex
from mistral_rag.index._database.mutations import Mutations
from mistral_rag.index._database.rows import RowWriter
from mistral_rag.index._database.wal import open_for_writing, put_log_away
from mistral_rag.index._folder.layout import SEAL
from mistral_rag.index._folder.lock import Lock
from mistral_rag.index._folder.seal import write_seal


class Transaction:
    """The connection, lock and open transaction of the one writer of an index.

    After a write was refused by the disk it takes no more. It belongs to the process that made it.

    Attributes:
        last: the last commit.
        rows: those that were written since; None as long as there are none.
    """

    def __init__(self, folder: Path, lock: Lock, connection: sqlite3.Connection, last: Commit) -> None:
        self.last = last
        self.rows: RowWriter | None = None
        self._folder, self._lock, self._connection = folder, lock, connection
        self._keys = KeyIndex(connection)
        self._process = os.getpid()
        self._broken = False
        self._closed = False

    @classmethod
    def open(cls, folder: Path, *, create: bool, wait: float) -> Self:
        """Take the lock, waiting so many seconds for it, and open the database."""
        lock = Lock(folder, wait=wait)
        try:
            with sqlite_errors(folder, writing=True):
                return cls(folder, lock, *open_for_writing(folder, create=create))
        except BaseException:
            lock.release()
            raise

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection. Raises StoreError where the writer can't be used any more."""
        if self._closed:
            raise StoreError(f"the writer of {self._folder} is closed")
        if os.getpid() != self._process:
            raise StoreError("an index writer can't be used in a forked process; open one there")
        if self._broken:
            raise IndexWriteError(f"a write to {self._folder} was refused; open it again to go on from its last commit")
        return self._connection

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A refused write within the block ends the transaction, and this writer's work."""
        try:
            with sqlite_errors(self._folder, writing=True):
                yield
        except StoreError:
            self._broken = True
            self.rollback()
            raise

    @contextmanager
    def changing(self) -> Iterator[Mutations]:
        """One change of the open transaction: whole, or not at all."""
        connection = self.connection
        with self.writing():
            if self.rows is None:
                connection.execute("BEGIN IMMEDIATE")
                self.rows = RowWriter(connection, self.last.content)
            before, savepoint = self.rows.content, self._keys.savepoint()
            connection.execute("SAVEPOINT change")
            try:
                yield Mutations(self.rows, self._keys, self.last)
            except BaseException:
                # a full disk has ended the transaction already
                if connection.in_transaction:
                    connection.execute("ROLLBACK TO change")
                self.rows = RowWriter(connection, before)
                self._keys.roll_back_to(savepoint)
                raise
            finally:
                if connection.in_transaction:
                    connection.execute("RELEASE change")

    def write_keys(self) -> None:
        """Put the keys of new rows into their table, for a view of the open transaction."""
        if self.rows is not None:
            with self.writing():
                self._keys.write()

    def commit(self) -> None:
        """Commit all changes. Whether it returns or raises, `last` is what the database says."""
        rows, connection = self.rows, self.connection
        if rows is None:
            return
        with self.writing():
            last_row = rows.take_keys("chunks", 0) - 1
            commit = Commit.after(self.last, content=rows.content, last_row=last_row)
            try:
                if commit.sequence % COMMITS_PER_MERGE:
                    self._keys.write()
                else:
                    self._keys.merge()
                commits.insert(connection, commit)
                connection.execute("COMMIT")
            finally:
                # also when a signal's exception comes in between: what counts is what the database says
                self.rollback()
                (last,) = commits.newest(connection)
                if last.sequence != self.last.sequence:
                    self.last = last
                    write_seal(self._folder / SEAL, last.seal)

    def rollback(self) -> None:
        """Drop all changes since the last commit."""
        self.rows = None
        self._keys = KeyIndex(self._connection)
        if self._connection.in_transaction:
            with suppress(sqlite3.Error), uncut_by_forks():
                self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Drop the changes, put the log away and free the lock; a second call does nothing."""
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        with uncut_by_forks():
            try:
                self.rollback()
                if not self._broken:
                    with sqlite_errors(self._folder, writing=True):
                        put_log_away(self._connection)
            finally:
                self._connection.close()
                self._lock.release()
