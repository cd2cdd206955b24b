"""Watched folders: `ingest watch` as a child process, started again when it ends."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from mistral_rag._logger import logger_of
from mistral_rag.serve._uploads.jobs import MAX_LINE, PROGRAM

logger = logger_of(__name__)

AGAIN_SECONDS: Final = 10.0
"""Time after which a watcher that has ended is started again."""
END_SECONDS: Final = 5.0
"""Time that a watcher is given to commit what it has read."""


async def watch(paths: Sequence[str], index: Path) -> None:
    """Keep an index in step with folders until the task is cancelled; what changes is told in the log."""
    while True:
        await _watched(paths, index)
        logger.warning("The watcher of %s has ended; it is started again.", ", ".join(paths))
        await asyncio.sleep(AGAIN_SECONDS)


async def _watched(paths: Sequence[str], index: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "watch",
        *paths,
        "--index",
        str(index),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=MAX_LINE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        async for line in process.stdout:
            logger.info("%s", line.decode(errors="replace").rstrip())
        await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), END_SECONDS)
            if process.returncode is None:
                process.kill()
                await process.wait()
