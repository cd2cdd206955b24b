"""Hybrid search over what one commit of an index holds: words, vectors and routing become one ranking."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from mistral_rag.ranking.facts import FIRST_PAGES, Facts, learn
from mistral_rag.ranking.fusion import convex_sum, dense_weight, reciprocal_ranks
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
    def of(cls, view: View, folder: Path, model: str) -> "Collection":
        """What `view` shows of the index in `folder`; `model` is the name of its embedding model, or empty."""
        rows, owners, uris = _owners(view)
        sources = {source.uri: source for source in view.sources()}
        kept = view.extra("facts") or {}  # noqa: S610 (no Django here)
        facts = {uri: Facts.from_json(kept[uri]) if uri in kept else _learned(view, uri) for uri in sources}
        dense = DenseIndex.build(*view.vectors()) if model else None
        return cls(
            sequence=view.sequence,
            model=model,
            languages=frozenset(source.language or "en" for source in sources.values()),
            lexical=cached(folder, view),
            dense=dense,
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
        allowed: Rows | None = None,
        weight: float | None = None,
        fusion: Fusion = "convex",
        routing: bool = True,
    ) -> list[Ranked]:
        """The best `k` rows among the `allowed` ones, best first.

        `vector` is the question's; without one words alone decide. `weight` is the vectors' share, by default that of
        the model. Rows that no word of the question, no vector and no route speaks for are not found.
        """
        lexical = np.zeros(len(self.rows), dtype=np.float32)
        found, scores = self.lexical.scores(question)
        here, at = _places(self.rows, found)
        lexical[at] = scores[here]
        bonus = self._bonuses(question) if routing else np.zeros(len(self.rows), dtype=np.float32)
        if allowed is not None:
            permitted = np.isin(self.rows, allowed)
            lexical, bonus = np.where(permitted, lexical, 0), np.where(permitted, bonus, 0)
        highest = float(lexical.max(initial=0))
        chosen = self._candidates(lexical / max(highest, 1e-9) + bonus, bonus, vector, allowed, max(DEPTH, 5 * k))
        cosines = np.zeros(len(chosen), dtype=np.float32)
        if vector is not None and self.dense is not None:
            cosines = self.dense.scores(vector, self.rows[chosen])
            share = self._share(question) if weight is None else weight
        else:
            share = 0.0
        if fusion == "rrf":
            fused = reciprocal_ranks(
                lexical[chosen] + bonus[chosen], ((cosines + 1) / 2 + bonus[chosen]).astype(np.float32)
            )
        else:
            fused = convex_sum(lexical[chosen], cosines, share, highest=highest) + bonus[chosen]
        order = np.lexsort((self.rows[chosen], -fused))[:k]
        return [
            Ranked(
                row=int(self.rows[chosen[i]]),
                score=float(fused[i]),
                parts={
                    "lexical": float(lexical[chosen[i]] / max(highest, 1e-9)),
                    "dense": float(cosines[i]),
                    "routing": float(bonus[chosen[i]]),
                    "dense_weight": share,
                },
            )
            for i in order
        ]

    def _share(self, question: str) -> float:
        asked = language_of(question, self.languages)
        return dense_weight(self.model, across=bool(asked) and asked not in self.languages)

    def _bonuses(self, question: str) -> Scores:
        bonuses = self.router.bonuses(question)
        by_owner = np.array([bonuses.get(uri, 0.0) for uri in self.uris], dtype=np.float32)
        return by_owner[self.owners] if len(self.uris) else np.zeros(0, dtype=np.float32)

    def _candidates(
        self, words: Scores, bonus: Scores, vector: Scores | None, allowed: Rows | None, depth: int
    ) -> npt.NDArray[np.int64]:
        """Places of rows that words, routed words, vectors or routed vectors put forward."""
        chosen = [np.flatnonzero(words > 0)]
        if len(chosen[0]) > depth:
            chosen = [np.argpartition(-words, depth)[:depth]]
        if vector is not None and self.dense is not None:
            groups = [allowed] + [self.rows[bonus >= bar] for bar in {float(bonus.max(initial=0)), 1.0} if bar > 0]
            found = [self.dense.search(vector, depth, rows=rows)[0] for rows in groups]
            chosen += [_places(self.rows, rows)[1] for rows in found]
        return np.unique(np.concatenate(chosen)).astype(np.int64)


def _places(rows: Rows, found: Rows) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which of `found` are in `rows` (ascending), and where."""
    at = np.minimum(np.searchsorted(rows, found), max(len(rows) - 1, 0))
    here = rows[at] == found if len(rows) else np.zeros(len(found), dtype=bool)
    return here, at[here].astype(np.int64)


def _owners(view: View) -> tuple[Rows, npt.NDArray[np.int64], tuple[str, ...]]:
    pairs = view._connection.execute("SELECT row, source FROM chunks ORDER BY row").fetchall()
    numbered = dict(view._connection.execute("SELECT source, uri FROM sources").fetchall())
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    present, owners = np.unique(table[:, 1], return_inverse=True)
    return table[:, 0], owners.astype(np.int64), tuple(numbered[int(number)] for number in present)


def _learned(view: View, uri: str) -> Facts:
    source = view.source(uri)
    texts = []
    for number in range(1, FIRST_PAGES + 1):
        try:
            texts.append(view.page(uri, number).text)
        except KeyError:
            break
    return learn(source.title, source.name, texts, source.metadata)
