"""One piece of an inverted index: which rows hold which terms how often, as plain arrays."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mistral_rag.text import Terms, bigrams, hashed, is_word, written

PostingRanges = npt.NDArray[np.int64]
"""For each term the positions at which its postings begin and end."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Postings of some rows that share a language; never changed once made.

    `rows` ascend; `words` is the number of words (not numbers) of each. `terms` ascend; the postings of
    ``terms[i]`` are ``positions[starts[i]:starts[i + 1]]``, positions in `rows`, with `counts` beside them (at most
    255).
    """

    language: str
    rows: npt.NDArray[np.int64]
    words: npt.NDArray[np.float32]
    terms: Terms
    starts: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint8]

    ARRAYS = ("rows", "words", "terms", "starts", "positions", "counts")
    TYPES = ("int64", "float32", "uint64", "int64", "int32", "uint8")

    @classmethod
    def build(cls, texts: Iterable[tuple[int, str]], language: str) -> "Postings":
        """The postings of (row, text) pairs of one language: words, pairs of words, and words as they are written."""
        rows: list[int] = []
        words: list[int] = []
        found: list[Terms] = [np.empty(0, np.uint64)]
        counted: list[npt.NDArray[np.uint8]] = [np.empty(0, np.uint8)]
        for row, text in sorted(texts):
            terms = hashed(text, language)
            rows.append(row)
            words.append(int(np.count_nonzero(is_word(terms))))
            # counted row by row: a text holds its words several times, and memory goes by what is gathered here
            distinct, counts = np.unique(
                np.concatenate((terms, bigrams(terms), written(text, language))), return_counts=True
            )
            found.append(distinct)
            counted.append(np.minimum(counts, 255).astype(np.uint8))
        positions = np.repeat(np.arange(len(rows), dtype=np.int32), [len(terms) for terms in found[1:]])
        return cls._sorted(
            language,
            np.array(rows, np.int64),
            np.array(words, np.float32),
            np.concatenate(found),
            positions,
            np.concatenate(counted),
        )

    @classmethod
    def merge(cls, segments: Sequence["Postings"], keep: Sequence[npt.NDArray[np.bool_]]) -> "Postings":
        """The kept rows of several segments of one language in one."""
        rows = np.concatenate([segment.rows[kept] for segment, kept in zip(segments, keep, strict=True)])
        order = np.argsort(rows)
        new_position = np.empty(len(rows), dtype=np.int32)
        new_position[order] = np.arange(len(rows), dtype=np.int32)
        pieces: list[tuple[npt.NDArray[Any], ...]] = []
        before = 0
        for segment, kept in zip(segments, keep, strict=True):
            held = kept[segment.positions]
            terms = np.repeat(segment.terms, np.diff(segment.starts))[held]
            positions = new_position[before + np.cumsum(kept)[segment.positions[held]] - 1]
            pieces.append((segment.words[kept], terms, positions, segment.counts[held]))
            before += int(np.count_nonzero(kept))
        words, terms, positions, counts = (np.concatenate(column) for column in zip(*pieces, strict=True))
        return cls._sorted(segments[0].language, rows[order], words[order], terms, positions, counts)

    @classmethod
    def _sorted(
        cls,
        language: str,
        rows: npt.NDArray[np.int64],
        words: npt.NDArray[np.float32],
        terms: Terms,
        positions: npt.NDArray[np.int32],
        counts: npt.NDArray[np.uint8],
    ) -> "Postings":
        """Postings of pairs of a term and a position, each pair once, in any order."""
        order = np.lexsort((positions, terms))
        terms = terms[order]
        starts = np.append(np.flatnonzero(np.diff(terms, prepend=~terms[:1])), len(terms))
        return cls(
            language=language,
            rows=rows.astype(np.int64),
            words=words.astype(np.float32),
            terms=terms[starts[:-1]],
            starts=starts.astype(np.int64),
            positions=positions[order],
            counts=counts[order],
        )

    def find(self, terms: Terms) -> PostingRanges:
        """The range of the postings of each term; 0 and 0 for a term that is not here."""
        if not len(self.terms):
            return np.zeros((len(terms), 2), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        ranges: PostingRanges = np.stack((self.starts[at], self.starts[at + 1]), axis=1)
        ranges[self.terms[at] != terms] = 0
        return ranges

    def is_sound(self, seen: "Mapping[str, ArrayBounds] | None" = None) -> bool:
        """Check that the arrays fit each other, so that no search reads outside them.

        `seen` is what is known of the arrays already; without it all of them are walked through.
        """
        known = seen or {name: ArrayBounds.of([getattr(self, name)]) for name in self.ARRAYS}
        types = all(getattr(self, name).dtype == kind for name, kind in zip(self.ARRAYS, self.TYPES, strict=True))
        sizes = len(self.words) == len(self.rows) and len(self.starts) == len(self.terms) + 1
        if not (types and sizes and len(self.counts) == len(self.positions) == self.starts[-1] and self.starts[0] == 0):
            return False
        inside = known["positions"].lowest >= 0 and known["positions"].highest < len(self.rows)
        ascending = known["rows"].rises and known["terms"].rises and not known["starts"].falls
        return inside and ascending and 0 <= known["words"].lowest <= known["words"].highest < math.inf


@dataclass(frozen=True, slots=True)
class ArrayBounds:
    """Bounds of an array; `rises` when each number exceeds the last, `falls` when any is below it."""

    lowest: float = 0
    highest: float = -1
    rises: bool = True
    falls: bool = False

    @classmethod
    def of(cls, blocks: Iterable[npt.NDArray[Any]]) -> "ArrayBounds":
        """Of an array that comes in blocks; none of them is kept."""
        seen = cls()
        last = None
        for block in blocks:
            if len(block):
                seen = seen._then(block, last)
                last = block[-1:]
        return seen

    def _then(self, block: npt.NDArray[Any], last: npt.NDArray[Any] | None) -> "ArrayBounds":
        lowest, highest = block.min().item(), block.max().item()
        if lowest != lowest:
            # NaN is neither above nor below any bound
            lowest, highest = -math.inf, math.inf
        joined = block if last is None else np.concatenate((last, block))
        before, after = joined[:-1], joined[1:]
        return ArrayBounds(
            lowest=lowest if last is None else min(lowest, self.lowest),
            highest=highest if last is None else max(highest, self.highest),
            rises=self.rises and bool(np.all(after > before)),
            falls=self.falls or bool(np.any(after < before)),
        )
