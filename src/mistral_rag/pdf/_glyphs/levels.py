"""Small raised and lowered marks beside words and numbers, which would lengthen them."""

import re
from collections.abc import Iterator

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Floats, Integers
from mistral_rag.pdf._glyphs.page import Glyphs, Pairs, codes_of, is_lettered

_MARK = re.compile(r"[^\W_]|[*†‡§®™]")
_DEGREE = re.compile(r"(?<=\d)o(?![^\W_])|(?<=\d)o(?=[CFK]\b)")
_MAX_MARK_HEIGHT = 0.9
"""Of the height of what it stands beside: browsers set superscripts in .83 of it, others in two thirds."""
_MIN_RISE = 0.2
"""Superscripts are raised by a third of the height; small capitals are not raised."""
_MIN_DROP = 0.02
"""Subscripts end lower than what they stand beside, though they are smaller; small capitals end higher."""
_FRACTION = "/\u2044"
_MAX_MARK = 40
"""Letters of a mark that are looked at."""


def with_degrees(glyphs: Glyphs) -> Glyphs:
    """The glyphs with a degree sign for each raised "o" right behind a digit: files of TeX and Word have no other."""
    places = np.array([found.start() for found in _DEGREE.finditer(glyphs.text)], dtype=np.int64)
    places = places[_begins_raised(glyphs.upright[places - 1], glyphs.upright[places]) & ~glyphs.aslant[places]]
    if not len(places):
        return glyphs
    characters = list(glyphs.text)
    for at in places.tolist():
        characters[at] = "°"
    return glyphs._replace(text="".join(characters))


def _begins_raised(a: Floats, b: Floats) -> Booleans:
    """Mask of the pairs of boxes of which the second is smaller and raised."""
    tall, next_tall = a[:, 3] - a[:, 1], b[:, 3] - b[:, 1]
    begins: Booleans = (next_tall < _MAX_MARK_HEIGHT * tall) & (a[:, 3] - b[:, 3] > _MIN_RISE * tall)
    return begins


def marks_cut(glyphs: Glyphs, pairs: Pairs) -> Integers:
    """Places at which a word is cut, since a small raised or lowered mark begins or ends there."""
    near = np.flatnonzero(pairs.second - pairs.first == 1)
    if not glyphs.text.isascii():
        # boxes of others are those of the ink
        lettered = is_lettered(codes_of(glyphs.text))
        near = near[lettered[pairs.first[near]] & lettered[pairs.second[near]]]
    a, b = glyphs.upright[pairs.first[near]], glyphs.upright[pairs.second[near]]
    tall, next_tall = a[:, 3] - a[:, 1], b[:, 3] - b[:, 1]
    lift = a[:, 3] - b[:, 3]
    begins = _begins_raised(a, b)
    ends = (tall < _MAX_MARK_HEIGHT * next_tall) & (-lift > _MIN_RISE * next_tall)
    drops = (next_tall < _MAX_MARK_HEIGHT * tall) & (-lift > _MIN_DROP * tall)
    raised = pairs.second[near[begins]], pairs.second[near[ends]]
    cuts = [*_raised(glyphs.text, *raised), *_lowered(glyphs.text, pairs.second[near[drops]])]
    return np.unique(np.array(cuts, dtype=np.int64))


def _raised(text: str, begins: Integers, ends: Integers) -> Iterator[int]:
    """Places at which raised marks begin or end; what has no letter or digit is no mark.

    A fraction is a number, and apart from the whole number before it: 2 1/2 is not 21/2.
    """
    for at in begins.tolist():
        mark = _word(text, at)
        if _MARK.search(mark) and (text[at - 1].isdigit() or not any(sign in mark for sign in _FRACTION)):
            yield at
    for at in ends.tolist():
        if _MARK.search(text[at - 1]) and text[at] not in _FRACTION:
            yield at


def _word(text: str, start: int) -> str:
    end = start
    while end < len(text) and end < start + _MAX_MARK and not text[end].isspace():
        end += 1
    return text[start:end]


def _lowered(text: str, begins: Integers) -> Iterator[int]:
    """Places at which lowered digits follow a digit; those of a formula (CO2) belong to their letters."""
    return (at for at in begins.tolist() if text[at].isdigit() and text[at - 1].isdigit())
