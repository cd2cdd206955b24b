"""Request and response bodies as bytes and as JSON; no I/O."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from mistral_rag.api._errors import (
    ApiConnectionError,
    ResponseError,
    error_from_object,
    error_from_response,
    request_id,
)
from mistral_rag.api._json import load_json
from mistral_rag.api._settings import plain
from mistral_rag.api._sse import Decoder

Json = dict[str, Any]

DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """A parsed response body with the response's headers (names in lower case)."""

    data: Json
    headers: Mapping[str, str]


def parse_response(
    status: int, headers: Mapping[str, str], content: bytes, secret: SecretStr | None = None
) -> ApiResponse:
    """Parse a whole response.

    Raises:
        ApiError: The status is 300 or more, or the body is an error object or no JSON object.
    """
    if status >= 300:
        raise error_from_response(status, headers, redact(secret, content.decode(errors="replace")).encode())
    return ApiResponse(parse_object(content, headers, secret), headers)


def parse_object(content: str | bytes, headers: Mapping[str, str], secret: SecretStr | None = None) -> Json:
    """Parse a JSON object.

    Raises:
        ApiError: The object is an error; `ResponseError` when the content is no JSON object.
    """
    try:
        data = load_json(content)
    except ValueError:
        data = None
    if isinstance(data, dict) and not _is_error(data):
        return data
    shown = redact(secret, content if isinstance(content, str) else content.decode(errors="replace"))
    if isinstance(data, dict):
        raise error_from_object(json.loads(shown), headers)
    raise ResponseError(
        f"The platform answered with something that is no JSON object: {shown[:200]!r}",
        request_id=request_id(headers),
        body=shown,
    )


def _is_error(data: Mapping[str, Any]) -> bool:
    """True for an error object; gateways send some that have a message and nothing that marks an error."""
    if data.get("object") in ("error", "Error") or data.get("error"):
        return True
    return not ({"choices", "id", "usage"} & data.keys()) and bool(data.get("message") or data.get("detail"))


def redact(secret: SecretStr | None, text: str) -> str:
    """The text with "[key]" in place of the key: some gateways quote the request's headers in their errors."""
    key = plain(secret)
    return text.replace(key, "[key]") if key else text


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
    """Parser of a stream's bytes into JSON events; `done` is True after the end marker."""

    def __init__(self, secret: SecretStr | None = None) -> None:
        self.done = False
        self._secret = secret
        self._decoder = Decoder()
        self._headers: Mapping[str, str] = {}

    def is_stream(self, status: int, headers: Mapping[str, str]) -> bool:
        """True when the response is a stream; errors, and hosts without streams, answer with plain JSON."""
        self._headers = headers
        return status == 200 and not headers.get("content-type", "").startswith("application/json")

    def feed(self, chunk: bytes) -> Iterator[Json]:
        """Parse the next bytes into the events that they complete, up to the end marker.

        Events before an error are yielded before it is raised.

        Raises:
            ApiError: An event is an error object or no JSON object.
        """
        for event in self._decoder.feed(chunk):
            text = event.data.strip()
            if text == DONE:
                self.done = True
                return
            if text:
                data = parse_object(text, self._headers, self._secret)
                if event.name == "error":
                    raise error_from_object(json.loads(redact(self._secret, text)), self._headers)
                yield data

    def end(self) -> None:
        """Finish the stream; the blank line after the end marker may be missing.

        Raises:
            ApiConnectionError: The end marker is missing.
        """
        if self._decoder.unended.strip() != DONE:
            raise ApiConnectionError("The stream ended before its [DONE].", request_id=request_id(self._headers))


def empty_stream(headers: Mapping[str, str]) -> ApiConnectionError:
    """The error for a stream that ended properly without any content."""
    return ApiConnectionError("The stream ended before the first token.", request_id=request_id(headers))
