"""Rates: how often a principal may ask, counted in token buckets."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mistral_rag.serve._http.paths import ASKS

MAX_BUCKETS: Final = 10_000
"""Principals and addresses that are counted at once; who was not seen for longest starts anew."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a minute, and so many at once."""

    a_minute: float
    burst: int


ASK: Final = Rate(120, 60)
"""Questions: each may cost money and a second of a core; a team with one token asks some a minute."""
WRITE: Final = Rate(60, 30)
"""Uploads, replacements, deletions, exports."""
READ: Final = Rate(1200, 600)
"""All else: a page of the documents shows 50 small pictures."""
SIGN_IN: Final = Rate(30, 20)
"""Requests of one address without a valid token; a page that nobody has signed in to makes a few."""


class RateBuckets:
    """Token buckets (Turner, IEEE Communications Magazine 24/10, 1986) by name, for one thread.

    `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, Rate], tuple[float, float]] = OrderedDict()

    def wait(self, name: str, rate: Rate) -> float:
        """Take a request of this name; 0 when it may go on, else the seconds after which one may."""
        now = self._clock()
        level, since = self._buckets.pop((name, rate), (float(rate.burst), now))
        level = min(rate.burst, level + (now - since) * rate.a_minute / 60)
        allowed = level >= 1
        self._buckets[name, rate] = (level - 1 if allowed else level, now)
        if len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - level) * 60 / rate.a_minute


def rate_of(method: str, path: str) -> Rate:
    """The rate that a request counts against."""
    if path in ASKS:
        return ASK
    return READ if method in {"GET", "HEAD", "OPTIONS"} else WRITE
