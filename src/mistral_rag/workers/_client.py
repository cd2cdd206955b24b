"""The owner of one worker process."""

from types import TracebackType
from typing import Self

from mistral_rag.workers._worker import Worker, WorkerSpec


class WorkerClient:
    """Owns one worker process, started when it is first needed and anew when it has ended; a context manager."""

    def __init__(self, spec: WorkerSpec) -> None:
        self._spec = spec
        self._worker: Worker | None = None

    def _ready(self) -> Worker:
        """The worker, perhaps still starting; raises WorkerStartError when there can be none."""
        if self._worker is None or not self._worker.usable:
            self._end()
            self._worker = Worker.start(self._spec)
        return self._worker

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def close(self) -> None:
        """End the process; the next job would start another one."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
