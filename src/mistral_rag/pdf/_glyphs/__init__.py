"""Characters of a page as they are printed: doubles dropped, order and blanks by geometry."""

import ctypes
from typing import Any

import pypdfium2.raw as pdfium

from mistral_rag.pdf._glyphs.blanks import mend_blanks
from mistral_rag.pdf._glyphs.clusters import say_once
from mistral_rag.pdf._glyphs.doubles import drop_doubles
from mistral_rag.pdf._glyphs.hyphens import printed_hyphens
from mistral_rag.pdf._glyphs.leftward import in_reading_order
from mistral_rag.pdf._glyphs.page import Glyphs, Pairs
from mistral_rag.pdf._native import bound

__all__ = ["Glyphs", "as_printed"]

_is_generated = bound(pdfium.FPDFText_IsGenerated, ctypes.c_int, 2)


def as_printed(glyphs: Glyphs, text_page: Any) -> tuple[Glyphs, Pairs]:
    """Glyphs of an open text page as a reader sees them, and the neighbours among them."""
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    glyphs = in_reading_order(drop_doubles(say_once(printed_hyphens(glyphs, text_page), text_page), text_page))
    return mend_blanks(glyphs, lambda at: _is_generated(handle, at) == 1)
