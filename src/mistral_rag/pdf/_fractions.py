"""Fractions that are printed upright, one number above a bar and one below: two words become one, "3/4"."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._characters import NO_SPAN, PageWords, select
from mistral_rag.pdf._geometry import Floats, Integers

_MAX_DIGITS = 3
_MAX_BAR_HEIGHT = 2.0
_MAX_BAR_WIDTH = 30.0
"""Points, of three digits in 14 points."""
_REACH = 0.4
"""Of a number's height, within which the bar is at its edge: boxes are those of the font, with room for descenders."""
_OVERHANG = 0.3
"""Of a number's height: as much wider than its bar may it be."""
_OFF_MIDDLE = 0.3
"""Of a word's height: the bar is at the middle of the words beside it. That of a sum lies between two lines."""
_MAX_GAP = 1.0
"""Of a word's height, between it and the fraction."""


class _Fraction(NamedTuple):
    over: int
    under: int
    beside: int
    follows: bool


def with_fractions(words: PageWords, bars: Floats) -> PageWords:
    """The words with each upright fraction as one word in its line.

    Args:
        words: the words of a page.
        bars: boxes (n, 4) of what is drawn on it, in points as those of the words.
    """
    height, width = bars[:, 3] - bars[:, 1], bars[:, 2] - bars[:, 0]
    thin = bars[(height <= _MAX_BAR_HEIGHT) & (width <= _MAX_BAR_WIDTH) & (width > height)]
    if not len(thin):
        return words
    texts = enumerate(words.texts)
    numbers = np.array([at for at, text in texts if len(text) <= _MAX_DIGITS and _is_number(text)], dtype=np.int64)
    found = list(_fractions(words, numbers[words.angles[numbers] == 0], thin))
    return _joined(words, found) if found else words


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _fractions(words: PageWords, numbers: Integers, bars: Floats) -> Iterator[_Fraction]:
    boxes = words.boxes[numbers]
    tall = boxes[:, 3] - boxes[:, 1]
    taken: set[int] = set()
    for left, top, right, bottom in bars.tolist():
        at = (top + bottom) / 2
        fits = (boxes[:, 0] >= left - _OVERHANG * tall) & (boxes[:, 2] <= right + _OVERHANG * tall)
        over = numbers[fits & (abs(boxes[:, 3] - at) <= _REACH * tall)]
        under = numbers[fits & (abs(boxes[:, 1] - at) <= _REACH * tall)]
        if len(over) != 1 or len(under) != 1 or over[0] == under[0] or taken & {int(over[0]), int(under[0])}:
            continue
        pair = int(over[0]), int(under[0])
        beside = _beside(words, pair, at)
        if beside is not None:
            taken |= {*pair}
            yield _Fraction(*pair, *beside)


def _beside(words: PageWords, pair: tuple[int, int], at: float) -> tuple[int, bool] | None:
    """The nearest word in whose line the fraction stands, and True when the fraction follows it; None without one."""
    left, top, right, bottom = words.boxes.T
    tall = bottom - top
    both = words.boxes[list(pair)]
    before, behind = both[:, 0].min() - right, left - both[:, 2].max()
    gap = np.maximum(before, behind)
    stands = (abs((top + bottom) / 2 - at) <= _OFF_MIDDLE * tall) & (gap <= _MAX_GAP * tall) & (gap > -_OVERHANG * tall)
    stands &= words.angles == 0
    stands[list(pair)] = False
    if not stands.any():
        return None
    nearest = int(np.where(stands, gap, np.inf).argmin())
    return nearest, bool(before[nearest] > behind[nearest])


def _joined(words: PageWords, fractions: list[_Fraction]) -> PageWords:
    texts, boxes, runs, spans = list(words.texts), words.boxes.copy(), words.runs.copy(), list(words.spans)
    order = list(range(len(texts)))
    for over, under, beside, follows in fractions:
        texts[over] = f"{texts[over]}/{texts[under]}"
        boxes[over] = np.concatenate(
            [np.minimum(boxes[over], boxes[under])[:2], np.maximum(boxes[over], boxes[under])[2:]]
        )
        runs[over], spans[over] = runs[beside], NO_SPAN
        order.remove(over)
        order.remove(under)
        order.insert(order.index(beside) + follows, over)
    changed = words._replace(texts=texts, boxes=boxes, runs=runs, spans=spans)
    return select(changed, np.array(order, dtype=np.int64))
