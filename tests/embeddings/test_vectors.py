"""Vectors are read in every form that hosts send; malformed ones are an error."""

import base64
from typing import Any

import numpy as np
import pytest

from mistral_rag.embeddings import unpacked
from mistral_rag.errors import ResponseError
from tests.embeddings.conftest import Platform

INTEGERS: dict[str, tuple[list[list[int]], Any]] = {
    "int8": ([[-128, 0, 127], [1, 2, 3]], np.int8),
    "uint8": ([[0, 128, 255], [1, 2, 3]], np.uint8),
    "binary": ([[-128, 127], [0, -1]], np.int8),
    "ubinary": ([[0, 255], [128, 127]], np.uint8),
}


def packed(row: list[Any], kind: Any) -> str:
    return base64.b64encode(np.array(row, dtype=kind).tobytes()).decode()


@pytest.mark.parametrize("form", ["base64", "list", "list of floats"])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_read_from_base64_and_from_lists(platform: Platform, dtype: Any, form: str) -> None:
    rows, kind = INTEGERS[dtype]
    forms: dict[str, Any] = {
        "base64": [packed(row, kind) for row in rows],
        "list": rows,
        "list of floats": [[float(number) for number in row] for row in rows],
    }
    platform.answers(lambda _asked: forms[form])
    matrix = platform.model(model="codestral-embed", output_dtype=dtype).embed_matrix(["a", "b"])
    assert matrix.dtype == kind
    assert matrix.tolist() == rows
    assert platform.requests[0].json["output_dtype"] == dtype


def test_floats_are_read_where_base64_was_asked_for(platform: Platform) -> None:
    platform.answers(lambda _asked: [[1, -0.5], packed([0.25, 2.0], "<f4")])
    matrix = platform.model().embed_matrix(["a", "b"])
    assert matrix.dtype == np.float32
    assert matrix.tolist() == [[1.0, -0.5], [0.25, 2.0]]


def test_a_host_that_knows_no_base64_can_be_asked_for_numbers(platform: Platform) -> None:
    vector = platform.model(encoding_format="float").embed_query("one apple")
    assert platform.requests[0].json["encoding_format"] == "float"
    assert vector == pytest.approx(platform.model().embed_query("one apple"))


def test_vectors_without_an_index_are_taken_as_they_come(platform: Platform) -> None:
    platform.answers(lambda _asked: {"data": [{"embedding": [1.0]}, {"embedding": [2.0], "index": None}]})
    assert platform.model().embed_documents(["a", "b"]) == [[1.0], [2.0]]


def test_any_order_is_put_right(platform: Platform) -> None:
    platform.answers(lambda _asked: {"data": [{"embedding": [float(at)], "index": at} for at in (2, 0, 1)]})
    assert platform.model().embed_documents(["a", "b", "c"]) == [[0.0], [1.0], [2.0]]


WRONG: dict[str, tuple[Any, str]] = {
    "one index missing": ([{"index": 0, "embedding": [1.0]}, {"embedding": [1.0]}], "for text None of 2"),
    "an index as text": ([{"index": "0", "embedding": [1.0]}, {"index": "1", "embedding": [1.0]}], "text 0 of 2"),
    "an index as yes": ([{"index": False, "embedding": [1.0]}, {"index": True, "embedding": [1.0]}], "text False"),
    "a negative index": ([{"index": 0, "embedding": [1.0]}, {"index": -1, "embedding": [1.0]}], "text -1 of 2"),
    "too few": ([{"index": 0, "embedding": [1.0]}], "1 vector for 2 texts"),
    "too many": ([{"index": at, "embedding": [1.0]} for at in range(3)], "a vector for text 2 of 2"),
    "too many without index": ([{"embedding": [1.0]}] * 3, "3 vectors for 2 texts"),
    "no list": ({"0": [1.0]}, "holds no data"),
    "no objects": ([[1.0], [1.0]], "0 vectors for 2 texts"),
    "no vectors": ([{"index": 0}, {"index": 1}], "neither numbers nor base64"),
    "words": ([{"index": at, "embedding": ["a"]} for at in range(2)], "neither numbers nor base64"),
    "lists in lists": ([{"index": at, "embedding": [[1.0]]} for at in range(2)], "neither numbers nor base64"),
    "no whole floats": ([{"index": at, "embedding": "AAAAAAA="} for at in range(2)], "neither numbers nor base64"),
    "empty": ([{"index": at, "embedding": []} for at in range(2)], "without numbers"),
    "empty base64": ([{"index": at, "embedding": ""} for at in range(2)], "without numbers"),
    "not a number": ([{"index": at, "embedding": [1.0, float("nan")]} for at in range(2)], "not finite"),
    "beyond float32": ([{"index": at, "embedding": [1e39]} for at in range(2)], "not finite"),
    "several lengths": ([{"index": at, "embedding": [1.0] * (at + 1)} for at in range(2)], "several lengths"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_reply_that_can_not_be_right_is_an_error(platform: Platform, case: str) -> None:
    data, problem = WRONG[case]
    platform.answers(lambda _asked: {"object": "list", "data": data})
    with pytest.raises(ResponseError, match=problem):
        platform.model().embed_documents(["a", "b"])


@pytest.mark.parametrize("row", [[128], [-129], [0.5], [float("nan")]])
def test_numbers_that_their_type_does_not_hold_are_an_error(platform: Platform, row: list[float]) -> None:
    platform.answers(lambda _asked: [row])
    with pytest.raises(ResponseError, match=r"beyond their type|neither"):
        platform.model(model="codestral-embed", output_dtype="int8").embed_documents(["a"])


def test_nan_in_base64_is_an_error(platform: Platform) -> None:
    platform.answers(lambda _asked: [packed([1.0, float("nan")], "<f4")])
    with pytest.raises(ResponseError, match="not finite"):
        platform.model().embed_query("a")


@pytest.mark.parametrize(("dtype", "length"), [("float", 16), ("int8", 16), ("ubinary", 2)])
def test_vectors_of_another_length_than_asked_for_are_an_error(platform: Platform, dtype: Any, length: int) -> None:
    ours = platform.model(model="codestral-embed", output_dimension=16, output_dtype=dtype)
    platform.answers(lambda asked: [[1] * (length if "right" in asked["input"] else length * 2)])
    assert ours.embed_matrix(["right"]).shape == (1, length)
    with pytest.raises(ResponseError, match=f"length {length * 2}.*{length}"):
        ours.embed_matrix(["wrong"])


def test_bits_are_unpacked(platform: Platform) -> None:
    assert unpacked(np.array([[0b10100000]], dtype=np.uint8)).tolist() == [[1, 0, 1, 0, 0, 0, 0, 0]]
    assert unpacked(np.array([[0b10100000 - 128]], dtype=np.int8)).tolist() == [[1, 0, 1, 0, 0, 0, 0, 0]]
    ours = platform.model(model="codestral-embed", output_dimension=64)
    floats = ours.embed_matrix(["def f(): pass"])
    for dtype in ("binary", "ubinary"):
        bits = ours.model_copy(update={"output_dtype": dtype}).embed_matrix(["def f(): pass"])
        assert unpacked(bits).tolist() == (floats > 0).astype(int).tolist()


def test_the_matrix_can_be_written_to(platform: Platform) -> None:
    (batch,) = platform.model().embed_batches(["a", "b"])
    batch.matrix[0] = 0.0
