"""Functions of PDFium that are called hundreds of times a page."""

import ctypes
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, Floats

_MIN_INK = 0.02
"""Points: PDFium gives a shape without a size a hundredth."""


def bound(function: Any, result: Any, arguments: int) -> Callable[..., Any]:
    """A function of PDFium that takes addresses and whole numbers only: a third of the cost of a call by ctypes.

    It keeps the interpreter's lock, which is right for calls of a tenth of a microsecond.
    """
    prototype = ctypes.PYFUNCTYPE(result, *[ctypes.c_void_p] * arguments)
    return prototype(ctypes.cast(function, ctypes.c_void_p).value or 0)


class Buffer:
    """Places for what PDFium hands back by address, four bytes each."""

    def __init__(self, kind: Any, count: int) -> None:
        self.values = (kind * count)()
        start = ctypes.addressof(self.values)
        self.places = tuple(range(start, start + 4 * count, 4))


def rows_of(
    function: Callable[..., Any], addresses: Sequence[int], kind: Any, width: int, *, by_row: bool = False
) -> tuple[npt.NDArray[Any], list[int]]:
    """Values that a function gives for each address: rows (n, width) of four-byte values, zeros where it has none.

    The function takes an address for each value, or one for the whole row; its results are the second list.
    """
    rows = np.zeros((len(addresses), width), dtype=kind)
    start = rows.ctypes.data
    starts = range(start, start + 4 * (1 if by_row else width), 4)
    # a map calls without a step of the interpreter
    return rows, list(map(function, addresses, *(range(at, at + rows.nbytes, 4 * width) for at in starts)))


_loose_box = bound(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, 3)
_ink_box = bound(pdfium.FPDFText_GetCharBox, ctypes.c_int, 6)
_origin = bound(pdfium.FPDFText_GetCharOrigin, ctypes.c_int, 4)


def loose_boxes(text_page: Any, characters: Sequence[int]) -> Floats:
    """Boxes (n, 4) of characters by PDFium's index, in the height of their font: left, top, right, bottom."""
    boxes = np.zeros((len(characters), 4), dtype=np.float32)
    start = boxes.ctypes.data
    # a map calls without a step of the interpreter: a page has thousands of characters
    list(map(_loose_box, repeat(address_of(text_page)), characters, range(start, start + boxes.nbytes, 16)))
    return boxes.astype(np.float64)


def origins(text_page: Any, characters: Sequence[int]) -> Floats:
    """Points (n, 2) on the base line at which characters begin, in PDFium's coordinates."""
    points = np.zeros((len(characters), 2))
    start = points.ctypes.data
    places = range(start, start + points.nbytes, 16)
    ups = range(start + 8, start + 8 + points.nbytes, 16)
    list(map(_origin, repeat(address_of(text_page)), characters, places, ups))
    return points


def ink_boxes(text_page: Any, characters: Sequence[int]) -> Floats:
    """Boxes (n, 4) of the ink of characters: left, right, bottom, top in PDFium's coordinates; empty without ink."""
    boxes = np.zeros((len(characters), 4))
    start = boxes.ctypes.data
    sides = (range(at, at + boxes.nbytes, 32) for at in range(start, start + 32, 8))
    list(map(_ink_box, repeat(address_of(text_page)), characters, *sides))
    return boxes


def has_ink(text_page: Any, characters: Sequence[int]) -> Booleans:
    """Mask (n) of the characters whose shapes have a size, as far as their font says."""
    left, right, bottom, top = ink_boxes(text_page, characters).T
    ink: Booleans = (right - left > _MIN_INK) & (top - bottom > _MIN_INK)
    return ink


def address_of(handle: Any) -> int | None:
    """Address that a handle of PDFium stands for."""
    return ctypes.cast(handle, ctypes.c_void_p).value
