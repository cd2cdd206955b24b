"""Steps of a blocking iterator for programs that run an event loop."""

import asyncio
from collections.abc import AsyncIterator, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Step = TypeVar("Step")


async def stepped(steps: Generator[Step, None, None]) -> AsyncIterator[Step]:
    """The steps, each made in one and the same thread; the generator is closed there, too, also when it is left early.

    The writer of an index belongs to the thread that opened it.
    """
    loop = asyncio.get_running_loop()
    thread = ThreadPoolExecutor(1, thread_name_prefix="ingest")
    try:
        while (step := await loop.run_in_executor(thread, next, steps, None)) is not None:
            yield step
    finally:
        # a step that is being made ends first
        await asyncio.shield(loop.run_in_executor(thread, steps.close))
        thread.shutdown(wait=False)
