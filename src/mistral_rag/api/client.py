"""Sends JSON to the platform and gives JSON or a stream of it back; the only module that imports httpx."""

import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from typing import Any

import httpx
from pydantic import SecretStr

from mistral_rag.api.errors import ApiConnectionError, ApiError, ApiTimeoutError
from mistral_rag.api.pools import AsyncConnections, SyncConnections, close_all
from mistral_rag.api.replies import EventReader, Json, Reply, empty_stream, encode, reply
from mistral_rag.api.retry import aretrying, retrying
from mistral_rag.api.settings import Settings, Timeouts, key_problem


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

    def post(self, path: str, body: Json, *, timeouts: Timeouts | None = None) -> Reply:
        """Send `body` to `path` and give the parsed reply; errors are `ApiError`."""
        sent = self._sent(path, body, timeouts)
        return retrying(self._settings.retry, lambda: self._post(sent))

    async def apost(self, path: str, body: Json, *, timeouts: Timeouts | None = None) -> Reply:
        """`post` for coroutines."""
        sent = self._sent(path, body, timeouts)
        return await aretrying(self._settings.retry, lambda: self._apost(sent))

    def stream(
        self, path: str, body: Json, *, begun: Callable[[Json], bool], timeouts: Timeouts | None = None
    ) -> Stream:
        """Open a stream; tried again until an event for which `begun` holds has come, never after."""
        sent = self._sent(path, body, timeouts)
        return retrying(self._settings.retry, lambda: self._open(sent, begun))

    async def astream(
        self, path: str, body: Json, *, begun: Callable[[Json], bool], timeouts: Timeouts | None = None
    ) -> AsyncStream:
        """`stream` for coroutines."""
        sent = self._sent(path, body, timeouts)
        return await aretrying(self._settings.retry, lambda: self._aopen(sent, begun))

    def _post(self, sent: Json) -> Reply:
        try:
            with self._sync.lease() as http:
                response = http.post(**sent)
            return reply(response.status_code, plain_headers(response), response.content, self._secret)
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    async def _apost(self, sent: Json) -> Reply:
        try:
            async with self._async.lease() as http:
                response = await http.post(**sent)
            return reply(response.status_code, plain_headers(response), response.content, self._secret)
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    def _open(self, sent: Json, begun: Callable[[Json], bool]) -> Stream:
        events = self._events(sent)
        headers = next(events)
        head = []
        for event in events:
            head.append(event)
            if begun(event):
                return Stream(headers, head, events)
        raise empty_stream(headers)

    async def _aopen(self, sent: Json, begun: Callable[[Json], bool]) -> AsyncStream:
        events = self._aevents(sent)
        headers = await anext(events)
        head = []
        async for event in events:
            head.append(event)
            if begun(event):
                return AsyncStream(headers, head, events)
        raise empty_stream(headers)

    def _events(self, sent: Json) -> Generator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._secret)
        try:
            with self._sync.lease() as http, http.stream("POST", **sent) as response:
                headers = plain_headers(response)
                if not reader.is_stream(response.status_code, headers):
                    response.read()
                    yield headers
                    yield reply(response.status_code, headers, response.content, self._secret).data
                    return
                yield headers
                for chunk in response.iter_bytes():
                    yield from reader.feed(chunk)
                    if reader.done:
                        return
            failure: ApiError = reader.cut()
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    async def _aevents(self, sent: Json) -> AsyncGenerator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._secret)
        try:
            async with self._async.lease() as http, http.stream("POST", **sent) as response:
                headers = plain_headers(response)
                if not reader.is_stream(response.status_code, headers):
                    await response.aread()
                    yield headers
                    yield reply(response.status_code, headers, response.content, self._secret).data
                    return
                yield headers
                async for chunk in response.aiter_bytes():
                    for event in reader.feed(chunk):
                        yield event
                    if reader.done:
                        return
            failure: ApiError = reader.cut()
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    @property
    def _secret(self) -> SecretStr | None:
        return self._settings.credentials

    def _sent(self, path: str, body: Json, timeouts: Timeouts | None) -> Json:
        """What httpx is asked to send; the client's own timeouts hold where none are given."""
        sent: Json = {"url": f"{self._settings.base_url.rstrip('/')}/{path}", "content": encode(body)}
        return sent if timeouts is None else {**sent, "timeout": patience(timeouts)}


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
        return {
            "headers": self._headers(),
            "timeout": patience(self._settings.timeouts),
            "limits": httpx.Limits(max_connections=None, max_keepalive_connections=None),
            "verify": self._tls if self._settings.transport is None else True,
        }

    def _headers(self) -> dict[str, str]:
        problem = None if self._settings.login else key_problem(self._settings.key)
        if problem is not None:
            raise problem
        return {
            "User-Agent": f"mistral-rag/{version('mistral-rag')}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
            "Authorization": self._settings.authorization,
            **self._settings.headers,
        }

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        # Loading the certificates takes 20 ms: once for all clients, and never for plain HTTP.
        return httpx.create_ssl_context() if self._settings.base_url.startswith("https") else False


def plain_headers(response: httpx.Response) -> dict[str, str]:
    """The headers with names in lower case; httpx decodes its own at every look."""
    return {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}


def patience(timeouts: Timeouts) -> httpx.Timeout:
    """The timeouts in httpx's form."""
    return httpx.Timeout(timeouts.read, connect=timeouts.connect, write=timeouts.write, pool=timeouts.pool)


def unanswered(problem: httpx.HTTPError, base_url: str) -> ApiError:
    """The typed error for a call that got no answer. It does not hold the request, which holds the key."""
    reason = str(problem) or type(problem).__name__
    if isinstance(problem, httpx.TimeoutException):
        return ApiTimeoutError(
            f"{base_url} did not answer in time ({type(problem).__name__}). Raise `timeout`, or try later."
        )
    return ApiConnectionError(f"No answer from {base_url}: {reason}. Check the network and base_url.")
