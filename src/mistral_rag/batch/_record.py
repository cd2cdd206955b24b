"""The record of a batch on disk: its requests in parts, and the job of each part."""

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mistral_rag.api._responses import encode
from mistral_rag.batch._lock import RecordLock
from mistral_rag.errors import ConfigurationError

MAX_INLINE_ROWS = 10_000
"""Requests of a job without a file; the platform's limit."""
MAX_INLINE_BYTES = 4 * 1024 * 1024
"""Bytes of a job without a file: above it a broken connection costs more than an upload."""
MAX_ROWS = 100_000
"""Requests of a job; the lower one of the two limits that the platform's pages give (the other is a million)."""
MAX_BYTES = 500 * 1024 * 1024
"""Bytes of a file of requests; the platform takes 512 MB with the form around it."""

Row = tuple[str, dict[str, Any]]


class BatchPart(BaseModel):
    """One job: `token` is in its metadata, so that a job is found again whose id was never received."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(default_factory=lambda: secrets.token_hex(12))
    rows: int = 0
    size: int = 0
    begun: bool = False
    input_file: str | None = None
    job_id: str | None = None


class BatchRecord(BaseModel):
    """All parts of a batch; the digest of its requests is its name. `counted`: ledgers were told of its rows."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str
    model: str
    digest: str
    parts: list[BatchPart]
    counted: bool = False


class BatchFolder:
    """The folder of records. The same requests in the same folder are the same batch, also after a restart."""

    def __init__(self, folder: Path, endpoint: str, model: str) -> None:
        self.folder = folder
        self.endpoint = endpoint
        self.model = model
        self.ids: list[str] = []
        self._token = secrets.token_hex(4)  # several may write into the folder at once
        self.record = BatchRecord(endpoint=endpoint, model=model, digest="", parts=[])

    def read(self, rows: Iterable[Row]) -> None:
        """Write the requests into drafts, which `take_up` makes the files of parts, or `discard` deletes.

        Raises:
            ConfigurationError: An id is used twice, a single request is too large or no JSON, or the folder can't be
                written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            digest, parts = self._written(rows)
        except OSError as problem:
            raise ConfigurationError(f"{self.folder} can't hold a batch: {problem.strerror}.") from problem
        self.record = BatchRecord(endpoint=self.endpoint, model=self.model, digest=digest, parts=parts)

    def take_up(self) -> None:
        """Give the drafts their names, and take the record of the same requests, if there is one. Needs the lock.

        Raises:
            ConfigurationError: The record can't be read.
        """
        parts = self.record.parts
        for number in range(len(parts)):
            if self._draft(number).exists():
                self._draft(number).replace(self.rows_file(number))
        if self.path.exists():
            self.record = self._known(parts)

    def discard(self) -> None:
        """Delete the drafts."""
        for number in range(len(self.record.parts)):
            self._draft(number).unlink(missing_ok=True)

    def _written(self, rows: Iterable[Row]) -> tuple[str, list[BatchPart]]:
        digest = hashlib.sha256(f"{self.endpoint}\n{self.model}\n".encode())
        parts: list[BatchPart] = []
        file: BinaryIO | None = None
        seen: set[str] = set()
        try:
            for custom_id, body in rows:
                line = _line(custom_id, body)
                self._check(custom_id, line, seen)
                if file is None or parts[-1].rows >= MAX_ROWS or parts[-1].size + len(line) > MAX_BYTES:
                    if file is not None:
                        file.close()
                    parts.append(BatchPart())
                    file = self._draft(len(parts) - 1).open("wb")
                file.write(line)
                digest.update(line)
                parts[-1].rows += 1
                parts[-1].size += len(line)
        except BaseException:
            for number in range(len(parts)):
                self._draft(number).unlink(missing_ok=True)
            raise
        finally:
            if file is not None:
                file.close()
        return digest.hexdigest(), parts

    def _check(self, custom_id: str, line: bytes, seen: set[str]) -> None:
        if custom_id in seen:
            raise ConfigurationError(f"Two requests of the batch have the id {custom_id!r}.")
        if len(line) > MAX_BYTES:
            raise ConfigurationError(f"The request {custom_id!r} has more than {MAX_BYTES // 1024**2} MB.")
        seen.add(custom_id)
        self.ids.append(custom_id)

    def _known(self, parts: list[BatchPart]) -> BatchRecord:
        try:
            known = BatchRecord.model_validate_json(self.path.read_bytes())
        except (OSError, ValidationError) as problem:
            raise ConfigurationError(f"{self.path} is no record of a batch. Delete it to begin anew.") from problem
        if [part.rows for part in known.parts] != [part.rows for part in parts]:
            raise ConfigurationError(f"{self.path} was written with other limits. Delete it to begin anew.")
        return known

    def save(self) -> None:
        """Write the record, whole or not at all."""
        unfinished = self.path.with_suffix(f".{self._token}.tmp")
        with unfinished.open("wb") as file:
            file.write(self.record.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)

    def rows_file(self, number: int) -> Path:
        """The file of a part's requests, until its job is there."""
        return self.folder / f"{self.record.digest[:24]}-{number}.jsonl"

    def inline(self, number: int) -> list[dict[str, Any]] | None:
        """The requests of a part that needs no file; None for one that does."""
        part = self.record.parts[number]
        if part.rows > MAX_INLINE_ROWS or part.size > MAX_INLINE_BYTES:
            return None
        with self.rows_file(number).open("rb") as file:
            return [json.loads(line) for line in file]

    def rows(self) -> Iterator[Row]:
        """The requests with their ids, as long as their files are there."""
        for number in range(len(self.record.parts)):
            with self.rows_file(number).open("rb") as file:
                for line in file:
                    row = json.loads(line)
                    yield row["custom_id"], row["body"]

    def drop_rows(self) -> None:
        """Delete the files of requests, which may hold what nobody else should read."""
        for number in range(len(self.record.parts)):
            self.rows_file(number).unlink(missing_ok=True)

    def drop_unknown_parts(self) -> None:
        """Forget the parts that have no job."""
        self.record.parts = [part for part in self.record.parts if part.job_id is not None]

    def delete(self) -> None:
        """Delete the record."""
        self.path.unlink(missing_ok=True)

    def lines(self, file: Path) -> Iterator[bytes]:
        """The lines of a result file, which is deleted afterwards."""
        try:
            with file.open("rb") as rows:
                yield from rows
        finally:
            file.unlink(missing_ok=True)

    def _draft(self, number: int) -> Path:
        return self.folder / f".{self._token}-{number}.draft"

    @property
    def path(self) -> Path:
        """The record's file."""
        return self.folder / f"{self.record.digest[:24]}.json"

    @property
    def lock(self) -> RecordLock:
        """A lock for one who sends the batch or reads its results."""
        return RecordLock(self.path.with_suffix(".lock"))


def _line(custom_id: str, body: dict[str, Any]) -> bytes:
    try:
        return encode({"custom_id": custom_id, "body": body}) + b"\n"
    except (TypeError, ValueError) as problem:
        raise ConfigurationError(f"The request {custom_id!r} of the batch is no JSON: {problem}.") from problem
