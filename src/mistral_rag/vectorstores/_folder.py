"""The index folder of a store: opened for reading when there is something, made when something is first added."""

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from mistral_rag._forks import ForkLock, uncut_by_forks
from mistral_rag.errors import ConfigurationError, IndexLockedError, IndexNotFoundError
from mistral_rag.index import DenseSettings, Identity, IndexReader, IndexWriter, snapshot

LOCK_SECONDS: Final = 30.0
"""Time that an addition waits for another writer of the same folder."""
POLL: Final = 0.05
"""Seconds between its tries."""


class StoreFolder:
    """An index folder; without a path a temporary one, which is deleted with this object."""

    def __init__(
        self, path: str | os.PathLike[str] | None, *, groups: Collection[str] = (), dense: DenseSettings
    ) -> None:
        self._path = None if path is None else Path(path)
        self._groups = tuple(groups)
        self._dense = dense
        self._reader: IndexReader | None = None
        self._mutex = ForkLock()
        self._writes = ForkLock()

    @property
    def path(self) -> Path:
        """The folder; a temporary one is made by this."""
        with self._mutex:
            if self._path is None:
                self._path = Path(tempfile.mkdtemp(prefix="mistral-rag-"))
                weakref.finalize(self, _remove, self._path, os.getpid())
            return self._path

    def reader(self) -> IndexReader | None:
        """The folder's reader for the store's groups; None as long as there is nothing to read."""
        with self._mutex:
            if self._reader is not None and self._reader.replaced:
                self._close()
            if self._reader is None and self._path is not None:
                try:
                    self._reader = IndexReader.open(self._path, groups=self._groups, dense=self._dense)
                except IndexNotFoundError:
                    return None
            return self._reader

    @contextmanager
    def writer(self, identity: Identity | None = None) -> Iterator[IndexWriter]:
        """The folder's writer, one at a time; `identity` is that of what will be added, and makes the index."""
        with self._writes:
            if (reader := self._reader) is not None:
                reader.release()
            with self._writing(create=identity is not None) as writer:
                if identity is not None:
                    _require(writer, identity)
                yield writer

    @contextmanager
    def _writing(self, *, create: bool) -> Iterator[IndexWriter]:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            # a child that was forked while a writer is open could not open the folder; while this waits, forks don't
            with uncut_by_forks():
                try:
                    writer = IndexWriter.open(self.path, create=create, dense=self._dense)
                except IndexLockedError:
                    if time.monotonic() >= deadline:
                        raise
                else:
                    with writer:
                        yield writer
                    return
            time.sleep(POLL)

    def close(self) -> None:
        """Close the reader; the next use opens another one."""
        with self._mutex:
            self._close()

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None

    def __reduce__(self) -> NoReturn:
        raise TypeError("a FaissStore can't be pickled or deep-copied: share it, or make another one with its path")


def save_copy(folder: Path, target: str | os.PathLike[str], *, groups: Collection[str]) -> None:
    """Copy a whole index to a new folder; nothing is to do when it is the same.

    Raises:
        ConfigurationError: it is asked for by readers of groups.
        IndexNotFoundError, NotAnIndexError, IndexWriteError: as `snapshot` raises them.
    """
    if groups:
        raise ConfigurationError("a copy holds what other groups may read, too. Run: ingest snapshot")
    if not (Path(target).exists() and Path(target).samefile(folder)):
        snapshot(folder, target)


def _remove(folder: Path, process: int) -> None:
    # a forked child has a copy of the store, but the folder is its parent's
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _require(writer: IndexWriter, mine: Identity) -> None:
    """Make sure that the index holds vectors like ours; chunker and versions of text are as they are."""
    known = writer.identity
    if known is None or (known.embedding, known.dimension, known.metric) != (
        mine.embedding,
        mine.dimension,
        mine.metric,
    ):
        writer.set_identity(mine)
