"""Objects that draw a page, and the texts among them that a reader may not see."""

import ctypes
from collections.abc import Callable, Iterator
from enum import IntFlag
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats

Matrix = tuple[float, float, float, float, float, float]

_UNDRAWN_MODES = frozenset({pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP})
_MAX_TEXT_LUMINANCE = 150.0
_MIN_FIELD_LUMINANCE = 200.0
"""Text no lighter than the one is seen on any field no darker than the other: 50 of 255 levels are between them."""
_MIN_OVERLAP = 0.3
"""Share of a text's height that a shape has to reach over: a rule below or through a line covers a tenth."""
_MIN_LETTER = 0.4
"""Area that a shape has to reach over, times the square of the text's height: about a letter."""
_MIN_COVERED = 0.8
"""Share of a text that many small shapes cover together: a hatching is a cover as well."""
_MAX_RULE = 2.0
"""Points; a thinner stroke is a rule or a frame, which covers nothing."""
_MAX_DEPTH = 8
"""Forms inside of forms; PDFium draws hardly more, and what lies deeper is looked at as a whole."""
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_RECTANGLE = 5
"""Segments of a rectangle: four sides and the way back."""
_MIN_INSIDE = 0.98
"""Share of a text's sides that has to lie in its clip: PDFium rounds."""
_MIN_SIZE = 0.1
"""Points; no text is smaller, so that none has an empty box."""
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


class PageObjects(NamedTuple):
    """Texts in doubt by the address of the text object, and the shapes, pictures and notes of a page.

    `fields` is (n, 4): left, bottom, right, top in PDFium's coordinates, in the order in which they are drawn;
    `is_picture` and `is_opaque` (n) say which are pictures or shadings, and which let nothing through. `order` (n) and
    `text_order` are places in the order of drawing.
    """

    doubts: dict[int, Doubt]
    fields: Floats
    is_picture: Booleans
    is_opaque: Booleans
    order: Floats
    text_order: dict[int, int]


class _Item(NamedTuple):
    """A page object, its place in the order of drawing, and the matrix of the forms it lies in."""

    address: int
    order: int
    matrix: Matrix
    in_form: bool


class _Field(NamedTuple):
    box: tuple[float, float, float, float]
    order: float
    is_picture: bool
    is_opaque: bool
    is_light: bool


def bound(function: Any, result: Any, arguments: int) -> Callable[..., Any]:
    """A function of PDFium that takes addresses and whole numbers only: a third of the cost of a call by ctypes.

    It keeps the interpreter's lock, which is right for calls of a tenth of a microsecond.
    """
    prototype = ctypes.PYFUNCTYPE(result, *[ctypes.c_void_p] * arguments)
    return prototype(ctypes.cast(function, ctypes.c_void_p).value or 0)


_type_of = bound(pdfium.FPDFPageObj_GetType, ctypes.c_int, 1)
_mode_of = bound(pdfium.FPDFTextObj_GetTextRenderMode, ctypes.c_int, 1)
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
_bounds_of = bound(pdfium.FPDFPageObj_GetBounds, ctypes.c_int, 5)
_matrix_of = bound(pdfium.FPDFPageObj_GetMatrix, ctypes.c_int, 2)
_draw_mode = bound(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, 3)
_page_objects = bound(pdfium.FPDFPage_CountObjects, ctypes.c_int, 1), bound(pdfium.FPDFPage_GetObject, ctypes.c_void_p, 2)
_form_objects = (
    bound(pdfium.FPDFFormObj_CountObjects, ctypes.c_int, 1),
    bound(pdfium.FPDFFormObj_GetObject, ctypes.c_void_p, 2),
)


def _four(kind: Any) -> tuple[Any, tuple[int, int, int, int]]:
    """A buffer for four values, and the addresses of each."""
    buffer = (kind * 4)()
    start = ctypes.addressof(buffer)
    return buffer, (start, start + 4, start + 8, start + 12)


def objects_of(page: Any) -> PageObjects:
    """Look at everything that draws a loaded page, pictures and notes included."""
    texts: list[_Item] = []
    shapes: list[tuple[int, _Item]] = []
    for kind, item in _items(page):
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            texts.append(item)
        elif kind != pdfium.FPDF_PAGEOBJ_FORM:
            shapes.append((kind, item))
    fields = [field for kind, item in shapes if (field := _field(kind, item))]
    fields += _notes(page, len(texts) + len(shapes))
    doubts = _text_doubts(texts)
    _add_doubts_by_place(doubts, texts, fields)
    return PageObjects(
        doubts,
        np.array([field.box for field in fields], dtype=np.float64).reshape(-1, 4),
        np.array([field.is_picture for field in fields], dtype=bool),
        np.array([field.is_opaque for field in fields], dtype=bool),
        np.array([field.order for field in fields], dtype=np.float64),
        {item.address: item.order for item in texts} if doubts else {},
    )


def _items(page: Any) -> Iterator[tuple[int, _Item]]:
    """All objects in the order of drawing, those of a form behind it."""
    address = ctypes.cast(page, ctypes.c_void_p).value
    stack = [(_children(address, *_page_objects), _IDENTITY)]
    order = 0
    while stack:
        children, matrix = stack[-1]
        for child in children:
            kind = _type_of(child)
            yield kind, _Item(child, order, matrix, len(stack) > 1)
            order += 1
            if kind == pdfium.FPDF_PAGEOBJ_FORM and len(stack) < _MAX_DEPTH:
                stack.append((_children(child, *_form_objects), _times(_matrix(child), matrix)))
                break
        else:
            stack.pop()


def _children(parent: int | None, count: Callable[..., int], get: Callable[..., int]) -> Iterator[int]:
    return (get(parent, at) for at in range(count(parent)))


def _matrix(address: int) -> Matrix:
    buffer = (ctypes.c_float * 6)()
    _matrix_of(address, ctypes.addressof(buffer))
    a, b, c, d, e, f = buffer
    return a, b, c, d, e, f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _box(address: int, matrix: Matrix) -> tuple[float, float, float, float]:
    """Bounds of an object on the page: left, bottom, right, top."""
    buffer, places = _four(ctypes.c_float)
    _bounds_of(address, *places)
    left, bottom, right, top = buffer
    if matrix is _IDENTITY:
        return left, bottom, right, top
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return min(xs), min(ys), max(xs), max(ys)


def _field(kind: int, item: _Item) -> _Field | None:
    """The area that a shape or picture takes; None for a rule, a frame, and what is not drawn."""
    is_opaque = not _is_translucent(item.address)
    if kind != pdfium.FPDF_PAGEOBJ_PATH:
        return _Field(_box(item.address, item.matrix), item.order, True, is_opaque, False)
    fill, strokes = ctypes.c_int(), ctypes.c_int()
    _draw_mode(item.address, ctypes.addressof(fill), ctypes.addressof(strokes))
    if not fill.value and not (strokes.value and _thickness(item) > _MAX_RULE):
        return None
    red, green, blue, alpha = _fill(item.address) if fill.value else (0, 0, 0, 255)
    if not alpha and not strokes.value:
        return None
    is_light = luminance(red, green, blue) >= _MIN_FIELD_LUMINANCE
    return _Field(_box(item.address, item.matrix), item.order, False, is_opaque, is_light)


def _thickness(item: _Item) -> float:
    """Width of the lines of a path on the page, in points."""
    width = ctypes.c_float()
    _stroke_width(item.address, ctypes.addressof(width))
    a, b, c, d, _, _ = _times(_matrix(item.address), item.matrix)
    return width.value * float(max(abs(a), abs(b), abs(c), abs(d)))


def _fill(address: int) -> tuple[int, int, int, int]:
    buffer, places = _four(ctypes.c_uint)
    # a pattern has no colour: taken for one that has to be looked at
    return tuple(buffer) if _fill_of(address, *places) else (128, 128, 128, 255)


def luminance(red: float, green: float, blue: float) -> float:
    """Brightness of a colour, 0 to 255 (Rec. 601)."""
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
            yield _Field((left, bottom, right, top), order + at, False, is_opaque, False)
        pdfium.FPDFPage_CloseAnnot(note)


def _text_doubts(texts: list[_Item]) -> dict[int, Doubt]:
    """Doubts that a text raises by itself."""
    buffer, places = _four(ctypes.c_uint)
    colors: dict[bytes, Doubt] = {}
    doubts: dict[int, Doubt] = {}
    none = Doubt(0)
    for item in texts:
        text = item.address
        known = colors.get(bytes(buffer)) if _fill_of(text, *places) else Doubt.FAINT
        if known is None:
            known = colors[bytes(buffer)] = _color_doubt(*buffer)
        mode = _mode_of(text)
        if known or mode or item.in_form or _is_translucent(text):
            known |= Doubt.UNDRAWN if mode in _UNDRAWN_MODES else Doubt.FAINT if mode or _is_translucent(text) else none
            known |= Doubt.LAYER if item.in_form else none
        if _clip_paths(_clip_of(text)) > 0 and _is_clipped(item):
            known |= Doubt.CLIPPED
        if _marks_of(text) > 0 and _is_layered(text):
            known |= Doubt.LAYER
        if known:
            doubts[text] = known
    return doubts


def _color_doubt(red: int, green: int, blue: int, alpha: int) -> Doubt:
    if not alpha:
        return Doubt.UNDRAWN
    return Doubt.FAINT if alpha < 255 or luminance(red, green, blue) > _MAX_TEXT_LUMINANCE else Doubt(0)


def _is_layered(address: int) -> bool:
    """True for an object in marked content of the tag OC: optional content, ISO 32000-1, 8.11.3."""
    name, size = (ctypes.c_ushort * 4)(), ctypes.c_ulong()
    for at in range(_marks_of(address)):
        _mark_name(_mark_at(address, at), ctypes.addressof(name), ctypes.sizeof(name), ctypes.addressof(size))
        if size.value == 6 and bytes(name)[:4] == b"O\0C\0":
            return True
    return False


def _is_clipped(item: _Item) -> bool:
    """True when a text may reach out of its clip paths; any but a rectangle may cut it."""
    left, bottom, right, top = _box(item.address, _IDENTITY)
    clip = _clip_of(item.address)
    for path in range(_clip_paths(clip)):
        if _clip_segments(clip, path) > _RECTANGLE:
            return True
        xs, ys = zip(*_corners(clip, path), strict=True)
        inside = min(right, max(xs)) - max(left, min(xs)), min(top, max(ys)) - max(bottom, min(ys))
        if inside[0] < _MIN_INSIDE * (right - left) or inside[1] < _MIN_INSIDE * (top - bottom):
            return True
    return False


def _corners(clip: int, path: int) -> list[tuple[float, float]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    corners = [(0.0, 0.0)]
    for at in range(_clip_segments(clip, path)):
        if _point_of(_clip_segment(clip, path, at), ctypes.addressof(x), ctypes.addressof(y)):
            corners.append((x.value, y.value))
    return corners[1:] or corners


def _add_doubts_by_place(doubts: dict[int, Doubt], texts: list[_Item], fields: list[_Field]) -> None:
    """Add the doubts that shapes over or behind a text raise."""
    first = texts[0].order if texts else 0
    # a light field below all texts, as behind a table, hides no dark one
    fields = [field for field in fields if not (field.is_light and field.is_opaque and field.order < first)]
    if not fields or not texts:
        return
    if len(texts) * len(fields) > _MAX_PAIRS:
        for item in texts:
            doubts[item.address] = doubts.get(item.address, Doubt(0)) | Doubt.COVERED
        return
    boxes = np.array([_box(item.address, item.matrix) for item in texts])
    areas = np.array([field.box for field in fields])
    order = np.array([item.order for item in texts])
    over = np.array([field.order for field in fields])[None, :] > order[:, None]
    behind = ~over & ~np.array([field.is_light and field.is_opaque for field in fields])[None, :]
    wide, high = (
        np.maximum(
            np.minimum(boxes[:, None, side + 2], areas[None, :, side + 2])
            - np.maximum(boxes[:, None, side], areas[None, :, side]),
            0,
        )
        for side in (0, 1)
    )
    size = np.maximum(np.minimum(boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]), _MIN_SIZE)[:, None]
    reaches = (np.minimum(wide, high) >= _MIN_OVERLAP * size) & (wide * high >= _MIN_LETTER * size**2)
    whole = (boxes[:, 3] - boxes[:, 1]) * (boxes[:, 2] - boxes[:, 0])
    covered = (reaches & over).any(axis=1) | ((wide * high * over).sum(axis=1) >= _MIN_COVERED * whole)
    on_field = (reaches & behind).any(axis=1)
    for at in np.flatnonzero(covered | on_field).tolist():
        more = (Doubt.COVERED if covered[at] else Doubt(0)) | (Doubt.ON_FIELD if on_field[at] else Doubt(0))
        doubts[texts[at].address] = doubts.get(texts[at].address, Doubt(0)) | more
