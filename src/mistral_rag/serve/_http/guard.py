"""The first things that a request meets: Host and Origin, headers of every response, the token."""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mistral_rag.serve._access.principals import Principal, Tokens
from mistral_rag.serve._http.errors import error_reply
from mistral_rag.serve._http.paths import API
from mistral_rag.serve._http.responses import RequestError

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy: nothing inline, nothing from elsewhere, no frame around the page."""
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


class SecurityHeaders:
    """Adds the headers of `SECURITY_HEADERS` to every response that has no own ones."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(API):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class OriginGuard:
    """Refuses requests under a name that is not the server's, and those that other sites' pages send.

    A name that an attacker's DNS leads here (DNS rebinding) is none of `names`; addresses can't be led anywhere.
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str]) -> None:
        self.app = app
        self._names = frozenset({"localhost", *(name.lower().rstrip(".") for name in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (error := self._fault(Headers(scope=scope), scope["path"])) is not None:
            await error_reply(error, scope)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _fault(self, headers: Headers, path: str) -> RequestError | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return RequestError(
                421, "wrong_host", "this server is not called so", advice="Start it with --name HOST to allow the name."
            )
        if path.startswith(API) and not _is_same_site(headers, hosts[0]):
            return RequestError(403, "other_site", "a page of another site may not send this")
        return None

    def _is_ours(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found[1].strip("[]").lower().rstrip(".")
        return name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_same_site(headers: Headers, host: str) -> bool:
    """True for a request of our own page, or of a program: browsers say which page sends it."""
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    # the scheme is left out: a proxy in front may speak TLS where we do not
    return origin is None or origin.partition("://")[2].lower() == host.lower()


class TokenGuard:
    """Finds the principal of a request; without tokens everyone is `owner`."""

    def __init__(self, app: ASGIApp, *, tokens: Tokens, owner: Principal) -> None:
        self.app = app
        self._tokens = tokens
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            scope["principal"] = self._owner if not self._tokens else self._signed(Headers(scope=scope))
        await self.app(scope, receive, send)

    def _signed(self, headers: Headers) -> Principal | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return self._tokens.find(token.strip()) if scheme.lower() == "bearer" else None
