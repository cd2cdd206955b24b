"""Circuit breaking: a target that keeps failing is left alone for a while, then tried by one call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from mistral_rag._forks import ForkAware
from mistral_rag.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """Failures in a row after which a target is left alone, and the seconds until one call tries it again.

    The defaults are those of LiteLLM's router for failures, and long enough for a host to restart.
    """

    failures: int = 3
    cooldown: float = 30.0

    def __post_init__(self) -> None:
        if self.failures < 1 or self.cooldown < 0:
            raise ConfigurationError("A CircuitBreaker needs failures of at least 1 and a cooldown of at least 0.")


class Circuit(ForkAware):
    """State of one target. Thread-safe; a call that was let in must report with `succeeded`, `failed` or `left`.

    Copies and pickles begin closed.
    """

    def __init__(self, breaker: CircuitBreaker, clock: Callable[[], float] = monotonic) -> None:
        self._breaker = breaker
        self._clock = clock
        self._failures = 0
        self._opened = 0.0
        self.after_fork()
        self.heed_forks()

    def after_fork(self) -> None:
        """Forget the calls of the parent, one of which may have held the lock."""
        self._lock = threading.Lock()
        self._trying = False

    def __reduce__(self) -> tuple[type["Circuit"], tuple[CircuitBreaker]]:
        return Circuit, (self._breaker,)

    def admits(self) -> bool:
        """True when a call may go to the target; after the cooldown that is one call, until it has reported."""
        with self._lock:
            if self._failures < self._breaker.failures:
                return True
            if self._trying or self._clock() - self._opened < self._breaker.cooldown:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        """Close the circuit."""
        with self._lock:
            self._failures, self._trying = 0, False

    def failed(self) -> None:
        """Count a failure."""
        with self._lock:
            self._failures += 1
            self._opened, self._trying = self._clock(), False

    def left(self) -> None:
        """Note that a call ended without telling anything about the target."""
        with self._lock:
            self._trying = False
