"""Texts in doubt for their letters: those of a font without ink, and those below a filled sign."""

import ctypes
import re
from collections.abc import Sequence
from itertools import repeat
from typing import Any

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import PageTransform
from mistral_rag.pdf._hidden.boxes import character_boxes
from mistral_rag.pdf._hidden.doubts import Doubt
from mistral_rag.pdf._hidden.objects import PageObjects
from mistral_rag.pdf._native import address_of, bound, has_ink

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
    doubts = dict.fromkeys(_inkless(text_page, firsts), Doubt.FAINT)
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


def _inkless(text_page: Any, letters: Sequence[int]) -> set[int]:
    """Texts of the fonts in the file that draw none of these letters.

    A font that is not in the file draws what the machine has, and one that draws some of its letters is damaged.
    """
    texts = list(map(object_of, repeat(address_of(text_page)), letters))
    font_of = {text: _font_of(text) or 0 for text in set(texts) if text}
    # a letter of each text, and one of each font
    of_text = dict(zip(texts, letters, strict=True))
    of_font = {font: of_text[text] for text, font in font_of.items() if font}
    # a letter of nearly all fonts has ink: the others are not asked for
    draws = has_ink(text_page, list(of_font.values())).tolist()
    inkless = set()
    for font in (font for font, drawn in zip(of_font, draws, strict=True) if not drawn and _is_embedded(font) == 1):
        mine = [letter for letter, text in zip(letters, texts, strict=True) if font_of.get(text) == font]
        if not has_ink(text_page, mine).any():
            inkless.add(font)
    return {text for text, font in font_of.items() if font in inkless}
