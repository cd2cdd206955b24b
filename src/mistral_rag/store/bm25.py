"""BM25 over segments of postings: search by words, in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.store.postings import Segment
from mistral_rag.store.tokens import Terms, hashed_question, pairs

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

SEGMENT_ROWS = 50_000
SMALL_SEGMENTS = 8
"""More whole segments than this of one language, each below `SEGMENT_ROWS`, are merged by `compact`."""


class RowText(NamedTuple):
    """A row as words see it."""

    row: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Bm25:
    """Robertson's BM25 with free constants; a pair of neighbouring words counts `pairs` of what a word counts.

    `b` is .4 and lengths count words only, so that a page full of numbers is not taken for a long text.
    """

    k1: float = 1.2
    b: float = 0.4
    pairs: float = 0.6


class Part(NamedTuple):
    """A segment and which of its rows are still there."""

    segment: Segment
    alive: npt.NDArray[np.bool_]

    @property
    def rows(self) -> Rows:
        """The rows that are still there."""
        rows: Rows = self.segment.rows[self.alive]
        return rows


class LexicalIndex:
    """BM25 over rows; rows may come and go.

    One thread changes it; searches may run in any number of threads beside each other.
    """

    def __init__(self, segments: Iterable[Segment] = (), *, formula: Bm25 | None = None) -> None:
        self.formula = formula or Bm25()
        self._parts = tuple(Part(segment, np.ones(len(segment.rows), dtype=bool)) for segment in segments)

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(part.alive)) for part in self._parts)

    @property
    def segments(self) -> list[Segment]:
        """The segments as they are; after `compact` every row in them is still there."""
        return [part.segment for part in self._parts]

    def add(self, rows: Iterable[RowText]) -> None:
        """Index rows that are not here yet."""
        waiting: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for row, language, text in rows:
            waiting[language].append((row, text))
            if len(waiting[language]) == SEGMENT_ROWS:
                self._append(Segment.build(waiting.pop(language), language))
        for language, texts in waiting.items():
            self._append(Segment.build(texts, language))

    def remove(self, rows: Collection[int]) -> None:
        """Forget rows; their postings stay until the next merge."""
        gone = np.fromiter(rows, dtype=np.int64)
        self._parts = tuple(Part(part.segment, part.alive & ~np.isin(part.segment.rows, gone)) for part in self._parts)

    def keep(self, rows: Rows) -> None:
        """Forget all rows but these."""
        self._parts = tuple(Part(part.segment, part.alive & np.isin(part.segment.rows, rows)) for part in self._parts)

    def scores(self, question: str) -> tuple[Rows, Scores]:
        """Every row and its score, 0 where no word of the question stands."""
        parts = self._parts
        scored = _scored(parts, question, self.formula)
        rows = np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)])
        kept = (values[part.alive] for part, values in zip(parts, scored, strict=True))
        return rows, np.concatenate([np.empty(0, np.float32), *kept])

    def search(self, question: str, k: int, *, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """The best `k` rows with a score above 0, best first; among equals the lower row. `rows`: only these."""
        found, scores = self.scores(question)
        return best(found, scores if rows is None else np.where(np.isin(found, rows), scores, 0), k)

    def _append(self, segment: Segment) -> None:
        self._parts = (*self._parts, Part(segment, np.ones(len(segment.rows), dtype=bool)))

    def compact(self) -> None:
        """Merge small segments and drop what was removed."""
        for language in {part.segment.language for part in self._parts}:
            own = [part for part in self._parts if part.segment.language == language]
            holed = [part for part in own if not part.alive.all()]
            small = [part for part in own if part.alive.all() and len(part.alive) < SEGMENT_ROWS]
            if holed or len(small) > SMALL_SEGMENTS:
                self._merge([*holed, *small])

    def _merge(self, chosen: list[Part]) -> None:
        merged = Segment.merge([part.segment for part in chosen], [part.alive for part in chosen])
        self._parts = tuple(part for part in self._parts if not any(part is other for other in chosen))
        if len(merged.rows):
            self._append(merged)


def best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The `k` highest scores above 0 and their rows, best first; among equals the lower row first."""
    candidates = np.flatnonzero(scores > 0)
    if len(candidates) > k:
        bar = np.partition(scores[candidates], -k)[-k]
        candidates = candidates[scores[candidates] >= bar]
    order = np.lexsort((rows[candidates], -scores[candidates]))[:k]
    return rows[candidates[order]], scores[candidates[order]]


def _scored(parts: Sequence[Part], question: str, formula: Bm25) -> list[Scores]:
    """One array of scores for each part, in the order of its segment's rows.

    Only rows that are still there count for what is rare and how long texts are.
    """
    languages = {part.segment.language for part in parts}
    asked = {language: _weighted(question, language, formula.pairs) for language in languages}
    places = [part.segment.find(asked[part.segment.language][0]) for part in parts]
    rows = sum(int(np.count_nonzero(part.alive)) for part in parts)
    weights = {
        language: weight
        * _rarity([(p, w) for p, w in zip(parts, places, strict=True) if p.segment.language == language], rows)
        for language, (_, weight) in asked.items()
    }
    average = max(sum(float(part.segment.words[part.alive].sum()) for part in parts) / max(rows, 1), 1.0)
    return [
        _segment_scores(part.segment, where, weights[part.segment.language], average, formula)
        for part, where in zip(parts, places, strict=True)
    ]


def _weighted(question: str, language: str, pair_weight: float) -> tuple[Terms, Scores]:
    words = hashed_question(question, language)
    both = [np.unique(words), np.unique(pairs(words))]
    weights = [np.full(len(terms), weight, np.float32) for terms, weight in zip(both, (1.0, pair_weight), strict=True)]
    return np.concatenate(both), np.concatenate(weights)


def _rarity(parts: list[tuple[Part, list[tuple[int, int]]]], rows: int) -> Scores:
    holding = np.array([[_held(part, start, end) for start, end in where] for part, where in parts]).sum(axis=0)
    rarity: Scores = np.log1p((rows - holding + 0.5) / (holding + 0.5)).astype(np.float32)
    return rarity


def _held(part: Part, start: int, end: int) -> int:
    return int(np.count_nonzero(part.alive[part.segment.places[start:end]]))


def _segment_scores(
    segment: Segment, where: list[tuple[int, int]], weights: Scores, average: float, formula: Bm25
) -> Scores:
    damping = formula.k1 * (1 - formula.b + formula.b * segment.words / average)
    scores = np.zeros(len(segment.rows), dtype=np.float32)
    for (start, end), weight in zip(where, weights, strict=True):
        places, counts = segment.places[start:end], segment.counts[start:end].astype(np.float32)
        scores[places] += weight * (formula.k1 + 1) * counts / (counts + damping[places])
    return scores
