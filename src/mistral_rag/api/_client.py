"""HTTP client of the platform: JSON requests, JSON responses and event streams, sync and async.

A host may say the key back. Headers are redacted as they come in, bodies as they are parsed; no frame that an error
passes holds bytes as they came, for error collectors store local variables.
"""

import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import replace
from io import BytesIO
from typing import Any, NoReturn

import httpx

from mistral_rag.api._deferral import DEFERRAL
from mistral_rag.api._errors import ApiError
from mistral_rag.api._http.exchange import Exchange
from mistral_rag.api._http.pools import close_all
from mistral_rag.api._http.streams import AsyncStream, Stream
from mistral_rag.api._http.transports import JSON, adrain, drain
from mistral_rag.api._http.uploads import UploadForm
from mistral_rag.api._keys import redact_logs
from mistral_rag.api._observed import ObservedCall
from mistral_rag.api._responses import ApiResponse, EventReader, Json, accepted, empty_stream, encode, parse_response
from mistral_rag.api._retry import REFUSED, RetryPolicy, aretrying, retrying
from mistral_rag.api._settings import Settings, Timeouts
from mistral_rag.errors import ConfigurationError

IsLast = Callable[[Json], bool] | None


class Client:
    """Client of one host with one key. Construction does no I/O; connections are opened on demand and reused.

    Safe in threads, in any event loop, in several loops in turn, and after a fork.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._exchange = Exchange(settings)
        self.receive = self._exchange.receive
        self.areceive = self._exchange.areceive
        self._connector = self._exchange.connector
        self._redactor = settings.redactor
        self.contexts: dict[str, int] = {}
        """Contexts in tokens that the host has told in its errors, by the name of the model."""
        redact_logs(self._redactor)
        weakref.finalize(self, close_all, self._exchange.pool)

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


def _charged(request: httpx.Request, parsed: ApiResponse | ApiError, expects: str) -> ApiResponse:
    """The response where it is accepted; its usage is counted for the calls that follow."""
    if isinstance(parsed, ApiResponse):
        request.extensions["turn"].spend(parsed.data.get("usage"))
    try:
        return accepted(parsed, expects=expects)
    finally:
        del parsed  # else an error and this frame hold each other
