"""Retries: one policy for every call, applied by a sync and an async loop.

Retried are the errors that langchain-core calls retryable: 408, 429, 5xx, no connection, no answer in time. Exponential
backoff with full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); a Retry-After
header is obeyed, or the error raised at once when the wait does not fit into the budget.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Protocol, TypeVar

from langchain_core.exceptions import ModelError

from mistral_rag._logger import logger_of

T = TypeVar("T")

REFUSED = frozenset({429, 503})
"""Statuses of a host that did not begin: what makes something new is sent again after no other."""

logger = logger_of(__name__)


class FailedAttempt(Protocol):
    """The attributes of an error that the policy reads."""

    is_retryable: bool
    status: int | None
    retry_after: float | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Number and timing of retries.

    Attributes:
        retries: Attempts after the first.
        base: Upper bound of the first wait in seconds; it doubles with every further attempt.
        cap: Maximum backoff in seconds (a Retry-After may be longer).
        budget: Seconds after the start of the first attempt within which a retry may start.
        statuses: The statuses after which there is a retry; None for every error that is retryable.
    """

    retries: int = 4
    base: float = 0.5
    cap: float = 16.0
    budget: float = 120.0
    statuses: frozenset[int] | None = None

    def delay(self, attempt: int, failure: FailedAttempt, *, elapsed: float = 0.0, chance: float = 1.0) -> float | None:
        """Seconds to wait after the failed `attempt` (from 1); None to give up.

        `elapsed` is the time since the first attempt began; `chance` is a random number between 0 and 1.
        """
        if not failure.is_retryable or attempt > self.retries:
            return None
        if self.statuses is not None and failure.status not in self.statuses:
            return None
        if failure.retry_after is not None:
            wait = failure.retry_after
        else:
            wait = min(self.cap, self.base * 2.0 ** (attempt - 1)) * chance
        return wait if elapsed + wait <= self.budget else None


def retrying(policy: RetryPolicy, attempt_once: Callable[[], T]) -> T:
    """Call `attempt_once` until it succeeds or the policy gives up; then raise its last error."""
    began = time.monotonic()
    for attempt in count(1):
        try:
            return attempt_once()
        except ModelError as error:
            wait = _wait(policy, attempt, error, began)
            if wait is None:
                raise
        time.sleep(wait)
    raise AssertionError("unreachable")


async def aretrying(policy: RetryPolicy, attempt_once: Callable[[], Awaitable[T]]) -> T:
    """`retrying` for coroutines."""
    began = time.monotonic()
    for attempt in count(1):
        try:
            return await attempt_once()
        except ModelError as error:
            wait = _wait(policy, attempt, error, began)
            if wait is None:
                raise
        await asyncio.sleep(wait)
    raise AssertionError("unreachable")


def _wait(policy: RetryPolicy, attempt: int, error: ModelError, began: float) -> float | None:
    failure: FailedAttempt = error  # type: ignore[assignment]  # every error of the client is an ApiError
    wait = policy.delay(attempt, failure, elapsed=time.monotonic() - began, chance=random.random())  # noqa: S311
    if wait is not None:
        named = f" (request {failure.request_id})" if failure.request_id else ""
        logger.info("Attempt %d failed%s, the next one is in %.1f s: %s", attempt, named, wait, error)
    return wait


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `retry-after-ms` or `Retry-After` (seconds or a date); None without a usable one.

    A LiteLLM proxy passes on the platform's with a prefix only.
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0), ("llm_provider-retry-after", 1.0)):
        value = headers.get(name)
        if value is None:
            continue
        try:
            seconds = float(value) * scale
        except ValueError:
            seconds = _until(value)
        if 0.0 <= seconds < float("inf"):
            return seconds
    return None


def _until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return -1.0
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
