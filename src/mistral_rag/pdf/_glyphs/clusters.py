"""Letters that a file says once for several drawn shapes, and PDFium gives for each of them.

Browsers print a Thai or Indic syllable as shapes of its own (a base, a mark above), inside one marked content that
says which letters they are (ISO 32000-1, 14.9.4, ActualText).
"""

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._glyphs.page import Glyphs
from mistral_rag.pdf._native import bound

_SYLLABLES = re.compile("[\u0300-\u036f\u0900-\u109f\u1780-\u17ff\ua800-\uaaff]")
"""Scripts whose marks are drawn apart, and marks of Latin letters."""
_SPLIT_VOWELS = "\u0e33\u0eb3"
"""Thai and Lao am: a mark above and a letter behind."""
_MAX_DISTANCE = 12
"""Letters between two shapes of one syllable: PDFium orders shapes by where they begin."""

_object_of = bound(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, 2)
_marks_of = bound(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, 1)
_mark_at = bound(pdfium.FPDFPageObj_GetMark, ctypes.c_void_p, 2)


def say_once(glyphs: Glyphs, text_page: Any) -> Glyphs:
    """Glyphs without the letters of a marked content that are there already; the first ones get the box of all."""
    if glyphs.text.isascii() or not _SYLLABLES.search(glyphs.text):
        return glyphs
    kept = np.ones(len(glyphs.text), dtype=bool)
    known: dict[tuple[int, str], list[int]] = {}
    boxes, upright = glyphs.boxes.copy(), glyphs.upright.copy()
    for mark, places in _spans(glyphs, text_page):
        key = mark, "".join(glyphs.text[at] for at in places)
        first = known.get(key)
        if first and places[0] - first[-1] <= _MAX_DISTANCE:
            kept[places] = False
            for all_boxes in (boxes, upright):
                all_boxes[first, :2] = np.minimum(all_boxes[first, :2], all_boxes[places, :2])
                all_boxes[first, 2:] = np.maximum(all_boxes[first, 2:], all_boxes[places, 2:])
        else:
            known[key] = places
    for places in known.values():
        if glyphs.text[places[-1]] in _SPLIT_VOWELS:
            # its second half is a shape of its own, as wide as the first, of which PDFium says nothing
            for all_boxes in (boxes, upright):
                all_boxes[places[-1], 2] += all_boxes[places[-1], 2] - all_boxes[places[0], 0]
    return glyphs._replace(boxes=boxes, upright=upright).take(np.flatnonzero(kept))


def _spans(glyphs: Glyphs, text_page: Any) -> Iterator[tuple[int, list[int]]]:
    """The innermost marked content of each drawn shape that stands for several letters, and their places."""
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    shapes = groupby(range(len(glyphs.text)), key=lambda at: _object_of(handle, glyphs.indices[at]) or 0)
    for shape, members in shapes:
        places = [at for at in members if not glyphs.text[at].isspace()]
        depth = _marks_of(shape) if shape and len(places) > 1 and _has_syllable(glyphs.text, places) else 0
        if depth > 0:
            yield _mark_at(shape, depth - 1) or 0, places


def _has_syllable(text: str, places: Sequence[int]) -> bool:
    return any(_SYLLABLES.match(text[at]) for at in places)
