"""Words of a recognised line: their left and right edges, from the characters' columns and the ink between them."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.local.ocr._models import RecognisedLine
from mistral_rag.pictures import Grey

Columns = npt.NDArray[np.bool_]


class RecognisedWord(NamedTuple):
    """A word of a line: left and right edge as fractions of the line's width, and the mean of its confidences."""

    text: str
    left: float
    right: float
    confidence: float


def inked_columns(picture: Grey) -> Columns:
    """Mask of the columns of a line's picture that hold ink: the minority of pixels, as letters may be light on dark.

    The top and bottom sixth are left out: rules and letters of the lines above and below reach into them.
    """
    core = picture[picture.shape[0] // 6 : max(1, picture.shape[0] - picture.shape[0] // 6)]
    low, high = np.percentile(core, (2, 98))
    dark = core < (low + high) / 2
    ink: Columns = (dark if dark.mean() < 0.5 else ~dark).any(axis=0)
    return ink


def words_of(line: RecognisedLine, ink: Columns) -> Iterator[RecognisedWord]:
    """Split a line into words; two words are divided in the middle of the widest gap between their letters."""
    width = len(ink)
    at = 0
    spans: list[tuple[int, int]] = []
    for word in line.text.split():
        first = line.text.index(word, at)
        at = first + len(word)
        spans.append((first, at))
    edges = [0.0]
    for (_, end), (start, _) in pairwise(spans):
        edges.append(_gap_middle(ink, line.columns[end - 1] * width, line.columns[start] * width))
    edges.append(float(width))
    for (first, end), (left, right) in zip(spans, pairwise(edges), strict=True):
        inked = np.flatnonzero(ink[round(left) : round(right)])
        if len(inked):
            left, right = round(left) + float(inked[0]), round(left) + float(inked[-1] + 1)
        confidence = float(np.mean(line.confidences[first:end]))
        yield RecognisedWord(line.text[first:end], left / width, right / width, confidence)


def _gap_middle(ink: Columns, left: float, right: float) -> float:
    """Middle of the widest gap without ink between two columns; the middle between them where there is none."""
    low, high = max(0, round(left)), min(len(ink), round(right) + 1)
    edges = np.flatnonzero(np.diff(np.concatenate([[True], ink[low:high], [True]]).astype(np.int8)))
    widest, middle = 0, (left + right) / 2
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - start > widest:
            widest, middle = end - start, low + (start + end) / 2
    return float(middle)
