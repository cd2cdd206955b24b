"""Work done by several at once, its results in order; never much more of it under way than there are workers."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")


def in_order(jobs: Iterable[J], run: Callable[[J], R], workers: int) -> Generator[R]:
    """What `run` makes of each job, in order; a job is taken when a worker is free. One job needs no thread."""
    jobs = iter(jobs)
    head = list(islice(jobs, 2))
    if len(head) < 2 or workers == 1:
        yield from map(run, chain(head, jobs))
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="mistral-ocr")
    waiting: deque[Future[R]] = deque()
    try:
        for job in chain(head, jobs):
            waiting.append(pool.submit(run, job))
            if len(waiting) >= workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


async def ain_order(jobs: AsyncIterator[J], run: Callable[[J], Awaitable[R]], workers: int) -> AsyncGenerator[R]:
    """`in_order` for coroutines."""
    waiting: deque[asyncio.Future[R]] = deque()
    try:
        async for job in jobs:
            waiting.append(asyncio.ensure_future(run(job)))
            if len(waiting) >= workers:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
