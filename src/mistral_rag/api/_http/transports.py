"""HTTP transports: requests are sent through httpx's transports, without an `httpx.Client`.

A client costs as much CPU time as everything below it, for redirections, cookies and logins that are not wanted here.
Where the environment names proxies a client is used all the same, because it maps hosts to proxies.
"""

import asyncio
import socket
import ssl
import threading
import urllib.request
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import Any, TypeVar, cast

import httpx

from mistral_rag._cached import cached_property
from mistral_rag.api._errors import ApiError
from mistral_rag.api._http.addresses import ENDPOINTS
from mistral_rag.api._http.addresses import address as address_of
from mistral_rag.api._http.uploads import UploadForm
from mistral_rag.api._keys import Key, Redactor
from mistral_rag.api._settings import Settings, Timeouts, credentials_error, plain
from mistral_rag.errors import ConfigurationError

T = TypeVar("T")

JSON = "application/json"
LINGER = 0.25
"""Seconds to wait for the end of a stream after its end marker.

The end is mostly received with the marker; a host that keeps the connection open costs a new connection, no more."""
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None)


class Connector:
    """Factory of transports and requests. Not part of `Client`: the pools hold it and would keep the client alive."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses: dict[tuple[str, bool], httpx.URL] = {}

    def sync(self) -> httpx.BaseTransport:
        """Create a sync transport.

        Raises:
            ConfigurationError: The caller's transport is async only.
        """
        if self._settings.http_client is not None:
            return ClientTransport(self._settings.http_client, owned=False)
        if self._settings.transport is not None:
            return BorrowedTransport(self._settings.transport)
        if self._proxied:
            return ClientTransport(_with_proxies(lambda: httpx.Client(verify=self._tls, limits=LIMITS)))
        return httpx.HTTPTransport(verify=self._tls, limits=LIMITS)

    def asynchronous(self) -> httpx.AsyncBaseTransport:
        """Create an async transport.

        Raises:
            ConfigurationError: The caller's transport is sync only.
        """
        if self._settings.http_async_client is not None:
            return AsyncClientTransport(self._settings.http_async_client, owned=False)
        if self._settings.transport is not None:
            return AsyncBorrowedTransport(self._settings.transport)
        if self._proxied:
            return AsyncClientTransport(_with_proxies(lambda: httpx.AsyncClient(verify=self._tls, limits=LIMITS)))
        return httpx.AsyncHTTPTransport(verify=self._tls, limits=LIMITS)

    def request(
        self,
        path: str,
        body: bytes | UploadForm,
        timeouts: Timeouts | None,
        *,
        method: str = "POST",
        kind: str = JSON,
        model: object = None,
        streamed: bool = False,
    ) -> httpx.Request:
        """The request that sends `body`, of the media type `kind`, to `path`.

        `timeouts` None takes those of the settings; `streamed` is True where a stream is asked for; `model` is the one
        that is asked, for limits that hosts set by model.

        Raises:
            ConfigurationError: The base URL is invalid, or a header can't be sent.
            AuthenticationError: There is no key.
        """
        address = self._addresses.get((path, streamed)) or self._address(path, streamed)
        if path in ENDPOINTS:  # other paths contain ids: the cache would grow without end
            self._addresses[path, streamed] = address
        request = httpx.Request(
            method,
            address,
            headers=self._headers(address.netloc, len(body), kind),
            stream=httpx.ByteStream(body) if isinstance(body, bytes) else body,
            extensions={
                "timeout": self._timeouts if timeouts is None else httpx_timeouts(timeouts),
                "lane": model if isinstance(model, str) else path.partition("/")[0],
            },
        )
        if isinstance(body, bytes):
            request.read()  # a transport of the caller's may look at `request.content`
        return request

    def _address(self, path: str, streamed: bool) -> httpx.URL:
        try:
            address = httpx.URL(address_of(self._settings.base_url, path, streamed=streamed))
            address.host.encode("idna")  # connecting does the same and raises a bare UnicodeError
        except (httpx.InvalidURL, UnicodeError) as problem:
            raise ConfigurationError(f"base_url is no address: {problem}.") from problem
        return address

    def _headers(self, host: bytes, length: int, kind: str) -> list[tuple[bytes, bytes]]:
        required = [(b"Host", host), (b"Content-Length", b"%d" % length)]
        if kind == JSON:
            return [*required, *self._fixed()]
        fixed = [header for header in self._fixed() if header[0].lower() != b"content-type"]
        return [*required, *fixed, (b"Content-Type", kind.encode())]

    def _fixed(self) -> list[tuple[bytes, bytes]]:
        """The headers of every request; a key by callable is asked for each time."""
        key = self._settings.key
        return self._made() if isinstance(key, Key) and key.rotates else self._kept

    @cached_property
    def _kept(self) -> list[tuple[bytes, bytes]]:
        return self._made()

    def _made(self) -> list[tuple[bytes, bytes]]:
        """Headers; those of the caller replace the defaults, in upper or lower case."""
        settings = self._settings
        if isinstance(settings.key, Key):
            settings = replace(settings, key=Key(settings.key.get_secret_value()))  # a function is asked once
        error = credentials_error(settings)
        if error is not None:
            raise error
        headers = httpx.Headers(
            {
                "User-Agent": f"mistral-rag/{version('mistral-rag')}",
                "Accept": "application/json, text/event-stream",
                "Accept-Encoding": "gzip, deflate",
                "Content-Type": JSON,
                **({"Authorization": settings.authorization} if plain(settings.credentials) else {}),
            }
        )
        headers.update(dict(settings.headers))
        return headers.raw

    @cached_property
    def _timeouts(self) -> dict[str, float | None]:
        return httpx_timeouts(self._settings.timeouts)

    @cached_property
    def _proxied(self) -> bool:
        return bool({"http", "https", "all"} & urllib.request.getproxies().keys())

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        # Loading the certificates takes 20 ms: once for all transports, and never for plain HTTP.
        return httpx.create_ssl_context() if self._settings.base_url.startswith("https") else False


class BorrowedTransport(httpx.BaseTransport):
    """The caller's transport, which is never closed."""

    def __init__(self, transport: Any) -> None:
        if not isinstance(transport, httpx.BaseTransport):
            raise ConfigurationError("transport can't be used by sync calls: it is no httpx.BaseTransport.")
        self._transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return self._transport.handle_request(request)


class AsyncBorrowedTransport(httpx.AsyncBaseTransport):
    """`BorrowedTransport` for coroutines."""

    def __init__(self, transport: Any) -> None:
        if not isinstance(transport, httpx.AsyncBaseTransport):
            raise ConfigurationError("transport can't be used by async calls: it is no httpx.AsyncBaseTransport.")
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return await self._transport.handle_async_request(request)


class ClientTransport(httpx.BaseTransport):
    """An httpx client as a transport: the caller's, or an owned one that uses the environment's proxies."""

    def __init__(self, client: httpx.Client, *, owned: bool = True) -> None:
        self._client = client
        self._owned = owned

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return self._client.send(request, stream=True)

    def close(self) -> None:
        """Close the connections of an owned client."""
        if self._owned:
            self._client.close()


class AsyncClientTransport(httpx.AsyncBaseTransport):
    """`ClientTransport` for coroutines."""

    def __init__(self, client: httpx.AsyncClient, *, owned: bool = True) -> None:
        self._client = client
        self._owned = owned

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        """Close the connections of an owned client."""
        if self._owned:
            await self._client.aclose()


def _with_proxies(make: Callable[[], T]) -> T:
    """The result of `make`. Raises ConfigurationError when the environment names a proxy that is no address."""
    with suppress(httpx.InvalidURL, ValueError):
        return make()
    # not in a handler: the error of httpx quotes what may be a password
    raise ConfigurationError(
        "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is no address. Write / @ and : in a user or password as %2F, %40 and %3A."
    )


def caller_headers(*clients: Any) -> dict[str, str]:
    """The headers of the caller's clients, without the defaults of httpx."""
    defaults = {"accept", "accept-encoding", "connection", "user-agent"}
    return {name: value for client in clients for name, value in client.headers.items() if name not in defaults}


def httpx_timeouts(timeouts: Timeouts) -> dict[str, float | None]:
    """The timeouts as the request extension of httpx's transports."""
    return {"connect": timeouts.connect, "read": timeouts.read, "write": timeouts.write, "pool": timeouts.pool}


def received_headers(response: httpx.Response, redactor: Redactor) -> dict[str, str]:
    """The response headers with names in lower case, decoded once; `httpx.Headers` decodes at every access.

    Secrets that the host says back are taken out, also of the response itself, whose repr shows its reason phrase.
    """
    headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers.raw}
    if redactor.is_in("\n".join((response.reason_phrase, *headers, *headers.values()))):
        headers = {redactor.text(name): redactor.text(value) for name, value in headers.items()}
        response.headers = httpx.Headers(headers)
        response.extensions = response.extensions | {"reason_phrase": b""}
    return headers


def body_chunks(response: httpx.Response, headers: Mapping[str, str]) -> Iterable[bytes]:
    """The chunks of the body as they arrive; only a compressed body needs httpx's decoding iterator."""
    return response.iter_bytes() if "content-encoding" in headers else cast("httpx.SyncByteStream", response.stream)


def drain(response: httpx.Response, chunks: Iterator[bytes]) -> None:
    """Read a stream to its end, for at most `LINGER` seconds after its end marker, to reuse its connection.

    A connection that the host keeps open is shut down instead.
    """
    network = response.extensions.get("network_stream")
    if network is None:
        return
    watchdog = threading.Timer(LINGER, _shut_down, (network.get_extra_info("socket"),))
    watchdog.daemon = True
    watchdog.start()
    with suppress(ApiError):
        for _ in chunks:
            pass
    watchdog.cancel()


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


async def adrain(chunks: AsyncIterator[bytes]) -> None:
    """`drain` for coroutines."""
    with suppress(ApiError, TimeoutError):
        async with asyncio.timeout(LINGER):
            async for _ in chunks:
                pass


def abody_chunks(response: httpx.Response, headers: Mapping[str, str]) -> AsyncIterable[bytes]:
    """`body_chunks` for coroutines."""
    return response.aiter_bytes() if "content-encoding" in headers else cast("httpx.AsyncByteStream", response.stream)
