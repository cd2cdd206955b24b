"""Pieces of printed lines with Hebrew or Arabic: PDFium cuts a line that it is not sure of, down to single letters."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Floats, Integers
from mistral_rag.pdf._glyphs.page import Glyphs, codes_of, inked, is_leftward, runs_of

_MIN_LINE_STEP = 0.7
"""Of a letter's height, from one line to the next: raised and lowered letters are off by a third."""
_MIN_LEVEL = 0.5
"""Of the lower one's height, that two pieces of one line share; boxes of a font with high marks reach into the next
line, but stand beside no end of a piece there."""
_MAX_GAP = 0.5
"""Of a line's height, between two pieces of one line; wider are the gaps between cells."""
_MAX_SHAPE = 4
"""Letters of one shape (the word Allah); a file that gives one box to more says nothing of their places."""


class Run(NamedTuple):
    """A stretch of characters without a line break: from `start` to `end`, with its pieces of printed lines.

    A piece is its letters, and those of the other pieces of its line where it is the first of them; it is empty where
    it is not. `pieces` are None for a stretch that stays as it is.
    """

    start: int
    end: int
    pieces: list[list[int]] | None


def runs_in_pieces(glyphs: Glyphs) -> Iterator[Run]:
    """The stretches between line breaks, those of lines with leftward letters with their pieces."""
    codes = codes_of(glyphs.text)
    leftward, ink, runs = is_leftward(codes), inked(codes), runs_of(codes)
    starts = np.searchsorted(runs, np.unique(runs)).tolist()
    spans = list(zip(starts, [*starts[1:], len(codes)], strict=True))
    cut: dict[int, list[list[int]]] = {}
    for start, end in spans:
        letters = (np.flatnonzero(ink[start:end]) + start).tolist()
        if letters and _have_places(glyphs, letters):
            cut[start] = _lines(glyphs, letters) if leftward[letters].any() else [letters]
    pieces = [piece for parts in cut.values() for piece in parts]
    owners = _owners(np.array([_box(glyphs, piece) for piece in pieces]).reshape(-1, 4))
    wholes: dict[int, list[int]] = {}
    for owner, piece in zip(owners, pieces, strict=True):
        wholes.setdefault(owner, []).extend(piece)
    at = 0
    for start, end in spans:
        numbers = range(at, at := at + len(cut.get(start, ())))
        concerned = any(leftward[wholes[owners[number]]].any() for number in numbers)
        own = [wholes[number] if owners[number] == number else [] for number in numbers]
        yield Run(start, end, own if concerned else None)


def _have_places(glyphs: Glyphs, letters: Sequence[int]) -> bool:
    """True for letters that stand upright, each shape in its own box."""
    new = np.flatnonzero((np.diff(glyphs.upright[letters], axis=0) != 0).any(axis=1))
    longest = int(np.diff(new, prepend=-1, append=len(letters) - 1).max())
    return longest <= _MAX_SHAPE and not glyphs.aslant[letters].any()


def _lines(glyphs: Glyphs, letters: Sequence[int]) -> list[list[int]]:
    """The letters of each printed line of a run, from the top: PDFium takes the rows of a table for one."""
    boxes = glyphs.upright[letters]
    middles, height = (boxes[:, 1] + boxes[:, 3]) / 2, float(np.median(boxes[:, 3] - boxes[:, 1]))
    order = np.argsort(middles, kind="stable")
    line = np.empty(len(letters), dtype=np.int64)
    line[order] = np.cumsum(np.diff(middles[order], prepend=middles[order[:1]]) > _MIN_LINE_STEP * height)
    return [[at for at, own in zip(letters, line.tolist(), strict=True) if own == n] for n in range(line.max() + 1)]


def _box(glyphs: Glyphs, letters: Sequence[int]) -> list[float]:
    """Left, top, right and bottom of a piece; its height is that of its letters, wherever a mark stands."""
    boxes = glyphs.upright[letters]
    top, bottom = np.median(boxes[:, [1, 3]], axis=0).tolist()
    return [float(boxes[:, 0].min()), top, float(boxes[:, 2].max()), bottom]


def _owners(boxes: Floats) -> list[int]:
    """For each piece the number of the first one of its line: pieces that are no further apart than words."""
    owners = list(range(len(boxes)))

    def owner(at: int) -> int:
        while owners[at] != at:
            owners[at] = owners[owners[at]]
            at = owners[at]
        return at

    by_left = np.argsort(boxes[:, 0], kind="stable")
    lefts, heights = boxes[by_left, 0], boxes[:, 3] - boxes[:, 1]
    for at, (left, _, right, _) in enumerate(boxes.tolist()):
        reach = _MAX_GAP * float(heights[at])
        first, last = np.searchsorted(lefts, [(left + right) / 2, right + reach]).tolist()
        near = by_left[first:last]
        for other in near[_are_level(boxes, heights, at, near)].tolist():
            low, high = sorted((owner(at), owner(other)))
            owners[high] = low
    return [owner(at) for at in range(len(owners))]


def _are_level(boxes: Floats, heights: Floats, at: int, others: Integers) -> Booleans:
    """Mask of the pieces that stand on the line of one."""
    shared = np.minimum(boxes[others, 3], boxes[at, 3]) - np.maximum(boxes[others, 1], boxes[at, 1])
    level: Booleans = shared >= _MIN_LEVEL * np.minimum(heights[others], heights[at])
    level &= others != at
    return level
