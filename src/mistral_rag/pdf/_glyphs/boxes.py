"""Boxes of a page's characters, turned so that text runs to the right, and evened out where PDFium's are not."""

import ctypes
import math
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats, Integers, PageTransform, turned_upright
from mistral_rag.pdf._glyphs.page import FIRST_WIDE, Glyphs, codes_of, inked, is_leftward, runs_leftward, runs_of
from mistral_rag.pdf._native import address_of, bound, loose_boxes, origins

_MAX_SKEW = 3.0
"""Degrees by which scanned and drawn text is off a right angle; beyond this it is set aslant on purpose."""
DOWN = 90
"""Text that runs down is read as if it were turned clockwise: lines follow each other from right to left."""
_MIN_UNEVEN = 0.2
"""Points by which bottoms of boxes or base lines differ at least that are not of one line: PDFium rounds."""
_MAX_WIDTH = 1.3
"""Of its height; a wider letter that reaches over the next one has a box as wide as its font, not as itself."""

_angle_of = bound(pdfium.FPDFText_GetCharAngle, ctypes.c_float, 2)


def read_glyphs(text_page: Any, transform: PageTransform, text: str, index: Sequence[int]) -> Glyphs:
    """Characters of an open text page with their boxes."""
    boxes = transform.boxes(loose_boxes(text_page, index).reshape(-1, 1, 4))
    codes = codes_of(text)
    places = np.flatnonzero(inked(codes))
    runs = runs_of(codes)
    firsts, lasts = _ends(places, runs[places])
    ends = angles_of(text_page, transform, [index[at] for at in np.append(firsts, lasts).tolist()])
    turns = list(zip(ends[: len(firsts)], ends[len(firsts) :], strict=True))
    numbers = runs[firsts].tolist()
    aslant, vertical = np.zeros((2, len(text)), dtype=bool)
    for run in _vertical_runs(boxes, codes, runs, places):
        vertical[slice(*np.searchsorted(runs, [run, run + 1]).tolist())] = True
        turns[int(np.searchsorted(numbers, run))] = DOWN, DOWN
    upright = boxes
    turned = any(map(any, turns))
    if turned:
        upright = boxes.copy()
        leftward = _leftward(text, codes)
        for run, (first, last) in zip(numbers, turns, strict=True):
            mine = slice(*np.searchsorted(runs, [run, run + 1]).tolist())
            upright[mine] = turned_upright(boxes[mine], first)
            # a run of two directions is none of ours, nor is one that is drawn as in a mirror
            letters = places[slice(*np.searchsorted(places, [mine.start, mine.stop]).tolist())]
            mirrored = _runs_back(upright[letters]) and not leftward[letters].any()
            aslant[mine] = first == -1 or first != last or mirrored
    return Glyphs(text, index, boxes, _evened(text_page, upright, index, places), aslant, vertical, turned)


def _vertical_runs(boxes: Floats, codes: Integers, runs: Integers, places: Integers) -> list[int]:
    """Numbers of the runs of Chinese or Japanese whose letters stand below each other."""
    if not (codes[places] >= FIRST_WIDE).any():
        return []
    steps = np.diff((boxes[places, :2] + boxes[places, 2:]) / 2, axis=0)
    wide = (codes[places[1:]] >= FIRST_WIDE) & (runs[places[1:]] == runs[places[:-1]])
    down = wide & (steps[:, 1] > np.abs(steps[:, 0]))
    count = int(runs[-1]) + 1
    downs, pairs = (np.bincount(runs[places[1:]][mask], minlength=count) for mask in (down, wide))
    found: list[int] = np.flatnonzero((pairs > 0) & (2 * downs > pairs)).tolist()
    return found


def angles_of(text_page: Any, transform: PageTransform, characters: Sequence[int]) -> list[int]:
    """Rotations of characters clockwise, as a reader sees them: 0, 90, 180 or 270 degrees, -1 for any other."""
    found = list(map(_angle_of, repeat(address_of(text_page)), characters))
    known = {angle: _near(transform.rotation + math.degrees(max(angle, 0.0))) for angle in set(found)}
    return [known[angle] for angle in found]


def _near(degrees: float) -> int:
    near = round(degrees / 90) * 90
    return near % 360 if abs(degrees - near) < _MAX_SKEW else -1


def _ends(places: Integers, runs: Integers) -> tuple[Integers, Integers]:
    """Places of the first and the last letter of each run."""
    breaks = np.flatnonzero(np.diff(runs)) + 1
    return np.append(places[:1], places[breaks]), np.append(places[breaks - 1], places[-1:])


def _leftward(text: str, codes: Integers) -> Booleans:
    return is_leftward(codes) if runs_leftward(text) else np.zeros(len(codes), dtype=bool)


def _runs_back(boxes: Floats) -> bool:
    """True when most letters of a run stand left of the one before."""
    return bool(np.count_nonzero(np.diff(boxes[:, 0]) < 0) * 2 > len(boxes))


def _evened(text_page: Any, boxes: Floats, index: Sequence[int], places: Integers) -> Floats:
    """Boxes with one height for the letters of a word on one base line, and none that reaches over the next letters.

    PDFium gives letters of a ligature, and those of drawn fonts, the height of their ink.
    """
    near = np.diff(places) == 1
    left, top, right, bottom = boxes[places].T
    wide = near & ((right - left)[:-1] > _MAX_WIDTH * (bottom - top)[:-1])
    wide &= (left[:-1] < left[1:]) & (left[1:] < right[:-1])
    uneven = near & (np.maximum(np.abs(np.diff(top)), np.abs(np.diff(bottom))) > _MIN_UNEVEN)
    if not wide.any() and not uneven.any():
        return boxes
    even = boxes.copy()
    even[places[:-1][wide], 2] = left[1:][wide]
    # all letters of a word with two heights
    words = np.cumsum(np.append(True, ~near))
    letters = places[np.isin(words, words[:-1][uneven])]
    words = words[np.isin(words, words[:-1][uneven])]
    points = origins(text_page, [index[at] for at in letters.tolist()])
    # letters of one base line share one of its coordinates, whichever way they are turned
    for axis in (1, 0):
        order = np.lexsort((points[:, axis], words))
        breaks = (np.diff(words[order]) != 0) | (np.diff(points[order, axis]) > _MIN_UNEVEN)
        starts = np.flatnonzero(np.append(True, breaks))
        counts = np.diff(np.append(starts, len(order)))
        mine = letters[order]
        even[mine, 1] = np.repeat(np.minimum.reduceat(even[mine, 1], starts), counts)
        even[mine, 3] = np.repeat(np.maximum.reduceat(even[mine, 3], starts), counts)
    return even
