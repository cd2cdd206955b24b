"""Pacing: calls wait as long as the host's rate limits need, so that none is refused for coming too early.

Limits are read from the headers of every answer: the platform's (`x-ratelimit-limit-req-minute`, …), those of OpenAI's
form, and both behind LiteLLM's `llm_provider-`. The platform counts requests and tokens of the last 60 seconds. All
clients of a process with one key and host share a `Pace`; what other processes use up is told by what remains.
"""

import hashlib
import secrets
import threading
import weakref
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

from mistral_rag._forks import ForkAware
from mistral_rag.api._paces.allowance import POLL, Allowance, PaceMark, Spent
from mistral_rag.api._paces.headers import COST, PREFIXES, REQUESTS, TOKENS, number, told
from mistral_rag.api._retry import retry_after

MAX_CLOSED: Final = 60.0
"""Seconds for which one refusal holds up the other calls, whatever it asks for."""
DEVIATIONS: Final = 2.0
"""Mean deviations above its mean cost that a call is expected to stay below, as timeouts of TCP are estimated."""
UNTOLD: Final = 8
"""Calls that may be under way to a model before the first answer tells its limits."""
HOLD: Final = 1.0
"""Seconds for which the others wait for that answer."""
MAX_COUNT: Final = 10**15
"""Counts above are none."""
SMOOTHING: Final = 0.2
"""Weight of the newest call in the tokens that a call is expected to cost."""


class PaceTurn:
    """One attempt of a call: it waits with `delay`, is told the answer's headers and usage, and ends."""

    def __init__(self, pace: "Pace", name: str) -> None:
        self._pace = pace
        self.name = name
        self.marks: tuple[PaceMark, PaceMark] | None = None
        self.spent: Spent | None = None
        self.reserved = 0.0
        self.stated: float | None = None
        self.cost: float | None = None
        self.is_answered = False
        self.is_ended = False

    def delay(self) -> float:
        """Seconds to wait before asking again; 0 when the call may be sent, which is then counted."""
        return 0.0 if self.marks is not None else self._pace.admit(self)

    def learn(self, status: int, headers: Mapping[str, str]) -> None:
        """Take over what the headers of the answer say."""
        self._pace.learn(self, status, headers)

    def spend(self, usage: object) -> None:
        """Note the usage in the body of the answer, which is final where headers of a stream are not."""
        total = usage.get("total_tokens") if isinstance(usage, dict) else None
        if isinstance(total, int) and 0 < total < MAX_COUNT:
            self._pace.spend(self, float(total))

    def end(self) -> None:
        """End the attempt, answered or not."""
        self._pace.end(self)


class Pace(ForkAware):
    """The pace of all clients with one key and host. Thread-safe; it waits for nothing itself."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._begin()
        self.heed_forks()

    def _begin(self) -> None:
        self._lock = threading.RLock()  # a stream that is garbage may end in the middle of another call
        self._requests = Allowance(by_answers=False)
        self._tokens = Allowance(by_answers=True)
        self._closed: dict[str, float] = {}
        self._expected: dict[str, tuple[float, float]] = {}

    def after_fork(self) -> None:
        """Begin anew: the calls of the parent are those of another process."""
        self._begin()

    def turn(self, name: str) -> PaceTurn:
        """The turn of a call to the model `name`."""
        return PaceTurn(self, name)

    def admit(self, turn: PaceTurn) -> float:
        """Seconds until the next look; 0 when the call may be sent."""
        with self._lock:
            now = self._clock()
            lane = self._requests.lane(turn.name)
            mean, deviation = self._expected.get(turn.name, (0.0, 0.0))
            turn.reserved = mean + DEVIATIONS * deviation
            wait = max(
                self._closed.get(turn.name, 0.0) - now,
                POLL if not lane.is_told and lane.pending >= UNTOLD and now < lane.last + HOLD else 0.0,
                self._requests.wait(turn.name, 1.0, now),
                self._tokens.wait(turn.name, turn.reserved, now),
            )
            if wait > 0:
                return wait
            turn.marks = self._requests.mark(turn.name, now), self._tokens.mark(turn.name, now)
            turn.spent = Spent(now, 1.0)
            lane.add(turn.spent)
            lane.pending += 1.0
            lane.last = now
            self._tokens.lane(turn.name).reserve(turn.reserved)
            return 0.0

    def learn(self, turn: PaceTurn, status: int, headers: Mapping[str, str]) -> None:
        """Take over what the headers of the answer to a call say."""
        requests, tokens = told(headers, REQUESTS), told(headers, TOKENS)
        wait = retry_after(headers) if status == 429 else None
        with self._lock:
            if turn.marks is None or turn.is_ended:
                return
            now = self._clock()
            turn.stated = next((cost for prefix in PREFIXES if (cost := number(headers.get(prefix + COST)))), None)
            self._answered(turn)
            self._requests.lane(turn.name).is_told = True
            if requests is not None:
                self._requests.learn(turn.name, turn.marks[0], *requests, now)
            if tokens is not None:
                self._tokens.learn(turn.name, turn.marks[1], *tokens, now)
            if wait is not None:
                self._closed[turn.name] = now + min(wait, MAX_CLOSED)
            elif status == 429 and requests is not None and requests[1] and (tokens is None or tokens[1]):
                # refused with enough left: the host counts by a shorter window, such as a second
                lane = self._requests.lane(turn.name)
                lane.interval = lane.window / lane.limit

    def _answered(self, turn: PaceTurn) -> None:
        if not turn.is_answered:
            turn.is_answered = True
            if turn.spent is not None:
                turn.spent.counted = self._clock()
            self._requests.lane(turn.name).pending -= 1.0

    def spend(self, turn: PaceTurn, tokens: float) -> None:
        """Note the tokens of a call, before its end or soon after."""
        with self._lock:
            if not turn.is_ended:
                turn.cost = tokens
            elif turn.stated is None and turn.cost is None:
                turn.cost = tokens
                self._charge(turn, tokens)

    def end(self, turn: PaceTurn) -> None:
        """End the attempt of a call."""
        with self._lock:
            if turn.marks is None or turn.is_ended:
                return
            turn.is_ended = True
            self._answered(turn)
            self._tokens.lane(turn.name).reserve(-turn.reserved)
            tokens = turn.stated if turn.cost is None else turn.cost
            if tokens is not None:
                self._charge(turn, tokens)

    def _charge(self, turn: PaceTurn, tokens: float) -> None:
        now = self._clock()
        sent = turn.marks[1].sent if turn.marks else now
        self._tokens.lane(turn.name).add(Spent(sent, tokens, now, is_late=True))
        mean, deviation = self._expected.get(turn.name, (tokens, 0.0))
        off = tokens - mean
        self._expected[turn.name] = mean + SMOOTHING * off, deviation + SMOOTHING * (abs(off) - deviation)


_PACES: Final[weakref.WeakValueDictionary[bytes, Pace]] = weakref.WeakValueDictionary()
"""The paces of this process, as long as a client has them."""
_SALT: Final = secrets.token_bytes(16)
_LOCK: Final = threading.Lock()


def pace_of(host: str, credentials: str) -> Pace:
    """The pace that all clients with this host and these credentials share."""
    name = hashlib.blake2b(f"{host}\0{credentials}".encode(errors="replace"), key=_SALT).digest()
    with _LOCK:
        pace = _PACES.get(name)
        if pace is None:
            pace = _PACES[name] = Pace()
        return pace
