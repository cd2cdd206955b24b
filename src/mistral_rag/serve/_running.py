"""The server as a process: uvicorn on a socket, until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from mistral_rag.errors import ConfigurationError
from mistral_rag.serve._app import create_app
from mistral_rag.serve._settings import ServeSettings

FINISH_SECONDS: Final = 5.0
"""Time that streams are given to finish when the server stops; then they say that it stops."""
SHUTDOWN_SECONDS: Final = 10
"""Time after which what is still at work is broken off; systemd waits 90 s."""
KEEP_ALIVE_SECONDS: Final = 30
HEAD_SECONDS: Final = 15.0
"""Time for the head of a request: some kilobytes, that a phone sends in a second."""
BACKLOG: Final = 512
SEND_SECONDS: Final = 60.0
"""Time in which a client has to read something of what waits for it; phones in tunnels come back sooner."""
MAX_CONNECTIONS: Final = 1000
"""Connections and requests at once; more are answered with 503."""


class TimedProtocol(H11Protocol):
    """Ends connections that send no head of a request, or do not read what is sent; uvicorn waits for them for ever."""

    _head_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, transport.close)

    def data_received(self, data: bytes) -> None:
        """Take a piece; the clock stops when the head is whole, and starts with the first piece of the next one."""
        super().data_received(data)
        waits = self.cycle is None or self.cycle.response_complete
        if self._head_timer is not None and not waits:
            self._stop_clock()
        elif self._head_timer is None and waits:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        self._stop_sending_clock()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read; one that does not is cut off: what waits for it can't be sent."""
        super().pause_writing()
        self._send_timer = self.loop.call_later(SEND_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the clock: the client has read."""
        self._stop_sending_clock()
        super().resume_writing()

    def _stop_clock(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_sending_clock(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None


class StoppableServer(uvicorn.Server):
    """Lets streams finish when it is stopped, and then tells them that it stops."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        state = getattr(self.config.loaded_app, "state", None) or self.config.app.state  # type: ignore[union-attr]
        asyncio.get_running_loop().call_later(FINISH_SECONDS, state.server.gate.stopping.set)
        await super().shutdown(sockets)


def run(settings: ServeSettings, *, started: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: what is served.
        started: called with the server's URL once its socket is open.

    Raises:
        ConfigurationError: the address can't be listened on.
    """
    with listening(settings) as listener:
        if started is not None:
            started(url_of(settings.host, listener.getsockname()[1]))
        make_server(settings).run(sockets=[listener])


def make_server(settings: ServeSettings) -> StoppableServer:
    """The server with its limits; its `run` takes the sockets it listens on."""
    return StoppableServer(
        uvicorn.Config(
            create_app(settings),
            http=TimedProtocol,
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            lifespan="on",
        )
    )


def listening(settings: ServeSettings) -> socket.socket:
    """A socket that listens where the settings say. Raises ConfigurationError where none can."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host.strip("[]"), settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"{settings.host}:{settings.port} can't be listened on: {error.strerror or error}; choose another --port"
        ) from None
    return listener


def url_of(host: str, port: int) -> str:
    """The address of a server in a browser."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}/"
