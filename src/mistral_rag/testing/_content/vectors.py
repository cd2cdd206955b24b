"""Embeddings without a model, by feature hashing: texts that share words are close to each other.

Each word has eight signed dimensions, derived from its hash; a text is the sum of its words, scaled to length one. The
dimensions are those of the model's widest vector, so that a shorter one is a prefix, as with the platform's models.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mistral_rag.testing._content.words import WORD, stem

FACTORS = np.array([0x9E3779B97F4A7C15 * odd % 2**64 | 1 for odd in range(1, 16, 2)], dtype=np.uint64)
"""Odd factors: the product of each with a word's hash, modulo 2^64, is another hash (multiplicative hashing)."""

Array = npt.NDArray[Any]
Dtype = Literal["float", "int8", "uint8", "binary", "ubinary"]


@lru_cache(maxsize=500_000)
def _hash(word: str) -> int:
    """64 bits for a word, 0 for a stop word."""
    root = stem(word)
    return int.from_bytes(hashlib.blake2b(root.encode("utf-8", "replace"), digest_size=8).digest()) if root else 0


def embed(texts: Sequence[str], dimensions: int, *, width: int) -> Array:
    """Vectors of length one, float32 of shape (texts, dimensions); a text without words is the first unit vector.

    Args:
        texts: The texts.
        dimensions: Dimensions of the result.
        width: Dimensions of the model's widest vector.
    """
    hashes = [[h for word in WORD.findall(text.lower()) if (h := _hash(word))] for text in texts]
    rows = np.repeat(np.arange(len(texts)), [len(FACTORS) * len(words) for words in hashes])
    features = (np.array([h for words in hashes for h in words], dtype=np.uint64)[:, None] * FACTORS).ravel()
    columns = (features >> np.uint64(33)).astype(np.int64) % width
    signs = np.where(features & np.uint64(1 << 32), 1.0, -1.0)
    sums = np.bincount(rows * width + columns, weights=signs, minlength=len(texts) * width)
    matrix = sums.reshape(len(texts), width)[:, :dimensions].astype("<f4")
    matrix[~matrix.any(axis=1), 0] = 1.0
    matrix /= np.sqrt(np.einsum("ij,ij->i", matrix, matrix))[:, None]
    return matrix


def quantised(matrix: Array, dtype: Dtype) -> Array:
    """The vectors in the requested type; binary types pack eight dimensions into one number."""
    if dtype == "float":
        return matrix
    if dtype in ("binary", "ubinary"):
        packed: Array = np.packbits(matrix > 0, axis=-1)
        return packed if dtype == "ubinary" else (packed.astype(np.int16) - 128).astype(np.int8)
    scaled: Array = np.rint(matrix * 127)
    return scaled.astype(np.int8) if dtype == "int8" else (scaled + 128).astype(np.uint8)


def on_the_wire(vector: Array, encoding: Literal["float", "base64"]) -> list[float] | str:
    """A JSON list of numbers, or the bytes (little endian) as base64."""
    if encoding == "base64":
        return base64.b64encode(vector.tobytes()).decode("ascii")
    return list(vector.tolist())
