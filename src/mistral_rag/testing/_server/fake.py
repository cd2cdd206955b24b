"""FakeMistral: keys, records, faults and routes, between HTTP and the endpoints."""

import collections
import json
import secrets
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from mistral_rag.testing._content.ocr_pages import ScriptedPage
from mistral_rag.testing._content.replies import Script
from mistral_rag.testing._endpoints import catalogue, embeddings, moderation
from mistral_rag.testing._endpoints.audio import Audio
from mistral_rag.testing._endpoints.batch import Batches
from mistral_rag.testing._endpoints.beta.agents import Agents
from mistral_rag.testing._endpoints.beta.connectors import Connectors
from mistral_rag.testing._endpoints.beta.conversations import Conversations
from mistral_rag.testing._endpoints.beta.libraries import Libraries
from mistral_rag.testing._endpoints.beta.search_indexes import SearchIndexes
from mistral_rag.testing._endpoints.files import Files
from mistral_rag.testing._endpoints.generation import Generation
from mistral_rag.testing._endpoints.ocr import Ocr
from mistral_rag.testing._endpoints.tuning import Tuning
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.conversation_rules import Rules
from mistral_rag.testing._rules.refusals import RequestRefusedError
from mistral_rag.testing._server.exchange import Request, Response
from mistral_rag.testing._server.faults import Faults
from mistral_rag.testing._server.limits import Meter, RateLimits
from mistral_rag.testing._server.routing import RouteTable
from mistral_rag.testing._server.server import Server

if TYPE_CHECKING:
    from mistral_rag.testing._server.transport import FakeTransport

PREFIX = "/v1/"
MAX_BODY = 512 * 1024 * 1024
"""Bytes of a request; the size limit of the platform's file uploads."""

RECORDED = 10_000
"""Requests that are remembered: more than a test looks at, and a bound for a server that runs for days."""

SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "cookie"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """One received request. The key itself is not recorded; `key_matches` is True when it was correct."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    key_matches: bool
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; None for an empty one."""
        return json.loads(self.body) if self.body else None


class FakeMistral:
    """A strict fake of the Mistral platform, for tests and offline work.

    It refuses what the platform refuses, with the platform's messages, and answers everything else by simple rules or
    by script. As a context manager it is a real HTTP server on loopback:

        with FakeMistral() as fake:
            client = Client(base_url=fake.base_url, api_key=fake.key)

    Without a server, `transport()` connects it to httpx clients, sync and async.

    Attributes:
        key: The only accepted key.
        rules: The message rules, where models and hosts differ.
        newer: Accept fields of the newest SDK that the platform's OpenAPI file forbids (logprobs, top_k, …).
        faults: Planned faults.
        limits: Rate limits; requests beyond them are refused. None refuses none, with headers of a generous plan.
        latency: Seconds before the first byte of each response.
        event_latency: Seconds between two events of a stream.
        documents: Contents of https URLs, for OCR; nothing is fetched.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        rules: Rules | None = None,
        newer: bool = False,
        limits: RateLimits | None = None,
        latency: float = 0.0,
        event_latency: float = 0.0,
        max_body: int = MAX_BODY,
        recorded: int = RECORDED,
    ) -> None:
        self.key = key or secrets.token_hex(16)
        self.rules = rules or Rules()
        self.newer = newer
        self._meter = Meter(limits or RateLimits(), enforced=limits is not None)
        self.faults = Faults()
        self.latency = latency
        self.event_latency = event_latency
        self.max_body = max_body
        self.documents: dict[str, bytes] = {}
        self._recorded: collections.deque[Recorded] = collections.deque(maxlen=recorded)
        self._generation = Generation(self)
        self._files = Files()
        self._ocr = Ocr(self._files, self.documents)
        agents, batches = Agents(self._generation.generate), Batches(self._files, self._routed)
        groups = (
            self._generation, agents, embeddings, catalogue, moderation, self._files, self._ocr, batches,
            Conversations(agents, self._generation.generate), Audio(self._files), Libraries(), Tuning(self._files),
            Connectors(), SearchIndexes(),
        )  # fmt: skip
        self._routes = RouteTable({route: endpoint for group in groups for route, endpoint in group.routes().items()})
        self._lock = threading.Lock()
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, port: int = 0) -> None:
        """Serve on loopback; port 0 takes a free one.

        Raises:
            OSError: The port is taken.
        """
        self._server = Server(self.respond, port=port, max_body=self.max_body)
        self._server.start()

    def stop(self) -> None:
        """Stop serving and close all connections."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def base_url(self) -> str:
        """The base URL for a client, with `/v1`: of the running server, else of the in-process transport."""
        return f"{self._server.url if self._server else 'http://fake.mistral.test'}/v1"

    @property
    def open_connections(self) -> int:
        """The number of open connections of the server."""
        return self._server.open_connections if self._server else 0

    @property
    def most_at_once(self) -> int:
        """The largest number of requests that the server has answered concurrently."""
        return self._server.most_at_once if self._server else 0

    def transport(self) -> "FakeTransport":
        """An httpx transport, sync and async, to this object without any socket."""
        from mistral_rag.testing._server.transport import FakeTransport

        return FakeTransport(self.respond)

    def script(self, *replies: Script) -> None:
        """Queue replies for the next chat and code requests; without one the fake answers by its rules.

        A script is a text, a `Reply`, or a function of the parsed request that returns one of them.
        """
        self._generation.script(*replies)

    def script_pages(self, *pages: ScriptedPage) -> None:
        """Queue the pages for the next OCR request, whatever document it names."""
        self._ocr.script(pages)

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """The received requests, oldest first (the newest 10,000)."""
        with self._lock:
            return tuple(self._recorded)

    def respond(self, request: Request) -> Response:
        """The response to one request, with faults and refusals. No request makes it raise."""
        self._record(request)
        fault = self.faults.take(request)
        response = fault(request, lambda: self._metered(request)) if fault else self._metered(request)
        delay = response.delay or self.latency
        return replace(response, headers={**self._usual_headers(), **response.headers}, delay=delay)

    def _record(self, request: Request) -> None:
        hidden = {k: "***" if k in SECRET_HEADERS else v for k, v in request.headers.items()}
        entry = Recorded(request.method, request.path, request.query, hidden, self._has_key(request), request.body)
        with self._lock:
            self._recorded.append(entry)

    def _usual_headers(self) -> dict[str, str]:
        identity = uuid.uuid4().hex
        return {
            "mistral-correlation-id": identity,
            "x-kong-request-id": identity,
            **self._meter.usual,
        }

    def _has_key(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        return secrets.compare_digest(given, f"Bearer {self.key}".encode())

    @property
    def refused_by_limits(self) -> int:
        """The number of requests that came too early."""
        return self._meter.refused

    def _metered(self, request: Request) -> Response:
        return self._meter.respond(request, lambda: self._checked(request))

    def _checked(self, request: Request) -> Response:
        try:
            self._check_access(request)
        except RequestRefusedError as refused:
            return self._files.download(request) or refused.response()
        return self._routed(request)

    def _check_access(self, request: Request) -> None:
        if not request.path.startswith(PREFIX):
            raise refusals.no_route()
        if not request.headers.get("authorization"):
            raise refusals.no_key()
        if not self._has_key(request):
            raise refusals.wrong_key()
        if len(request.body) > self.max_body:
            raise refusals.too_large()

    def _routed(self, request: Request) -> Response:
        try:
            return self._routes.respond(request, request.path.removeprefix("/v1"))
        except RequestRefusedError as refused:
            return refused.response()
