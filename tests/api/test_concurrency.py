import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from mistral_rag.api._concurrency import in_tasks, in_threads


async def endless() -> AsyncIterator[int]:
    item = 0
    while True:
        yield item
        item += 1


def test_threads_yield_the_result_that_is_done_first() -> None:
    seen = threading.Event()
    calls = in_threads(lambda item: item if item == 1 else seen.wait(10) and item, [0, 1], workers=2)
    assert next(calls) == 1
    seen.set()
    assert list(calls) == [0]


def test_threads_yield_results_in_order() -> None:
    second = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            second.wait(10)
            time.sleep(0.05)  # the second one is done by now
        elif item == 1:
            second.set()
        return item

    assert list(in_threads(work, range(4), workers=2, ordered=True)) == [0, 1, 2, 3]


async def test_tasks_yield_the_result_that_is_done_first() -> None:
    seen = asyncio.Event()

    async def work(item: int) -> int:
        if item == 0:
            await seen.wait()
        return item

    calls = in_tasks(work, endless(), workers=2)
    assert await anext(calls) == 1
    await calls.aclose()


async def test_tasks_yield_results_in_order() -> None:
    second = asyncio.Event()

    async def work(item: int) -> int:
        if item == 0:
            await second.wait()
            await asyncio.sleep(0.05)  # the second one is done by now
        elif item == 1:
            second.set()
        return item

    calls = in_tasks(work, endless(), workers=2, ordered=True)
    assert [await anext(calls) for _ in range(4)] == [0, 1, 2, 3]
    await calls.aclose()


@pytest.mark.parametrize("ordered", [False, True])
def test_all_workers_work_at_once_and_no_more_items_are_taken(ordered: bool) -> None:
    together = threading.Barrier(3)
    taken: list[int] = []
    used: list[int] = []
    waiting: list[int] = []

    def items() -> Iterator[int]:
        for item in range(9):
            waiting.append(len(taken) - len(used))
            taken.append(item)
            yield item

    def work(item: int) -> int:
        together.wait(10)
        return item

    for result in in_threads(work, items(), workers=3, ordered=ordered):
        used.append(result)
    assert sorted(used) == list(range(9))
    assert max(waiting) == 2


def test_items_ahead_are_taken_beside_those_of_the_workers() -> None:
    taken: list[int] = []
    fifth = threading.Event()

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            if item == 4:
                fifth.set()
            yield item

    calls = in_threads(lambda _: fifth.wait(10), items(), workers=2, ahead=3)
    assert next(calls) is True
    assert taken == [0, 1, 2, 3, 4]
    calls.close()


def test_a_single_item_needs_no_thread() -> None:
    assert list(in_threads(lambda _: threading.current_thread(), [1], workers=4)) == [threading.current_thread()]


def test_one_worker_with_nothing_ahead_needs_no_thread() -> None:
    calls = in_threads(lambda _: threading.current_thread(), [1, 2], workers=1)
    assert set(calls) == {threading.current_thread()}


@pytest.mark.parametrize("ordered", [False, True])
def test_an_error_is_raised_to_the_caller(ordered: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_threads(lambda item: 1 // item, [1, 0, 1], workers=2, ordered=ordered))


async def test_closing_cancels_the_tasks() -> None:
    cancelled: list[int] = []
    third = asyncio.Event()

    async def work(item: int) -> int:
        if item == 2:
            third.set()
        try:
            await (asyncio.sleep(60) if item else third.wait())
        except asyncio.CancelledError:
            cancelled.append(item)
            raise
        return item

    calls = in_tasks(work, endless(), workers=3)
    assert await anext(calls) == 0
    await calls.aclose()
    assert cancelled == [1, 2]
