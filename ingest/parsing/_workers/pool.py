"""Files parsed in worker processes, so that one that crashes, hangs or eats memory is one line of the report."""

from collections.abc import Iterable, Iterator
from typing import Final

from ingest.parsing._result import CutJob, ParsedFile, ParseJob
from ingest.parsing._workers.wire import decode_file, encode_job
from mistral_rag.errors import IngestError, ParseError, WorkerError, WorkerStartError
from mistral_rag.workers import Limits, WorkerPool, WorkerSpec, available_cores

Outcome = ParsedFile | ParseError
"""A parsed file, or why there is none."""

MEMORY: Final = 2 << 30
LIMITS: Final = Limits(memory=MEMORY, seconds=60.0, jobs=100, idle_memory=MEMORY // 4)
"""For one file; 60 s are 7,000 pages at the 120 a second of one core. What parsers leak goes with their worker."""
SECONDS_PER_MEGABYTE: Final = 20.0
"""More time for larger files. Their size stands for their pages, which can't be counted without opening them."""
JOBS_AHEAD: Final = 2
"""Files that wait or are parsed for each worker: enough to keep it busy, few enough to hold in memory."""


class ParsingWorkers:
    """Worker processes that parse files, one a core by default; `close` ends them.

    Errors that a file causes are its outcome. IngestError is raised when a worker can't start.

    Attributes:
        pending: jobs that were given and whose result was not taken.
    """

    def __init__(self, *, workers: int | None = None, limits: Limits | None = None) -> None:
        self._count = workers or available_cores()
        self._limits = limits or LIMITS
        self._pool: WorkerPool[ParseJob | CutJob, ParsedFile] = WorkerPool(
            WorkerSpec("ingest.parsing._workers.worker", self._limits, activity="parsing", name="the parser"),
            self._count,
            encode=encode_job,
            decode=decode_file,
            seconds=self._seconds,
        )
        self.pending = 0

    def parse(self, jobs: Iterable[ParseJob]) -> Iterator[tuple[ParseJob, Outcome]]:
        """Parse files; yields them as they get ready, in any order, also those given to `cut` meanwhile."""
        for job in jobs:
            self.submit(job)
            while not self.has_room:
                yield self.result()
        while self.pending:
            yield self.result()

    def cut(self, job: ParseJob, file: ParsedFile) -> None:
        """Have a file cut that came back uncut; it comes out of `parse` once more, whole."""
        self.submit(CutJob(job, file))

    def close(self) -> None:
        """End all workers, also those at work."""
        self._pool.close()

    @property
    def has_room(self) -> bool:
        """True when another job may be given without holding too many files in memory."""
        return self.pending <= JOBS_AHEAD * self._count

    def submit(self, job: ParseJob | CutJob) -> None:
        """Give a job to the workers."""
        self._pool.submit(job)
        self.pending += 1

    def result(self, seconds: float | None = None) -> tuple[ParseJob, Outcome]:
        """Wait for the next file that is ready. Raises TimeoutError when none is in so many seconds."""
        try:
            job, result = self._pool.result(seconds)
        except WorkerStartError as error:
            raise IngestError(error.reason) from error
        self.pending -= 1
        outcome = ParseError(result.reason) if isinstance(result, WorkerError) else result
        return job if isinstance(job, ParseJob) else job.parsing, outcome

    def _seconds(self, job: ParseJob | CutJob) -> float:
        path = job.path if isinstance(job, ParseJob) else job.parsing.path
        try:
            size = path.stat().st_size
        except OSError:
            size = 0
        return self._limits.seconds + SECONDS_PER_MEGABYTE * size / 1e6
