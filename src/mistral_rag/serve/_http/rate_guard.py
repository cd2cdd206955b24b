"""Refuses requests that come faster than their principal may ask."""

import math

from starlette.types import ASGIApp, Receive, Scope, Send

from mistral_rag.serve._access.principals import Principal
from mistral_rag.serve._access.rates import SIGN_IN, RateBuckets, rate_of
from mistral_rag.serve._http.errors import error_reply
from mistral_rag.serve._http.paths import API
from mistral_rag.serve._http.responses import RequestError


class RateGuard:
    """Counts requests by token, and those without a valid one by the address they come from.

    Nothing is counted where nobody has to sign in: the server is then for this machine alone.
    """

    def __init__(self, app: ASGIApp, *, counts: bool) -> None:
        self.app = app
        self._counts = counts
        self._limits = RateBuckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        counted = self._counts and scope["type"] == "http" and scope["path"].startswith(API)
        if counted and (seconds := self._wait(scope)):
            await error_reply(_too_fast(seconds), scope)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _wait(self, scope: Scope) -> float:
        principal: Principal | None = scope.get("principal")
        if principal is not None:
            return self._limits.wait(f"name:{principal.name}", rate_of(scope["method"], scope["path"]))
        address = (scope.get("client") or ("",))[0]
        return self._limits.wait(f"address:{address}", SIGN_IN)


def _too_fast(seconds: float) -> RequestError:
    return RequestError(
        429,
        "rate_limited",
        "too many requests",
        advice="Wait a little.",
        headers={"Retry-After": str(math.ceil(seconds))},
    )
