"""Concurrent calls of one function, in threads or coroutines, with a bounded number of items taken ahead."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(
    work: Callable[[T], R], items: Iterable[T], *, workers: int, ahead: int = 0, ordered: bool = False
) -> Generator[R]:
    """Results of `work`, as they are completed or, if `ordered`, in the order of the items.

    At most `workers + ahead` items are taken from the input whose results have not been yielded; `ahead` keeps the
    workers busy while the caller uses a result. Closing the generator cancels what has not started. A single item, and
    work that can't overlap with anything, run in the caller's thread. Context variables are those of the caller.
    """
    items = iter(items)
    first = list(islice(items, 2))
    window = workers + ahead
    if len(first) < 2 or window == 1:
        yield from map(work, chain(first, items))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="mistral-rag")
    pending: list[Future[R]] = []
    try:
        for item in chain(first, items):
            # each in a copy of the caller's context, so that ledgers and labels hold there too
            pending.append(pool.submit(copy_context().run, work, item))
            yield from _completed(pending, ordered=ordered, block=len(pending) == window)
        while pending:
            yield from _completed(pending, ordered=ordered, block=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _completed(pending: list[Future[R]], *, ordered: bool, block: bool) -> Generator[R]:
    """Remove completed calls from `pending` and yield their results; with `block`, wait for at least one."""
    watched = pending[:1] if ordered else pending
    done, _ = wait(watched, timeout=None if block else 0, return_when=FIRST_COMPLETED)
    pending[:] = [future for future in pending if future not in done]
    while done:  # popped, so that no result is kept while the caller uses the next one
        yield done.pop().result()


async def in_tasks(
    work: Callable[[T], Awaitable[R]], items: AsyncIterable[T], *, workers: int, ordered: bool = False
) -> AsyncGenerator[R]:
    """`in_threads` for coroutines, with a task for each item; closing the generator cancels the tasks."""
    pending: list[asyncio.Future[R]] = []
    try:
        async for item in items:
            pending.append(asyncio.ensure_future(work(item)))
            done = await _acompleted(pending, ordered=ordered, block=len(pending) == workers)
            while done:
                yield done.pop().result()
        while pending:
            done = await _acompleted(pending, ordered=ordered, block=True)
            while done:
                yield done.pop().result()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


async def _acompleted(pending: list[asyncio.Future[R]], *, ordered: bool, block: bool) -> set[asyncio.Future[R]]:
    watched = pending[:1] if ordered else pending
    done, _ = await asyncio.wait(watched, timeout=None if block else 0, return_when=asyncio.FIRST_COMPLETED)
    pending[:] = [future for future in pending if future not in done]
    return done
