"""Hybrid search over what one commit of an index holds: words, vectors and routing become one ranking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from mistral_rag.ranking.expansion import MOST_CHARACTERS
from mistral_rag.ranking.facts import VERSION, Facts, learn
from mistral_rag.ranking.fusion import dense_weight, left_open, scaled
from mistral_rag.ranking.parts import Fusion, Parts, Ranking
from mistral_rag.ranking.routing import ENTITY_BONUS, Router
from mistral_rag.ranking.statements import named_statements
from mistral_rag.store.dense import cached as cached_vectors
from mistral_rag.store.lexical import LexicalIndex, cached
from mistral_rag.store.rows import unreadable
from mistral_rag.store.vectors import DenseIndex
from mistral_rag.store.view import View

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

PAGE_BITS: Final = 32
DEPTH: Final = 100
"""Rows that each ranking puts forward; the rest can't come among the first."""


EXPANSION_SHARE: Final = 0.5
"""What the words of an expansion count against those of the question, where nothing covers the question."""
STATEMENT_BONUS: Final = 0.3
"""What a page gains that is a statement the question asks for, where nothing covers the question."""


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
    """For each row the place of its document in `uris`."""
    uris: tuple[str, ...]
    statements: Mapping[str, npt.NDArray[np.bool_]]
    """For each statement the rows that stand on such a page."""

    @classmethod
    def of(cls, view: View, folder: Path, model: str, *, allowed: Rows | None = None) -> "Collection":
        """What `view` shows of the index in `folder`, cut down to the `allowed` rows before anything is counted.

        `model` is the name of the index's embedding model; empty for words alone.
        """
        table, uris = _table(view, allowed)
        known = _current_facts(view)
        facts = {uri: known[uri] if uri in known else _learned(view, uri) for uri in uris}
        lexical = cached(folder, view)
        if allowed is not None:
            lexical.keep(allowed)
        return cls(
            sequence=view.sequence,
            model=model,
            lexical=lexical,
            dense=_dense(view, allowed) if model else None,
            router=Router(facts),
            rows=table[:, 0],
            owners=table[:, 1],
            uris=uris,
            statements=_statements(table, [facts[uri] for uri in uris]),
        )

    def rank(
        self,
        question: str,
        vector: Scores | None,
        k: int,
        *,
        expansion: str = "",
        weight: float | None = None,
        fusion: Fusion = "convex",
        routing: bool = True,
    ) -> Ranking:
        """The best `k` rows, best first.

        `vector` is the question's; without one words alone decide. `expansion` are further words to search for.
        `weight` is the vectors' share, by default that of the model. Rows that no word of the question, no vector and
        no route speaks for are not found.
        """
        words = self._lexical(question)
        covered = min(float(words.max(initial=0)) / max(self.lexical.ceiling(question), 1e-9), 1.0)
        expansion = expansion[:MOST_CHARACTERS]
        if expansion:
            words = words + EXPANSION_SHARE * left_open(covered) * self._lexical(expansion)
        words = scaled(words, highest=float(words.max(initial=0)))
        bonus = self._bonuses(question, covered) if routing else np.zeros(len(self.rows), dtype=np.float32)
        statement = self._statement_bonuses(f"{question} {expansion}", covered)
        depth = max(DEPTH, 5 * k)
        asked = self._asked(vector, bonus, depth)
        chosen = np.union1d(_highest(words + bonus + statement, depth), asked.places)
        usual = dense_weight(self.model, covered) if weight is None else weight
        parts = Parts(
            lexical=words[chosen],
            dense=asked.scaled(self, chosen),
            routing=bonus[chosen],
            statement=statement[chosen],
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
        found, scores = self.lexical.scores(question)
        if np.array_equal(found, self.rows):
            return scores
        lexical = np.zeros(len(self.rows), dtype=np.float32)
        here, at = _places(self.rows, found)
        lexical[at] = scores[here]
        return lexical

    def _bonuses(self, question: str, covered: float) -> Scores:
        """The routing bonus of each row; where the words of a passage tell, the company named counts less."""
        bonuses = self.router.bonuses(question)
        by_owner = np.array([bonuses.get(uri, 0.0) for uri in self.uris], dtype=np.float32)
        if by_owner.max(initial=0) >= ENTITY_BONUS:
            by_owner *= left_open(covered)
        return by_owner[self.owners] if len(self.uris) else np.zeros(0, dtype=np.float32)

    def _statement_bonuses(self, text: str, covered: float) -> Scores:
        wanted = named_statements(text)
        bonus = np.zeros(len(self.rows), dtype=np.float32)
        for name, here in self.statements.items():
            if name in wanted:
                bonus[here] = STATEMENT_BONUS * left_open(covered)
        return bonus

    def _asked(self, vector: Scores | None, bonus: Scores, depth: int) -> "Asked":
        """Rows that the vector puts forward: of all, and of the documents named."""
        if vector is None or self.dense is None:
            return Asked(None, np.empty(0, np.int64))
        rows = self.dense.candidates(vector, depth)
        highest = float(bonus.max(initial=0))
        # half of the highest bonus: all documents of the company that is named, of whatever period
        bars = (highest, highest / 2) if highest > 0 else ()
        routed = [self.dense.candidates(vector, depth, rows=self.rows[bonus >= bar]) for bar in bars]
        places = [_places(self.rows, found)[1] for found in (rows, *routed)]
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


def _highest(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Places of the highest scores above 0."""
    places = np.flatnonzero(scores > 0)
    if len(places) > count:
        places = places[np.argpartition(-scores[places], count)[:count]]
    return places.astype(np.int64)


def _places(rows: Rows, found: Rows) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which of `found` are in `rows` (ascending), and where."""
    at = np.minimum(np.searchsorted(rows, found), max(len(rows) - 1, 0))
    here = rows[at] == found if len(rows) else np.zeros(len(found), dtype=bool)
    return here, at[here].astype(np.int64)


def _table(view: View, allowed: Rows | None) -> tuple[Rows, tuple[str, ...]]:
    """Row, place of its document in the uris, and page, ascending by row; and the uris."""
    table, numbered = view.row_sources()
    if allowed is not None:
        table = table[np.isin(table[:, 0], allowed)]
    present, owners = np.unique(table[:, 1], return_inverse=True)
    table[:, 1] = owners
    return table, tuple(numbered[int(number)] for number in present)


def _statements(table: Rows, facts: Sequence[Facts]) -> dict[str, npt.NDArray[np.bool_]]:
    pages: dict[str, list[tuple[int, int]]] = {}
    for owner, known in enumerate(facts):
        for name, numbers in known.statements.items():
            pages.setdefault(name, []).extend((owner, number) for number in numbers)
    place = table[:, 1] << PAGE_BITS | table[:, 2]
    return {
        name: np.isin(place, [owner << PAGE_BITS | number for owner, number in found]) for name, found in pages.items()
    }


def _current_facts(view: View) -> Mapping[str, Facts]:
    """What was learned of documents by the rules of this version."""
    kept = view.extra("facts") or {}  # noqa: S610 (no Django here)
    with unreadable("setting"):
        return {uri: Facts.from_json(facts) for uri, facts in kept.items() if facts.get("version") == VERSION}


def _dense(view: View, allowed: Rows | None) -> DenseIndex:
    dense = cached_vectors(view)
    return dense if allowed is None else dense.only(allowed)


def _learned(view: View, uri: str) -> Facts:
    source = view.source(uri)
    return learn(source.title, source.name, list(view.page_texts(uri)), source.metadata)
