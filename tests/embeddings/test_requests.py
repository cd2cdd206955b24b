"""No text and no batch fails for its size: halving, splitting, truncation."""

from typing import Any

import numpy as np
import pytest

from mistral_rag.embeddings import _tokens as tokens
from mistral_rag.errors import ApiError, BadRequestError, ContextOverflowError, ResponseError
from mistral_rag.testing._server.exchange import Response, json_response
from tests.embeddings.conftest import Body, Platform, refusal

SPELLINGS: dict[str, Response] = {
    "in batch": refusal("Too many tokens in batch. Max is 16384 got 20000", code=3210),
    "overall": refusal("Too many tokens overall, split into more batches.", type="invalid_request_prompt", code="3210"),
    "inputs": refusal("Too many inputs in request, split into more batches.", code="3210"),
    "the code alone": refusal("Invalid prompt", code="3210"),
    "no code": json_response({"message": "too many inputs"}, status=400),
    "as a detail": json_response({"detail": "Too many tokens in batch."}, status=422),
    "by pydantic": json_response(
        {"detail": [{"type": "too_long", "loc": ["body", "input"], "msg": "List should have at most 2 items"}]},
        status=422,
    ),
    "nested": json_response(
        {"object": "error", "message": {"detail": [{"msg": "Too many tokens overall"}]}}, status=422
    ),
    "in an error": json_response({"error": {"message": "This model's maximum context length is 8192"}}, status=400),
    "a gateway": Response(
        413, {"content-type": "text/html"}, b"<html><title>413 Request Entity Too Large</title></html>"
    ),
    "text": Response(400, {"content-type": "text/plain"}, b"input exceeds the maximum batch size"),
}


def ones(asked: Body) -> list[list[float]]:
    return [[float(text), 1.0] for text in asked["input"]]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_refused_batch_is_halved_until_it_passes(platform: Platform, spelling: str) -> None:
    platform.answers(lambda asked: SPELLINGS[spelling] if len(asked["input"]) > 2 else ones(asked))
    matrix = platform.model().embed_matrix(["0", "1", "2", "3", "4"])
    assert matrix.tolist() == [[0, 1], [1, 1], [2, 1], [3, 1], [4, 1]]
    assert [len(texts) for texts in platform.inputs] == [5, 2, 3, 1, 2]


@pytest.mark.parametrize("spelling", ["inputs", "by pydantic", "text"])
def test_a_host_that_takes_fewer_texts_gets_fewer(platform: Platform, spelling: str) -> None:
    platform.answers(lambda asked: SPELLINGS[spelling] if len(asked["input"]) > 64 else ones(asked))
    platform.model(max_concurrent_requests=1).embed_matrix([str(number) for number in range(5000)])
    sizes = [len(texts) for texts in platform.inputs]
    assert max(sizes[30:]) == 64
    assert len(sizes) < 100  # 79 of 64 texts would have done


async def test_coroutines_halve_too(platform: Platform) -> None:
    platform.answers(lambda asked: SPELLINGS["overall"] if len(asked["input"]) > 2 else ones(asked))
    assert (await platform.model().aembed_documents(["0", "1", "2"])) == [[0, 1], [1, 1], [2, 1]]


def test_what_can_not_be_helped_by_less_is_not_halved(platform: Platform) -> None:
    with pytest.raises(BadRequestError, match="output_dimension must be at most 3072"):
        platform.model(model="codestral-embed", output_dimension=4000).embed_documents(["a", "b"])
    assert len(platform.requests) == 1


def test_a_platform_that_never_stops_refusing_is_left(platform: Platform) -> None:
    platform.answers(lambda asked: SPELLINGS["overall"])
    with pytest.raises(ApiError, match="Too many tokens"):
        platform.model().embed_documents(["0", "1", "2", "3"])
    assert len(platform.requests) == 7


def test_a_batch_is_filled_by_exact_count(platform: Platform) -> None:
    texts = [f"{number:04}" + " word" * 500 for number in range(40)]  # 4 + 1 + 500 + 2 tokens each
    assert tokens.count(texts[0]) == 507
    platform.model().embed_matrix(texts)
    assert sorted(len(batch) for batch in platform.inputs) == [8, 32]


def test_a_text_of_exactly_the_limit_goes_whole(platform: Platform) -> None:
    text = "word " * 8189 + "word"
    assert tokens.count(text) == 8192
    platform.model().embed_query(text)
    platform.model().embed_query(text + " word")
    assert [len(texts) for texts in platform.inputs] == [1, 2]


def test_a_text_of_20000_tokens_is_pooled_by_the_tokens_of_its_pieces(platform: Platform) -> None:
    def rule(asked: Body) -> Any:
        return [[1.0, 0.0] if "apple" in text else [0.0, 1.0] for text in asked["input"]]

    platform.answers(rule)
    text = "apple " * 8000 + "pear " * 16_000
    (vector,) = platform.model().embed_matrix([text])
    pieces = [piece for batch in platform.inputs for piece in batch]
    assert "".join(pieces) == text
    apples = sum(tokens.count(piece) for piece in pieces if "apple" in piece)
    pears = sum(tokens.count(piece) for piece in pieces if "apple" not in piece)
    expected = np.array([apples, pears]) / np.hypot(apples, pears)
    np.testing.assert_allclose(vector, expected, rtol=1e-5)


def test_equal_vectors_of_pieces_are_the_vector_of_the_whole(platform: Platform) -> None:
    platform.answers(lambda asked: [[3.0, 4.0]] * len(asked["input"]))
    assert platform.model().embed_query("word " * 30_000) == [3.0, 4.0]


@pytest.mark.parametrize(
    ("dtype", "vectors", "whole"),
    [
        ("int8", [[100, -100], [0, -100], [50, -100]], [50, -100]),
        ("uint8", [[255, 0], [251, 4], [253, 2]], [253, 2]),
        ("ubinary", [[0b11110000], [0b11000000], [0b11000001]], [0b11000000]),
        ("binary", [[0b11110000 - 128], [0b11000000 - 128], [0b11000001 - 128]], [0b11000000 - 128]),
    ],
)
def test_pieces_are_pooled_in_every_type(platform: Platform, dtype: Any, vectors: Any, whole: list[int]) -> None:
    rows = iter(vectors)
    platform.answers(lambda asked: [next(rows) for _ in asked["input"]])
    matrix = platform.model(model="codestral-embed", output_dtype=dtype).embed_matrix(["word " * 20_000])
    assert matrix.tolist() == [whole]
    assert [len(texts) for texts in platform.inputs] == [2, 1]


def test_the_rest_of_a_text_may_be_left_out(platform: Platform) -> None:
    platform.model(on_too_long="truncate").embed_matrix(["word " * 10_000, "short"])
    (short,), (long,) = sorted(platform.inputs, key=lambda texts: len(texts[0]))
    assert (short, long) == ("short", ("word " * 8190).strip())


def test_pieces_with_vectors_of_several_lengths_are_an_error(platform: Platform) -> None:
    platform.answers(lambda asked: [[1.0] * (len(asked["input"]) + 1)] * len(asked["input"]))
    with pytest.raises(ResponseError, match="a vector of length 2, and earlier ones had 3"):
        platform.model().embed_query("word " * 20_000)


@pytest.mark.parametrize("how", ["split", "truncate"])
def test_blanks_of_a_long_text_are_not_sent_alone(platform: Platform, how: Any) -> None:
    text = "\n" * 30_000 + "apple" + "\n" * 20_000
    assert platform.model(on_too_long=how).embed_matrix([text]).shape == (1, 1024)
    assert all(piece.strip() == "apple" for texts in platform.inputs for piece in texts)


@pytest.mark.parametrize("limit", [2000, 500])
def test_a_model_that_takes_less_than_was_thought_gets_less(platform: Platform, limit: int) -> None:
    def rule(asked: Body) -> Any:
        longest = max(len(text.split()) for text in asked["input"])
        return (
            refusal(f"Input id 0 has {longest} tokens, exceeding max {limit} tokens.", code="3051")
            if longest > limit
            else None
        )

    platform.answers(rule)
    assert platform.model().embed_matrix(["word " * 5000, "short"]).shape == (2, 1024)
    assert platform.model(on_too_long="truncate").embed_matrix(["word " * 5000]).shape == (1, 1024)
    with pytest.raises(BadRequestError, match="exceeding max"):
        platform.model(on_too_long="error").embed_query("word " * 5000)


def test_a_text_that_is_too_long_is_refused_before_anything_is_paid(platform: Platform) -> None:
    with pytest.raises(ContextOverflowError, match=r"Text 600 has 10,002 tokens; the model takes 8,192\."):
        platform.model(on_too_long="error").embed_documents([*map(str, range(600)), "word " * 9999 + "word"])
    assert not platform.requests
