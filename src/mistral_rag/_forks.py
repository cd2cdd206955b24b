"""Forks of a process whose other threads are at work: no half-done work and no held lock reaches the child.

A forked child has one thread and a copy of all memory. A lock that another thread held is never freed there, and
SQLite half-way in a statement is not to be used again. So a fork waits for the work of other threads that must not be
cut in two (`uncut_by_forks`) and for their imports, and locks, connections and sessions are made anew in the child
(`ForkAware`). A module that was half imported can't be imported in the child: it would wait for the lock for ever.
Nothing happens where processes are not forked: Windows, spawn, `subprocess`.
"""

# hooks before a fork are called last registered first: those of these two modules take locks that imports and work of
# other threads may need, so they must be there before those of this one
import concurrent.futures.thread  # noqa: F401
import logging  # noqa: F401
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final

MAX_WAIT: Final = 5.0
"""Seconds that a fork waits for other threads: searches take milliseconds, and a view that is left open a minute."""
POLL: Final = 0.01
"""Seconds between looks for imports, whose end nobody tells."""
IMPORTER: Final = "<frozen importlib._bootstrap>"
"""The file name of the frames that hold the lock of a module while it is imported."""


class ForkAware:
    """An object that is told of forks; weakly known."""

    __slots__ = ("__weakref__",)

    def heed_forks(self) -> None:
        """Be told of forks from now on."""
        # a set of references, not a WeakSet: that one can't be listed while other threads add to it
        _AWARE.add(weakref.ref(self, _AWARE.discard))

    def before_fork(self) -> None:
        """Let go of what a child must not inherit; called in the parent, in the thread that forks."""

    def after_fork(self) -> None:
        """Make anew what other threads of the parent may have held; called in the child, which has one thread."""


_AWARE: Final[set[weakref.ref[ForkAware]]] = set()


class ForkLock(ForkAware):
    """A lock that is free in a forked child, unless the thread that forked holds it. A copy is a lock of its own."""

    __slots__ = ("_lock", "_owner")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None
        self.heed_forks()

    def acquire(self) -> None:
        """Wait for the lock and take it."""
        self._lock.acquire()
        self._owner = threading.get_ident()

    def release(self) -> None:
        """Free the lock."""
        self._owner = None
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def after_fork(self) -> None:
        """Free the lock in the child."""
        if self._owner != threading.get_ident():
            self._lock, self._owner = threading.Lock(), None

    def __reduce__(self) -> tuple[type["ForkLock"], tuple[()]]:
        return ForkLock, ()


class _Work:
    """The threads that are at work, and the forks that wait for them."""

    def __init__(self) -> None:
        # reentrant: a view that is garbage may end while its own thread is in here
        self._changed = threading.Condition(threading.RLock())
        self._depths: dict[int, int] = {}
        self._forking: set[int] = set()
        self.cut = False

    def begin(self, thread: int) -> None:
        with self._changed:
            while self._must_wait(thread):
                self._changed.wait()
            self._depths[thread] = self._depths.get(thread, 0) + 1

    def end(self, thread: int) -> None:
        with self._changed:
            depth = self._depths.pop(thread, 1) - 1
            if depth:
                self._depths[thread] = depth
            elif self._forking:
                self._changed.notify_all()

    def _must_wait(self, thread: int) -> bool:
        # who is at work or imports already goes on: the fork waits for it
        return (
            bool(self._forking)
            and thread not in self._forking
            and thread not in self._depths
            and not _is_importing(sys._getframe())
        )

    def before_fork(self, deadline: float) -> None:
        own = threading.get_ident()
        with self._changed:
            self._forking.add(own)
            while (self._depths.keys() | _importing()) - {own} and time.monotonic() < deadline:
                self._changed.wait(POLL)

    def after_fork_in_parent(self) -> None:
        with self._changed:
            self._forking.discard(threading.get_ident())
            self._changed.notify_all()

    def after_fork_in_child(self) -> None:
        own = threading.get_ident()
        self.cut = self.cut or bool(self._depths.keys() - {own})
        self._changed, self._forking = threading.Condition(threading.RLock()), set()
        self._depths = {own: self._depths[own]} if own in self._depths else {}


_WORK: Final = _Work()


@contextmanager
def uncut_by_forks() -> Iterator[None]:
    """Work that no fork of another thread cuts in two, unless it takes longer than `MAX_WAIT`."""
    thread = threading.get_ident()
    _WORK.begin(thread)
    try:
        yield
    finally:
        _WORK.end(thread)


def is_cut() -> bool:
    """True in a child whose fork has cut the work of another thread in two: what it worked with may be locked."""
    return _WORK.cut


def _objects() -> list[ForkAware]:
    return [found for known in _AWARE.copy() if (found := known()) is not None]


def _importing() -> set[int]:
    """The threads that are importing a module."""
    return {thread for thread, frame in sys._current_frames().items() if _is_importing(frame)}


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == IMPORTER:
            return True
        frame = frame.f_back
    return False


def _before() -> None:
    deadline = time.monotonic() + MAX_WAIT
    # twice: while connections are closed other threads run, and may have begun an import and work of its own
    for _ in range(2):
        _WORK.before_fork(deadline)
        for found in _objects():
            found.before_fork()


def _after_in_child() -> None:
    _WORK.after_fork_in_child()
    # locks first: the others may take them
    for found in sorted(_objects(), key=lambda found: not isinstance(found, ForkLock)):
        found.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_WORK.after_fork_in_parent, after_in_child=_after_in_child)
