"""Characters of a page with a box each, and the measures that decide about their order and blanks."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Floats, Integers

HYPHEN = "\ufffe"
"""PDFium's code point for a hyphen at the end of a line, soft or hard."""
BREAKS = (0x0A, 0x0D, 0xFFFE)
_MAX_BLANK = 0x20
"""Control characters and the blank; PDFium keeps no other white space apart."""
_BLANKS = (0x7F, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200F), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFFFF)
_LEFTWARD_RANGES = (
    (0x590, 0x8FF),
    (0xFB1D, 0xFDFF),
    (0xFE70, 0xFEFC),
    (0x10800, 0x10FFF),
    (0x1E800, 0x1EFFF),
)
"""Hebrew, Arabic and their neighbours, as letters and as presentation forms."""
_LEFTWARD = re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in _LEFTWARD_RANGES) + "]")
_END_OF_LETTERED = 0x590
"""Latin, Greek, Cyrillic and Armenian end here."""
FIRST_WIDE = 0x2E80
"""Chinese and Japanese begin here."""
_INK = re.compile("[^\\s\x00-\x20\x7f\ufffe\uffff]")
_MAX_LEVEL_CHANGE = 0.15
"""Of a line's height, by which bottoms of letters in one line may differ: half of what a superscript rises."""
_MIN_SIZE_SHARE = 0.8
_MIN_SIZE = 0.01
"""Points; a box without a height says nothing."""


class Glyphs(NamedTuple):
    """Characters in reading order: their text, PDFium's index of each, and boxes (n, 4).

    `boxes` are left, top, right, bottom in points from the top left corner of the page as a reader sees it; `upright`
    are the same, turned so that text runs to the right, and evened out. `aslant` (n) marks characters at no right
    angle, whose geometry is not looked at, `vertical` (n) those that are set below each other, as in Japanese;
    `turned` is True where any is not upright.
    """

    text: str
    indices: Sequence[int]
    boxes: Floats
    upright: Floats
    aslant: Booleans
    vertical: Booleans
    turned: bool

    def take(self, places: Integers) -> "Glyphs":
        """The glyphs of some places, in that order; -1 is a new blank, of index -1."""
        text, indices = self.text, self.indices
        order = places.tolist()
        return Glyphs(
            "".join([" " if at < 0 else text[at] for at in order]),
            [-1 if at < 0 else indices[at] for at in order],
            # nobody asks for the box of a blank
            self.boxes[places],
            self.upright[places],
            self.aslant[places],
            self.vertical[places],
            self.turned,
        )


class Pairs(NamedTuple):
    """Neighbours in reading order on one run: places of the first and the second, and what lies between them.

    `gaps` are widths in shares of the higher one's height (`heights`, points); `parted` is True where a blank stands
    between them, `level` where both stand on one level in one size.
    """

    first: Integers
    second: Integers
    runs: Integers
    gaps: Floats
    heights: Floats
    parted: Booleans
    level: Booleans


@lru_cache(maxsize=8)
def codes_of(text: str) -> Integers:
    """Code points (n) of a text, read-only: the steps that read a page ask for those of one text a dozen times."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    codes.flags.writeable = False
    return codes


def inked(codes: Integers) -> Booleans:
    """Mask (n) of the characters that are no blank, line break or control character."""
    mask: Booleans = (codes > _MAX_BLANK) & (codes != ord(HYPHEN))
    # a page has few of them
    others = np.flatnonzero(codes > 0x7E)
    if len(others):
        is_blank = _blanks()
        mask[others] &= ~is_blank[np.minimum(codes[others], len(is_blank) - 1)]
    return mask


@cache
def _blanks() -> Booleans:
    """Mask of the blanks by code point, the last place for all others: a search in a list takes ten times as long."""
    mask = np.zeros(_BLANKS[-1] + 2, dtype=bool)
    mask[list(_BLANKS)] = True
    return mask


def runs_of(codes: Integers) -> Integers:
    """Number of PDFium's line for each character."""
    breaks = codes == BREAKS[0]
    for code in BREAKS[1:]:
        breaks |= codes == code
    return np.cumsum(breaks)


def runs_leftward(text: str) -> bool:
    """True when a text has letters of a script that is written to the left."""
    return not text.isascii() and _LEFTWARD.search(text) is not None


def is_leftward(codes: Integers) -> Booleans:
    """Mask of the characters of a script that is written to the left."""
    mask = np.zeros(len(codes), dtype=bool)
    for low, high in _LEFTWARD_RANGES:
        mask |= (codes >= low) & (codes <= high)
    return mask


def is_alphanumeric(text: str, codes: Integers) -> Booleans:
    """Mask of the letters and digits of a text, whose code points are `codes`."""
    folded = codes | 0x20
    mask: Booleans = ((codes >= 0x30) & (codes <= 0x39)) | ((folded >= 0x61) & (folded <= 0x7A))
    others = np.flatnonzero(codes > 0x7F)
    mask[others] = [text[at].isalnum() for at in others.tolist()]
    return mask


def is_lettered(codes: Integers) -> Booleans:
    """Mask of the characters of scripts that part words by blanks and letters by nothing, signs included."""
    lettered: Booleans = (codes < _END_OF_LETTERED) | ((codes >= 0x1E00) & (codes < FIRST_WIDE))
    return lettered


def pairs_of(glyphs: Glyphs) -> Pairs:
    """Neighbours that are printed on one run, whether a blank stands between them or not."""
    codes = codes_of(glyphs.text)
    places = np.flatnonzero(inked(codes) & ~glyphs.aslant)
    runs = runs_of(codes)[places]
    # nearly all neighbours are on one run: measuring all of them costs less than choosing first
    same = runs[1:] == runs[:-1]
    left, top, right, bottom = glyphs.upright[places].T
    tall = bottom - top
    heights = np.maximum(np.maximum(tall[:-1], tall[1:]), _MIN_SIZE)
    level = (np.abs(bottom[:-1] - bottom[1:]) < _MAX_LEVEL_CHANGE * heights) & (
        np.minimum(tall[:-1], tall[1:]) > _MIN_SIZE_SHARE * heights
    )
    gaps = (left[1:] - right[:-1]) / heights
    first, second = places[:-1][same], places[1:][same]
    return Pairs(first, second, runs[:-1][same], gaps[same], heights[same], second - first > 1, level[same])


def inked_after(text: str, at: int) -> int | None:
    """Place of the next character behind `at` that is no blank, line break or control character."""
    found = _INK.search(text, at + 1)
    return found.start() if found else None


def word_boxes(boxes: Floats, spans: Integers | Sequence[tuple[int, int]]) -> Floats:
    """Boxes (w, 4) around the characters from start to end of each word, of the boxes (n, 4) of all characters."""
    edges = np.asarray(spans, dtype=np.int64).ravel()
    if not len(edges):
        return np.zeros((0, 4))
    # the end of the last word may be the end of the text
    padded = np.concatenate([boxes, boxes[-1:]])
    lows = np.minimum.reduceat(padded[:, :2], edges)[::2]
    highs = np.maximum.reduceat(padded[:, 2:], edges)[::2]
    return np.concatenate([lows, highs], axis=1)
