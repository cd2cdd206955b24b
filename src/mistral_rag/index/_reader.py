"""Reading an index while others read it, and while one writes it."""

import os
import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self, cast

from mistral_rag._forks import ForkAware, ForkLock, uncut_by_forks
from mistral_rag.errors import IndexNotFoundError, StoreError
from mistral_rag.index._commit_cache import CommitCache
from mistral_rag.index._database import commits
from mistral_rag.index._database.connection import begin_reading, is_inherited, sqlite_errors
from mistral_rag.index._database.format import require_current
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._dense.settings import DEFAULT, DenseSettings
from mistral_rag.index._filters.filters import AllowedRows
from mistral_rag.index._folder.filesystem import refuse_network
from mistral_rag.index._folder.layout import LOG, file_of, find_folder
from mistral_rag.index._gate import checked_groups, hides_documents, restrict
from mistral_rag.index._idle_timeout import SHARED, TimedConnection
from mistral_rag.index._status import size_of, status_of

if TYPE_CHECKING:
    from mistral_rag.index._dense.vector_rows import Float16Array, Rows
    from mistral_rag.index._view import View
    from mistral_rag.schema import Page, Source

MAX_IDLE_CONNECTIONS: Final = 8
"""Connections that wait for the next views; with more threads at once some are opened again."""


class _Reader(ForkAware):
    """An index opened for reading; may be shared between threads.

    Every `view` is one short transaction on a connection of its own, which is kept for the next one. Nothing that
    a reader does keeps a writer waiting.
    """

    _closed = True  # until there is something to close

    def __init__(self, folder: Path, *, dense: DenseSettings = DEFAULT) -> None:
        self.folder = folder
        self.dense_settings = dense
        self._idle: list[sqlite3.Connection] = []
        self._mutex = ForkLock()
        self._closed = False
        self._allowed = AllowedRows()
        self._idle_timeout = SHARED
        self._local = threading.local()
        self._commit_cache = CommitCache(partial(_fetched, weakref.ref(self)))
        self._file = file_of(folder)
        self.heed_forks()

    def _checked(self) -> Self:
        """This reader, when its folder holds an index that can be read."""
        try:
            if (self.folder / LOG).exists():
                refuse_network(self.folder, writing=False)
            before = commits.sealed(self.folder)
            with self.connection() as connection:
                require_current(connection, self.folder)
                commits.check_history(connection, self.folder, before=before)
        except BaseException:
            self.close()
            raise
        return self

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make a new connection ready, before its first transaction."""

    @property
    def _readable_by(self) -> tuple[str, ...] | None:
        """Groups whose documents this reader shows; None for all."""
        return None

    @property
    def replaced(self) -> bool:
        """True when the index that was opened was deleted, or another one has taken its place."""
        return file_of(self.folder) != self._file

    @contextmanager
    def view(self, *, lasting: bool = False) -> "Iterator[View]":
        """One commit of the index, the newest, as long as the block lasts. No await belongs inside.

        Not used for a minute it ends by itself (see `_idle_timeout`), but for one that is said to be `lasting`: that
        one keeps the log from being emptied, and perhaps a writer from starting, as long as it is open.
        """
        with self.connection() as connection:
            if lasting:
                yield self._view_of(connection)
                return
            with self._idle_timeout.watched(connection) as timed:
                self._own_views.append(timed)
                try:
                    yield self._view_of(cast("sqlite3.Connection", timed))
                finally:
                    self._own_views.remove(timed)

    def _view_of(self, connection: sqlite3.Connection) -> "View":
        from mistral_rag.index._view import View

        return View(
            connection,
            self.folder,
            self._allowed,
            self._commit_cache,
            dense_settings=self.dense_settings,
            groups=self._readable_by,
        )

    @property
    def _own_views(self) -> list[TimedConnection]:
        """The views that this thread has open."""
        views: list[TimedConnection] = self._local.__dict__.setdefault("views", [])
        return views

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection in a read transaction, for this package's own use."""
        if self.replaced:
            raise IndexNotFoundError(f"the index at {self.folder} was deleted or replaced; open it again")
        with sqlite_errors(self.folder, writing=False):
            connection = begin_reading(self.folder, self._idle_one(), prepare=self._prepare)
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _idle_one(self) -> sqlite3.Connection | None:
        if self._closed:
            raise StoreError(f"the reader of {self.folder} is closed")
        with self._mutex:
            return self._idle.pop() if self._idle else None

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if is_inherited(connection):
            return
        try:
            connection.execute("ROLLBACK")
        except sqlite3.Error:
            connection.close()
            return
        with self._mutex:
            if not self._closed and len(self._idle) < MAX_IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    @property
    def identity(self) -> Identity | None:
        """The models and versions that the index was built with; None as long as nothing was built."""
        with self.connection() as connection:
            found = connection.execute("SELECT value FROM settings WHERE name = 'identity'").fetchone()
        return None if found is None else Identity.from_json(found[0])

    @property
    def sequence(self) -> int:
        """The number of the newest commit."""
        with self.connection() as connection:
            return int(connection.execute("SELECT max(sequence) FROM commits").fetchone()[0])

    def extra(self, name: str) -> Any:
        """The value that `IndexWriter.set_extra` keeps under this name; None when there is none."""
        with self.view() as view:
            return view.extra(name)  # noqa: S610 (no Django here)

    def status(self) -> dict[str, Any]:
        """Counts, models, size and failures, by the names that `ingest status --json` prints.

        They are of the documents that the reader may read. The size is that of the folder, and None where groups hide
        documents from the reader.
        """
        with self.connection() as connection:
            size = None if self._readable_by is not None and hides_documents(connection) else size_of(self.folder)
            return status_of(connection, size)

    def page(self, uri: str, number: int) -> "Page":
        """The page at position `number` (from 1) of a source, whole. Raises KeyError when it is not there."""
        with self.view() as view:
            return view.page(uri, number)

    def source(self, uri: str) -> "Source":
        """The source with this uri. Raises KeyError when it is not there."""
        with self.view() as view:
            return view.source(uri)

    def release(self) -> None:
        """Close the connections that wait for the next view, so that a writer can put its log away."""
        with uncut_by_forks():
            with self._mutex:
                idle, self._idle = self._idle, []
            for connection in idle:
                connection.close()

    def before_fork(self) -> None:
        """Close idle connections: a child may not go on with one, nor open another one while it has inherited one."""
        self.release()

    def after_fork(self) -> None:
        """Forget what is the parent's."""
        self._idle = []

    def __reduce__(self) -> NoReturn:
        raise TypeError("a reader can't be pickled or copied: share it, or open another one")

    def close(self) -> None:
        """Close the reader; a second call does nothing."""
        self._closed = True
        self.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # an unclosed reader at the end of a program is no mistake: there is nothing to lose
        if not self._closed:
            self.close()


class IndexReader(_Reader):
    """An index as those in some groups may read it; without groups, as everybody may.

    Once any document names groups, a document is seen by those in one of its own, and one that names none is hidden.
    The group "*" is everybody's. Whatever this reader gives (pages, chunks, counts, names, words, vectors, errors) is
    of documents that its groups may read: any other one is unknown to it. `UnrestrictedReader` sees all.

    Make one with `IndexReader.open`; it may be shared between threads.

    Attributes:
        groups: the names of the groups, ordered.
    """

    def __init__(self, folder: Path, *, groups: Collection[str] | None = None, dense: DenseSettings = DEFAULT) -> None:
        self._groups = checked_groups(groups)
        super().__init__(folder, dense=dense)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        groups: Collection[str] | None = None,
        dense: DenseSettings = DEFAULT,
    ) -> Self:
        """Open the index folder at `path` and check that it is one.

        Args:
            path: the folder.
            groups: groups that the reader belongs to.
            dense: sizes for search by vectors.

        Raises:
            IndexNotFoundError: there is none.
            NotAnIndexError: the folder holds something else.
            IndexVersionError: it has a format this release does not read.
            IndexDamagedError: it does not hold its last commit.
            InvalidFilterError: groups are no collection of names.
        """
        return cls(_found(path), groups=groups, dense=dense)._checked()

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that the reader belongs to."""
        return self._groups

    def for_groups(self, groups: Collection[str] | None) -> "IndexReader":
        """A reader of the same folder for other groups; this one when they are the same."""
        if checked_groups(groups) == self._groups:
            return self
        return IndexReader.open(self.folder, groups=groups, dense=self.dense_settings)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        restrict(connection, self._groups)

    @property
    def _readable_by(self) -> tuple[str, ...]:
        return self._groups


class UnrestrictedReader(_Reader):
    """An index with all its documents, whatever groups they name: for those who may read the folder anyway.

    It is no `IndexReader`, so that no retriever and no chain takes it by mistake. Make one with
    `UnrestrictedReader.open`; it may be shared between threads.
    """

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, dense: DenseSettings = DEFAULT) -> Self:
        """Open the index folder at `path` and check that it is one. Raises as `IndexReader.open`."""
        return cls(_found(path), dense=dense)._checked()


def _found(path: str | os.PathLike[str]) -> Path:
    folder = Path(path).absolute()
    find_folder(folder)
    return folder


def _fetched(reader: "weakref.ref[_Reader]", numbers: "Rows", dimension: int) -> "tuple[Rows, Float16Array]":
    """Vectors by their numbers, through the view that this thread has open, or in a transaction of their own."""
    from mistral_rag.index._dense.vector_rows import fetched

    found = reader()
    if found is None:
        raise StoreError("the reader of this index is closed")
    # a second transaction inside of a view would wait for a writer that waits for the view
    if views := found._own_views:
        return fetched(cast("sqlite3.Connection", views[-1]), found.folder, numbers, dimension)
    with found.connection() as connection:
        return fetched(connection, found.folder, numbers, dimension)
