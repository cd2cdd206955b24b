"""More texts than memory holds: read lazily, yielded as they are completed."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

from mistral_rag.embeddings import EmbeddedBatch
from mistral_rag.testing import faults
from tests.embeddings.conftest import Body, Platform


def own_numbers(asked: Body) -> list[list[float]]:
    return [[float(text), 1.0] for text in asked["input"]]


async def gathered(batches: AsyncIterator[EmbeddedBatch]) -> list[EmbeddedBatch]:
    return [batch async for batch in batches]


def test_every_text_comes_once_with_its_vector(platform: Platform) -> None:
    platform.answers(own_numbers)
    batches = list(platform.model().embed_batches(str(number) for number in range(3000)))
    assert all(batch.matrix.dtype == np.float32 for batch in batches)
    assert all(batch.matrix[:, 0].tolist() == batch.indices.tolist() for batch in batches)
    assert sorted(number for batch in batches for number in batch.indices) == list(range(3000))
    assert max(map(len, batches)) == 256


def test_coroutines_take_texts_of_either_kind(platform: Platform) -> None:
    platform.answers(own_numbers)

    async def arriving() -> AsyncIterator[str]:
        for number in range(600):
            yield str(number)
            await asyncio.sleep(0)

    for texts in ([str(number) for number in range(600)], arriving()):
        batches = asyncio.run(gathered(platform.model().aembed_batches(texts)))
        assert sorted(number for batch in batches for number in batch.indices) == list(range(600))
        assert all(batch.matrix[:, 0].tolist() == batch.indices.tolist() for batch in batches)


def test_no_texts_are_no_batches_and_no_request(platform: Platform) -> None:
    assert list(platform.model().embed_batches([])) == []
    assert asyncio.run(gathered(platform.model().aembed_batches(iter([])))) == []
    assert not platform.requests


def endless(read: list[str]) -> Iterator[str]:
    while True:
        read.append(str(len(read)))
        yield read[-1]


def test_texts_are_read_as_they_are_needed(platform: Platform) -> None:
    read: list[str] = []
    batches = platform.model(max_concurrent_requests=2).embed_batches(endless(read))
    assert not read
    for number in range(1, 5):
        next(batches)
        assert len(read) <= 256 * (number + 4) + 1  # two batches under way, two waiting
    batches.close()  # type: ignore[attr-defined]


async def test_stopping_leaves_nothing_under_way(platform: Platform) -> None:
    platform.latency = 0.05
    read: list[str] = []
    batches = platform.model(max_concurrent_requests=2).aembed_batches(endless(read))
    await anext(batches)
    await batches.aclose()  # type: ignore[attr-defined]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert len(read) <= 256 * 6


@pytest.mark.parametrize("coroutine", [False, True])
def test_no_more_requests_at_once_than_allowed(platform: Platform, coroutine: bool) -> None:
    platform.latency = 0.05
    ours = platform.model(max_concurrent_requests=3)
    texts = [str(number) for number in range(256 * 7)]
    asyncio.run(ours.aembed_matrix(texts)) if coroutine else ours.embed_matrix(texts)
    assert platform.most_at_once == 3


def test_nothing_waits_for_its_turn_after_the_reader_stopped(platform: Platform) -> None:
    platform.faults.add(faults.rate_limit(retry_after=0), times=None, skip=1)
    batches = platform.model(max_concurrent_requests=2, max_retries=1).embed_batches(map(str, range(20_000)))
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    for thread in threading.enumerate():
        if thread.name.startswith("mistral-embed"):
            thread.join(30)
            assert not thread.is_alive()


def test_equal_texts_of_a_batch_are_sent_once(platform: Platform) -> None:
    (batch,) = platform.model().embed_batches(["a", "b", "a", "a"])
    assert platform.inputs == [["a", "b"]]
    assert batch.indices.tolist() == [0, 2, 3, 1]
    np.testing.assert_array_equal(batch.matrix[0], batch.matrix[2])


def test_equal_texts_make_no_endless_batch(platform: Platform) -> None:
    sizes = [len(batch) for batch in platform.model().embed_batches("same" for _ in range(10_000))]
    assert sorted(sizes) == [1808, 4096, 4096]


def test_a_long_text_is_one_row_of_a_batch(platform: Platform) -> None:
    batches = list(platform.model().embed_batches(["a", "word " * 20_000, "b"]))
    assert sorted(batch.indices.tolist() for batch in batches) == [[0, 2], [1]]


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u00a0\u3000"])
def test_a_text_of_blanks_is_sent_as_a_full_stop(platform: Platform, blank: str) -> None:
    matrix = platform.model().embed_matrix(["one apple", blank, "two pears"])
    assert platform.inputs == [["one apple", ".", "two pears"]]
    np.testing.assert_array_equal(matrix[2], platform.model().embed_query("two pears"))
    assert np.linalg.norm(matrix[1]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "sent"), [("a\ud800b", "a\ufffdb"), ("\ud83d\ude00", "😀"), ("\udfff" * 2, "\ufffd\ufffd")]
)
def test_halves_of_surrogate_pairs_are_joined_or_replaced(platform: Platform, text: str, sent: str) -> None:
    ours = platform.model()
    assert ours.embed_documents([text, sent]) == [ours.embed_query(sent)] * 2
    assert platform.inputs[0] == [sent]


def test_a_long_text_with_surrogates_is_embedded(platform: Platform) -> None:
    assert platform.model().embed_matrix(["word \ud800 " * 20_000]).shape == (1, 1024)


@pytest.mark.parametrize("texts", ["one text", b"bytes"])
def test_one_text_in_place_of_several_is_a_mistake(platform: Platform, texts: Any) -> None:
    with pytest.raises(TypeError, match="Put it in a list, or use embed_query"):
        platform.model().embed_documents(texts)


@pytest.mark.parametrize("coroutine", [False, True])
def test_what_is_no_text_is_named(platform: Platform, coroutine: bool) -> None:
    ours, texts = platform.model(), ["a", None]
    with pytest.raises(TypeError, match=r"Text 1 is a NoneType, not a str\."):
        asyncio.run(ours.aembed_documents(texts)) if coroutine else ours.embed_documents(texts)  # type: ignore[arg-type]
    assert not platform.requests
