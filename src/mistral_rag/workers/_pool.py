"""Several workers of one kind at once: jobs go in, results come out as they get ready."""

import os
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from mistral_rag._forks import ForkAware
from mistral_rag.errors import WorkerError, WorkerStartError
from mistral_rag.workers._frames import FrameError, WireFrame
from mistral_rag.workers._worker import Worker, WorkerSpec, belongs_to_parent

Job = TypeVar("Job")
Result = TypeVar("Result")


def available_cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerPool(ForkAware, Generic[Job, Result]):
    """Up to `count` workers, each started when a job needs it, and replaced when it is used up or dead.

    A forked child can't use them: they are the parent's.

    Args:
        spec: what the workers run.
        count: of workers.
        encode: makes the frame of a job.
        decode: makes the result of a job out of its frame; raises FrameError where it is none.
        seconds: that a job may take; by default those of the limits.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        count: int,
        *,
        encode: Callable[[Job], WireFrame],
        decode: Callable[[Job, WireFrame], Result],
        seconds: Callable[[Job], float] | None = None,
    ) -> None:
        self._spec = spec
        self._count = count
        self._encode, self._decode, self._seconds = encode, decode, seconds
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Job, Result | WorkerError] | WorkerStartError] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._workers: set[Worker] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._inherited = False
        self.heed_forks()

    def after_fork(self) -> None:
        """Leave the workers to the parent."""
        self._inherited = True

    def submit(self, job: Job) -> None:
        """Add a job to those that wait for a worker."""
        if self._inherited:
            raise belongs_to_parent(self._spec)
        self._jobs.put(job)
        if len(self._threads) < self._count:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def result(self, seconds: float | None = None) -> tuple[Job, Result | WorkerError]:
        """Wait for the next job that is done, with its result or why there is none; one must be under way.

        Raises:
            WorkerStartError: a worker can't start.
            TimeoutError: none got done in so many seconds.
        """
        if self._inherited:
            raise belongs_to_parent(self._spec)
        try:
            result = self._results.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"no {self._spec.activity} was done in {seconds} s") from None
        if isinstance(result, WorkerStartError):
            raise result
        return result

    def close(self) -> None:
        """End all workers, also those at work; in a forked child nothing."""
        if self._inherited:
            return
        self._closed.set()
        for _ in self._threads:
            self._jobs.put(None)
        with self._lock:
            for worker in self._workers:
                worker.kill()
        for thread in self._threads:
            # a signal may have come before it was started
            if thread.is_alive():
                thread.join()

    def _work(self) -> None:
        """Take jobs and talk to one worker after another."""
        worker: Worker | None = None
        try:
            while (job := self._jobs.get()) is not None and not self._closed.is_set():
                if worker is None or not worker.usable:
                    self._dismiss(worker)
                    worker = self._start()
                self._results.put((job, self._done(worker, job)))
        except WorkerStartError as error:
            self._results.put(error)
        except OSError as error:
            self._results.put(WorkerStartError(f"the {self._spec.activity} process can't start: {error}"))
        finally:
            self._dismiss(worker)

    def _done(self, worker: Worker, job: Job) -> Result | WorkerError:
        # whatever goes wrong is the reason of this job: one that is never reported would be waited for without end
        try:
            frame = self._encode(job)
        except Exception as error:  # noqa: BLE001  the edge of a thread
            return self._failure(error)
        try:
            return self._decode(job, worker.ask(frame, seconds=self._seconds(job) if self._seconds else None))
        except FrameError:
            return worker.reject()
        except WorkerStartError:
            raise
        except WorkerError as error:
            return error
        except Exception as error:  # noqa: BLE001  the edge of a thread
            worker.reject()
            return self._failure(error)

    def _failure(self, error: Exception) -> WorkerError:
        return WorkerError(f"{self._spec.activity} failed: {type(error).__name__}: {error}")

    def _start(self) -> Worker:
        with self._lock:
            if self._closed.is_set():
                raise WorkerStartError(f"{self._spec.activity} was stopped")
            worker = Worker.start(self._spec)
            self._workers.add(worker)
        try:
            worker.wait_until_ready()
        except BaseException:
            self._dismiss(worker)
            raise
        return worker

    def _dismiss(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._lock:
                self._workers.discard(worker)
            worker.close()
