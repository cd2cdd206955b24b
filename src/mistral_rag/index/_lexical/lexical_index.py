"""Search by words: BM25 over segments of postings, in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag._arrays import Rows, Scores, highest
from mistral_rag._cached import cached_property
from mistral_rag.index._lexical.bm25 import Bm25
from mistral_rag.index._lexical.postings import PostingRanges, Postings
from mistral_rag.index._lexical.term_scores import TermScores
from mistral_rag.text import Terms, bigrams, hashed_question, written_question

Mask = npt.NDArray[np.bool_]

SEGMENT_ROWS = 50_000
"""Segments of so many rows are joined to no others."""


class RowText(NamedTuple):
    """A row as words see it."""

    row: int
    language: str
    text: str


class LexicalSegment(NamedTuple):
    """Postings and which of their rows are still there (None: all)."""

    postings: Postings
    alive: Mask | None = None

    @property
    def rows(self) -> Rows:
        """The rows that are still there."""
        return self.postings.rows if self.alive is None else self.postings.rows[self.alive]

    @property
    def size(self) -> int:
        """The number of rows that are still there."""
        return len(self.postings.rows) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def words(self) -> float:
        """The number of words of all rows that are still there."""
        words = self.postings.words if self.alive is None else self.postings.words[self.alive]
        return float(words.sum(dtype=np.float64))

    def holding(self, ranges: PostingRanges) -> npt.NDArray[np.int64]:
        """For each range of postings the number of rows in it that are still there."""
        if self.alive is None:
            return ranges[:, 1] - ranges[:, 0]
        alive = (self.alive[self.postings.positions[start:end]] for start, end in ranges.tolist())
        return np.fromiter(map(np.count_nonzero, alive), dtype=np.int64, count=len(ranges))

    def only(self, keep: Mask) -> "LexicalSegment":
        """The segment when these positions alone are still there, of those that are."""
        alive = keep if self.alive is None else self.alive & keep
        return self if alive.all() else LexicalSegment(self.postings, alive)


class CollectionStatistics:
    """The number of rows and their average length, on which all scores rest."""

    def __init__(self, segments: Sequence[LexicalSegment], formula: Bm25) -> None:
        self.count = sum(segment.size for segment in segments)
        average = max(sum(segment.words for segment in segments) / max(self.count, 1), 1.0)
        self.rows = np.concatenate([np.empty(0, np.int64), *(segment.rows for segment in segments)])
        self.term_scores = [TermScores(segment.postings, average, formula) for segment in segments]


class LexicalIndex:
    """BM25 over rows; rows may come and go.

    One thread changes it; searches may run in any number of threads beside each other. Only rows that are still
    there count for what is rare and how long texts are.
    """

    def __init__(self, segments: Iterable[LexicalSegment] = (), *, formula: Bm25 | None = None) -> None:
        self.formula = formula or Bm25()
        self._state = _State(tuple(segments), self.formula)

    def __len__(self) -> int:
        return self._state.statistics.count

    @property
    def segments(self) -> tuple[LexicalSegment, ...]:
        """The segments, and which of their rows are still there."""
        return self._state.segments

    @property
    def rows(self) -> Rows:
        """All rows, in the order of `scores`."""
        rows: Rows = self._state.statistics.rows
        return rows

    def copy(self) -> "LexicalIndex":
        """Another index of the same rows; what is changed in one is not changed in the other."""
        other = LexicalIndex(formula=self.formula)
        other._state = self._state
        return other

    def add(self, rows: Iterable[RowText]) -> None:
        """Index rows that are not here yet."""
        waiting: dict[str, list[tuple[int, str]]] = defaultdict(list)
        made: list[LexicalSegment] = []
        for row, language, text in rows:
            waiting[language].append((row, text))
            if len(waiting[language]) == SEGMENT_ROWS:
                made.append(LexicalSegment(Postings.build(waiting.pop(language), language)))
        made += [LexicalSegment(Postings.build(texts, language)) for language, texts in waiting.items()]
        self._set([*self.segments, *made])

    def remove(self, rows: Collection[int]) -> None:
        """Forget rows; their postings stay until `tidy` or `compact`."""
        gone = np.fromiter(rows, dtype=np.int64)
        self._set(segment.only(~np.isin(segment.postings.rows, gone)) for segment in self.segments)

    def keep(self, rows: Rows) -> None:
        """Forget all rows but these."""
        kept = (segment.only(np.isin(segment.postings.rows, rows)) for segment in self.segments)
        # languages of segments without rows would count as languages of what is left
        self._set(segment for segment in kept if segment.size)

    def tidy(self) -> None:
        """Join small segments to ones about as small, and close holes that are a quarter of their segment."""
        kept: list[LexicalSegment] = []
        for segment in sorted(self.segments, key=lambda segment: segment.postings.language):
            last = _whole(segment) if 4 * segment.size < 3 * len(segment.postings.rows) else segment
            while kept and _belong_together(kept[-1], last):
                last = _joined([kept.pop(), last])
            kept.append(last)
        self._set(segment for segment in kept if segment.size)

    def compact(self) -> None:
        """As `tidy`, and close all holes: no posting of a row that was removed is left."""
        self._set(map(_whole, self.segments))
        self.tidy()

    def scores(self, question: str) -> tuple[Rows, Scores]:
        """Every row and its score, 0 where no word of the question stands."""
        state = self._state
        return state.statistics.rows, state.scores(question)

    def ceiling(self, question: str) -> float:
        """The score of a row that holds every word and pair of the question often; no score is higher."""
        weights = self._state.weighed(question).weights.values()
        return max((float(weight.sum()) * (self.formula.k1 + 1) for weight in weights), default=0.0)

    def search(self, question: str, k: int, *, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """The best `k` rows with a score above 0, best first; among equals the lower row. `rows`: only these."""
        found, scores = self.scores(question)
        return best(found, scores if rows is None else np.where(np.isin(found, rows), scores, 0), k)

    def _set(self, segments: Iterable[LexicalSegment]) -> None:
        self._state = _State(tuple(segments), self.formula)


class WeightedTerms(NamedTuple):
    """For each segment where the postings of a question's terms are; for each language what the terms weigh."""

    ranges: Sequence[PostingRanges]
    weights: Mapping[str, Scores]


class _State:
    """The index between two changes."""

    def __init__(self, segments: tuple[LexicalSegment, ...], formula: Bm25) -> None:
        self.segments, self.formula = segments, formula
        self._last: tuple[str, WeightedTerms] | None = None

    @cached_property
    def statistics(self) -> CollectionStatistics:
        return CollectionStatistics(self.segments, self.formula)

    def scores(self, question: str) -> Scores:
        every, weights = self.weighed(question)
        scores = np.zeros(self.statistics.count, dtype=np.float64)
        end = 0
        for segment, term_scores, ranges in zip(self.segments, self.statistics.term_scores, every, strict=True):
            start, end = end, end + segment.size
            own = scores[start:end] if segment.alive is None else np.zeros(len(segment.alive), dtype=np.float64)
            term_scores.add(own, ranges, weights[segment.postings.language])
            if segment.alive is not None:
                scores[start:end] = own[segment.alive]
        return scores.astype(np.float32)

    def weighed(self, question: str) -> WeightedTerms:
        """The weighted terms of a question; those of the last one are kept."""
        last = self._last
        if last is None or last[0] != question:
            last = self._last = (question, self._weighed(question))
        return last[1]

    def _weighed(self, question: str) -> WeightedTerms:
        languages = {segment.postings.language for segment in self.segments}
        terms_by_language = {language: _question_terms(question, language, self.formula) for language in languages}
        every = [segment.postings.find(terms_by_language[segment.postings.language][0]) for segment in self.segments]
        weights = {}
        for language, (terms, weight) in terms_by_language.items():
            holding = np.zeros(len(terms), dtype=np.int64)
            for segment, ranges in zip(self.segments, every, strict=True):
                if _is(segment, language):
                    holding += segment.holding(ranges)
            weights[language] = weight * self.formula.rarity(holding, self.statistics.count)
        return WeightedTerms(every, weights)


def best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The `k` highest scores above 0 and their rows, best first; among equals the lower row first."""
    positions = highest(scores, k)
    order = positions[np.lexsort((rows[positions], -scores[positions]))[: max(k, 0)]]
    return rows[order], scores[order]


def _is(segment: LexicalSegment, language: str) -> bool:
    return segment.postings.language == language


def _question_terms(question: str, language: str, formula: Bm25) -> tuple[Terms, Scores]:
    words = hashed_question(question, language)
    every = ((1.0, words), (formula.pairs, bigrams(words)), (formula.written, written_question(question, language)))
    kinds = [(np.unique(terms), weight) for weight, terms in every]
    weights = [np.full(len(terms), weight, np.float32) for terms, weight in kinds]
    return np.concatenate([terms for terms, _ in kinds]), np.concatenate(weights)


def _belong_together(first: LexicalSegment, second: LexicalSegment) -> bool:
    """True when both are of one language, small, and the newer one not much smaller: so each row is joined seldom."""
    if not _is(first, second.postings.language) or first.size + second.size > SEGMENT_ROWS:
        return False
    return 2 * second.size >= first.size


def _whole(segment: LexicalSegment) -> LexicalSegment:
    return segment if segment.alive is None else _joined([segment])


def _joined(segments: Sequence[LexicalSegment]) -> LexicalSegment:
    alive = [
        np.ones(len(segment.postings.rows), dtype=bool) if segment.alive is None else segment.alive
        for segment in segments
    ]
    return LexicalSegment(Postings.merge([segment.postings for segment in segments], alive))
