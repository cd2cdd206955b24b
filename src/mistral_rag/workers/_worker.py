"""One worker as its parent sees it: started, asked, watched, ended."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, Final, Self, cast

import psutil

from mistral_rag._forks import ForkAware
from mistral_rag.errors import WorkerError, WorkerStartError
from mistral_rag.schema import clean_text
from mistral_rag.workers._environment import environment
from mistral_rag.workers._frames import END, FAILURE, JOB, READY, RESULT, FrameError, WireFrame, read_frame, write_frame

WATCH_SECONDS: Final = 0.1
"""Time between looks at memory and clock: each takes 50 µs, and a worker fills little memory meanwhile."""
EXIT_SECONDS: Final = 1.0
"""Time that a worker which has closed its output is given to end by itself, so that its own exit code is reported."""
MAX_REASON: Final = 300
"""Characters of a reason; the worker cuts it too, but is not to be trusted."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a worker: bytes of memory, seconds a job, and when it is replaced by a new one.

    It is replaced after so many `jobs`, or when it still holds more than `idle_memory` bytes after one; None: never.
    The defaults are those of OCR on this machine, the heaviest job there is.
    """

    memory: int = 3 << 30
    seconds: float = 180.0
    jobs: int | None = None
    idle_memory: int | None = None


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """The program of a worker: a `module` that calls `serve`, with `arguments`; `limits` bound it.

    `activity` ("parsing") and `name` ("the parser") are the words for it in reasons.
    """

    module: str
    limits: Limits
    activity: str
    name: str
    arguments: tuple[str, ...] = ()


class Worker(ForkAware):
    """One worker process, for one thread to talk to; a thread of its own watches what it uses.

    A job that fails raises WorkerError. After it the worker may be dead: see `usable`. In a forked child nothing can be
    asked of it, and nothing ends it: it is the parent's.
    """

    def __init__(self, spec: WorkerSpec, process: "subprocess.Popen[bytes]") -> None:
        self.spec = spec
        self._process = process
        self._to = cast("IO[bytes]", process.stdin)
        self._from = cast("IO[bytes]", process.stdout)
        self._messages = cast("IO[bytes]", process.stderr)
        self._ready = False
        self._busy = False
        self._jobs = 0
        self._deadline: float | None = None
        self._stopped: str | None = None
        self._inherited = False
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watch_process, daemon=True)
        self._watch.start()
        self.heed_forks()

    @classmethod
    def start(cls, spec: WorkerSpec) -> Self:
        """Start a worker without waiting until it is ready."""
        process = subprocess.Popen(  # noqa: S603  a module of ours; nothing of a stranger's is on the command line
            # -P: a folder of the module's name in the working directory must not be imported in its place
            [sys.executable, "-P", "-m", spec.module, *spec.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            # a Ctrl-C at the terminal is for the parent, which ends its workers in order
            start_new_session=True,
        )
        return cls(spec, process)

    def after_fork(self) -> None:
        """Leave the worker to the parent."""
        self._inherited = True

    def wait_until_ready(self) -> None:
        """Wait until the worker has loaded what it needs; raises WorkerStartError when it can't."""
        if self._inherited:
            raise belongs_to_parent(self.spec)
        if self._ready:
            return
        with contextlib.suppress(FrameError):
            frame = read_frame(self._from)
            self._ready = frame is not None and frame[0] == READY
        if not self._ready:
            self.kill()
            said = self._messages.read().decode(errors="replace").strip().splitlines()
            reason = _one_line(said[-1]) if said else "it said nothing"
            raise WorkerStartError(f"the {self.spec.activity} process can't start: {reason}")

    def ask(self, job: WireFrame, *, seconds: float | None = None) -> WireFrame:
        """Do a job that has one result, within `seconds` (by default those of the limits).

        Raises:
            WorkerError: the job has no result, or the worker broke a limit or ended over it.
            WorkerStartError: the worker can't start.
        """
        self.wait_until_ready()
        with self.within(self.spec.limits.seconds if seconds is None else seconds):
            self.send(job)
            # a second one is one too many, so no more are waited for
            results = list(islice(self.results(), 2))
        if len(results) != 1:
            raise self.reject()
        return results[0]

    def send(self, job: WireFrame) -> None:
        """Give the worker a job, without waiting for it; its `results` must be taken before the next one."""
        if self._inherited:
            raise belongs_to_parent(self.spec)
        self._jobs += 1
        self._busy = True
        # that a worker has gone is said by `results`
        with contextlib.suppress(OSError):
            write_frame(self._to, JOB, job)

    def results(self) -> Iterator[WireFrame]:
        """The results of the job that was sent, as they come; raises as `ask` does.

        The worker works ahead as far as a pipe holds results. One whose results are not taken to the end is killed:
        the rest would be taken for the next job's.
        """
        try:
            self.wait_until_ready()
            while (result := self._next_result()) is not None:
                yield result
            self._busy = False
        finally:
            if self._busy:
                self.kill()

    def _next_result(self) -> WireFrame | None:
        try:
            frame = read_frame(self._from)
        except (FrameError, OSError) as error:
            raise self.reject() from error
        if frame is None:
            raise WorkerError(self._stopped or self._cause_of_death())
        kind, result = frame
        if kind == RESULT:
            return result
        if kind not in {END, FAILURE}:
            raise self.reject()
        if kind == FAILURE:
            reason = self._reason(result)
            self._busy = False
            raise WorkerError(reason)
        return None

    def _reason(self, failure: WireFrame) -> str:
        try:
            return _one_line(str(failure.value()["reason"]))
        except (FrameError, LookupError, TypeError) as error:
            raise self.reject() from error

    def reject(self) -> WorkerError:
        """Kill a worker whose result is none: what it says next can't be trusted. Gives the error to report."""
        reason = self._stopped or f"the {self.spec.activity} process gave no usable answer"
        self._stop(reason)
        return WorkerError(reason)

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Kill the worker when the block takes longer than `seconds`; waiting for results in it raises WorkerError."""
        self._deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            self._deadline = None

    @property
    def usable(self) -> bool:
        """True when the worker can take another job: not stopped, worn out or over its memory limit."""
        limits = self.spec.limits
        return (
            self._stopped is None
            and not self._inherited
            and not self._busy
            and self._process.poll() is None
            and (limits.jobs is None or self._jobs < limits.jobs)
            and (limits.idle_memory is None or self._memory() < limits.idle_memory)
        )

    def _cause_of_death(self) -> str:
        try:
            status = self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self._process.wait()
        how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return f"{self.spec.name} crashed on it ({how})"

    def _watch_process(self) -> None:
        while not self._closed.wait(WATCH_SECONDS):
            if reason := self._broken_limit():
                self._stop(reason)
                return
            if self._has_ended():
                # what it has started may hold its pipe open, and who waits for results would wait for that
                self.kill()
                return

    def _broken_limit(self) -> str | None:
        """The limit that a worker at work has broken, in words."""
        deadline, limits = self._deadline, self.spec.limits
        if deadline is not None and time.monotonic() > deadline:
            return f"{self.spec.activity} took too long and was stopped"
        # a worker that loads, or waits for a job, is not judged: nobody could be told what for
        if self._ready and self._busy and self._memory() > limits.memory:
            gib = limits.memory / (1 << 30)
            return f"{self.spec.activity} took more than {gib:.3g} GiB of memory and was stopped"
        return None

    def _has_ended(self) -> bool:
        try:
            return psutil.Process(self._process.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            return True

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason
        self.kill()

    def kill(self) -> None:
        """End the worker and what it has started at once, from any thread; who waits for results gets WorkerError."""
        if self._inherited:
            return
        # as long as nobody has waited for it, its number is no other process's
        if hasattr(os, "killpg") and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def close(self) -> None:
        """End the worker and free what it held; only for the thread that talks to it. A second call does nothing."""
        if self._inherited:
            return
        self._closed.set()
        self.kill()
        self._process.wait()
        self._watch.join()
        for stream in (self._to, self._from, self._messages):
            with contextlib.suppress(OSError):
                stream.close()


def belongs_to_parent(spec: WorkerSpec) -> WorkerStartError:
    """The error for a forked child that uses its parent's workers."""
    return WorkerStartError(
        f"the {spec.activity} process was started before this process was forked; start another one here"
    )


def _one_line(text: str) -> str:
    return " ".join(clean_text(text).split())[:MAX_REASON]
