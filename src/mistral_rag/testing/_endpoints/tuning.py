"""/v1/fine_tuning/jobs: a job is validated at its first look, and done at the second one after its start."""

import threading
import time
import uuid
from typing import Annotated, Any

from pydantic import Field

from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.files import Files
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body, JsonObject
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, paged, parsed

NEXT = {"QUEUED": "VALIDATED", "STARTED": "RUNNING", "RUNNING": "SUCCESS", "CANCELLATION_REQUESTED": "CANCELLED"}
ENDED = frozenset({"SUCCESS", "FAILED", "CANCELLED", "FAILED_VALIDATION"})


class TrainingFile(Body):
    """An uploaded file, and how much it counts."""

    file_id: str
    weight: Annotated[float, Field(gt=0)] = 1.0


class TuningCreation(Body):
    """POST /v1/fine_tuning/jobs."""

    model: str
    training_files: list[TrainingFile] = Field(default_factory=list)
    validation_files: list[str] | None = None
    suffix: Annotated[str, Field(max_length=18)] | None = None
    auto_start: bool = False
    invalid_sample_skip_percentage: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    hyperparameters: JsonObject


class Tuning:
    """Fine-tuning endpoints."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._jobs: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {
            "POST /fine_tuning/jobs": self.create,
            "GET /fine_tuning/jobs": self.listed,
            "GET /fine_tuning/jobs/{id}": self.shown,
            "POST /fine_tuning/jobs/{id}/start": self.start,
            "POST /fine_tuning/jobs/{id}/cancel": self.cancel,
        }

    def create(self, request: Request) -> Response:
        """Create a job."""
        body = parsed(TuningCreation, request)
        catalogue.find(body.model)
        for file in body.training_files:
            self._files.get(file.file_id)
        now = int(time.time())
        job = {
            "id": str(uuid.uuid4()),
            "object": "job",
            "job_type": "completion",
            "auto_start": body.auto_start,
            "model": body.model,
            "status": "QUEUED",
            "created_at": now,
            "modified_at": now,
            "training_files": [file.file_id for file in body.training_files],
            "fine_tuned_model": None,
            "suffix": body.suffix,
            "hyperparameters": body.hyperparameters,
        }
        with self._lock:
            self._jobs[str(job["id"])] = job
        return json_response(job)

    def listed(self, request: Request) -> Response:
        """A page of the jobs, newest first."""
        with self._lock:
            jobs = list(self._jobs.values())[::-1]
        return json_response({"object": "list", "data": list(paged(request, jobs)), "total": len(jobs)})

    def shown(self, _request: Request, identity: str) -> Response:
        """Advance a job by one step and show it."""
        job = self._job(identity)
        with self._lock:
            job["status"] = NEXT.get(job["status"], job["status"])
            if job["status"] == "VALIDATED" and job["auto_start"]:
                job["status"] = "STARTED"
            if job["status"] == "SUCCESS":
                job["fine_tuned_model"] = f"ft:{job['model']}:{identity[:8]}"
        return json_response(job)

    def start(self, _request: Request, identity: str) -> Response:
        """Start a validated job."""
        job = self._job(identity)
        if job["status"] not in {"QUEUED", "VALIDATED"}:
            raise refusals.bad_request(f"The job is {job['status']} and can't be started.")
        with self._lock:
            job["status"] = "STARTED"
        return json_response(job)

    def cancel(self, _request: Request, identity: str) -> Response:
        """Request the cancellation of a job."""
        job = self._job(identity)
        with self._lock:
            if job["status"] not in ENDED:
                job["status"] = "CANCELLATION_REQUESTED"
        return json_response(job)

    def _job(self, identity: str) -> dict[str, Any]:
        with self._lock:
            if identity not in self._jobs:
                raise refusals.not_found()
            return self._jobs[identity]
