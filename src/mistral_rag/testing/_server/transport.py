"""The fake platform as an httpx transport: no socket, no thread, sync and async."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

import anyio
import httpx

from mistral_rag.testing._server.exchange import Break, Pause, Piece, Request, Response


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Transport of responses within the process, with the delays, timeouts and errors of a network."""

    def __init__(self, respond: Callable[[Request], Response]) -> None:
        self._respond = respond

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Respond to a sync client."""
        response = self._respond(_request(request, request.read()))
        time.sleep(_wait(request, response.delay))
        return _response(request, response)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Respond to an async client."""
        response = self._respond(_request(request, await request.aread()))
        await anyio.sleep(_wait(request, response.delay))
        return _response(request, response)


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, pieces: Iterable[Piece], request: httpx.Request) -> None:
        self._pieces = iter(pieces)
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Pause):
                time.sleep(_wait(self._request, piece.seconds))
            elif data := _data(piece, self._request):
                yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Pause):
                await anyio.sleep(_wait(self._request, piece.seconds))
            elif data := _data(piece, self._request):
                yield data


def _data(piece: bytes | Break, request: httpx.Request) -> bytes:
    if isinstance(piece, bytes):
        return piece
    if piece.how == "reset":
        raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    message = "peer closed connection without sending complete message body (incomplete chunked read)"
    raise httpx.RemoteProtocolError(message, request=request)


def _wait(request: httpx.Request, seconds: float) -> float:
    """The seconds to wait; a read timeout that would pass meanwhile is raised at once."""
    limit = request.extensions.get("timeout", {}).get("read")
    if limit is not None and seconds > limit:
        raise httpx.ReadTimeout("The read operation timed out", request=request)
    return seconds


def _request(request: httpx.Request, body: bytes) -> Request:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.url.path, dict(request.url.params), headers, body)


def _response(request: httpx.Request, response: Response) -> httpx.Response:
    if response.refused:
        raise httpx.ReadError("[Errno 104] Connection reset by peer", request=request)
    body = response.body
    pieces = [body] if isinstance(body, bytes) else body
    framing = {"content-length": str(len(body))} if isinstance(body, bytes) else {"transfer-encoding": "chunked"}
    headers = {**framing, **response.headers}
    return httpx.Response(response.status, headers=headers, stream=_Stream(pieces, request), request=request)
