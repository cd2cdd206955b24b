"""The endpoints that generate text: chat and fill-in-the-middle, whole or streamed, by script or by rule."""

import collections
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from mistral_rag.testing._content import answering, completions
from mistral_rag.testing._content.completions import Choice, GenerationLimits
from mistral_rag.testing._content.replies import Reply, Script, as_reply
from mistral_rag.testing._endpoints import chat, fim, moderation
from mistral_rag.testing._endpoints.fim import FimRequest
from mistral_rag.testing._rules import newer_fields
from mistral_rag.testing._rules.bodies import ChatRequest
from mistral_rag.testing._rules.conversation_rules import Rules
from mistral_rag.testing._server.exchange import Pause, Piece, Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, parsed


class GenerationSettings(Protocol):
    """Settings that may change between two requests."""

    rules: Rules
    newer: bool
    event_latency: float


class Generation:
    """Endpoints that check a request and reply with the next script or by rule."""

    def __init__(self, settings: GenerationSettings) -> None:
        self._settings = settings
        self._scripts: collections.deque[Script] = collections.deque()
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {"POST /chat/completions": self.chat, "POST /fim/completions": self.fim}

    def script(self, *scripts: Script) -> None:
        """Queue scripts."""
        with self._lock:
            self._scripts.extend(scripts)

    def chat(self, request: Request) -> Response:
        """A turn of a conversation."""
        return self.generate(parsed(ChatRequest, request))

    def generate(self, body: ChatRequest) -> Response:
        """The response to a parsed request, after the platform's checks."""
        if not self._settings.newer:
            newer_fields.refuse(body)
        chat.check(body, self._settings.rules)
        moderation.guard(body)
        replies = [self._next(body) or answering.reply(body) for _ in range(body.n or 1)]
        return self._response(GenerationLimits.of_chat(body), replies, stream=body.stream)

    def fim(self, request: Request) -> Response:
        """Code between a prompt and a suffix."""
        body = parsed(FimRequest, request)
        return self._response(fim.limits(body), [self._next(body) or fim.reply(body)], stream=body.stream)

    def _next(self, body: ChatRequest | FimRequest) -> Reply | None:
        with self._lock:
            script = self._scripts.popleft() if self._scripts else None
        return None if script is None else as_reply(script, body)

    def _response(self, limits: GenerationLimits, replies: Sequence[Reply], *, stream: bool) -> Response:
        choices: list[Choice] = [completions.choice(reply, limits) for reply in replies]
        usage = completions.usage(limits, choices)
        headers = {"x-ratelimit-tokens-query-cost": str(usage["total_tokens"]), **replies[0].headers}
        if not stream:
            return json_response(completions.body(limits, choices, usage), headers=headers)
        events = self._paced(completions.events(limits, choices, usage))
        return Response(200, {"content-type": "text/event-stream; charset=utf-8", **headers}, events)

    def _paced(self, events: Iterator[bytes]) -> Iterator[Piece]:
        for event in events:
            yield event
            if self._settings.event_latency:
                yield Pause(self._settings.event_latency)
