"""Frames between a worker and its parent: JSON with raw bytes behind.

A frame is its kind (one byte), two big-endian 32-bit lengths, that much JSON, that many bytes. Nothing in it can run
code: the worker has read a file that anyone may have written, so it must not be able to send a pickle.
"""

import json
import struct
from typing import IO, Any, Final, NamedTuple

HEAD: Final = struct.Struct(">cII")
MAX_LENGTH: Final = 1 << 30
"""Bytes of JSON, and of raw bytes: what a broken or hostile worker can make its parent allocate at once."""

READY: Final = b"R"
JOB: Final = b"J"
RESULT: Final = b"+"
FAILURE: Final = b"-"
END: Final = b"."
KINDS: Final = frozenset({READY, JOB, RESULT, FAILURE, END})


class FrameError(ValueError):
    """Bytes that are no frame, or a frame that holds something else than was asked for."""


class WireFrame(NamedTuple):
    """A job or a result: `content` is JSON in UTF-8, `raw` are bytes that belong to it."""

    content: bytes
    raw: bytes = b""

    @classmethod
    def of(cls, value: Any, raw: bytes = b"") -> "WireFrame":
        """Make a frame of a JSON value."""
        return cls(json.dumps(value, separators=(",", ":")).encode(), raw)

    def value(self) -> Any:
        """Decode the JSON; raises FrameError where it is none."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise FrameError(str(error)) from error


def write_frame(stream: IO[bytes], kind: bytes, frame: WireFrame) -> None:
    """Send a frame, at once."""
    stream.write(HEAD.pack(kind, len(frame.content), len(frame.raw)))
    stream.write(frame.content)
    stream.write(frame.raw)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[bytes, WireFrame] | None:
    """Read the next frame and its kind; None when the other side has gone, even in the middle of one.

    Raises:
        FrameError: the bytes are no frame, or a part of it is longer than `MAX_LENGTH`.
    """
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, *lengths = HEAD.unpack(head)
    if kind not in KINDS or max(lengths) > MAX_LENGTH:
        raise FrameError("the bytes are no frame")
    content, raw = (stream.read(length) for length in lengths)
    return (kind, WireFrame(content, raw)) if len(content) + len(raw) == sum(lengths) else None
