"""Allowances: what calls have used up of a limit, within the window that the host counts."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from mistral_rag.api._paces.headers import WINDOWS

LAG: Final = 0.02
"""Share of the window, 1.2 s of a minute, within which a request reaches the host's count: before its answer, but an
answer may take minutes."""
LEAST_LAG: Final = 0.25
"""Seconds of the same, for short windows: a new connection, a busy machine."""
NOTHING: Final = 1e-6
"""Amounts below are none: sums of fractions."""
POLL: Final = 0.02
"""Seconds between looks while only answers to other calls can make room."""
MIN_WAIT: Final = 0.001
MAX_LANES: Final = 256
"""Models that are remembered: a name may come from whoever asks."""


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
