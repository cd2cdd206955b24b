"""Blanks between the letters of a line, by the gaps that are printed and not by PDFium's guess."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Integers
from mistral_rag.pdf._glyphs.page import (
    FIRST_WIDE,
    Glyphs,
    Pairs,
    codes_of,
    is_alphanumeric,
    is_lettered,
    pairs_of,
    runs_leftward,
)

_MIN_BLANK = 0.12
"""Of a line's height, beyond its usual gap between letters. On 830,000 pairs of letters of filings that PDFium does
not part, ten gaps are wider, all of them lost blanks; the blanks of close-set lines have .15."""
_MAX_LETTER_GAP = 0.3
"""A wider gap is no letter spacing that PDFium reads as one word."""
_MAX_TOUCHING = 0.03
"""Letters no further apart than this, beyond the usual gap, belong to one word: PDFium takes the first letter's left
side for its right one where letters were drawn out of order."""
_MIN_PAIRS = 2
_TALL = 0.8
_WIDE_GAP = 0.85
"""Quantiles of a line's heights and gaps: some letters are small, some gaps are those of lost blanks."""
_MIN_SPACED = 4
"""Letters that a spaced-out word has at least: in A B C the letters are what is meant."""
_MAX_SPACING = 0.6
"""Wider gaps are those of columns."""
_MIN_WORD_GAP = 1.6
"""Between spaced-out words the gap is at least one blank wider than between their letters."""
_EVEN = 0.35
"""Share of the usual gap that the gaps between spaced-out letters differ by at most: sides of letters differ."""
_MIN_LETTER_SHARE = 0.6
_MAX_UNPARTED_GAP = 0.14
"""Blanks between phrases of Thai are wider than this, sides of its letters narrower."""
_MAX_CJK_GAP = 0.6
"""Wide scripts are set without blanks; a gap below this is the paper of a justified line, above it a column's."""


def mend_blanks(glyphs: Glyphs, is_generated: Callable[[int], bool]) -> tuple[Glyphs, Pairs]:
    """Glyphs with blanks where the print has gaps, and the neighbours among them.

    `is_generated` says of PDFium's index whether it made the character up; a blank of the file's own is never dropped
    from between letters that are set tight. Those of index -1 are ours.
    """
    pairs = pairs_of(glyphs)
    if not len(pairs.first):
        return glyphs, pairs
    added, dropped = _by_gap(glyphs, pairs, is_generated)
    for first, last in _spaced_stretches(glyphs, pairs):
        within = pairs.gaps[first:last]
        wide = within > _MIN_WORD_GAP * float(np.median(within))
        dropped[first:last] |= ~wide
    if not glyphs.text.isascii():
        dropped |= _between_wide(glyphs, pairs) | _between_unparted(glyphs, pairs, is_generated)
    if not added.any() and not dropped.any():
        return glyphs, pairs
    kept = np.ones(len(glyphs.text), dtype=bool)
    for at in np.flatnonzero(dropped).tolist():
        kept[pairs.first[at] + 1 : pairs.second[at]] = False
    places = np.arange(len(glyphs.text))
    mended = glyphs.take(np.insert(places, pairs.second[added], -1)[np.insert(kept, pairs.second[added], True)])
    return mended, pairs_of(mended)


def _by_gap(glyphs: Glyphs, pairs: Pairs, is_generated: Callable[[int], bool]) -> tuple[Booleans, Booleans]:
    """Masks of the pairs between which a blank is lost, and of those between which one was made up."""
    gaps, parted = pairs.gaps, pairs.parted
    added = ~parted & (gaps > _MIN_BLANK)
    if not glyphs.text.isascii():
        lettered = is_lettered(codes_of(glyphs.text))
        # boxes of others are those of the ink, and Thai or Japanese parts no words
        widest = np.where(_is_wide_sign(glyphs, pairs.first) | _is_wide_sign(glyphs, pairs.second), 2, 1) * _MAX_CJK_GAP
        added &= (gaps > widest) | (lettered[pairs.first] & lettered[pairs.second])
    dropped = parted & pairs.level & (gaps < _MAX_TOUCHING) & (gaps > -_MIN_BLANK)
    if -1 in glyphs.indices:
        dropped |= parted & pairs.level & (gaps < _MIN_BLANK + _MAX_LETTER_GAP) & (gaps > -_MIN_BLANK)
    spaced = np.unique(pairs.runs[~parted & (gaps > 2 * _MAX_TOUCHING)])
    if len(spaced):
        dropped |= parted & pairs.level & (gaps < _MAX_LETTER_GAP) & (gaps > 0) & np.isin(pairs.runs, spaced)
    usual: dict[int, _Usual] = {}
    for at in np.flatnonzero(added | dropped).tolist():
        run = int(pairs.runs[at])
        if run not in usual:
            usual[run] = _Usual.of(pairs, run)
        line = usual[run]
        gap = gaps[at] * pairs.heights[at] / line.height
        if added[at]:
            added[at] = gap > line.widest + _MIN_BLANK and _parts_words(glyphs, pairs, at)
        else:
            between = [glyphs.indices[place] for place in range(int(pairs.first[at]) + 1, int(pairs.second[at]))]
            ours = all(place < 0 for place in between)
            reach = line.widest + _MIN_BLANK if ours else line.gap * (1 + _EVEN / 2) + _MAX_TOUCHING
            dropped[at] = gap < reach and all(place < 0 or is_generated(place) for place in between)
    return added, dropped


class _Usual(NamedTuple):
    """A line's height in points, and the gap between its letters in shares of it: the usual one, and a wide one."""

    height: float
    gap: float
    widest: float

    @classmethod
    def of(cls, pairs: Pairs, run: int) -> "_Usual":
        mine = slice(*np.searchsorted(pairs.runs, [run, run + 1]).tolist())
        # letters of drawn fonts have the height of their ink
        height = float(np.quantile(pairs.heights[mine], _TALL))
        gaps = (pairs.gaps[mine] * pairs.heights[mine] / height)[~pairs.parted[mine]]
        if len(gaps) < _MIN_PAIRS:
            return cls(height, 0.0, 0.0)
        low, high = np.clip(np.quantile(gaps, [0.5, _WIDE_GAP]), 0.0, _MAX_LETTER_GAP).tolist()
        return cls(height, low, high)


def _parts_words(glyphs: Glyphs, pairs: Pairs, at: int) -> bool:
    """True unless both characters are signs: those of a leader or an ellipsis are set apart."""
    return glyphs.text[pairs.first[at]].isalnum() or glyphs.text[pairs.second[at]].isalnum()


def _spaced_stretches(glyphs: Glyphs, pairs: Pairs) -> Iterator[tuple[int, int]]:
    """Stretches of pairs whose letters stand one by one, as in a heading that is spaced out."""
    if np.count_nonzero(pairs.parted & pairs.level & np.append(pairs.parted[1:], True)) < _MIN_SPACED:
        return
    follows = np.append(pairs.second[:-1] == pairs.first[1:], False)
    # a sign may stand close to the last letter
    close = ~pairs.parted & _are_letters(glyphs, pairs)
    alone = ~(follows & np.append(close[1:], False)) & ~np.insert((follows & close)[:-1], 0, False)
    lone = alone & pairs.parted & pairs.level & (pairs.gaps < 2 * _MIN_WORD_GAP * _MAX_SPACING) & (pairs.gaps > 0)
    if np.count_nonzero(lone) < _MIN_SPACED - 1:
        return
    changes = np.flatnonzero(np.diff(lone.astype(np.int8), prepend=0, append=0) != 0)
    ends = np.flatnonzero(~follows) + 1
    for first, last in zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True):
        cuts = [first, *(at for at in ends[np.searchsorted(ends, first, "right") :].tolist() if at < last), last]
        for start, end in pairwise(cuts):
            if end - start >= _MIN_SPACED - 1 and _is_spaced_out(glyphs, pairs, start, end):
                yield start, end


def _are_letters(glyphs: Glyphs, pairs: Pairs) -> Booleans:
    """Mask of the pairs of two letters or digits."""
    letters = is_alphanumeric(glyphs.text, codes_of(glyphs.text))
    both: Booleans = letters[pairs.first] & letters[pairs.second]
    return both


def _is_spaced_out(glyphs: Glyphs, pairs: Pairs, first: int, last: int) -> bool:
    letters = glyphs.text[pairs.first[first]] + "".join(glyphs.text[at] for at in pairs.second[first:last].tolist())
    gaps = pairs.gaps[first:last]
    usual = float(np.median(gaps))
    near = np.abs(gaps - usual) <= _EVEN * usual
    wide = gaps > _MIN_WORD_GAP * usual
    alphabet = all(ord(after) - ord(before) == 1 for before, after in pairwise(letters))
    return (
        usual < _MAX_SPACING
        and bool((near | wide).all())
        and int(np.count_nonzero(near)) >= _MIN_SPACED - 1
        and sum(map(str.isalpha, letters)) >= _MIN_LETTER_SHARE * len(letters)
        and not alphabet
        and not runs_leftward(letters)
    )


def _between_wide(glyphs: Glyphs, pairs: Pairs) -> Booleans:
    """Mask of the pairs of Chinese or Japanese characters that stand close, with a blank between."""
    wide = _is_wide(codes_of(glyphs.text))
    if not wide.any():
        return wide[pairs.first]
    near = pairs.parted & (pairs.gaps < _MAX_CJK_GAP) & (pairs.gaps > -_MIN_BLANK) & pairs.level
    return near & wide[pairs.first] & wide[pairs.second]


def _between_unparted(glyphs: Glyphs, pairs: Pairs, is_generated: Callable[[int], bool]) -> Booleans:
    """Mask of the pairs of Thai letters, or of their neighbours', with a blank of PDFium's own where none is seen."""
    unparted = _is_unparted(codes_of(glyphs.text))
    if not unparted.any():
        return unparted[pairs.first]
    near = pairs.parted & (pairs.gaps < 2 * _MAX_UNPARTED_GAP) & (pairs.gaps > -_MAX_CJK_GAP)
    near &= unparted[pairs.first] & unparted[pairs.second]
    heights: dict[int, float] = {}
    for at in np.flatnonzero(near).tolist():
        between = glyphs.indices[int(pairs.first[at]) + 1 : int(pairs.second[at])]
        run = int(pairs.runs[at])
        if run not in heights:
            heights[run] = _Usual.of(pairs, run).height
        near[at] = pairs.gaps[at] * pairs.heights[at] < _MAX_UNPARTED_GAP * heights[run] and all(
            place < 0 or is_generated(place) for place in between
        )
    return near


def _is_unparted(codes: Integers) -> Booleans:
    """Mask of the letters of Indic and Thai scripts, whose boxes are those of the ink."""
    mask: Booleans = (codes >= 0x900) & (codes < 0x10A0)
    return mask | ((codes >= 0x1780) & (codes < 0x1800))


def _is_wide_sign(glyphs: Glyphs, places: Integers) -> Booleans:
    """Mask of the signs of Chinese and Japanese, whose ink takes half of their place."""
    codes = codes_of(glyphs.text)[places]
    signs: Booleans = (codes >= 0x3000) & (codes < 0x3040)
    return signs | ((codes >= 0xFF00) & (codes < 0xFF66))


def _is_wide(codes: Integers) -> Booleans:
    """Mask of the characters of Chinese and Japanese."""
    mask: Booleans = (codes >= FIRST_WIDE) & (codes <= 0x312F)
    return mask | ((codes >= 0x31A0) & (codes <= 0x9FFF)) | ((codes >= 0xFF00) & (codes <= 0xFF60))
