"""Pacing: calls wait as long as the host's rate limits need, so that none is refused for coming too early.

Limits are read from the headers of every answer: the platform's (`x-ratelimit-limit-req-minute`, …), those of OpenAI's
form, and both behind LiteLLM's `llm_provider-`. The platform counts requests and tokens of the last 60 seconds. All
clients of a process with one key and host share a `Pace`; what other processes use up is told by what remains.
"""

import hashlib
import math
import secrets
import threading
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final

from mistral_rag._forks import ForkAware
from mistral_rag.api._retry import retry_after

WINDOWS: Final = {"second": 1.0, "minute": 60.0}
PREFIXES: Final = ("", "llm_provider-")
REQUESTS: Final = {"req-minute": "minute", "req-second": "second", "requests": "minute"}
TOKENS: Final = {"tokens-minute": "minute", "tokens-second": "second", "tokens": "minute"}
"""Ends of the names of headers, and the window that they speak of; OpenAI's names say none, and mean a minute."""

COST: Final = "x-ratelimit-tokens-query-cost"
LAG: Final = 0.02
"""Share of the window, 1.2 s of a minute, within which a request reaches the host's count: before its answer, but an
answer may take minutes."""
LEAST_LAG: Final = 0.25
"""Seconds of the same, for short windows: a new connection, a busy machine."""
NOTHING: Final = 1e-6
"""Amounts below are none: sums of fractions."""
POLL: Final = 0.02
"""Seconds between looks while only answers to other calls can make room."""
MAX_CLOSED: Final = 60.0
"""Seconds for which one refusal holds up the other calls, whatever it asks for."""
DEVIATIONS: Final = 2.0
"""Mean deviations above its mean cost that a call is expected to stay below, as timeouts of TCP are estimated."""
MIN_WAIT: Final = 0.001
UNTOLD: Final = 8
"""Calls that may be under way to a model before the first answer tells its limits."""
HOLD: Final = 1.0
"""Seconds for which the others wait for that answer."""
MAX_DIGITS: Final = 16
MAX_COUNT: Final = 10**15
"""Counts above are none."""
MAX_LANES: Final = 256
"""Models that are remembered: a name may come from whoever asks."""
SMOOTHING: Final = 0.2
"""Weight of the newest call in the tokens that a call is expected to cost."""


@dataclass(slots=True)
class Spent:
    """An amount that a call has used up: the host counted it after it was `sent` and before `counted`.

    Requests are counted when they arrive; `is_late` marks tokens, which are counted with the answer.
    """

    sent: float
    amount: float
    counted: float = math.inf
    is_late: bool = False


class Lane:
    """Use of the window by the calls to one model: amounts with their times, oldest first.

    The host may have forgotten an amount as soon as the window has passed since its call was sent; from then on it is
    `doubtful`, and counts until it must have been forgotten.
    """

    def __init__(self) -> None:
        self.limit = math.inf
        self.window = WINDOWS["minute"]
        self.interval = 0.0
        self.last = -math.inf
        self.used = 0.0
        self.pending = 0.0
        self.passed = 0.0
        self.is_told = False
        self._certain: deque[Spent] = deque()
        self._doubtful: deque[Spent] = deque()
        self._doubt = 0.0
        self._foreign = 0.0
        self._foreign_at = 0.0

    @property
    def settled(self) -> float:
        """The amount that the host has counted for sure, as its answers have arrived."""
        return self.used - self.pending - self._doubt

    def add(self, spent: "Spent") -> None:
        """Count an amount."""
        self._certain.append(spent)
        self.used += spent.amount

    def reserve(self, amount: float) -> None:
        """Count an amount that is expected, until what it really was is known."""
        self.used += amount
        self.pending += amount

    def expire(self, now: float) -> None:
        """Doubt and forget what has left the window."""
        while self._certain and self._certain[0].sent + self.window <= now:
            spent = self._certain.popleft()
            self._doubtful.append(spent)
            self.passed += spent.amount
            self._doubt += spent.amount
        while self._doubtful and self._forgotten(self._doubtful[0]) <= now:
            self._forget_doubtful()

    def _forget_doubtful(self) -> None:
        amount = self._doubtful.popleft().amount
        self.used -= amount
        self._doubt -= amount

    def drop(self, amount: float) -> float:
        """Forget what is doubtful, and of the rest the oldest of so much in sum; what is left of `amount`."""
        while self._doubtful:
            self._forget_doubtful()
        while self._certain and amount >= self._certain[0].amount:
            dropped = self._certain.popleft().amount
            self.used -= dropped
            self.passed += dropped
            amount -= dropped
        return amount

    def _forgotten(self, spent: "Spent") -> float:
        lag = max(LEAST_LAG, self.window * LAG)
        return spent.counted + self.window if spent.is_late else min(spent.counted, spent.sent + lag) + self.window

    def next_room(self) -> float:
        """The time at which the oldest amount is forgotten."""
        oldest = next(iter(self._doubtful or self._certain), None)
        return math.inf if oldest is None else self._forgotten(oldest)

    def note_foreign(self, amount: float, now: float) -> None:
        """Note what others have used up."""
        self._foreign, self._foreign_at = amount, now

    def foreign(self, now: float) -> tuple[float, float]:
        """Amounts used up by others if they go on as before, and if they have stopped: then they leave evenly."""
        left = 1.0 - (now - self._foreign_at) / self.window
        return (self._foreign, self._foreign * left) if left > 0 else (0.0, 0.0)

    def foreign_room(self, room: float) -> float:
        """The time at which others that have stopped leave `room`."""
        return self._foreign_at + self.window * (1.0 - max(0.0, room) / self._foreign) if self._foreign else math.inf


@dataclass(frozen=True, slots=True)
class PaceMark:
    """Amounts that were settled, and that had left the window, when a call was sent: of its lane, and of all."""

    sent: float
    settled: float
    passed: float
    all_settled: float
    all_passed: float


class Allowance:
    """The limit of requests or of tokens, by model.

    Hosts count all models of a key together, or each for itself. They are taken together until an answer shows that
    the host has counted less than that. `by_answers` is True where only an answer tells what a call has used up.
    """

    def __init__(self, *, by_answers: bool) -> None:
        self._by_answers = by_answers
        self._lanes: dict[str, Lane] = {}
        self._apart = False

    def lane(self, name: str) -> Lane:
        """The lane of a model."""
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= MAX_LANES:
                self._lanes = {known: lane for known, lane in self._lanes.items() if lane.pending or lane.used}
            lane = self._lanes.setdefault(name, Lane())
        return lane

    def wait(self, name: str, amount: float, now: float) -> float:
        """Seconds until the next look; 0 when `amount` may be used now."""
        lane = self.lane(name)
        if lane.limit == math.inf:
            return 0.0
        if lane.interval and now < lane.last + lane.interval:
            return lane.last + lane.interval - now
        counted = self._counted(lane)
        for other in counted:
            other.expire(now)
        used = sum(other.used for other in counted)
        foreign, least = lane.foreign(now)
        room = lane.limit - used - amount
        if foreign <= room or used + foreign < NOTHING:
            return 0.0
        pending = sum(other.pending for other in counted) > NOTHING
        if least <= room and not pending:
            return 0.0  # one call finds out whether the others have stopped
        moments = [other.next_room() for other in counted]
        if room > 0 and not pending:
            moments.append(lane.foreign_room(room))
        if pending and (foreign or self._by_answers):
            moments.append(now + POLL)  # an answer may make room
        return max(min(moments) - now, MIN_WAIT)

    def mark(self, name: str, now: float) -> PaceMark:
        """The mark for a call that is sent now."""
        lane, lanes = self.lane(name), self._lanes.values()
        all_settled, all_passed = sum(one.settled for one in lanes), sum(one.passed for one in lanes)
        return PaceMark(now, lane.settled, lane.passed, all_settled, all_passed)

    def learn(
        self, name: str, mark: PaceMark, limit: float, remaining: float | None, window: float, now: float
    ) -> None:
        """Take over what an answer says; `mark` is that of its call."""
        lane = self.lane(name)
        lane.limit, lane.window = limit, window
        if remaining is None:
            return
        for other in self._lanes.values():
            other.expire(now)
        used = max(0.0, limit - remaining)
        # the host had counted at least this much of ours when it answered
        own = mark.settled - (lane.passed - mark.passed)
        of_all = mark.all_settled - (sum(one.passed for one in self._lanes.values()) - mark.all_passed)
        if not self._apart and own <= used < of_all:
            self._apart = True
        counted = self._counted(lane)
        surplus = (own if self._apart else of_all) - used
        for other in counted if surplus > 0 else ():  # its window began anew
            surplus = other.drop(surplus)
        lane.note_foreign(max(0.0, used - sum(one.used for one in counted)), now)

    def _counted(self, lane: Lane) -> list[Lane]:
        return [lane] if self._apart else list(self._lanes.values())


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


def told(headers: Mapping[str, str], names: Mapping[str, str]) -> tuple[float, float | None, float] | None:
    """Limit, what remains of it, and the window in seconds; None without a usable limit."""
    for prefix in PREFIXES:
        for name, unit in names.items():
            limit = number(headers.get(f"{prefix}x-ratelimit-limit-{name}"))
            if limit:  # a limit of 0 says that the key may not use the model, and would stop all calls for ever
                return limit, number(headers.get(f"{prefix}x-ratelimit-remaining-{name}")), WINDOWS[unit]
    return None


def number(text: str | None) -> float | None:
    """The count in a header; None when it is none."""
    return float(text) if text is not None and text.isdecimal() and text.isascii() and len(text) < MAX_DIGITS else None


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
