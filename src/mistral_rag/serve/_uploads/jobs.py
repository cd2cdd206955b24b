"""Jobs on the index: one at a time, in child processes, with progress for those who wait."""

import asyncio
import json
import sys
import uuid
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from mistral_rag._logger import logger_of
from mistral_rag.serve._http.events import STOPPING, ServerEvent
from mistral_rag.serve._http.responses import RequestError

logger = logger_of(__name__)

MAX_JOBS: Final = 200
"""Jobs that are remembered, so that their ends can still be asked for."""
MAX_WAITING: Final = 50
"""Jobs that wait for their turn; more are refused."""
LOCKED_SECONDS: Final = 2.0
MAX_TRIES: Final = 150
"""Five minutes of waiting for a build by others that writes to the index."""
UNUSABLE: Final = 2
"""Exit code of `ingest` that could not start, as where another writer is at work."""
MAX_LINE: Final = 16 << 20
"""Bytes of a line of a report: one of ten thousand files."""
PROGRAM: Final = (sys.executable, "-P", "-c", "import sys; from mistral_rag.cli import ingest; sys.exit(ingest())")
"""The program `ingest` of this installation; -P: nothing of the working folder is imported in its place."""

Abandoned = Callable[[], None]
"""Called when a job ends without having been done."""
Finished = Callable[[Mapping[str, Any]], ServerEvent]
"""Makes the last event of a job out of the report of its command."""


@dataclass(slots=True)
class IndexJob:
    """A command of `ingest` on the index, whom it belongs to, and the events so far; the last one is its end."""

    id: str
    principal: str
    command: Sequence[str]
    finished: Finished
    abandoned: Abandoned
    events: list[ServerEvent] = field(default_factory=list)
    ended: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: ServerEvent, *, last: bool = False) -> None:
        """Add an event, and wake who waits for it."""
        # of a long build the newest progress says all
        if self.events and self.events[-1].kind == event.kind == "progress":
            self.events.pop()
        self.events.append(event)
        self.ended = last
        self.changed.set()
        self.changed = asyncio.Event()

    def fail(self, event: ServerEvent) -> None:
        """End the job without having done it."""
        self.abandoned()
        self.tell(event, last=True)

    async def followed(self) -> AsyncGenerator[ServerEvent, None]:
        """The newest event, and those that come, until the end."""
        seen: ServerEvent | None = None
        while True:
            changed = self.changed
            if self.events and self.events[-1] is not seen:
                seen = self.events[-1]
                yield seen
            if self.ended:
                return
            await changed.wait()


class IndexJobs:
    """The jobs of a server, for its event loop."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, IndexJob] = OrderedDict()
        self._queue: asyncio.Queue[IndexJob] = asyncio.Queue(MAX_WAITING)
        self._worker: asyncio.Task[None] | None = None

    def check_room(self) -> None:
        """Raise RequestError (503) where no more jobs may wait."""
        if self._queue.full():
            raise RequestError(503, "busy", "too many uploads wait", advice="Try again in some minutes.")

    def start(
        self, principal: str, command: Sequence[str], finished: Finished, *, abandoned: Abandoned = lambda: None
    ) -> IndexJob:
        """Put a job behind those that wait. Raises RequestError (503) for one too many."""
        self.check_room()
        job = IndexJob(uuid.uuid4().hex, principal, command, finished, abandoned)
        self._queue.put_nowait(job)
        self._jobs[job.id] = job
        while len(self._jobs) > MAX_JOBS:
            self._jobs.popitem(last=False)
        job.tell(ServerEvent("progress", {"step": "waiting", "done": 0, "total": 1}))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return job

    def find(self, identifier: str, principal: str) -> IndexJob | None:
        """The job with this id that a principal started; None where there is none."""
        job = self._jobs.get(identifier)
        return job if job is not None and job.principal == principal else None

    async def _work(self) -> None:
        while True:
            job = await self._queue.get()
            try:
                await _run(job)
            except asyncio.CancelledError:
                job.fail(STOPPING)
                raise
            except Exception:  # (the edge of a task: the next job is done all the same)
                logger.exception("A job could not be done.")
                job.fail(_failed("not_done", "the job could not be done"))

    async def close(self) -> None:
        """End the job at work, and tell those that wait."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        while not self._queue.empty():
            self._queue.get_nowait().fail(STOPPING)


async def _run(job: IndexJob) -> None:
    for _ in range(MAX_TRIES):
        code, report = await _command(job)
        if code != UNUSABLE or "error" not in report or "is writing to" not in str(report["error"]):
            break
        job.tell(ServerEvent("progress", {"step": "waiting", "done": 0, "total": 1}))
        await asyncio.sleep(LOCKED_SECONDS)
    if "error" in report:
        logger.warning("A job failed: %s", report["error"])
        job.fail(_failed("not_done", "the documents could not be read now"))
    else:
        job.tell(job.finished(report), last=True)


async def _command(job: IndexJob) -> tuple[int, Mapping[str, Any]]:
    """Run the job's command once; gives the exit code and the last object it printed."""
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        *job.command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=MAX_LINE,
        start_new_session=True,
    )
    report: Mapping[str, Any] = {"error": "it said nothing"}
    try:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        async for line in process.stdout:
            said = _object(line)
            if "step" in said:
                job.tell(ServerEvent("progress", said))
            elif said:
                report = said
        return await process.wait(), report
    finally:
        if process.returncode is None:
            # committed documents are whole; the next build goes on
            process.terminate()
            await process.wait()


def _object(line: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _failed(code: str, message: str) -> ServerEvent:
    return ServerEvent("error", {"code": code, "message": message, "advice": "The server's log has the reason."})
