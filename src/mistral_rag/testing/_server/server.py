"""A small HTTP/1.1 server on loopback: keep-alive, chunked bodies in both directions, many connections, one thread.

One event loop in a daemon thread serves every connection, so that thousands of slow streams cost little. The responding
function runs in that thread and must not block; `Response.delay` makes the server wait.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote, urlsplit

from mistral_rag.testing._server.exchange import Break, Pause, Piece, Request, Response

MAX_HEAD = 64 * 1024
"""Bytes of the request line and headers; the default limit of asyncio's streams."""

NO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 seconds: closing sends a reset instead of an orderly end."""


class Server:
    """HTTP server of `respond` on 127.0.0.1, until stopped.

    `most_at_once` is the largest number of requests that were answered concurrently.
    """

    def __init__(self, respond: Callable[[Request], Response], *, port: int = 0, max_body: int = 2**30) -> None:
        self._respond = respond
        self._port = port
        self._max_body = max_body
        self._ready = threading.Event()
        self._error: OSError | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy = 0
        self.most_at_once = 0

    def start(self) -> None:
        """Listen; returns when connections are accepted.

        Raises:
            OSError: The port is taken.
        """
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="fake-mistral", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Close all connections and wait for the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    @property
    def url(self) -> str:
        """The URL without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def open_connections(self) -> int:
        """The number of open connections."""
        return len(self._tasks)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, limit=MAX_HEAD, backlog=1024)
            self._port = server.sockets[0].getsockname()[1]
        except OSError as error:
            self._error = error
            return
        finally:
            self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Not in the task: one that is cancelled before its first step runs no `finally`.
        task.add_done_callback(lambda _: writer.close())

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            while request := await _read_request(reader, writer, self._max_body):
                if not await self._answer(request, reader, writer) or request.headers.get("connection") == "close":
                    break

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        self._busy += 1
        self.most_at_once = max(self.most_at_once, self._busy)
        try:
            return await _send(self._respond(request), reader, writer)
        except ConnectionError:
            return False
        finally:
            self._busy -= 1


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int) -> Request | None:
    """The next request; None when the client has gone or sends invalid HTTP."""
    try:
        method, target, headers = _parse_head(await reader.readuntil(b"\r\n\r\n"))
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await _read_body(reader, headers, limit)
        url = urlsplit(target)
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        return None
    return Request(method, unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True)), headers, body)


def _parse_head(head: bytes) -> tuple[str, str, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str], limit: int) -> bytes:
    """The body; of one above the limit, enough bytes to recognise that."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader, limit)
    length = int(headers.get("content-length", 0))
    return await _read_long(reader, length, limit) if length else b""


async def _read_long(reader: asyncio.StreamReader, length: int, limit: int) -> bytes:
    if length <= limit:
        return await reader.readexactly(length)
    start = await reader.readexactly(limit + 1)
    left = length - len(start)
    # Clients send the whole body before they read the refusal.
    while left > 0 and (dropped := await reader.read(min(left, 1 << 20))):
        left -= len(dropped)
    return start


async def _read_chunks(reader: asyncio.StreamReader, limit: int) -> bytes:
    body = bytearray()
    while size := int((await reader.readline()).split(b";")[0], 16):
        chunk = await reader.readexactly(size + 2)
        if len(body) <= limit:
            body += chunk[:-2]
    while (await reader.readline()).strip():
        pass
    return bytes(body)


async def _send(response: Response, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send a response; False when the connection can't be reused."""
    if response.delay:
        await asyncio.sleep(response.delay)
    if response.refused:
        return _break(writer, Break("reset"))
    if isinstance(response.body, bytes):
        writer.write(_head(response, {"content-length": str(len(response.body))}) + response.body)
        await writer.drain()
        return True
    chunked = "content-length" not in response.headers
    writer.write(_head(response, {"transfer-encoding": "chunked"} if chunked else {}))
    for piece in response.body:
        if not await _send_piece(piece, writer, chunked=chunked) or reader.at_eof():
            return False
    if chunked:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


async def _send_piece(piece: Piece, writer: asyncio.StreamWriter, *, chunked: bool) -> bool:
    if isinstance(piece, Break):
        await writer.drain()
        return _break(writer, piece)
    if isinstance(piece, Pause):
        await writer.drain()
        await asyncio.sleep(piece.seconds)
    elif piece:
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        await writer.drain()
    return True


def _break(writer: asyncio.StreamWriter, piece: Break) -> bool:
    if piece.how == "reset":
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        writer.transport.abort()
    return False


def _head(response: Response, framing: Mapping[str, str]) -> bytes:
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}"]
    lines += [f"{name}: {value}" for name, value in {**response.headers, **framing}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
