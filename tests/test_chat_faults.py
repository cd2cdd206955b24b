"""Many concurrent calls, from threads and coroutines, with all faults at random."""

import asyncio
import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from operator import add

import pytest

from mistral_rag import ChatMistral
from mistral_rag.errors import ApiError
from mistral_rag.testing import FakeMistral, faults

EACH = 150
ANSWER = "The answer to that is forty-two, and not less."


@pytest.fixture
def fake() -> Iterator[FakeMistral]:
    with FakeMistral() as served:
        for fault in faults.CHAT_FAULTS:
            served.faults.add(fault, times=None, share=0.05)
        served.script(*[ANSWER] * 10 * EACH)
        yield served


def model(fake: FakeMistral) -> ChatMistral:
    return ChatMistral(base_url=fake.base_url, api_key=fake.key, max_retries=1, max_elapsed=60)


def ask(ours: ChatMistral, number: int) -> str:
    """The answer, or the name of the error."""
    try:
        if number % 2:
            return str(reduce(add, ours.stream("?")).text)
        return str(ours.invoke("?").text)
    except ApiError as error:
        return type(error).__name__


async def aask(ours: ChatMistral, number: int) -> str:
    """The answer, or the name of the error."""
    try:
        if number % 2:
            return str(reduce(add, [chunk async for chunk in ours.astream("?")]).text)
        return str((await ours.ainvoke("?")).text)
    except ApiError as error:
        return type(error).__name__


async def all_of(ours: ChatMistral) -> list[str]:
    return await asyncio.gather(*(aask(ours, number) for number in range(EACH)))


def test_every_call_ends_with_the_whole_answer_or_a_typed_error(fake: FakeMistral) -> None:
    ours = model(fake)
    with ThreadPoolExecutor(9) as pool:
        coroutines = pool.submit(asyncio.run, all_of(ours))
        threads = [pool.submit(ask, ours, number) for number in range(EACH)]
        outcomes = {*(future.result() for future in threads), *coroutines.result()}
    assert ANSWER in outcomes
    assert outcomes - {ANSWER} <= {
        "ApiConnectionError",
        "RateLimitError",
        "ResponseError",
        "ServerError",
        "StreamError",
    }
    del ours, threads
    gc.collect()  # LangChain's own frames and errors hold each other
    assert closed(fake)


def closed(fake: FakeMistral) -> bool:
    pause = threading.Event()
    for _ in range(300):
        if not fake.open_connections:
            return True
        pause.wait(0.01)
    return False
