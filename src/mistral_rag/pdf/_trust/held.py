"""Fonts of an open document that stay loaded, so that an address is one font from page to page."""

import ctypes
from typing import Any, Final

import pypdfium2.raw as pdfium

from mistral_rag.pdf._native import bound

MAX_FONTS: Final = 100
MAX_BYTES: Final = 16_000_000
"""Size of the programs of the fonts that are held: those of Chinese have 10 MB, others 30 to 300 kB."""

_font_of = bound(pdfium.FPDFTextObj_GetFont, ctypes.c_void_p, 1)


class HeldFonts:
    """Fonts that PDFium would drop with the last page that uses them, and give their addresses to others.

    A text that is on no page holds each.
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self._texts: list[Any] = []
        self._bytes = 0

    def hold(self, font: int, size: int) -> bool:
        """Keep a font by address, with a program of `size` bytes; False when there are too many."""
        if len(self._texts) >= MAX_FONTS or self._bytes + size > MAX_BYTES:
            return False
        text = pdfium.FPDFPageObj_CreateTextObj(self._document, ctypes.cast(font, pdfium.FPDF_FONT), 1.0)
        if not text:
            return False
        self._texts.append(text)
        self._bytes += size
        return bool(_font_of(ctypes.cast(text, ctypes.c_void_p).value) == font)

    def close(self) -> None:
        """Let go of all fonts, before the document is closed."""
        for text in self._texts:
            pdfium.FPDFPageObj_Destroy(text)
        self._texts.clear()
