"""Rows with the signs of their vectors in memory: a fast first pass, whose candidates are then scored exactly.

Each dimension becomes one bit: is it above the mean? The share of bits in which two vectors differ tells the angle
between them, so the rows that differ least from the question are the likely nearest ones. Those are put in order once
more with the question's own numbers instead of its signs (the estimate of RaBitQ, Gao and Long 2024), and the best of
them are left to be scored exactly. How many that has to be depends on the embeddings; `Depth` says it, measured on
the index's own vectors.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import faiss
import numpy as np
import numpy.typing as npt

from mistral_rag.store.flat import Chosen, one_thread
from mistral_rag.store.lists import REACHED, Lists
from mistral_rag.store.vector_rows import Floats, Keys, Mask, Portion, Rows

Bytes = npt.NDArray[np.uint8]

ASKED: Final = 128
"""Vectors of the index that are searched in it to measure the depth."""

CENTRED: Final = 1024
"""Vectors whose mean is the centre."""

RECALL: Final = 0.985
BREADTH: Final = 4
"""Rows that are put in order a second time for each one that is scored exactly."""

LEAST: Final = 128
"""Candidates even where fewer would do: questions are farther from the texts than texts are from each other."""

MEASURED: Final = 8192
"""Rows of the first pass among which the depth is looked for."""


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
    """Rows, the numbers and keys of their vectors (see `Portion`), the vectors' bits, their weights and lists."""

    rows: Rows
    numbers: Rows
    keys: Keys
    codes: Bytes
    weights: Floats
    lists: npt.NDArray[np.int32]

    @classmethod
    def of(cls, portion: Portion, signs: Signs, lists: Lists) -> "Coded":
        """The bits of these vectors."""
        vectors = portion.vectors.astype(np.float32)
        kept = portion.rows, portion.numbers, portion.keys
        return cls(*kept, signs.codes(vectors), signs.weights(vectors), lists.of(vectors))

    def where(self, kept: npt.NDArray[Any]) -> "Coded":
        """The places that `kept` names or marks."""
        return Coded(*(column[kept] for column in self))

    @classmethod
    def joined(cls, several: Sequence["Coded"]) -> "Coded":
        """Several as one."""
        return cls(*(np.concatenate(columns) for columns in zip(*several, strict=True)))


class Bits:
    """Rows with their sign bits, ascending, and the numbers under which the database has their vectors."""

    def __init__(self, coded: Coded, signs: Signs, lists: Lists) -> None:
        self.rows, self.numbers, self.keys, codes, self.weights, self._lists = coded
        self.signs, self.lists = signs, lists
        self._index = _indexed(codes)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def coded(self) -> Coded:
        """What it was made of; to be read only, and only as long as this object is there."""
        return Coded(self.rows, self.numbers, self.keys, self._codes, self.weights, self._lists)

    @property
    def _codes(self) -> Bytes:
        width = self._index.code_size
        flat: Bytes = faiss.rev_swig_ptr(self._index.xb.data(), len(self.rows) * width)
        return flat.reshape(len(self.rows), width)

    def where(self, keep: Mask) -> "Bits":
        """Some of the rows."""
        return Bits(self.coded.where(keep), self.signs, self.lists)

    def nearest(self, vector: Floats, count: int, keep: Mask | None) -> tuple[Rows, Floats]:
        """Places of the `count` likely nearest rows, and what their scores seem to be, but for a constant."""
        first = self.first(vector, BREADTH * count, keep)
        seeming = self.seeming(vector, first)
        if len(first) > count:
            best = np.argpartition(-seeming, count)[:count]
            first, seeming = first[best], seeming[best]
        return first, seeming

    def first(self, vector: Floats, count: int, keep: Mask | None) -> Rows:
        """Places of the `count` rows whose signs differ least from those of a vector."""
        keep = self.lists.near(vector, self._lists, keep)
        if self.signs.weighed:
            return self._first_weighed(vector, count, keep)
        count = min(count, len(self.rows) if keep is None else int(np.count_nonzero(keep)))
        if not count:
            return np.empty(0, np.int64)
        chosen = None if keep is None else Chosen(keep)
        only = None if chosen is None else chosen.parameters
        with one_thread():
            found: Rows = self._index.search(self.signs.codes(vector.reshape(1, -1)), count, params=only)[1][0]
        return found

    def _first_weighed(self, vector: Floats, count: int, keep: Mask | None) -> Rows:
        """As `first`, where the lengths of vectors count."""
        dimension = len(vector)
        cosines = np.cos(np.arange(dimension + 1) * np.pi / dimension).astype(np.float32)
        # the worth of a sign is the vector's length, times a constant for numbers that are spread as by chance
        length = np.float32(np.linalg.norm(vector - self.signs.centre) * np.sqrt(2 * dimension / np.pi))
        seeming = length * self.weights[:, 0] * cosines[self._differing(vector)] + self.weights[:, 1]
        places = np.arange(len(seeming)) if keep is None else np.flatnonzero(keep)
        if count < len(places):
            places = places[np.argpartition(-seeming[places], count)[:count]]
        return places

    def _differing(self, vector: Floats) -> npt.NDArray[np.int32]:
        """In how many bits every row differs from a vector."""
        codes, asked = self._codes, self.signs.codes(vector.reshape(1, -1))
        differing = np.empty(len(codes), dtype=np.int32)
        pointers = [faiss.swig_ptr(array) for array in (asked, codes, differing)]
        if len(codes):
            vars(faiss)["hammings"](pointers[0], pointers[1], 1, len(codes), codes.shape[1], pointers[2])
        return differing

    def seeming(self, vector: Floats, places: Rows) -> Floats:
        """What the scores of some rows seem to be by their signs and the vector itself."""
        own = vector - self.signs.centre
        above = np.unpackbits(self._codes[places], axis=1, count=len(own)).astype(np.float32)
        worth, added = self.weights[places].T
        return np.asarray(worth * (2 * (above @ own) - own.sum()) + added)


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


def make(sample: Portion, everything: Iterable[Portion], *, weighed: bool, lists: int = 0) -> Made:
    """Bits of everything, and the depth they need, in one pass over the vectors.

    `sample` are some rows of it, spread evenly: their mean is the centre, and some of them are the questions that
    the depth is measured with. Each is left out of its own answer. `lists` is how many lists are wanted.
    """
    vectors = sample.vectors.astype(np.float32)
    signs, into = Signs(vectors.mean(axis=0), weighed), Lists.learned(vectors, lists)
    step = max(len(sample.rows) // ASKED, 1)
    truth = _Truth(sample.rows[::step][:ASKED], vectors[::step][:ASKED])
    parts = []
    for portion in everything:
        truth.see(portion.rows, portion.vectors.astype(np.float32))
        parts.append(Coded.of(portion, signs, into))
    whole = Coded.joined(parts)
    coded = whole.where(np.argsort(whole.rows))
    bits = Bits(coded, signs, truth.probed(coded, into))
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

    def _nearest(self) -> Rows:
        """For each question the rows found, nearest first."""
        nearest: Rows = np.take_along_axis(self._rows, np.argsort(-self._scores, axis=1), 1)
        return nearest

    def probed(self, coded: Coded, lists: Lists) -> Lists:
        """The lists, with as many looked into as it takes."""
        if not len(lists):
            return lists
        own = coded.lists[np.searchsorted(coded.rows, self._nearest()[:, :10])]
        needed = [lists.needed(*one) for one in zip(self._vectors, own, strict=True)]
        return replace(lists, probes=int(np.quantile(np.concatenate(needed), REACHED)) + 1)

    def depth(self, bits: Bits) -> Depth:
        """How many candidates it takes."""
        needed = np.stack([_needed(bits, *one) for one in zip(self._vectors, self._nearest(), strict=True)])
        ten, hundred = (int(np.quantile(needed[:, :k], RECALL)) + 1 for k in (10, self.MOST))
        return Depth(max(ten, LEAST), max(hundred, 4 * LEAST))


def _needed(bits: Bits, vector: Floats, rows: Rows) -> npt.NDArray[Any]:
    """How many candidates it takes until each of these rows is among them."""
    first = bits.first(vector, MEASURED, None)
    found = bits.rows[first]
    by_both = found[np.argsort(-bits.seeming(vector, first))]
    places = [_place_of(rows, order) for order in (by_both, found)]
    needed: npt.NDArray[Any] = np.maximum(places[0], places[1] // BREADTH + 1)
    return needed


def _place_of(rows: Rows, order: Rows) -> npt.NDArray[Any]:
    """Where each row stands, from 1; far behind the last when it does not."""
    by_row = np.argsort(order)
    at = np.minimum(np.searchsorted(order, rows, sorter=by_row), len(order) - 1)
    place = by_row[at]
    found: npt.NDArray[Any] = np.where(order[place] == rows, place + 1, 4 * len(order))
    return found
