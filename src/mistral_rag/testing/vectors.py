"""Embeddings that mean something without a model: texts that share words lie close together.

Each word stands for eight fixed signed places among the dimensions, drawn from its hash; a text is the sum
of its words, rare in itself or not, scaled to length one. Places are drawn for the widest vector, so that a
shorter one is a prefix, as the platform's truncatable model promises.
"""

import base64
import hashlib
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mistral_rag.testing.words import content_words

PLACES = 8
Vector = npt.NDArray[Any]
Dtype = Literal["float", "int8", "uint8", "binary", "ubinary"]


@lru_cache(maxsize=200_000)
def _places(word: str, width: int) -> tuple[Vector, Vector]:
    digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=5 * PLACES).digest()
    places = np.frombuffer(digest[: 4 * PLACES], dtype="<u4") % width
    signs = np.where(np.frombuffer(digest[4 * PLACES :], dtype=np.uint8) & 1, 1.0, -1.0)
    return places.astype(np.int64), signs


def embed(text: str, dimensions: int, *, width: int) -> Vector:
    """The text's float32 vector of length one; a text without words points along the first axis."""
    found = [_places(word, width) for word in content_words(text)]
    if found:
        places, signs = np.concatenate([p for p, _ in found]), np.concatenate([s for _, s in found])
        vector = np.bincount(places, weights=signs, minlength=width)[:dimensions]
    else:
        vector = np.eye(1, dimensions)[0]
    length = float(np.linalg.norm(vector))
    scaled: Vector = vector / length if length else np.eye(1, dimensions)[0]
    return scaled.astype("<f4")


def quantised(vector: Vector, dtype: Dtype) -> Vector:
    """The vector in the type asked for; binary types pack eight dimensions into one number."""
    if dtype == "float":
        return vector
    if dtype in ("binary", "ubinary"):
        packed: Vector = np.packbits(vector > 0)
        return packed if dtype == "ubinary" else (packed.astype(np.int16) - 128).astype(np.int8)
    scaled: Vector = np.rint(vector * 127)
    return scaled.astype(np.int8) if dtype == "int8" else (scaled + 128).astype(np.uint8)


def on_the_wire(vector: Vector, encoding: Literal["float", "base64"]) -> list[float] | str:
    """A JSON list of numbers, or the bytes (little endian) as base64."""
    if encoding == "base64":
        return base64.b64encode(vector.tobytes()).decode("ascii")
    return list(vector.tolist())
