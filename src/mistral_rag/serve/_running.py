"""The server as a process: uvicorn on a socket, until it is told to stop."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from mistral_rag.errors import ConfigurationError
from mistral_rag.serve._app import create_app
from mistral_rag.serve._settings import ServeSettings

SHUTDOWN_SECONDS: Final = 10
"""Time that requests at work are given when the server stops; systemd waits 90 s."""
KEEP_ALIVE_SECONDS: Final = 30
BACKLOG: Final = 512


def run(settings: ServeSettings, *, started: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: what is served.
        started: called with the server's URL once its socket is open.

    Raises:
        ConfigurationError: the address can't be listened on.
    """
    with _listening(settings) as listener:
        config = uvicorn.Config(
            create_app(settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            lifespan="on",
        )
        if started is not None:
            started(url_of(settings.host, listener.getsockname()[1]))
        uvicorn.Server(config).run(sockets=[listener])


def _listening(settings: ServeSettings) -> socket.socket:
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
