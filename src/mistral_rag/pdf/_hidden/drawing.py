"""Objects that draw a page, in the order of drawing, with those inside of forms."""

import ctypes
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._native import Buffer, bound, rows_of

Matrix = tuple[float, float, float, float, float, float]
Singles = npt.NDArray[np.float32]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_MAX_DEPTH = 40
"""Forms inside of forms: as many as PDFium draws, so that no text lies deeper than it is looked at."""

_type_of = bound(pdfium.FPDFPageObj_GetType, ctypes.c_int, 1)
_mode_of = bound(pdfium.FPDFTextObj_GetTextRenderMode, ctypes.c_int, 1)
_bounds_of = bound(pdfium.FPDFPageObj_GetBounds, ctypes.c_int, 5)
_corners_of = bound(pdfium.FPDFPageObj_GetRotatedBounds, ctypes.c_int, 2)
_matrix_of = bound(pdfium.FPDFPageObj_GetMatrix, ctypes.c_int, 2)
_page_objects = (
    bound(pdfium.FPDFPage_CountObjects, ctypes.c_int, 1),
    bound(pdfium.FPDFPage_GetObject, ctypes.c_void_p, 2),
)
_form_objects = (
    bound(pdfium.FPDFFormObj_CountObjects, ctypes.c_int, 1),
    bound(pdfium.FPDFFormObj_GetObject, ctypes.c_void_p, 2),
)


class Drawing(NamedTuple):
    """Objects of a page in the order of drawing: addresses, and the matrices of those that lie in forms.

    `texts` are the places of texts, `modes` their render modes; `kinds` are the kinds of all others by place. `paths`
    are the places of paths, which several steps look at, and `path_boxes` their bounds as `boxes` gives them.
    """

    addresses: list[int]
    matrices: dict[int, Matrix]
    texts: list[int]
    modes: list[int]
    kinds: dict[int, int]
    paths: list[int]
    path_boxes: Singles

    @classmethod
    def of(cls, page: int | None) -> "Drawing":
        """The objects of a loaded page."""
        addresses = _children(page, *_page_objects)
        found = cls._sorted(addresses, {})
        if pdfium.FPDF_PAGEOBJ_FORM not in found.kinds.values():
            return found
        return cls._sorted(*_opened(addresses))

    @classmethod
    def _sorted(cls, addresses: list[int], matrices: dict[int, Matrix]) -> "Drawing":
        # one call says for most objects that they are texts, and how they are drawn
        modes = list(map(_mode_of, addresses))
        texts = [at for at, mode in enumerate(modes) if mode != pdfium.FPDF_TEXTRENDERMODE_UNKNOWN]
        others = [at for at, mode in enumerate(modes) if mode == pdfium.FPDF_TEXTRENDERMODE_UNKNOWN]
        kinds = {at: _type_of(addresses[at]) for at in others}
        paths = [at for at, kind in kinds.items() if kind == pdfium.FPDF_PAGEOBJ_PATH]
        found = cls(addresses, matrices, texts, [modes[at] for at in texts], kinds, paths, np.zeros((0, 4), np.float32))
        return found._replace(path_boxes=found.boxes(paths)) if paths else found

    def of_kind(self, *kinds: int) -> list[int]:
        """Places of the objects of some kinds, none of which is text."""
        return [at for at, kind in self.kinds.items() if kind in kinds]

    def boxes(self, places: Sequence[int]) -> Singles:
        """Bounds of objects on the page (n, 4): left, bottom, right, top in PDFium's coordinates."""
        boxes, _ = rows_of(_bounds_of, [self.addresses[at] for at in places], np.float32, 4)
        return self._on_page(places, boxes)

    def text_boxes(self, places: Sequence[int]) -> Singles:
        """Bounds of texts, as `boxes` gives them."""
        # four corners by one address take half the time of four sides by four addresses
        corners, _ = rows_of(_corners_of, [self.addresses[at] for at in places], np.float32, 8, by_row=True)
        xs, ys = corners[:, ::2], corners[:, 1::2]
        return self._on_page(places, np.stack([xs.min(axis=1), ys.min(axis=1), xs.max(axis=1), ys.max(axis=1)], axis=1))

    def _on_page(self, places: Sequence[int], boxes: Singles) -> Singles:
        if self.matrices:
            for row, at in enumerate(places):
                if at in self.matrices:
                    boxes[row] = _turned(boxes[row].tolist(), self.matrices[at])
        return boxes


def _children(parent: int | None, count: Callable[..., int], get: Callable[..., int]) -> list[int]:
    return list(map(get, repeat(parent), range(count(parent))))


def _opened(addresses: Sequence[int]) -> tuple[list[int], dict[int, Matrix]]:
    """Objects with those inside of forms behind their form, and the matrices of the latter."""
    found: list[int] = []
    matrices: dict[int, Matrix] = {}
    stack = [(iter(addresses), IDENTITY)]
    while stack:
        children, matrix = stack[-1]
        for child in children:
            if len(stack) > 1:
                matrices[len(found)] = matrix
            found.append(child)
            if len(stack) < _MAX_DEPTH and _type_of(child) == pdfium.FPDF_PAGEOBJ_FORM:
                stack.append((iter(_children(child, *_form_objects)), times(matrix_of(child), matrix)))
                break
        else:
            stack.pop()
    return found, matrices


def matrix_of(address: int) -> Matrix:
    """The matrix of an object; zeros for one that has none."""
    buffer = Buffer(ctypes.c_float, 6)
    _matrix_of(address, buffer.places[0])
    a, b, c, d, e, f = buffer.values
    return a, b, c, d, e, f


def times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does both, one after the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _turned(box: Sequence[float], matrix: Matrix) -> list[float]:
    left, bottom, right, top = box
    a, b, c, d, e, f = matrix
    xs = [a * x + c * y + e for x in (left, right) for y in (bottom, top)]
    ys = [b * x + d * y + f for x in (left, right) for y in (bottom, top)]
    return [min(xs), min(ys), max(xs), max(ys)]
