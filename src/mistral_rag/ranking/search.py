"""Hybrid search over what one commit of an index holds: words, vectors and routing become one ranking."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from mistral_rag.ranking.facts import FIRST_PAGES, Facts, learn
from mistral_rag.ranking.fusion import convex_sum, dense_weight, reciprocal_ranks, scaled
from mistral_rag.ranking.languages import language_of
from mistral_rag.ranking.routing import Router
from mistral_rag.store.lexical import LexicalIndex, cached
from mistral_rag.store.vectors import DenseIndex
from mistral_rag.store.view import View

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Fusion = Literal["convex", "rrf"]

DEPTH: Final = 200
"""Rows that each ranking puts forward; the rest can't come among the first."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row and what its score is made of."""

    row: int
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched: rows, whose they are, their words and vectors, and whom the documents are about."""

    sequence: int
    model: str
    languages: frozenset[str]
    lexical: LexicalIndex
    dense: DenseIndex | None
    router: Router
    rows: Rows
    """All rows, ascending."""
    owners: npt.NDArray[np.int64]
    """For each row the place of its document in `uris`."""
    uris: tuple[str, ...]

    @classmethod
    def of(cls, view: View, folder: Path, model: str, *, allowed: Rows | None = None) -> "Collection":
        """What `view` shows of the index in `folder`, cut down to the `allowed` rows before anything is counted.

        `model` is the name of the index's embedding model; empty for words alone.
        """
        rows, owners, uris = _owners(view, allowed)
        sources = {source.uri: source for source in view.sources() if source.uri in uris}
        kept = view.extra("facts") or {}  # noqa: S610 (no Django here)
        facts = {uri: Facts.from_json(kept[uri]) if uri in kept else _learned(view, uri) for uri in sources}
        lexical = cached(folder, view)
        if allowed is not None:
            lexical.keep(allowed)
        return cls(
            sequence=view.sequence,
            model=model,
            languages=frozenset(source.language or "en" for source in sources.values()),
            lexical=lexical,
            dense=_dense(view, allowed) if model else None,
            router=Router(facts),
            rows=rows,
            owners=owners,
            uris=uris,
        )

    def rank(
        self,
        question: str,
        vector: Scores | None,
        k: int,
        *,
        weight: float | None = None,
        fusion: Fusion = "convex",
        routing: bool = True,
    ) -> list[Ranked]:
        """The best `k` rows, best first.

        `vector` is the question's; without one words alone decide. `weight` is the vectors' share, by default that of
        the model. Rows that no word of the question, no vector and no route speaks for are not found.
        """
        lexical = self._lexical(question)
        words = scaled(lexical, highest=float(lexical.max(initial=0)))
        bonus = self._bonuses(question) if routing else np.zeros(len(self.rows), dtype=np.float32)
        depth = max(DEPTH, 5 * k)
        asked = self._asked(vector, bonus, depth)
        chosen = np.union1d(_highest(words + bonus, depth), asked.places)
        share = 0.0 if asked.vector is None else self._share(question) if weight is None else weight
        parts = Parts(words[chosen], asked.scaled(self, chosen), bonus[chosen], share)
        return parts.ranked(self.rows[chosen], k, fusion)

    def _lexical(self, question: str) -> Scores:
        lexical = np.zeros(len(self.rows), dtype=np.float32)
        found, scores = self.lexical.scores(question)
        here, at = _places(self.rows, found)
        lexical[at] = scores[here]
        return lexical

    def _share(self, question: str) -> float:
        asked = language_of(question, self.languages)
        return dense_weight(self.model, across=bool(asked) and asked not in self.languages)

    def _bonuses(self, question: str) -> Scores:
        bonuses = self.router.bonuses(question)
        by_owner = np.array([bonuses.get(uri, 0.0) for uri in self.uris], dtype=np.float32)
        return by_owner[self.owners] if len(self.uris) else np.zeros(0, dtype=np.float32)

    def _asked(self, vector: Scores | None, bonus: Scores, depth: int) -> "Asked":
        """Rows that the vector puts forward: of all, and of the documents named."""
        if vector is None or self.dense is None:
            return Asked(None, 0.0, np.empty(0, np.int64))
        rows, cosines = self.dense.search(vector, depth)
        bars = {float(bonus.max(initial=0)), 1.0} - {0.0}
        routed = [self.dense.search(vector, depth, rows=self.rows[bonus >= bar])[0] for bar in bars]
        places = [_places(self.rows, found)[1] for found in (rows, *routed)]
        return Asked(vector, float(cosines.max(initial=0)), np.unique(np.concatenate(places)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's vector, the highest cosine it reaches, and the places of the rows it puts forward."""

    vector: Scores | None
    highest: float
    places: npt.NDArray[np.int64]

    def scaled(self, collection: Collection, chosen: npt.NDArray[np.int64]) -> Scores:
        """The cosines of rows, from 0 at the mean over all rows to 1 at the highest."""
        if self.vector is None or collection.dense is None:
            return np.zeros(len(chosen), dtype=np.float32)
        cosines = collection.dense.scores(self.vector, collection.rows[chosen])
        return scaled(cosines, highest=self.highest, usual=collection.dense.usual(self.vector))


@dataclass(frozen=True, slots=True)
class Parts:
    """What the scores of some rows are made of; all but the bonus between 0 and 1."""

    lexical: Scores
    dense: Scores
    routing: Scores
    dense_weight: float

    def ranked(self, rows: Rows, k: int, fusion: Fusion) -> list[Ranked]:
        """The best `k` rows, best first; among equals the lower row."""
        if fusion == "rrf":
            fused = reciprocal_ranks(self.lexical + self.routing, self.dense + self.routing)
        else:
            fused = convex_sum(self.lexical, self.dense, self.dense_weight) + self.routing
        order = np.lexsort((rows, -fused))[:k]
        return [Ranked(int(rows[i]), float(fused[i]), self._of(int(i))) for i in order]

    def _of(self, i: int) -> dict[str, float]:
        names = ("lexical", "dense", "routing")
        return {**{name: float(getattr(self, name)[i]) for name in names}, "dense_weight": self.dense_weight}


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


def _owners(view: View, allowed: Rows | None) -> tuple[Rows, npt.NDArray[np.int64], tuple[str, ...]]:
    table, numbered = view.row_sources()
    if allowed is not None:
        table = table[np.isin(table[:, 0], allowed)]
    present, owners = np.unique(table[:, 1], return_inverse=True)
    return table[:, 0], owners.astype(np.int64), tuple(numbered[int(number)] for number in present)


def _dense(view: View, allowed: Rows | None) -> DenseIndex:
    rows, vectors = view.vectors()
    if allowed is None:
        return DenseIndex.build(rows, vectors)
    kept = np.isin(rows, allowed)
    return DenseIndex.build(rows[kept], vectors[kept])


def _learned(view: View, uri: str) -> Facts:
    source = view.source(uri)
    texts = []
    for number in range(1, FIRST_PAGES + 1):
        try:
            texts.append(view.page(uri, number).text)
        except KeyError:
            break
    return learn(source.title, source.name, texts, source.metadata)
