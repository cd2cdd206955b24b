"""Files of JSON lines in the server's own folder, appended to one line at a time."""

import errno
import json
import os
import stat
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from mistral_rag._logger import logger_of
from mistral_rag.serve._http.responses import as_json

logger = logger_of(__name__)

MAX_LINE: Final = 4 << 20
"""Bytes of a line; a longer one was not written here."""
_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
"""No link is followed, and no pipe waited for."""


class JsonLines:
    """A file of JSON lines, readable by its owner alone; made with its folder when the first line comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def append(self, entry: Mapping[str, Any]) -> bool:
        """Append an entry, in one piece and synced; False where it can't be written, which the log then tells."""
        line = as_json(entry) + b"\n"
        try:
            with self._lock:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor = self._opened(os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                try:
                    os.write(descriptor, line)
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
        except OSError as error:
            logger.warning("%s can't be written: %s", self.path, error.strerror or error)
            return False
        return True

    def entries(self) -> Iterator[dict[str, Any]]:
        """The entries in the order of the file; a line that is none, such as one cut by a crash, is passed over."""
        try:
            file = os.fdopen(self._opened(os.O_RDONLY), "rb")
        except FileNotFoundError:
            return
        with file:
            while line := file.readline(MAX_LINE):
                try:
                    entry = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if isinstance(entry, dict):
                    yield entry

    def _opened(self, flags: int) -> int:
        descriptor = os.open(self.path, flags | _FLAGS, 0o600)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        raise OSError(errno.EINVAL, "no plain file")
