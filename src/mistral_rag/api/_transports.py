"""What carries a request to the host and its reply back: httpx's transports, without the client around them.

An `httpx.Client` costs as much CPU time as everything below it, for redirections, cookies and logins that are not
wanted here. Where the environment names a proxy it is used all the same: it knows which hosts to reach by which.
"""

import asyncio
import socket
import ssl
import threading
import urllib.request
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from typing import Any, cast

import httpx

from mistral_rag.api._settings import Settings, Timeouts, credentials_problem
from mistral_rag.errors import ConfigurationError

JSON = "application/json"
LINGER = 0.25
"""Seconds to wait for the end of a stream whose end mark has come."""
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Connector:
    """Makes transports and requests for some settings. Not part of `Client`, so that its pools don't keep it alive."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses: dict[str, httpx.URL] = {}

    def sync(self) -> httpx.BaseTransport:
        """A new transport for threads."""
        if self._settings.http_client is not None:
            return ByClient(self._settings.http_client, ours=False)
        if self._settings.transport is not None:
            return Lent(self._settings.transport)
        if self._proxied:
            return ByClient(httpx.Client(verify=self._tls, limits=LIMITS))
        return httpx.HTTPTransport(verify=self._tls, limits=LIMITS)

    def asynchronous(self) -> httpx.AsyncBaseTransport:
        """A new transport for the running event loop."""
        if self._settings.http_async_client is not None:
            return AsyncByClient(self._settings.http_async_client, ours=False)
        if self._settings.transport is not None:
            return AsyncLent(self._settings.transport)
        if self._proxied:
            return AsyncByClient(httpx.AsyncClient(verify=self._tls, limits=LIMITS))
        return httpx.AsyncHTTPTransport(verify=self._tls, limits=LIMITS)

    def request(
        self, path: str, body: bytes, timeouts: Timeouts | None, *, method: str = "POST", kind: str = JSON
    ) -> httpx.Request:
        """The request that sends `body` to `path`; the client's own timeouts hold where none are given."""
        address = self._addresses.get(path) or self._address(path)
        if method == "POST":  # else ids of files stand in it
            self._addresses[path] = address
        request = httpx.Request(
            method,
            address,
            headers=self._headers(address.netloc, len(body), kind),
            stream=httpx.ByteStream(body),
            extensions={"timeout": self._patience if timeouts is None else patience(timeouts)},
        )
        request.read()  # whoever looks at requests in a transport of their own finds the content
        return request

    def _address(self, path: str) -> httpx.URL:
        base, mark, query = self._settings.base_url.partition("?")
        try:
            address = httpx.URL(f"{base.rstrip('/')}/{path}{mark}{query}")
            address.host.encode("idna")  # what connecting does, where it would be no error of httpx
        except (httpx.InvalidURL, UnicodeError) as problem:
            raise ConfigurationError(f"base_url is no address: {problem}.") from problem
        return address

    def _headers(self, host: bytes, length: int, kind: str) -> list[tuple[bytes, bytes]]:
        own = [(b"Host", host), (b"Content-Length", b"%d" % length)]
        if kind == JSON:
            return [*own, *self._fixed]
        fixed = [header for header in self._fixed if header[0].lower() != b"content-type"]
        return [*own, *fixed, (b"Content-Type", kind.encode())]

    @cached_property
    def _fixed(self) -> list[tuple[bytes, bytes]]:
        """The headers of every request; the caller's own take the place of ours, in whatever case they are written."""
        problem = credentials_problem(self._settings)
        if problem is not None:
            raise problem
        headers = httpx.Headers(
            {
                "User-Agent": f"mistral-rag/{version('mistral-rag')}",
                "Accept": "application/json, text/event-stream",
                "Accept-Encoding": "gzip, deflate",
                "Content-Type": JSON,
                "Authorization": self._settings.authorization,
            }
        )
        headers.update(dict(self._settings.headers))
        return headers.raw

    @cached_property
    def _patience(self) -> dict[str, float | None]:
        return patience(self._settings.timeouts)

    @cached_property
    def _proxied(self) -> bool:
        return bool({"http", "https", "all"} & urllib.request.getproxies().keys())

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        # Loading the certificates takes 20 ms: once for all transports, and never for plain HTTP.
        return httpx.create_ssl_context() if self._settings.base_url.startswith("https") else False


class Lent(httpx.BaseTransport):
    """A transport of the caller's, which is not ours to close."""

    def __init__(self, transport: Any) -> None:
        if not isinstance(transport, httpx.BaseTransport):
            raise ConfigurationError("transport can't be used by sync calls: it is no httpx.BaseTransport.")
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on."""
        return self._transport.handle_request(request)


class AsyncLent(httpx.AsyncBaseTransport):
    """`Lent` for coroutines."""

    def __init__(self, transport: Any) -> None:
        if not isinstance(transport, httpx.AsyncBaseTransport):
            raise ConfigurationError("transport can't be used by async calls: it is no httpx.AsyncBaseTransport.")
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on."""
        return await self._transport.handle_async_request(request)


class ByClient(httpx.BaseTransport):
    """A client of httpx: the caller's, or one of ours, which goes by way of the environment's proxies."""

    def __init__(self, client: httpx.Client, *, ours: bool = True) -> None:
        self._client = client
        self._ours = ours

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on."""
        return self._client.send(request, stream=True)

    def close(self) -> None:
        """Close its connections, unless it is the caller's."""
        if self._ours:
            self._client.close()


class AsyncByClient(httpx.AsyncBaseTransport):
    """`ByClient` for coroutines."""

    def __init__(self, client: httpx.AsyncClient, *, ours: bool = True) -> None:
        self._client = client
        self._ours = ours

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on."""
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        """Close its connections, unless it is the caller's."""
        if self._ours:
            await self._client.aclose()


def own_headers(*clients: Any) -> dict[str, str]:
    """The headers that clients of the caller's send beside httpx's own."""
    usual = {"accept", "accept-encoding", "connection", "user-agent"}
    return {name: value for client in clients for name, value in client.headers.items() if name not in usual}


def patience(timeouts: Timeouts) -> dict[str, float | None]:
    """The timeouts in the form of httpx's transports."""
    return {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.write, "pool": timeouts.pool}


def plain_headers(response: httpx.Response) -> dict[str, str]:
    """The headers with names in lower case; httpx decodes its own at every look."""
    return {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}


def pieces(response: httpx.Response, headers: Mapping[str, str]) -> Iterable[bytes]:
    """The body as it comes; httpx's own reading is only needed for what is compressed."""
    return response.iter_bytes() if "content-encoding" in headers else cast("httpx.SyncByteStream", response.stream)


def drain(response: httpx.Response, chunks: Iterator[bytes]) -> None:
    """Read what is left behind the end mark of a stream, so that its connection can be used again.

    Mostly that is there already. A host that keeps the line open all the same is not waited for.
    """
    line = response.extensions.get("network_stream")
    if line is None:
        return
    watchdog = threading.Timer(LINGER, _hang_up, (line.get_extra_info("socket"),))
    watchdog.daemon = True
    watchdog.start()
    with suppress(httpx.HTTPError):
        for _ in chunks:
            pass
    watchdog.cancel()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


async def adrain(chunks: AsyncIterator[bytes]) -> None:
    """`drain` for coroutines."""
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(LINGER):
            async for _ in chunks:
                pass


def apieces(response: httpx.Response, headers: Mapping[str, str]) -> AsyncIterable[bytes]:
    """`pieces` for coroutines."""
    return response.aiter_bytes() if "content-encoding" in headers else cast("httpx.AsyncByteStream", response.stream)
