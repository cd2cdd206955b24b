"""MistralBatch: bodies of requests in, replies and typed errors out, in the same order."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import Field

from mistral_rag.api._connection import Connection
from mistral_rag.batch._outcomes import BatchOutcome
from mistral_rag.batch._record import Row
from mistral_rag.batch._runner import BatchRunner, BatchSettings
from mistral_rag.errors import ConfigurationError
from mistral_rag.platform import BatchJob

Bodies = Iterable[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]]
"""Bodies of requests as the endpoint takes them, or bodies by ids of one's own."""


class MistralBatch(Connection):
    """Requests for "chat/completions", "embeddings", "ocr", "fim/completions" and others, answered within a day.

    `folder` keeps the ids of jobs: the same requests in the same folder are the same batch, so a program that was
    stopped goes on where it was, and pays once. Without a folder nothing survives the program. Requests are split into
    jobs at the platform's limits, and sent inline or as files. The jobs are looked at every `first_poll` seconds, less
    and less often, up to every `longest_poll`.
    """

    folder: str | Path | None = None
    first_poll: float = Field(default=5.0, ge=0)
    longest_poll: float = Field(default=60.0, gt=0)
    timeout_hours: int | None = Field(default=None, ge=1, le=168)

    def run(self, endpoint: str, bodies: Bodies, *, model: str) -> list[BatchOutcome]:
        """Send the requests and wait; returns an outcome for each, in their order, whatever fails among them.

        Raises:
            ConfigurationError: An id is used twice; a request is too large for a file, no JSON, or for another model.
            NotFoundError: The folder has jobs that the platform does not know, with this key.
            ApiError: The platform refused the batch as a whole.
        """
        with self._runner() as runner:
            return runner.run(endpoint, model, _rows(bodies, model))

    async def arun(self, endpoint: str, bodies: Bodies, *, model: str) -> list[BatchOutcome]:
        """`run` for coroutines."""
        with self._runner() as runner:
            return await runner.arun(endpoint, model, _rows(bodies, model))

    def begin(self, endpoint: str, bodies: Bodies, *, model: str) -> list[BatchJob]:
        """Send the requests and return the jobs at once; `run` with the same requests waits and reads the results.

        Raises:
            ConfigurationError: There is no `folder`, and the jobs could not be found again.
        """
        return self._kept("begin").begin(endpoint, model, _rows(bodies, model))

    def cancel(self, endpoint: str, bodies: Bodies, *, model: str) -> list[BatchJob]:
        """Ask the platform to stop the jobs of these requests; `run` then returns the rows that were done."""
        return self._kept("cancel").cancel(endpoint, model, _rows(bodies, model))

    def forget(self, endpoint: str, bodies: Bodies, *, model: str) -> None:
        """Delete their files at the platform, and the record: the same requests are a new batch then."""
        self._kept("forget").forget(endpoint, model, _rows(bodies, model))

    def _kept(self, what: str) -> BatchRunner:
        if self.folder is None:
            raise ConfigurationError(f"`{what}` needs a folder that keeps the ids of jobs: MistralBatch(folder=…).")
        return BatchRunner(self.client, self._settings_in(Path(self.folder)))

    @contextmanager
    def _runner(self) -> Iterator[BatchRunner]:
        with batch_folder(self.folder) as folder:
            yield BatchRunner(self.client, self._settings_in(folder))

    def _settings_in(self, folder: Path) -> BatchSettings:
        return BatchSettings(folder, self.first_poll, self.longest_poll, self.timeout_hours)


@contextmanager
def batch_folder(folder: str | Path | None) -> Iterator[Path]:
    """The folder, or one that is deleted afterwards."""
    if folder is not None:
        yield Path(folder)
        return
    with TemporaryDirectory(prefix="mistral-rag-batch-") as temporary:
        yield Path(temporary)


def _rows(bodies: Bodies, model: str) -> Iterator[Row]:
    pairs = bodies.items() if isinstance(bodies, Mapping) else ((str(n), body) for n, body in enumerate(bodies))
    for custom_id, body in pairs:
        if not isinstance(custom_id, str) or not isinstance(body, Mapping):
            raise ConfigurationError(
                f"A request of a batch is a dict, and its id a text; {custom_id!r} is not: {type(body).__name__}."
            )
        if body.get("model", model) != model:
            raise ConfigurationError(
                f"The request {custom_id!r} is for {body['model']!r}, the batch for {model!r}: a job has one model."
            )
        # one model a job: the platform takes it from there
        yield custom_id, {name: value for name, value in body.items() if name not in {"model", "stream"}}
