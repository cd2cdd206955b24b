"""The steps of a batch without I/O over the network: they yield calls, downloads and waits, and are sent the replies.

So the sync and the async runner share them.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistral_rag.api._errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    BadRequestError,
    NotFoundError,
    ResponseError,
    ServerError,
)
from mistral_rag.api._http.uploads import UploadForm
from mistral_rag.api._keys import Redactor
from mistral_rag.batch._outcomes import BatchOutcome, missing, read_rows
from mistral_rag.batch._record import BatchFolder, BatchPart
from mistral_rag.platform import BatchJob, Deleted, Listing, PlatformFile
from mistral_rag.platform._calls import PlatformCall, given, path

METADATA = "mistral_rag"
"""Key of the metadata that holds a part's token."""
MAX_PAGES = 20
"""Pages of jobs among which one is looked for whose id was not received: two thousand newer ones."""
GROWTH = 1.5
MAX_FAILED_LOOKS = 60
"""Looks in a row that may fail for a passing reason: at one a minute, an outage of an hour does not end a night."""
DOUBTFUL = (ApiConnectionError, ApiTimeoutError, ResponseError, ServerError)
"""Errors after which a job may have been created all the same."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause between two looks at the jobs."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Download:
    """A file of results, written to a path."""

    file_id: str
    to: Path


Step = PlatformCall[Any] | Wait | Download
Steps = Generator[Step, Any, Any]


def begin(folder: BatchFolder, options: dict[str, Any]) -> Steps:
    """Create the jobs that are not there yet."""
    for number, part in enumerate(folder.record.parts):
        if part.begun and part.job_id is None:
            part.job_id = yield from _found(part)
        if part.job_id is None:
            part.begun = True
            folder.save()
            part.job_id = yield from _created(folder, number, options)
        folder.save()
    folder.drop_rows()


def _created(folder: BatchFolder, number: int, options: dict[str, Any]) -> Steps:
    part, record = folder.record.parts[number], folder.record
    rows = folder.inline(number)
    if rows is None and part.input_file is None:
        form = UploadForm(folder.rows_file(number), [("purpose", "batch")])
        uploaded: PlatformFile = yield PlatformCall("POST", "files", PlatformFile, form=form, once=True)
        part.input_file = uploaded.id
        folder.save()
    body = given(
        endpoint=f"/v1/{record.endpoint}",
        model=record.model,
        metadata={METADATA: part.token},
        requests=rows,
        input_files=None if part.input_file is None else [part.input_file],
        **options,
    )
    try:
        job: BatchJob = yield PlatformCall("POST", "batch/jobs", BatchJob, body=body, once=True)
    except DOUBTFUL:
        job_id = yield from _found(part)
        if job_id is None:
            raise
        return job_id
    return job.id


def _found(part: BatchPart) -> Steps:
    """The id of the job with the part's token; None when the platform has none."""
    for page in range(MAX_PAGES):
        asked = path("batch", "jobs", page=page, page_size=100)
        jobs: Listing[BatchJob] = yield PlatformCall("GET", asked, Listing[BatchJob])
        for job in jobs.data:
            if (job.metadata or {}).get(METADATA) == part.token:
                return job.id
        if len(jobs.data) < 100:
            return None
    return None


def look(folder: BatchFolder) -> Steps:
    """The jobs as they are now."""
    jobs = []
    for part in folder.record.parts:
        try:
            job: BatchJob = yield PlatformCall("GET", path("batch", "jobs", str(part.job_id)), BatchJob)
        except NotFoundError as error:
            raise _unknown(folder, part, error) from error
        jobs.append(job)
    return jobs


def _unknown(folder: BatchFolder, part: BatchPart, error: NotFoundError) -> NotFoundError:
    """The 404 of a job, with the record that names it and the two ways out."""
    message = (
        f"The platform does not know the batch job {part.job_id} of {folder.path}: it was deleted, or belongs to "
        "another host or key. Use those that sent it, or delete that file to send its requests anew, and pay again."
    )
    named = {name: getattr(error, name) for name in ("status", "code", "type", "request_id", "body")}
    return NotFoundError(message, **named)


def wait(folder: BatchFolder, first: float, longest: float) -> Steps:
    """Look at the jobs, less and less often, until all have ended; returns them. Passing errors are waited out."""
    pause, failed = first, 0
    while True:
        try:
            jobs: list[BatchJob] = yield from look(folder)
        except ApiError as error:
            failed += 1
            if not error.is_retryable or failed > MAX_FAILED_LOOKS:
                raise
        else:
            failed = 0
            if all(job.has_ended for job in jobs):
                return jobs
        yield Wait(pause)
        pause = min(longest, pause * GROWTH)


def cancel(folder: BatchFolder) -> Steps:
    """Ask for the end of all jobs; a job that ended meanwhile stays as it is."""
    for part in folder.record.parts:
        try:
            yield PlatformCall("POST", path("batch", "jobs", str(part.job_id), "cancel"), BatchJob)
        except BadRequestError:  # it has ended
            continue
        except NotFoundError as error:
            raise _unknown(folder, part, error) from error


def collect(folder: BatchFolder, jobs: list[BatchJob], redactor: Redactor) -> Steps:
    """The outcomes of all requests, in their order; rows stand in two files, and none of the order is promised."""
    found: dict[str, BatchOutcome] = {}
    gone: dict[str, str] = {}
    for job in jobs:
        for file_id in filter(None, (job.output_file, job.error_file)):
            to = folder.folder / f"{job.id}-{file_id}.rows"
            try:
                yield Download(file_id, to)
            except NotFoundError:
                gone[job.id] = f"its file {file_id} is gone. Delete {folder.path} to send the requests anew"
                continue
            for outcome in read_rows(folder.lines(to), redactor):
                if outcome.error is None or outcome.custom_id not in found:
                    found[outcome.custom_id] = outcome
    job_of_row = (job for part, job in zip(folder.record.parts, jobs, strict=True) for _ in range(part.rows))
    return [
        found.get(one) or missing(one, job, gone.get(job.id)) for one, job in zip(folder.ids, job_of_row, strict=True)
    ]


def forget(folder: BatchFolder, jobs: list[BatchJob]) -> Steps:
    """Delete the files of requests and results at the platform; one that is gone already is no matter."""
    files = [part.input_file for part in folder.record.parts]
    files += [file for job in jobs for file in (job.output_file, job.error_file)]
    for file in filter(None, files):
        try:
            yield PlatformCall("DELETE", path("files", file), Deleted)
        except ApiError as error:
            if error.status != 404:
                raise
