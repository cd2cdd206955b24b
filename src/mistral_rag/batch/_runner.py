"""Runner of a batch on one client: does the steps, sync or async."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistral_rag.api._client import Client
from mistral_rag.api._errors import ApiError
from mistral_rag.batch import _steps as steps
from mistral_rag.batch._calls import BatchCalls
from mistral_rag.batch._outcomes import BatchOutcome
from mistral_rag.batch._record import BatchFolder, Row
from mistral_rag.platform import BatchJob
from mistral_rag.platform._calls import PlatformCall, Resource
from mistral_rag.platform._files import FileResource

LOCK_PAUSE = 0.05
"""Seconds between two looks at a lock; whoever holds it sends or reads, which takes seconds."""


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """The folder of records, the seconds between two looks at the jobs, and the platform's time limit in hours."""

    folder: Path
    first_poll: float = 5.0
    longest_poll: float = 60.0
    timeout_hours: int | None = None


@dataclass(frozen=True, slots=True)
class BatchRunner:
    """Batches on one client. The same requests in the same folder are the same batch, also in another process."""

    client: Client
    settings: BatchSettings

    def run(self, endpoint: str, model: str, rows: Iterable[Row]) -> list[BatchOutcome]:
        """Begin or take up the batch, wait for its end, and read its results."""
        outcomes: list[BatchOutcome] = self._drive(self._whole(self._folder(endpoint, model, rows)))
        return outcomes

    async def arun(self, endpoint: str, model: str, rows: Iterable[Row]) -> list[BatchOutcome]:
        """`run` for coroutines."""
        folder = await asyncio.to_thread(self._folder, endpoint, model, rows)
        outcomes: list[BatchOutcome] = await self._adrive(self._whole(folder))
        return outcomes

    def begin(self, endpoint: str, model: str, rows: Iterable[Row]) -> list[BatchJob]:
        """Create the jobs, or find those of the same requests; does not wait."""
        jobs: list[BatchJob] = self._drive(self._begun(self._folder(endpoint, model, rows)))
        return jobs

    def cancel(self, endpoint: str, model: str, rows: Iterable[Row]) -> list[BatchJob]:
        """Ask the platform to stop the jobs of these requests."""
        jobs: list[BatchJob] = self._drive(self._cancelled(self._folder(endpoint, model, rows)))
        return jobs

    def forget(self, endpoint: str, model: str, rows: Iterable[Row]) -> None:
        """Delete the files at the platform and the record, so that the same requests are a new batch."""
        folder = self._folder(endpoint, model, rows)
        self._drive(_alone(folder, self._forgotten(folder)))

    def _folder(self, endpoint: str, model: str, rows: Iterable[Row]) -> BatchFolder:
        folder = BatchFolder(self.settings.folder, endpoint.removeprefix("/").removeprefix("v1/"), model)
        folder.read(rows)
        return folder

    def _whole(self, folder: BatchFolder) -> steps.Steps:
        calls = yield from _alone(folder, self._sent(folder))
        jobs = yield from steps.wait(folder, self.settings.first_poll, self.settings.longest_poll)
        return (yield from _alone(folder, self._collected(folder, jobs, calls)))

    def _collected(self, folder: BatchFolder, jobs: list[BatchJob], calls: BatchCalls) -> steps.Steps:
        folder.take_up()  # somebody else may have told of its rows meanwhile
        outcomes = yield from steps.collect(folder, jobs, self.client.settings.redactor)
        calls.settle(outcomes)
        return outcomes

    def _begun(self, folder: BatchFolder) -> steps.Steps:
        calls = yield from _alone(folder, self._sent(folder))
        calls.withdraw()  # whoever waits for them tells of them
        return (yield from steps.look(folder))

    def _sent(self, folder: BatchFolder) -> steps.Steps:
        folder.take_up()
        calls = BatchCalls(self.client, folder)
        calls.admit()
        try:
            yield from steps.begin(folder, {"timeout_hours": self.settings.timeout_hours})
        except ApiError:
            calls.withdraw()
            raise
        return calls

    def _cancelled(self, folder: BatchFolder) -> steps.Steps:
        yield from _alone(folder, self._stopped(folder))
        return (yield from steps.look(folder))

    def _stopped(self, folder: BatchFolder) -> steps.Steps:
        folder.take_up()
        folder.drop_rows()
        folder.drop_unknown_parts()
        yield from steps.cancel(folder)

    def _forgotten(self, folder: BatchFolder) -> steps.Steps:
        folder.take_up()
        folder.drop_rows()
        folder.drop_unknown_parts()
        jobs = yield from steps.look(folder)
        yield from steps.forget(folder, jobs)
        folder.delete()

    def _drive(self, taken: steps.Steps) -> Any:
        """Do each step, and send its reply, or throw its error, into the steps; returns what they return."""
        sender = _Sender(self)
        try:
            step = next(taken)
            while True:
                try:
                    reply = sender.do(step)
                except ApiError as error:
                    step = taken.throw(error)
                else:
                    step = taken.send(reply)
        except StopIteration as end:
            return end.value
        finally:
            taken.close()  # frees the lock when this was cancelled

    async def _adrive(self, taken: steps.Steps) -> Any:
        """`_drive` for coroutines."""
        sender = _Sender(self)
        try:
            step = next(taken)
            while True:
                try:
                    reply = await sender.ado(step)
                except ApiError as error:
                    step = taken.throw(error)
                else:
                    step = taken.send(reply)
        except StopIteration as end:
            return end.value
        finally:
            taken.close()  # frees the lock when this was cancelled


def _alone(folder: BatchFolder, work: steps.Steps) -> steps.Steps:
    """The work, when no other thread or process is at the same batch: two who send it would both be charged."""
    lock = folder.lock
    try:
        while not lock.take():
            yield steps.Wait(LOCK_PAUSE)
        return (yield from work)
    finally:
        lock.release()
        folder.discard()


class _Sender(Resource):
    def __init__(self, runner: BatchRunner) -> None:
        super().__init__(runner)
        self._files = FileResource(runner)

    def do(self, step: steps.Step) -> Any:
        if isinstance(step, PlatformCall):
            return self._send(step)
        if isinstance(step, steps.Wait):
            return time.sleep(step.seconds)
        return self._files.download(step.file_id, step.to)

    async def ado(self, step: steps.Step) -> Any:
        if isinstance(step, PlatformCall):
            return await self._asend(step)
        if isinstance(step, steps.Wait):
            return await asyncio.sleep(step.seconds)
        return await self._files.adownload(step.file_id, step.to)
