"""FakeMistral: routes, keys and records; what stands between HTTP and the endpoints."""

import collections
import json
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import ValidationError

from mistral_rag.testing import answering, catalogue, chat, completions, embeddings, newer, refusals
from mistral_rag.testing.bodies import Body, ChatRequest, EmbeddingRequest
from mistral_rag.testing.exchange import Pause, Piece, Request, Response, json_response
from mistral_rag.testing.faults import Faults
from mistral_rag.testing.refusals import RefusedError
from mistral_rag.testing.replies import Script, as_reply
from mistral_rag.testing.rules import Rules
from mistral_rag.testing.server import Server

if TYPE_CHECKING:
    from mistral_rag.testing.transport import FakeTransport

MAX_BODY = 128 * 1024 * 1024
RECORDED = 10_000
SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "cookie"})
AnyBody = TypeVar("AnyBody", bound=Body)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request that arrived. The key itself is not kept: `key_matches` says whether it was the right one."""

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
    """A strict stand-in for the Mistral platform, for tests and offline work.

    It refuses what the platform refuses, with the platform's words, and answers everything else by simple
    rules (see `answering`) or by script. As a context manager it is a real HTTP server on loopback:

        with FakeMistral() as fake:
            client = Client(base_url=fake.base_url, api_key=fake.key)

    Without a server, `transport()` plugs it straight into httpx clients, sync and async.

    Attributes:
        key: the only key that is accepted.
        rules: which of the platform's differing message rules hold.
        newer: take what the newest SDK can send and the platform's OpenAPI file forbids (logprobs, top_k, …).
        faults: what goes wrong next.
        latency: seconds before the first byte of each answer.
        event_latency: seconds between two events of a stream.
    """

    def __init__(
        self,
        *,
        key: str | None = None,
        rules: Rules | None = None,
        newer: bool = False,
        latency: float = 0.0,
        event_latency: float = 0.0,
        max_body: int = MAX_BODY,
        recorded: int = RECORDED,
    ) -> None:
        self.key = key or secrets.token_hex(16)
        self.rules = rules or Rules()
        self.newer = newer
        self.faults = Faults()
        self.latency = latency
        self.event_latency = event_latency
        self.max_body = max_body
        self._recorded: collections.deque[Recorded] = collections.deque(maxlen=recorded)
        self._scripts: collections.deque[Script] = collections.deque()
        self._lock = threading.Lock()
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, port: int = 0) -> None:
        """Serve on loopback; port 0 takes a free one."""
        self._server = Server(self.respond, port=port, max_body=self.max_body)
        self._server.start()

    def stop(self) -> None:
        """Stop serving and close all connections."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    @property
    def base_url(self) -> str:
        """The address to give a client, with `/v1`; of the running server, else of the in-process one."""
        return f"{self._server.url if self._server else 'http://fake.mistral.test'}/v1"

    @property
    def open_connections(self) -> int:
        """How many connections the server holds now."""
        return self._server.open_connections if self._server else 0

    def transport(self) -> "FakeTransport":
        """An httpx transport, sync and async, that asks this object without any socket."""
        from mistral_rag.testing.transport import FakeTransport

        return FakeTransport(self.respond)

    def script(self, *replies: Script) -> None:
        """Give these replies to the next chat requests, in order; then the stand-in answers by itself again.

        A script is a text, a `Reply`, or a function of the request that returns one of them.
        """
        with self._lock:
            self._scripts.extend(replies)

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """What arrived, oldest first (the newest 10,000)."""
        with self._lock:
            return tuple(self._recorded)

    def respond(self, request: Request) -> Response:
        """The answer to one request, faults and refusals included. Never raises for what a client sent."""
        self._record(request)
        fault = self.faults.take(request)
        response = fault(request, lambda: self._judged(request)) if fault else self._judged(request)
        delay = response.delay or self.latency
        return replace(response, headers={**self._usual_headers(), **response.headers}, delay=delay)

    def _record(self, request: Request) -> None:
        hidden = {k: "***" if k in SECRET_HEADERS else v for k, v in request.headers.items()}
        entry = Recorded(request.method, request.path, request.query, hidden, self._knows(request), request.body)
        with self._lock:
            self._recorded.append(entry)

    def _usual_headers(self) -> dict[str, str]:
        identity = uuid.uuid4().hex
        return {
            "mistral-correlation-id": identity,
            "x-kong-request-id": identity,
            "x-ratelimit-limit-req-minute": "360",
            "x-ratelimit-remaining-req-minute": "359",
            "x-ratelimit-limit-tokens-minute": "2000000",
            "x-ratelimit-remaining-tokens-minute": "1999000",
        }

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").encode("utf-8", "replace")
        return secrets.compare_digest(given, f"Bearer {self.key}".encode())

    def _judged(self, request: Request) -> Response:
        try:
            return self._routed(request)
        except RefusedError as refused:
            return refused.response()

    def _routed(self, request: Request) -> Response:
        if not request.path.startswith("/v1/"):
            raise refusals.no_route()
        if not request.headers.get("authorization"):
            raise refusals.no_key()
        if not self._knows(request):
            raise refusals.wrong_key()
        if len(request.body) > self.max_body:
            raise refusals.too_large()
        method, answer = self._endpoint(request.path.removeprefix("/v1"))
        if request.method != method:
            raise refusals.method_not_allowed()
        return answer(request)

    def _endpoint(self, path: str) -> tuple[str, Callable[[Request], Response]]:
        match path.strip("/").split("/"):
            case ["chat", "completions"]:
                return "POST", self._chat
            case ["embeddings"]:
                return "POST", self._embeddings
            case ["models"]:
                return "GET", lambda _: json_response({"object": "list", "data": _cards()})
            case ["models", name] if name in catalogue.BY_NAME:
                return "GET", lambda _: json_response({**catalogue.find(name).card(), "id": name})
        raise refusals.not_found()

    def _chat(self, request: Request) -> Response:
        asked = _parsed(ChatRequest, request)
        if not self.newer:
            newer.refuse(asked)
        chat.check(asked, self.rules)
        replies = [as_reply(self._next_script(), asked) for _ in range(asked.n or 1)]
        choices = [completions.choice(reply, asked) for reply in replies]
        headers = {**_cost(completions.usage(asked, choices)), **replies[0].headers}
        if not asked.stream:
            return json_response(completions.body(asked, choices), headers=headers)
        stream = {"content-type": "text/event-stream; charset=utf-8", **headers}
        return Response(200, stream, self._paced(completions.events(asked, choices)))

    def _next_script(self) -> Script:
        with self._lock:
            return self._scripts.popleft() if self._scripts else answering.reply

    def _paced(self, events: Iterator[bytes]) -> Iterator[Piece]:
        for event in events:
            yield event
            if self.event_latency:
                yield Pause(self.event_latency)

    def _embeddings(self, request: Request) -> Response:
        body = embeddings.answer(_parsed(EmbeddingRequest, request))
        return json_response(body, headers=_cost(body["usage"]))


def _parsed(model: type[AnyBody], request: Request) -> AnyBody:
    if not request.headers.get("content-type", "").startswith("application/json"):
        message = "Input should be a valid dictionary or object to extract fields from"
        given = request.body[:100].decode("utf-8", "replace")
        raise refusals.invalid("model_attributes_type", message, loc=(), given=given)
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise refusals.invalid_body(error) from error


def _cost(usage: Mapping[str, Any]) -> dict[str, str]:
    return {"x-ratelimit-tokens-query-cost": str(usage["total_tokens"])}


def _cards() -> list[dict[str, Any]]:
    return [model.card() | {"id": name} for name, model in catalogue.BY_NAME.items() if not model.retired]
