"""Search by words: BM25 over segments of postings.

The index is a cache of the rows it was made from. `save` writes it as plain arrays under a manifest that names
their digests; `load` gives nothing back where a file is missing, damaged or of another make, and the rows are then
indexed again.
"""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.store.postings import Segment
from mistral_rag.store.tokens import TOKENS_VERSION, hashed_question, pairs

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

FORMAT = 1
SEGMENT_ROWS = 50_000
SMALL_SEGMENTS = 8
"""More segments than this of one language, each below `SEGMENT_ROWS`, are merged when the index is saved."""


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


class LexicalIndex:
    """BM25 over rows; rows are added and removed in memory, and the whole is saved as files.

    One thread changes it; searches may run in any number of threads beside each other.
    """

    def __init__(self, segments: Iterable[Segment] = (), *, formula: Bm25 | None = None) -> None:
        self.formula = formula or Bm25()
        self._segments: list[Segment] = []
        self._alive: list[npt.NDArray[np.bool_]] = []
        for segment in segments:
            self._append(segment)

    def __len__(self) -> int:
        return int(sum(np.count_nonzero(alive) for alive in self._alive))

    @property
    def rows(self) -> Rows:
        """All rows that can be found, in the order of `scores`."""
        alive = [segment.rows[kept] for segment, kept in zip(self._segments, self._alive, strict=True)]
        return np.concatenate([np.empty(0, np.int64), *alive])

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
        self._alive = [
            alive & ~np.isin(segment.rows, gone) for segment, alive in zip(self._segments, self._alive, strict=True)
        ]

    def scores(self, question: str) -> tuple[Rows, Scores]:
        """Every row and its score, 0 where no word of the question stands."""
        scored = self._scored(question)
        alive = list(zip(self._segments, self._alive, scored, strict=True))
        rows = np.concatenate([np.empty(0, np.int64), *(segment.rows[kept] for segment, kept, _ in alive)])
        scores = np.concatenate([np.empty(0, np.float32), *(values[kept] for _, kept, values in alive)])
        return rows, scores

    def search(self, question: str, k: int, *, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """The best `k` rows with a score above 0, best first; among equals the lower row. `rows`: only these."""
        found, scores = self.scores(question)
        return best(found, scores if rows is None else np.where(np.isin(found, rows), scores, 0), k)

    def _scored(self, question: str) -> list[Scores]:
        languages = {segment.language for segment in self._segments}
        asked = {language: _weighted(question, language, self.formula.pairs) for language in languages}
        places = [segment.find(asked[segment.language][0]) for segment in self._segments]
        rarity = {language: self._rarity(language, places) for language in languages}
        words = sum(float(segment.words.sum()) for segment in self._segments)
        count = sum(len(segment.rows) for segment in self._segments)
        average = max(words / max(count, 1), 1.0)
        return [
            self._segment_scores(segment, where, asked[segment.language][1] * rarity[segment.language], average)
            for segment, where in zip(self._segments, places, strict=True)
        ]

    def _rarity(self, language: str, places: list[list[tuple[int, int]]]) -> Scores:
        own = [where for segment, where in zip(self._segments, places, strict=True) if segment.language == language]
        holding = np.array([[end - start for start, end in where] for where in own]).sum(axis=0)
        count = sum(len(segment.rows) for segment in self._segments)
        rarity: Scores = np.log1p((count - holding + 0.5) / (holding + 0.5)).astype(np.float32)
        return rarity

    def _segment_scores(
        self, segment: Segment, where: list[tuple[int, int]], weights: Scores, average: float
    ) -> Scores:
        k1, b = self.formula.k1, self.formula.b
        damping = (k1 * (1 - b + b * segment.words / average)).astype(np.float32)
        scores = np.zeros(len(segment.rows), dtype=np.float32)
        for (start, end), weight in zip(where, weights, strict=True):
            places, counts = segment.places[start:end], segment.counts[start:end].astype(np.float32)
            scores[places] += weight * (k1 + 1) * counts / (counts + damping[places])
        return scores

    def _append(self, segment: Segment) -> None:
        self._segments = [*self._segments, segment]
        self._alive = [*self._alive, np.ones(len(segment.rows), dtype=bool)]

    def compact(self) -> None:
        """Merge small segments and drop what was removed."""
        for language in {segment.language for segment in self._segments}:
            own = [i for i, segment in enumerate(self._segments) if segment.language == language]
            small = [i for i in own if len(self._segments[i].rows) < SEGMENT_ROWS or not self._alive[i].all()]
            if len(small) > SMALL_SEGMENTS or any(not self._alive[i].all() for i in small):
                self._merge(small)

    def _merge(self, chosen: list[int]) -> None:
        merged = Segment.merge([self._segments[i] for i in chosen], [self._alive[i] for i in chosen])
        others = [i for i in range(len(self._segments)) if i not in chosen]
        segments, alive = [self._segments[i] for i in others], [self._alive[i] for i in others]
        self._segments, self._alive = segments, alive
        if len(merged.rows):
            self._append(merged)

    def save(self, folder: Path, stamp: Mapping[str, Any]) -> None:
        """Write the index under `folder`; `stamp` says what it was made from and must come back equal in `load`.

        Readers see the old index or the new one, never a mixture.
        """
        self.compact()
        folder.mkdir(mode=0o700, exist_ok=True)
        named = [
            {"language": segment.language, **{name: _put(folder, getattr(segment, name)) for name in Segment.ARRAYS}}
            for segment in self._segments
        ]
        body = {"format": FORMAT, "tokens": TOKENS_VERSION, "stamp": dict(stamp), "segments": named}
        _replace(folder / "manifest.json", json.dumps({**body, "digest": _digest(_canonical(body))}).encode())
        wanted = {f"{segment[name]}.npy" for segment in named for name in Segment.ARRAYS}
        for path in folder.glob("*.npy"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: Path) -> tuple["LexicalIndex", dict[str, Any]] | None:
        """The index saved under `folder` and its stamp; None when it is missing, damaged or of another make."""
        try:
            manifest = json.loads((folder / "manifest.json").read_bytes())
            digest = manifest.pop("digest")
            if digest != _digest(_canonical(manifest)) or manifest["format"] != FORMAT:
                return None
            if manifest["tokens"] != TOKENS_VERSION:
                return None
            segments = [_segment(folder, named) for named in manifest["segments"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return cls(segments), manifest["stamp"]


def best(rows: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The `k` highest scores above 0 and their rows, best first; among equals the lower row first."""
    candidates = np.flatnonzero(scores > 0)
    if len(candidates) > k:
        bar = np.partition(scores[candidates], -k)[-k]
        candidates = candidates[scores[candidates] >= bar]
    order = np.lexsort((rows[candidates], -scores[candidates]))[:k]
    return rows[candidates[order]], scores[candidates[order]]


def _weighted(question: str, language: str, pair_weight: float) -> tuple[npt.NDArray[np.uint64], Scores]:
    words = hashed_question(question, language)
    both = [np.unique(words), np.unique(pairs(words))]
    weights = [np.full(len(terms), weight, np.float32) for terms, weight in zip(both, (1.0, pair_weight), strict=True)]
    return np.concatenate(both), np.concatenate(weights)


def _segment(folder: Path, named: dict[str, str]) -> Segment:
    arrays = {name: _get(folder, named[name]) for name in Segment.ARRAYS}
    segment = Segment(language=named["language"], **arrays)
    if not segment.is_sound():
        raise ValueError("arrays do not fit each other")
    return segment


def _put(folder: Path, array: npt.NDArray[np.generic]) -> str:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    name = _digest(data)
    if not (folder / f"{name}.npy").exists():
        _replace(folder / f"{name}.npy", data)
    return name


def _get(folder: Path, name: str) -> npt.NDArray[Any]:
    if len(name) != 64 or not name.isalnum():
        raise ValueError("no digest")
    path = folder / f"{name}.npy"
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != name:
            raise ValueError(f"{path.name} is damaged")
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.ndim != 1:
        raise ValueError("not a plain array")
    return array


def _replace(path: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(path)


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
