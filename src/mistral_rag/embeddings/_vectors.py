"""Reads the vectors of a reply, whatever form they come in, and pools those of a text's pieces."""

import binascii
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mistral_rag.api._errors import ResponseError, request_id
from mistral_rag.api._responses import ApiResponse
from mistral_rag.embeddings._results import Matrix

Dtype = Literal["float", "int8", "uint8", "binary", "ubinary"]
DTYPES: dict[Dtype, str] = {"float": "<f4", "int8": "i1", "uint8": "u1", "binary": "i1", "ubinary": "u1"}


def read(reply: ApiResponse, expected: int, dtype: Dtype) -> Matrix:
    """One row for each of the `expected` texts, by the vectors' index, which need not be the order of the reply.

    Raises:
        ResponseError: a vector is missing, there twice, not a vector, or not as long as the others.
    """
    items = reply.data.get("data")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        items = []
    embeddings = [items[place].get("embedding") for place in _order(reply, items, expected)]
    try:
        matrix = _matrix(embeddings, np.dtype(DTYPES[dtype]))
    except (TypeError, ValueError, OverflowError) as problem:
        raise bad_reply(reply, f"a vector that is neither numbers nor base64, or vectors of {problem}") from None
    if matrix.shape[1] == 0 or not np.isfinite(matrix).all():
        raise bad_reply(reply, "a vector without numbers, or with numbers that are not finite")
    return matrix


def tokens_of(reply: ApiResponse) -> int:
    """The tokens that the platform counted; 0 where it did not say."""
    usage = reply.data.get("usage")
    total = usage.get("total_tokens") or usage.get("prompt_tokens") if isinstance(usage, dict) else 0
    return total if isinstance(total, int) else 0


def bad_reply(reply: ApiResponse, what: str) -> ResponseError:
    """The error for a reply that can not be right; of its body it holds all but the vectors."""
    body = {name: value for name, value in reply.data.items() if name != "data"}
    return ResponseError(f"The platform's reply holds {what}.", request_id=request_id(reply.headers), body=body)


def _order(reply: ApiResponse, items: Sequence[dict[str, Any]], expected: int) -> Sequence[int]:
    """For each text the place of its vector in the reply; where no vector has an index, as they come."""
    indices = [item.get("index") for item in items]
    if any(index is not None for index in indices):
        seen: set[Any] = set()
        for index in indices:
            if type(index) is not int or not 0 <= index < expected or index in seen:
                raise bad_reply(reply, f"a vector for text {index} of {expected}, or two of them")
            seen.add(index)
    if len(items) != expected:
        raise bad_reply(reply, f"{len(items)} vectors for {expected} texts")
    if indices[0] is None:
        return range(expected)
    return [place for _, place in sorted(zip(indices, range(expected), strict=True))]


def _matrix(embeddings: Sequence[Any], kind: "np.dtype[Any]") -> Matrix:
    if all(isinstance(embedding, str) for embedding in embeddings):
        rows: list[Any] = [binascii.a2b_base64(embedding, strict_mode=True) for embedding in embeddings]
        _same_length(rows)
        return np.frombuffer(bytearray().join(rows), dtype=kind).reshape(len(rows), -1)
    rows = [_row(embedding, kind) for embedding in embeddings]
    _same_length(rows)
    return np.stack(rows)


def _row(embedding: Any, kind: "np.dtype[Any]") -> Matrix:
    if isinstance(embedding, str):
        return np.frombuffer(binascii.a2b_base64(embedding, strict_mode=True), dtype=kind)
    if not isinstance(embedding, list) or not all(type(number) in (float, int) for number in embedding):
        raise TypeError("something else")
    row = np.array(embedding, dtype=np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        cast = row.astype(kind)
    if kind.kind != "f" and not np.array_equal(cast, row):
        raise ValueError("numbers beyond their type")
    return cast


def _same_length(rows: Sequence[Any]) -> None:
    if len({len(row) for row in rows}) > 1:
        raise ValueError("several lengths")


def pooled(matrix: Matrix, weights: Sequence[int], dtype: Dtype) -> Matrix:
    """One vector for several: their mean by weight, as long as they are on average.

    Packed bits vote; a tie is a 0.
    """
    shares = np.asarray(weights, dtype=np.float64) / sum(weights)
    if dtype in ("binary", "ubinary"):
        packed = np.packbits(shares @ unpacked(matrix) > 0.5)
        return packed if dtype == "ubinary" else _offset(packed)
    mean: Matrix = shares @ matrix
    if dtype != "float":
        return np.rint(mean).astype(matrix.dtype)
    length = float(shares @ np.linalg.norm(matrix, axis=1))
    whole: Matrix = mean * (length / max(float(np.linalg.norm(mean)), 1e-12))
    return whole.astype(matrix.dtype)


def unpacked(matrix: Matrix) -> NDArray[np.uint8]:
    """The bits of packed vectors, one 0 or 1 for each dimension: from "ubinary" (uint8) or "binary" (int8)."""
    return np.unpackbits(matrix if matrix.dtype == np.uint8 else _offset(matrix), axis=-1)


def _offset(packed: Matrix) -> Matrix:
    """uint8 as int8 and back: "binary" is "ubinary" less 128."""
    return (packed.view(np.uint8) ^ np.uint8(128)).view(np.int8 if packed.dtype == np.uint8 else np.uint8)
