"""The picture of a part of a page, and the pixels that change when texts are taken off."""

import ctypes
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats, PageTransform
from mistral_rag.pdf._hidden.fields import luminance
from mistral_rag.pdf._images import PixelBox, image_size, render
from mistral_rag.pdf._native import bound

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
_activate = bound(pdfium.FPDFPageObj_SetIsActive, ctypes.c_int, 2)


class Picture(NamedTuple):
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


def picture_of(page: Any, boxes: Collection[Floats], transform: PageTransform) -> Picture:
    """The part of a page that holds all boxes in points; drawing a line of it costs a tenth of drawing it whole."""
    width, height = image_size(page, dpi=_DPI, max_pixels=_MAX_PIXELS)
    across, down = width / (transform.width or 1), height / (transform.height or 1)
    left, top = np.min(list(boxes), axis=0)[:2].tolist()
    right, bottom = np.max(list(boxes), axis=0)[2:].tolist()
    x0, x1 = _bounded(left * across - _MARGIN, right * across + _MARGIN, width)
    y0, y1 = _bounded(top * down - _MARGIN, bottom * down + _MARGIN, height)
    window = x0, y0, x1, y1
    return Picture(draw(page, window), window, across, down)


def draw(page: Any, window: PixelBox) -> Pixels:
    image = render(page, dpi=_DPI, max_pixels=_MAX_PIXELS, window=window)
    return np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width, 3)


def changed_by(picture: Picture, page: Any, texts: frozenset[int]) -> Booleans:
    """Pixels (height, width) of a picture that the texts change."""
    with without(texts):
        return differs(picture.pixels, draw(page, picture.window))


def differs(first: Pixels, second: Pixels) -> Booleans:
    """Pixels (height, width) that a reader sees to be different."""
    height, width, _ = first.shape
    changed = np.zeros(height * width, dtype=bool)
    at = np.unique(np.flatnonzero(first.ravel() != second.ravel()) // 3)
    difference = np.abs(first.reshape(-1, 3)[at].astype(np.float32) - second.reshape(-1, 3)[at])
    changed[at] = (luminance(*difference.T) >= _MIN_CHANGE) | (_HUE * difference.max(axis=1) >= _MIN_CHANGE)
    return changed.reshape(height, width)


@contextmanager
def without(objects: frozenset[int]) -> Iterator[None]:
    """Take objects off the page for a while."""
    for address in objects:
        _activate(address, 0)
    try:
        yield
    finally:
        for address in objects:
            _activate(address, 1)


def _bounded(low: float, high: float, size: int) -> tuple[int, int]:
    """Whole pixels from `low` to `high`, at least one."""
    first = min(max(int(low), 0), size - 1)
    return first, min(max(int(high + 0.999), first + 1), size)


def changed_shares(changed: Booleans, places: Sequence[PixelBox]) -> list[float]:
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
