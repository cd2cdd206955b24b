"""Texts of a page that a reader may not see, and the shapes, pictures and notes that may hide them."""

import ctypes
import math
from collections.abc import Iterator, Sequence
from enum import IntFlag
from itertools import pairwise, repeat
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._drawing import IDENTITY, Drawing, Singles, matrix_of, times
from mistral_rag.pdf._geometry import Booleans, Floats, Integers
from mistral_rag.pdf._native import Buffer, bound, rows_of

Bounds = list[float]
"""Left, bottom, right, top in PDFium's coordinates."""

_MAX_TEXT_LUMINANCE = 150.0
_MIN_FIELD_LUMINANCE = 200.0
"""Text no lighter than the one is seen on any field no darker than the other: 50 of 255 levels are between them."""
_MIN_CONTRAST = 50.0
_PAPER = 255.0
_MIN_OVERLAP = 0.3
"""Share of a text's height that a shape has to reach over: a rule below or through a line covers a tenth."""
_MIN_LETTER = 0.4
"""Area that a shape has to reach over, times the square of the text's height: about a letter."""
_MIN_COVERED = 0.8
"""Share of a text that many small shapes cover together: a hatching is a cover as well."""
_MAX_RULE = 2.0
"""Points; a thinner stroke is a rule or a frame, which covers nothing."""
_CORNERS = 4
_RECTANGLE = 5
"""Segments of a rectangle: four sides and the way back."""
_MIN_INSIDE = 0.98
"""Share of a text's sides that has to lie in its clip: PDFium rounds."""
_LAYER_BYTES = 6
"""Size of the tag OC as PDFium gives it, its end included."""
_PICTURES = (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
_MIN_THICKNESS = 1.2
"""Points; a thinner area is a rule, of which a filing's page has dozens. It covers no text that is not tiny."""
_OPAQUE_NOTES = frozenset({pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_REDACT, pdfium.FPDF_ANNOT_FREETEXT})
"""Others, such as highlights and stamps, usually let the page through."""
_EMPTY = 2
"""Bytes of PDFium's text of an appearance that is not there: its end only."""
_MAX_PAIRS = 4_000_000
"""Texts times shapes that are compared, 32 MB a matrix; on a page with more every text is looked at."""


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


_OF_COLOR = int(Doubt.FAINT | Doubt.ON_FIELD)


class PageObjects(NamedTuple):
    """Texts in doubt by the address of the text object, and the shapes, pictures and notes of a page.

    `fields` is (n, 4): left, bottom, right, top in PDFium's coordinates, in the order in which they are drawn;
    `is_picture` and `is_opaque` (n) say which are pictures or shadings, and which let nothing through. `order` (n) and
    `text_order` are places in the order of drawing; `addresses` (n) are 0 for notes.
    """

    doubts: dict[int, Doubt]
    fields: Floats
    is_picture: Booleans
    is_opaque: Booleans
    order: Floats
    text_order: dict[int, int]
    addresses: list[int]


class _Field(NamedTuple):
    """An area that is drawn; `level` is its brightness, not a number where it has no one colour."""

    box: Bounds
    order: float
    is_picture: bool
    is_opaque: bool
    is_light: bool
    address: int = 0
    level: float = math.nan


_fill_of = bound(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, 5)
_stroke_width = bound(pdfium.FPDFPageObj_GetStrokeWidth, ctypes.c_int, 2)
_is_translucent = bound(pdfium.FPDFPageObj_HasTransparency, ctypes.c_int, 1)
_clip_of = bound(pdfium.FPDFPageObj_GetClipPath, ctypes.c_void_p, 1)
_clip_paths = bound(pdfium.FPDFClipPath_CountPaths, ctypes.c_int, 1)
_clip_segments = bound(pdfium.FPDFClipPath_CountPathSegments, ctypes.c_int, 2)
_clip_segment = bound(pdfium.FPDFClipPath_GetPathSegment, ctypes.c_void_p, 3)
_point_of = bound(pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, 3)
_marks_of = bound(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, 1)
_mark_at = bound(pdfium.FPDFPageObj_GetMark, ctypes.c_void_p, 2)
_mark_name = bound(pdfium.FPDFPageObjMark_GetName, ctypes.c_int, 4)
_path_segments = bound(pdfium.FPDFPath_CountSegments, ctypes.c_int, 1)
_path_segment = bound(pdfium.FPDFPath_GetPathSegment, ctypes.c_void_p, 2)
_segment_kind = bound(pdfium.FPDFPathSegment_GetType, ctypes.c_int, 1)
_draw_mode = bound(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, 3)


def objects_of(page: Any) -> PageObjects:
    """Look at everything that draws a loaded page, pictures and notes included."""
    drawing = Drawing.of(ctypes.cast(page, ctypes.c_void_p).value)
    fields = [*_fields(drawing), *_notes(page, len(drawing.addresses))]
    doubts, levels = _text_doubts(drawing)
    doubts |= _doubts_by_place(drawing, fields)
    doubts[_contrasting(drawing, fields, doubts, levels)] = 0
    found = np.flatnonzero(doubts).tolist()
    texts = [drawing.addresses[at] for at in drawing.texts] if found else []
    return PageObjects(
        {texts[at]: Doubt(int(doubts[at])) for at in found},
        np.array([field.box for field in fields], dtype=np.float64).reshape(-1, 4),
        np.array([field.is_picture for field in fields], dtype=bool),
        np.array([field.is_opaque for field in fields], dtype=bool),
        np.array([field.order for field in fields], dtype=np.float64),
        dict(zip(texts, drawing.texts, strict=False)),
        [field.address for field in fields],
    )


def _fields(drawing: Drawing) -> list[_Field]:
    """Areas that shapes and pictures take, but for rules, frames, and what is not drawn."""
    paths = drawing.of_kind(pdfium.FPDF_PAGEOBJ_PATH)
    pictures = drawing.of_kind(*_PICTURES)
    if not paths and not pictures:
        return []
    boxes = drawing.boxes(paths + pictures)
    thick = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= _MIN_THICKNESS
    found: list[_Field] = []
    for row in (np.flatnonzero(thick[len(paths) :]) + len(paths)).tolist():
        at = pictures[row - len(paths)]
        found.append(_Field(boxes[row].tolist(), at, True, _is_opaque(drawing, at), False, drawing.addresses[at]))
    rows = np.flatnonzero(thick[: len(paths)]).tolist()
    places = [paths[row] for row in rows]
    levels = _levels(drawing, places)
    for at, box, level in zip(places, boxes[rows].tolist(), levels, strict=True):
        if level is not None:
            is_light = level >= _MIN_FIELD_LUMINANCE
            found.append(_Field(box, at, False, _is_opaque(drawing, at), is_light, drawing.addresses[at], level))
    return sorted(found, key=lambda field: field.order)


def _is_opaque(drawing: Drawing, at: int) -> bool:
    return not _is_translucent(drawing.addresses[at])


def _levels(drawing: Drawing, paths: Sequence[int]) -> Iterator[float | None]:
    """Brightness of the areas of shapes, not a number where it is unknown; None for a frame and what is not drawn."""
    addresses = [drawing.addresses[at] for at in paths]
    modes, _ = rows_of(_draw_mode, addresses, np.int32, 2)
    # a pattern may be of any colour: what lies on it or has it is looked at
    light, alphas = _colors(addresses, pattern=math.nan)
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


def _colors(addresses: Sequence[int], *, pattern: float) -> tuple[Floats, Integers]:
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


def _notes(page: Any, order: int) -> Iterator[_Field]:
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
            yield _Field([left, bottom, right, top], order + at, False, is_opaque, False)
        pdfium.FPDFPage_CloseAnnot(note)


def _text_doubts(drawing: Drawing) -> tuple[Integers, Floats]:
    """Doubts that each text raises by itself, and its brightness: not a number where it has no one opaque colour."""
    # a page has hundreds of texts and hardly any in doubt: a call costs most, and maps call for whole lists
    addresses = [drawing.addresses[at] for at in drawing.texts]
    light, alphas = _colors(addresses, pattern=math.nan)
    doubts = np.zeros(len(addresses), dtype=np.int64)
    doubts[~(light <= _MAX_TEXT_LUMINANCE) | (alphas < 255)] = Doubt.FAINT
    light[alphas < 255] = math.nan
    translucent = list(map(_is_translucent, addresses))
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
    counts = list(map(_clip_paths, map(_clip_of, addresses)))
    if max(counts, default=0) <= 0:
        return []
    rows = [row for row, count in enumerate(counts) if count > 0]
    boxes = drawing._replace(matrices={}).text_boxes([drawing.texts[row] for row in rows])
    return [row for row, box in zip(rows, boxes.tolist(), strict=True) if _is_clipped(addresses[row], box)]


def _is_clipped(address: int, box: Bounds) -> bool:
    """True when a text may reach out of its clip paths; any but a rectangle may cut it."""
    left, bottom, right, top = box
    clip = _clip_of(address)
    for path in range(_clip_paths(clip)):
        if _clip_segments(clip, path) > _RECTANGLE:
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
        if _point_of(_clip_segment(clip, path, at), *point.places):
            corners.append((point.values[0], point.values[1]))
    return corners[1:] or corners


def _doubts_by_place(drawing: Drawing, fields: Sequence[_Field]) -> Integers:
    """Doubts that shapes over or behind each text raise."""
    doubts = np.zeros(len(drawing.texts), dtype=np.int64)
    first = drawing.texts[0] if drawing.texts else 0
    # a light field below all texts, as behind a table, hides no dark one
    fields = [field for field in fields if not (field.is_light and field.is_opaque and field.order < first)]
    if not fields or not drawing.texts:
        return doubts
    if len(drawing.texts) * len(fields) > _MAX_PAIRS:
        return doubts | int(Doubt.COVERED)
    boxes = drawing.text_boxes(drawing.texts)
    # blanks have no box
    inked = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
    covered, on_field = _reached(boxes[inked], np.array(drawing.texts)[inked], fields)
    doubts[inked[covered]] |= Doubt.COVERED
    doubts[inked[on_field]] |= Doubt.ON_FIELD
    return doubts


def _contrasting(drawing: Drawing, fields: Sequence[_Field], doubts: Integers, levels: Floats) -> list[int]:
    """Rows of the texts in doubt for their colour alone that stand out from all that lies behind them.

    That is the paper as well, but for a text that lies within one plain area.
    """
    rows = np.flatnonzero((doubts != 0) & (doubts & ~_OF_COLOR == 0) & np.isfinite(levels))
    if not len(rows) or not fields or len(rows) * len(fields) > _MAX_PAIRS:
        return []
    boxes = drawing.text_boxes([drawing.texts[row] for row in rows])
    areas = np.array([field.box for field in fields], dtype=np.float32)
    text, field = _near(boxes, areas)
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


def _is_plain_area(drawing: Drawing, field: _Field) -> bool:
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
        _CORNERS <= len(points) <= _RECTANGLE
        and all(sides[: _CORNERS - 1])
        and len(set(points)) == _CORNERS
        and not (_clip_paths(_clip_of(field.address)) > 0 and _is_clipped(field.address, field.box))
    )


def _path_points(address: int) -> list[tuple[float, float]]:
    """Points of a short path; none of a longer one, or of one with curves."""
    point = Buffer(ctypes.c_float, 2)
    points = []
    for at in range(_path_segments(address) if _path_segments(address) <= _RECTANGLE else 0):
        segment = _path_segment(address, at)
        if _segment_kind(segment) == pdfium.FPDF_SEGMENT_BEZIERTO or not _point_of(segment, *point.places):
            return []
        points.append((point.values[0], point.values[1]))
    return points


def _reached(boxes: Singles, order: Integers, fields: Sequence[_Field]) -> tuple[Booleans, Booleans]:
    """Masks of the texts that a field lies over, and of those on a field that may be as dark as they are."""
    areas = np.array([field.box for field in fields], dtype=np.float32)
    text, field = _near(boxes, areas)
    over = np.array([field.order for field in fields])[field] > order[text]
    dark = np.array([not (field.is_light and field.is_opaque) for field in fields])[field]
    wide = np.minimum(boxes[text, 2], areas[field, 2]) - np.maximum(boxes[text, 0], areas[field, 0])
    high = np.minimum(boxes[text, 3], areas[field, 3]) - np.maximum(boxes[text, 1], areas[field, 1])
    meets = (wide > 0) & (high > 0) & (over | dark)
    covered = np.zeros(len(boxes), dtype=bool)
    on_field = np.zeros(len(boxes), dtype=bool)
    text, wide, high, above = text[meets], wide[meets], high[meets], over[meets]
    if not len(text):
        return covered, on_field
    sides = (boxes[:, 2:] - boxes[:, :2])[text]
    size = sides.min(axis=1)
    reaches = (np.minimum(wide, high) >= _MIN_OVERLAP * size) & (wide * high >= _MIN_LETTER * size**2)
    covered[text[reaches & above]] = True
    on_field[text[reaches & ~above]] = True
    share = np.bincount(text, weights=above * wide * high / sides.prod(axis=1), minlength=len(boxes))
    return covered | (share >= _MIN_COVERED), on_field


def _near(boxes: Singles, areas: Singles) -> tuple[Integers, Integers]:
    """Pairs of a box and an area that may share some height; a page of rows has few of all pairs."""
    from_below = np.argsort(boxes[:, 1])
    bottoms = boxes[from_below, 1]
    # a point more than the highest box, since single floats round
    reach = (boxes[:, 3] - boxes[:, 1]).max(initial=0.0) + 1.0
    low = np.searchsorted(bottoms, areas[:, 1] - reach)
    counts = np.maximum(np.searchsorted(bottoms, areas[:, 3], side="right") - low, 0)
    starts = np.cumsum(counts) - counts
    area = np.repeat(np.arange(len(areas)), counts)
    return from_below[np.arange(counts.sum()) - np.repeat(starts - low, counts)], area
