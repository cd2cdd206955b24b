import asyncio
import base64
import json
import struct
from typing import Any

import numpy as np
import pytest

from mistral_rag import MistralEmbeddings
from mistral_rag.errors import ApiError, ResponseError
from mistral_rag.testing import FakeMistral, faults


def model(fake: FakeMistral, **settings: Any) -> MistralEmbeddings:
    return MistralEmbeddings(base_url=fake.base_url, api_key=fake.key, max_retries=0, **settings)


def texts(count: int) -> list[str]:
    return [f"text number {number}" for number in range(count)]


def sent(fake: FakeMistral) -> list[list[str]]:
    return [request.json["input"] for request in fake.requests]


def test_each_text_has_its_row_in_order(fake: FakeMistral) -> None:
    matrix = model(fake).embed_matrix(["one apple", "two pears", "three plums"])
    assert matrix.shape == (3, 1024)
    assert matrix.dtype == np.float32
    for row, text in zip(matrix, ["one apple", "two pears", "three plums"], strict=True):
        np.testing.assert_array_equal(row, model(fake).embed_query(text))


def test_all_ways_give_the_same_numbers(fake: FakeMistral) -> None:
    ours = model(fake)
    rows = ours.embed_documents(["one apple", "two pears"])
    assert rows == ours.embed_matrix(["one apple", "two pears"]).tolist()
    assert rows == asyncio.run(ours.aembed_documents(["one apple", "two pears"]))
    assert rows[0] == ours.embed_query("one apple") == asyncio.run(ours.aembed_query("one apple"))


def test_vectors_travel_as_base64(fake: FakeMistral) -> None:
    model(fake).embed_query("one apple")
    assert fake.requests[0].json == {"model": "mistral-embed", "input": ["one apple"], "encoding_format": "base64"}


def test_metadata_and_headers_are_sent(fake: FakeMistral) -> None:
    model(fake, metadata={"team": "search"}, default_headers={"x-team": "search"}).embed_query("one apple")
    assert fake.requests[0].json["metadata"] == {"team": "search"}
    assert fake.requests[0].headers["x-team"] == "search"


def test_parameters_newer_than_this_release_are_sent(fake: FakeMistral) -> None:
    with pytest.raises(ApiError, match="Extra inputs"):
        model(fake, model_kwargs={"truncation": "end"}).embed_query("one apple")
    assert fake.requests[0].json["truncation"] == "end"


def test_any_iterable_of_texts_will_do(fake: FakeMistral) -> None:
    several = ["one apple", "two pears"]
    for given in (tuple(several), iter(several), np.array(several)):
        np.testing.assert_array_equal(model(fake).embed_matrix(given), model(fake).embed_matrix(several))


def test_no_texts_are_no_request(fake: FakeMistral) -> None:
    assert model(fake).embed_documents([]) == []
    assert asyncio.run(model(fake).aembed_matrix([])).shape == (0, 0)
    assert not fake.requests


def test_a_batch_holds_at_most_256_texts(fake: FakeMistral) -> None:
    assert model(fake).embed_matrix(texts(600)).shape == (600, 1024)
    assert sorted(len(batch) for batch in sent(fake)) == [88, 256, 256]


def test_a_batch_holds_at_most_16384_tokens(fake: FakeMistral) -> None:
    long = [f"{number} " + "word " * 3000 for number in range(10)]
    assert model(fake).embed_matrix(long).shape == (10, 1024)
    assert [len(batch) for batch in sent(fake)] == [5, 5]
    assert {len(text) for batch in sent(fake) for text in batch} == {15002}


def test_coroutines_send_the_same_batches(fake: FakeMistral) -> None:
    matrix = asyncio.run(model(fake).aembed_matrix(texts(600)))
    np.testing.assert_array_equal(matrix, model(fake).embed_matrix(texts(600)))


def test_equal_texts_are_sent_once(fake: FakeMistral) -> None:
    matrix = model(fake).embed_matrix(["a", "b", "a", "a"])
    assert sent(fake) == [["a", "b"]]
    np.testing.assert_array_equal(matrix[0], matrix[2])
    np.testing.assert_array_equal(matrix[0], matrix[3])


def test_a_batch_the_platform_finds_too_large_is_halved(fake: FakeMistral) -> None:
    fake.faults.add(
        faults.error(400, {"object": "error", "message": "Too many tokens overall", "code": "3210"}), times=1
    )
    assert model(fake).embed_matrix(texts(5)).shape == (5, 1024)
    assert [len(batch) for batch in sent(fake)] == [5, 2, 3]


async def test_a_batch_is_halved_by_coroutines_too(fake: FakeMistral) -> None:
    fake.faults.add(
        faults.error(400, {"object": "error", "message": "Too many inputs in request", "code": "3210"}), times=1
    )
    assert (await model(fake).aembed_matrix(texts(5))).shape == (5, 1024)


def test_a_text_longer_than_a_model_takes_is_embedded_in_pieces(fake: FakeMistral) -> None:
    long = "one apple and two pears " * 2500
    matrix = model(fake, max_concurrent_requests=1).embed_matrix(["short", long, "shorter"])
    assert "".join(text for batch in sent(fake) for text in batch if text not in {"short", "shorter"}) == long
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), [1.0, 1.0, 1.0], rtol=1e-5)
    alike = model(fake).embed_matrix(["one apple and two pears ", "short"])
    assert matrix[1] @ alike[0] > 0.9
    np.testing.assert_array_equal(matrix[0], alike[1])


def test_the_order_of_the_reply_does_not_matter(fake: FakeMistral) -> None:
    right = model(fake).embed_matrix(texts(3))
    fake.faults.add(faults.shuffled_embeddings())
    np.testing.assert_array_equal(model(fake).embed_matrix(texts(3)), right)


def test_a_missing_vector_is_an_error(fake: FakeMistral) -> None:
    fake.faults.add(faults.missing_embedding(1))
    with pytest.raises(ResponseError, match="2 vectors for 3 texts"):
        model(fake).embed_matrix(texts(3))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([{"index": 0, "embedding": [1.0]}, {"index": 0, "embedding": [1.0]}], "a vector for text 0 of 2, or two"),
        ([{"index": 0, "embedding": [1.0]}, {"index": 7, "embedding": [1.0]}], "a vector for text 7 of 2, or two"),
        ([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": [1.0, 2.0]}], "of several lengths"),
        ([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": "???"}], "neither numbers nor base64"),
        ([{"index": 0, "embedding": [1.0]}, {"index": 1, "embedding": None}], "neither numbers nor base64"),
        (None, "holds no data"),
    ],
)
def test_a_reply_that_can_not_be_right_is_an_error(fake: FakeMistral, data: Any, problem: str) -> None:
    fake.faults.add(faults.error(200, {"object": "list", "data": data}))
    with pytest.raises(ResponseError, match=problem):
        model(fake).embed_documents(["a", "b"])


def test_numbers_are_taken_where_base64_was_not_understood(fake: FakeMistral) -> None:
    fake.faults.add(faults.error(200, {"data": [{"index": 0, "embedding": [0.5, -0.25]}]}))
    assert model(fake).embed_query("a") == [0.5, -0.25]


def test_base64_is_little_endian_float32(fake: FakeMistral) -> None:
    packed = base64.b64encode(struct.pack("<2f", 0.5, -0.25)).decode()
    fake.faults.add(faults.error(200, {"data": [{"index": 0, "embedding": packed}]}))
    assert model(fake).embed_query("a") == [0.5, -0.25]


@pytest.mark.parametrize(("dtype", "length"), [("int8", 256), ("uint8", 256), ("binary", 32), ("ubinary", 32)])
def test_smaller_numbers_for_models_that_have_them(fake: FakeMistral, dtype: str, length: int) -> None:
    ours = model(fake, model="codestral-embed", output_dimension=256, output_dtype=dtype)
    matrix = ours.embed_matrix(["def f(): pass"])
    assert matrix.shape == (1, length)
    assert matrix.dtype == {"int8": np.int8, "uint8": np.uint8, "binary": np.int8, "ubinary": np.uint8}[dtype]


def test_an_error_ends_the_whole_call(fake: FakeMistral) -> None:
    fake.faults.add(faults.server_error(500), skip=2)
    with pytest.raises(ApiError):
        model(fake).embed_documents(texts(2000))
    with pytest.raises(ApiError):
        asyncio.run(model(fake, model="mistral-unknown").aembed_documents(texts(600)))


def test_no_more_requests_at_once_than_allowed(fake: FakeMistral) -> None:
    fake.latency = 0.02
    model(fake, max_concurrent_requests=2).embed_documents(texts(256 * 6))
    assert fake.open_connections <= 2


def test_the_key_is_nowhere_to_be_seen(fake: FakeMistral) -> None:
    ours = model(fake)
    assert fake.key not in repr(ours) + str(ours) + json.dumps(ours.model_dump(mode="json"))


def test_names_that_other_integrations_use() -> None:
    ours = MistralEmbeddings.model_validate(
        {"model_name": "mistral-embed", "mistral_api_key": "k", "endpoint": "http://localhost/v1"}
    )
    assert (ours.model, ours.endpoint, ours.base_url) == ("mistral-embed", "http://localhost/v1", "http://localhost/v1")
