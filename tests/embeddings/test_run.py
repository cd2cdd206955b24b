"""Partial failure: the other results are returned, and the failed texts are named."""

import asyncio
import copy
from typing import Any

import numpy as np
import pytest

from mistral_rag import MistralEmbeddings
from mistral_rag.embeddings import PartialEmbeddings, Usage
from mistral_rag.errors import (
    ApiConnectionError,
    ApiError,
    AuthenticationError,
    RateLimitError,
    ResponseError,
    ServerError,
)
from mistral_rag.testing import faults
from mistral_rag.testing._server.exchange import Response
from tests.embeddings.conftest import Body, Platform, refusal


def texts(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def own_numbers(asked: Body) -> list[list[float]]:
    return [[float(text), 1.0] for text in asked["input"]]


def broken_batch(asked: Body) -> Any:
    return refusal("Internal error", status=500) if "300" in asked["input"] else own_numbers(asked)


def partial(error: ApiError) -> PartialEmbeddings:
    assert isinstance(error.partial, PartialEmbeddings)
    return error.partial


@pytest.mark.parametrize("coroutine", [False, True])
def test_a_failed_batch_leaves_the_others_results(platform: Platform, coroutine: bool) -> None:
    platform.answers(broken_batch)
    ours = platform.model()
    with pytest.raises(ServerError, match=r"Without a vector: texts 256-511; see `partial`\.") as caught:
        asyncio.run(ours.aembed_documents(texts(1000))) if coroutine else ours.embed_documents(texts(1000))
    left = partial(caught.value)
    assert left.indices == list(range(256, 512))
    assert left.failed[0].error is caught.value
    assert left.embedded is not None
    assert left.embedded.indices.tolist() == [*range(256), *range(512, 1000)]
    assert left.embedded.matrix[:, 0].tolist() == [*range(256), *range(512, 1000)]
    assert left.embedded.tokens == 744


def test_batches_come_before_the_error_that_names_the_failed(platform: Platform) -> None:
    platform.answers(broken_batch)
    came: list[int] = []
    with pytest.raises(ServerError, match="256-511") as caught:
        came.extend(number for batch in platform.model().embed_batches(texts(1000)) for number in batch.indices)
    assert sorted(came) == [*range(256), *range(512, 1000)]
    assert partial(caught.value).embedded is None


def test_the_half_that_passed_is_kept(platform: Platform) -> None:
    def rule(asked: Body) -> Any:
        if len(asked["input"]) > 2:
            return refusal("Too many inputs in request", code="3210")
        return refusal("Bad words", status=422) if "3" in asked["input"] else own_numbers(asked)

    platform.answers(rule)
    with pytest.raises(ApiError, match=r"Bad words.* texts 2-3;") as caught:
        platform.model().embed_documents(texts(4))
    assert partial(caught.value).indices == [2, 3]


def test_an_equal_text_is_named_wherever_it_stands(platform: Platform) -> None:
    platform.answers(broken_batch)
    with pytest.raises(ServerError, match=r"texts 256, 258;") as caught:
        platform.model().embed_documents([*texts(256), "300", "0", "300"])
    assert partial(caught.value).indices == [256, 258]


def test_one_text_fails_with_the_plain_error(platform: Platform) -> None:
    platform.answers(lambda _asked: refusal("Internal error", status=500))
    with pytest.raises(ServerError) as caught:
        platform.model().embed_query("a")
    assert caught.value.partial is None
    assert "Without a vector" not in str(caught.value)


def test_a_busy_platform_is_asked_again_in_the_middle(platform: Platform) -> None:
    platform.faults.add(faults.rate_limit(retry_after=0), times=2, skip=1)
    ours = platform.model(max_retries=2, max_concurrent_requests=1)
    np.testing.assert_array_equal(ours.embed_matrix(texts(600)), platform.model().embed_matrix(texts(600)))


@pytest.mark.parametrize("coroutine", [False, True])
def test_requests_that_come_too_fast_for_the_platform_queue_up(platform: Platform, coroutine: bool) -> None:
    platform.faults.add(faults.rate_limit(retry_after=0), times=9)
    ours = platform.model(max_retries=1)
    matrix = asyncio.run(ours.aembed_matrix(texts(600))) if coroutine else ours.embed_matrix(texts(600))
    assert matrix.shape == (600, 1024)
    assert len(platform.requests) == 12  # three batches twice, then one of them three times, and each of the three once


@pytest.mark.parametrize("coroutine", [False, True])
def test_a_limit_that_does_not_lift_ends_the_run(platform: Platform, coroutine: bool) -> None:
    platform.faults.add(faults.rate_limit(retry_after=0), times=None)
    ours = platform.model(max_retries=1, max_elapsed=0.1)
    with pytest.raises(RateLimitError, match="texts 0-599"):
        asyncio.run(ours.aembed_matrix(texts(600))) if coroutine else ours.embed_matrix(texts(600))
    assert len(platform.requests) <= 10  # three batches twice, then one of them twice two times


@pytest.mark.parametrize("coroutine", [False, True])
def test_what_every_batch_would_meet_stops_the_rest(platform: Platform, coroutine: bool) -> None:
    wrong = MistralEmbeddings(base_url=platform.base_url, api_key="wrong", max_concurrent_requests=2)
    with pytest.raises(AuthenticationError, match=r"Without a vector: texts 0-19999;") as caught:
        asyncio.run(wrong.aembed_matrix(texts(20_000))) if coroutine else wrong.embed_matrix(texts(20_000))
    assert partial(caught.value).embedded is None
    assert len(platform.requests) <= 4


def test_a_limit_in_the_middle_stops_the_rest_and_names_it(platform: Platform) -> None:
    platform.faults.add(faults.rate_limit(), times=None, skip=2)
    with pytest.raises(RateLimitError, match="texts 512-19999;") as caught:
        platform.model(max_concurrent_requests=1).embed_matrix(texts(20_000))
    assert len(platform.requests) == 3
    left = partial(caught.value)
    assert left.embedded is not None
    assert left.embedded.matrix.shape == (512, 1024)
    assert len(left.indices) == 20_000 - 512


def test_one_batch_without_an_answer_leaves_the_others(platform: Platform) -> None:
    def rule(asked: Body) -> Any:
        return Response(refused=True) if "300" in asked["input"] else own_numbers(asked)

    platform.answers(rule)
    with pytest.raises(ApiConnectionError, match="texts 256-511;") as caught:
        platform.model(max_concurrent_requests=1).embed_matrix(texts(1000))
    assert partial(caught.value).indices == list(range(256, 512))


def test_an_outage_ends_the_run(platform: Platform) -> None:
    platform.faults.add(faults.server_error(503), times=None, skip=1)
    with pytest.raises(ServerError, match="texts 256-19999;"):
        platform.model(max_concurrent_requests=1).embed_matrix(texts(20_000))
    assert len(platform.requests) == 9


def test_nothing_more_is_read_after_a_fatal_error(platform: Platform) -> None:
    read: list[int] = []

    def endless() -> Any:
        while True:
            read.append(len(read))
            yield str(len(read))

    wrong = MistralEmbeddings(base_url=platform.base_url, api_key="wrong", max_concurrent_requests=2)
    with pytest.raises(AuthenticationError):
        list(wrong.embed_batches(endless()))
    assert len(read) <= 256 * 7


def test_a_length_that_changes_between_batches_is_an_error(platform: Platform) -> None:
    platform.answers(lambda asked: [[1.0] * (3 if "599" in asked["input"] else 2)] * len(asked["input"]))
    with pytest.raises(ResponseError, match=r"vectors of length 3 where 2 was expected\. .*512-599"):
        platform.model(max_concurrent_requests=1).embed_documents(texts(600))


def test_usage_is_summed(platform: Platform) -> None:
    ours = platform.model()
    assert ours.usage == Usage(0, 0)
    platform.answers(own_numbers)
    ours.embed_documents(texts(600))
    ours.embed_query("1")
    asyncio.run(ours.aembed_query("2"))
    assert ours.usage == Usage(requests=5, tokens=602)
    assert sum(batch.tokens for batch in ours.embed_batches(texts(300))) == 300
    other = copy.deepcopy(ours)
    assert other.usage == Usage(0, 0)
    assert other.embed_query("7") == [7.0, 1.0]
