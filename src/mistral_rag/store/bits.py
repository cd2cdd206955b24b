"""Rows with the signs of their vectors in memory: a fast first pass, whose candidates are then scored exactly.

Each dimension becomes one bit: is it above the mean? The share of bits in which two vectors differ tells the angle
between them, so the rows that differ least from the question are the likely nearest ones. How many of them have to
be looked at depends on the embeddings; `Depth` says it, measured on the index's own vectors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt

from mistral_rag.store.flat import Chosen, one_thread
from mistral_rag.store.vector_rows import Floats, Keys, Mask, Portion, Rows

Bytes = npt.NDArray[np.uint8]

ASKED: Final = 128
"""Vectors of the index that are searched in it to measure the depth."""

CENTRED: Final = 1024
"""Vectors whose mean is the centre."""

RECALL: Final = 0.985
LEAST: Final = 64
"""Candidates that are looked at even where fewer would do: questions are not as near as texts are to each other."""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many candidates hold .985 of the true nearest 10, and of the true nearest 100."""

    ten: int
    hundred: int

    def of(self, k: int) -> int:
        """Candidates for the nearest `k`: on the line through the two that were measured."""
        slope = max(self.hundred - self.ten, 90) / 90
        return max(k, self.ten + int(slope * max(k - 10, 0)))


@dataclass(frozen=True, slots=True)
class Signs:
    """How vectors become bits. `weighed`: lengths count, as they do for inner products of vectors of any length."""

    centre: Floats
    weighed: bool = False

    def codes(self, vectors: Floats) -> Bytes:
        """The bits of some vectors, packed; unused ones are 0."""
        return np.packbits(vectors > self.centre, axis=1)

    def weights(self, vectors: Floats) -> Floats:
        """For each vector its length from the centre, and what the centre adds to its inner products."""
        if not self.weighed:
            return np.empty((len(vectors), 0), dtype=np.float32)
        from_centre = vectors - self.centre
        return np.column_stack((np.linalg.norm(from_centre, axis=1), from_centre @ self.centre)).astype(np.float32)


class Coded(NamedTuple):
    """Rows, the numbers and keys of their vectors (see `Portion`), the vectors' bits, and their weights."""

    rows: Rows
    numbers: Rows
    keys: Keys
    codes: Bytes
    weights: Floats

    @classmethod
    def of(cls, portion: Portion, signs: Signs) -> "Coded":
        """The bits of these vectors."""
        vectors = portion.vectors.astype(np.float32)
        return cls(portion.rows, portion.numbers, portion.keys, signs.codes(vectors), signs.weights(vectors))

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
        self._index = _indexed(codes)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def coded(self) -> Coded:
        """What it was made of; to be read only, and only as long as this object is there."""
        return Coded(self.rows, self.numbers, self.keys, self._codes, self.weights)

    @property
    def _codes(self) -> Bytes:
        width = self._index.code_size
        flat: Bytes = faiss.rev_swig_ptr(self._index.xb.data(), len(self.rows) * width)
        return flat.reshape(len(self.rows), width)

    def where(self, keep: Mask) -> "Bits":
        """Some of the rows."""
        return Bits(self.coded.where(keep), self.signs)

    def nearest(self, vector: Floats, count: int, keep: Mask | None) -> tuple[Rows, Floats]:
        """Places of the `count` likely nearest rows, and how far they seem to be."""
        if self.signs.weighed:
            return self._nearest_weighed(vector, count, keep)
        count = min(count, len(self.rows) if keep is None else int(np.count_nonzero(keep)))
        if not count:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        chosen = None if keep is None else Chosen(keep)
        only = None if chosen is None else chosen.parameters
        asked = self.signs.codes(vector.reshape(1, -1))
        with one_thread():
            distances, places = self._index.search(asked, count, params=only)
        return places[0], distances[0].astype(np.float32)

    def _nearest_weighed(self, vector: Floats, count: int, keep: Mask | None) -> tuple[Rows, Floats]:
        distances = self.distances(vector)
        places = np.arange(len(distances)) if keep is None else np.flatnonzero(keep)
        if count < len(places):
            places = places[np.argpartition(distances[places], count)[:count]]
        return places, distances[places]

    def distances(self, vector: Floats) -> Floats:
        """How far every row seems to be from a vector."""
        codes, asked = self._codes, self.signs.codes(vector.reshape(1, -1))
        differing = np.empty(len(codes), dtype=np.int32)
        pointers = [faiss.swig_ptr(array) for array in (asked, codes, differing)]
        if len(codes):
            vars(faiss)["hammings"](pointers[0], pointers[1], 1, len(codes), codes.shape[1], pointers[2])
        if not self.signs.weighed:
            return differing.astype(np.float32)
        angle = np.cos(np.arange(len(vector) + 1) * np.pi / len(vector)).astype(np.float32)
        length = np.float32(np.linalg.norm(vector - self.signs.centre))
        return np.asarray(-(length * self.weights[:, 0] * angle[differing] + self.weights[:, 1]))


def _indexed(codes: Bytes) -> Any:
    # FAISS's own type hints leave out what is used here
    index: Any = vars(faiss)["IndexBinaryFlat"](8 * codes.shape[1])
    index.use_heap = False
    faiss.copy_array_to_vector(codes.ravel(), index.xb)
    index.ntotal = len(codes)
    return index


@dataclass(frozen=True, slots=True)
class Made:
    """Bits with the depth they need."""

    bits: Bits
    depth: Depth


def make(sample: Portion, everything: Callable[[], Iterator[Portion]], *, weighed: bool) -> Made:
    """Bits of everything, and the depth they need, in one pass over the vectors.

    `sample` are some rows of it, spread evenly: their mean is the centre, and some of them are the questions that
    the depth is measured with. Each is left out of its own answer.
    """
    vectors = sample.vectors.astype(np.float32)
    signs = Signs(vectors.mean(axis=0), weighed)
    step = max(len(sample.rows) // ASKED, 1)
    truth = _Truth(sample.rows[::step][:ASKED], vectors[::step][:ASKED])
    parts = []
    for portion in everything():
        truth.see(portion.rows, portion.vectors.astype(np.float32))
        parts.append(Coded.of(portion, signs))
    whole = Coded.joined(parts)
    bits = Bits(whole.where(np.argsort(whole.rows)), signs)
    return Made(bits, truth.depth(bits))


class _Truth:
    """Some questions and their exact nearest rows, gathered while all rows pass by."""

    MOST: Final = 100

    def __init__(self, rows: Rows, vectors: Floats) -> None:
        self._asked, self._vectors = rows, vectors
        self._rows = np.empty((len(rows), 0), np.int64)
        self._scores = np.empty((len(rows), 0), np.float32)

    def see(self, rows: Rows, vectors: Floats) -> None:
        scores = self._vectors @ vectors.T
        scores[self._asked[:, np.newaxis] == rows] = -np.inf
        scores = np.concatenate((self._scores, scores), axis=1)
        every = np.concatenate((self._rows, np.broadcast_to(rows, (len(self._asked), len(rows)))), axis=1)
        if scores.shape[1] > self.MOST:
            best = np.argpartition(-scores, self.MOST, axis=1)[:, : self.MOST]
            scores, every = np.take_along_axis(scores, best, 1), np.take_along_axis(every, best, 1)
        self._rows, self._scores = every, scores

    def depth(self, bits: Bits) -> Depth:
        """At which place the first pass puts the true nearest rows."""
        order = np.argsort(-self._scores, axis=1)
        nearest = np.take_along_axis(self._rows, order, 1)
        places = np.stack([self._places(bits, *one) for one in zip(self._vectors, nearest, strict=True)])
        ten, hundred = (max(LEAST, int(np.quantile(places[:, :k], RECALL)) + 1) for k in (10, self.MOST))
        return Depth(ten, hundred)

    @staticmethod
    def _places(bits: Bits, vector: Floats, rows: Rows) -> npt.NDArray[Any]:
        distances = bits.distances(vector)
        own = distances[np.searchsorted(bits.rows, rows)]
        return np.searchsorted(np.sort(distances), own, side="right")
