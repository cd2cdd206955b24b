"""Characters that nobody sees on a page: found by drawing it with and without the texts in doubt.

A character is seen when its own ink changes the picture. Where a picture lies over or under it, as in a scan with a
text layer, it is seen when something is printed at its place. `docs/ingest.md` gives the rule.
"""

import ctypes
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats, PageTransform
from mistral_rag.pdf._hidden.boxes import Letter, character_boxes
from mistral_rag.pdf._hidden.copies import copies_of, redrawn
from mistral_rag.pdf._hidden.doubts import Doubt
from mistral_rag.pdf._hidden.fields import luminance
from mistral_rag.pdf._hidden.letters import NONE, object_of
from mistral_rag.pdf._hidden.objects import PageObjects
from mistral_rag.pdf._hidden.picture import (
    Picture,
    Pixels,
    changed_by,
    changed_shares,
    differs,
    draw,
    picture_of,
    without,
)
from mistral_rag.pdf._images import PixelBox
from mistral_rag.pdf._native import bound

_MIN_INK = 0.04
"""Share of a letter's box that its ink changes; the thinnest, an l, has three times as much."""
_ANY_INK = 0.0001
"""Share that one pixel of a large sign's box exceeds."""
_MIN_PRINT = 0.03
_MIN_CONTRAST = 48.0
"""A word of a scan has this share of pixels so far from the paper's level; paper and bars have none."""
_MIN_AGREEMENT = 0.5
"""Share that a letter's shape and what is drawn in it have in common; edges differ by a pixel, a bar by more."""
_SIDE_BEARING = 0.1
"""Share of a letter's box at either side that its neighbours' ink may reach into."""
_MAX_GROUPS = 8
"""Pictures of a page; texts with other reasons for doubt are taken off together."""
_set_mode = bound(pdfium.FPDFTextObj_SetTextRenderMode, ctypes.c_int, 2)
_set_fill = bound(pdfium.FPDFPageObj_SetFillColor, ctypes.c_int, 5)


def hidden_characters(
    page: Any, text_page: Any, objects: PageObjects, words: Sequence[Sequence[Letter]], transform: PageTransform
) -> frozenset[int]:
    """PDFium's indices of the characters of a page's `words` that nobody sees."""
    if not objects.doubts:
        return frozenset()
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    owners = {at: object_of(handle, at) for word in words for at, _ in word}
    doubted = [word for word in words if any(owners[at] in objects.doubts for at, _ in word)]
    if not doubted:
        return frozenset()
    boxes = character_boxes(text_page, [at for word in doubted for at, _ in word], transform)
    picture = picture_of(page, boxes.values(), transform)
    places = _pixels(boxes, picture, inset=_SIDE_BEARING)
    ink = dict.fromkeys(places, 1.0)
    for members in _groups(objects.doubts):
        mine = [at for at in places if owners[at] in members]
        if mine:
            shares = changed_shares(changed_by(picture, page, members), [places[at] for at in mine])
            ink.update(zip(mine, shares, strict=True))
    ink.update({at: 0.0 for at in places if objects.doubts.get(owners[at] or 0, NONE) & Doubt.UNDRAWN})
    unseen = {at for word in doubted for at in _unseen(word, ink)}
    drawn = [at for at in sorted(unseen) if not objects.doubts.get(owners[at] or 0, NONE) & Doubt.UNDRAWN]
    if drawn:
        # a text drawn twice is not missed when one of the two is taken off; of equal ones PDFium gives only the first
        letters = [letter for word in words for letter in word]
        copies = objects.text_order.keys() - owners.values() | {owners[at] or 0 for at in drawn}
        copies |= {owners[at] or 0 for at in copies_of(letters, frozenset(drawn), text_page, transform)}
        copies |= redrawn(objects, owners, {at: boxes[at] for at in drawn}, text_page, transform)
        shares = changed_shares(changed_by(picture, page, frozenset(copies - {0})), [places[at] for at in drawn])
        unseen -= {at for at, share in zip(drawn, shares, strict=True) if share >= _MIN_INK}
    unseen -= _stencilled(page, picture, objects, {at: (owners[at] or 0, places[at]) for at in unseen})
    prints = _Prints(objects, picture, transform)
    hidden: set[int] = set()
    for word in doubted:
        missing = [letter for letter in word if letter[0] in unseen]
        if missing and not prints.show(missing, boxes, owners):
            hidden.update(at for at, _ in missing)
    return frozenset(hidden)


def _groups(doubts: Mapping[int, Doubt]) -> list[frozenset[int]]:
    """Texts that are taken off together: what hides below a text is in doubt for another reason."""
    groups: dict[Doubt, set[int]] = {}
    for address, doubt in doubts.items():
        if not doubt & Doubt.UNDRAWN:
            key = doubt if doubt in groups or len(groups) < _MAX_GROUPS - 1 else NONE
            groups.setdefault(key, set()).add(address)
    return [frozenset(members) for members in groups.values()]


def _stencilled(
    page: Any, picture: Picture, objects: PageObjects, letters: Mapping[int, tuple[int, PixelBox]]
) -> set[int]:
    """Letters in whose shape something else is drawn, as a heading that is filled with a pattern."""
    mine = {at: letter for at, letter in letters.items() if objects.doubts.get(letter[0], NONE) & Doubt.STENCIL}
    if not mine:
        return set()
    stencils = frozenset(text for text, _ in mine.values())
    first = min(objects.text_order[text] for text in stencils)
    inks = zip(objects.addresses, objects.order.tolist(), strict=True)
    fills = frozenset(address for address, order in inks if address and order > first)
    if not fills:
        return set()
    with without(fills):
        drawn = differs(picture.pixels, draw(page, picture.window))
        shapes = differs(*(_filled(page, picture.window, stencils, level) for level in (0, 255)))
    found = set()
    for at, (_, (x0, y0, x1, y1)) in mine.items():
        shape, ink = shapes[y0:y1, x0:x1], drawn[y0:y1, x0:x1]
        if shape.mean() >= _MIN_INK and (shape & ink).sum() >= _MIN_AGREEMENT * (shape | ink).sum():
            found.add(at)
    return found


def _filled(page: Any, window: PixelBox, texts: frozenset[int], level: int) -> Pixels:
    """Part of a page with the letters of some stencils filled in one grey."""
    for text in texts:
        _set_mode(text, pdfium.FPDF_TEXTRENDERMODE_FILL)
        _set_fill(text, level, level, level, 255)
    try:
        return draw(page, window)
    finally:
        for text in texts:
            _set_mode(text, pdfium.FPDF_TEXTRENDERMODE_CLIP)


def _pixels(boxes: Mapping[int, Floats], picture: Picture, *, inset: float) -> dict[int, PixelBox]:
    """Boxes in pixels, without the edges that neighbours reach into."""
    places = {}
    for at, (left, top, right, bottom) in boxes.items():
        margin = inset * min(right - left, bottom - top)
        places[at] = picture.place(left + margin, top, right - margin, bottom)
    return places


def _unseen(word: Sequence[Letter], ink: Mapping[int, float]) -> list[int]:
    """Characters of a word without ink. Signs have little: any is enough, but a sign that nobody sees is none."""
    return [at for at, character in word if ink[at] < (_MIN_INK if character.isalnum() else _ANY_INK)]


class _Prints(NamedTuple):
    """The print that pictures on a page show: `picture` is the page as it is seen."""

    objects: PageObjects
    picture: Picture
    transform: PageTransform

    def show(self, letters: Sequence[Letter], boxes: Mapping[int, Floats], owners: Mapping[int, int | None]) -> bool:
        """True when a picture shows something in the place of a word's letters, and nothing lies over the picture.

        A symbol without letters, such as a check box, may be drawn by lines as well.
        """
        found = [boxes[at] for at, _ in letters]
        low, high = np.min(found, axis=0)[:2], np.max(found, axis=0)[2:]
        texts = [owners[at] or 0 for at, _ in letters]
        undrawn = all(self.objects.doubts.get(text, NONE) & Doubt.UNDRAWN for text in texts)
        if not (undrawn and not any(character.isalnum() for _, character in letters)):
            top = self._topmost(*((low + high) / 2))
            if top is None or not self.objects.is_picture[top]:
                return False
            drawn_last = self.objects.order[top] > max(self.objects.text_order.get(text, 0) for text in texts)
            if not (undrawn or drawn_last):
                return False
        x0, y0, x1, y1 = self.picture.place(*low, *high)
        place = luminance(*np.moveaxis(self.picture.pixels[y0:y1, x0:x1].astype(np.float32), 2, 0))
        return bool((np.abs(place - np.median(place)) >= _MIN_CONTRAST).mean() >= _MIN_PRINT)

    def _topmost(self, x: float, y: float) -> int | None:
        """Index of what is drawn last at a point of the page as a reader sees it; None for bare paper."""
        left, top, right, bottom = self.transform.boxes(self.objects.fields[:, None, [0, 3, 2, 1]]).T
        over = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
        over &= self.objects.is_opaque | self.objects.is_picture
        found = np.flatnonzero(over)
        return int(found[-1]) if len(found) else None
