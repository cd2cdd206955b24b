"""Sends JSON to the platform and gives JSON or a stream of it back; the only module that imports httpx."""

import json
import os
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from typing import Any

import httpx
from pydantic import SecretStr

from mistral_rag.api.errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    ResponseError,
    error_from_object,
    error_from_reply,
    request_id,
)
from mistral_rag.api.pools import AsyncConnections, SyncConnections, close_all
from mistral_rag.api.retry import RetryPolicy, aretrying, retrying
from mistral_rag.api.sse import Decoder
from mistral_rag.errors import ConfigurationError, MistralRagError

DEFAULT_BASE_URL = "https://api.mistral.ai/v1"
DONE = "[DONE]"
NO_KEY = "There is no Mistral API key: set MISTRAL_API_KEY or pass api_key; keys are made at https://console.mistral.ai/api-keys"

Json = dict[str, Any]


def default_base_url() -> str:
    """MISTRAL_BASE_URL (includes /v1), or the platform's own host."""
    return os.environ.get("MISTRAL_BASE_URL") or DEFAULT_BASE_URL


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each step of a call; None waits for ever.

    `read` is the longest silence, not the length of the whole reply.
    """

    connect: float | None = 10.0
    read: float | None = 300.0
    write: float | None = 60.0
    pool: float | None = None

    @classmethod
    def of(cls, value: "float | Timeouts | None") -> "Timeouts":
        """One number is the longest wait for any step; connecting never takes longer than 10 seconds."""
        if isinstance(value, Timeouts):
            return value
        if value is None:
            return cls()
        return cls(connect=min(value, 10.0), read=value, write=value, pool=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """A parsed reply with its headers (names in lower case)."""

    data: Json
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and how to call. The key never shows."""

    base_url: str = field(default_factory=default_base_url)
    key: SecretStr | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    concurrency: int | None = None
    transport: Any = None


class Stream:
    """The parsed events of an open stream, the first of which have come already. Close it when done."""

    def __init__(self, headers: Mapping[str, str], head: list[Json], rest: Generator[Any]) -> None:
        self.headers = headers
        self._head = head
        self._rest = rest

    def __iter__(self) -> Iterator[Json]:
        yield from self._head
        yield from self._rest

    def close(self) -> None:
        """Drop the connection at once."""
        self._rest.close()


class AsyncStream:
    """`Stream` for coroutines."""

    def __init__(self, headers: Mapping[str, str], head: list[Json], rest: AsyncGenerator[Any]) -> None:
        self.headers = headers
        self._head = head
        self._rest = rest

    async def __aiter__(self) -> AsyncIterator[Json]:
        for event in self._head:
            yield event
        async for event in self._rest:
            yield event

    async def aclose(self) -> None:
        """Drop the connection at once."""
        await self._rest.aclose()


class Client:
    """One host, one key. Construction does no I/O; connections are opened when needed and shared.

    Safe in threads, in any event loop, in several one after another, and after a fork.
    """

    def __init__(self, settings: Settings) -> None:
        connector = Connector(settings)
        self._settings = settings
        self._sync = SyncConnections(connector.sync, settings.concurrency)
        self._async = AsyncConnections(connector.asynchronous, settings.concurrency)
        weakref.finalize(self, close_all, self._sync.pool)

    def __repr__(self) -> str:
        return f"Client({self._settings.base_url!r})"

    def __reduce__(self) -> tuple[type["Client"], tuple[Settings]]:
        # Copies open their own connections.
        return Client, (self._settings,)

    @property
    def settings(self) -> Settings:
        """What the client was made with."""
        return self._settings

    def post(self, path: str, body: Json) -> Reply:
        """Send `body` to `path` and give the parsed reply; errors are `ApiError`."""
        content = encode(body)
        return retrying(self._settings.retry, lambda: self._post(path, content))

    async def apost(self, path: str, body: Json) -> Reply:
        """`post` for coroutines."""
        content = encode(body)
        return await aretrying(self._settings.retry, lambda: self._apost(path, content))

    def stream(self, path: str, body: Json, *, begun: Callable[[Json], bool]) -> Stream:
        """Open a stream; tried again until an event for which `begun` holds has come, never after."""
        content = encode(body)
        return retrying(self._settings.retry, lambda: self._open(path, content, begun))

    async def astream(self, path: str, body: Json, *, begun: Callable[[Json], bool]) -> AsyncStream:
        """`stream` for coroutines."""
        content = encode(body)
        return await aretrying(self._settings.retry, lambda: self._aopen(path, content, begun))

    def _post(self, path: str, content: bytes) -> Reply:
        try:
            with self._sync.lease() as http:
                response = http.post(self._url(path), content=content)
            return reply(response.status_code, response.headers, response.content, self._secret)
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        raise failure

    async def _apost(self, path: str, content: bytes) -> Reply:
        try:
            async with self._async.lease() as http:
                response = await http.post(self._url(path), content=content)
            return reply(response.status_code, response.headers, response.content, self._secret)
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        raise failure

    def _open(self, path: str, content: bytes, begun: Callable[[Json], bool]) -> Stream:
        events = self._events(path, content)
        headers = next(events)
        head = []
        for event in events:
            head.append(event)
            if begun(event):
                return Stream(headers, head, events)
        raise empty_stream(headers)

    async def _aopen(self, path: str, content: bytes, begun: Callable[[Json], bool]) -> AsyncStream:
        events = self._aevents(path, content)
        headers = await anext(events)
        head = []
        async for event in events:
            head.append(event)
            if begun(event):
                return AsyncStream(headers, head, events)
        raise empty_stream(headers)

    def _events(self, path: str, content: bytes) -> Generator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._secret)
        try:
            with self._sync.lease() as http, http.stream("POST", self._url(path), content=content) as response:
                if not reader.is_stream(response.status_code, response.headers):
                    response.read()
                    yield response.headers
                    yield reply(response.status_code, response.headers, response.content, self._secret).data
                    return
                yield response.headers
                for chunk in response.iter_bytes():
                    yield from reader.feed(chunk)
                    if reader.done:
                        return
            failure: ApiError = reader.cut()
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        raise failure

    async def _aevents(self, path: str, content: bytes) -> AsyncGenerator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._secret)
        try:
            async with self._async.lease() as http, http.stream("POST", self._url(path), content=content) as response:
                if not reader.is_stream(response.status_code, response.headers):
                    await response.aread()
                    yield response.headers
                    yield reply(response.status_code, response.headers, response.content, self._secret).data
                    return
                yield response.headers
                async for chunk in response.aiter_bytes():
                    for event in reader.feed(chunk):
                        yield event
                    if reader.done:
                        return
            failure: ApiError = reader.cut()
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        raise failure

    @property
    def _secret(self) -> SecretStr | None:
        return self._settings.key

    def _url(self, path: str) -> str:
        return f"{self._settings.base_url.rstrip('/')}/{path}"


class Connector:
    """Makes httpx clients for some settings. Not part of `Client`, so that its pools don't keep it alive."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sync(self) -> httpx.Client:
        """A new client for threads."""
        return httpx.Client(transport=self._settings.transport, **self._options())

    def asynchronous(self) -> httpx.AsyncClient:
        """A new client for the running event loop."""
        return httpx.AsyncClient(transport=self._settings.transport, **self._options())

    def _options(self) -> Json:
        timeouts = self._settings.timeouts
        return {
            "headers": self._headers(),
            "timeout": httpx.Timeout(timeouts.read, connect=timeouts.connect, write=timeouts.write, pool=timeouts.pool),
            "limits": httpx.Limits(max_connections=None, max_keepalive_connections=None),
            "verify": self._tls if self._settings.transport is None else True,
        }

    def _headers(self) -> dict[str, str]:
        problem = key_problem(self._settings.key)
        if problem is not None:
            raise problem
        return {
            "User-Agent": f"mistral-rag/{version('mistral-rag')}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {plain(self._settings.key)}",
            **self._settings.headers,
        }

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        # Loading the certificates takes 20 ms: once for all clients, and never for plain HTTP.
        return httpx.create_ssl_context() if self._settings.base_url.startswith("https") else False


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


def plain(secret: SecretStr | None) -> str:
    """The key itself; "" when there is none."""
    return secret.get_secret_value().strip() if secret else ""


def key_problem(secret: SecretStr | None) -> MistralRagError | None:
    """What is wrong with a key, returned and not raised: a traceback would hold the key."""
    key = plain(secret)
    if not key:
        return AuthenticationError(NO_KEY)
    if not (key.isascii() and key.isprintable()):
        return ConfigurationError("The Mistral API key holds characters that no key has. Copy it again.")
    return None


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


def unanswered(problem: httpx.HTTPError, base_url: str) -> ApiError:
    """The typed error for a call that got no answer. It does not hold the request, which holds the key."""
    reason = str(problem) or type(problem).__name__
    if isinstance(problem, httpx.TimeoutException):
        return ApiTimeoutError(
            f"{base_url} did not answer in time ({type(problem).__name__}). Raise `timeout`, or try later."
        )
    return ApiConnectionError(f"No answer from {base_url}: {reason}. Check the network and base_url.")
