"""Vectors of a response: decoding, validation, and pooling of the pieces of a long text."""

import binascii
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mistral_rag._counting import counted
from mistral_rag.api._errors import ResponseError, request_id
from mistral_rag.api._responses import ApiResponse
from mistral_rag.embeddings._results import Matrix

Dtype = Literal["float", "int8", "uint8", "binary", "ubinary"]
DTYPES: dict[Dtype, str] = {"float": "<f4", "int8": "i1", "uint8": "u1", "binary": "i1", "ubinary": "u1"}


def read(response: ApiResponse, expected: int, dtype: Dtype) -> Matrix:
    """Decode the vectors into a matrix of shape (`expected`, dimensions), ordered by their `index`.

    Raises:
        ResponseError: A vector is missing, duplicate, malformed, not finite, or not as long as the others.
    """
    items = response.data.get("data")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        items = []
    embeddings = [items[position].get("embedding") for position in _order(response, items, expected)]
    try:
        matrix = _matrix(embeddings, np.dtype(DTYPES[dtype]))
    except (TypeError, ValueError, OverflowError) as problem:
        raise response_error(
            response, f"a vector that is neither numbers nor base64, or vectors of {problem}"
        ) from None
    if matrix.shape[1] == 0 or not np.isfinite(matrix).all():
        raise response_error(response, "a vector without numbers, or with numbers that are not finite")
    return matrix


def tokens_of(response: ApiResponse) -> int:
    """The platform's count of tokens; 0 without one."""
    usage = response.data.get("usage")
    total = usage.get("total_tokens") or usage.get("prompt_tokens") if isinstance(usage, dict) else 0
    return total if isinstance(total, int) else 0


def response_error(response: ApiResponse, what: str) -> ResponseError:
    """The error for a malformed response; its body is without the vectors, which may be megabytes."""
    body = {name: value for name, value in response.data.items() if name != "data"}
    return ResponseError(f"The platform's reply holds {what}.", request_id=request_id(response.headers), body=body)


def _order(response: ApiResponse, items: Sequence[dict[str, Any]], expected: int) -> Sequence[int]:
    """For each text the position of its vector in the response; the order received when no vector has an index."""
    indices = [item.get("index") for item in items]
    if any(index is not None for index in indices):
        seen: set[Any] = set()
        for index in indices:
            if type(index) is not int or not 0 <= index < expected or index in seen:
                raise response_error(response, f"a vector for text {index} of {expected}, or two of them")
            seen.add(index)
    if len(items) != expected:
        raise response_error(response, f"{counted(len(items), 'vector')} for {counted(expected, 'text')}")
    if indices[0] is None:
        return range(expected)
    return [position for _, position in sorted(zip(indices, range(expected), strict=True))]


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
    """Pool the rows into one vector: their weighted mean, scaled to their weighted mean length.

    Rows of shape (pieces, dimensions). Packed bits become the weighted majority; a tie is a 0.
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
    """Unpack the bits of "ubinary" (uint8) or "binary" (int8) vectors: shape (…, n) becomes (…, 8 n) of 0 and 1."""
    return np.unpackbits(matrix if matrix.dtype == np.uint8 else _offset(matrix), axis=-1)


def _offset(packed: Matrix) -> Matrix:
    """Convert uint8 to int8 or back: "binary" is "ubinary" minus 128."""
    return (packed.view(np.uint8) ^ np.uint8(128)).view(np.int8 if packed.dtype == np.uint8 else np.uint8)
