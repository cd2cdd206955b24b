"""Connections that may be used from any thread, any event loop, one loop after another, and after a fork.

The clients are made by a factory, so nothing here knows httpx. Each call has a client of its own while it lasts,
because a client slows down with the number of its connections: 64 calls at once take a third less time this way.
"""

import asyncio
import os
import threading
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from mistral_rag.api._errors import ApiTimeoutError

FOREVER = 10 * 365 * 24 * 3600.0
GRACE = 1.0


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
    """Idle clients; each is lent to one call at a time, the one that was used last first."""

    def __init__(self, make: Callable[[], C]) -> None:
        self._make = make
        self._idle: list[C] = []

    @contextmanager
    def lease(self) -> Iterator[C]:
        """A client, nobody else's until the end of the block."""
        client = self._taken() or self._make()
        try:
            yield client
        finally:
            self._idle.append(client)

    def _taken(self) -> C | None:
        with suppress(IndexError):
            return self._idle.pop()  # atomic, so no lock
        return None

    def drain(self) -> list[C]:
        """The idle clients, no longer held here; the caller closes them."""
        idle, self._idle = self._idle, []
        return idle


def close_all(pool: Pool[S]) -> None:
    """Close every client of a pool."""
    for client in pool.drain():
        client.close()


class SyncConnections(Generic[S]):
    """The pool of this process, with at most `limit` calls at once; a forked child starts afresh."""

    def __init__(self, make: Callable[[], S], limit: int | None) -> None:
        self._make = make
        self._limit = limit
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self.pool = Pool(self._make)
        self._gate = threading.BoundedSemaphore(self._limit) if self._limit else None

    @contextmanager
    def lease(self, wait: float | None = None) -> Iterator[S]:
        """A client; waits while `limit` calls are under way, `wait` seconds at most."""
        if self._pid != os.getpid():
            # The parent's connections and locks can't be shared: its threads may hold them.
            self._begin()
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
    """A pool for each event loop, closed when its loop ends or soon after nobody holds this object any more."""

    def __init__(self, make: Callable[[], A], limit: int | None) -> None:
        self._make = make
        self._limit = limit
        self._loops: dict[asyncio.AbstractEventLoop, _Loop[A]] = {}

    @asynccontextmanager
    async def lease(self, wait: float | None = None) -> AsyncIterator[A]:
        """A client of the running loop; waits while `limit` calls are under way there, `wait` seconds at most."""
        loop = self._loops.get(asyncio.get_running_loop()) or await self._begin()
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

    async def _begin(self) -> _Loop[A]:
        for ended in [loop for loop in tuple(self._loops) if loop.is_closed()]:
            self._loops.pop(ended).release.detach()
        pool = Pool(self._make)
        gate = asyncio.Semaphore(self._limit) if self._limit else None
        closer = _closing(pool)
        await anext(closer)
        loop = asyncio.get_running_loop()
        # The timer never fires: it is what holds the closer until the loop ends.
        held = loop.call_later(FOREVER, closer.aclose)
        begun = self._loops[loop] = _Loop(pool, gate, weakref.finalize(self, _let_go, loop, held))
        return begun


def _busy(limit: int | None, wait: float | None) -> ApiTimeoutError:
    return ApiTimeoutError(
        f"{limit} calls were under way for {wait} s: max_concurrent_requests allows no more. Raise it, or the pool "
        "timeout."
    )


async def _closing(pool: Pool[A]) -> AsyncGenerator[None]:
    """Closes the pool when it is closed itself.

    An event loop closes the asynchronous generators that began in it when it shuts down, or when nobody holds
    them any more: the only hook there is for closing connections inside the loop that owns them.
    """
    try:
        yield
    finally:
        for client in pool.drain():
            await client.aclose()


def _let_go(loop: asyncio.AbstractEventLoop, held: asyncio.TimerHandle) -> None:
    """Close a pool that nobody needs, from whatever thread collects garbage.

    Not at once: in a loop about to end, the closing would be cancelled half-way; its shutdown does it better.
    """
    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(loop.call_later, GRACE, held.cancel)
