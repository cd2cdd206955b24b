"""The endpoints that speak: chat and fill-in-the-middle, whole or streamed, by script or on their own."""

import collections
import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from mistral_rag.testing._content import answering, completions
from mistral_rag.testing._content.completions import Asked, Choice
from mistral_rag.testing._content.replies import Reply, Script, as_reply
from mistral_rag.testing._endpoints import chat, fim, moderation, newer
from mistral_rag.testing._endpoints.fim import FimRequest
from mistral_rag.testing._rules.bodies import ChatRequest
from mistral_rag.testing._rules.rules import Rules
from mistral_rag.testing._server.exchange import Pause, Piece, Request, Response, json_response
from mistral_rag.testing._server.routing import Handler, parsed


class Settings(Protocol):
    """What may be changed between two requests."""

    rules: Rules
    newer: bool
    event_latency: float


class Talk:
    """Judges requests, takes the next script or answers by itself."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scripts: collections.deque[Script] = collections.deque()
        self._lock = threading.Lock()

    def routes(self) -> dict[str, Handler]:
        """This part's routes."""
        return {"POST /chat/completions": self.chat, "POST /fim/completions": self.fim}

    def script(self, *scripts: Script) -> None:
        """Queue scripts."""
        with self._lock:
            self._scripts.extend(scripts)

    def chat(self, request: Request) -> Response:
        """A turn of a conversation."""
        return self.speak(parsed(ChatRequest, request))

    def speak(self, body: ChatRequest) -> Response:
        """The answer to a parsed request, judged as the platform judges it."""
        if not self._settings.newer:
            newer.refuse(body)
        chat.check(body, self._settings.rules)
        moderation.guard(body)
        replies = [self._next(body) or answering.reply(body) for _ in range(body.n or 1)]
        return self._said(Asked.of_chat(body), replies, stream=body.stream)

    def fim(self, request: Request) -> Response:
        """Code between two pieces of code."""
        body = parsed(FimRequest, request)
        asked = fim.asked(body)
        return self._said(asked, [self._next(body) or fim.reply(body)], stream=body.stream)

    def _next(self, body: ChatRequest | FimRequest) -> Reply | None:
        with self._lock:
            script = self._scripts.popleft() if self._scripts else None
        return None if script is None else as_reply(script, body)

    def _said(self, asked: Asked, replies: Sequence[Reply], *, stream: bool) -> Response:
        choices: list[Choice] = [completions.choice(reply, asked) for reply in replies]
        usage = completions.usage(asked, choices)
        headers = {"x-ratelimit-tokens-query-cost": str(usage["total_tokens"]), **replies[0].headers}
        if not stream:
            return json_response(completions.body(asked, choices, usage), headers=headers)
        events = self._paced(completions.events(asked, choices, usage))
        return Response(200, {"content-type": "text/event-stream; charset=utf-8", **headers}, events)

    def _paced(self, events: Iterator[bytes]) -> Iterator[Piece]:
        for event in events:
            yield event
            if self._settings.event_latency:
                yield Pause(self._settings.event_latency)
