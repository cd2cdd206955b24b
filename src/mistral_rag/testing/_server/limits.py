"""Rate limits of the fake: requests and tokens of a sliding window, refused and told as the platform does."""

import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal

from mistral_rag.testing._rules.refusals import error_object
from mistral_rag.testing._server.exchange import Request, Response, json_response

COST = "x-ratelimit-tokens-query-cost"
SECONDS = {"second": 1.0, "minute": 60.0}


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits of a key in a sliding window of a second or a minute.

    A request is refused when `requests` have been answered within the window, or answers have used up `tokens`.
    `by_model` counts each model for itself. `prefix` stands before the headers, as LiteLLM's "llm_provider-" does.
    `told` False keeps the headers back. `clock` gives seconds.
    """

    requests: int = 360
    tokens: int = 2_000_000
    window: Literal["second", "minute"] = "minute"
    by_model: bool = False
    told: bool = True
    prefix: str = ""
    clock: Callable[[], float] = monotonic


class LimitWindow:
    """Amounts of the last seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._entries: deque[tuple[float, int]] = deque()
        self.used = 0

    def add(self, now: float, amount: int) -> None:
        """Count an amount."""
        self._entries.append((now, amount))
        self.used += amount

    def expire(self, now: float) -> None:
        """Forget what has left the window."""
        while self._entries and self._entries[0][0] <= now - self._seconds:
            self.used -= self._entries.popleft()[1]


class Meter:
    """The count of a fake's requests and tokens. Thread-safe."""

    def __init__(self, limits: RateLimits, *, enforced: bool) -> None:
        self._limits = limits
        self._enforced = enforced
        self._lock = threading.Lock()
        seconds = SECONDS[limits.window]
        self._windows: defaultdict[str, tuple[LimitWindow, LimitWindow]] = defaultdict(
            lambda: (LimitWindow(seconds), LimitWindow(seconds))
        )
        self.refused = 0

    @property
    def usual(self) -> dict[str, str]:
        """The headers where no limit is enforced."""
        return {} if self._enforced else self._headers(self._limits.requests - 1, self._limits.tokens - 1000)

    def respond(self, request: Request, answer: Callable[[], Response]) -> Response:
        """The answer with what remains, or a refusal."""
        if not self._enforced:
            return answer()
        requests, tokens = self._windows[_model(request) if self._limits.by_model else ""]
        with self._lock:
            now = self._limits.clock()
            requests.expire(now)
            tokens.expire(now)
            if requests.used >= self._limits.requests or tokens.used >= self._limits.tokens:
                self.refused += 1
                return self._refusal(requests, tokens)
            requests.add(now, 1)
        response = answer()
        with self._lock:
            tokens.add(self._limits.clock(), int(response.headers.get(COST, "0")))
            return replace(response, headers={**self._remaining(requests, tokens), **response.headers})

    def _refusal(self, requests: LimitWindow, tokens: LimitWindow) -> Response:
        body = error_object("Rate limit exceeded", "rate_limited", "1300", status=429)
        return json_response(body, status=429, headers=self._remaining(requests, tokens))

    def _remaining(self, requests: LimitWindow, tokens: LimitWindow) -> dict[str, str]:
        return self._headers(self._limits.requests - requests.used, self._limits.tokens - tokens.used)

    def _headers(self, requests: int, tokens: int) -> dict[str, str]:
        if not self._limits.told:
            return {}
        kind = f"{self._limits.prefix}x-ratelimit"
        unit = self._limits.window
        return {
            f"{kind}-limit-req-{unit}": str(self._limits.requests),
            f"{kind}-remaining-req-{unit}": str(max(0, requests)),
            f"{kind}-limit-tokens-{unit}": str(self._limits.tokens),
            f"{kind}-remaining-tokens-{unit}": str(max(0, tokens)),
        }


def _model(request: Request) -> str:
    try:
        return str(json.loads(request.body)["model"])
    except (ValueError, LookupError, TypeError):
        return ""
