"""Hybrid search over what one commit of an index holds: words, vectors and signals become one ranking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import highest, positions_of
from mistral_rag.index import DenseIndex, LexicalIndex, View
from mistral_rag.retrieval._expansion import MAX_CHARACTERS
from mistral_rag.retrieval._fusion import blended, dense_weight, remaining_share, scaled, unnamed_share
from mistral_rag.retrieval._row_table import Positions, Rows, RowTable
from mistral_rag.retrieval._score_breakdown import Breakdown, Fusion, Ranking
from mistral_rag.retrieval._signal_set import Boosted, SignalSet
from mistral_rag.retrieval._signals import Query, Signal

Scores = npt.NDArray[np.float32]

DEPTH: Final = 100
"""Rows that each ranking puts forward; the rest can't come among the first ten, whatever the other says of them."""

EXPANSION_SHARE: Final = 0.5
"""Weight of an expansion's words against those of the question, where nothing covers the question."""


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """Rows with their documents, words and vectors, and the profiles of signals: all that a search goes by.

    It shows one commit; `follow` gives that of a later one. Any number of threads may rank by it.

    Attributes:
        sequence: the number of the commit.
        model: the name of the index's embedding model; empty for words alone.
    """

    sequence: int
    model: str
    table: RowTable
    signals: SignalSet
    lexical: LexicalIndex
    dense: DenseIndex | None
    restricted: bool
    """True when rows are left out that the index holds."""
    lexical_positions: "tuple[npt.NDArray[np.bool_], Positions] | None"
    """Mask of the word index's rows that are in `table`, and their positions; None where both have the same rows."""

    @classmethod
    def of(cls, view: View, model: str, signals: Iterable[Signal], *, allowed: Rows | None = None) -> "SearchIndex":
        """Build it from a view, cut down to the `allowed` rows before anything is counted."""
        table = RowTable.of(view.row_sources())
        if allowed is not None:
            table = table.changed(np.setdiff1d(table.rows, allowed), np.empty((0, 3), np.int64))
        known = SignalSet(signals)
        known.change(view, (), table.numbers.tolist())
        lexical, positions = _words(view, table, allowed)
        dense = view.dense(allowed) if model else None
        return cls(view.sequence, model, table, known, lexical, dense, allowed is not None, positions)

    def can_follow(self, view: View, allowed: Rows | None) -> bool:
        """False when more than rows has changed: a restriction has gone, or profiles of documents that stay."""
        return view.profiles_changed <= self.sequence and not (self.restricted and allowed is None)

    def follow(self, view: View, *, allowed: Rows | None = None) -> "SearchIndex":
        """Follow a later commit: only rows and documents that came or went are looked at."""
        rows = self.table.rows
        removed, added = self._changes(view, allowed)
        new = view.row_sources(added.tolist())
        table = self.table.changed(removed, new)
        gone = table.without_rows(self.table.documents[positions_of(removed, rows)[1]])
        came = self.table.without_rows(new[:, 1])
        self.signals.change(view, gone.tolist(), came.tolist())
        lexical, positions = _words(view, table, allowed)
        return replace(
            self,
            sequence=view.sequence,
            table=table,
            lexical=lexical,
            dense=self._followed_vectors(view, allowed, removed, added) if self.model else None,
            restricted=allowed is not None,
            lexical_positions=positions,
        )

    def _changes(self, view: View, allowed: Rows | None) -> tuple[Rows, Rows]:
        """The rows that are no more to be found, and those that are."""
        rows = self.table.rows
        if allowed is not None and not self._is_restricted_as(view):
            return np.setdiff1d(rows, allowed), np.setdiff1d(allowed, rows)
        changes = view.changes(self.sequence)
        if allowed is None:
            return changes.removed, changes.added
        removed, added = changes.removed, changes.added
        return removed[positions_of(removed, rows)[0]], added[positions_of(added, allowed)[0]]

    def _is_restricted_as(self, view: View) -> bool:
        """True when rows that stay are left out if they were before: so rows that come are higher than all."""
        return self.restricted and view.groups_changed <= self.sequence

    def _followed_vectors(self, view: View, allowed: Rows | None, removed: Rows, added: Rows) -> DenseIndex:
        last = self.dense
        if last is None or not last.segments or last.dimension != view.dimension or not self._is_restricted_as(view):
            return view.dense(allowed)
        if view.vectors_changed > self.sequence:
            return view.dense(allowed)
        # the readable ones of all vectors would be copied, or read from the database, after each commit
        index = last.follow(removed, view.vector_batch(added.tolist()), sequence=view.sequence)
        return index if index.fits else view.dense(allowed)

    def read(self, question: str) -> Query:
        """The question as the signals read it: names, and further words."""
        return self.signals.read(question, self.sequence)

    def rank(
        self,
        question: str,
        vector: Scores | None,
        k: int,
        *,
        unnamed: Scores | None = None,
        expansion: str = "",
        weight: float | None = None,
        fusion: Fusion = "convex",
        routing: bool = True,
    ) -> Ranking:
        """The best `k` rows, best first.

        Args:
            question: what is asked.
            vector: the question's; without one words alone decide.
            k: rows to give.
            unnamed: the vector of the question without the names in it; the less the words cover, the more it counts.
            expansion: further words to search for.
            weight: the vectors' share; by default that of the model.
            fusion: how both sides are put together.
            routing: boost whole documents, as signals say; boosts of pages stay.

        Rows that no word of the question, no vector and no boost speaks for are not found.
        """
        words = self._lexical(question)
        covered = min(float(words.max(initial=0)) / max(self.lexical.ceiling(question), 1e-9), 1.0)
        expansion = expansion[:MAX_CHARACTERS]
        share = EXPANSION_SHARE * remaining_share(covered)
        if expansion and share:
            words += share * self._lexical(expansion)
        words /= max(float(words.max(initial=0)), 1e-9)
        boosted = self.signals.boosts(question, self.sequence, expansion=expansion, covered=covered)
        documents = self._document_boosts(boosted.documents if routing else {})
        pages = self._page_boosts(boosted)
        if vector is not None and unnamed is not None:
            vector = blended(vector, unnamed, unnamed_share(self.model) * remaining_share(covered))
        depth = max(DEPTH, 5 * k)
        candidates = self._candidates(vector, documents, depth)
        chosen = np.union1d(_highest(self._sum(words, documents, pages), depth), candidates)
        default = dense_weight(self.model, covered) if weight is None else weight
        # without any vector yet, to count them would only make all scores smaller
        weight = default if vector is not None and self.dense is not None and len(self.dense) else 0.0
        breakdown = Breakdown(
            lexical=words[chosen],
            dense=self._cosines(vector, chosen, words[chosen]),
            document_boost=documents[self.table.owners[chosen]],
            page_boost=_boost_of(pages, chosen),
            superseded=self._are_superseded(boosted.superseded if routing else frozenset(), chosen),
            dense_weight=weight,
            covered=covered,
        )
        return Ranking(breakdown.ranked(self.table.rows[chosen], k, fusion), covered, breakdown.dense_weight)

    def _lexical(self, question: str) -> Scores:
        _, scores = self.lexical.scores(question)
        if self.lexical_positions is None:
            return scores
        here, positions = self.lexical_positions
        lexical = np.zeros(len(self.table), dtype=np.float32)
        lexical[positions] = scores[here]
        return lexical

    def _document_boosts(self, boosts: Mapping[int, float]) -> Scores:
        """The boost of each document, in the order of `table.numbers`."""
        found = np.zeros(len(self.table.numbers), dtype=np.float32)
        if boosts:
            numbers = np.fromiter(boosts, dtype=np.int64, count=len(boosts))
            values = np.fromiter(boosts.values(), dtype=np.float32, count=len(boosts))
            here, positions = positions_of(numbers, self.table.numbers)
            found[positions] = values[here]
        return found

    def _page_boosts(self, boosted: Boosted) -> list[tuple[Positions, np.float32]]:
        """Positions of rows on boosted pages, with what they gain; a row gains the most it can, once."""
        found: dict[float, list[Positions]] = {}
        for name, (pages, boost) in boosted.pages.items():
            found.setdefault(boost, []).append(self.table.on_pages(name, pages))
        return [(np.unique(np.concatenate(each)), np.float32(boost)) for boost, each in sorted(found.items())]

    def _sum(self, words: Scores, documents: Scores, pages: Sequence[tuple[Positions, np.float32]]) -> Scores:
        """The sum of words and boosts for each row."""
        scores = words.copy()
        positions = self.table.of_documents(documents != 0)
        scores[positions] += documents[self.table.owners[positions]]
        for on_pages, boost in pages:
            scores[on_pages] += boost
        return scores

    def _candidates(self, vector: Scores | None, documents: Scores, depth: int) -> Positions:
        """Rows that the vector puts forward: of all, and of the documents that are boosted most."""
        if vector is None or self.dense is None:
            return np.empty(0, np.int64)
        top = float(documents.max(initial=0))
        # half of the highest boost: all documents of the company that is named, of whatever period
        boosted = [documents >= top, documents >= top / 2] if top > 0 else []
        if boosted and np.array_equal(boosted[0], boosted[1]):
            boosted.pop()
        rows = [self.table.rows[self.table.of_documents(each)] for each in boosted]
        found = (
            self.dense.candidates(vector, depth),
            *(self.dense.candidates(vector, depth, rows=each) for each in rows),
        )
        return np.unique(np.concatenate([positions_of(each, self.table.rows)[1] for each in found]))

    @property
    def pending(self) -> int:
        """The number of rows whose vectors are still to come."""
        return 0 if self.dense is None else len(self.table) - len(self.dense)

    def _cosines(self, vector: Scores | None, chosen: Positions, words: Scores) -> Scores:
        """The cosines of rows, from 0 at the mean over all rows to 1 at the highest.

        A row whose vector is still to come counts as near as its words say, so that it is neither ahead nor behind.
        """
        if vector is None or self.dense is None or not len(self.dense):
            return np.zeros(len(chosen), dtype=np.float32)
        rows = self.table.rows[chosen]
        cosines = self.dense.scores(vector, rows)
        near = scaled(cosines, highest=float(cosines.max(initial=0)), mean=self.dense.mean_score(vector))
        return np.where(self.dense.holds(rows), near, words).astype(np.float32) if self.pending else near

    def _are_superseded(self, documents: frozenset[int], chosen: Positions) -> npt.NDArray[np.bool_]:
        return np.isin(self.table.documents[chosen], np.fromiter(documents, dtype=np.int64, count=len(documents)))


def _words(
    view: View, table: RowTable, allowed: Rows | None
) -> "tuple[LexicalIndex, tuple[npt.NDArray[np.bool_], Positions] | None]":
    """Words of the commit, cut down to the `allowed` rows; and where the rows of the word index are in the table."""
    lexical = view.lexical(allowed)
    same = np.array_equal(lexical.rows, table.rows)
    return lexical, None if same else positions_of(lexical.rows, table.rows)


def _highest(scores: Scores, count: int) -> Positions:
    """Positions of the highest scores above 0; among equals the lower ones."""
    found = highest(scores, count)
    ordered: Positions = found[np.lexsort((found, -scores[found]))[:count]]
    return ordered


def _boost_of(pages: Sequence[tuple[Positions, np.float32]], chosen: Positions) -> Scores:
    found = np.zeros(len(chosen), dtype=np.float32)
    for on_pages, boost in pages:
        found[np.isin(chosen, on_pages)] += boost
    return found
