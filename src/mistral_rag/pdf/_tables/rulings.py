"""Rules and shaded areas of a page, from the paths that draw it."""

import ctypes
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats, Integers, PageTransform, Rectangle
from mistral_rag.pdf._hidden.drawing import Drawing, matrix_of
from mistral_rag.pdf._native import Buffer, bound, rows_of

_MAX_PATHS = 3000
"""A page with more paths is a drawing or a map: no printed table has so many cells with borders."""
_MAX_SEGMENTS = 6000
"""Segments of a page's paths that are read one by one, a microsecond each."""
_MAX_THICKNESS = 2.5
"""Points; a thicker area is shading. The double rule below a sum is drawn with up to two."""
_MIN_LENGTH = 4.0
"""Points; shorter strokes belong to letters, ticks and dots."""
_MAX_JOINT = 3.0
"""Points between two strokes on one line that are drawn as one: borders are often drawn cell by cell."""
_PAPER = 250
"""Level of all three colours from which on ink is not seen on white paper."""
_MAX_PAGE_SHARE = 0.8
"""An area that covers more of the page's width and height is its background."""

_RECTANGLE = "mlll"
"""Segments of a rectangle that is closed by the way it is drawn: a move and three lines."""

_fill_of = bound(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, 5)
_stroke_of = bound(pdfium.FPDFPageObj_GetStrokeColor, ctypes.c_int, 5)
_draw_mode = bound(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, 3)
_count_segments = bound(pdfium.FPDFPath_CountSegments, ctypes.c_int, 1)
_segment_at = bound(pdfium.FPDFPath_GetPathSegment, ctypes.c_void_p, 2)
_segment_type = bound(pdfium.FPDFPathSegment_GetType, ctypes.c_int, 1)
_segment_point = bound(pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, 3)


class Ruling(NamedTuple):
    """A straight line on a page in points: at `place` from `low` to `high`; y and x for one across, x and y else."""

    place: float
    low: float
    high: float


class Shade(NamedTuple):
    """An area that is filled with one colour (red, green, blue), in points."""

    box: Rectangle
    color: tuple[int, int, int]


class Rulings(NamedTuple):
    """Rules across and down a page, each kind in the order of its places, and shaded areas in the order of drawing."""

    across: tuple[Ruling, ...] = ()
    down: tuple[Ruling, ...] = ()
    shades: tuple[Shade, ...] = ()


def rulings_of(drawing: Drawing, transform: PageTransform) -> Rulings:
    """Find the rules and shaded areas of a loaded page; none on a page with thousands of paths."""
    paths = drawing.paths
    if not paths or len(paths) > _MAX_PATHS:
        return Rulings()
    addresses = [drawing.addresses[at] for at in paths]
    modes, _ = rows_of(_draw_mode, addresses, np.int32, 2)
    filled, stroked = modes[:, 0] != 0, modes[:, 1] != 0
    fills, strokes = _colors(_fill_of, addresses, filled), _colors(_stroke_of, addresses, stroked)
    # PDFium gives left, bottom, right, top
    boxes = transform.boxes(drawing.path_boxes.astype(np.float64)[:, None, [0, 3, 2, 1]])
    boxes, parts = _in_parts(drawing, paths, boxes, transform)
    inks = np.where(stroked[:, None], strokes, fills)
    ink = (filled | stroked) & _is_seen(inks)
    fill = filled & _is_seen(fills)
    return _sorted_out(boxes, ink[parts], fill[parts], fills[parts], transform)


def _colors(function: Callable[..., Any], addresses: Sequence[int], used: Booleans) -> Any:
    """Colours (n, 4) of the paths that use them: red, green, blue and opacity; zeros for the others."""
    colors = np.zeros((len(addresses), 4), dtype=np.uint32)
    places = np.flatnonzero(used).tolist()
    colors[places], _ = rows_of(function, [addresses[at] for at in places], np.uint32, 4)
    return colors


def _in_parts(
    drawing: Drawing, paths: Sequence[int], boxes: Floats, transform: PageTransform
) -> tuple[Floats, Integers]:
    """Boxes of the parts of each path, and the index of the path of each; slanted lines have none."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    large = np.flatnonzero(np.minimum(wide, high) > _MAX_THICKNESS).tolist()
    counts = {row: _count_segments(drawing.addresses[paths[row]]) for row in large}
    slanted = [row for row, count in counts.items() if 1 < count < len(_RECTANGLE)]
    # a matrix inside of a form applies to the segments too: those are taken by their bounds
    own = {r: count for r, count in counts.items() if count >= len(_RECTANGLE) and paths[r] not in drawing.matrices}
    many = [
        r
        for r, count in own.items()
        if count > 2 * len(_RECTANGLE) or _begins_again(drawing.addresses[paths[r]], count)
    ]
    if sum(counts[row] for row in many) > _MAX_SEGMENTS:
        many = []
    plain = np.ones(len(paths), dtype=bool)
    plain[[*slanted, *many]] = False
    whole = np.flatnonzero(plain)
    found, owners = [boxes[whole]], [whole]
    for row in many:
        parts = _parts(drawing.addresses[paths[row]], counts[row], transform)
        found.append(parts)
        owners.append(np.full(len(parts), row, dtype=np.int64))
    return np.concatenate(found), np.concatenate(owners)


def _begins_again(address: int, count: int) -> bool:
    """True when a path is several strokes, whose common bounds are no frame."""
    return any(_segment_type(_segment_at(address, at)) == pdfium.FPDF_SEGMENT_MOVETO for at in range(1, count))


def _sorted_out(boxes: Floats, ink: Booleans, fill: Booleans, fills: Any, transform: PageTransform) -> Rulings:
    """Rules, the sides of frames, and areas, by the shape of each box."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    shown = ink & (np.maximum(wide, high) >= _MIN_LENGTH)
    flat = shown & (high <= _MAX_THICKNESS)
    thin = shown & ~flat & (wide <= _MAX_THICKNESS)
    area = shown & ~flat & ~thin & fill
    area &= (wide < _MAX_PAGE_SHARE * transform.width) | (high < _MAX_PAGE_SHARE * transform.height)
    across = [Ruling((top + bottom) / 2, left, right) for left, top, right, bottom in boxes[flat].tolist()]
    down = [Ruling((left + right) / 2, top, bottom) for left, top, right, bottom in boxes[thin].tolist()]
    for left, top, right, bottom in boxes[shown & ~flat & ~thin & ~fill].tolist():
        across += (Ruling(y, left, right) for y in (top, bottom))
        down += (Ruling(x, top, bottom) for x in (left, right))
    shades = _joined_shades(boxes[area].tolist(), fills[area, :3].tolist())
    return Rulings(tuple(_joined(across)), tuple(_joined(down)), tuple(shades))


def _joined_shades(boxes: Sequence[Sequence[float]], colors: Sequence[Sequence[int]]) -> list[Shade]:
    """Areas of one colour side by side as one: tables are often shaded cell by cell."""
    joined: list[tuple[list[float], Sequence[int]]] = []
    for box, color in zip(boxes, colors, strict=True):
        if joined and joined[-1][1] == color and _is_beside(joined[-1][0], box):
            joined[-1][0][2] = max(joined[-1][0][2], box[2])
        else:
            joined.append((list(box), color))
    return [Shade(Rectangle(*box), (color[0], color[1], color[2])) for box, color in joined]


def _is_beside(first: Sequence[float], second: Sequence[float]) -> bool:
    same = abs(first[1] - second[1]) < 1 and abs(first[3] - second[3]) < 1
    return same and -1 < second[0] - first[2] < 1


def _is_seen(colors: Any) -> Booleans:
    """Mask (n) of the colours that are seen on paper."""
    seen: Booleans = (colors[:, 3] > 0) & (colors[:, :3].min(axis=1) < _PAPER)
    return seen


def _parts(address: int, count: int, transform: PageTransform) -> Floats:
    """Bounds of the parts of a path: strokes and rectangles that are drawn together."""
    point = Buffer(ctypes.c_float, 2)
    # the points of a path are told without the matrix that it is drawn by, its bounds with it
    a, b, c, d, e, f = matrix_of(address)
    parts: list[list[tuple[float, float]]] = []
    for at in range(count):
        segment = _segment_at(address, at)
        if _segment_type(segment) == pdfium.FPDF_SEGMENT_MOVETO or not parts:
            parts.append([])
        if _segment_point(segment, *point.places):
            x, y = point.values[0], point.values[1]
            parts[-1].append((a * x + c * y + e, b * x + d * y + f))
    boxes = [
        [min(x for x, _ in part), max(y for _, y in part), max(x for x, _ in part), min(y for _, y in part)]
        for part in parts
        if part and not _is_slanted(part)
    ]
    return transform.boxes(np.array(boxes, dtype=np.float64).reshape(-1, 1, 4))


def _is_slanted(part: Sequence[tuple[float, float]]) -> bool:
    """True for a stroke from one point to another that runs neither across nor up the page."""
    (x, y), (other_x, other_y) = part[0], part[-1]
    return len(part) == len("ml") and min(abs(x - other_x), abs(y - other_y)) > _MAX_THICKNESS


def _joined(rules: Iterable[Ruling]) -> list[Ruling]:
    """Rules on one line that touch each other, as one; in the order of their places."""
    joined: list[list[float]] = []
    line: int | None = None
    # rules at one place and one end keep the order of drawing
    for at, low, _, rule in sorted((round(rule.place), rule.low, n, rule) for n, rule in enumerate(rules)):
        if at == line and low - joined[-1][2] <= _MAX_JOINT:
            joined[-1][2] = max(joined[-1][2], rule.high)
        else:
            joined.append([rule.place, low, rule.high])
            line = at
    return sorted(Ruling(*rule) for rule in joined)


def covered(spans: Sequence[tuple[float, float]], low: float, high: float) -> float:
    """Share of ``[low, high]`` that spans cover together."""
    at, total = low, 0.0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, high)
        if end > start:
            total += end - start
            at = end
    return total / (high - low) if high > low else 0.0
