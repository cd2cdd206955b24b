"""The rows of a `DenseIndex` in a few parts: vectors in memory or bits, and which rows are still there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mistral_rag.index._dense.binary_index import Bits, Coded
from mistral_rag.index._dense.flat import Flat
from mistral_rag.index._dense.vector_rows import Mask, Portion, Rows, places_of

NEWER_ROWS: Final = 8192
"""More rows than this that are newer than the bits become bits, too."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows, and which of them are still there (None: all)."""

    of: Flat | Bits
    alive: Mask | None = None

    def __len__(self) -> int:
        return len(self.of) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def rows(self) -> Rows:
        """The rows that are still there."""
        return self.of.rows if self.alive is None else self.of.rows[self.alive]

    def among(self, rows: Rows) -> Mask:
        """Which of all places hold one of these rows, and hold it still."""
        found = np.zeros(len(self.of.rows), dtype=bool)
        found[places_of(rows, self.of.rows)[1]] = True
        return found if self.alive is None else found & self.alive

    def without(self, rows: Rows) -> "Part":
        """The part when these rows are gone; holes are closed when they are a quarter of it."""
        gone = self.among(rows)
        if not gone.any():
            return self
        alive = ~gone if self.alive is None else self.alive & ~gone
        if 4 * int(np.count_nonzero(alive)) > 3 * len(alive):
            return replace(self, alive=alive)
        return self.only(alive)

    def only(self, keep: Mask) -> "Part":
        """The part with no other places than these."""
        return Part(Flat(self.of.portion.where(keep)) if isinstance(self.of, Flat) else self.of.where(keep))


def tidied(parts: Sequence[Part]) -> list[Part]:
    """Few parts: what is new is joined to what is about as new; too much of it becomes bits where there are some."""
    bits = [part for part in parts if isinstance(part.of, Bits)]
    flats = _merged([part for part in parts if isinstance(part.of, Flat)])
    if bits and sum(map(len, flats)) > NEWER_ROWS:
        like = next(part.of for part in bits if isinstance(part.of, Bits))
        bits += [
            Part(Bits(Coded.of(flat.of.portion, like.signs), like.signs), flat.alive)
            for flat in flats
            if isinstance(flat.of, Flat)
        ]
        flats = []
    return [*_merged(bits), *flats]


def _merged(parts: list[Part]) -> list[Part]:
    """Parts of one kind, each less than half of the one before; the order of rows stays."""
    kept: list[Part] = []
    for part in parts:
        last = part
        while kept and 2 * len(last) >= len(kept[-1]):
            last = _together(kept.pop(), last)
        kept.append(last)
    return kept


def _together(first: Part, second: Part) -> Part:
    whole = [part if part.alive is None else part.only(part.alive) for part in (first, second)]
    flats = [part.of for part in whole if isinstance(part.of, Flat)]
    if flats:
        return Part(Flat(Portion.joined([flat.portion for flat in flats])))
    bits = [part.of for part in whole if isinstance(part.of, Bits)]
    return Part(Bits(Coded.joined([one.coded for one in bits]), bits[0].signs))
