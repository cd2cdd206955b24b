"""Vectors that are close for similar texts, in every form of the platform, and the limits."""

import base64
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt
import pytest

from mistral_rag.testing._content.vectors import embed, quantised

NUMPY = {"float": "<f4", "int8": "i1", "uint8": "u1", "binary": "i1", "ubinary": "u1"}


def ask(client: httpx.Client, texts: Any, **more: Any) -> httpx.Response:
    return client.post("/embeddings", json={"model": "mistral-embed", "input": texts, **more})


def matrix(reply: httpx.Response) -> npt.NDArray[np.float64]:
    return np.array([item["embedding"] for item in reply.json()["data"]])


def test_the_reply(client: httpx.Client) -> None:
    body = ask(client, ["net sales", "travel by train"]).json()
    assert [(item["object"], item["index"], len(item["embedding"])) for item in body["data"]] == [
        ("embedding", 0, 1024),
        ("embedding", 1, 1024),
    ]
    assert (body["object"], body["model"]) == ("list", "mistral-embed")
    assert (body["usage"]["prompt_tokens"], body["usage"]["total_tokens"]) == (5, 5)


def test_texts_that_share_words_lie_close_together(direct: httpx.Client) -> None:
    texts = ["How much did net sales rise?", "Net sales rose to 5,000.", "Trains are booked in second class."]
    vectors = matrix(ask(direct, texts))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    alike, apart = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert alike > 0.4 > 0.2 > abs(apart)


def test_equal_texts_have_equal_vectors_and_one_text_needs_no_list(direct: httpx.Client) -> None:
    assert np.array_equal(matrix(ask(direct, "hello")), matrix(ask(direct, ["hello"])))


@pytest.mark.parametrize("text", ["", " ", "the of and", "!?"])
def test_a_text_without_words_has_a_vector_too(direct: httpx.Client, text: str) -> None:
    assert np.linalg.norm(matrix(ask(direct, [text]))) == pytest.approx(1)


@pytest.mark.parametrize("dtype", sorted(NUMPY))
def test_base64_holds_the_same_numbers_as_the_list(direct: httpx.Client, dtype: str) -> None:
    plain = ask(direct, ["net sales"], output_dtype=dtype).json()["data"][0]["embedding"]
    packed = ask(direct, ["net sales"], output_dtype=dtype, encoding_format="base64").json()["data"][0]["embedding"]
    assert len(plain) == (128 if "binary" in dtype else 1024)
    assert np.frombuffer(base64.b64decode(packed), NUMPY[dtype]).tolist() == plain


def test_quantised_vectors_keep_what_they_can() -> None:
    vector = embed(["net sales rose by a quarter"], 64, width=64)[0]
    signs = vector > 0
    assert np.array_equal(np.unpackbits(quantised(vector, "ubinary")), signs)
    assert np.array_equal(np.unpackbits((quantised(vector, "binary").astype(int) + 128).astype(np.uint8)), signs)
    assert quantised(vector, "int8") / 127 == pytest.approx(vector, abs=0.005)
    assert (quantised(vector, "uint8").astype(int) - 128) / 127 == pytest.approx(vector, abs=0.005)


def test_the_code_model_has_other_dimensions_and_its_prefixes(direct: httpx.Client) -> None:
    def code(**more: Any) -> httpx.Response:
        return ask(direct, ["def total(values)"], model="codestral-embed", **more)

    assert matrix(code()).shape == (1, 1536)
    widest, short = matrix(code(output_dimension=3072))[0], matrix(code(output_dimension=256))[0]
    prefix = widest[:256]
    assert short == pytest.approx(prefix / np.linalg.norm(prefix) if prefix.any() else short, abs=1e-6)
    assert code(output_dimension=3073).status_code == 400
    assert code(output_dimension=0).status_code == 422
    assert code(output_dimension=12, output_dtype="binary").status_code == 400
    assert ask(direct, ["x"], output_dimension=512).status_code == 400


@pytest.mark.parametrize(
    ("texts", "message", "code"),
    [
        ([], "Please provide at least one input element.", "3210"),
        (["x"] * 257, "Too many inputs in request, split into more batches.", "3210"),
        (["a " * 8000] * 3, "Too many tokens overall, split into more batches.", "3210"),
        (["x", "a " * 8193], "Input id 1 has 8193 tokens, exceeding max 8192 tokens.", "3051"),
    ],
)
def test_limits(direct: httpx.Client, texts: list[str], message: str, code: str) -> None:
    reply = ask(direct, texts)
    assert reply.status_code == 400
    assert {key: reply.json()[key] for key in ("message", "type", "code")} == {
        "message": message,
        "type": "invalid_request_prompt",
        "code": code,
    }


def test_just_within_the_limits(direct: httpx.Client) -> None:
    assert ask(direct, ["x"] * 256).status_code == 200
    assert ask(direct, ["a " * 8192] * 2, encoding_format="base64").status_code == 200


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"inputs": ["x"]}, ["body", "inputs"]),
        ({"user": "me"}, ["body", "user"]),
        ({"dimensions": 3}, ["body", "dimensions"]),
        ({"output_dtype": "float32"}, ["body", "output_dtype"]),
    ],
)
def test_wrong_keys_are_refused(direct: httpx.Client, change: dict[str, Any], place: list[str]) -> None:
    reply = ask(direct, ["x"], **change)
    assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, place)


def test_token_ids_are_not_texts(direct: httpx.Client) -> None:
    assert ask(direct, [[1, 2, 3]]).status_code == 422


def test_a_chat_model_embeds_nothing(direct: httpx.Client) -> None:
    assert ask(direct, ["x"], model="mistral-small-latest").json()["code"] == "1500"
