"""Fractions of two numbers, above and below a bar, or raised before a slash and lowered behind it: one word, "3/4"."""

from collections.abc import Callable, Iterator, Sequence
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
_MAX_RAISED = 0.75
"""Height of a raised number against that of the slash behind it: letters of the line are as high."""
_OFF_MIDDLE = 0.3
"""Of a word's height: the bar is at the middle of the words beside it. That of a sum lies between two lines."""
_MAX_GAP = 1.0
"""Of a word's height, between it and the fraction."""


_SLASH = "\u2044"
"""The slash of fractions: the number behind it stands lower than the one before."""


class _Fraction(NamedTuple):
    """Two words, the sign between them, and the word in whose line they stand, if one stands near."""

    over: int
    under: int
    sign: str
    beside: int | None
    follows: bool = False


CharacterBoxes = Callable[[range], Floats]
"""Boxes (n, 4) of PDFium's characters by index, in points as those of the words."""


def with_fractions(words: PageWords, bars: Floats, characters: CharacterBoxes) -> PageWords:
    """The words with each upright fraction as one word in its line.

    Args:
        words: the words of a page.
        bars: boxes (n, 4) of what is drawn on it, in points as those of the words.
        characters: gives the boxes of the characters of a word.
    """
    height, width = bars[:, 3] - bars[:, 1], bars[:, 2] - bars[:, 0]
    thin = bars[(height <= _MAX_BAR_HEIGHT) & (width <= _MAX_BAR_WIDTH) & (width > height)]
    slashed = [at for at, text in enumerate(words.texts) if text.startswith(_SLASH) and _is_number(text[1:])]
    if not len(thin) and not slashed:
        return words
    words = _parted(words, thin, characters)
    texts = enumerate(words.texts)
    numbers = np.array([at for at, text in texts if len(text) <= _MAX_DIGITS and _is_number(text)], dtype=np.int64)
    numbers = numbers[words.angles[numbers] == 0]
    found = [*_fractions(words, numbers, thin), *_slashed(words, numbers, slashed)]
    return _joined(words, found) if found else words


def _parted(words: PageWords, bars: Floats, characters: CharacterBoxes) -> PageWords:
    """The words with those parted that PDFium has made of the number above a bar and the one below: "12" is 1/2."""
    texts = list(words.texts)
    for at, text in enumerate(words.texts):
        if not 1 < len(text) <= 2 * _MAX_DIGITS or not _is_number(text) or words.spans[at] == NO_SPAN:
            continue
        left, top, right, bottom = words.boxes[at].tolist()
        middles = (bars[:, 1] + bars[:, 3]) / 2
        inside = (bars[:, 0] < right) & (left < bars[:, 2]) & (top < middles) & (middles < bottom)
        first, last = words.spans[at]
        if inside.sum() == 1 and last - first + 1 == len(text):
            boxes = characters(range(first, last + 1))
            (bar,) = bars[inside].tolist()
            if (over := _count_over(boxes, bar)) is not None:
                texts[at] = f"{text[:over]}/{text[over:]}"
    return words._replace(texts=texts)


def _count_over(boxes: Floats, bar: Sequence[float]) -> int | None:
    """The number of digits above a bar; None where one is beside it, or the bar goes through it."""
    tall = boxes[:, 3] - boxes[:, 1]
    off = (boxes[:, 1] + boxes[:, 3] - bar[1] - bar[3]) / 2
    over = int((off < 0).sum())
    ordered = bool((off[:over] < 0).all()) and 0 < over < len(boxes)
    held = (boxes[:, 0] >= bar[0] - _OVERHANG * tall) & (boxes[:, 2] <= bar[2] + _OVERHANG * tall)
    return over if ordered and (held & (abs(off) > _OFF_MIDDLE * tall)).all() else None


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
        if beside is not None or _is_in_row(words, numbers, pair, at):
            taken |= {*pair}
            yield _Fraction(*pair, "/", *(beside or (None,)))


def _slashed(words: PageWords, numbers: Integers, slashed: list[int]) -> Iterator[_Fraction]:
    """Fractions whose slash and lower number are one word right behind the upper number."""
    boxes = words.boxes[numbers]
    tall = boxes[:, 3] - boxes[:, 1]
    for under in slashed:
        left, top, _, bottom = words.boxes[under].tolist()
        near = (abs(left - boxes[:, 2]) <= _OVERHANG * tall) & (boxes[:, 1] < bottom) & (top < boxes[:, 3])
        near &= tall <= _MAX_RAISED * (bottom - top)
        if near.sum() == 1:
            pair = int(numbers[near][0]), under
            middle = (min(top, words.boxes[pair[0], 1]) + max(bottom, words.boxes[pair[0], 3])) / 2
            yield _Fraction(*pair, "", *(_beside(words, pair, middle) or (None,)))


def _is_in_row(words: PageWords, numbers: Integers, pair: tuple[int, int], at: float) -> bool:
    """True for a fraction alone in its cell: words of its row are level with the bar, and none with its numbers.

    The bar above a sum has no words beside it, but its numbers do.
    """
    _, top, _, bottom = words.boxes.T
    middle, tall = (top + bottom) / 2, bottom - top
    others = words.angles == 0
    others[numbers] = False
    level = [abs(middle - (top[own] + bottom[own]) / 2) <= _OFF_MIDDLE * np.minimum(tall, tall[own]) for own in pair]
    return bool((others & (abs(middle - at) <= _OFF_MIDDLE * tall)).any()) and not any(
        (others & own).any() for own in level
    )


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
    for over, under, sign, beside, follows in fractions:
        texts[over] = f"{texts[over]}{sign}{texts[under]}"
        boxes[over] = np.concatenate(
            [np.minimum(boxes[over], boxes[under])[:2], np.maximum(boxes[over], boxes[under])[2:]]
        )
        spans[over] = NO_SPAN
        order.remove(under)
        if beside is not None:
            runs[over] = runs[beside]
            order.remove(over)
            order.insert(order.index(beside) + follows, over)
    changed = words._replace(texts=texts, boxes=boxes, runs=runs, spans=spans)
    return select(changed, np.array(order, dtype=np.int64))
