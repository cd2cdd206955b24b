"""Calls against a host that counts: how many are refused, and how close to its limit the others come.

    python -m benchmarks.pacing [--calls N] [--limit N] [--threads N] [--tasks N]

The fake platform allows `--limit` requests in a sliding second and refuses what comes beyond. Half of the calls come
from threads, half from coroutines, through two objects with one key. Expected: every call is answered, at 0.9 of the
allowed rate or more, and next to none is refused (a busy machine may send a call late).
"""

import argparse
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral, RateLimits


async def from_coroutines(model: ChatMistral, calls: int, tasks: int) -> int:
    """The number of answered calls."""
    gate = asyncio.Semaphore(tasks)

    async def ask(number: int) -> bool:
        async with gate:
            return (await model.ainvoke(f"{number}")).text == f"You said: {number}"

    return sum(await asyncio.gather(*(ask(number) for number in range(calls))))


def from_threads(model: ChatMistral, calls: int, threads: int) -> int:
    """The number of answered calls."""
    with ThreadPoolExecutor(threads) as pool:
        answers = pool.map(lambda number: model.invoke(f"{number}").text == f"You said: {number}", range(calls))
        return sum(answers)


def main() -> None:
    """Call, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--tasks", type=int, default=8)
    given = parser.parse_args()
    with FakeMistral(limits=RateLimits(requests=given.limit, window="second")) as fake:
        models = [ChatMistral(base_url=fake.base_url, api_key=fake.key) for _ in range(2)]
        began = time.perf_counter()
        with ThreadPoolExecutor(1) as side:
            threaded = side.submit(from_threads, models[0], given.calls // 2, given.threads)
            answered = asyncio.run(from_coroutines(models[1], given.calls // 2, given.tasks)) + threaded.result()
        seconds = time.perf_counter() - began
        rate = (answered - given.limit) / seconds / given.limit  # the first of them may come at once
        print(f"{answered} of {given.calls} answered, {fake.refused_by_limits} refused, {rate:.2f} of the allowed rate")


if __name__ == "__main__":
    main()
