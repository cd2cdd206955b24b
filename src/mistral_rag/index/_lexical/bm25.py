"""BM25 over segments of postings: search by words, in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.index._lexical.postings import Segment, Spans
from mistral_rag.index._lexical.term_scores import Bm25, Impacts, Scores
from mistral_rag.text import Terms, bigrams, hashed_question, written_question

__all__ = ["Bm25", "LexicalIndex", "Part", "RowText", "Scores", "best"]

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SEGMENT_ROWS = 50_000
"""Segments of so many rows are joined to no others."""

BLOCK = 64


class RowText(NamedTuple):
    """A row as words see it."""

    row: int
    language: str
    text: str


class Part(NamedTuple):
    """A segment and which of its rows are still there (None: all)."""

    segment: Segment
    alive: Mask | None = None

    @property
    def rows(self) -> Rows:
        """The rows that are still there."""
        return self.segment.rows if self.alive is None else self.segment.rows[self.alive]

    @property
    def size(self) -> int:
        """How many rows are still there."""
        return len(self.segment.rows) if self.alive is None else int(np.count_nonzero(self.alive))

    @property
    def words(self) -> float:
        """How many words all rows have together that are still there."""
        words = self.segment.words if self.alive is None else self.segment.words[self.alive]
        return float(words.sum(dtype=np.float64))

    def holding(self, spans: Spans) -> npt.NDArray[np.int64]:
        """How many rows have each of the terms whose postings lie there."""
        if self.alive is None:
            return spans[:, 1] - spans[:, 0]
        alive = (self.alive[self.segment.places[start:end]] for start, end in spans.tolist())
        return np.fromiter(map(np.count_nonzero, alive), dtype=np.int64, count=len(spans))

    def only(self, keep: Mask) -> "Part":
        """The part when these places alone are still there, of those that are."""
        alive = keep if self.alive is None else self.alive & keep
        return self if alive.all() else Part(self.segment, alive)


class Statistics:
    """What the scores of a state of the index rest on: how many rows there are, and how long."""

    def __init__(self, parts: Sequence[Part], formula: Bm25) -> None:
        self.count = sum(part.size for part in parts)
        average = max(sum(part.words for part in parts) / max(self.count, 1), 1.0)
        self.rows = np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)])
        self.impacts = [Impacts(part.segment, average, formula) for part in parts]


class LexicalIndex:
    """BM25 over rows; rows may come and go.

    One thread changes it; searches may run in any number of threads beside each other. Only rows that are still
    there count for what is rare and how long texts are.
    """

    def __init__(self, parts: Iterable[Part] = (), *, formula: Bm25 | None = None) -> None:
        self.formula = formula or Bm25()
        self._state = _State(tuple(parts), self.formula)

    def __len__(self) -> int:
        return self._state.statistics.count

    @property
    def parts(self) -> tuple[Part, ...]:
        """The segments, and which of their rows are still there."""
        return self._state.parts

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
        made: list[Part] = []
        for row, language, text in rows:
            waiting[language].append((row, text))
            if len(waiting[language]) == SEGMENT_ROWS:
                made.append(Part(Segment.build(waiting.pop(language), language)))
        made += [Part(Segment.build(texts, language)) for language, texts in waiting.items()]
        self._set([*self.parts, *made])

    def remove(self, rows: Collection[int]) -> None:
        """Forget rows; their postings stay until `tidy` or `compact`."""
        gone = np.fromiter(rows, dtype=np.int64)
        self._set(part.only(~np.isin(part.segment.rows, gone)) for part in self.parts)

    def keep(self, rows: Rows) -> None:
        """Forget all rows but these."""
        self._set(part.only(np.isin(part.segment.rows, rows)) for part in self.parts)

    def tidy(self) -> None:
        """Join small segments to ones about as small, and close holes that are a quarter of their segment."""
        kept: list[Part] = []
        for part in sorted(self.parts, key=lambda part: part.segment.language):
            last = _whole(part) if 4 * part.size < 3 * len(part.segment.rows) else part
            while kept and _belong_together(kept[-1], last):
                last = _joined([kept.pop(), last])
            kept.append(last)
        self._set(part for part in kept if part.size)

    def compact(self) -> None:
        """As `tidy`, and close all holes: no posting of a row that was removed is left."""
        self._set(map(_whole, self.parts))
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

    def _set(self, parts: Iterable[Part]) -> None:
        self._state = _State(tuple(parts), self.formula)


class Weighed(NamedTuple):
    """For each part where the postings of a question's terms are; for each language what the terms weigh."""

    spans: Sequence[Spans]
    weights: Mapping[str, Scores]


class _State:
    """The index between two changes."""

    def __init__(self, parts: tuple[Part, ...], formula: Bm25) -> None:
        self.parts, self.formula = parts, formula
        self._last: tuple[str, Weighed] | None = None

    @cached_property
    def statistics(self) -> Statistics:
        return Statistics(self.parts, self.formula)

    def scores(self, question: str) -> Scores:
        every, weights = self.weighed(question)
        scores = np.zeros(self.statistics.count, dtype=np.float32)
        end = 0
        for part, impacts, spans in zip(self.parts, self.statistics.impacts, every, strict=True):
            start, end = end, end + part.size
            own = scores[start:end] if part.alive is None else np.zeros(len(part.alive), dtype=np.float32)
            impacts.add(own, spans, weights[part.segment.language])
            if part.alive is not None:
                scores[start:end] = own[part.alive]
        return scores

    def weighed(self, question: str) -> Weighed:
        """What a question asks for; the last one is remembered."""
        last = self._last
        if last is None or last[0] != question:
            last = self._last = (question, self._weighed(question))
        return last[1]

    def _weighed(self, question: str) -> Weighed:
        languages = {part.segment.language for part in self.parts}
        asked = {language: _asked(question, language, self.formula) for language in languages}
        every = [part.segment.find(asked[part.segment.language][0]) for part in self.parts]
        weights = {}
        for language, (terms, weight) in asked.items():
            holding = np.zeros(len(terms), dtype=np.int64)
            for part, spans in zip(self.parts, every, strict=True):
                if _is(part, language):
                    holding += part.holding(spans)
            rarity = np.log1p((self.statistics.count - holding + 0.5) / (holding + 0.5))
            weights[language] = weight * rarity.astype(np.float32)
        return Weighed(every, weights)


def best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The `k` highest scores above 0 and their rows, best first; among equals the lower row first."""
    places = leading(scores, k)
    order = places[np.lexsort((rows[places], -scores[places]))[: max(k, 0)]]
    return rows[order], scores[order]


def leading(scores: Scores, k: int) -> npt.NDArray[np.intp]:
    """Places of the `k` highest scores above 0 and of all that equal the lowest of them, in no order."""
    places = _candidates(scores, k)
    if 0 < k < len(places):
        found = scores[places]
        places = places[found >= np.partition(found, -k)[-k]]
    return places


def _candidates(scores: Scores, k: int) -> npt.NDArray[np.intp]:
    """Places of scores above 0 among which are those of `leading`."""
    width = len(scores) // BLOCK
    if not 0 < k <= width:
        return np.flatnonzero(scores > 0)
    blocks, rest = scores[: width * BLOCK].reshape(BLOCK, width), scores[width * BLOCK :]
    # of k blocks each has one row of at least this score, so the k-th best has it, too
    highest = blocks.max(axis=0)
    bar = np.partition(highest, -k)[-k]
    if bar <= 0:
        return np.flatnonzero(scores > 0)
    held = np.flatnonzero(highest >= bar)
    inner, block = np.nonzero(blocks[:, held] >= bar)
    return np.concatenate((inner * width + held[block], width * BLOCK + np.flatnonzero(rest >= bar)))


def _is(part: Part, language: str) -> bool:
    return part.segment.language == language


def _asked(question: str, language: str, formula: Bm25) -> tuple[Terms, Scores]:
    words = hashed_question(question, language)
    every = ((1.0, words), (formula.pairs, bigrams(words)), (formula.written, written_question(question, language)))
    kinds = [(np.unique(terms), weight) for weight, terms in every]
    weights = [np.full(len(terms), weight, np.float32) for terms, weight in kinds]
    return np.concatenate([terms for terms, _ in kinds]), np.concatenate(weights)


def _belong_together(first: Part, second: Part) -> bool:
    """Whether both are of one language, small, and the newer one not much smaller: so each row is joined seldom."""
    if not _is(first, second.segment.language) or first.size + second.size > SEGMENT_ROWS:
        return False
    return 2 * second.size >= first.size


def _whole(part: Part) -> Part:
    return part if part.alive is None else _joined([part])


def _joined(parts: Sequence[Part]) -> Part:
    alive = [np.ones(len(part.segment.rows), dtype=bool) if part.alive is None else part.alive for part in parts]
    return Part(Segment.merge([part.segment for part in parts], alive))
