"""What comes of 10,000 chat calls when half of the host's replies are broken at random.

    python -m benchmarks.chat_faults [--calls N] [--retries N] [--seed N]

Half of the calls come from 8 threads, half from 64 coroutines at once; half of them stream. Every question is another
one, so that the answer to one call can't pass for that to another. Expected: each call ends with its own whole answer
or with an error of this package's tree, none hangs, and no connection stays open.
"""

import argparse
import asyncio
import gc
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from operator import add

from mistral_rag import ChatMistral
from mistral_rag.errors import ApiError
from mistral_rag.testing import FakeMistral, faults

THREADS = 8
TASKS = 64
SHARE = 0.05
WORDS = " and then some more words for a longer answer"


def wrong(told: str, number: int) -> str:
    """How the call ended: "answered", or what is wrong with its answer."""
    return "answered" if told == f"You said: {number}{WORDS}" else f"WRONG ANSWER: {told[:60]!r}"


def ask(model: ChatMistral, number: int) -> str:
    """How one call ended."""
    question = f"{number}{WORDS}"
    try:
        reply = reduce(add, model.stream(question)) if number % 2 else model.invoke(question)
        return wrong(str(reply.text), number)
    except ApiError as error:
        return type(error).__name__


async def aask(model: ChatMistral, number: int) -> str:
    """How one call of a coroutine ended."""
    question = f"{number}{WORDS}"
    try:
        if number % 2:
            return wrong(str(reduce(add, [chunk async for chunk in model.astream(question)]).text), number)
        return wrong(str((await model.ainvoke(question)).text), number)
    except ApiError as error:
        return type(error).__name__


async def asked_at_once(model: ChatMistral, numbers: Sequence[int]) -> list[str]:
    """How the calls of many coroutines ended."""
    todo = iter(numbers)

    async def work() -> list[str]:
        return [await aask(model, number) for number in todo]

    return [end for ends in await asyncio.gather(*(work() for _ in range(TASKS))) for end in ends]


def ends(model: ChatMistral, calls: int) -> Iterator[str]:
    """How all calls ended, from threads and coroutines at the same time."""
    with ThreadPoolExecutor(THREADS + 1) as pool:
        coroutines = pool.submit(asyncio.run, asked_at_once(model, range(calls // 2)))
        yield from pool.map(lambda number: ask(model, number), range(calls // 2, calls))
        yield from coroutines.result()


def left_open(fake: FakeMistral) -> int:
    """The connections that are still open a while after nobody needs them."""
    pause = threading.Event()
    for _ in range(500):
        if not fake.open_connections:
            break
        pause.wait(0.01)
    return fake.open_connections


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--retries", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    random.seed(given.seed)
    began = time.monotonic()
    with FakeMistral() as fake:
        for fault in faults.CHAT_FAULTS:
            fake.faults.add(fault, times=None, share=SHARE)
        model = ChatMistral(base_url=fake.base_url, api_key=fake.key, max_retries=given.retries, timeout=30)
        told = Counter(ends(model, given.calls))
        del model
        gc.collect()
        seconds, connections = time.monotonic() - began, left_open(fake)
    for end, count in told.most_common():
        print(f"{count:8,} {end}")
    print(f"{sum(told.values()):8,} calls in {seconds:.0f} s; {connections} connections left open")


if __name__ == "__main__":
    main()
