"""Outcomes of 10,000 chat calls when half of the host's responses are broken at random.

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


def outcome(text: str, number: int) -> str:
    """The outcome of an answered call: "answered", or "WRONG ANSWER" with the text."""
    return "answered" if text == f"You said: {number}{WORDS}" else f"WRONG ANSWER: {text[:60]!r}"


def ask(model: ChatMistral, number: int) -> str:
    """The outcome of one call."""
    question = f"{number}{WORDS}"
    try:
        reply = reduce(add, model.stream(question)) if number % 2 else model.invoke(question)
        return outcome(str(reply.text), number)
    except ApiError as error:
        return type(error).__name__


async def aask(model: ChatMistral, number: int) -> str:
    """The outcome of one call of a coroutine."""
    question = f"{number}{WORDS}"
    try:
        if number % 2:
            return outcome(str(reduce(add, [chunk async for chunk in model.astream(question)]).text), number)
        return outcome(str((await model.ainvoke(question)).text), number)
    except ApiError as error:
        return type(error).__name__


async def call_concurrently(model: ChatMistral, numbers: Sequence[int]) -> list[str]:
    """The outcomes of the calls of many coroutines."""
    todo = iter(numbers)

    async def work() -> list[str]:
        return [await aask(model, number) for number in todo]

    return [one for several in await asyncio.gather(*(work() for _ in range(TASKS))) for one in several]


def outcomes(model: ChatMistral, calls: int) -> Iterator[str]:
    """The outcomes of all calls, from threads and coroutines at the same time."""
    with ThreadPoolExecutor(THREADS + 1) as pool:
        coroutines = pool.submit(asyncio.run, call_concurrently(model, range(calls // 2)))
        yield from pool.map(lambda number: ask(model, number), range(calls // 2, calls))
        yield from coroutines.result()


def left_open(fake: FakeMistral) -> int:
    """The number of connections that are still open some seconds after the last use."""
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
        counts = Counter(outcomes(model, given.calls))
        del model
        gc.collect()
        seconds, connections = time.monotonic() - began, left_open(fake)
    for kind, count in counts.most_common():
        print(f"{count:8,} {kind}")
    print(f"{sum(counts.values()):8,} calls in {seconds:.0f} s; {connections} connections left open")


if __name__ == "__main__":
    main()
