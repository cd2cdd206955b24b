"""Hyphens as printed: soft ones that are drawn, and those that PDFium takes for a line's end."""

from typing import Any

from mistral_rag.pdf._glyphs.page import HYPHEN, Glyphs, inked_after
from mistral_rag.pdf._native import has_ink

SOFT = "\u00ad"
_MIN_OVERLAP = 0.5
"""Share of its height that what follows a hyphen on the same line has in common with it."""
_MAX_BACK = 0.5
"""Of a line's height, by which letters that follow a hyphen may begin before its end."""


def printed_hyphens(glyphs: Glyphs, text_page: Any) -> Glyphs:
    """Glyphs with a hyphen for each soft one that is drawn; PDFium's mark of a line's end stands at line ends only.

    A soft hyphen without ink stays what it is.
    """
    text = glyphs.text
    if SOFT not in text and HYPHEN not in text:
        return glyphs
    letters = list(text)
    for at, letter in enumerate(letters):
        if (letter == SOFT and has_ink(text_page, [glyphs.indices[at]])[0]) or (
            letter == HYPHEN and _goes_on(glyphs, at)
        ):
            letters[at] = "-"
    return glyphs._replace(text="".join(letters))


def _goes_on(glyphs: Glyphs, at: int) -> bool:
    """True when what follows stands right of a hyphen, on its line."""
    after = inked_after(glyphs.text, at)
    if after is None or glyphs.aslant[at] or glyphs.aslant[after]:
        return False
    _, top, right, bottom = glyphs.upright[at].tolist()
    next_left, next_top, _, next_bottom = glyphs.upright[after].tolist()
    height = min(bottom - top, next_bottom - next_top)
    common = min(bottom, next_bottom) - max(top, next_top)
    return bool(common >= _MIN_OVERLAP * height > 0 and next_left >= right - _MAX_BACK * height)
