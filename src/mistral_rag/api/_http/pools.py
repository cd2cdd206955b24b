"""Connection pools for any thread, any event loop, several loops in turn, and processes after a fork.

A factory creates the clients, so this module does not depend on httpx. Each call uses a client alone, because an httpx
pool slows down with the number of its connections: 64 concurrent calls take a third less time this way.
"""

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from mistral_rag._forks import ForkAware
from mistral_rag.api._errors import ApiTimeoutError

FOREVER = 10 * 365 * 24 * 3600.0
"""Ten years in seconds: longer than any event loop runs."""

GRACE = 1.0
"""Seconds between garbage collection of a client and the closing of its connections.

Long enough for a loop that is about to end to get there first; see `_release`."""


class Closable(Protocol):
    """A sync client."""

    def close(self) -> None:
        """Close its connections."""


class AsyncClosable(Protocol):
    """An async client."""

    async def aclose(self) -> None:
        """Close its connections."""


C = TypeVar("C")
S = TypeVar("S", bound=Closable)
A = TypeVar("A", bound=AsyncClosable)


class Pool(Generic[C]):
    """Idle clients; each is leased to one call at a time, last in, first out."""

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._idle: list[C] = []

    @contextmanager
    def lease(self) -> Iterator[C]:
        """A client for exclusive use until the end of the block."""
        client = self._pop() or self._make()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _pop(self) -> C | None:
        with suppress(IndexError):
            return self._idle.pop()  # atomic, so no lock
        return None

    def drain(self) -> list[C]:
        """Remove and return the idle clients; the caller closes them."""
        idle, self._idle = self._idle, []
        return idle


def close_all(pool: Pool[S]) -> None:
    """Close every client of a pool."""
    for client in pool.drain():
        client.close()


class SyncConnections(ForkAware, Generic[S]):
    """The pool of this process, with at most `limit` concurrent calls; a forked child starts a new one."""

    def __init__(self, make: Callable[[], S], limit: int | None) -> None:
        self._make = make
        self._limit = limit
        self._start()
        self.heed_forks()

    def _start(self) -> None:
        self.pool = Pool(self._make)
        self._gate = threading.BoundedSemaphore(self._limit) if self._limit else None

    def after_fork(self) -> None:
        """Leave connections and gate to the parent, whose threads may hold them for ever."""
        self._start()

    def close(self) -> None:
        """Close the idle connections."""
        close_all(self.pool)

    @contextmanager
    def lease(self, wait: float | None = None) -> Iterator[S]:
        """A client for one call; waits at most `wait` seconds while `limit` calls are running.

        Raises:
            ApiTimeoutError: `wait` seconds have passed.
        """
        gate, pool = self._gate, self.pool
        if gate is None:
            with pool.lease() as client:
                yield client
            return
        if not gate.acquire(timeout=wait):
            raise _busy(self._limit, wait)
        try:
            with pool.lease() as client:
                yield client
        finally:
            gate.release()


@dataclass(frozen=True, slots=True)
class _Loop(Generic[A]):
    pool: Pool[A]
    gate: asyncio.Semaphore | None
    release: "weakref.finalize[..., Any]"


class AsyncConnections(Generic[A]):
    """A pool for each event loop, closed when its loop ends or soon after this object is garbage collected."""

    def __init__(self, make: Callable[[], A], limit: int | None) -> None:
        self._make = make
        self._limit = limit
        self._loops: dict[asyncio.AbstractEventLoop, _Loop[A]] = {}

    @asynccontextmanager
    async def lease(self, wait: float | None = None) -> AsyncIterator[A]:
        """A client of the running loop for one call; waits at most `wait` seconds while `limit` calls run there.

        Raises:
            ApiTimeoutError: `wait` seconds have passed.
        """
        loop = self._loops.get(asyncio.get_running_loop()) or await self._start()
        if loop.gate is None:
            with loop.pool.lease() as client:
                yield client
            return
        await self._acquire(loop.gate, wait)
        try:
            with loop.pool.lease() as client:
                yield client
        finally:
            loop.gate.release()

    async def _acquire(self, gate: asyncio.Semaphore, wait: float | None) -> None:
        if wait is None or not gate.locked():
            await gate.acquire()
            return
        try:
            async with asyncio.timeout(wait):
                await gate.acquire()
        except TimeoutError:
            raise _busy(self._limit, wait) from None

    async def _start(self) -> _Loop[A]:
        for ended in [loop for loop in tuple(self._loops) if loop.is_closed()]:
            # another thread may have taken it out meanwhile
            if (removed := self._loops.pop(ended, None)) is not None:
                removed.release.detach()
        pool = Pool(self._make)
        gate = asyncio.Semaphore(self._limit) if self._limit else None
        closer = _closing(pool)
        await anext(closer)
        loop = asyncio.get_running_loop()
        # The timer never fires: it keeps the closer alive until the loop ends.
        timer = loop.call_later(FOREVER, closer.aclose)
        started = self._loops[loop] = _Loop(pool, gate, weakref.finalize(self, _release, loop, timer))
        return started


def _busy(limit: int | None, wait: float | None) -> ApiTimeoutError:
    return ApiTimeoutError(
        f"no call could begin within {wait} s: max_concurrent_requests is {limit}. Raise it, or the pool timeout."
    )


async def _closing(pool: Pool[A]) -> AsyncGenerator[None]:
    """Close the pool when this generator is closed.

    An event loop closes the asynchronous generators that were first iterated in it when it shuts down, or when they are
    garbage collected: the only hook for closing connections inside the loop that owns them.
    """
    try:
        yield
    finally:
        for client in pool.drain():
            await client.aclose()


def _release(loop: asyncio.AbstractEventLoop, timer: asyncio.TimerHandle) -> None:
    """Close the pool of a garbage-collected object, called from whatever thread runs the collection.

    After `GRACE` seconds: a loop that is about to end would cancel the closing half-way, and its shutdown closes the
    pool completely.
    """
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(loop.call_later, GRACE, timer.cancel)
