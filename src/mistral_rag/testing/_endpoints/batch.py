"""/v1/batch/jobs: a job is queued, then running, then done; each GET of it advances it by one step.

Results are in reverse order, because the platform guarantees none.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, ValidationError

from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.files import Files, StoredFile
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body, JsonObject
from mistral_rag.testing._server.exchange import Request, Response, json_bytes, json_response
from mistral_rag.testing._server.routing import Endpoint, paged, parsed

MAX_HOURS = 7 * 24
"""Hours until a job times out; the platform's limit."""

BatchEndpoint = Literal[
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/fim/completions",
    "/v1/moderations",
    "/v1/chat/moderations",
    "/v1/ocr",
    "/v1/classifications",
    "/v1/chat/classifications",
    "/v1/conversations",
    "/v1/audio/transcriptions",
]
Status = Literal["QUEUED", "RUNNING", "SUCCESS", "FAILED", "CANCELLATION_REQUESTED", "CANCELLED"]
NEXT: Mapping[Status, Status] = {"QUEUED": "RUNNING", "CANCELLATION_REQUESTED": "CANCELLED"}


class BatchLine(Body):
    """One request of a batch."""

    custom_id: str | None = None
    body: JsonObject


class BatchRequest(Body):
    """POST /v1/batch/jobs."""

    endpoint: BatchEndpoint
    input_files: list[UUID] | None = None
    requests: Annotated[list[BatchLine], Field(max_length=10_000)] | None = None
    model: str | None = None
    agent_id: str | None = None
    metadata: (
        dict[
            Annotated[str, Field(min_length=1, max_length=32)],
            Annotated[str, Field(min_length=1, max_length=512)],
        ]
        | None
    ) = None
    timeout_hours: int = 24


@dataclass(slots=True)
class Job:
    """A batch job."""

    request: BatchRequest
    lines: list[BatchLine]
    status: Status = "QUEUED"
    results: list[dict[str, Any]] = field(default_factory=list)
    output_file: str | None = None
    error_file: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: int = field(default_factory=lambda: int(time.time()))
    completed: int | None = None

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The results that are errors."""
        return [one for one in self.results if one["response"]["status_code"] != 200]

    def card(self, *, inline: bool = False) -> dict[str, Any]:
        """The job as the platform shows it."""
        failed = len(self.failed)
        return {
            "id": self.id,
            "object": "batch",
            "input_files": [str(one) for one in self.request.input_files or ()],
            "metadata": self.request.metadata,
            "endpoint": self.request.endpoint,
            "model": self.request.model,
            "agent_id": self.request.agent_id,
            "output_file": self.output_file,
            "error_file": self.error_file,
            "errors": [{"message": "Some requests failed", "count": failed}] if failed else [],
            "outputs": self.results if inline and self.completed else None,
            "status": self.status,
            "created_at": self.created,
            "total_requests": len(self.lines),
            "completed_requests": len(self.results),
            "succeeded_requests": len(self.results) - failed,
            "failed_requests": failed,
            "started_at": None if self.status == "QUEUED" else self.created,
            "completed_at": self.completed,
        }


class Batches:
    """Batch endpoints; `respond` is the response of an endpoint to one request."""

    def __init__(self, files: Files, respond: Callable[[Request], Response]) -> None:
        self._files = files
        self._respond = respond
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /batch/jobs": self.create,
            "GET /batch/jobs": self.listed,
            "GET /batch/jobs/{id}": self.shown,
            "POST /batch/jobs/{id}/cancel": self.cancel,
            "DELETE /batch/jobs/{id}": self.deleted,
        }

    def create(self, request: Request) -> Response:
        """Create a job."""
        body = parsed(BatchRequest, request)
        _check(body)
        job = Job(body, list(self._lines(body)))
        with self._lock:
            self._jobs[job.id] = job
        return json_response(job.card())

    def listed(self, request: Request) -> Response:
        """A page of the jobs, newest first."""
        with self._lock:
            jobs = list(self._jobs.values())[::-1]
        wanted = request.query.get("status"), request.query.get("model")
        matching = [job for job in jobs if wanted[0] in (None, job.status) and wanted[1] in (None, job.request.model)]
        cards = [job.card() for job in paged(request, matching)]
        return json_response({"data": cards, "object": "list", "total": len(matching)})

    def shown(self, request: Request, identity: str) -> Response:
        """Advance a job by one step and show it."""
        with self._lock:
            job = self._job(identity)
            if job.status == "RUNNING":
                self._run(job)
            else:
                job.status = NEXT.get(job.status, job.status)
            return json_response(job.card(inline=request.query.get("inline", "").lower() == "true"))

    def cancel(self, _request: Request, identity: str) -> Response:
        """Request the cancellation of a job."""
        with self._lock:
            job = self._job(identity)
            if job.completed is None:
                job.status = "CANCELLATION_REQUESTED"
            return json_response(job.card())

    def deleted(self, _request: Request, identity: str) -> Response:
        """Delete a job."""
        with self._lock:
            self._job(identity)
            del self._jobs[identity]
        return json_response({"id": identity, "object": "batch", "deleted": True})

    def _job(self, identity: str) -> Job:
        if identity not in self._jobs:
            raise refusals.not_found()
        return self._jobs[identity]

    def _lines(self, body: BatchRequest) -> Iterator[BatchLine]:
        yield from body.requests or ()
        for identity in body.input_files or ():
            lines = self._files.get(str(identity)).content.splitlines()
            yield from (_line(number, line) for number, line in enumerate(lines, start=1))

    def _run(self, job: Job) -> None:
        job.results = [self._result(job, line) for line in reversed(job.lines)]
        failed = job.failed
        job.output_file = self._written("output", [one for one in job.results if one not in failed])
        job.error_file = self._written("error", failed)
        job.status = "FAILED" if job.results and len(failed) == len(job.results) else "SUCCESS"
        job.completed = int(time.time())

    def _result(self, job: Job, line: BatchLine) -> dict[str, Any]:
        body = {"model": job.request.model, **line.body}
        path, headers = job.request.endpoint, {"content-type": "application/json"}
        response = self._respond(Request("POST", path, headers=headers, body=json_bytes(body)))
        given = json.loads(response.body) if isinstance(response.body, bytes) else {"detail": "No streams in a batch"}
        status = response.status if isinstance(response.body, bytes) else 422
        error = None if status == 200 else given
        reply = {"status_code": status, "body": given}
        return {"id": uuid.uuid4().hex, "custom_id": line.custom_id, "response": reply, "error": error}

    def _written(self, kind: Literal["output", "error"], results: list[dict[str, Any]]) -> str | None:
        if not results:
            return None
        content = b"".join(json_bytes(one) + b"\n" for one in results)
        sample = "batch_result" if kind == "output" else "batch_error"
        return self._files.add(StoredFile(f"{kind}.jsonl", content, sample=sample, source="mistral")).id


def _line(number: int, text: bytes) -> BatchLine:
    try:
        return BatchLine.model_validate_json(text)
    except ValidationError as error:
        message = f"Invalid file format: line {number} needs a custom_id and a body, and nothing else."
        raise refusals.bad_request(message, code=None) from error


def _check(body: BatchRequest) -> None:
    if (body.input_files is None) == (body.requests is None):
        raise refusals.invalid("value_error", "Value error, give either input_files or requests.", loc=())
    if (body.model is None) == (body.agent_id is None):
        raise refusals.invalid("value_error", "Value error, give either model or agent_id.", loc=())
    if not 0 < body.timeout_hours < MAX_HOURS:
        raise refusals.invalid("value_error", "Value error, timeout_hours must be less than 7 days.", loc=())
    if body.model is not None:
        catalogue.find(body.model)
