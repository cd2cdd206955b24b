"""Shapes, pictures and notes of a page that may hide its texts, or lie behind them."""

import ctypes
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats, Integers
from mistral_rag.pdf._hidden.drawing import IDENTITY, Drawing, matrix_of, times
from mistral_rag.pdf._native import Buffer, bound, rows_of

Bounds = list[float]
"""Left, bottom, right, top in PDFium's coordinates."""
_MIN_FIELD_LUMINANCE = 200.0
"""A darker area may be as dark as the text on it: dark texts are at least 50 of 255 levels darker than this."""
_MAX_RULE = 2.0
"""Points; a thinner stroke is a rule or a frame, which covers nothing."""
_PICTURES = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
_MIN_THICKNESS = 1.2
"""Points; a thinner area is a rule, of which a filing's page has dozens. It covers no text that is not tiny."""
_OPAQUE_NOTES = frozenset({pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_REDACT, pdfium.FPDF_ANNOT_FREETEXT})
"""Others, such as highlights and stamps, usually let the page through."""
_EMPTY = 2
"""Bytes of PDFium's text of an appearance that is not there: its end only."""


class Field(NamedTuple):
    """An area that is drawn; `level` is its brightness, not a number where it has no one colour."""

    box: Bounds
    order: float
    is_picture: bool
    is_opaque: bool
    is_light: bool
    address: int = 0
    level: float = math.nan


is_translucent = bound(pdfium.FPDFPageObj_HasTransparency, ctypes.c_int, 1)
_fill_of = bound(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, 5)
_stroke_width = bound(pdfium.FPDFPageObj_GetStrokeWidth, ctypes.c_int, 2)
_draw_mode = bound(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, 3)


def fields_of(drawing: Drawing) -> list[Field]:
    """Areas that shapes and pictures take, but for rules, frames, and what is not drawn."""
    paths = drawing.paths
    pictures = drawing.of_kind(*_PICTURES)
    if not paths and not pictures:
        return []
    boxes = np.concatenate([drawing.path_boxes, drawing.boxes(pictures)]) if pictures else drawing.path_boxes
    thick = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= _MIN_THICKNESS
    found: list[Field] = []
    for row in (np.flatnonzero(thick[len(paths) :]) + len(paths)).tolist():
        at = pictures[row - len(paths)]
        found.append(Field(boxes[row].tolist(), at, True, _is_opaque(drawing, at), False, drawing.addresses[at]))
    rows = np.flatnonzero(thick[: len(paths)]).tolist()
    places = [paths[row] for row in rows]
    levels = _levels(drawing, places)
    for at, box, level in zip(places, boxes[rows].tolist(), levels, strict=True):
        if level is not None:
            is_light = level >= _MIN_FIELD_LUMINANCE
            found.append(Field(box, at, False, _is_opaque(drawing, at), is_light, drawing.addresses[at], level))
    return sorted(found, key=lambda field: field.order)


def _is_opaque(drawing: Drawing, at: int) -> bool:
    return not is_translucent(drawing.addresses[at])


def _levels(drawing: Drawing, paths: Sequence[int]) -> Iterator[float | None]:
    """Brightness of the areas of shapes, not a number where it is unknown; None for a frame and what is not drawn."""
    addresses = [drawing.addresses[at] for at in paths]
    modes, _ = rows_of(_draw_mode, addresses, np.int32, 2)
    # a pattern may be of any colour: what lies on it or has it is looked at
    light, alphas = colors_of(addresses, pattern=math.nan)
    rows = zip(paths, modes.tolist(), light.tolist(), alphas.tolist(), strict=True)
    for at, (fills, strokes), level, alpha in rows:
        if not fills:
            yield math.nan if strokes and _thickness(drawing, at) > _MAX_RULE else None
        else:
            thick = strokes and _thickness(drawing, at) > _MAX_RULE
            yield (math.nan if thick else level) if alpha or strokes else None


def _thickness(drawing: Drawing, at: int) -> float:
    """Width of the lines of a path on the page, in points."""
    address = drawing.addresses[at]
    width = Buffer(ctypes.c_float, 1)
    _stroke_width(address, *width.places)
    a, b, c, d, _, _ = times(matrix_of(address), drawing.matrices.get(at, IDENTITY))
    return float(width.values[0] * max(abs(a), abs(b), abs(c), abs(d)))


def colors_of(addresses: Sequence[int], *, pattern: float) -> tuple[Floats, Integers]:
    """Luminance and opacity (0 to 255) of the colours that objects are filled with; that of a pattern as given."""
    colors, known = rows_of(_fill_of, addresses, np.uint32, 4)
    light: Floats = luminance(*colors.T[:3])
    alphas = colors[:, 3].astype(np.int64)
    if 0 in known:
        patterns = np.array(known) == 0
        light[patterns], alphas[patterns] = pattern, 255
    return light, alphas


def luminance(red: Any, green: Any, blue: Any) -> Any:
    """Brightness of colours, 0 to 255 (Rec. 601)."""
    return 0.299 * red + 0.587 * green + 0.114 * blue


def notes_of(page: Any, order: int) -> Iterator[Field]:
    """Areas of annotations that are drawn over the page, redaction bars among them; links draw nothing."""
    for at in range(pdfium.FPDFPage_GetAnnotCount(page)):
        note = pdfium.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        box = pdfium.FS_RECTF()
        is_link = pdfium.FPDFAnnot_GetSubtype(note) == pdfium.FPDF_ANNOT_LINK
        draws = not is_link or pdfium.FPDFAnnot_GetAP(note, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0) > _EMPTY
        if draws and pdfium.FPDFAnnot_GetRect(note, box):
            left, right = sorted((box.left, box.right))
            bottom, top = sorted((box.bottom, box.top))
            is_opaque = pdfium.FPDFAnnot_GetSubtype(note) in _OPAQUE_NOTES
            yield Field([left, bottom, right, top], order + at, False, is_opaque, False)
        pdfium.FPDFPage_CloseAnnot(note)
