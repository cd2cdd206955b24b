"""Outlines of glyphs as PDFium draws them, rasterised to small pictures that can be compared."""

import ctypes
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._native import bound, rows_of

Singles = npt.NDArray[np.float32]

SIDE = 24
"""Rows and columns of a raster: a stem of a bold letter is four, the thin line of an e two."""
_SAMPLES = 2
"""Points a cell and direction; a cell is the share of them that are inside."""
_SIZE = ctypes.c_float(1000.0)
_CURVE = np.array([0.25, 0.5, 0.75, 1.0], dtype=np.float32)
"""Parameters of the points by which a Bézier curve becomes lines: at 24 cells a letter, four are exact enough."""
_MAX_POINTS = 4000
"""A glyph with more is a drawing; a letter has 20 to 100."""

_glyph_path = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_float)(
    ctypes.cast(pdfium.FPDFFont_GetGlyphPath, ctypes.c_void_p).value or 0
)
_count = bound(pdfium.FPDFGlyphPath_CountGlyphSegments, ctypes.c_int, 1)
_segment = bound(pdfium.FPDFGlyphPath_GetGlyphPathSegment, ctypes.c_void_p, 2)
_point = bound(pdfium.FPDFPathSegment_GetPoint, ctypes.c_int, 3)
_kind = bound(pdfium.FPDFPathSegment_GetType, ctypes.c_int, 1)


OutlineMark = tuple[int, float, float]
"""Number of points of an outline, and where the middle one is: a 6 has as many as a 9."""


class Glyph(NamedTuple):
    """A glyph filled into a square: `raster` (SIDE, SIDE) is the share of ink, `stretch` the log of width by height."""

    raster: Singles
    stretch: float


def outline_mark(font: int, character: str) -> OutlineMark:
    """A mark by which the outline that a font has for a character is known again; zeros where it has none."""
    path = _glyph_path(font, ord(character), _SIZE)
    count = max(int(_count(path)), 0) if path else 0
    if not count:
        return 0, 0.0, 0.0
    points, _ = rows_of(_point, [_segment(path, count // 2)], np.float32, 2)
    return count, float(points[0, 0]), float(points[0, 1])


def glyph_of(font: int, character: str) -> Glyph | None:
    """The glyph that a font, by address, draws where its text says `character`; None where it has no outline."""
    path = _glyph_path(font, ord(character), _SIZE)
    count = _count(path) if path else 0
    if not 3 <= count <= _MAX_POINTS:
        return None
    segments = list(map(_segment, repeat(path), range(count)))
    points, _ = rows_of(_point, segments, np.float32, 2)
    return _drawn(points.tobytes(), np.array(list(map(_kind, segments)), dtype=np.int8).tobytes())


# files of one maker have the same fonts: 2,000 glyphs are those of thirty, in 5 MB
@lru_cache(maxsize=2000)
def _drawn(points: bytes, kinds: bytes) -> Glyph | None:
    outline = np.frombuffer(points, dtype=np.float32).reshape(-1, 2)
    return _raster(_edges(outline, np.frombuffer(kinds, dtype=np.int8)))


def _edges(points: Singles, kinds: npt.NDArray[np.int8]) -> Singles:
    """Lines (n, 4: x and y of both ends) of closed outlines; each point begins where the one before it ends."""
    moves = np.flatnonzero(kinds == pdfium.FPDF_SEGMENT_MOVETO)
    lines = np.flatnonzero(kinds == pdfium.FPDF_SEGMENT_LINETO)
    curves = np.flatnonzero(kinds == pdfium.FPDF_SEGMENT_BEZIERTO)
    curves = curves[: len(curves) // 3 * 3 : 3]
    lasts = np.append(moves[1:], len(points)) - 1
    straight = np.hstack([points[lines - 1], points[lines]])
    closing = np.hstack([points[lasts], points[moves]])
    if not len(curves):
        return np.vstack([straight, closing])
    t, u = _CURVE[None, :, None], 1 - _CURVE[None, :, None]
    start, first, second, end = (points[curves + at][:, None] for at in (-1, 0, 1, 2))
    on_curve = u**3 * start + 3 * u * u * t * first + 3 * u * t * t * second + t**3 * end
    path = np.concatenate([start, on_curve], axis=1)
    return np.vstack([straight, closing, np.concatenate([path[:, :-1], path[:, 1:]], axis=2).reshape(-1, 4)])


def _raster(edges: Singles) -> Glyph | None:
    """Fill outlines by the rule of winding numbers that are not zero, stretched to a square."""
    across, up = edges[:, [0, 2]], edges[:, [1, 3]]
    left, bottom = across.min(), up.min()
    width, height = float(across.max() - left), float(up.max() - bottom)
    if width <= 0 or height <= 0:
        return None
    cells = SIDE * _SAMPLES
    x, y = (across - left) * (cells / width), (up - bottom) * (cells / height)
    rows = np.arange(cells, dtype=np.float32) + 0.5
    edge, row = np.nonzero((rows >= y.min(axis=1)[:, None]) & (rows < y.max(axis=1)[:, None]))
    rise = y[edge, 1] - y[edge, 0]
    crossing = x[edge, 0] + (rows[row] - y[edge, 0]) / rise * (x[edge, 1] - x[edge, 0])
    column = np.clip(np.ceil(crossing - 0.5).astype(np.int64), 0, cells)
    turns = np.bincount(row * (cells + 1) + column, weights=np.sign(rise), minlength=cells * (cells + 1))
    winding = turns.reshape(cells, cells + 1).cumsum(axis=1)[:, :cells]
    inside = (np.rint(winding) != 0).reshape(SIDE, _SAMPLES, SIDE, _SAMPLES).mean(axis=(1, 3))
    return Glyph(inside[::-1].astype(np.float32), float(np.log(width / height)))
