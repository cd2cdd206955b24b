"""Statements of an answer's text, each with the markers that stand at it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from mistral_rag.text import sentences


@dataclass(frozen=True, slots=True)
class ShownMarker:
    """A marker in the answer's text, by offsets, and the evidence line it cites."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class UnknownAt:
    """A marker that was taken out at an offset of the answer's text."""

    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer: its offsets (markers around it excluded), its text without markers, and its markers.

    `unknown` are the markers that were taken out of it.
    """

    start: int
    end: int
    plain: str
    markers: tuple[ShownMarker, ...]
    unknown: tuple[str, ...] = ()


def statements(text: str, markers: Sequence[ShownMarker], unknown: Sequence[UnknownAt] = ()) -> list[Statement]:
    """Sentences of an answer's text, each with its markers; markers at its end lie outside its offsets."""
    plain, offsets = _without(text, markers)
    spans = list(sentences(plain, paragraphs=True))
    markers_of: list[list[ShownMarker]] = [[] for _ in spans]
    unknown_of: list[list[str]] = [[] for _ in spans]
    starts = [start for start, _ in spans]
    for marker, position in offsets if spans else ():
        markers_of[_sentence_at(starts, position)].append(marker)
    restored = _Restored(offsets)
    for gone in unknown if spans else ():
        unknown_of[_sentence_at(starts, restored.plain(gone.offset))].append(gone.text)
    return [
        Statement(
            *_trimmed(text, restored.offset(start), restored.offset(end - 1) + 1, own),
            plain[start:end],
            tuple(own),
            tuple(gone),
        )
        for (start, end), own, gone in zip(spans, markers_of, unknown_of, strict=True)
    ]


def _sentence_at(starts: Sequence[int], position: int) -> int:
    """Index of the sentence that a marker at `position` belongs to: the one before it, at a boundary."""
    return max(bisect_left(starts, position) - 1, 0)


def clauses(text: str, statement: Statement) -> list[tuple[int, int]]:
    """Offsets of the text that each marker of a statement backs: from the markers before it to the marker."""
    backed: list[tuple[int, int]] = []
    start = statement.start
    for marker in statement.markers:
        clause = text[start : marker.start]
        if any(char.isalnum() for char in clause):
            skipped = len(clause) - len(clause.lstrip(" ,;:.\n"))
            backed.append((start + skipped, start + len(clause.rstrip())))
        else:
            backed.append(backed[-1] if backed else (statement.start, statement.end))
        start = marker.end
    return backed


def _without(text: str, markers: Sequence[ShownMarker]) -> tuple[str, list[tuple[ShownMarker, int]]]:
    """Remove the markers from a text; returns it with the offset in it of each marker."""
    pieces: list[str] = []
    at = removed = 0
    offsets: list[tuple[ShownMarker, int]] = []
    for marker in markers:
        pieces.append(text[at : marker.start])
        offsets.append((marker, marker.start - removed))
        removed += marker.end - marker.start
        at = marker.end
    return "".join([*pieces, text[at:]]), offsets


class _Restored:
    """The way from offsets in the text without markers to offsets in the text."""

    def __init__(self, offsets: Sequence[tuple[ShownMarker, int]]) -> None:
        self._positions = [position for _, position in offsets]
        self._removed = [0, *accumulate(marker.end - marker.start for marker, _ in offsets)]
        self._starts = [marker.start for marker, _ in offsets]

    def offset(self, plain: int) -> int:
        """Offset in the text of the character at `plain` in the text without markers."""
        return plain + self._removed[bisect_right(self._positions, plain)]

    def plain(self, offset: int) -> int:
        """Offset in the text without markers of a place that lies in no marker."""
        return offset - self._removed[bisect_left(self._starts, offset)]


def _trimmed(text: str, start: int, end: int, markers: Sequence[ShownMarker]) -> tuple[int, int]:
    """Shorten a range by the markers at its end, with the punctuation between and behind them."""
    for marker in reversed(markers):
        if marker.end <= end and not any(char.isalnum() for char in text[marker.end : end]):
            end = marker.start
        elif marker.start >= end:
            continue
        else:
            break
    return start, start + len(text[start:end].rstrip())
