"""Rows of result files as replies and typed errors."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mistral_rag.api._errors import ApiError, ApiTimeoutError, NotFoundError, ResponseError, error_from_response
from mistral_rag.api._formats.json_text import load_json
from mistral_rag.api._keys import Redactor
from mistral_rag.platform import BatchJob


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The outcome of one request: the reply's body, or an error of the class that a single call would have raised."""

    custom_id: str
    body: dict[str, Any] | None = None
    error: ApiError | None = None


def read_rows(lines: Iterable[bytes], redactor: Redactor) -> Iterator[BatchOutcome]:
    """The outcomes in a result file or an error file; lines that are no JSON objects, or have no id, are left out."""
    for line in lines:
        try:
            row = load_json(line)
        except ValueError:
            continue
        if isinstance(row, dict) and isinstance(row.get("custom_id"), str):
            yield _outcome(row, redactor)


def _outcome(row: Mapping[str, Any], redactor: Redactor) -> BatchOutcome:
    response = row.get("response")
    response = response if isinstance(response, Mapping) else {}
    status, body = response.get("status_code"), response.get("body")
    if isinstance(body, str):  # so it is in failed rows
        try:
            body = load_json(body)
        except ValueError:
            body = {"message": body}
    if status == 200 and isinstance(body, dict) and not row.get("error"):
        return BatchOutcome(row["custom_id"], body=redactor.value(body))
    said = json.dumps(body or row.get("error") or {}).encode()
    if isinstance(status, int) and status >= 300:
        return BatchOutcome(row["custom_id"], error=error_from_response(status, {}, said, redactor))
    error = ResponseError(f"The batch has no usable result for this request: {redactor.text(said.decode())[:200]}")
    return BatchOutcome(row["custom_id"], error=error)


def missing(custom_id: str, job: BatchJob, gone: str | None = None) -> BatchOutcome:
    """The outcome of a request without a row: an error that says how its job ended, and why its results are `gone`."""
    reasons = "; ".join(failure.message for failure in job.errors)
    said = gone or f"{job.id} ended as {job.status}{f' ({reasons})' if reasons else ''}"
    kind = ApiTimeoutError if job.status == "TIMEOUT_EXCEEDED" else NotFoundError if gone else ResponseError
    return BatchOutcome(custom_id, error=kind(f"The batch has no result for this request: {said}."))
