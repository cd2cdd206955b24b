"""Texts that draw a letter once more where it stands already."""

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats, PageTransform
from mistral_rag.pdf._hidden.boxes import Letter, character_boxes
from mistral_rag.pdf._hidden.objects import PageObjects
from mistral_rag.pdf._native import bound, rows_of

_SHIFT = 2.0
"""Points by which copies that make a shadow or a bold face are shifted."""
_MIN_APART = 0.2
"""Share of a letter's width that letters of another text may reach into."""
_MAX_PAIRS = 1_000_000
"""Letters times texts that are compared."""
_bounds_of = bound(pdfium.FPDFPageObj_GetBounds, ctypes.c_int, 5)


def copies_of(
    letters: Sequence[Letter], wanted: frozenset[int], text_page: Any, transform: PageTransform
) -> Iterator[int]:
    """Letters that stand where one of the wanted ones of the same kind stands."""
    boxes = character_boxes(text_page, [at for at, _ in letters], transform)
    middles = {at: ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for at, box in boxes.items()}
    grid = {
        (character, round(middles[at][0] / _SHIFT) + across, round(middles[at][1] / _SHIFT) + down)
        for at, character in letters
        if at in wanted
        for across in (-1, 0, 1)
        for down in (-1, 0, 1)
    }
    for at, character in letters:
        if (character, round(middles[at][0] / _SHIFT), round(middles[at][1] / _SHIFT)) in grid:
            yield at


def redrawn(
    objects: PageObjects,
    owners: Mapping[int, int | None],
    drawn: Mapping[int, Floats],
    text_page: Any,
    transform: PageTransform,
) -> set[int]:
    """Texts that reach over a letter and give no letter of their own there: PDFium gives each letter of a copy once."""
    texts = list(objects.text_order)
    if len(texts) * len(drawn) > _MAX_PAIRS:
        return set()
    sides, _ = rows_of(_bounds_of, texts, np.float32, 4)
    # left, bottom, right, top, as PDFium gives them
    bounds = transform.boxes(sides.astype(np.float64)[:, None, [0, 3, 2, 1]])
    given: dict[int, list[int]] = {}
    for at, owner in owners.items():
        given.setdefault(owner or 0, []).append(at)
    theirs: dict[int, Floats] = {}
    found: set[int] = set()
    for letter, (left, top, right, bottom) in drawn.items():
        x, y = (left + right) / 2, (top + bottom) / 2
        over = (bounds[:, 0] <= x) & (x <= bounds[:, 2]) & (bounds[:, 1] <= y) & (y <= bounds[:, 3])
        for text in {texts[at] for at in np.flatnonzero(over).tolist()} - found - {owners[letter] or 0}:
            if text not in theirs:
                boxes = character_boxes(text_page, given.get(text, []), transform)
                theirs[text] = np.array(list(boxes.values())).reshape(-1, 4)
            shared = np.minimum(right, theirs[text][:, 2]) - np.maximum(left, theirs[text][:, 0])
            if not (shared > _MIN_APART * (right - left)).any():
                found.add(text)
    return found
