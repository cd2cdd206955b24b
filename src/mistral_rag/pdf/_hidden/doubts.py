"""Reasons to doubt that a reader sees a text, as far as the text itself gives them."""

import ctypes
import math
from collections.abc import Sequence
from enum import IntFlag
from itertools import repeat

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats, Integers
from mistral_rag.pdf._hidden.drawing import Drawing
from mistral_rag.pdf._hidden.fields import Bounds, colors_of, is_translucent
from mistral_rag.pdf._native import Buffer, bound

_MAX_TEXT_LUMINANCE = 150.0
"""A lighter text is in doubt: on white paper, and on areas as light as `fields` calls light, this is seen."""
RECTANGLE = 5
"""Segments of a rectangle: four sides and the way back."""
_MIN_INSIDE = 0.98
"""Share of a text's sides that has to lie in its clip: PDFium rounds."""
_LAYER_BYTES = 6
"""Size of the tag OC as PDFium gives it, its end included."""


class Doubt(IntFlag):
    """Reasons to look at the picture of a text."""

    UNDRAWN = 1
    """It draws nothing itself: render mode 3 or 7, or no opacity."""
    FAINT = 2
    """It is light, translucent, or drawn as an outline."""
    COVERED = 4
    """Something is drawn over it."""
    ON_FIELD = 8
    """It lies on a picture or a dark shape."""
    LAYER = 16
    """It belongs to a layer, or to a form that may."""
    CLIPPED = 32
    """It reaches out of its clip path."""
    STENCIL = 64
    """It draws nothing, but what follows is drawn in the shape of its letters."""


clip_of = bound(pdfium.FPDFPageObj_GetClipPath, ctypes.c_void_p, 1)
clip_paths = bound(pdfium.FPDFClipPath_CountPaths, ctypes.c_int, 1)
_clip_segments = bound(pdfium.FPDFClipPath_CountPathSegments, ctypes.c_int, 2)
_clip_segment = bound(pdfium.FPDFClipPath_GetPathSegment, ctypes.c_void_p, 3)
point_of = bound(pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, 3)
_marks_of = bound(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, 1)
_mark_at = bound(pdfium.FPDFPageObj_GetMark, ctypes.c_void_p, 2)
_mark_name = bound(pdfium.FPDFPageObjMark_GetName, ctypes.c_int, 4)


def text_doubts(drawing: Drawing) -> tuple[Integers, Floats]:
    """Doubts that each text raises by itself, and its brightness: not a number where it has no one opaque colour."""
    # a page has hundreds of texts and hardly any in doubt: a call costs most, and maps call for whole lists
    addresses = [drawing.addresses[at] for at in drawing.texts]
    light, alphas = colors_of(addresses, pattern=math.nan)
    doubts = np.zeros(len(addresses), dtype=np.int64)
    doubts[~(light <= _MAX_TEXT_LUMINANCE) | (alphas < 255)] = Doubt.FAINT
    light[alphas < 255] = math.nan
    translucent = list(map(is_translucent, addresses))
    if any(translucent) or any(drawing.modes):
        modes = np.array(drawing.modes)
        mixed = (modes != 0) | (np.array(translucent) != 0)
        doubts[mixed] |= Doubt.FAINT
        light[mixed] = math.nan
        doubts[modes == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE] = Doubt.UNDRAWN
        # an outline has an opacity of its own
        doubts[(modes == pdfium.FPDF_TEXTRENDERMODE_FILL) & (alphas == 0)] = Doubt.UNDRAWN
        doubts[modes == pdfium.FPDF_TEXTRENDERMODE_CLIP] = Doubt.UNDRAWN | Doubt.STENCIL
    doubts[_layered(addresses)] |= Doubt.LAYER
    if drawing.matrices:
        doubts[[at in drawing.matrices for at in drawing.texts]] |= Doubt.LAYER
    doubts[_clipped(drawing, addresses)] |= Doubt.CLIPPED
    return doubts, light


def _layered(addresses: Sequence[int]) -> list[int]:
    """Rows of the objects of a layer: in marked content of the tag OC, ISO 32000-1, 8.11.3."""
    counts = list(map(_marks_of, addresses))
    depth = max(counts, default=0)
    name, size = (ctypes.c_char * 8)(), ctypes.c_ulong()
    places = ctypes.addressof(name), 8, ctypes.addressof(size)
    # objects of one marked content share the mark, and its name takes most of the time
    known: dict[int, bool] = {}
    found: list[int] = []
    for level in range(max(depth, 0)):
        rows = [row for row, count in enumerate(counts) if count > level]
        marks = list(map(_mark_at, [addresses[row] for row in rows], repeat(level)))
        for mark in set(marks) - known.keys():
            _mark_name(mark, *places)
            known[mark] = size.value == _LAYER_BYTES and name.raw[:4] == b"O\0C\0"
        found += [row for row, mark in zip(rows, marks, strict=True) if known[mark]]
    return found


def _clipped(drawing: Drawing, addresses: Sequence[int]) -> list[int]:
    """Rows of the texts that may reach out of their clip paths; PDFium drops the clips that hold all of a text."""
    counts = list(map(clip_paths, map(clip_of, addresses)))
    if max(counts, default=0) <= 0:
        return []
    rows = [row for row, count in enumerate(counts) if count > 0]
    boxes = drawing._replace(matrices={}).text_boxes([drawing.texts[row] for row in rows])
    return [row for row, box in zip(rows, boxes.tolist(), strict=True) if is_clipped(addresses[row], box)]


def is_clipped(address: int, box: Bounds) -> bool:
    """True when a text may reach out of its clip paths; any but a rectangle may cut it."""
    left, bottom, right, top = box
    clip = clip_of(address)
    for path in range(clip_paths(clip)):
        if _clip_segments(clip, path) > RECTANGLE:
            return True
        xs, ys = zip(*_corners(clip, path), strict=True)
        inside = min(right, max(xs)) - max(left, min(xs)), min(top, max(ys)) - max(bottom, min(ys))
        if inside[0] < _MIN_INSIDE * (right - left) or inside[1] < _MIN_INSIDE * (top - bottom):
            return True
    return False


def _corners(clip: int, path: int) -> list[tuple[float, float]]:
    point = Buffer(ctypes.c_float, 2)
    corners = [(0.0, 0.0)]
    for at in range(_clip_segments(clip, path)):
        if point_of(_clip_segment(clip, path, at), *point.places):
            corners.append((point.values[0], point.values[1]))
    return corners[1:] or corners
