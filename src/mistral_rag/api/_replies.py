"""What goes out and comes back over HTTP, as bytes and as JSON; no I/O."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from mistral_rag.api._errors import (
    ApiConnectionError,
    ResponseError,
    error_from_object,
    error_from_reply,
    request_id,
)
from mistral_rag.api._settings import plain
from mistral_rag.api._sse import Decoder

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
    if isinstance(data, dict) and not _is_error(data):
        return data
    shown = without(secret, content if isinstance(content, str) else content.decode(errors="replace"))
    if isinstance(data, dict):
        raise error_from_object(json.loads(shown), headers)
    raise ResponseError(
        f"The platform answered with something that is no JSON object: {shown[:200]!r}",
        request_id=request_id(headers),
        body=shown,
    )


def _is_error(data: Mapping[str, Any]) -> bool:
    """Whether an object is an error; some do not call themselves one."""
    if data.get("object") in ("error", "Error") or data.get("error"):
        return True
    return not ({"choices", "id", "usage"} & data.keys()) and bool(data.get("message") or data.get("detail"))


def without(secret: SecretStr | None, text: str) -> str:
    """The text without the key, in case a gateway says it back."""
    key = plain(secret)
    return text.replace(key, "[key]") if key else text


def encode(body: Json) -> bytes:
    """UTF-8 JSON, whatever strings are in it."""
    return utf8(json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False))


def utf8(text: str) -> bytes:
    """The text as UTF-8; halves of surrogate pairs, which no UTF-8 holds, are joined or become U+FFFD."""
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

    def feed(self, chunk: bytes) -> Iterator[Json]:
        """The events that `chunk` completed, up to the end mark; what came before an error is given first."""
        for event in self._decoder.feed(chunk):
            text = event.data.strip()
            if text == DONE:
                self.done = True
                return
            if text:
                data = parsed(text, self._headers, self._secret)
                if event.name == "error":
                    raise error_from_object(json.loads(without(self._secret, text)), self._headers)
                yield data

    def end(self) -> None:
        """Say that no more bytes come; raises when the end mark is missing. It may lack the blank line behind it."""
        if self._decoder.unended.strip() != DONE:
            raise ApiConnectionError("The stream ended before its [DONE].", request_id=request_id(self._headers))


def empty_stream(headers: Mapping[str, str]) -> ApiConnectionError:
    """The error for a stream that ended properly without having said anything."""
    return ApiConnectionError("The stream ended before the first token.", request_id=request_id(headers))
