from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from mistral_rag.api._errors import BadRequestError, RateLimitError, ServerError
from mistral_rag.api._retry import RetryPolicy, aretrying, retry_after, retrying

POLICY = RetryPolicy(retries=3, base=1.0, cap=3.0, budget=60.0)
AT_ONCE = RetryPolicy(retries=3, base=0.0)
BUSY = ServerError("busy")


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1.0), (2, 2.0), (3, 3.0)])
def test_the_wait_doubles_up_to_the_cap(attempt: int, seconds: float) -> None:
    assert POLICY.delay(attempt, BUSY) == seconds


def test_chance_spreads_the_wait_down_to_nothing() -> None:
    assert POLICY.delay(2, BUSY, chance=0.0) == 0.0
    assert POLICY.delay(2, BUSY, chance=0.25) == 0.5


def test_after_the_last_attempt_there_is_none() -> None:
    assert POLICY.delay(4, BUSY) is None


def test_what_can_not_get_better_is_not_tried_again() -> None:
    assert POLICY.delay(1, BadRequestError("wrong")) is None


def test_the_platform_says_how_long_to_wait() -> None:
    assert POLICY.delay(1, RateLimitError("slow down", retry_after=7.0), chance=0.0) == 7.0


def test_a_wait_beyond_the_budget_is_not_begun() -> None:
    assert POLICY.delay(1, RateLimitError("slow down", retry_after=61.0)) is None
    assert POLICY.delay(1, RateLimitError("slow down", retry_after=31.0), elapsed=30.0) is None
    assert POLICY.delay(1, BUSY, elapsed=59.5) is None


def test_a_failing_call_is_tried_until_it_succeeds() -> None:
    outcomes = [ServerError("busy"), RateLimitError("slow down", retry_after=0.0)]

    def attempt() -> str:
        if outcomes:
            raise outcomes.pop()
        return "done"

    assert retrying(AT_ONCE, attempt) == "done"


def test_the_log_of_a_retry_names_the_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="mistral_rag")
    outcomes = [ServerError("busy", request_id="abc"), ServerError("away")]

    def attempt() -> str:
        if outcomes:
            raise outcomes.pop()
        return "done"

    assert retrying(AT_ONCE, attempt) == "done"
    assert [record.getMessage() for record in caplog.records] == [
        "Attempt 1 failed, the next one is in 0.0 s: away",
        "Attempt 2 failed (request abc), the next one is in 0.0 s: busy",
    ]


async def test_coroutines_give_up_with_the_last_error() -> None:
    made = 0

    async def attempt() -> None:
        nonlocal made
        made += 1
        raise ServerError(f"busy {made}")

    with pytest.raises(ServerError, match="busy 4"):
        await aretrying(AT_ONCE, attempt)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"llm_provider-retry-after": "3"}, 3.0),
        ({"llm_provider-retry-after": "3", "retry-after": "1"}, 1.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date_to_come() -> None:
    seconds = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)})
    assert seconds is not None
    assert 290 < seconds <= 300
