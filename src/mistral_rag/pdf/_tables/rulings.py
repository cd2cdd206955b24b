"""Rules and shaded areas of a page, from the paths that draw it."""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._drawing import Drawing
from mistral_rag.pdf._geometry import Floats, PageTransform, Rectangle
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

_fill_of = bound(pdfium.FPDFPageObj_GetFillColor, ctypes.c_int, 5)
_stroke_of = bound(pdfium.FPDFPageObj_GetStrokeColor, ctypes.c_int, 5)
_draw_mode = bound(pdfium.FPDFPath_GetDrawMode, ctypes.c_int, 3)
_count_segments = bound(pdfium.FPDFPath_CountSegments, ctypes.c_int, 1)
_segment_at = bound(pdfium.FPDFPath_GetPathSegment, ctypes.c_void_p, 2)
_segment_type = bound(pdfium.FPDFPathSegment_GetType, ctypes.c_int, 1)
_segment_point = bound(pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, 3)


class Rule(NamedTuple):
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

    across: tuple[Rule, ...] = ()
    down: tuple[Rule, ...] = ()
    shades: tuple[Shade, ...] = ()


def rulings_of(page: Any, transform: PageTransform) -> Rulings:
    """Find the rules and shaded areas of a loaded page; none on a page with thousands of paths."""
    drawing = Drawing.of(ctypes.cast(page, ctypes.c_void_p).value)
    paths = drawing.of_kind(pdfium.FPDF_PAGEOBJ_PATH)
    if not paths or len(paths) > _MAX_PATHS:
        return Rulings()
    addresses = [drawing.addresses[at] for at in paths]
    modes, _ = rows_of(_draw_mode, addresses, np.int32, 2)
    fills, _ = rows_of(_fill_of, addresses, np.uint32, 4)
    strokes, _ = rows_of(_stroke_of, addresses, np.uint32, 4)
    # PDFium gives left, bottom, right, top
    boxes = drawing.boxes(paths)
    sides = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    large = np.minimum(*sides) > _MAX_THICKNESS
    found = _Found([], [], [])
    upright = transform.boxes(boxes.astype(np.float64)[:, None, [0, 3, 2, 1]])
    budget = _MAX_SEGMENTS
    for row, at in enumerate(paths):
        is_filled, is_stroked = bool(modes[row, 0]), bool(modes[row, 1])
        ink = fills[row] if is_filled and not is_stroked else strokes[row]
        parts = [upright[row]]
        if large[row] and (count := _count_segments(addresses[row])) > 1:
            # a matrix inside of a form applies to the segments too: those are taken by their bounds
            if count > 2 * len(_RECTANGLE) and at not in drawing.matrices and (budget := budget - count) > 0:
                parts = list(_parts(addresses[row], count, transform))
            elif count < len(_RECTANGLE):
                continue
        for left, top, right, bottom in parts:
            box = Rectangle(float(left), float(top), float(right), float(bottom))
            found.add(box, _seen(ink) if is_filled or is_stroked else None, _seen(fills[row]) if is_filled else None)
    return found.rulings(transform)


_RECTANGLE = "mlll"
"""Segments of a rectangle that is closed by the way it is drawn: a move and three lines."""


def _seen(color: Any) -> tuple[int, int, int] | None:
    """A colour that is seen on paper."""
    red, green, blue, alpha = (int(level) for level in color)
    return (red, green, blue) if alpha and min(red, green, blue) < _PAPER else None


def _parts(address: int, count: int, transform: PageTransform) -> Iterator[Floats]:
    """Bounds of the parts of a path: strokes and rectangles that are drawn together."""
    point = Buffer(ctypes.c_float, 2)
    parts: list[list[tuple[float, float]]] = []
    for at in range(count):
        segment = _segment_at(address, at)
        if _segment_type(segment) == pdfium.FPDF_SEGMENT_MOVETO or not parts:
            parts.append([])
        if _segment_point(segment, *point.places):
            parts[-1].append((point.values[0], point.values[1]))
    boxes = [
        [min(x for x, _ in part), max(y for _, y in part), max(x for x, _ in part), min(y for _, y in part)]
        for part in parts
        if part
    ]
    yield from transform.boxes(np.array(boxes, dtype=np.float64)[:, None, :])


class _Found(NamedTuple):
    across: list[Rule]
    down: list[Rule]
    shades: list[Shade]

    def add(self, box: Rectangle, ink: tuple[int, int, int] | None, fill: tuple[int, int, int] | None) -> None:
        """Add a part of a path: a rule, the four sides of a frame, or an area."""
        width, height = box.right - box.left, box.bottom - box.top
        if ink is None or max(width, height) < _MIN_LENGTH:
            return
        if height <= _MAX_THICKNESS:
            self.across.append(Rule((box.top + box.bottom) / 2, box.left, box.right))
        elif width <= _MAX_THICKNESS:
            self.down.append(Rule((box.left + box.right) / 2, box.top, box.bottom))
        elif fill is not None:
            self.shades.append(Shade(box, fill))
        else:
            self.across.extend(Rule(y, box.left, box.right) for y in (box.top, box.bottom))
            self.down.extend(Rule(x, box.top, box.bottom) for x in (box.left, box.right))

    def rulings(self, transform: PageTransform) -> Rulings:
        """The rules, those that are drawn in pieces put together, and the areas but for the page's background."""
        shades = tuple(
            shade
            for shade in self.shades
            if shade.box.right - shade.box.left < _MAX_PAGE_SHARE * transform.width
            or shade.box.bottom - shade.box.top < _MAX_PAGE_SHARE * transform.height
        )
        return Rulings(tuple(_joined(self.across)), tuple(_joined(self.down)), shades)


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """Rules on one line that touch each other, as one; in the order of their places."""
    joined: list[Rule] = []
    for _, same in groupby(sorted(rules, key=lambda rule: (round(rule.place), rule.low)), lambda r: round(r.place)):
        for rule in same:
            last = joined[-1] if joined else None
            if last and round(last.place) == round(rule.place) and rule.low - last.high <= _MAX_JOINT:
                joined[-1] = last._replace(high=max(last.high, rule.high))
            else:
                joined.append(rule)
    return sorted(joined)


def covered(spans: Sequence[tuple[float, float]], low: float, high: float) -> float:
    """Share of ``[low, high]`` that spans cover together."""
    at, total = low, 0.0
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, high)
        if end > start:
            total += end - start
            at = end
    return total / (high - low) if high > low else 0.0
