"""A picture of a page as words: found, turned the right way round, read, each with its box and how sure it is."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.local.ocr._models import Detector, Floats, Grey, Line, Recogniser, cut_out

STANDS: Final = 1.5
"""A box so many times higher than wide holds a line that stands on its side."""
SURE: Final = 0.9
"""When the longest lines are read with this confidence, the page is not upside down."""
LONGEST: Final = 4
LEAST: Final = 0.5
"""Lines read with less confidence are pictures, handwriting or dirt."""
LEAST_SKEW: Final = np.radians(0.2)
MOST_SKEW: Final = np.radians(15)


class Words(NamedTuple):
    """The words of a page, line by line.

    `boxes` is (n, 4): left, top, right, bottom in pixels of the page turned the right way round; `level` the same
    with the page's slant taken out. `lines` numbers the line of each word, `angles` says how it is turned
    against the page: 0, 90 or 270 degrees clockwise.
    """

    texts: list[str]
    boxes: Floats
    level: Floats
    lines: list[int]
    angles: list[int]
    confidences: list[float]


class Reading(NamedTuple):
    """What a picture says. `turn` counts the quarter turns, against the clock, that bring it upright."""

    words: Words
    width: int
    height: int
    turn: int


class PictureReader:
    """The two networks and what is done with what they say."""

    def __init__(self, *, threads: int) -> None:
        self._detector = Detector(threads=threads)
        self._recogniser = Recogniser(threads=threads)

    def read(self, picture: Grey) -> Reading:
        """The words of a picture."""
        turn = 0
        corners = self._detector.find(picture)
        if _mostly_stands(corners):
            turn = 1
            picture = _turned(picture, 1)
            corners = self._detector.find(picture)
        lines = self._recogniser.read([cut_out(picture, each) for each in map(_lying, corners)])
        if self._is_upside_down(picture, corners, lines):
            turn += 2
            picture = _turned(picture, 2)
            size = np.array([picture.shape[1], picture.shape[0]], dtype=np.float32)
            corners = np.roll(size - corners, 2, axis=1)
            lines = self._recogniser.read([cut_out(picture, each) for each in map(_lying, corners)])
        height, width = picture.shape
        return Reading(self._words(picture, corners, lines), width, height, turn)

    def _is_upside_down(self, picture: Grey, corners: Floats, lines: Sequence[Line]) -> bool:
        lying = [at for at, each in enumerate(corners) if not _stands(each)]
        longest = sorted(lying, key=lambda at: len(lines[at].text), reverse=True)[:LONGEST]
        sure = _sureness([lines[at] for at in longest])
        if not longest or sure >= SURE:
            return False
        return _sureness(self._recogniser.read([_turned(cut_out(picture, corners[at]), 2) for at in longest])) > sure

    def _words(self, picture: Grey, corners: Floats, lines: Sequence[Line]) -> Words:
        slant = _slant(corners)
        centre = np.array([picture.shape[1], picture.shape[0]], dtype=np.float64) / 2
        level = np.array([[np.cos(slant), np.sin(slant)], [-np.sin(slant), np.cos(slant)]])
        found = Words([], np.empty((0, 4)), np.empty((0, 4)), [], [], [])
        quads: list[npt.NDArray[np.float64]] = []
        for number, (each, line) in enumerate(zip(corners, lines, strict=True)):
            angle = 0
            if _stands(each):
                each, line, angle = self._standing(picture, each, line)
            if not line.text.strip() or _sureness([line]) < LEAST:
                continue
            dark = _dark_columns(cut_out(picture, each))
            for text, left, right, sure in _split(line, dark):
                quads.append(_part(each, left, right))
                found.texts.append(text)
                found.lines.append(number)
                found.angles.append(angle)
                found.confidences.append(sure)
        if not quads:
            return found
        points = np.stack(quads)
        straight = (points - centre) @ level.T + centre
        return found._replace(boxes=_around(points), level=_around(straight))

    def _standing(self, picture: Grey, corners: Floats, line: Line) -> tuple[Floats, Line, int]:
        """A line that stands on its side, from below or from above, whichever reads better."""
        upwards, downwards = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
        other = self._recogniser.read([cut_out(picture, downwards)])[0]
        if _sureness([other]) > _sureness([line]):
            return downwards, other, 90
        return upwards, line, 270


def _turned(picture: Grey, quarters: int) -> Grey:
    return np.ascontiguousarray(np.rot90(picture, quarters))


def _lengths(corners: Floats) -> tuple[float, float]:
    return float(np.linalg.norm(corners[1] - corners[0])), float(np.linalg.norm(corners[3] - corners[0]))


def _stands(corners: Floats) -> bool:
    width, height = _lengths(corners)
    return height >= STANDS * width


def _lying(corners: Floats) -> Floats:
    """The corners of a line as it would be read; one that stands is read from below."""
    return np.roll(corners, 1, axis=0) if _stands(corners) else corners


def _mostly_stands(corners: Floats) -> bool:
    standing = sum(_lengths(each)[1] for each in corners if _stands(each))
    lying = sum(width for width, height in map(_lengths, corners) if width >= STANDS * height)
    return standing > lying


def _sureness(lines: Sequence[Line]) -> float:
    """The mean confidence of all characters; 0 where there are none."""
    every = [sure for line in lines for sure in line.confidences]
    return float(np.mean(every)) if every else 0.0


def _slant(corners: Floats) -> float:
    """By how much the lines fall to the right, in radians: that of the line in the middle, weighted by length."""
    along = np.array([each[1] - each[0] for each in corners if not _stands(each)], dtype=np.float64).reshape(-1, 2)
    lengths = np.linalg.norm(along, axis=1)
    long = lengths > 0.5 * lengths.max(initial=0.0)
    if long.sum() < 3:
        return 0.0
    angle = float(np.median(np.arctan2(along[long, 1], along[long, 0])))
    return angle if LEAST_SKEW < abs(angle) < MOST_SKEW else 0.0


def _dark_columns(picture: Grey) -> npt.NDArray[np.bool_]:
    """Which columns of a line's picture hold ink: what most of it is not, so that letters may be light on dark."""
    core = picture[picture.shape[0] // 6 : max(1, picture.shape[0] - picture.shape[0] // 6)]
    low, high = np.percentile(core, (2, 98))
    dark = core < (low + high) / 2
    ink: npt.NDArray[np.bool_] = (dark if dark.mean() < 0.5 else ~dark).any(axis=0)
    return ink


def _split(line: Line, dark: npt.NDArray[np.bool_]) -> Iterator[tuple[str, float, float, float]]:
    """The words of a line: text, left and right edge as fractions of its width, and how sure it is."""
    width = len(dark)
    at = 0
    runs: list[tuple[int, int]] = []
    for word in line.text.split():
        first = line.text.index(word, at)
        at = first + len(word)
        runs.append((first, at))
    edges = [0.0]
    for (_, end), (start, _) in pairwise(runs):
        edges.append(_gap(dark, line.columns[end - 1] * width, line.columns[start] * width))
    edges.append(float(width))
    for (first, end), (left, right) in zip(runs, pairwise(edges), strict=True):
        ink = np.flatnonzero(dark[round(left) : round(right)])
        if len(ink):
            left, right = round(left) + float(ink[0]), round(left) + float(ink[-1] + 1)
        yield line.text[first:end], left / width, right / width, float(np.mean(line.confidences[first:end]))


def _gap(dark: npt.NDArray[np.bool_], left: float, right: float) -> float:
    """The middle of the widest white between two columns; of the two where there is none."""
    low, high = max(0, round(left)), min(len(dark), round(right) + 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], dark[low:high], [True]]).astype(np.int8)))
    best, middle = 0, (left + right) / 2
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start > best:
            best, middle = end - start, low + (start + end) / 2
    return float(middle)


def _part(corners: Floats, left: float, right: float) -> npt.NDArray[np.float64]:
    """The corners of a part of a line, between two fractions of its width."""
    a, b, c, d = corners.astype(np.float64)
    return np.stack([a + (b - a) * left, a + (b - a) * right, d + (c - d) * right, d + (c - d) * left])


def _around(quads: npt.NDArray[np.float64]) -> Floats:
    return np.asarray(np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1))
