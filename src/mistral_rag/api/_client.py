"""HTTP client of the platform: JSON requests, JSON responses and event streams, sync and async.

A host may say the key back. Headers are redacted as they come in, bodies as they are parsed; no frame that an error
passes holds bytes as they came, for error collectors store local variables.
"""

import asyncio
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import replace
from io import BytesIO
from typing import Any, NoReturn, Self

import httpx

from mistral_rag.api._deferral import DEFERRAL
from mistral_rag.api._errors import ApiConnectionError, ApiError, ApiTimeoutError
from mistral_rag.api._keys import Redactor, redact_logs
from mistral_rag.api._ledger import ObservedCall
from mistral_rag.api._pacing import PaceTurn, pace_of
from mistral_rag.api._pools import AsyncConnections, SyncConnections, close_all
from mistral_rag.api._responses import ApiResponse, EventReader, Json, accepted, empty_stream, encode, parse_response
from mistral_rag.api._retry import REFUSED, RetryPolicy, aretrying, retrying
from mistral_rag.api._settings import Settings, Timeouts
from mistral_rag.api._transports import JSON, Connector, abody_chunks, adrain, body_chunks, drain, received_headers
from mistral_rag.api._uploads import UploadForm
from mistral_rag.errors import ConfigurationError

IsLast = Callable[[Json], bool] | None


class Stream:
    """Parsed events of an open stream; the first ones have been received already. Close it when done."""

    def __init__(self, headers: Mapping[str, str], head: list[Json], rest: Generator[Any]) -> None:
        self.headers = headers
        self._head = head
        self._rest = rest

    def __iter__(self) -> Iterator[Json]:
        yield from self._head
        yield from self._rest

    def observed(self, call: ObservedCall) -> Self:
        """The same stream, of whose end the ledgers are told."""
        self._rest = call.streamed(self._head, self._rest, self.headers)
        return self

    def close(self) -> None:
        """Close the connection at once."""
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

    def observed(self, call: ObservedCall) -> Self:
        """The same stream, of whose end the ledgers are told."""
        self._rest = call.astreamed(self._head, self._rest, self.headers)
        return self

    async def aclose(self) -> None:
        """Close the connection at once."""
        await self._rest.aclose()


class Client:
    """Client of one host with one key. Construction does no I/O; connections are opened on demand and reused.

    Safe in threads, in any event loop, in several loops in turn, and after a fork.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connector = Connector(settings)
        self._sync = SyncConnections(self._connector.sync, settings.concurrency)
        self._async = AsyncConnections(self._connector.asynchronous, settings.concurrency)
        self._redactor = settings.redactor
        self.contexts: dict[str, int] = {}
        """Contexts in tokens that the host has told in its errors, by the name of the model."""
        self._pace = pace_of(settings.base_url, settings.identity)
        redact_logs(self._redactor)
        weakref.finalize(self, close_all, self._sync.pool)

    def __repr__(self) -> str:
        return f"Client({self._settings.host!r})"

    def __copy__(self) -> "Client":
        # Copies open their own connections.
        return Client(self._settings)

    def __deepcopy__(self, memo: object) -> "Client":
        return Client(self._settings)

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("A client holds a key and open connections and is not pickled; pickle the model.")

    @property
    def settings(self) -> Settings:
        """The settings of the client."""
        return self._settings

    def post(self, path: str, body: Json, *, expects: str = "", timeouts: Timeouts | None = None) -> ApiResponse:
        """Send `body` to `path` as JSON, with retries; a reply without the list `expects`, or with an empty one, fails.

        Raises:
            ApiError: The platform refused, failed, or could not be reached.
        """
        if (deferral := DEFERRAL.get()) is not None:
            return accepted(deferral.reply(self, path, body), expects=expects)
        request = self._connector.request(path, encode(body), timeouts, model=body.get("model"))
        with self._observed(path, body) as call:
            response = retrying(self._settings.retry, lambda: self._post(request, expects))
            call.answered(response.data, response.headers)
        return response

    async def apost(self, path: str, body: Json, *, expects: str = "", timeouts: Timeouts | None = None) -> ApiResponse:
        """`post` for coroutines."""
        if (deferral := DEFERRAL.get()) is not None:
            return accepted(deferral.reply(self, path, body), expects=expects)
        request = self._connector.request(path, encode(body), timeouts, model=body.get("model"))
        with self._observed(path, body) as call:
            response = await aretrying(self._settings.retry, lambda: self._apost(request, expects))
            call.answered(response.data, response.headers)
        return response

    def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | UploadForm = b"",
        kind: str = JSON,
        expects: str = "",
        timeouts: Timeouts | None = None,
        once: bool = False,
        asked: str = "",
        pages: int = 0,
    ) -> ApiResponse:
        """`post` for any method and bytes of the media type `kind`; a list in reply is the `data` of an object.

        With `once` there is a retry only where the host says that it did not begin. `asked` is the model that the
        content names, and `pages` how many it holds, for the ledgers.
        """
        request = self.request(method, path, content, kind, timeouts)
        with self._observed(path, None, asked=asked, pages=pages) as call:
            response = retrying(self._retry(once=once), lambda: self._post(request, expects, listed=True))
            call.answered(response.data, response.headers)
        return response

    async def asend(
        self,
        method: str,
        path: str,
        *,
        content: bytes | UploadForm = b"",
        kind: str = JSON,
        expects: str = "",
        timeouts: Timeouts | None = None,
        once: bool = False,
        asked: str = "",
        pages: int = 0,
    ) -> ApiResponse:
        """`send` for coroutines."""
        request = self.request(method, path, content, kind, timeouts)
        with self._observed(path, None, asked=asked, pages=pages) as call:
            response = await aretrying(self._retry(once=once), lambda: self._apost(request, expects, listed=True))
            call.answered(response.data, response.headers)
        return response

    def request(
        self,
        method: str,
        path: str,
        content: bytes | UploadForm = b"",
        kind: str = JSON,
        timeouts: Timeouts | None = None,
    ) -> httpx.Request:
        """The request that `send` sends."""
        kind = content.kind if isinstance(content, UploadForm) else kind
        return self._connector.request(path, content, timeouts, method=method, kind=kind)

    def _retry(self, *, once: bool) -> RetryPolicy:
        return replace(self._settings.retry, statuses=REFUSED) if once else self._settings.retry

    def stream(
        self,
        path: str,
        body: Json | UploadForm,
        *,
        begun: Callable[[Json], bool],
        is_last: IsLast = None,
        timeouts: Timeouts | None = None,
        once: bool = False,
    ) -> Stream:
        """Open a stream; retried until the first event for which `begun` is true, never after it.

        `is_last` is true for the last event, where the stream has no end marker.
        """
        request = self._streamed(path, body, timeouts)
        with self._observed(path, body if isinstance(body, dict) else None) as call:
            stream = retrying(self._retry(once=once), lambda: self._open(request, begun, is_last))
            return stream.observed(call)

    async def astream(
        self,
        path: str,
        body: Json | UploadForm,
        *,
        begun: Callable[[Json], bool],
        is_last: IsLast = None,
        timeouts: Timeouts | None = None,
        once: bool = False,
    ) -> AsyncStream:
        """`stream` for coroutines."""
        request = self._streamed(path, body, timeouts)
        with self._observed(path, body if isinstance(body, dict) else None) as call:
            stream = await aretrying(self._retry(once=once), lambda: self._aopen(request, begun, is_last))
            return stream.observed(call)

    def _observed(self, path: str, body: Json | None, *, asked: str = "", pages: int = 0) -> ObservedCall:
        return ObservedCall(self._settings.host, self.contexts, path, body, asked=asked, pages=pages)

    def _streamed(self, path: str, body: Json | UploadForm, timeouts: Timeouts | None) -> httpx.Request:
        if isinstance(body, UploadForm):
            return self._connector.request(path, body, timeouts, kind=body.kind, streamed=True)
        return self._connector.request(path, encode(body), timeouts, model=body.get("model"), streamed=True)

    def _post(self, request: httpx.Request, expects: str, *, listed: bool = False) -> ApiResponse:
        received = self.receive(request)  # read to its end, or it raises: nothing to close
        response, headers = next(received)
        deletion = request.method == "DELETE"
        return _charged(
            request,
            parse_response(
                response.status_code, headers, b"".join(received), self._redactor, listed=listed, deletion=deletion
            ),
            expects,
        )

    async def _apost(self, request: httpx.Request, expects: str, *, listed: bool = False) -> ApiResponse:
        received = self.areceive(request)
        response, headers = await anext(received)
        read = BytesIO()
        async for chunk in received:
            read.write(chunk)
            chunk = b""
        deletion = request.method == "DELETE"
        return _charged(
            request,
            parse_response(
                response.status_code, headers, read.getvalue(), self._redactor, listed=listed, deletion=deletion
            ),
            expects,
        )

    def _open(self, request: httpx.Request, begun: Callable[[Json], bool], is_last: IsLast) -> Stream:
        events = self._events(request, is_last)
        headers = next(events)
        head = []
        for event in events:
            head.append(event)
            if begun(event):
                return Stream(headers, head, events)
        raise empty_stream(headers)

    async def _aopen(self, request: httpx.Request, begun: Callable[[Json], bool], is_last: IsLast) -> AsyncStream:
        events = self._aevents(request, is_last)
        headers = await anext(events)
        head = []
        async for event in events:
            head.append(event)
            if begun(event):
                return AsyncStream(headers, head, events)
        raise empty_stream(headers)

    def _events(self, request: httpx.Request, is_last: IsLast) -> Generator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._redactor, is_last)
        with closing(self.receive(request)) as received:
            response, headers = next(received)
            yield headers
            if not reader.is_stream(response.status_code, headers):
                yield accepted(parse_response(response.status_code, headers, b"".join(received), self._redactor)).data
                return
            for chunk in received:
                yield from reader.feed(chunk)
                chunk = b""
                reader.check()
                if reader.done:
                    request.extensions["turn"].spend(reader.usage)
                    drain(response, received)
                    return
            if (body := reader.end()) is not None:
                yield body

    async def _aevents(self, request: httpx.Request, is_last: IsLast) -> AsyncGenerator[Any]:
        """The headers first, then every event."""
        reader = EventReader(self._redactor, is_last)
        async with aclosing(self.areceive(request)) as received:
            response, headers = await anext(received)
            yield headers
            if not reader.is_stream(response.status_code, headers):
                read = BytesIO()
                async for chunk in received:
                    read.write(chunk)
                    chunk = b""
                yield accepted(parse_response(response.status_code, headers, read.getvalue(), self._redactor)).data
                return
            async for chunk in received:
                for event in reader.feed(chunk):
                    yield event
                chunk = b""
                reader.check()
                if reader.done:
                    request.extensions["turn"].spend(reader.usage)
                    await adrain(received)
                    return
            if (body := reader.end()) is not None:
                yield body

    def _turn(self, request: httpx.Request) -> PaceTurn:
        """The turn of one attempt."""
        turn = request.extensions["turn"] = self._pace.turn(request.extensions["lane"])
        return turn

    def receive(self, request: httpx.Request) -> Generator[Any]:
        """The response and its headers first, then the chunks of its body; errors of httpx become `ApiError`."""
        turn = self._turn(request)
        try:
            with self._sync.lease(slot_wait(request)) as http:
                while wait := turn.delay():
                    time.sleep(wait)
                with closing(http.handle_request(request)) as response:
                    headers = received_headers(response, self._redactor)
                    turn.learn(response.status_code, headers)
                    yield response, headers
                    yield from body_chunks(response, headers)
                    return
        except httpx.HTTPError as cause:
            error = connection_error(cause, self._settings.host, self._redactor)
        finally:
            turn.end()
        # Raised outside of the handler: as its context the error of httpx would bring along the request, with the key.
        try:
            raise error
        finally:
            del error  # else error and frame hold each other, and the frame this client

    async def areceive(self, request: httpx.Request) -> AsyncGenerator[Any]:
        """`receive` for coroutines."""
        turn = self._turn(request)
        try:
            async with self._async.lease(slot_wait(request)) as http:
                wait = turn.delay()
                while wait:
                    await asyncio.sleep(wait)
                    wait = turn.delay()
                async with aclosing(await http.handle_async_request(request)) as response:
                    headers = received_headers(response, self._redactor)
                    turn.learn(response.status_code, headers)
                    yield response, headers
                    async for chunk in abody_chunks(response, headers):
                        yield chunk
                        chunk = b""
                    return
        except httpx.HTTPError as cause:
            error = connection_error(cause, self._settings.host, self._redactor)
        finally:
            turn.end()
        try:
            raise error
        finally:
            del error


def _charged(request: httpx.Request, parsed: ApiResponse | ApiError, expects: str) -> ApiResponse:
    """The response where it is accepted; its usage is counted for the calls that follow."""
    if isinstance(parsed, ApiResponse):
        request.extensions["turn"].spend(parsed.data.get("usage"))
    try:
        return accepted(parsed, expects=expects)
    finally:
        del parsed  # else an error and this frame hold each other


def slot_wait(request: httpx.Request) -> float | None:
    """Seconds that a call may wait for a slot; None for no limit.

    The "pool" timeout of httpx: each call uses a connection alone, so the limit of calls is that of connections.
    """
    wait: float | None = request.extensions["timeout"]["pool"]
    return wait


def connection_error(cause: httpx.HTTPError, base_url: str, redactor: Redactor) -> ApiError:
    """The typed error for an error of httpx, without its request, which contains the key."""
    reason = redactor.text(str(cause)) or type(cause).__name__
    if isinstance(cause, httpx.TimeoutException):
        return ApiTimeoutError(
            f"{base_url} did not answer in time ({type(cause).__name__}). Raise `timeout`, or try later."
        )
    return ApiConnectionError(f"No answer from {base_url}: {reason}. Check the network and base_url.")
