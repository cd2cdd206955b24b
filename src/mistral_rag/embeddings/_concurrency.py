"""Keeps several pieces of work under way, in threads or in coroutines, and never takes more of the input than that."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], items: Iterable[T], workers: int) -> Generator[R]:
    """The results of `work` as they are done; at most twice as many items are taken as there are workers."""
    pool = ThreadPoolExecutor(workers, thread_name_prefix="mistral-embed")
    waiting: set[Future[R]] = set()
    try:
        for item in items:
            waiting.add(pool.submit(work, item))
            patience = None if len(waiting) == 2 * workers else 0
            done, waiting = wait(waiting, timeout=patience, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def in_tasks(work: Callable[[T], Awaitable[R]], items: AsyncIterable[T], workers: int) -> AsyncGenerator[R]:
    """`in_threads` for coroutines, with as many tasks as there are workers."""
    waiting: set[asyncio.Future[R]] = set()
    try:
        async for item in items:
            waiting.add(asyncio.ensure_future(work(item)))
            patience = None if len(waiting) == workers else 0
            done, waiting = await asyncio.wait(waiting, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            while done:
                yield done.pop().result()
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            while done:
                yield done.pop().result()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
