"""Ends read transactions left idle, which would stop a writer from checkpointing the log.

As long as a transaction reads, the log can't be emptied, and on an index that was not being written when it began, no
writer can start. Searches end theirs within milliseconds. One that was forgotten, or belongs to a caller who sleeps
inside it, is ended from outside; using it afterwards is an error.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from mistral_rag._forks import ForkAware, ForkLock, uncut_by_forks
from mistral_rag.errors import StoreError

IDLE_SECONDS: Final = 60.0

Clock = Callable[[], float]


class TimedConnection:
    """A connection in a read transaction that the timeout may end; it takes the statements of one view."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._mutex = ForkLock()
        self._ended: str | None = None
        self.last_used = clock()

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """As `Connection.execute`. Raises StoreError when the transaction has been ended."""
        with self._mutex:
            if self._ended is not None:
                raise StoreError(f"{self._ended}; open another one")
            self.last_used = self._clock()
            return self._connection.execute(statement, parameters)

    def end(self) -> None:
        """End the transaction, unless its view has ended by itself and the connection is another one's already."""
        with self._mutex, suppress(sqlite3.Error):
            if self._ended is None:
                self._ended = f"a view that was not used for {IDLE_SECONDS:.0f} seconds has ended"
                self._connection.execute("ROLLBACK")

    def retire(self, reason: str = "the view has ended") -> None:
        """Take no more statements; the connection goes back."""
        with self._mutex:
            self._ended = self._ended or reason


class IdleTimeout(ForkAware):
    """The connections that views use, and one thread that looks after all of them as long as there are any."""

    def __init__(self, idle: float = IDLE_SECONDS, *, clock: Clock = time.monotonic) -> None:
        self._idle = idle
        self._clock = clock
        self._watched: set[TimedConnection] = set()
        self._mutex = ForkLock()
        self._thread: threading.Thread | None = None
        self.heed_forks()

    @contextmanager
    def watched(self, connection: sqlite3.Connection) -> Iterator[TimedConnection]:
        """A connection that may be used as long as the block lasts, and no pause is longer than the timeout."""
        timed = TimedConnection(connection, self._clock)
        with self._mutex:
            self._watched.add(timed)
            # a forked child has no threads but its own
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._end_idle, name="views", daemon=True)
                self._thread.start()
        try:
            yield timed
        finally:
            timed.retire()
            with self._mutex:
                self._watched.discard(timed)

    def after_fork(self) -> None:
        """Let the child use no view of its parent's."""
        for timed in self._watched:
            timed.retire("a view that was opened before this process was forked can't be used in it")
        self._watched, self._thread = set(), None

    def _end_idle(self) -> None:
        while True:
            time.sleep(self._idle / 4)
            with self._mutex:
                if not self._watched:
                    self._thread = None
                    return
                late = {timed for timed in self._watched if self._clock() - timed.last_used > self._idle}
                self._watched -= late
            for timed in late:
                with uncut_by_forks():
                    timed.end()


SHARED: Final = IdleTimeout()
"""That of all readers of a process: hundreds of readers would have as many threads otherwise."""
