"""Examples through a door until its time is over: which failed, with the smallest example of each failure."""

import linecache
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mistral_rag.errors import MistralRagError

CHECKOUT = Path(__file__).parents[2]
OURS = (os.fspath(CHECKOUT / "src"), os.fspath(CHECKOUT / "ingest"), "/mistral_rag/", "/ingest/")
SECONDS = 10.0
"""Of a processor, for one example: the slowest good one takes .5 s."""
EXAMPLES = 50
"""Examples between two looks at the clock."""


class TooSlowError(BaseException):
    """An example took more than `SECONDS`; no Exception, so that nothing on the way catches it."""


class DoorFailedError(Exception):
    """An example came out of a door as it should not."""


@dataclass(frozen=True, slots=True)
class Door:
    """A way in: the values that come through it, and what is done with one. `check` raises what was wrong."""

    values: st.SearchStrategy[Any]
    check: Callable[[Any], object]


@dataclass(slots=True)
class Outcome:
    """Examples tried, how they ended, and the failures by the place they come from, each with its smallest example."""

    tried: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)


def is_named(error: BaseException) -> bool:
    """True for an error of ours, of pydantic, or a ValueError that our code raised itself, with a sentence."""
    if isinstance(error, MistralRagError | ValidationError):
        return True
    if not isinstance(error, ValueError) or isinstance(error, UnicodeError) or " " not in str(error):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    return any(part in last.filename for part in OURS) and linecache.getline(
        last.filename, last.lineno or 0
    ).strip().startswith("raise")


def try_one(door: Door, value: Any, outcome: Outcome, *, known: frozenset[str] = frozenset()) -> None:
    """Give one value to a door; raises what was wrong unless its place is known."""
    outcome.tried += 1
    try:
        with _limited():
            door.check(value)
        outcome.ended["result"] += 1
    except (Exception, TooSlowError) as error:
        if is_named(error):
            outcome.ended[type(error).__name__] += 1
            return
        place = place_of(error)
        outcome.ended["failure"] += 1
        if place in known:
            return
        shown = _shown(value)
        if len(outcome.failures.get(place, shown)) >= len(shown):
            outcome.failures[place] = shown
        if not isinstance(error, TooSlowError):  # to make it smaller would take hours
            raise DoorFailedError(place) from error


def place_of(error: BaseException) -> str:
    """The kind of an error and the last line of ours that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        frame for frame in frames if any(part in frame.filename for part in OURS) and "/tests/" not in frame.filename
    ]
    last = (ours or list(frames))[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} in {last.name}: {str(error)[:200]!r}"


def run(door: Door, *, examples: int, start: int, outcome: Outcome) -> None:
    """Try `examples` values; goes on behind a failure whose place is known, shrinks a new one."""
    known = frozenset(outcome.failures)

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(door.values)
    def one(value: Any) -> None:
        try_one(door, value, outcome, known=known)

    try:
        one()
    except DoorFailedError:
        return  # it is in the outcome
    except RecursionError:
        if not outcome.failures:  # else the example is too deep for hypothesis to print
            raise


def _shown(value: Any) -> str:
    try:
        return repr(value)[:2000]
    except RecursionError:
        return "a value that is too deep to be printed"


def run_until(door: Door, deadline: float, *, start: int, outcome: Outcome) -> None:
    """Try values until the time is over, by the clock of `time.monotonic`."""
    while time.monotonic() < deadline:
        run(door, examples=EXAMPLES, start=start, outcome=outcome)
        start += 1
        if sys.stderr.isatty():
            print(f"\r{outcome.tried} {len(outcome.failures)}", end="", file=sys.stderr)  # noqa: T201


@contextmanager
def _limited() -> Iterator[None]:
    """Stop what takes too much of a processor, where the system can."""
    if not hasattr(signal, "SIGVTALRM"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooSlowError(f"more than {SECONDS:.0f} s of a processor")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
