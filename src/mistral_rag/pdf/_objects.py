"""Objects that draw a page, and the texts among them that a reader may not see."""

import ctypes
import struct
from collections.abc import Callable, Iterator, Sequence
from enum import IntFlag
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats, Integers
from mistral_rag.pdf._native import bound

Matrix = tuple[float, float, float, float, float, float]
Bounds = list[float]
"""Left, bottom, right, top in PDFium's coordinates."""
Singles = npt.NDArray[np.float32]

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
_LAYER_BYTES = 6
"""Size of the tag OC as PDFium gives it, its end included."""
_AREAS = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
_MIN_THICKNESS = 1.2
"""Points; a thinner area is a rule, of which a filing's page has dozens. It covers no text that is not tiny."""
_BOX_BYTES = 16
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


class _Drawing(NamedTuple):
    """Objects of a page in the order of drawing: kinds, addresses, and the matrices of those that lie in forms."""

    kinds: list[int]
    addresses: list[int]
    matrices: dict[int, Matrix]

    def of_kind(self, *kinds: int) -> list[int]:
        """Places of the objects of some kinds."""
        return [at for at, kind in enumerate(self.kinds) if kind in kinds]

    def boxes(self, places: Sequence[int]) -> Singles:
        """Bounds of objects on the page (n, 4): left, bottom, right, top in PDFium's coordinates."""
        boxes = np.empty((len(places), 4), dtype=np.float32)
        start = boxes.ctypes.data
        for at, box in zip(places, range(start, start + boxes.nbytes, _BOX_BYTES), strict=True):
            _bounds_of(self.addresses[at], box, box + 4, box + 8, box + 12)
        if self.matrices:
            for row, at in enumerate(places):
                if at in self.matrices:
                    boxes[row] = _turned(boxes[row].tolist(), self.matrices[at])
        return boxes


class _Field(NamedTuple):
    box: Bounds
    order: float
    is_picture: bool
    is_opaque: bool
    is_light: bool


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
_page_objects = (
    bound(pdfium.FPDFPage_CountObjects, ctypes.c_int, 1),
    bound(pdfium.FPDFPage_GetObject, ctypes.c_void_p, 2),
)
_form_objects = (
    bound(pdfium.FPDFFormObj_CountObjects, ctypes.c_int, 1),
    bound(pdfium.FPDFFormObj_GetObject, ctypes.c_void_p, 2),
)


class _Buffer:
    """Places for what PDFium hands back by address."""

    def __init__(self, kind: Any, count: int) -> None:
        self.values = (kind * count)()
        start = ctypes.addressof(self.values)
        self.places = tuple(range(start, start + 4 * count, 4))


def objects_of(page: Any) -> PageObjects:
    """Look at everything that draws a loaded page, pictures and notes included."""
    drawing = _drawing(ctypes.cast(page, ctypes.c_void_p).value)
    texts = drawing.of_kind(pdfium.FPDF_PAGEOBJ_TEXT)
    fields = [*_fields(drawing), *_notes(page, len(drawing.kinds))]
    doubts = _text_doubts(drawing, texts)
    _add_doubts_by_place(doubts, drawing, texts, fields)
    return PageObjects(
        doubts,
        np.array([field.box for field in fields], dtype=np.float64).reshape(-1, 4),
        np.array([field.is_picture for field in fields], dtype=bool),
        np.array([field.is_opaque for field in fields], dtype=bool),
        np.array([field.order for field in fields], dtype=np.float64),
        {drawing.addresses[at]: at for at in texts} if doubts else {},
    )


def _drawing(page: int | None) -> _Drawing:
    addresses = _children(page, *_page_objects)
    kinds = list(map(_type_of, addresses))
    if pdfium.FPDF_PAGEOBJ_FORM not in kinds:
        return _Drawing(kinds, addresses, {})
    found = _Drawing([], [], {})
    stack = [(iter(addresses), _IDENTITY)]
    while stack:
        children, matrix = stack[-1]
        for child in children:
            kind = _type_of(child)
            if len(stack) > 1:
                found.matrices[len(found.kinds)] = matrix
            found.kinds.append(kind)
            found.addresses.append(child)
            if kind == pdfium.FPDF_PAGEOBJ_FORM and len(stack) < _MAX_DEPTH:
                stack.append((iter(_children(child, *_form_objects)), _times(_matrix(child), matrix)))
                break
        else:
            stack.pop()
    return found


def _children(parent: int | None, count: Callable[..., int], get: Callable[..., int]) -> list[int]:
    return [get(parent, at) for at in range(count(parent))]


def _matrix(address: int) -> Matrix:
    buffer = _Buffer(ctypes.c_float, 6)
    _matrix_of(address, buffer.places[0])
    a, b, c, d, e, f = buffer.values
    return a, b, c, d, e, f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _turned(box: Sequence[float], matrix: Matrix) -> list[float]:
    left, bottom, right, top = box
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return [min(xs), min(ys), max(xs), max(ys)]


def _fields(drawing: _Drawing) -> Iterator[_Field]:
    """Areas that shapes and pictures take, but for rules, frames, and what is not drawn."""
    places = drawing.of_kind(*_AREAS)
    boxes = drawing.boxes(places)
    thick = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) >= _MIN_THICKNESS
    for at, box in zip(np.array(places, dtype=np.int64)[thick].tolist(), boxes[thick].tolist(), strict=True):
        address = drawing.addresses[at]
        if drawing.kinds[at] != pdfium.FPDF_PAGEOBJ_PATH:
            yield _Field(box, at, True, not _is_translucent(address), False)
        elif (is_light := _lightness(drawing, at)) is not None:
            yield _Field(box, at, False, not _is_translucent(address), is_light)


def _lightness(drawing: _Drawing, at: int) -> bool | None:
    """True for the area of a light shape, False for that of any other; None for a frame and what is not drawn."""
    address = drawing.addresses[at]
    modes = _Buffer(ctypes.c_int, 2)
    _draw_mode(address, *modes.places)
    fills, strokes = modes.values
    if not fills:
        return False if strokes and _thickness(address, drawing.matrices.get(at, _IDENTITY)) > _MAX_RULE else None
    red, green, blue, alpha = _fill(address)
    if not alpha and not strokes:
        return None
    return bool(luminance(red, green, blue) >= _MIN_FIELD_LUMINANCE)


def _thickness(address: int, matrix: Matrix) -> float:
    """Width of the lines of a path on the page, in points."""
    width = _Buffer(ctypes.c_float, 1)
    _stroke_width(address, *width.places)
    a, b, c, d, _, _ = _times(_matrix(address), matrix)
    return float(width.values[0] * max(abs(a), abs(b), abs(c), abs(d)))


def _fill(address: int) -> tuple[int, ...]:
    color = _Buffer(ctypes.c_uint, 4)
    # a pattern has no colour: taken for one that has to be looked at
    return tuple(color.values) if _fill_of(address, *color.places) else (128, 128, 128, 255)


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


def _text_doubts(drawing: _Drawing, texts: Sequence[int]) -> dict[int, Doubt]:
    """Doubts that a text raises by itself."""
    # a page has hundreds of texts and hardly any in doubt: whole lists first, each a call by a map
    addresses = [drawing.addresses[at] for at in texts]
    modes = list(map(_mode_of, addresses))
    translucent = list(map(_is_translucent, addresses))
    clips = list(map(_clip_paths, map(_clip_of, addresses)))
    layers = _layered(addresses)
    colors = _color_doubts(addresses)
    doubts: dict[int, Doubt] = {}
    for at, mode, soft, clip, layer, doubt in zip(texts, modes, translucent, clips, layers, colors, strict=True):
        if not (mode or soft or layer or doubt or clip > 0 or drawing.matrices):
            continue
        if mode or soft:
            doubt |= Doubt.UNDRAWN if mode in _UNDRAWN_MODES else Doubt.FAINT
        if layer or at in drawing.matrices:
            doubt |= Doubt.LAYER
        if clip > 0 and _is_clipped(drawing, at):
            doubt |= Doubt.CLIPPED
        if doubt:
            doubts[drawing.addresses[at]] = Doubt(doubt)
    return doubts


def _color_doubts(addresses: Sequence[int]) -> list[int]:
    color = (ctypes.c_char * 16)()
    start = ctypes.addressof(color)
    red, green, blue, alpha = range(start, start + 16, 4)
    known: dict[bytes, int] = {}
    found: list[int] = []
    for address in addresses:
        if not _fill_of(address, red, green, blue, alpha):
            found.append(int(Doubt.FAINT))
            continue
        value = color.raw
        if (doubt := known.get(value)) is None:
            doubt = known[value] = int(_color_doubt(*struct.unpack("4I", value)))
        found.append(doubt)
    return found


def _color_doubt(red: int, green: int, blue: int, alpha: int) -> Doubt:
    if not alpha:
        return Doubt.UNDRAWN
    return Doubt.FAINT if alpha < 255 or luminance(red, green, blue) > _MAX_TEXT_LUMINANCE else Doubt(0)


def _layered(addresses: Sequence[int]) -> list[bool]:
    """True for each object of a layer: in marked content of the tag OC, ISO 32000-1, 8.11.3."""
    name, size = (ctypes.c_char * 8)(), ctypes.c_ulong()
    places = ctypes.addressof(name), 8, ctypes.addressof(size)
    # objects of one marked content share the mark, and its name takes most of the time
    known: dict[int, bool] = {}
    found = []
    for address, count in zip(addresses, map(_marks_of, addresses), strict=True):
        is_layer = False
        for at in range(max(count, 0)):
            mark = _mark_at(address, at)
            if mark not in known:
                _mark_name(mark, *places)
                known[mark] = size.value == _LAYER_BYTES and name.raw[:4] == b"O\0C\0"
            is_layer = is_layer or known[mark]
        found.append(is_layer)
    return found


def _is_clipped(drawing: _Drawing, at: int) -> bool:
    """True when a text may reach out of its clip paths; any but a rectangle may cut it."""
    left, bottom, right, top = drawing._replace(matrices={}).boxes([at])[0].tolist()
    clip = _clip_of(drawing.addresses[at])
    for path in range(_clip_paths(clip)):
        if _clip_segments(clip, path) > _RECTANGLE:
            return True
        xs, ys = zip(*_corners(clip, path), strict=True)
        inside = min(right, max(xs)) - max(left, min(xs)), min(top, max(ys)) - max(bottom, min(ys))
        if inside[0] < _MIN_INSIDE * (right - left) or inside[1] < _MIN_INSIDE * (top - bottom):
            return True
    return False


def _corners(clip: int, path: int) -> list[tuple[float, float]]:
    point = _Buffer(ctypes.c_float, 2)
    corners = [(0.0, 0.0)]
    for at in range(_clip_segments(clip, path)):
        if _point_of(_clip_segment(clip, path, at), *point.places):
            corners.append((point.values[0], point.values[1]))
    return corners[1:] or corners


def _add_doubts_by_place(
    doubts: dict[int, Doubt], drawing: _Drawing, texts: Sequence[int], fields: Sequence[_Field]
) -> None:
    """Add the doubts that shapes over or behind a text raise."""
    first = texts[0] if texts else 0
    # a light field below all texts, as behind a table, hides no dark one
    fields = [field for field in fields if not (field.is_light and field.is_opaque and field.order < first)]
    if not fields or not texts:
        return
    if len(texts) * len(fields) > _MAX_PAIRS:
        found = {Doubt.COVERED: list(texts)}
    else:
        boxes = drawing.boxes(texts)
        # blanks have no box
        inked = np.flatnonzero((boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]))
        order = np.array(texts)[inked]
        covered, on_field = _reached(boxes[inked], order, fields)
        found = {Doubt.COVERED: order[covered].tolist(), Doubt.ON_FIELD: order[on_field].tolist()}
    for doubt, places in found.items():
        for at in places:
            address = drawing.addresses[at]
            doubts[address] = doubts.get(address, Doubt(0)) | doubt


def _reached(boxes: Singles, order: Integers, fields: Sequence[_Field]) -> tuple[Booleans, Booleans]:
    """Masks of the texts that a field lies over, and of those on a field that may be as dark as they are."""
    areas = np.array([field.box for field in fields], dtype=np.float32)
    over = np.array([field.order for field in fields])[None, :] > order[:, None]
    dark = np.array([not (field.is_light and field.is_opaque) for field in fields])
    wide = np.minimum(boxes[:, None, 2], areas[None, :, 2]) - np.maximum(boxes[:, None, 0], areas[None, :, 0])
    high = np.minimum(boxes[:, None, 3], areas[None, :, 3]) - np.maximum(boxes[:, None, 1], areas[None, :, 1])
    meets = (wide > 0) & (high > 0) & (over | dark[None, :])
    covered = np.zeros(len(boxes), dtype=bool)
    on_field = np.zeros(len(boxes), dtype=bool)
    text, field = np.nonzero(meets)
    if not len(text):
        return covered, on_field
    wide, high, above = wide[text, field], high[text, field], over[text, field]
    sides = (boxes[:, 2:] - boxes[:, :2])[text]
    size = sides.min(axis=1)
    reaches = (np.minimum(wide, high) >= _MIN_OVERLAP * size) & (wide * high >= _MIN_LETTER * size**2)
    covered[text[reaches & above]] = True
    on_field[text[reaches & ~above]] = True
    share = np.bincount(text, weights=above * wide * high / sides.prod(axis=1), minlength=len(boxes))
    return covered | (share >= _MIN_COVERED), on_field
