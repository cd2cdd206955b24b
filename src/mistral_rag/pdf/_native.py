"""Functions of PDFium that are called hundreds of times a page."""

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats


def bound(function: Any, result: Any, arguments: int) -> Callable[..., Any]:
    """A function of PDFium that takes addresses and whole numbers only: a third of the cost of a call by ctypes.

    It keeps the interpreter's lock, which is right for calls of a tenth of a microsecond.
    """
    prototype = ctypes.PYFUNCTYPE(result, *[ctypes.c_void_p] * arguments)
    return prototype(ctypes.cast(function, ctypes.c_void_p).value or 0)


_loose_box = bound(pdfium.FPDFText_GetLooseCharBox, ctypes.c_int, 3)


def loose_boxes(text_page: Any, characters: Sequence[int]) -> Floats:
    """Boxes (n, 4) of characters by PDFium's index, in the height of their font: left, top, right, bottom."""
    boxes = np.zeros((len(characters), 4), dtype=np.float32)
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    start = boxes.ctypes.data
    for at, box in zip(characters, range(start, start + boxes.nbytes, boxes.itemsize * 4), strict=True):
        _loose_box(handle, at, box)
    return boxes.astype(np.float64)
