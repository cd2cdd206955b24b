"""Calls come as fast as the host's limits allow and no faster; the fake platform counts."""

import asyncio
import heapq
import json
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any

import pytest

from mistral_rag import ChatMistral, MistralEmbeddings
from mistral_rag.api._paces.pace import Pace, PaceTurn, pace_of
from mistral_rag.errors import RateLimitError
from mistral_rag.testing import FakeMistral, RateLimits, faults
from mistral_rag.testing._server.exchange import Request, Response
from mistral_rag.testing._server.limits import COST, Meter

SMALL, MEDIUM = "mistral-small-latest", "mistral-medium-latest"


class Clock:
    """A clock that stands still until the simulation moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Simulation:
    """Workers that ask the fake's meter through a pace, in virtual time.

    A request takes a while to arrive and a while to be answered, and costs 1 to 60 tokens.
    """

    def __init__(self, *, latency: float = 0.6, **limits: Any) -> None:
        self.clock = Clock()
        self.meter = Meter(RateLimits(clock=self.clock, **limits), enforced=True)
        self.pace = Pace(self.clock)
        self.answered = 0
        self.tokens = 0
        self._latency = latency
        self._random = random.Random(3)  # noqa: S311
        self._number = count()
        self._events: list[tuple[float, int, Callable[[], object]]] = []

    def run(self, calls: int, *, workers: int, models: tuple[str, ...] = (SMALL,)) -> float:
        """Seconds that so many calls take."""
        began, left = self.clock.now, iter(range(calls))
        for number in range(workers):
            self.at(self.clock.now, partial(self._next, left, models[number % len(models)]))
        while self._events:
            self.clock.now, _, event = heapq.heappop(self._events)
            event()
        return self.clock.now - began

    def at(self, moment: float, event: Callable[[], object]) -> None:
        heapq.heappush(self._events, (moment, next(self._number), event))

    def _next(self, left: Iterator[int], model: str) -> None:
        if next(left, None) is not None:
            self._ask(self.pace.turn(model), left)

    def _ask(self, turn: PaceTurn, left: Iterator[int]) -> None:
        wait = turn.delay()
        if wait:
            self.at(self.clock.now + wait, partial(self._ask, turn, left))
        else:
            self.at(self.clock.now + self._random.uniform(0.001, 0.02), partial(self._arrive, turn, left))

    def _arrive(self, turn: PaceTurn, left: Iterator[int]) -> None:
        response = self.post(turn.name)
        answered = self.clock.now + self._random.uniform(0.01, self._latency)
        self.at(answered, partial(self._receive, turn, left, response))

    def _receive(self, turn: PaceTurn, left: Iterator[int], response: Response) -> None:
        turn.learn(response.status, response.headers)
        turn.end()
        if response.status == 200:
            self.answered += 1
            self.tokens += int(response.headers[COST])
        self._next(left, turn.name)

    def post(self, model: str) -> Response:
        cost = {COST: str(self._random.randint(1, 60))}
        request = Request("POST", "/v1/chat/completions", body=json.dumps({"model": model}).encode())
        return self.meter.respond(request, lambda: Response(200, cost))


def test_ten_thousand_calls_are_never_refused_and_lose_no_time() -> None:
    simulation = Simulation(requests=600)
    seconds = simulation.run(10_000, workers=32)
    assert (simulation.answered, simulation.meter.refused) == (10_000, 0)
    # 16 full minutes must pass before the last 400 may come
    assert 960 <= seconds < 960 / 0.95


@pytest.mark.parametrize("prefix", ["", "llm_provider-"])
def test_tokens_are_paced_like_requests(prefix: str) -> None:
    simulation = Simulation(requests=100_000, tokens=20_000, prefix=prefix)
    seconds = simulation.run(4_000, workers=16)
    assert (simulation.answered, simulation.meter.refused) == (4_000, 0)
    assert simulation.tokens / 20_000 * 60 - 60 <= seconds < simulation.tokens / 20_000 * 60 / 0.9


def test_answers_that_take_long_do_not_slow_down() -> None:
    simulation = Simulation(requests=120, latency=30.0)
    simulation.run(1, workers=1)  # the limit is known from now on
    seconds = simulation.run(1_199, workers=200)
    assert (simulation.answered, simulation.meter.refused) == (1_200, 0)
    assert seconds < 9 * 60 / 0.9 + 30


@pytest.mark.parametrize(("by_model", "minutes"), [(False, 9), (True, 4)])
def test_models_are_counted_as_the_host_counts_them(by_model: bool, minutes: int) -> None:
    simulation = Simulation(requests=200, by_model=by_model)
    seconds = simulation.run(1_900, workers=16, models=(SMALL, MEDIUM))
    assert (simulation.answered, simulation.meter.refused) == (1_900, 0)
    assert minutes * 60 <= seconds < minutes * 60 / 0.9


def test_what_another_process_uses_is_left_to_it() -> None:
    simulation = Simulation(requests=600)
    for number in range(1_500):  # 300 a minute for five minutes
        simulation.at(simulation.clock.now + number * 0.2, partial(simulation.post, SMALL))
    simulation.run(3_000, workers=16)
    # the limit is used up by both, and when the other one asks is unknown: a few refusals a minute
    assert simulation.answered >= 2_750


def answer(pace: Pace, status: int, **headers: str) -> None:
    """A call that is answered at once."""
    turn = pace.turn(SMALL)
    assert turn.delay() == 0.0
    turn.learn(status, {name.replace("_", "-"): value for name, value in headers.items()})
    turn.end()


def test_a_host_without_limits_is_not_waited_for() -> None:
    pace = Pace(Clock())
    for _ in range(1000):
        answer(pace, 200)


@pytest.mark.parametrize("limit", ["", "x", "-5", "0", "1e9", "nan", "٣", "9" * 40])
def test_a_limit_that_is_no_number_is_none(limit: str) -> None:
    pace = Pace(Clock())
    for _ in range(100):
        answer(pace, 200, x_ratelimit_limit_req_minute=limit, x_ratelimit_remaining_req_minute="0")


def test_a_window_that_begins_anew_is_noticed() -> None:
    clock = Clock()
    pace = Pace(clock)
    limit = {"x_ratelimit_limit_requests": "10"}  # a gateway's: all are back at the full minute
    for remaining in range(9, -1, -1):
        answer(pace, 200, **limit, x_ratelimit_remaining_requests=str(remaining))
        clock.now += 1
    assert pace.turn(SMALL).delay() > 40
    clock.now += 51
    answer(pace, 200, **limit, x_ratelimit_remaining_requests="9")
    for remaining in range(8, 0, -1):
        answer(pace, 200, **limit, x_ratelimit_remaining_requests=str(remaining))


def test_a_refusal_with_requests_left_spreads_the_calls() -> None:
    clock = Clock()
    pace = Pace(clock)
    answer(pace, 429, x_ratelimit_limit_req_minute="60", x_ratelimit_remaining_req_minute="58")
    assert pace.turn(SMALL).delay() == 1.0
    clock.now += 1.0
    answer(pace, 200, x_ratelimit_limit_req_minute="60", x_ratelimit_remaining_req_minute="57")
    assert pace.turn(SMALL).delay() == 1.0


def test_all_calls_wait_when_one_was_told_to() -> None:
    pace = Pace(Clock())
    answer(pace, 429, retry_after="7")
    assert pace.turn(SMALL).delay() == 7.0
    assert pace.turn(MEDIUM).delay() == 0.0


def test_no_host_stops_the_calls_for_long() -> None:
    pace = Pace(Clock())
    answer(pace, 429, retry_after="86400")
    assert pace.turn(SMALL).delay() == 60.0


def test_a_pace_is_shared_by_host_and_key() -> None:
    pace = pace_of("https://a.example/v1", "key")
    assert pace_of("https://a.example/v1", "key") is pace
    assert pace_of("https://a.example/v1", "other key") is not pace
    assert pace_of("https://b.example/v1", "key") is not pace


def test_threads_coroutines_and_objects_share_one_limit() -> None:
    limits = RateLimits(requests=60, window="second")
    with FakeMistral(limits=limits) as fake:
        given = {"base_url": fake.base_url, "api_key": fake.key}
        chat, other = ChatMistral.model_validate(given), ChatMistral.model_validate(given)
        embeddings = MistralEmbeddings.model_validate(given)
        chat.invoke("the limit is known from now on")

        async def coroutines() -> list[str]:
            return [reply.text for reply in await asyncio.gather(*(other.ainvoke(f"{n}") for n in range(60)))]

        def streamed(number: int) -> str:
            return "".join(chunk.text for chunk in chat.stream(f"{number}"))

        with ThreadPoolExecutor(8) as threads:
            texts = threads.map(streamed, range(60))
            vectors = threads.map(embeddings.embed_query, [f"text {n}" for n in range(20)])
            assert asyncio.run(coroutines()) == [f"You said: {n}" for n in range(60)]
            assert list(texts) == [f"You said: {n}" for n in range(60)]
            assert len(list(vectors)) == 20
        # a busy machine may send a call late; without a pace 80 come too early at first
        assert fake.refused_by_limits < 30


def test_a_key_without_allowance_is_not_asked_again() -> None:
    with FakeMistral() as fake:
        headers = {"x-ratelimit-limit-req-minute": "0"}
        refused = fake.faults.add(
            faults.error(429, {"message": "Requests rate limit exceeded"}, headers=headers), times=9
        )
        with pytest.raises(RateLimitError, match="The key has no allowance for this model") as raised:
            ChatMistral(base_url=fake.base_url, api_key=fake.key).invoke("Hello")
        assert refused.hits == 1
        assert raised.value.is_retryable is False
