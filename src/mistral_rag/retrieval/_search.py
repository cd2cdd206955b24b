"""Hybrid search over what one commit of an index holds: words, vectors and routing become one ranking."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import highest, positions_of
from mistral_rag.errors import IndexDamagedError
from mistral_rag.index import DenseIndex, LexicalIndex, View
from mistral_rag.retrieval._domains.filings.document_profile import VERSION, Facts, learn
from mistral_rag.retrieval._domains.filings.entity_boost import ENTITY_BONUS, Router
from mistral_rag.retrieval._domains.filings.statements import named_statements
from mistral_rag.retrieval._expansion import MOST_CHARACTERS
from mistral_rag.retrieval._fusion import blended, dense_weight, left_open, scaled, unnamed_share
from mistral_rag.retrieval._score_breakdown import Fusion, Parts, Ranking

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

PAGE_BITS: Final = 32
DEPTH: Final = 100
"""Rows that each ranking puts forward; the rest can't come among the first."""

FEW: Final = 16
"""Where one in so many documents is looked at, or fewer, their rows are looked up one document after the other."""

EXPANSION_SHARE: Final = 0.5
"""What the words of an expansion count against those of the question, where nothing covers the question."""
STATEMENT_BONUS: Final = 0.3
"""What a page gains that is a statement the question asks for, where nothing covers the question."""
GUESSED: Final = 0.45
"""From this share of a question that one passage covers, statements that only the expansion names gain nothing."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched: rows, whose they are, their words and vectors, and whom the documents are about."""

    sequence: int
    model: str
    lexical: LexicalIndex
    dense: DenseIndex | None
    router: Router
    rows: Rows
    """All rows, ascending."""
    owners: npt.NDArray[np.int64]
    """For each row the number of its document."""
    by_owner: Places
    """The places of all rows, document after document, each ascending."""
    begins: Places
    """Where in `by_owner` each document begins, and where the last one ends."""
    numbers: Mapping[str, int]
    """The documents' numbers, by uri."""
    statements: Mapping[str, Places]
    """For each statement the places of the rows that stand on such a page."""
    worded: "tuple[npt.NDArray[np.bool_], Places] | None"
    """Which rows of the word index are among these, and where; None where both have the same in the same order."""

    @classmethod
    def of(cls, view: View, folder: Path, model: str, *, allowed: Rows | None = None) -> "Collection":
        """What `view` shows of the index in `folder`, cut down to the `allowed` rows before anything is counted.

        `model` is the name of the index's embedding model; empty for words alone.
        """
        table, uris = _table(view, allowed)
        rows, owners = table[:, 0].copy(), table[:, 1].copy()
        known = _current_facts(view)
        facts = {uri: known[uri] if uri in known else _learned(view, uri) for uri in uris}
        lexical = view.lexical()
        if allowed is not None:
            lexical.keep(allowed)
        return cls(
            sequence=view.sequence,
            model=model,
            lexical=lexical,
            dense=_dense(view, allowed) if model else None,
            router=Router(facts),
            rows=rows,
            owners=owners,
            by_owner=np.argsort(owners, kind="stable"),
            begins=np.concatenate(([0], np.cumsum(np.bincount(owners, minlength=len(uris))))),
            numbers={uri: number for number, uri in enumerate(uris)},
            worded=None if np.array_equal(lexical.rows, rows) else positions_of(lexical.rows, rows),
            statements=_statements(table, [facts[uri] for uri in uris]),
        )

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

        `vector` is the question's; without one words alone decide. `unnamed` is that of the question without the
        companies it names: the less the words cover, the more it counts. `expansion` are further words to search for.
        `weight` is the vectors' share, by default that of the model. Rows that no word of the question, no vector and
        no route speaks for are not found.
        """
        words = self._lexical(question)
        covered = min(float(words.max(initial=0)) / max(self.lexical.ceiling(question), 1e-9), 1.0)
        expansion = expansion[:MOST_CHARACTERS]
        share = EXPANSION_SHARE * left_open(covered)
        if expansion and share:
            words += share * self._lexical(expansion)
        words /= max(float(words.max(initial=0)), 1e-9)
        bonuses = self._bonuses(question, covered) if routing else np.zeros(len(self.numbers), dtype=np.float32)
        told = named_statements(question)
        named = self._on_statements(told or named_statements(expansion))
        worth = np.float32(STATEMENT_BONUS * (left_open(covered) if told else left_open(covered, GUESSED)))
        if vector is not None and unnamed is not None:
            vector = blended(vector, unnamed, unnamed_share(self.model) * left_open(covered))
        depth = max(DEPTH, 5 * k)
        asked = self._asked(vector, bonuses, depth)
        chosen = np.union1d(_highest(self._sum(words, bonuses, named, worth), depth), asked.places)
        usual = dense_weight(self.model, covered) if weight is None else weight
        parts = Parts(
            lexical=words[chosen],
            dense=asked.scaled(self, chosen),
            routing=bonuses[self.owners[chosen]],
            statement=np.where(np.isin(chosen, named), worth, np.float32(0)),
            dense_weight=0.0 if asked.vector is None else usual,
            covered=covered,
        )
        return Ranking(parts.ranked(self.rows[chosen], k, fusion), covered, parts.dense_weight)

    def beside(self, rows: Sequence[int], count: int) -> list[int]:
        """Up to `count` rows before and behind each of these in its document, each once and none of these."""
        places = np.searchsorted(self.rows, np.asarray(rows, dtype=np.int64))
        steps = [step for step in range(-count, count + 1) if step]
        near = [(place, place + step) for place in places.tolist() for step in steps]
        kept = [at for place, at in near if 0 <= at < len(self.rows) and self.owners[at] == self.owners[place]]
        return [row for row in dict.fromkeys(self.rows[kept].tolist()) if row not in set(rows)]

    def _lexical(self, question: str) -> Scores:
        _, scores = self.lexical.scores(question)
        if self.worded is None:
            return scores
        here, places = self.worded
        lexical = np.zeros(len(self.rows), dtype=np.float32)
        lexical[places] = scores[here]
        return lexical

    def _bonuses(self, question: str, covered: float) -> Scores:
        """The routing bonus of each document; where the words of a passage tell, the company named counts less."""
        bonuses = np.zeros(len(self.numbers), dtype=np.float32)
        for uri, bonus in self.router.bonuses(question).items():
            bonuses[self.numbers[uri]] = bonus
        if bonuses.max(initial=0) >= ENTITY_BONUS:
            bonuses *= left_open(covered)
        return bonuses

    def _on_statements(self, wanted: Container[str]) -> Places:
        """Places of the rows on pages that are one of these statements, ascending."""
        found = [places for name, places in self.statements.items() if name in wanted]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

    def _sum(self, words: Scores, bonuses: Scores, named: Places, worth: np.float32) -> Scores:
        """What words, routing and statements give to each row."""
        scores = words.copy()
        places = self._of_documents(bonuses != 0)
        scores[places] += bonuses[self.owners[places]]
        scores[named] += worth
        return scores

    def _of_documents(self, chosen: npt.NDArray[np.bool_]) -> Places:
        """Places of the rows of some documents, ascending."""
        numbers = np.flatnonzero(chosen)
        if FEW * len(numbers) > len(chosen):
            return np.flatnonzero(chosen[self.owners])
        pieces = [self.by_owner[self.begins[number] : self.begins[number + 1]] for number in numbers.tolist()]
        return np.sort(np.concatenate([np.empty(0, np.int64), *pieces]))

    def _asked(self, vector: Scores | None, bonuses: Scores, depth: int) -> "Asked":
        """Rows that the vector puts forward: of all, and of the documents named."""
        if vector is None or self.dense is None:
            return Asked(None, np.empty(0, np.int64))
        highest = float(bonuses.max(initial=0))
        # half of the highest bonus: all documents of the company that is named, of whatever period
        named = [bonuses >= highest, bonuses >= highest / 2] if highest > 0 else []
        if named and np.array_equal(named[0], named[1]):
            named.pop()
        routed = [self.dense.candidates(vector, depth, rows=self.rows[self._of_documents(one)]) for one in named]
        found = (self.dense.candidates(vector, depth), *routed)
        places = [positions_of(rows, self.rows)[1] for rows in found]
        return Asked(vector, np.unique(np.concatenate(places)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's vector, and the places of the rows it puts forward."""

    vector: Scores | None
    places: npt.NDArray[np.int64]

    def scaled(self, collection: Collection, chosen: npt.NDArray[np.int64]) -> Scores:
        """The cosines of rows, from 0 at the mean over all rows to 1 at the highest."""
        if self.vector is None or collection.dense is None:
            return np.zeros(len(chosen), dtype=np.float32)
        cosines = collection.dense.scores(self.vector, collection.rows[chosen])
        highest = float(cosines.max(initial=0))
        return scaled(cosines, highest=highest, usual=collection.dense.usual(self.vector))


def _highest(scores: Scores, count: int) -> Places:
    """Places of the highest scores above 0; among equals the lower ones."""
    places = highest(scores, count)
    best: Places = places[np.lexsort((places, -scores[places]))[:count]]
    return best


def _table(view: View, allowed: Rows | None) -> tuple[Rows, tuple[str, ...]]:
    """Row, place of its document in the uris, and page, ascending by row; and the uris."""
    table, numbered = view.row_sources()
    if allowed is not None:
        table = table[np.isin(table[:, 0], allowed)]
    present, owners = np.unique(table[:, 1], return_inverse=True)
    table[:, 1] = owners
    return table, tuple(numbered[int(number)] for number in present)


def _statements(table: Rows, facts: Sequence[Facts]) -> dict[str, Places]:
    pages: dict[str, list[tuple[int, int]]] = {}
    for owner, known in enumerate(facts):
        for name, numbers in known.statements.items():
            pages.setdefault(name, []).extend((owner, number) for number in numbers)
    place = table[:, 1] << PAGE_BITS | table[:, 2]
    return {
        name: np.flatnonzero(np.isin(place, [owner << PAGE_BITS | number for owner, number in found]))
        for name, found in pages.items()
    }


def _current_facts(view: View) -> Mapping[str, Facts]:
    """What was learned of documents by the rules of this version."""
    kept = view.extra("facts") or {}  # noqa: S610 (no Django here)
    try:
        return {uri: Facts.from_json(facts) for uri, facts in kept.items() if facts.get("version") == VERSION}
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise IndexDamagedError(f"a setting of the index can't be read: {str(error)[:200]}") from error


def _dense(view: View, allowed: Rows | None) -> DenseIndex:
    dense = view.dense()
    return dense if allowed is None else dense.only(allowed)


def _learned(view: View, uri: str) -> Facts:
    source = view.source(uri)
    return learn(source.title, source.name, list(view.page_texts(uri)), source.metadata)
