"""Files parsed in child processes, so that one that crashes, hangs or eats memory is one line of the report."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import IO, cast

import psutil

from ingest.parsing._result import ParsedFile, ParseJob
from ingest.parsing._wire import WireError, decode_answer, read_frame, write_frame
from mistral_rag.errors import IngestError, ParseError

Outcome = ParsedFile | ParseError
"""A file ready for the store, or why there is none."""

_PASSED_ON = (
    "APPDATA", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH",
    "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "USERPROFILE",
)  # fmt: skip
_SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: bytes of memory, seconds a file and more a megabyte of it, files before it is replaced."""

    memory: int = 2 << 30
    seconds: float = 60.0
    seconds_per_megabyte: float = 20.0
    files: int = 100


def parse_files(
    jobs: Iterable[ParseJob], *, workers: int | None = None, limits: Limits | None = None
) -> Generator[tuple[ParseJob, Outcome], None, None]:
    """Parse files in child processes, one a core by default; yields them as they get ready, in any order.

    Stop iterating and the children are ended. Raises IngestError when no child can be started.
    """
    count = workers or _cores()
    pool = _Pool(count, limits or Limits())
    waiting = 0
    try:
        for job in jobs:
            pool.submit(job)
            waiting += 1
            if waiting > 2 * count:
                yield pool.result()
                waiting -= 1
        for _ in range(waiting):
            yield pool.result()
    finally:
        pool.close()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Child:
    """One parsing process; one thread talks to it, another watches it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._files = 0
        self._deadline: float | None = None
        self._verdict: str | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.parsing._worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**_SINGLE_THREADED, **{name: os.environ[name] for name in _PASSED_ON if name in os.environ}},
            start_new_session=True,
        )
        self._to = cast("IO[bytes]", self._process.stdin)
        self._from = cast("IO[bytes]", self._process.stdout)
        self._complaints = cast("IO[bytes]", self._process.stderr)

    def greet(self) -> None:
        """Wait until the child is ready; raises IngestError when it can't start."""
        if read_frame(self._from) is None:
            said = self._complaints.read().decode(errors="replace").strip().splitlines()
            raise IngestError(f"a parsing process can't start: {said[-1] if said else 'it said nothing'}")

    def parse(self, job: ParseJob) -> Outcome:
        """What became of a file; after a ParseError the child may be dead."""
        self._files += 1
        self._deadline = time.monotonic() + self._allowed(job)
        try:
            fields = {
                "path": str(job.path),
                "uri": job.uri,
                "media_type": job.media_type,
                "every_picture": job.every_picture,
            }
            write_frame(self._to, json.dumps(fields).encode())
            answer = read_frame(self._from)
            if answer is None:
                return ParseError(self._verdict or self._epitaph())
            return decode_answer(job, *answer)
        except (WireError, OSError):
            self._process.kill()
            return ParseError(self._verdict or "the parsing process gave no usable answer")
        finally:
            self._deadline = None

    def _allowed(self, job: ParseJob) -> float:
        try:
            size = job.path.stat().st_size
        except OSError:
            size = 0
        return self._limits.seconds + self._limits.seconds_per_megabyte * size / 1e6

    def _epitaph(self) -> str:
        status = self._process.wait()
        how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
        return f"the parser crashed on it ({how})"

    @property
    def usable(self) -> bool:
        """Whether it can take another file: not stopped, not used up, and not swollen by the last one."""
        return (
            self._verdict is None
            and self._process.poll() is None
            and self._files < self._limits.files
            and self._memory() < self._limits.memory / 4
        )

    def look(self) -> None:
        """End the child when it uses more than it may."""
        if self._deadline is None or self._verdict:
            return
        if time.monotonic() > self._deadline:
            self._verdict = "parsing took too long and was stopped"
        elif self._memory() > self._limits.memory:
            self._verdict = (
                f"parsing took more than {self._limits.memory / (1 << 30):.3g} GiB of memory and was stopped"
            )
        if self._verdict:
            self._process.kill()

    def _memory(self) -> int:
        try:
            return int(psutil.Process(self._process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def kill(self) -> None:
        """End it at once; whoever waits for its answer gets none."""
        self._process.kill()

    def bury(self) -> None:
        """Free what an ended child held; only for the thread that talked to it."""
        self._process.kill()
        self._process.wait()
        for stream in (self._to, self._from, self._complaints):
            with contextlib.suppress(OSError):
                stream.close()


class _Pool:
    """Threads that each talk to one child, and one that watches all children."""

    def __init__(self, count: int, limits: Limits) -> None:
        self._count = count
        self._limits = limits
        self._jobs: queue.SimpleQueue[ParseJob | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[ParseJob, Outcome] | IngestError] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._watch = threading.Thread(target=self._watch_children, daemon=True)
        self._watch.start()

    def submit(self, job: ParseJob) -> None:
        self._jobs.put(job)
        if len(self._threads) < self._count:
            self._threads.append(threading.Thread(target=self._talk, daemon=True))
            self._threads[-1].start()

    def result(self) -> tuple[ParseJob, Outcome]:
        """The next file that is ready; one must be under way."""
        result = self._results.get()
        if isinstance(result, IngestError):
            raise result
        return result

    def close(self) -> None:
        self._closed.set()
        for _ in self._threads:
            self._jobs.put(None)
        with self._lock:
            for child in self._children:
                child.kill()
        for thread in (*self._threads, self._watch):
            thread.join()

    def _talk(self) -> None:
        child: _Child | None = None
        try:
            while (job := self._jobs.get()) is not None and not self._closed.is_set():
                if child is None or not child.usable:
                    self._dismiss(child)
                    child = self._hire()
                self._results.put((job, child.parse(job)))
        except (IngestError, WireError, OSError) as error:
            self._results.put(IngestError(str(error)))
        finally:
            self._dismiss(child)

    def _hire(self) -> _Child:
        with self._lock:
            if self._closed.is_set():
                raise IngestError("parsing was stopped")
            child = _Child(self._limits)
            self._children.add(child)
        try:
            child.greet()
        except (IngestError, WireError):
            self._dismiss(child)
            raise
        return child

    def _dismiss(self, child: _Child | None) -> None:
        if child is not None:
            with self._lock:
                self._children.discard(child)
            child.bury()

    def _watch_children(self) -> None:
        while not self._closed.wait(_LOOK_EVERY):
            with self._lock:
                children = list(self._children)
            for child in children:
                child.look()
