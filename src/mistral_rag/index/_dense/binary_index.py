"""Rows with the signs of their vectors in memory: a fast first pass, whose candidates are then scored exactly.

Each dimension becomes one bit: is it above the mean? The share of bits in which two vectors differ tells the angle
between them, so the rows that differ least from the question are the likely nearest ones. Those are put in order once
more with the question's own numbers instead of its signs (the estimate of RaBitQ, Gao and Long 2024), and the best of
them are left to be scored exactly. How many that has to be depends on the embeddings; `CandidateDepth` says it,
measured on the index's own vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt

from mistral_rag.index._dense.vector_rows import Float32Array, Keys, Mask, Rows, VectorBatch

Bytes = npt.NDArray[np.uint8]

BREADTH: Final = 4
"""Rows that are put in order a second time for each one that is scored exactly."""

WIDTHS: Final = (64, 32, 16, 8)
"""Bytes of the blocks that codes are kept in, see `_blocks`."""

SPARSE_SHARE: Final = 4
"""A search of less than one row in so many counts the bits of these rows alone; of more, it counts all."""

SAMPLED: Final = 2048


@dataclass(frozen=True, slots=True)
class SignQuantizer:
    """Bits of vectors. `weighed`: their lengths differ and count, as for inner products of any vectors."""

    centre: Float32Array
    weighed: bool = False

    def codes(self, vectors: Float32Array) -> Bytes:
        """The bits of some vectors, packed; unused ones are 0."""
        return np.packbits(vectors > self.centre, axis=1)

    def weights(self, vectors: Float32Array) -> Float32Array:
        """For each vector the worth of a unit of its signs, and the sum that the centre adds to its inner products."""
        own = vectors - self.centre
        worth = (own * own).sum(axis=1) / np.maximum(np.abs(own).sum(axis=1), 1e-12)
        return np.column_stack((worth, own @ self.centre)).astype(np.float32)


class BinaryCodes(NamedTuple):
    """Rows, the numbers and keys of their vectors (see `VectorBatch`), the vectors' bits and their weights."""

    rows: Rows
    numbers: Rows
    keys: Keys
    codes: Bytes
    weights: Float32Array

    @classmethod
    def of(cls, batch: VectorBatch, signs: SignQuantizer) -> "BinaryCodes":
        """The bits of these vectors."""
        vectors = batch.vectors.astype(np.float32)
        kept = batch.rows, batch.numbers, batch.keys
        return cls(*kept, signs.codes(vectors), signs.weights(vectors))

    def take(self, selection: npt.NDArray[Any]) -> "BinaryCodes":
        """The rows at the positions that `selection` names or marks."""
        return BinaryCodes(*(column[selection] for column in self))

    @classmethod
    def joined(cls, several: Sequence["BinaryCodes"]) -> "BinaryCodes":
        """Several as one."""
        return cls(*(np.concatenate(columns) for columns in zip(*several, strict=True)))


class BinaryIndex:
    """Rows with their sign bits, ascending, and the numbers under which the database has their vectors."""

    def __init__(self, coded: BinaryCodes, signs: SignQuantizer) -> None:
        self.rows, self.numbers, self.keys, codes, self.weights = coded
        self.signs = signs
        self._width, self._blocks = codes.shape[1], _blocks(codes)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def dimension(self) -> int:
        """The dimension of the vectors."""
        return len(self.signs.centre)

    @property
    def coded(self) -> BinaryCodes:
        """The rows, codes and weights it was made of."""
        codes = self._codes(np.arange(len(self.rows)))
        return BinaryCodes(self.rows, self.numbers, self.keys, codes, self.weights)

    def _codes(self, positions: Rows) -> Bytes:
        return np.concatenate([block[positions] for block in self._blocks], axis=1)[:, : self._width]

    def take(self, selection: Mask) -> "BinaryIndex":
        """The rows that `selection` marks."""
        return BinaryIndex(self.coded.take(selection), self.signs)

    def nearest(self, vector: Float32Array, count: int, keep: Mask | None) -> tuple[Rows, Float32Array]:
        """Positions of the `count` likely nearest rows, and estimates of their scores."""
        positions = self.nearest_by_signs(vector, BREADTH * count, keep)
        scores = self.estimated_scores(vector, positions)
        if len(positions) > count:
            best = np.argpartition(-scores, count)[:count]
            positions, scores = positions[best], scores[best]
        return positions, scores

    def nearest_by_signs(self, vector: Float32Array, count: int, keep: Mask | None) -> Rows:
        """Positions of the `count` rows nearest to a vector by their signs, and of all that are as near as the last."""
        if keep is None:
            return _lowest(self.hamming_distances(vector), count)
        positions = np.flatnonzero(keep)
        return np.asarray(positions[_lowest(self.hamming_distances(vector, positions), count)])

    def hamming_distances(self, vector: Float32Array, positions: Rows | None = None) -> npt.NDArray[Any]:
        """Hamming distances of some rows (None: all) to a vector, weighed where lengths count; they only compare."""
        differing = self._differing(vector, positions)
        if not self.signs.weighed:
            return differing
        weights = self.weights if positions is None else self.weights[positions]
        dimension = len(vector)
        cosines = np.cos(np.arange(dimension + 1) * np.pi / dimension).astype(np.float32)
        # the worth of a sign is the vector's length, times a constant for numbers that are spread as by chance
        length = np.float32(np.linalg.norm(vector - self.signs.centre) * np.sqrt(2 * dimension / np.pi))
        return np.asarray(-length * weights[:, 0] * cosines[differing] - weights[:, 1])

    def _differing(self, vector: Float32Array, positions: Rows | None) -> npt.NDArray[np.int32]:
        """Hamming distance of rows to a vector."""
        few = positions is not None and SPARSE_SHARE * len(positions) < len(self.rows)
        blocks = [block[positions] for block in self._blocks] if few else self._blocks
        first, *others = zip(_blocks(self.signs.codes(vector.reshape(1, -1))), blocks, strict=True)
        differing = _hamming(*first)
        for one, block in others:
            differing += _hamming(one, block)
        return differing if positions is None or few else differing[positions]

    def estimated_scores(self, vector: Float32Array, positions: Rows) -> Float32Array:
        """Estimates of the scores of some rows by their signs and the vector itself (RaBitQ), but for a constant."""
        own = vector - self.signs.centre
        above = np.unpackbits(self._codes(positions), axis=1, count=len(own)).astype(np.float32)
        worth, added = self.weights[positions].T
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
    """Positions of the `count` lowest values, and of all that equal the highest of these.

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
