"""Jobs and files as the frames of a parsing worker; what a worker sends is checked as a file would be.

The words of a file's pages travel as raw bytes: as JSON they would be most of it.
"""

import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from ingest.chunking._headings import MAX_PATH
from ingest.parsing._bounds import (
    MAX_LABEL,
    MAX_PROBLEMS_OF_FILE,
    MAX_REASON,
    MAX_TITLE,
    bounded_metadata,
    oversize,
)
from ingest.parsing._members import MAX_MEMBERS, member_name
from ingest.parsing._result import CutJob, PageProblem, ParsedFile, ParseJob, PicturePage, Room, UnpackedMember
from mistral_rag.index import Profile
from mistral_rag.schema import Chunk, Model, Page, WordBoxes
from mistral_rag.workers import FrameError, WireFrame

MAX_PROFILE = 1 << 20
"""Bytes of JSON of a profile, thousands of times what a filing has: a search holds the profiles of all documents."""


_DIGEST = re.compile("[0-9a-f]{64}")


class Payload(Model):
    """The JSON of a parsed file; the words of its pages travel behind it, `word_bytes` long each."""

    title: str
    language: str
    metadata: dict[str, JsonValue]
    pages: tuple[Page, ...]
    chunks: tuple[Chunk, ...]
    problems: tuple[tuple[int | None, str], ...]
    pictures: tuple[tuple[int, str, str], ...]
    profile: dict[str, JsonValue]
    hidden: dict[int, int]
    notes: int
    attachments: int
    members: tuple[tuple[int, str, str, str], ...]
    word_bytes: tuple[int, ...]


def encode_job(job: ParseJob | CutJob) -> WireFrame:
    """A job as a frame."""
    if isinstance(job, ParseJob):
        return WireFrame(to_json({"parse": _fields(job)}))
    file = encode_file(job.file)
    return WireFrame(b'{"cut":%b,"file":%b}' % (to_json(_fields(job.parsing)), file.content), file.raw)


def decode_job(frame: WireFrame) -> ParseJob | CutJob:
    """The job that `encode_job` made the frame of."""
    content = from_json(frame.content)
    if "parse" in content:
        return _parse_job(content["parse"])
    job = _parse_job(content["cut"])
    return CutJob(job, _file(job, content["file"], frame.raw))


def encode_file(file: ParsedFile) -> WireFrame:
    """A parsed file as a frame."""
    payload = Payload(
        title=file.title,
        language=file.language,
        metadata=file.metadata,
        pages=file.pages,
        chunks=file.chunks,
        problems=tuple((problem.page, problem.reason) for problem in file.problems),
        pictures=tuple((picture.page, picture.reason, picture.key) for picture in file.pictures),
        profile=file.profile.to_json(),
        hidden=dict(file.hidden),
        notes=file.notes,
        attachments=file.attachments,
        members=tuple((one.number, one.name, one.media_type, one.digest) for one in file.members),
        word_bytes=tuple(len(page.words.data) for page in file.pages),
    )
    content = payload.model_dump_json(exclude={"pages": {"__all__": {"words"}}})
    return WireFrame(content.encode(), b"".join(page.words.data for page in file.pages))


def decode_file(job: ParseJob | CutJob, frame: WireFrame) -> ParsedFile:
    """The file that a worker made of a job; raises FrameError when it is none."""
    from mistral_rag.retrieval import check_profile

    try:
        file = _file(job if isinstance(job, ParseJob) else job.parsing, from_json(frame.content), frame.raw)
        # a profile that no signal can read would fail every question
        check_profile(file.profile)
        return file
    except (ValueError, KeyError, TypeError) as error:
        raise FrameError(str(error)) from error


def _fields(job: ParseJob) -> dict[str, Any]:
    room = None if job.room is None else {**asdict(job.room), "folder": _hex(job.room.folder)}
    return {**asdict(job), "path": _hex(job.path), "room": room}


def _hex(path: Path) -> str:
    """A path in hexadecimal: it may hold bytes that are no text."""
    return os.fsencode(path).hex()


def _path(digits: str) -> Path:
    return Path(os.fsdecode(bytes.fromhex(digits)))


def _parse_job(fields: dict[str, Any]) -> ParseJob:
    room = fields["room"] and Room(**{**fields["room"], "folder": _path(fields["room"]["folder"])})
    passwords = tuple(fields["passwords"])
    disproved = {int(page): reason for page, reason in fields["disproved"].items()}
    given = {"path": _path(fields["path"]), "room": room, "passwords": passwords, "disproved": disproved}
    return ParseJob(**{**fields, **given})


def _file(job: ParseJob, fields: dict[str, Any], raw: bytes) -> ParsedFile:
    payload = _payload(fields, raw)
    if fault := _fault(payload):
        raise ValueError(fault)
    return ParsedFile(
        uri=job.uri,
        media_type=job.media_type,
        title=payload.title,
        language=payload.language,
        metadata=payload.metadata,
        pages=payload.pages,
        chunks=payload.chunks,
        problems=tuple(PageProblem(page, reason) for page, reason in payload.problems),
        pictures=tuple(PicturePage(page, reason, key) for page, reason, key in payload.pictures),
        profile=Profile.from_json(payload.profile),
        hidden=payload.hidden,
        notes=payload.notes,
        attachments=payload.attachments,
        members=tuple(UnpackedMember(*member) for member in payload.members),
    )


def _fault(payload: Payload) -> str | None:
    """The bound that a file breaks, which a worker that was not taken over by what it read has kept."""
    if len(to_json(payload.profile)) > MAX_PROFILE:
        return "the profile is larger than an index keeps"
    if fault := oversize(payload.pages):
        return fault
    if len(payload.members) > MAX_MEMBERS or not all(_is_member(*member) for member in payload.members):
        return "there are more members than a build takes in, or one that can't be"
    short = [payload.title[MAX_TITLE:], *(page.locator.label[MAX_LABEL:] for page in payload.pages)]
    short += [reason[MAX_REASON:] for _, reason in payload.problems]
    if any(short) or len(payload.problems) > 2 * len(payload.pages) + MAX_PROBLEMS_OF_FILE + 1:
        return "a title, label or reason is longer than an index keeps"
    if bounded_metadata(payload.metadata) != (payload.metadata, []):
        return "the metadata is larger than an index keeps"
    headings = (chunk.headings for chunk in payload.chunks)
    if any(len(path) > MAX_PATH or max(map(len, path), default=0) > MAX_LABEL for path in headings):
        return "a chunk has more headings, or longer ones, than an index keeps"
    return None


def _is_member(number: int, name: str, media_type: str, digest: str) -> bool:
    """True for a member that a worker may have unpacked: the parent opens the file of this number and name."""
    return number > 0 and member_name(name) == name and bool(media_type) and _DIGEST.fullmatch(digest) is not None


def _payload(fields: dict[str, Any], raw: bytes) -> Payload:
    start = 0
    for page, size in zip(fields["pages"], fields["word_bytes"], strict=True):
        page["words"] = WordBoxes(raw[start : start + size])
        start += size
    return Payload.model_validate(fields)
