"""Sends JSON to the platform and gives JSON or a stream of it back."""

import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing
from typing import Any

import httpx
from pydantic import SecretStr

from mistral_rag.api._errors import ApiConnectionError, ApiError, ApiTimeoutError
from mistral_rag.api._pools import AsyncConnections, SyncConnections, close_all
from mistral_rag.api._replies import EventReader, Json, Reply, empty_stream, encode, reply
from mistral_rag.api._retry import aretrying, retrying
from mistral_rag.api._settings import Settings, Timeouts
from mistral_rag.api._transports import JSON, Connector, adrain, apieces, drain, pieces, plain_headers


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
        self._settings = settings
        self._connector = Connector(settings)
        self._sync = SyncConnections(self._connector.sync, settings.concurrency)
        self._async = AsyncConnections(self._connector.asynchronous, settings.concurrency)
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
        sent = self._connector.request(path, encode(body), timeouts)
        return retrying(self._settings.retry, lambda: self._post(sent))

    async def apost(self, path: str, body: Json, *, timeouts: Timeouts | None = None) -> Reply:
        """`post` for coroutines."""
        sent = self._connector.request(path, encode(body), timeouts)
        return await aretrying(self._settings.retry, lambda: self._apost(sent))

    def send(
        self, method: str, path: str, *, content: bytes = b"", kind: str = JSON, timeouts: Timeouts | None = None
    ) -> Reply:
        """Send bytes of the media type `kind`, with any method; else as `post`."""
        sent = self._connector.request(path, content, timeouts, method=method, kind=kind)
        return retrying(self._settings.retry, lambda: self._post(sent))

    async def asend(
        self, method: str, path: str, *, content: bytes = b"", kind: str = JSON, timeouts: Timeouts | None = None
    ) -> Reply:
        """`send` for coroutines."""
        sent = self._connector.request(path, content, timeouts, method=method, kind=kind)
        return await aretrying(self._settings.retry, lambda: self._apost(sent))

    def stream(
        self, path: str, body: Json, *, begun: Callable[[Json], bool], timeouts: Timeouts | None = None
    ) -> Stream:
        """Open a stream; tried again until an event for which `begun` holds has come, never after."""
        sent = self._connector.request(path, encode(body), timeouts)
        return retrying(self._settings.retry, lambda: self._open(sent, begun))

    async def astream(
        self, path: str, body: Json, *, begun: Callable[[Json], bool], timeouts: Timeouts | None = None
    ) -> AsyncStream:
        """`stream` for coroutines."""
        sent = self._connector.request(path, encode(body), timeouts)
        return await aretrying(self._settings.retry, lambda: self._aopen(sent, begun))

    def _post(self, sent: httpx.Request) -> Reply:
        try:
            with self._sync.lease(slot_wait(sent)) as http, closing(http.handle_request(sent)) as response:
                headers = plain_headers(response)
                content = b"".join(pieces(response, headers))
            return reply(response.status_code, headers, content, self._secret)
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    async def _apost(self, sent: httpx.Request) -> Reply:
        try:
            async with (
                self._async.lease(slot_wait(sent)) as http,
                aclosing(await http.handle_async_request(sent)) as response,
            ):
                headers = plain_headers(response)
                content = b"".join([piece async for piece in apieces(response, headers)])
            return reply(response.status_code, headers, content, self._secret)
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    def _open(self, sent: httpx.Request, begun: Callable[[Json], bool]) -> Stream:
        events = self._events(sent)
        headers = next(events)
        head = []
        for event in events:
            head.append(event)
            if begun(event):
                return Stream(headers, head, events)
        raise empty_stream(headers)

    async def _aopen(self, sent: httpx.Request, begun: Callable[[Json], bool]) -> AsyncStream:
        events = self._aevents(sent)
        headers = await anext(events)
        head = []
        async for event in events:
            head.append(event)
            if begun(event):
                return AsyncStream(headers, head, events)
        raise empty_stream(headers)

    def _events(self, sent: httpx.Request) -> Generator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._secret)
        try:
            with self._sync.lease(slot_wait(sent)) as http, closing(http.handle_request(sent)) as response:
                headers = plain_headers(response)
                if not reader.is_stream(response.status_code, headers):
                    yield headers
                    yield reply(response.status_code, headers, b"".join(pieces(response, headers)), self._secret).data
                    return
                yield headers
                chunks = iter(pieces(response, headers))
                for chunk in chunks:
                    yield from reader.feed(chunk)
                    if reader.done:
                        drain(response, chunks)
                        return
            reader.end()
            return
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    async def _aevents(self, sent: httpx.Request) -> AsyncGenerator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._secret)
        try:
            async with (
                self._async.lease(slot_wait(sent)) as http,
                aclosing(await http.handle_async_request(sent)) as response,
            ):
                headers = plain_headers(response)
                if not reader.is_stream(response.status_code, headers):
                    yield headers
                    yield reply(response.status_code, headers, await response.aread(), self._secret).data
                    return
                yield headers
                chunks = aiter(apieces(response, headers))
                async for chunk in chunks:
                    for event in reader.feed(chunk):
                        yield event
                    if reader.done:
                        await adrain(chunks)
                        return
            reader.end()
            return
        except httpx.HTTPError as problem:
            failure = unanswered(problem, self._settings.base_url)
        try:
            raise failure
        finally:
            del failure  # else error and frame hold each other, and the frame this client

    @property
    def _secret(self) -> SecretStr | None:
        return self._settings.credentials


def slot_wait(sent: httpx.Request) -> float | None:
    """The seconds that a call may wait for others to end: every call has a connection of its own while it lasts."""
    wait: float | None = sent.extensions["timeout"]["pool"]
    return wait


def unanswered(problem: httpx.HTTPError, base_url: str) -> ApiError:
    """The typed error for a call that got no answer. It does not hold the request, which holds the key."""
    reason = str(problem) or type(problem).__name__
    if isinstance(problem, httpx.TimeoutException):
        return ApiTimeoutError(
            f"{base_url} did not answer in time ({type(problem).__name__}). Raise `timeout`, or try later."
        )
    return ApiConnectionError(f"No answer from {base_url}: {reason}. Check the network and base_url.")
