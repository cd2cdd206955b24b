"""Rectangles on a page, and the transform from PDFium's coordinates to those of the page as a reader sees it."""

import ctypes
from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


class Rectangle(NamedTuple):
    """A box from the top left corner of the page as a reader sees it: in points, or in fractions where said."""

    left: float
    top: float
    right: float
    bottom: float


def around(boxes: Collection[Rectangle]) -> Rectangle:
    """Bounding box of `boxes` (at least one)."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return Rectangle(min(left), min(top), max(right), max(bottom))


def turned_upright(boxes: Floats, angle: int) -> Floats:
    """Turn the boxes (n, 4) of text at `angle` so that it runs to the right; any angle but a right one is left."""
    left, top, right, bottom = boxes.T
    turned = {90: (top, -right, bottom, -left), 180: (-right, -bottom, -left, -top), 270: (-bottom, left, -top, right)}
    return np.stack(turned[angle], axis=1) if angle in turned else boxes


class PageTransform(NamedTuple):
    """Maps PDFium's page coordinates to points on the page as a reader sees it, rotation and crop applied."""

    width: float
    height: float
    rotation: int
    matrix: tuple[float, float, float, float, float, float]

    @classmethod
    def of(cls, page: Any) -> "PageTransform":
        """Measure the transform of a loaded page."""
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        # PDFium gives no matrix, only whole device pixels: three points on a
        # large device give the matrix to a thousandth of a point
        reach, size = 1000.0, 1_000_000
        x, y = ctypes.c_int(), ctypes.c_int()
        points = []
        for across, up in ((0.0, 0.0), (reach, 0.0), (0.0, reach)):
            pdfium.FPDF_PageToDevice(page, 0, 0, size, size, 0, across, up, ctypes.byref(x), ctypes.byref(y))
            points.append((x.value / size * width, y.value / size * height))
        (e, f), (ax, ay), (bx, by) = points
        a, b, c, d = (ax - e) / reach, (ay - f) / reach, (bx - e) / reach, (by - f) / reach
        return cls(width, height, pdfium.FPDFPage_GetRotation(page) * 90, (a, b, c, d, e, f))

    def boxes(self, ends: Floats) -> Floats:
        """Boxes (n, 4) of words as a reader sees them, from those of their first and last characters (n, 2, 4)."""
        a, b, c, d, e, f = self.matrix
        if ends.shape[1] == 1:
            left, top, right, bottom = ends[:, 0].T
        else:
            left, right = ends[:, :, 0].min(axis=1), ends[:, :, 2].max(axis=1)
            top, bottom = ends[:, :, 1].max(axis=1), ends[:, :, 3].min(axis=1)
        x0, x1 = a * left + c * bottom + e, a * right + c * top + e
        y0, y1 = b * left + d * bottom + f, b * right + d * top + f
        return np.stack([np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)], axis=1)

    def shows(self, boxes: Floats) -> Booleans:
        """Mask (n) of the boxes at least half of which lies on the page a reader sees."""
        left, top, right, bottom = boxes.T
        across = np.minimum(right, self.width) - np.maximum(left, 0)
        down = np.minimum(bottom, self.height) - np.maximum(top, 0)
        shown: Booleans = (across > 0) & (down > 0) & (2 * across * down >= (right - left) * (bottom - top))
        return shown
