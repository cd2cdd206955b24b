"""What a parsing child and its parent say to each other: frames of JSON with raw bytes behind.

A frame is two big-endian 32-bit lengths, that much JSON, that many bytes. Nothing in it can run code: the child
has read a file that anyone may have written.
"""

import struct
from typing import IO, Any

from pydantic import JsonValue
from pydantic_core import from_json, to_json

from ingest.parsing._result import ParsedFile, ParseJob, Picture, Problem
from mistral_rag.errors import ParseError
from mistral_rag.schema import Chunk, Model, Page, WordBoxes

_HEAD = struct.Struct(">II")
_LARGEST = 1 << 30


class Payload(Model):
    """The JSON of a parsed file; the words of its pages travel behind it, `word_bytes` long each."""

    title: str
    language: str
    metadata: dict[str, JsonValue]
    pages: tuple[Page, ...]
    chunks: tuple[Chunk, ...]
    problems: tuple[tuple[int | None, str], ...]
    pictures: tuple[tuple[int, str, str], ...]
    word_bytes: tuple[int, ...]


class WireError(ValueError):
    """Bytes that are no frame, or no parsed file."""


def write_frame(stream: IO[bytes], content: bytes, raw: bytes = b"") -> None:
    """Send one frame of JSON and bytes."""
    stream.write(_HEAD.pack(len(content), len(raw)))
    stream.write(content)
    stream.write(raw)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[bytes, bytes] | None:
    """The next frame, not yet decoded; None when the other side has gone, even in the middle of one."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    lengths = _HEAD.unpack(head)
    if max(lengths) > _LARGEST:
        raise WireError("a frame that is too large")
    content, raw = (stream.read(length) for length in lengths)
    return (content, raw) if len(content) + len(raw) == sum(lengths) else None


def encode_failure(reason: str) -> bytes:
    """Why there is no parsed file, as the JSON of a frame."""
    return to_json({"error": reason})


def encode(file: ParsedFile) -> tuple[bytes, bytes]:
    """A parsed file as the two parts of a frame."""
    payload = Payload(
        title=file.title,
        language=file.language,
        metadata=file.metadata,
        pages=file.pages,
        chunks=file.chunks,
        problems=tuple((problem.page, problem.reason) for problem in file.problems),
        pictures=tuple((picture.page, picture.reason, picture.key) for picture in file.pictures),
        word_bytes=tuple(len(page.words.data) for page in file.pages),
    )
    content = payload.model_dump_json(exclude={"pages": {"__all__": {"words"}}})
    return content.encode(), b"".join(page.words.data for page in file.pages)


def decode_answer(job: ParseJob, content: bytes, raw: bytes) -> ParsedFile | ParseError:
    """What a child answered to a job; raises WireError when it is no answer."""
    try:
        fields = from_json(content)
        if "error" in fields:
            return ParseError(str(fields["error"]))
        payload = _payload(fields, raw)
    except (ValueError, KeyError, TypeError) as error:
        raise WireError(str(error)) from error
    return ParsedFile(
        uri=job.uri,
        media_type=job.media_type,
        title=payload.title,
        language=payload.language,
        metadata=payload.metadata,
        pages=payload.pages,
        chunks=payload.chunks,
        problems=tuple(Problem(page, reason) for page, reason in payload.problems),
        pictures=tuple(Picture(page, reason, key) for page, reason, key in payload.pictures),
    )


def _payload(fields: dict[str, Any], raw: bytes) -> Payload:
    at = 0
    for page, size in zip(fields["pages"], fields["word_bytes"], strict=True):
        page["words"] = WordBoxes(raw[at : at + size])
        at += size
    return Payload.model_validate(fields)
