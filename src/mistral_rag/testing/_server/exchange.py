"""HTTP requests and responses, independent of any HTTP library.

The server and the in-process transport convert bytes into a `Request` and send a `Response`; everything between the two
is plain functions.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are lower case, `path` has no query."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of the body: nothing is sent for this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Break:
    """A broken connection: reset, or closed in the middle of the body."""

    how: Literal["reset", "close"] = "close"


Piece = bytes | Pause | Break


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response: a whole body, or pieces that are sent one by one (chunked).

    `delay` is the seconds before the first byte; with `refused` the connection is reset instead of any response.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[Piece] = b""
    delay: float = 0.0
    refused: bool = False


def json_bytes(value: Any) -> bytes:
    """Compact JSON as the platform writes it: UTF-8, not escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def json_response(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    return Response(status, {"content-type": "application/json", **(headers or {})}, json_bytes(value))
