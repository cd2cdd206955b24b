"""Access log and Prometheus metrics of all requests; neither knows questions, texts or query strings."""

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mistral_rag._logger import logger_of

access_log = logger_of("mistral_rag.serve.access")

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histogram's buckets: Prometheus's usual ones, and longer ones for answers of models."""
NO_ROUTE: Final = "none"
CLIENT_LEFT: Final = 499
"""Status of requests whose client has left before it was answered, as nginx counts them."""


class RequestMetrics:
    """Counts of requests by route, method and status, and how long they took, for one event loop."""

    def __init__(self) -> None:
        self.open = 0
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self._seconds: dict[str, list[int]] = defaultdict(lambda: [0] * len(SECONDS))
        self._sums: dict[str, float] = defaultdict(float)
        self._totals: Counter[str] = Counter()

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that has ended."""
        self.counts[route, method, status] += 1
        self._totals[route] += 1
        self._sums[route] += seconds
        buckets = self._seconds[route]
        for at, bound in enumerate(SECONDS):
            buckets[at] += seconds <= bound

    def lines(self) -> Iterator[str]:
        """The metrics in Prometheus's text format."""
        yield "# HELP mistral_rag_requests_total Requests that have ended."
        yield "# TYPE mistral_rag_requests_total counter"
        for (route, method, status), count in sorted(self.counts.items()):
            yield f'mistral_rag_requests_total{{route="{route}",method="{method}",status="{status}"}} {count}'
        yield "# HELP mistral_rag_request_seconds Time from a request to the end of its response."
        yield "# TYPE mistral_rag_request_seconds histogram"
        for route in sorted(self._totals):
            for bound, count in zip(SECONDS, self._seconds[route], strict=True):
                yield f'mistral_rag_request_seconds_bucket{{route="{route}",le="{bound}"}} {count}'
            total = self._totals[route]
            yield f'mistral_rag_request_seconds_bucket{{route="{route}",le="+Inf"}} {total}'
            yield f'mistral_rag_request_seconds_sum{{route="{route}"}} {self._sums[route]:.6f}'
            yield f'mistral_rag_request_seconds_count{{route="{route}"}} {total}'
        yield "# HELP mistral_rag_requests_open Requests at work, streams among them."
        yield "# TYPE mistral_rag_requests_open gauge"
        yield f"mistral_rag_requests_open {self.open}"


class Observer:
    """Notes each request when it has ended: time, principal, method, route, status, seconds, bytes.

    The route stands in place of the path ("/api/cite/{address}"), so that no id, address or search word is noted.
    """

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics, routes: list[Route]) -> None:
        self.app = app
        self._metrics = metrics
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, size = time.perf_counter(), 0, 0

        async def seen(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                size += len(message.get("body", b""))
            await send(message)

        self._metrics.open += 1
        try:
            await self.app(scope, receive, seen)
        finally:
            self._metrics.open -= 1
            self._note(scope, status or CLIENT_LEFT, time.perf_counter() - started, size)

    def _note(self, scope: Scope, status: int, seconds: float, size: int) -> None:
        route, method = self._route(scope), scope["method"] if scope["method"] in METHODS else "OTHER"
        self._metrics.note(route, method, status, seconds)
        principal = scope.get("principal")
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "principal": principal.name if principal else None,
            "method": method,
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
            "bytes": size,
        }
        access_log.info("%s", json.dumps(entry))

    def _route(self, scope: Scope) -> str:
        for route in self._routes:
            if route.matches(scope)[0] is not Match.NONE:
                return route.path
        return NO_ROUTE


METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
"""Methods by name in metrics: any other would be a label of its own, as many as somebody likes to send."""
