"""Batch jobs of the platform, as they are; `mistral_rag.batch` splits, waits and puts results in order."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Literal, TypedDict, Unpack

from pydantic import Field

from mistral_rag.errors import ConfigurationError
from mistral_rag.platform._calls import Deleted, Listing, PlatformCall, PlatformObject, Resource, given, path

ENDED = frozenset({"SUCCESS", "FAILED", "TIMEOUT_EXCEEDED", "CANCELLED"})
"""States that a job does not leave."""

BatchEndpoint = Literal[
    "chat/completions",
    "embeddings",
    "fim/completions",
    "moderations",
    "chat/moderations",
    "ocr",
    "classifications",
    "chat/classifications",
    "conversations",
    "audio/transcriptions",
]


class BatchJobOptions(TypedDict, total=False):
    """The rows are either in uploaded JSONL files or in `requests`, at most 10,000 of ``{"custom_id", "body"}``."""

    input_files: Sequence[str]
    requests: Sequence[dict[str, Any]]
    model: str
    agent_id: str
    metadata: dict[str, str]
    timeout_hours: int


class BatchFailure(PlatformObject):
    """A reason for failed rows, and their number."""

    message: str
    count: int = 1


class BatchJob(PlatformObject):
    """A job. SUCCESS means that every row was tried: `failed_requests` of them are in `error_file`."""

    id: str
    status: str
    endpoint: str
    model: str | None = None
    metadata: dict[str, Any] | None = None
    input_files: list[str] = Field(default_factory=list)
    output_file: str | None = None
    error_file: str | None = None
    errors: list[BatchFailure] = Field(default_factory=list)
    outputs: list[dict[str, Any]] | None = None
    total_requests: int = 0
    completed_requests: int = 0
    succeeded_requests: int = 0
    failed_requests: int = 0
    created_at: int | None = None

    @property
    def has_ended(self) -> bool:
        """True when nothing more will happen."""
        return self.status in ENDED


class BatchJobResource(Resource):
    """`client.batch`."""

    def create(self, endpoint: BatchEndpoint | str, **options: Unpack[BatchJobOptions]) -> BatchJob:
        """Create a job. It is not sent again when a connection breaks: it may run, and cost, already.

        Raises:
            ConfigurationError: Rows are given twice or not at all, or the model is.
        """
        return self._send(_create(endpoint, options))

    async def acreate(self, endpoint: BatchEndpoint | str, **options: Unpack[BatchJobOptions]) -> BatchJob:
        """`create` for coroutines."""
        return await self._asend(_create(endpoint, options))

    def list(
        self, *, page: int = 0, page_size: int = 100, status: str | None = None, model: str | None = None
    ) -> Listing[BatchJob]:
        """One page of the jobs, newest first."""
        return self._send(_list(page, page_size, status, model))

    async def alist(
        self, *, page: int = 0, page_size: int = 100, status: str | None = None, model: str | None = None
    ) -> Listing[BatchJob]:
        """`list` for coroutines."""
        return await self._asend(_list(page, page_size, status, model))

    def iterate(self, *, status: str | None = None, model: str | None = None) -> Iterator[BatchJob]:
        """Every job; pages are fetched as they are needed."""
        return self._items(lambda page: _list(page, 100, status, model))

    def aiterate(self, *, status: str | None = None, model: str | None = None) -> AsyncIterator[BatchJob]:
        """`iterate` for coroutines."""
        return self._aitems(lambda page: _list(page, 100, status, model))

    def get(self, job_id: str, *, inline: bool | None = None) -> BatchJob:
        """The job; with `inline` its results are in `outputs` when it has ended."""
        return self._send(PlatformCall("GET", path("batch", "jobs", job_id, inline=inline), BatchJob))

    async def aget(self, job_id: str, *, inline: bool | None = None) -> BatchJob:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("batch", "jobs", job_id, inline=inline), BatchJob))

    def cancel(self, job_id: str) -> BatchJob:
        """Ask the platform to stop the job; rows that are done keep their results."""
        return self._send(PlatformCall("POST", path("batch", "jobs", job_id, "cancel"), BatchJob))

    async def acancel(self, job_id: str) -> BatchJob:
        """`cancel` for coroutines."""
        return await self._asend(PlatformCall("POST", path("batch", "jobs", job_id, "cancel"), BatchJob))

    def delete(self, job_id: str) -> Deleted:
        """Delete the job; its files stay."""
        return self._send(PlatformCall("DELETE", path("batch", "jobs", job_id), Deleted))

    async def adelete(self, job_id: str) -> Deleted:
        """`delete` for coroutines."""
        return await self._asend(PlatformCall("DELETE", path("batch", "jobs", job_id), Deleted))


def _create(endpoint: str, options: BatchJobOptions) -> PlatformCall[BatchJob]:
    body = given(endpoint=f"/v1/{endpoint.removeprefix('/').removeprefix('v1/')}", **options)
    if ("input_files" in body) == ("requests" in body):
        raise ConfigurationError("A batch job takes either input_files or requests.")
    if ("model" in body) == ("agent_id" in body):
        raise ConfigurationError("A batch job takes either a model or an agent_id.")
    return PlatformCall("POST", "batch/jobs", BatchJob, body=body, once=True)


def _list(page: int, page_size: int, status: str | None, model: str | None) -> PlatformCall[Listing[BatchJob]]:
    asked = path("batch", "jobs", page=page, page_size=page_size, status=status, model=model)
    return PlatformCall("GET", asked, Listing[BatchJob])
