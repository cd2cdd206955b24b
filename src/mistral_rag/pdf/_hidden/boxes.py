"""Boxes of single characters as a reader sees them."""

from collections.abc import Sequence
from typing import Any

from mistral_rag.pdf._geometry import Floats, PageTransform
from mistral_rag.pdf._native import loose_boxes

Letter = tuple[int, str]
"""PDFium's index of a character, and the character."""


def character_boxes(text_page: Any, characters: Sequence[int], transform: PageTransform) -> dict[int, Floats]:
    """Boxes of characters as a reader sees them, in points."""
    ends = loose_boxes(text_page, characters).reshape(-1, 1, 4)
    return dict(zip(characters, transform.boxes(ends), strict=True))
