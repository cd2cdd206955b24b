"""Fine-tuning, which the platform has deprecated: training data are checked here, before they are uploaded."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from mistral_rag.errors import ConfigurationError, SourceNotFoundError
from mistral_rag.platform._calls import Listing, PlatformCall, PlatformObject, Resource, given, path

ROLES = frozenset({"system", "user", "assistant", "tool"})
MAX_NAMED = 10
"""Bad lines that an error names."""


class TuningJob(PlatformObject):
    """A job; `fine_tuned_model` is the id to chat with when it has SUCCESS."""

    id: str
    status: str
    model: str | None = None
    fine_tuned_model: str | None = None
    training_files: list[Any] = Field(default_factory=list)
    hyperparameters: dict[str, Any] = Field(default_factory=dict)


class TuningResource(Resource):
    """`client.tuning`."""

    def create(
        self,
        model: str,
        training_files: Sequence[str],
        *,
        hyperparameters: dict[str, Any] | None = None,
        suffix: str | None = None,
        auto_start: bool = False,
    ) -> TuningJob:
        """Create a job from uploaded files (purpose "fine-tune"); it waits for `start` unless `auto_start`."""
        return self._send(_create(model, training_files, hyperparameters, suffix, auto_start=auto_start))

    async def acreate(
        self,
        model: str,
        training_files: Sequence[str],
        *,
        hyperparameters: dict[str, Any] | None = None,
        suffix: str | None = None,
        auto_start: bool = False,
    ) -> TuningJob:
        """`create` for coroutines."""
        return await self._asend(_create(model, training_files, hyperparameters, suffix, auto_start=auto_start))

    def list(self, *, page: int = 0, page_size: int = 100) -> Listing[TuningJob]:
        """One page of the jobs, newest first."""
        return self._send(_list(page, page_size))

    async def alist(self, *, page: int = 0, page_size: int = 100) -> Listing[TuningJob]:
        """`list` for coroutines."""
        return await self._asend(_list(page, page_size))

    def get(self, job_id: str) -> TuningJob:
        """One job."""
        return self._send(PlatformCall("GET", path("fine_tuning", "jobs", job_id), TuningJob))

    async def aget(self, job_id: str) -> TuningJob:
        """`get` for coroutines."""
        return await self._asend(PlatformCall("GET", path("fine_tuning", "jobs", job_id), TuningJob))

    def start(self, job_id: str) -> TuningJob:
        """Start a job that was validated."""
        return self._send(PlatformCall("POST", path("fine_tuning", "jobs", job_id, "start"), TuningJob))

    async def astart(self, job_id: str) -> TuningJob:
        """`start` for coroutines."""
        return await self._asend(PlatformCall("POST", path("fine_tuning", "jobs", job_id, "start"), TuningJob))

    def cancel(self, job_id: str) -> TuningJob:
        """Cancel a job."""
        return self._send(PlatformCall("POST", path("fine_tuning", "jobs", job_id, "cancel"), TuningJob))

    async def acancel(self, job_id: str) -> TuningJob:
        """`cancel` for coroutines."""
        return await self._asend(PlatformCall("POST", path("fine_tuning", "jobs", job_id, "cancel"), TuningJob))


def check_training_file(file: str | Path) -> int:
    """Check JSON lines for fine-tuning; returns their number.

    Each line holds ``{"messages": [{"role": …, "content": …}, …]}``, the last of them by the assistant.

    Raises:
        SourceNotFoundError: There is no such file.
        ConfigurationError: Lines are wrong; the message has their numbers, and for each the reason.
    """
    lines, problems = 0, []
    try:
        with Path(file).open("rb") as rows:
            for lines, row in enumerate(rows, start=1):  # the number of the last line is the result
                problems += [f"line {lines}: {reason}" for reason in _problems(row)][:1]
    except OSError as problem:
        raise SourceNotFoundError(f"{file} can't be read: {problem.strerror}.") from problem
    if not lines:
        raise ConfigurationError(f"{file} has no lines to train with.")
    if problems:
        more = f"; and {len(problems) - MAX_NAMED:,} more lines" if len(problems) > MAX_NAMED else ""
        raise ConfigurationError(f"{file} can't be used for training: {'; '.join(problems[:MAX_NAMED])}{more}.")
    return lines


def _problems(row: bytes) -> Iterator[str]:
    try:
        data = json.loads(row)
    except (ValueError, RecursionError):
        yield "no JSON" if row.strip() else "empty"
        return
    messages = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(messages, list) or not messages:
        yield 'no list "messages"'
        return
    for number, message in enumerate(messages, start=1):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES:
            yield f"message {number} has the role {role!r}"
        elif not message.get("content") and not message.get("tool_calls"):
            yield f"message {number} is empty"
    if isinstance(messages[-1], dict) and messages[-1].get("role") != "assistant":
        yield "the last message is not by the assistant"


def _create(
    model: str,
    training_files: Sequence[str],
    hyperparameters: dict[str, Any] | None,
    suffix: str | None,
    *,
    auto_start: bool,
) -> PlatformCall[TuningJob]:
    if isinstance(training_files, str):
        raise ConfigurationError("training_files takes a list of file ids, and this is one text.")
    body = {
        "model": model,
        "training_files": [{"file_id": file_id, "weight": 1} for file_id in training_files],
        "hyperparameters": hyperparameters or {},
        "auto_start": auto_start,
        **given(suffix=suffix),
    }
    return PlatformCall("POST", "fine_tuning/jobs", TuningJob, body=body, once=True)


def _list(page: int, page_size: int) -> PlatformCall[Listing[TuningJob]]:
    return PlatformCall("GET", path("fine_tuning", "jobs", page=page, page_size=page_size), Listing[TuningJob])
