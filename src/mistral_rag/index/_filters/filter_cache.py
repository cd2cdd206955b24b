"""Rows of a `DenseIndex` that filters leave, kept for the searches to come."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mistral_rag._forks import ForkLock
from mistral_rag.index._dense.flat import FlatIndex
from mistral_rag.index._dense.vector_rows import Mask, Rows

MAX_FILTERS: Final = 64
MAX_BYTES: Final = 128_000_000
"""Filters that are kept in memory, and the bytes that all of them may take."""


@dataclass(frozen=True, slots=True)
class FilteredRows:
    """Rows that a filter leaves: a mask for each segment, or an index of their own where they are few."""

    rows: Rows
    masks: tuple[Mask | None, ...]
    few: FlatIndex | None = None
    spread: int = 1

    @property
    def size(self) -> int:
        """Bytes in memory."""
        few = 2 * len(self.few) * self.few.dimension if self.few else 0
        return few + self.rows.nbytes + sum(mask.nbytes for mask in self.masks if mask is not None)


@dataclass(frozen=True, slots=True)
class FilterCache:
    """Filtered rows by the arrays that were given; the oldest go first."""

    known: OrderedDict[int, FilteredRows] = field(default_factory=OrderedDict)
    mutex: ForkLock = field(default_factory=ForkLock)

    def get(self, rows: Rows, make: Callable[[Rows], FilteredRows]) -> FilteredRows:
        """The filtered rows of this array: known ones, or made now."""
        with self.mutex:
            found = self.known.get(id(rows))
            # the array is kept with what was found, so no other one can have its id meanwhile
            if found is not None and found.rows is rows:
                self.known.move_to_end(id(rows))
                return found
        made = make(rows)
        with self.mutex:
            self.known[id(rows)] = made
            while len(self.known) > MAX_FILTERS or self._bytes() > MAX_BYTES:
                self.known.popitem(last=False)
        return made

    def _bytes(self) -> int:
        return sum(chosen.size for chosen in self.known.values())
