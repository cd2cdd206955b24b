"""What goes out and comes back over HTTP, as bytes and as JSON; no I/O."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from mistral_rag.api.errors import (
    ApiConnectionError,
    ResponseError,
    error_from_object,
    error_from_reply,
    request_id,
)
from mistral_rag.api.settings import plain
from mistral_rag.api.sse import Decoder

Json = dict[str, Any]

DONE = "[DONE]"


@dataclass(frozen=True, slots=True)
class Reply:
    """A parsed reply with its headers (names in lower case)."""

    data: Json
    headers: Mapping[str, str]


def reply(status: int, headers: Mapping[str, str], content: bytes, secret: SecretStr | None = None) -> Reply:
    """The parsed reply, or the typed error that it is."""
    if status >= 300:
        raise error_from_reply(status, headers, without(secret, content.decode(errors="replace")).encode())
    return Reply(parsed(content, headers, secret), headers)


def parsed(content: str | bytes, headers: Mapping[str, str], secret: SecretStr | None = None) -> Json:
    """A JSON object; raises the error it is, or `ResponseError` when it is no object."""
    try:
        data = json.loads(content)
    except ValueError:
        data = None
    if isinstance(data, dict) and data.get("object") not in {"error", "Error"} and not data.get("error"):
        return data
    shown = without(secret, content if isinstance(content, str) else content.decode(errors="replace"))
    if isinstance(data, dict):
        raise error_from_object(json.loads(shown), headers)
    raise ResponseError(
        f"The platform answered with something that is no JSON object: {shown[:200]!r}",
        request_id=request_id(headers),
        body=shown,
    )


def without(secret: SecretStr | None, text: str) -> str:
    """The text without the key, in case a gateway says it back."""
    key = plain(secret)
    return text.replace(key, "[key]") if key else text


def encode(body: Json) -> bytes:
    """UTF-8 JSON; halves of surrogate pairs, which no UTF-8 holds, are joined or become U+FFFD."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


class EventReader:
    """Turns the bytes of a stream into parsed events and knows when it is over."""

    def __init__(self, secret: SecretStr | None = None) -> None:
        self.done = False
        self._secret = secret
        self._decoder = Decoder()
        self._headers: Mapping[str, str] = {}

    def is_stream(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the reply is a stream; a host that knows no streams, or an error, answers with plain JSON."""
        self._headers = headers
        return status == 200 and not headers.get("content-type", "").startswith("application/json")

    def feed(self, chunk: bytes) -> list[Json]:
        """The events that `chunk` completed, up to the end mark."""
        events = []
        for event in self._decoder.feed(chunk):
            if event.data == DONE:
                self.done = True
                break
            events.append(parsed(event.data, self._headers, self._secret))
        return events

    def cut(self) -> ApiConnectionError:
        """The error for a stream that ended without its end mark."""
        return ApiConnectionError("The stream ended before its [DONE].", request_id=request_id(self._headers))


def empty_stream(headers: Mapping[str, str]) -> ApiConnectionError:
    """The error for a stream that ended properly without having said anything."""
    return ApiConnectionError("The stream ended before the first token.", request_id=request_id(headers))
