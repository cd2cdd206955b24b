"""A picture of a page read to words: detected, turned upright, recognised, each with its box and confidence."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.local.ocr._corners import (
    Floats,
    bounding_boxes,
    cut_out,
    in_reading_order,
    is_page_sideways,
    is_sideways,
    section,
    skew,
)
from mistral_rag.local.ocr._models import Detector, RecognisedLine, Recogniser
from mistral_rag.local.ocr._word_boundaries import inked_columns, words_of
from mistral_rag.pictures import Grey

UPRIGHT_CONFIDENCE: Final = 0.9
"""When the longest lines are recognised with this confidence, the page is not upside down (ADR 52)."""
MAX_CHECKED_LINES: Final = 4
MIN_LINE_CONFIDENCE: Final = 0.5
"""Lines recognised with less are pictures, handwriting or dirt; `text_score` of rapidocr."""


class PictureWords(NamedTuple):
    """Words of a picture, line by line.

    `boxes` is (n, 4): left, top, right, bottom in pixels of the picture turned upright; `level` the same with the
    page's skew taken out. `lines` numbers the line of each word, `angles` is its rotation against the page: 0, 90 or
    270 degrees clockwise. `confidences` are from 0 to 1.
    """

    texts: list[str]
    boxes: Floats
    level: Floats
    lines: list[int]
    angles: list[int]
    confidences: list[float]


class PictureReading(NamedTuple):
    """The words of a picture, and its size in pixels when upright.

    `turn` counts the quarter turns, counter-clockwise, that bring the picture upright.
    """

    words: PictureWords
    width: int
    height: int
    turn: int


class PictureReader:
    """Reads pictures with the two networks: lines are detected, the page is turned upright, lines are recognised."""

    def __init__(self, *, threads: int) -> None:
        self._detector = Detector(threads=threads)
        self._recogniser = Recogniser(threads=threads)

    def read(self, picture: Grey) -> PictureReading:
        """Read the words of a picture."""
        turn = 0
        corners = self._detector.find(picture)
        if is_page_sideways(corners):
            turn = 1
            picture = _turned(picture, 1)
            corners = self._detector.find(picture)
        lines = self._recognised(picture, corners)
        if self._is_upside_down(picture, corners, lines):
            turn += 2
            picture = _turned(picture, 2)
            size = np.array([picture.shape[1], picture.shape[0]], dtype=np.float32)
            corners = np.roll(size - corners, 2, axis=1)
            lines = self._recognised(picture, corners)
        height, width = picture.shape
        return PictureReading(self._words(picture, corners, lines), width, height, turn)

    def _recognised(self, picture: Grey, corners: Floats) -> list[RecognisedLine]:
        return self._recogniser.read([cut_out(picture, line) for line in map(in_reading_order, corners)])

    def _is_upside_down(self, picture: Grey, corners: Floats, lines: Sequence[RecognisedLine]) -> bool:
        """True when the longest lines were recognised with doubt, and are recognised better upside down."""
        across = [at for at, line in enumerate(corners) if not is_sideways(line)]
        longest = sorted(across, key=lambda at: len(lines[at].text), reverse=True)[:MAX_CHECKED_LINES]
        confidence = _mean_confidence([lines[at] for at in longest])
        if not longest or confidence >= UPRIGHT_CONFIDENCE:
            return False
        turned = self._recogniser.read([_turned(cut_out(picture, corners[at]), 2) for at in longest])
        return _mean_confidence(turned) > confidence

    def _words(self, picture: Grey, corners: Floats, lines: Sequence[RecognisedLine]) -> PictureWords:
        words = PictureWords([], np.empty((0, 4)), np.empty((0, 4)), [], [], [])
        sections: list[npt.NDArray[np.float64]] = []
        for number, (sides, line) in enumerate(zip(corners, lines, strict=True)):
            angle = 0
            if is_sideways(sides):
                sides, line, angle = self._sideways(picture, sides, line)
            if not line.text.strip() or _mean_confidence([line]) < MIN_LINE_CONFIDENCE:
                continue
            for word in words_of(line, inked_columns(cut_out(picture, sides))):
                sections.append(section(sides, word.left, word.right))
                words.texts.append(word.text)
                words.lines.append(number)
                words.angles.append(angle)
                words.confidences.append(word.confidence)
        if not sections:
            return words
        points = np.stack(sections)
        level = _levelled(points, skew(corners), picture)
        return words._replace(boxes=bounding_boxes(points), level=bounding_boxes(level))

    def _sideways(self, picture: Grey, corners: Floats, line: RecognisedLine) -> tuple[Floats, RecognisedLine, int]:
        """A sideways line, read upwards or downwards, whichever has the higher confidence."""
        upwards, downwards = np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)
        other = self._recogniser.read([cut_out(picture, downwards)])[0]
        if _mean_confidence([other]) > _mean_confidence([line]):
            return downwards, other, 90
        return upwards, line, 270


def _levelled(points: npt.NDArray[np.float64], angle: float, picture: Grey) -> npt.NDArray[np.float64]:
    """Points turned around the middle of the picture so that lines at `angle` are level."""
    centre = np.array([picture.shape[1], picture.shape[0]], dtype=np.float64) / 2
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    level: npt.NDArray[np.float64] = (points - centre) @ rotation.T + centre
    return level


def _turned(picture: Grey, quarters: int) -> Grey:
    """The picture turned counter-clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(picture, quarters))


def _mean_confidence(lines: Sequence[RecognisedLine]) -> float:
    """Mean confidence of all characters; 0 where there are none."""
    confidences = [confidence for line in lines for confidence in line.confidences]
    return float(np.mean(confidences)) if confidences else 0.0
