"""Texts in doubt for their letters: those of a font without ink, and those below a filled sign."""

import ctypes
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Booleans, PageTransform
from mistral_rag.pdf._hidden.boxes import character_boxes
from mistral_rag.pdf._hidden.doubts import Doubt
from mistral_rag.pdf._hidden.objects import PageObjects
from mistral_rag.pdf._native import bound, has_ink

NONE = Doubt(0)
_FILLED = re.compile("[\u2580-\u259f\u25a0-\u25ff\u2b1b\ue000-\uf8ff]")
"""Blocks and squares, which hide what they are set over; those of symbol fonts have codes for private use."""
_MAX_COVERS = 2_000
"""Signs whose places are compared with all letters; a page of nothing else says nothing."""
object_of = bound(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, 2)
_font_of = bound(pdfium.FPDFTextObj_GetFont, ctypes.c_void_p, 1)
_is_embedded = bound(pdfium.FPDFFont_GetIsEmbedded, ctypes.c_int, 1)


def doubts_by_letter(
    text_page: Any,
    objects: PageObjects,
    firsts: Sequence[int],
    text: str,
    index: Sequence[int],
    transform: PageTransform,
) -> dict[int, Doubt]:
    """Texts in doubt for their letters: those of a font without ink, and those below a filled sign.

    `firsts` are PDFium's indices of the first letters of words, `index` those of all characters of `text`.
    """
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    empty = ~has_ink(text_page, firsts)
    doubts = dict.fromkeys(_inkless(handle, firsts, empty), Doubt.FAINT) if empty.any() else {}
    covers = [] if text.isascii() else [index[sign.start()] for sign in _FILLED.finditer(text)]
    if covers and len(covers) <= _MAX_COVERS:
        shapes = np.array(list(character_boxes(text_page, covers, transform).values()))
        letters = [
            at for at, character in zip(index, text, strict=True) if character > " " and not _FILLED.match(character)
        ]
        boxes = np.array(list(character_boxes(text_page, letters, transform).values())).reshape(-1, 4)
        for shape in shapes:
            over = (boxes[:, :2] < shape[2:]).all(axis=1) & (shape[:2] < boxes[:, 2:]).all(axis=1)
            doubts |= {object_of(handle, letters[at]) or 0: Doubt.COVERED for at in np.flatnonzero(over).tolist()}
    return {owner: objects.doubts.get(owner, NONE) | doubt for owner, doubt in doubts.items() if owner}


def _inkless(handle: int | None, letters: Sequence[int], empty: Booleans) -> set[int]:
    """Texts of the fonts in the file that draw none of these letters.

    A font that is not in the file draws what the machine has, and one that draws some of its letters is damaged.
    """
    texts = [object_of(handle, at) or 0 for at in letters]
    fonts = [_font_of(text) if text else 0 for text in texts]
    drawing = {font for font, none in zip(fonts, empty.tolist(), strict=True) if not none}
    inkless = {font for font in set(fonts) - drawing if font and _is_embedded(font) == 1}
    return {text for text, font in zip(texts, fonts, strict=True) if font in inkless}
