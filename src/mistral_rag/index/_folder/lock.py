"""The LOCK file: held by the one writer, freed by the system when its process ends."""

import os
import time
from pathlib import Path

from mistral_rag._file_locks import try_lock, unlock
from mistral_rag._forks import ForkAware
from mistral_rag.errors import IndexLockedError, IndexWriteError
from mistral_rag.index._folder.layout import FILE_MODE, LOCK
from mistral_rag.index._folder.regular_file import open_descriptor

POLL = 0.05
"""Seconds between tries of a caller who waits."""


class Lock(ForkAware):
    """An exclusive lock on an index folder, held until `release` or the end of the process.

    A forked child drops its copy, so that the lock ends with the process that took it.
    """

    def __init__(self, folder: Path, *, wait: float = 0.0) -> None:
        self._descriptor: int | None = None
        try:
            self._descriptor = open_descriptor(folder / LOCK, os.O_RDWR | os.O_CREAT, mode=FILE_MODE)
        except OSError as error:
            raise IndexWriteError(f"can't write to {folder}: {error.strerror or error}") from error
        try:
            self._take(folder, time.monotonic() + wait)
        except BaseException:
            self._close()
            raise
        self.heed_forks()

    def _take(self, folder: Path, deadline: float) -> None:
        assert self._descriptor is not None  # noqa: S101
        while True:
            try:
                try_lock(self._descriptor)
            except OSError:
                if time.monotonic() >= deadline:
                    raise IndexLockedError(
                        f"another process is writing to {folder}; try again when it is done"
                    ) from None
                time.sleep(POLL)
            else:
                return

    def after_fork(self) -> None:
        """Drop the child's copy."""
        self._close()

    def release(self) -> None:
        """Free the lock; a second call does nothing."""
        if self._descriptor is not None:
            # a child that was forked this moment still has its copy, which would keep the lock
            unlock(self._descriptor)
            self._close()

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def __del__(self) -> None:
        self._close()
