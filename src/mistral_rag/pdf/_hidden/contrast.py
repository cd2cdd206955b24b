"""Texts that stand out from the plain areas behind them: nothing has to be drawn to say that they are seen."""

import ctypes
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats, Integers
from mistral_rag.pdf._hidden.covers import MAX_PAIRS, near
from mistral_rag.pdf._hidden.doubts import RECTANGLE, Doubt, clip_of, clip_paths, is_clipped, point_of
from mistral_rag.pdf._hidden.drawing import Drawing, matrix_of
from mistral_rag.pdf._hidden.fields import Field
from mistral_rag.pdf._native import Buffer, bound

_MIN_CONTRAST = 50.0
"""Levels of 255 of brightness: a third of what body text has on its paper, and twice what the picture has to show."""
_PAPER = 255.0
_CORNERS = 4
_OF_COLOR = int(Doubt.FAINT | Doubt.ON_FIELD)
_path_segments = bound(pdfium.FPDFPath_CountSegments, ctypes.c_int, 1)
_path_segment = bound(pdfium.FPDFPath_GetPathSegment, ctypes.c_void_p, 2)
_segment_kind = bound(pdfium.FPDFPathSegment_GetType, ctypes.c_int, 1)


def contrasting_rows(drawing: Drawing, fields: Sequence[Field], doubts: Integers, levels: Floats) -> list[int]:
    """Rows of the texts in doubt for their colour alone that stand out from all that lies behind them.

    That is the paper as well, but for a text that lies within one plain area.
    """
    rows = np.flatnonzero((doubts != 0) & (doubts & ~_OF_COLOR == 0) & np.isfinite(levels))
    if not len(rows) or not fields or len(rows) * len(fields) > MAX_PAIRS:
        return []
    boxes = drawing.text_boxes([drawing.texts[row] for row in rows])
    areas = np.array([field.box for field in fields], dtype=np.float32)
    text, field = near(boxes, areas)
    orders = np.array([field.order for field in fields])
    below = orders[field] < np.array(drawing.texts)[rows][text]
    meets = below & (boxes[text, :2] < areas[field, 2:]).all(axis=1) & (areas[field, :2] < boxes[text, 2:]).all(axis=1)
    text, field = text[meets], field[meets]
    plain = np.array([field.level if field.is_opaque else math.nan for field in fields])
    around = (areas[field, :2] <= boxes[text, :2]).all(axis=1) & (boxes[text, 2:] <= areas[field, 2:]).all(axis=1)
    around &= np.isfinite(plain[field])
    whole = [at for at in np.unique(field[around]).tolist() if _is_plain_area(drawing, fields[at])]
    around &= np.isin(field, whole)
    # nothing is seen of what lies below the last plain area
    ground = np.full(len(rows), -1.0)
    np.maximum.at(ground, text[around], orders[field[around]])
    apart = np.abs(plain[field] - levels[rows][text]) >= _MIN_CONTRAST
    seen = (ground >= 0) | (np.abs(_PAPER - levels[rows]) >= _MIN_CONTRAST)
    seen[text[~apart & (orders[field] >= ground[text])]] = False
    found: list[int] = rows[seen].tolist()
    return found


def _is_plain_area(drawing: Drawing, field: Field) -> bool:
    """True for a rectangle that fills its box: upright, and not cut by a clip path."""
    place = int(field.order)
    if not field.address or place in drawing.matrices or field.is_picture:
        return False
    a, b, c, d, _, _ = matrix_of(field.address)
    if (b or c) and (a or d):
        return False
    points = _path_points(field.address)
    sides = [(x == next_x) != (y == next_y) for (x, y), (next_x, next_y) in pairwise(points)]
    return (
        _CORNERS <= len(points) <= RECTANGLE
        and all(sides[: _CORNERS - 1])
        and len(set(points)) == _CORNERS
        and not (clip_paths(clip_of(field.address)) > 0 and is_clipped(field.address, field.box))
    )


def _path_points(address: int) -> list[tuple[float, float]]:
    """Points of a short path; none of a longer one, or of one with curves."""
    point = Buffer(ctypes.c_float, 2)
    points = []
    for at in range(_path_segments(address) if _path_segments(address) <= RECTANGLE else 0):
        segment = _path_segment(address, at)
        if _segment_kind(segment) == pdfium.FPDF_SEGMENT_BEZIERTO or not point_of(segment, *point.places):
            return []
        points.append((point.values[0], point.values[1]))
    return points
