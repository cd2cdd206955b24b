"""Search by vectors: exact for small indexes, sign bits and exact rescoring above.

A `DenseIndex` is what one commit holds; `follow` makes that of a later commit from it, out of the change log. Up to
`EXACT_ROWS` rows all vectors are in memory. Above, only their sign bits are: the likely nearest rows are fetched
and scored exactly, as are rows that are newer than the bits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag.index._dense.binary_index import Bits
from mistral_rag.index._dense.candidate_depth import Depth, Made
from mistral_rag.index._dense.flat import Flat, inner_products
from mistral_rag.index._dense.segments import Part, tidied
from mistral_rag.index._dense.vector_rows import EXACT_ROWS, Fetch, Floats, Halves, Mask, Portion, Rows, places_of
from mistral_rag.index._filters.filter_cache import Filtered, Filters

Scores = Floats
Vectors = Floats

SPREAD: Final = 0.6
MOST_SPREAD: Final = 16
"""The fewer rows a filter leaves the farther apart they lie, so that their bits tell less: more candidates are needed,
`SPREAD` by the share that is left, at most so many times as many. Measured: docs/adr/0013.
"""

DEPTH: Final = Depth(300, 1000)
"""For indexes that hold no bits yet."""

SAMPLE: Final = 1024
"""Rows whose mean stands for that of all where not all vectors are in memory."""


def _nothing_fetched(numbers: Rows, dimension: int) -> tuple[Rows, Halves]:
    raise LookupError(f"{len(numbers)} vectors of {dimension} dimensions are in no database")


@dataclass(frozen=True)
class DenseIndex:
    """Inner products of a question's vector with those of all rows: cosines, where vectors have unit length.

    Nothing in it changes: any number of threads may search it.

    Attributes:
        dimension: of the vectors.
        parts: the rows; no row is there twice.
        depth: how many candidates the first pass has to find.
        fetch: where vectors are that are not in memory.
        sequence: the number of the commit that this is.
    """

    dimension: int
    parts: tuple[Part, ...] = ()
    depth: Depth = DEPTH
    fetch: Fetch = field(default=_nothing_fetched, repr=False)
    sequence: int = 0
    _filters: Filters = field(default_factory=Filters, init=False, repr=False)

    @classmethod
    def build(cls, rows: Rows, vectors: npt.NDArray[np.floating]) -> "DenseIndex":
        """An index in memory of ``vectors[i]`` for ``rows[i]``, which are rounded to 16-bit floats."""
        numbers = np.arange(len(rows), dtype=np.int64)
        portion = Portion(np.asarray(rows, np.int64), numbers, numbers.astype(np.uint64), vectors.astype(np.float16))
        return cls(vectors.shape[1], (Part(Flat(portion)),))

    @classmethod
    def of_bits(cls, made: Made, dimension: int, *, fetch: Fetch, sequence: int) -> "DenseIndex":
        """An index whose vectors stay in the database."""
        return cls(dimension, (Part(made.bits),), made.depth, fetch, sequence)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def rows(self) -> Rows:
        """All rows, ascending."""
        return np.sort(np.concatenate([np.empty(0, np.int64), *(part.rows for part in self.parts)]))

    @property
    def exact(self) -> bool:
        """Whether all vectors are in memory."""
        return all(isinstance(part.of, Flat) for part in self.parts)

    def follow(self, removed: Rows, added: Portion, *, sequence: int) -> "DenseIndex":
        """The index of a later commit: some rows have gone, and some have come, higher than all before."""
        kept = [part for part in (part.without(removed) for part in self.parts) if len(part)]
        parts = [*kept, Part(Flat(added))] if len(added.rows) else kept
        return replace(self, parts=tuple(tidied(parts)), sequence=sequence)

    def only(self, rows: Rows) -> "DenseIndex":
        """The index of no other rows than these, as if it had never held others."""
        parts = [(part, part.among(rows)) for part in self.parts]
        few = sum(int(np.count_nonzero(keep)) for _, keep in parts) <= EXACT_ROWS
        cut = (Part(self._flat(part, keep)) if few else part.only(keep) for part, keep in parts)
        return replace(self, parts=tuple(part for part in cut if len(part)))

    def search(self, vector: Vectors, k: int, *, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """The `k` nearest rows and their scores, best first, among equals the lower row.

        `rows`: only these. What is found out about them is kept for as long as the same array comes again.
        """
        asked = self._asked(vector)
        chosen = None if rows is None else self._filters.get(rows, self._chosen)
        if chosen is not None and chosen.few is not None:
            return _best([_scored(chosen.few, asked, k, None)], k)
        masks = [part.alive for part in self.parts] if chosen is None else chosen.masks
        both = list(zip(self.parts, masks, strict=True))
        exact = [_scored(part.of, asked, k, mask) for part, mask in both if isinstance(part.of, Flat)]
        count = self.depth.of(k) * (1 if chosen is None else chosen.spread)
        return _best([*exact, *self._rescored(asked, self._candidates(asked, count, both))], k)

    def candidates(self, vector: Vectors, k: int, *, rows: Rows | None = None) -> Rows:
        """About `k` rows among which the nearest are, in no order; `scores` tells how near they are."""
        asked = self._asked(vector)
        both = [(part, part.alive if rows is None else part.among(rows)) for part in self.parts]
        exact = [_scored(part.of, asked, k, mask)[0] for part, mask in both if isinstance(part.of, Flat)]
        first = [bits.rows[places] for bits, places in self._candidates(asked, max(self.depth.ten, k), both)]
        return np.concatenate([np.empty(0, np.int64), *exact, *first])

    def scores(self, vector: Vectors, rows: Rows) -> Scores:
        """The scores of some rows, in their order; 0 for a row without a vector."""
        asked = self._asked(vector)
        scores = np.zeros(len(rows), dtype=np.float32)
        for part in self.parts:
            here, places = places_of(rows, part.of.rows)
            if isinstance(part.of, Flat):
                scores[here] = part.of.scores(asked, places)
            elif len(places):
                scores[here] = self._fetched_scores(asked, part.of.numbers[places])
        return scores

    def usual(self, vector: Vectors) -> float:
        """The mean of the scores of all rows; of a sample of them where not all vectors are in memory."""
        return float(self._mean @ np.asarray(vector, dtype=np.float64).ravel())

    @cached_property
    def _mean(self) -> npt.NDArray[np.float64]:
        if self.exact:
            flats = [part.of if part.alive is None else part.only(part.alive).of for part in self.parts]
            total = sum((flat.total for flat in flats if isinstance(flat, Flat)), np.zeros(self.dimension))
            return total / max(len(self), 1)
        sample = self._sample()
        return np.asarray(sample.mean(axis=0, dtype=np.float64)) if len(sample) else np.zeros(self.dimension)

    def _sample(self) -> Halves:
        """The vectors with the lowest keys: the same ones wherever the same vectors are."""
        alive = [(part.of, slice(None) if part.alive is None else part.alive) for part in self.parts]
        keys = np.concatenate([of.keys[places] for of, places in alive])
        numbers = np.concatenate([of.numbers[places] for of, places in alive])
        return self.fetch(numbers[np.argpartition(keys, min(SAMPLE, len(keys) - 1))[:SAMPLE]], self.dimension)[1]

    def _asked(self, vector: Vectors) -> Vectors:
        return np.ascontiguousarray(vector, dtype=np.float32).reshape(self.dimension)

    def _chosen(self, rows: Rows) -> Filtered:
        masks = tuple(part.among(rows) for part in self.parts)
        left = sum(int(np.count_nonzero(mask)) for mask in masks)
        if self.exact or left > EXACT_ROWS:
            return Filtered(rows, masks, spread=round(min(max(SPREAD * len(self) / max(left, 1), 1), MOST_SPREAD)))
        flats = [self._flat(part, mask) for part, mask in zip(self.parts, masks, strict=True)]
        return Filtered(rows, (), Flat(Portion.joined([flat.portion for flat in flats])))

    def _flat(self, part: Part, keep: Mask) -> Flat:
        """Some places of a part with their vectors in memory."""
        if isinstance(part.of, Flat):
            return Flat(part.of.portion.where(keep))
        rows, numbers, keys = part.of.rows[keep], part.of.numbers[keep], part.of.keys[keep]
        known, vectors = self.fetch(numbers, self.dimension)
        here, places = places_of(numbers, known)
        return Flat(Portion(rows[here], numbers[here], keys[here], vectors[places]))

    @staticmethod
    def _candidates(
        vector: Vectors, count: int, parts: Sequence[tuple[Part, Mask | None]]
    ) -> Iterator[tuple[Bits, Rows]]:
        """The likely nearest `count` places of all bits together, part by part."""
        found = [(part.of, *part.of.nearest(vector, count, mask)) for part, mask in parts if isinstance(part.of, Bits)]
        if len(found) > 1:
            every = np.concatenate([seeming for _, _, seeming in found])
            bar = -np.inf if len(every) <= count else np.partition(every, -count)[-count]
            found = [(bits, places[seeming >= bar], seeming) for bits, places, seeming in found]
        for bits, places, _ in found:
            yield bits, places

    def _rescored(self, vector: Vectors, found: Iterable[tuple[Bits, Rows]]) -> Iterator[tuple[Rows, Scores]]:
        for bits, places in found:
            known, vectors = self.fetch(bits.numbers[places], self.dimension)
            here, at = places_of(bits.numbers[places], known)
            yield bits.rows[places[here]], inner_products(vectors, vector)[at]

    def _fetched_scores(self, vector: Vectors, numbers: Rows) -> Scores:
        known, vectors = self.fetch(numbers, self.dimension)
        here, at = places_of(numbers, known)
        scores = np.zeros(len(numbers), dtype=np.float32)
        scores[here] = inner_products(vectors, vector)[at]
        return scores


def _scored(flat: Flat, vector: Vectors, k: int, keep: Mask | None) -> tuple[Rows, Scores]:
    places, scores = flat.nearest(vector, k, keep)
    return flat.rows[places], scores


def _best(found: Sequence[tuple[Rows, Scores]], k: int) -> tuple[Rows, Scores]:
    rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in found)])
    scores = np.concatenate([np.empty(0, np.float32), *(scores for _, scores in found)])
    order = np.lexsort((rows, -scores))[: max(k, 0)]
    return rows[order], scores[order]
