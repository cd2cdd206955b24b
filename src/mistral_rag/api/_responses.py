"""Request and response bodies as bytes and as JSON; no I/O."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mistral_rag.api._errors import (
    ApiConnectionError,
    ApiError,
    ResponseError,
    error_from_object,
    error_from_response,
    request_id,
)
from mistral_rag.api._formats.json_text import load_json
from mistral_rag.api._formats.sse import Decoder
from mistral_rag.api._keys import MIN_CERTAIN, NOTHING, Redactor

Json = dict[str, Any]

DONE = "[DONE]"
BLANK = b"\xef\xbb\xbf \t\r\n"
"""Byte order mark and blanks before the first line."""


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A parsed response body with the response's headers (names in lower case)."""

    data: Json
    headers: Mapping[str, str]


def accepted(parsed: "ApiResponse | ApiError", *, expects: str = "") -> ApiResponse:
    """The response; raises the error here, where no frame holds the body as it came.

    A body in which the list `expects` is missing or empty is an error, too.
    """
    if isinstance(parsed, ApiResponse):
        if not expects or (isinstance(held := parsed.data.get(expects), list) and held):
            return parsed
        parsed = ResponseError(
            f"The platform's reply holds no {expects}.", request_id=request_id(parsed.headers), body=parsed.data
        )
    try:
        raise parsed
    finally:
        del parsed  # else error and frame hold each other


def parse_response(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    redactor: Redactor = NOTHING,
    *,
    listed: bool = False,
    deletion: bool = False,
) -> ApiResponse | ApiError:
    """Parse a whole response; an error when the status is 300 or more, or the body an error or no JSON object.

    204 has no body, and gives an empty object. With `listed` a body that is a list becomes the `data` of an object.
    The reply to a `deletion` may be nothing but a message.
    """
    if status >= 300:
        return error_from_response(status, headers, content, redactor)
    if status == 204:
        return ApiResponse({}, headers)
    data = parse_object(content, headers, redactor, listed=listed, deletion=deletion)
    return data if isinstance(data, ApiError) else ApiResponse(data, headers)


def parse_object(
    content: str | bytes,
    headers: Mapping[str, str],
    redactor: Redactor = NOTHING,
    *,
    listed: bool = False,
    deletion: bool = False,
) -> Json | ApiError:
    """Parse a JSON object; an error when it is one, and `ResponseError` when the content is no JSON object."""
    try:
        data = load_json(content)
    except ValueError:
        data = None
    if listed and isinstance(data, list):
        data = {"data": data}
    if isinstance(data, dict):
        if _is_error(data, deletion=deletion):
            return error_from_object(data, headers, redactor)
        return redactor.value(data) if redactor.is_in(content, least=MIN_CERTAIN) else data
    shown = redactor.text(content if isinstance(content, str) else content.decode(errors="replace"))
    return ResponseError(
        f"The platform answered with something that is no JSON object: {shown[:200]!r}",
        request_id=request_id(headers),
        body=shown,
    )


def _is_error(data: Mapping[str, Any], *, deletion: bool) -> bool:
    """True for an error object; gateways send some that have a message and nothing that marks an error."""
    if data.get("object") in ("error", "Error") or data.get("error"):
        return True
    return (
        not deletion
        and not ({"choices", "id", "usage"} & data.keys())
        and bool(data.get("message") or data.get("detail"))
    )


def encode(body: Json) -> bytes:
    """Compact JSON in UTF-8; lone surrogates in strings do not stop it.

    Raises:
        ValueError: A number is NaN or infinite.
    """
    return utf8(json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def utf8(text: str) -> bytes:
    """The text in UTF-8, which can't hold surrogates: pairs of them are joined, lone ones become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


class EventReader:
    """Parser of a stream's bytes into JSON events; `done` is True after the end marker, or the event that `is_last`.

    `usage` is the last one told.

    Errors and whole answers come as bare JSON from some hosts, whatever type they declare: as the body, or on a line of
    its own within a stream.
    """

    def __init__(self, redactor: Redactor = NOTHING, is_last: Callable[[Json], bool] | None = None) -> None:
        self.done = False
        self.usage: Any = None
        self._is_last = is_last
        self._redactor = redactor
        self._decoder = Decoder()
        self._headers: Mapping[str, str] = {}
        self._error: ApiError | None = None
        self._head: bytes | None = b""
        self._body: bytearray | None = None

    def is_stream(self, status: int, headers: Mapping[str, str]) -> bool:
        """True when the response is a stream; errors, and hosts without streams, answer with plain JSON."""
        self._headers = headers
        return status == 200 and not headers.get("content-type", "").startswith("application/json")

    def feed(self, chunk: bytes) -> Iterator[Json]:
        """Parse the next bytes into the events that they complete, up to the end marker or an error; see `check`."""
        if self._head is not None:
            chunk = self._begin(self._head + chunk)
        if self._body is not None:
            self._body += chunk
            return
        for event in self._decoder.feed(chunk):
            text = event.data.strip()
            if text == DONE:
                self.done = True
                return
            if text:
                data = parse_object(text, self._headers, self._redactor)
                if not isinstance(data, ApiError) and event.name == "error":
                    data = error_from_object(data, self._headers, self._redactor)
                if isinstance(data, ApiError):
                    self._error = data
                    return
                self.usage = data.get("usage") or self.usage
                yield data
                if self._is_last is not None and self._is_last(data):
                    self.done = True
                    return

    def check(self) -> None:
        """Raise the error that `feed` came to.

        Raises:
            ApiError: An event is an error object or no JSON object.
        """
        if self._error is not None:
            raised, self._error = self._error, None
            try:
                raise raised
            finally:
                del raised

    def end(self) -> Json | None:
        """Finish the stream; the body where it was bare JSON. The blank line after the end marker may be missing.

        Raises:
            ApiConnectionError: The end marker is missing.
            ApiError: The body is an error.
        """
        if self._body is not None:
            return accepted(parse_response(200, self._headers, bytes(self._body), self._redactor)).data
        if self._decoder.unended.strip() != DONE:
            raise ApiConnectionError("The stream ended before its [DONE].", request_id=request_id(self._headers))
        return None

    def _begin(self, head: bytes) -> bytes:
        """The part of the first bytes that is to be read; a brace begins a JSON body, and no line of a stream."""
        text = head.lstrip(BLANK)
        self._head = None if text else head
        if text.startswith(b"{"):
            self._body = bytearray()
        return text


def empty_stream(headers: Mapping[str, str]) -> ApiConnectionError:
    """The error for a stream that ended properly without any content."""
    return ApiConnectionError("The stream ended before the first token.", request_id=request_id(headers))
