"""The rows of a search: which document and page each belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import positions_of
from mistral_rag._cached import cached_property
from mistral_rag.retrieval._signals import Pages

Rows = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

PAGE_BITS: Final = 32
"""Bits of a page's number beside that of its document in one integer."""
MIN_SHARE: Final = 16
"""One document in so many: fewer are looked up one by one, which takes no pass over all rows."""


@dataclass(frozen=True)
class RowTable:
    """Rows with their documents and pages; nothing in it changes.

    Attributes:
        rows: all rows, ascending.
        documents: for each row the number of its document.
        pages: for each row the number of its page, from 1.
    """

    rows: Rows
    documents: Rows
    pages: Rows
    _positions: dict[str, tuple[Pages, Positions]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, table: Rows) -> Self:
        """The rows of an n x 3 array: row, document, page; ascending by row."""
        rows, documents, pages = (np.ascontiguousarray(column) for column in table.reshape(-1, 3).T)
        return cls(rows, documents, pages)

    def __len__(self) -> int:
        return len(self.rows)

    def changed(self, removed: Rows, added: Rows) -> "RowTable":
        """The table without some rows and with others (n x 3), which are higher than all or lie between them."""
        if not len(removed) and not len(added):
            return self
        keep: Mask | slice = slice(None)
        if len(removed):
            keep = np.ones(len(self), dtype=bool)
            keep[positions_of(removed, self.rows)[1]] = False
        columns = (self.rows[keep], self.documents[keep], self.pages[keep])
        joined = [np.concatenate(pair) for pair in zip(columns, added.reshape(-1, 3).T, strict=True)]
        if len(added) and len(columns[0]) and joined[0][len(columns[0])] < columns[0][-1]:
            order = np.argsort(joined[0], kind="stable")
            joined = [column[order] for column in joined]
        return RowTable(*joined)

    def without_rows(self, documents: Rows) -> Rows:
        """Those of some documents, each once and ascending, of which no row is here."""
        wanted = np.unique(documents)
        return wanted[~positions_of(wanted, self.numbers)[0]]

    @cached_property
    def numbers(self) -> Rows:
        """The numbers of all documents, ascending."""
        return self.documents[self._are_first] if self._is_grouped else np.unique(self.documents)

    @cached_property
    def owners(self) -> Positions:
        """For each row the position of its document among `numbers`."""
        if self._is_grouped:
            return np.cumsum(self._are_first) - 1
        return np.searchsorted(self.numbers, self.documents)

    def of_documents(self, chosen: Mask) -> Positions:
        """Positions of the rows of some documents (a mask over `numbers`), ascending."""
        wanted = np.flatnonzero(chosen)
        if MIN_SHARE * len(wanted) > len(chosen):
            return np.flatnonzero(chosen[self.owners])
        pieces = [self._by_document[self._begins[at] : self._begins[at + 1]] for at in wanted.tolist()]
        return np.sort(np.concatenate([np.empty(0, np.int64), *pieces]))

    def on_pages(self, name: str, pages: Pages) -> Positions:
        """Positions of the rows on these pages, ascending; kept under a name as long as the same array comes."""
        known = self._positions.get(name)
        if known is None or known[0] is not pages:
            wanted = np.unique(pages[:, 0] << PAGE_BITS | pages[:, 1])
            places = self.documents << PAGE_BITS | self.pages
            known = self._positions[name] = (pages, np.flatnonzero(np.isin(places, wanted, kind="sort")))
        return known[1]

    def beside(self, rows: Sequence[int], count: int) -> list[int]:
        """Up to `count` rows before and behind each of these in its document, each once and none of these."""
        positions = np.searchsorted(self.rows, np.asarray(rows, dtype=np.int64))
        steps = [step for step in range(-count, count + 1) if step]
        near = [(position, position + step) for position in positions.tolist() for step in steps]
        kept = [at for position, at in near if 0 <= at < len(self) and self.documents[at] == self.documents[position]]
        return [row for row in dict.fromkeys(self.rows[kept].tolist()) if row not in set(rows)]

    @cached_property
    def _is_grouped(self) -> bool:
        """True when the documents' numbers ascend with the rows, as they do but after a repair."""
        return bool((self.documents[1:] >= self.documents[:-1]).all())

    @cached_property
    def _are_first(self) -> Mask:
        """Mark the rows whose document is not that of the row before."""
        first = np.ones(len(self), dtype=bool)
        np.not_equal(self.documents[1:], self.documents[:-1], out=first[1:])
        return first

    @cached_property
    def _by_document(self) -> Positions:
        """Positions of all rows, document after document, each ascending."""
        if self._is_grouped:
            return np.arange(len(self), dtype=np.int64)
        return np.argsort(self.documents, kind="stable")

    @cached_property
    def _begins(self) -> Positions:
        """The first position of each document in `_by_document`, and the end of the last one."""
        if self._is_grouped:
            return np.append(np.flatnonzero(self._are_first), len(self))
        return np.append(np.searchsorted(self.documents[self._by_document], self.numbers), len(self))
