"""Rows with the signs of their vectors in memory: a fast first pass, whose candidates are then scored exactly.

Each dimension becomes one bit: is it above the mean? The share of bits in which two vectors differ tells the angle
between them, so the rows that differ least from the question are the likely nearest ones. Those are put in order once
more with the question's own numbers instead of its signs (the estimate of RaBitQ, Gao and Long 2024), and the best of
them are left to be scored exactly. How many that has to be depends on the embeddings; `Depth` says it, measured on
the index's own vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt

from mistral_rag.index._dense.vector_rows import Floats, Keys, Mask, Portion, Rows

Bytes = npt.NDArray[np.uint8]

BREADTH: Final = 4
"""Rows that are put in order a second time for each one that is scored exactly."""

WIDTHS: Final = (64, 32, 16, 8)
"""Bytes of the blocks that codes are kept in, see `_blocks`."""

FEW: Final = 4
"""Where less than one row in so many is looked at, the others' bits are left alone."""

SAMPLED: Final = 2048


@dataclass(frozen=True, slots=True)
class Signs:
    """How vectors become bits. `weighed`: their lengths differ and count, as for inner products of any vectors."""

    centre: Floats
    weighed: bool = False

    def codes(self, vectors: Floats) -> Bytes:
        """The bits of some vectors, packed; unused ones are 0."""
        return np.packbits(vectors > self.centre, axis=1)

    def weights(self, vectors: Floats) -> Floats:
        """For each vector what a unit of its signs is worth, and what the centre adds to its inner products."""
        own = vectors - self.centre
        worth = (own * own).sum(axis=1) / np.maximum(np.abs(own).sum(axis=1), 1e-12)
        return np.column_stack((worth, own @ self.centre)).astype(np.float32)


class Coded(NamedTuple):
    """Rows, the numbers and keys of their vectors (see `Portion`), the vectors' bits and their weights."""

    rows: Rows
    numbers: Rows
    keys: Keys
    codes: Bytes
    weights: Floats

    @classmethod
    def of(cls, portion: Portion, signs: Signs) -> "Coded":
        """The bits of these vectors."""
        vectors = portion.vectors.astype(np.float32)
        kept = portion.rows, portion.numbers, portion.keys
        return cls(*kept, signs.codes(vectors), signs.weights(vectors))

    def where(self, kept: npt.NDArray[Any]) -> "Coded":
        """The places that `kept` names or marks."""
        return Coded(*(column[kept] for column in self))

    @classmethod
    def joined(cls, several: Sequence["Coded"]) -> "Coded":
        """Several as one."""
        return cls(*(np.concatenate(columns) for columns in zip(*several, strict=True)))


class Bits:
    """Rows with their sign bits, ascending, and the numbers under which the database has their vectors."""

    def __init__(self, coded: Coded, signs: Signs) -> None:
        self.rows, self.numbers, self.keys, codes, self.weights = coded
        self.signs = signs
        self._width, self._blocks = codes.shape[1], _blocks(codes)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def coded(self) -> Coded:
        """What it was made of."""
        codes = self._codes(np.arange(len(self.rows)))
        return Coded(self.rows, self.numbers, self.keys, codes, self.weights)

    def _codes(self, places: Rows) -> Bytes:
        return np.concatenate([block[places] for block in self._blocks], axis=1)[:, : self._width]

    def where(self, keep: Mask) -> "Bits":
        """Some of the rows."""
        return Bits(self.coded.where(keep), self.signs)

    def nearest(self, vector: Floats, count: int, keep: Mask | None) -> tuple[Rows, Floats]:
        """Places of the `count` likely nearest rows, and what their scores seem to be, but for a constant."""
        first = self.first(vector, BREADTH * count, keep)
        seeming = self.seeming(vector, first)
        if len(first) > count:
            best = np.argpartition(-seeming, count)[:count]
            first, seeming = first[best], seeming[best]
        return first, seeming

    def first(self, vector: Floats, count: int, keep: Mask | None) -> Rows:
        """Places of the `count` rows that by their signs lie nearest to a vector, and of those as near as the last."""
        if keep is None:
            return _lowest(self.apart(vector), count)
        places = np.flatnonzero(keep)
        return np.asarray(places[_lowest(self.apart(vector, places), count)])

    def apart(self, vector: Floats, places: Rows | None = None) -> npt.NDArray[Any]:
        """How far some rows (None: all) lie from a vector by their signs, in numbers that only compare."""
        differing = self._differing(vector, places)
        if not self.signs.weighed:
            return differing
        weights = self.weights if places is None else self.weights[places]
        dimension = len(vector)
        cosines = np.cos(np.arange(dimension + 1) * np.pi / dimension).astype(np.float32)
        # the worth of a sign is the vector's length, times a constant for numbers that are spread as by chance
        length = np.float32(np.linalg.norm(vector - self.signs.centre) * np.sqrt(2 * dimension / np.pi))
        return np.asarray(-length * weights[:, 0] * cosines[differing] - weights[:, 1])

    def _differing(self, vector: Floats, places: Rows | None) -> npt.NDArray[np.int32]:
        """In how many bits rows differ from a vector."""
        few = places is not None and FEW * len(places) < len(self.rows)
        blocks = [block[places] for block in self._blocks] if few else self._blocks
        first, *others = zip(_blocks(self.signs.codes(vector.reshape(1, -1))), blocks, strict=True)
        differing = _hamming(*first)
        for one, block in others:
            differing += _hamming(one, block)
        return differing if places is None or few else differing[places]

    def seeming(self, vector: Floats, places: Rows) -> Floats:
        """What the scores of some rows seem to be by their signs and the vector itself."""
        own = vector - self.signs.centre
        above = np.unpackbits(self._codes(places), axis=1, count=len(own)).astype(np.float32)
        worth, added = self.weights[places].T
        return np.asarray(worth * (2 * (above @ own) - own.sum()) + added)


def _blocks(codes: Bytes) -> list[Bytes]:
    """Codes in columns as wide as FAISS compares them fastest, some ten times as fast as it does other widths."""
    if spare := -codes.shape[1] % WIDTHS[-1]:
        codes = np.pad(codes, ((0, 0), (0, spare)))
    blocks, at = [], 0
    for width in WIDTHS:
        while codes.shape[1] - at >= width:
            blocks.append(np.ascontiguousarray(codes[:, at : at + width]))
            at += width
    return blocks


def _hamming(one: Bytes, codes: Bytes) -> npt.NDArray[np.int32]:
    differing = np.empty(len(codes), dtype=np.int32)
    pointers = [faiss.swig_ptr(array) for array in (one, codes, differing)]
    if len(codes):
        # FAISS's own type hints leave out what is used here
        vars(faiss)["hammings"](pointers[0], pointers[1], 1, len(codes), codes.shape[1], pointers[2])
    return differing


def _lowest(values: npt.NDArray[Any], count: int) -> Rows:
    """Places of the `count` lowest values, and of all that equal the highest of these.

    A sample tells about where to cut, so that only a few have to be put in order.
    """
    if not 0 < count < len(values):
        return np.arange(len(values) if count else 0)
    step = len(values) // SAMPLED + 1
    sample = np.sort(values[::step])
    near, at = np.empty(0, np.int64), count // step
    while len(near) < count:
        at += at // 4 + 2
        near = np.flatnonzero(values <= sample[at]) if at < len(sample) else np.arange(len(values))
    own = values[near]
    return np.asarray(near[own <= np.partition(own, count - 1)[count - 1]])
