"""Words that are struck out: a line through them says that they do not hold."""

import ctypes
from collections.abc import Iterator
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats, Integers, PageTransform
from mistral_rag.pdf._glyphs.page import Glyphs, codes_of, inked
from mistral_rag.pdf._hidden.drawing import Drawing
from mistral_rag.pdf._native import bound, rows_of

_BAND = 0.36, 0.72
"""Part of a letter's box, from the top, that a line through it crosses: Chromium draws it at .5 to .6, LaTeX and
LibreOffice at .45 to .6; an underline is at .85, and a fraction's bar at the edges of what is above and below it."""
_MAX_THICKNESS = 2.5
_MIN_LENGTH = 2.0
"""Points; a thicker line is a bar, a shorter one a part of a letter."""
_MAX_BEYOND = 0.6
"""Of a letter's height, by which the line may reach beyond the words: a longer one is a rule of the page."""
_MIN_SHARE = 0.6
"""Share of the line that has letters on it."""
_MAX_PATHS = 3000
"""A page with more paths is a drawing or a map."""
_PAPER = 250
"""Level of all three colours from which on ink is not seen on white paper."""

_draw_mode = bound(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, 3)
_fill_of = bound(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, 5)
_stroke_of = bound(pdfium.FPDFPageObj_GetStrokeColor, ctypes.c_int, 5)


def struck_out(page: Any, glyphs: Glyphs, drawing: Drawing, transform: PageTransform) -> Booleans:
    """Mask (n) of the letters of a loaded page with a line through them."""
    struck = np.zeros(len(glyphs.text), dtype=bool)
    lines, paths = _flat(drawing, transform)
    lines = np.concatenate([lines, _marked(page, transform)])
    if not len(lines) or not len(struck):
        return struck
    low, high = glyphs.boxes[:, 1], glyphs.boxes[:, 3]
    tall = high - low
    low, high = low + _BAND[0] * tall, low + _BAND[1] * tall
    places = (lines[:, 1] + lines[:, 3]) / 2
    near = np.flatnonzero(_at_letters(places, low, high, transform.height))
    seen = _is_seen([drawing.addresses[paths[at]] for at in near.tolist() if at < len(paths)])
    near = near[np.append(seen, np.ones(np.count_nonzero(near >= len(paths)), dtype=bool))]
    if not len(near):
        return struck
    letters = inked(codes_of(glyphs.text)) & ~glyphs.aslant
    across = (glyphs.boxes[:, 0] + glyphs.boxes[:, 2]) / 2
    for at in near.tolist():
        left, _, right, _ = lines[at].tolist()
        on = np.flatnonzero(letters & (low <= places[at]) & (places[at] <= high) & (left <= across) & (across <= right))
        if len(on) and _is_through(glyphs, on, left, right):
            struck[on] = True
    return struck


def _is_through(glyphs: Glyphs, on: Integers, left: float, right: float) -> bool:
    """True when a line from `left` to `right` is one through these letters, and no rule of the page."""
    # a letter with a bar of its own is another sign, such as that of the peso
    if len(on) == 1 and glyphs.text[on[0]].isalpha():
        return False
    own = glyphs.boxes[on]
    beyond = _MAX_BEYOND * float(np.median(own[:, 3] - own[:, 1]))
    within = left >= own[:, 0].min() - beyond and right <= own[:, 2].max() + beyond
    return bool(within and (own[:, 2] - own[:, 0]).sum() >= _MIN_SHARE * (right - left))


def _at_letters(places: Floats, low: Floats, high: Floats, height: float) -> Booleans:
    """Mask of the lines at the height of some letter's middle: nearly all rules of a page stand between its lines."""
    last = max(int(height), 0) + 1
    edges = (np.clip(edge, 0, last).astype(np.int64) for edge in (low, high + 1))
    begins, ends = (np.bincount(edge, minlength=last + 2) for edge in edges)
    covered: Booleans = np.cumsum(begins - ends) > 0
    return covered[np.clip(places, 0, last).astype(np.int64)]


def _flat(drawing: Drawing, transform: PageTransform) -> tuple[Floats, list[int]]:
    """Boxes (n, 4) of the lines across that are drawn, and the place of each in the drawing."""
    paths = drawing.paths
    if not paths or len(paths) > _MAX_PATHS:
        return np.zeros((0, 4)), []
    # PDFium gives left, bottom, right, top
    boxes = transform.boxes(drawing.path_boxes.astype(np.float64)[:, None, [0, 3, 2, 1]])
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    flat = np.flatnonzero((high <= _MAX_THICKNESS) & (wide >= _MIN_LENGTH))
    return boxes[flat], [paths[at] for at in flat.tolist()]


def _is_seen(addresses: list[int]) -> Booleans:
    """Mask of the paths that are drawn in another colour than that of paper."""
    if not addresses:
        return np.zeros(0, dtype=bool)
    modes, _ = rows_of(_draw_mode, addresses, np.int32, 2)
    seen = np.zeros(len(addresses), dtype=bool)
    for used, color_of in ((modes[:, 0] != 0, _fill_of), (modes[:, 1] != 0, _stroke_of)):
        colors, _ = rows_of(color_of, addresses, np.uint32, 4)
        seen |= used & (colors[:, 3] > 0) & (colors[:, :3].min(axis=1) < _PAPER)
    return seen


def _marked(page: Any, transform: PageTransform) -> Floats:
    """Boxes (n, 4) of the lines of annotations that strike words out (ISO 32000-1, 12.5.6.10)."""
    found = [line for at in range(pdfium.FPDFPage_GetAnnotCount(page)) for line in _lines_of(page, at)]
    return transform.boxes(np.array(found, dtype=np.float64).reshape(-1, 1, 4))


def _lines_of(page: Any, at: int) -> Iterator[list[float]]:
    """Lines of an annotation: left, top, right, bottom in PDFium's coordinates."""
    note = pdfium.FPDFPage_GetAnnot(page, at)
    if not note:
        return
    try:
        if pdfium.FPDFAnnot_GetSubtype(note) != pdfium.FPDF_ANNOT_STRIKEOUT:
            return
        quad = pdfium.FS_QUADPOINTSF()
        for number in range(pdfium.FPDFAnnot_CountAttachmentPoints(note)):
            if pdfium.FPDFAnnot_GetAttachmentPoints(note, number, quad):
                xs, ys = (quad.x1, quad.x2, quad.x3, quad.x4), (quad.y1, quad.y2, quad.y3, quad.y4)
                middle = (min(ys) + max(ys)) / 2
                yield [min(xs), middle, max(xs), middle]
    finally:
        pdfium.FPDFPage_CloseAnnot(note)
