"""Lock of a batch's record: of those who run the same batch at once, one sends it, and the others find it sent."""

import os
from contextlib import suppress
from pathlib import Path

from mistral_rag._file_locks import try_lock, unlock
from mistral_rag.errors import ConfigurationError


class RecordLock:
    """An exclusive lock beside a record, among threads and processes. Its file goes when it is released."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Try to take it; True when it is held.

        Raises:
            ConfigurationError: The folder can't be written.
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as problem:
            raise ConfigurationError(f"{self._path.parent} can't hold a batch: {problem.strerror}.") from problem
        try:
            try_lock(descriptor)
            # whoever held it has deleted the file: a lock on what has no name keeps nobody out
            held = os.path.samestat(os.fstat(descriptor), self._path.stat())
        except OSError:
            held = False
        if held:
            self._descriptor = descriptor
        else:
            os.close(descriptor)
        return held

    def release(self) -> None:
        """Free it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):  # Windows deletes no open file; it stays, unlocked
                self._path.unlink()
            unlock(descriptor)
            os.close(descriptor)
