"""Characters that nobody sees on a page: found by drawing it with and without the texts in doubt.

A character is seen when its own ink changes the picture. Where a picture lies over or under it, as in a scan with a
text layer, it is seen when something is printed at its place. `docs/ingest.md` gives the rule.
"""

import ctypes
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats, PageTransform
from mistral_rag.pdf._images import PixelBox, image_size, render
from mistral_rag.pdf._native import bound, has_ink, loose_boxes, rows_of
from mistral_rag.pdf._objects import Doubt, PageObjects, luminance

Pixels = npt.NDArray[np.uint8]

_DPI = 108
"""Letters of 6 points are 9 pixels high: a stem of theirs is most of a pixel."""
_MAX_PIXELS = 3_000_000
"""Bounds the time for posters; a letter page has a third of it."""
_MARGIN = 2.0
"""Pixels drawn around the texts in doubt."""
_MIN_CHANGE = 24.0
"""Levels of 255 by which ink has to change the picture: #E7E7E7 on white, a contrast of 1.2 to 1."""
_HUE = 0.4
"""Weight of a change of one channel alone: red on green of the same brightness is seen, yellow on white hardly."""
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
_SHIFT = 2.0
"""Points by which copies that make a shadow or a bold face are shifted."""
_MIN_APART = 0.2
"""Share of a letter's width that letters of another text may reach into."""
_MAX_PAIRS = 1_000_000
"""Letters times texts that are compared."""
_NONE = Doubt(0)
_FILLED = re.compile("[\u2580-\u259f\u25a0-\u25ff\u2b1b\ue000-\uf8ff]")
"""Blocks and squares, which hide what they are set over; those of symbol fonts have codes for private use."""
_MAX_COVERS = 2_000
"""Signs whose places are compared with all letters; a page of nothing else says nothing."""
_MAX_GROUPS = 8
"""Pictures of a page; texts with other reasons for doubt are taken off together."""

_bounds_of = bound(pdfium.FPDFPageObj_GetBounds, ctypes.c_int, 5)
_object_of = bound(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, 2)
_font_of = bound(pdfium.FPDFTextObj_GetFont, ctypes.c_void_p, 1)
_is_embedded = bound(pdfium.FPDFFont_GetIsEmbedded, ctypes.c_int, 1)
_activate = bound(pdfium.FPDFPageObj_SetIsActive, ctypes.c_int, 2)

_set_mode = bound(pdfium.FPDFTextObj_SetTextRenderMode, ctypes.c_int, 2)
_set_fill = bound(pdfium.FPDFPageObj_SetFillColor, ctypes.c_int, 5)

Letter = tuple[int, str]
"""PDFium's index of a character, and the character."""


def doubts_by_letter(
    text_page: Any, objects: PageObjects, words: Sequence[Sequence[Letter]], transform: PageTransform
) -> dict[int, Doubt]:
    """Texts in doubt for their letters: those of a font without ink, and those below a filled sign."""
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    firsts = [word[0][0] for word in words if word[0][1].isalnum()]
    empty = ~has_ink(text_page, firsts)
    doubts = dict.fromkeys(_inkless(handle, firsts, empty), Doubt.FAINT) if empty.any() else {}
    covers = [at for word in words for at, character in word if _FILLED.match(character)]
    if covers and len(covers) <= _MAX_COVERS:
        shapes = np.array(list(_boxes(text_page, covers, transform).values()))
        letters = [at for word in words for at, character in word if not _FILLED.match(character)]
        boxes = np.array(list(_boxes(text_page, letters, transform).values())).reshape(-1, 4)
        for shape in shapes:
            over = (boxes[:, :2] < shape[2:]).all(axis=1) & (shape[:2] < boxes[:, 2:]).all(axis=1)
            doubts |= {_object_of(handle, letters[at]) or 0: Doubt.COVERED for at in np.flatnonzero(over).tolist()}
    return {text: objects.doubts.get(text, _NONE) | doubt for text, doubt in doubts.items() if text}


def _inkless(handle: int | None, letters: Sequence[int], empty: Booleans) -> set[int]:
    """Texts of the fonts in the file that draw none of these letters.

    A font that is not in the file draws what the machine has, and one that draws some of its letters is damaged.
    """
    texts = [_object_of(handle, at) or 0 for at in letters]
    fonts = [_font_of(text) if text else 0 for text in texts]
    drawing = {font for font, none in zip(fonts, empty.tolist(), strict=True) if not none}
    inkless = {font for font in set(fonts) - drawing if font and _is_embedded(font) == 1}
    return {text for text, font in zip(texts, fonts, strict=True) if font in inkless}


def hidden_characters(
    page: Any, text_page: Any, objects: PageObjects, words: Sequence[Sequence[Letter]], transform: PageTransform
) -> frozenset[int]:
    """PDFium's indices of the characters of a page's `words` that nobody sees."""
    if not objects.doubts:
        return frozenset()
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    owners = {at: _object_of(handle, at) for word in words for at, _ in word}
    doubted = [word for word in words if any(owners[at] in objects.doubts for at, _ in word)]
    if not doubted:
        return frozenset()
    boxes = _boxes(text_page, [at for word in doubted for at, _ in word], transform)
    picture = _picture(page, boxes.values(), transform)
    places = _pixels(boxes, picture, inset=_SIDE_BEARING)
    ink = dict.fromkeys(places, 1.0)
    for members in _groups(objects.doubts):
        mine = [at for at in places if owners[at] in members]
        if mine:
            ink.update(zip(mine, _shares(_change(picture, page, members), [places[at] for at in mine]), strict=True))
    ink.update({at: 0.0 for at in places if objects.doubts.get(owners[at] or 0, _NONE) & Doubt.UNDRAWN})
    unseen = {at for word in doubted for at in _unseen(word, ink)}
    drawn = [at for at in sorted(unseen) if not objects.doubts.get(owners[at] or 0, _NONE) & Doubt.UNDRAWN]
    if drawn:
        # a text drawn twice is not missed when one of the two is taken off; of equal ones PDFium gives only the first
        letters = [letter for word in words for letter in word]
        copies = objects.text_order.keys() - owners.values() | {owners[at] or 0 for at in drawn}
        copies |= {owners[at] or 0 for at in _copies(letters, frozenset(drawn), text_page, transform)}
        copies |= _redrawn(objects, owners, {at: boxes[at] for at in drawn}, text_page, transform)
        shares = _shares(_change(picture, page, frozenset(copies - {0})), [places[at] for at in drawn])
        unseen -= {at for at, share in zip(drawn, shares, strict=True) if share >= _MIN_INK}
    unseen -= _stencilled(page, picture, objects, {at: (owners[at] or 0, places[at]) for at in unseen})
    prints = _Prints(objects, picture, transform)
    hidden: set[int] = set()
    for word in doubted:
        missing = [letter for letter in word if letter[0] in unseen]
        if missing and not prints.show(missing, boxes, owners):
            hidden.update(at for at, _ in missing)
    return frozenset(hidden)


def _copies(
    letters: Sequence[Letter], wanted: frozenset[int], text_page: Any, transform: PageTransform
) -> Iterator[int]:
    """Letters that stand where one of the wanted ones of the same kind stands."""
    boxes = _boxes(text_page, [at for at, _ in letters], transform)
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


def _redrawn(
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
                boxes = _boxes(text_page, given.get(text, []), transform)
                theirs[text] = np.array(list(boxes.values())).reshape(-1, 4)
            shared = np.minimum(right, theirs[text][:, 2]) - np.maximum(left, theirs[text][:, 0])
            if not (shared > _MIN_APART * (right - left)).any():
                found.add(text)
    return found


class _Picture(NamedTuple):
    """Part of a page in colour (height, width, 3), its place on the whole page, and the scale in pixels a point."""

    pixels: Pixels
    window: PixelBox
    across: float
    down: float

    def place(self, left: float, top: float, right: float, bottom: float) -> PixelBox:
        """Pixels of the part that a box in points takes, at least one."""
        x, y, end_x, end_y = self.window
        x0, x1 = _bounded(left * self.across - x, right * self.across - x, end_x - x)
        y0, y1 = _bounded(top * self.down - y, bottom * self.down - y, end_y - y)
        return x0, y0, x1, y1


def _picture(page: Any, boxes: Collection[Floats], transform: PageTransform) -> _Picture:
    """The part of a page that holds all boxes in points; drawing a line of it costs a tenth of drawing it whole."""
    width, height = image_size(page, dpi=_DPI, max_pixels=_MAX_PIXELS)
    across, down = width / (transform.width or 1), height / (transform.height or 1)
    left, top = np.min(list(boxes), axis=0)[:2].tolist()
    right, bottom = np.max(list(boxes), axis=0)[2:].tolist()
    x0, x1 = _bounded(left * across - _MARGIN, right * across + _MARGIN, width)
    y0, y1 = _bounded(top * down - _MARGIN, bottom * down + _MARGIN, height)
    window = x0, y0, x1, y1
    return _Picture(_draw(page, window), window, across, down)


def _draw(page: Any, window: PixelBox) -> Pixels:
    image = render(page, dpi=_DPI, max_pixels=_MAX_PIXELS, window=window)
    return np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width, 3)


def _groups(doubts: Mapping[int, Doubt]) -> list[frozenset[int]]:
    """Texts that are taken off together: what hides below a text is in doubt for another reason."""
    groups: dict[Doubt, set[int]] = {}
    for address, doubt in doubts.items():
        if not doubt & Doubt.UNDRAWN:
            key = doubt if doubt in groups or len(groups) < _MAX_GROUPS - 1 else _NONE
            groups.setdefault(key, set()).add(address)
    return [frozenset(members) for members in groups.values()]


def _change(picture: _Picture, page: Any, texts: frozenset[int]) -> Booleans:
    """Pixels (height, width) of a picture that the texts change."""
    with _without(texts):
        return _differs(picture.pixels, _draw(page, picture.window))


def _differs(first: Pixels, second: Pixels) -> Booleans:
    """Pixels (height, width) that a reader sees to be different."""
    height, width, _ = first.shape
    changed = np.zeros(height * width, dtype=bool)
    at = np.unique(np.flatnonzero(first.ravel() != second.ravel()) // 3)
    difference = np.abs(first.reshape(-1, 3)[at].astype(np.float32) - second.reshape(-1, 3)[at])
    changed[at] = (luminance(*difference.T) >= _MIN_CHANGE) | (_HUE * difference.max(axis=1) >= _MIN_CHANGE)
    return changed.reshape(height, width)


def _stencilled(
    page: Any, picture: _Picture, objects: PageObjects, letters: Mapping[int, tuple[int, PixelBox]]
) -> set[int]:
    """Letters in whose shape something else is drawn, as a heading that is filled with a pattern."""
    mine = {at: letter for at, letter in letters.items() if objects.doubts.get(letter[0], _NONE) & Doubt.STENCIL}
    if not mine:
        return set()
    stencils = frozenset(text for text, _ in mine.values())
    first = min(objects.text_order[text] for text in stencils)
    inks = zip(objects.addresses, objects.order.tolist(), strict=True)
    fills = frozenset(address for address, order in inks if address and order > first)
    if not fills:
        return set()
    with _without(fills):
        drawn = _differs(picture.pixels, _draw(page, picture.window))
        shapes = _differs(*(_filled(page, picture.window, stencils, level) for level in (0, 255)))
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
        return _draw(page, window)
    finally:
        for text in texts:
            _set_mode(text, pdfium.FPDF_TEXTRENDERMODE_CLIP)


@contextmanager
def _without(objects: frozenset[int]) -> Iterator[None]:
    """Take objects off the page for a while."""
    for address in objects:
        _activate(address, 0)
    try:
        yield
    finally:
        for address in objects:
            _activate(address, 1)


def _boxes(text_page: Any, characters: Sequence[int], transform: PageTransform) -> dict[int, Floats]:
    """Boxes of characters as a reader sees them, in points."""
    ends = loose_boxes(text_page, characters).reshape(-1, 1, 4)
    return dict(zip(characters, transform.boxes(ends), strict=True))


def _pixels(boxes: Mapping[int, Floats], picture: _Picture, *, inset: float) -> dict[int, PixelBox]:
    """Boxes in pixels, without the edges that neighbours reach into."""
    places = {}
    for at, (left, top, right, bottom) in boxes.items():
        margin = inset * min(right - left, bottom - top)
        places[at] = picture.place(left + margin, top, right - margin, bottom)
    return places


def _bounded(low: float, high: float, size: int) -> tuple[int, int]:
    """Whole pixels from `low` to `high`, at least one."""
    first = min(max(int(low), 0), size - 1)
    return first, min(max(int(high + 0.999), first + 1), size)


def _shares(changed: Booleans, places: Sequence[PixelBox]) -> list[float]:
    """Share of changed pixels in each place."""
    x0, y0, x1, y1 = np.array(places).T
    first, last = int(y0.min()), int(y1.max())
    rows = changed[first:last].cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    sums = np.pad(rows, ((1, 0), (1, 0)))
    y0, y1 = y0 - first, y1 - first
    inside = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    size = (x1 - x0) * (y1 - y0)
    shares: list[float] = (inside / size).tolist()
    return shares


def _unseen(word: Sequence[Letter], ink: Mapping[int, float]) -> list[int]:
    """Characters of a word without ink. Signs have little: any is enough, but a sign that nobody sees is none."""
    return [at for at, character in word if ink[at] < (_MIN_INK if character.isalnum() else _ANY_INK)]


class _Prints(NamedTuple):
    """The print that pictures on a page show: `picture` is the page as it is seen."""

    objects: PageObjects
    picture: _Picture
    transform: PageTransform

    def show(self, letters: Sequence[Letter], boxes: Mapping[int, Floats], owners: Mapping[int, int | None]) -> bool:
        """True when a picture shows something in the place of a word's letters, and nothing lies over the picture.

        A symbol without letters, such as a check box, may be drawn by lines as well.
        """
        found = [boxes[at] for at, _ in letters]
        low, high = np.min(found, axis=0)[:2], np.max(found, axis=0)[2:]
        texts = [owners[at] or 0 for at, _ in letters]
        undrawn = all(self.objects.doubts.get(text, _NONE) & Doubt.UNDRAWN for text in texts)
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
