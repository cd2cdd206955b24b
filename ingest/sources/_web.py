"""Single files by http and https."""

import contextlib
import http.client
import mimetypes
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from ingest.parsing._types.registry import media_type_by
from ingest.sources._addresses import resolve
from ingest.sources._found import Found, Root, SourceFile, UnreadPath
from ingest.sources._spool import FetchError, Spool, fetched_file, known_file, stamp_of
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import SourceStatus

MAX_REDIRECTS: Final = 5
MAX_SECONDS: Final = 300.0
"""For one file with all its redirects."""
MAX_SILENCE: Final = 20.0
"""Seconds in which a server has to say something."""
BLOCK: Final = 1 << 16
_HEADERS: Final = {"User-Agent": "mistral-rag", "Accept": "*/*", "Accept-Encoding": "identity"}
_IN_TARGET: Final = "/?%:@!$&'()*+,;=~-._"
"""What stands in a path and a query as it is (RFC 3986); anything else is percent-encoded."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class WebPage:
    """The file at a URL.

    It is asked for at every build, and fetched when its ETag, date or length have changed.
    """

    url: str
    allow_private: bool = False

    @property
    def roots(self) -> tuple[Root, ...]:
        """None: a page that is not there any more may come back."""
        return ()

    def find(self, spool: Spool, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """The file, or why it could not be fetched."""
        try:
            yield self._fetched(spool, known.get(self.url))
        except FetchError as error:
            yield UnreadPath(self.url, self.url, f"can't be fetched: {error}")
        except (OSError, http.client.HTTPException) as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
            yield UnreadPath(self.url, self.url, f"can't be fetched: {reason}")

    def _fetched(self, spool: Spool, state: SourceStatus | None) -> SourceFile:
        end = time.monotonic() + MAX_SECONDS
        with contextlib.closing(_WebConnection()) as connection:
            reply = connection.follow(self.url, end, allow_private=self.allow_private)
            signs = [reply.getheader(name) for name in ("ETag", "Last-Modified")]
            stamp = stamp_of(*signs, reply.getheader("Content-Length")) if any(signs) else stamp_of()
            if state is not None and state.mtime_ns == stamp:
                return known_file(state)
            name = _name(self.url, reply.getheader("Content-Type") or "")
            path = spool.keep(name, _blocks(reply, end))
            modified = _date(reply.getheader("Last-Modified"))
        return fetched_file(path, name=self.url, uri=self.url, root=self.url, stamp=stamp, modified_ns=modified)


def checked_url(url: str) -> str:
    """The URL without its fragment. Raises ConfigurationError for one that names no host, or a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url} is no URL: {error}") from error
    if not parts.hostname or port == 0:
        raise ConfigurationError(f"{url} names no host")
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("a URL with a name or password in it would be kept in the index; download the file")
    return urlunsplit(parts._replace(fragment="", path=parts.path or "/"))


class _WebConnection:
    """The connection to the host that was asked last."""

    def __init__(self) -> None:
        self._open: http.client.HTTPConnection | None = None
        self._timer: threading.Timer | None = None
        self._watched: socket.socket | None = None

    def follow(self, url: str, end: float, *, allow_private: bool) -> http.client.HTTPResponse:
        """The reply to a request, after redirects; each host is checked before it is asked."""
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._ask(url, end, allow_private=allow_private)
            if reply.status not in _REDIRECTS:
                break
            url = _next_url(url, reply.getheader("Location"))
        else:
            raise FetchError(f"more than {MAX_REDIRECTS} redirects")
        if reply.status != http.client.OK:
            raise FetchError(f"HTTP {reply.status} {reply.reason}".strip())
        if (reply.getheader("Content-Encoding") or "identity") != "identity":
            raise FetchError("the server sends it packed although it was asked not to")
        return reply

    def _ask(self, url: str, end: float, *, allow_private: bool) -> http.client.HTTPResponse:
        self.close()
        parts = urlsplit(url)
        host, secure = _ascii_host(parts.hostname or ""), parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        plain = _connect(host, port, end, allow_private=allow_private)
        # silence is bounded for each reading, but a server may send a byte now and then
        self._watched = plain.dup()
        self._timer = threading.Timer(max(0.0, end - time.monotonic()), _break_off, (self._watched,))
        self._timer.daemon = True
        self._timer.start()
        self._open = http.client.HTTPConnection(host, parts.port or (443 if secure else 80))
        # a connection that is there is used: http.client would look the name up again
        self._open.sock = plain
        if secure:
            self._open.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        target = quote(urlunsplit(("", "", parts.path or "/", parts.query, "")), safe=_IN_TARGET)
        named = f"[{host}]" if ":" in host else host
        self._open.request(
            "GET", target, headers={**_HEADERS, "Host": f"{named}:{parts.port}" if parts.port else named}
        )
        return self._open.getresponse()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._watched is not None:
            self._watched.close()
        if self._open is not None:
            self._open.close()


def _break_off(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _ascii_host(host: str) -> str:
    """A host's name as DNS has it (RFC 3490)."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise FetchError(f"{host[:80]} is no name of a host") from error


def _connect(host: str, port: int, end: float, *, allow_private: bool) -> socket.socket:
    failure: OSError = TimeoutError("timed out")
    for family, address in resolve(host, port, allow_private=allow_private):
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.settimeout(max(0.1, min(MAX_SILENCE, end - time.monotonic())))
        try:
            connection.connect(address)
            return connection
        except OSError as error:
            connection.close()
            failure = error
    raise failure


def _next_url(url: str, location: str | None) -> str:
    target = urljoin(url, location or "")
    scheme = urlsplit(target).scheme
    if not location or scheme not in {"http", "https"} or (url.startswith("https:") and scheme != "https"):
        raise FetchError("it redirects to what is not fetched")
    try:
        return checked_url(target)
    except ConfigurationError as error:
        raise FetchError(f"it redirects: {error}") from error


def _blocks(reply: http.client.HTTPResponse, end: float) -> Iterator[bytes]:
    while block := reply.read1(BLOCK):
        yield block
        if time.monotonic() > end:
            raise FetchError(f"it takes more than {MAX_SECONDS:.0f} s")
    if reply.length:
        raise FetchError("the connection broke off")


def _name(url: str, content_type: str) -> str:
    """A name for the file whose ending says what it is: that of the URL if it does, else that of the type stated."""
    name = PurePosixPath(unquote(urlsplit(url).path)).name or urlsplit(url).hostname or "page"
    if media_type_by(b"", Path(name)) is not None:
        return name
    return name + (mimetypes.guess_extension(content_type.partition(";")[0].strip()) or "")


def _date(text: str | None) -> int:
    if not text:
        return 0
    try:
        return int(parsedate_to_datetime(text).timestamp()) * 10**9
    except (ValueError, OverflowError):
        return 0
