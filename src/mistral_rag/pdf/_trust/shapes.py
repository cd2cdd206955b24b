"""Shapes of letters and digits against the characters that a text layer takes them for.

The standard fonts inside PDFium are the reference: no font of the machine and no data file is needed.
"""

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.pdf._trust.outlines import SIDE, Glyph, Singles, glyph_of

_FONTS = (
    b"Helvetica",
    b"Helvetica-Bold",
    b"Helvetica-Oblique",
    b"Times-Roman",
    b"Times-Bold",
    b"Times-Italic",
    b"Times-BoldItalic",
    b"Courier",
    b"Courier-Bold",
)
DIGITS = frozenset("0123456789")
_ASCII = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LATIN = "".join(chr(at) for at in range(0xC0, 0x100) if at not in (0xD7, 0xF7))
_TWINS = dict(zip("АВЕКМНОРСТХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo", strict=True))
"""Cyrillic and Greek letters that look like a Latin one."""
JUDGED = frozenset(_ASCII + _LATIN) | _TWINS.keys()
"""Characters whose shape is known."""
_ALIKE = ("0OØ", "1lIi", "Bß", "DÐ", "PÞ", "UV", "AO")
"""Characters that some type designs draw alike."""
_STRETCH_WEIGHT = 0.25
MAX_OWN = 0.6
MIN_OTHER = 0.7
MIN_MARGIN = 0.15
"""A letter contradicts its character when it is less like it than the first, more like another than the second, and
the difference is more than the third. Of 13,000 glyphs in 315 fonts of filings, papers and odd files, 6 do."""
MIN_DIGIT_MARGIN = 0.1
"""Digits have ten shapes only: the better one is right. Of 167 fonts with digits one has a digit that contradicts."""


class Likeness(NamedTuple):
    """Likeness (at most 1) of a glyph to the character it is taken for, and to the other character most like it.

    The others of a digit are digits, unless it is not like a digit at all.
    """

    own: float
    other: float
    looks_like: str
    is_digit: bool

    @property
    def contradicts(self) -> bool:
        """True when the glyph is another character than the text says."""
        if self.is_digit and self.looks_like in DIGITS:
            return self.other >= max(MIN_OTHER, self.own + MIN_DIGIT_MARGIN)
        return self.own < MAX_OWN and self.other >= max(MIN_OTHER, self.own + MIN_MARGIN)


class _Reference(NamedTuple):
    vectors: Singles
    stretches: Singles
    labels: npt.NDArray[np.str_]
    is_digit: npt.NDArray[np.bool_]


def likenesses(glyphs: Sequence[tuple[str, Glyph]]) -> list[Likeness]:
    """Likeness of each glyph to the character it is taken for; the characters are among `JUDGED`."""
    if not glyphs:
        return []
    reference = _reference()
    vectors = _vectors([glyph.raster for _, glyph in glyphs])
    stretches = np.array([glyph.stretch for _, glyph in glyphs], dtype=np.float32)
    scores = vectors @ reference.vectors.T
    scores -= _STRETCH_WEIGHT * np.abs(stretches[:, None] - reference.stretches)
    found = []
    for (character, _), row in zip(glyphs, scores, strict=True):
        own = _own(character)
        others = np.where(own, -np.inf, row)
        best = int(others.argmax())
        is_digit = character in DIGITS
        if is_digit and row[own].max() >= MAX_OWN:
            best = int(np.where(reference.is_digit, others, -np.inf).argmax())
        found.append(Likeness(float(row[own].max()), float(others[best]), str(reference.labels[best]), is_digit))
    return found


@cache
def _own(character: str) -> npt.NDArray[np.bool_]:
    """Mask of the reference glyphs that a character may look like: small capitals look like capitals."""
    twin = _TWINS.get(character, character)
    alike = {twin, twin.lower(), twin.upper()}
    for group in _ALIKE:
        if alike & set(group):
            alike |= {*group, *group.lower(), *group.upper()}
    return np.isin(_reference().labels, list(alike))


@cache
def _reference() -> _Reference:
    """Glyphs of the standard fonts: .2 s to draw, once a process."""
    document = pdfium.FPDF_CreateNewDocument()
    try:
        fonts = [pdfium.FPDFText_LoadStandardFont(document, name) for name in _FONTS]
        addresses = [ctypes.cast(font, ctypes.c_void_p).value or 0 for font in fonts]
        drawn = [(character, glyph_of(font, character)) for font in addresses for character in _ASCII + _LATIN]
        known = [(character, glyph) for character, glyph in drawn if glyph is not None]
        for font in fonts:
            pdfium.FPDFFont_Close(font)
    finally:
        pdfium.FPDF_CloseDocument(document)
    return _Reference(
        _vectors([glyph.raster for _, glyph in known]),
        np.array([glyph.stretch for _, glyph in known], dtype=np.float32),
        np.array([character for character, _ in known]),
        np.array([character in DIGITS for character, _ in known]),
    )


def _vectors(rasters: list[Singles]) -> Singles:
    """Rasters as vectors (n, cells) of length 1 whose products are correlations, blurred: edges differ by a cell."""
    pictures: Singles = np.stack(rasters)
    for axis in (1, 2):
        padded = np.pad(pictures, [(1, 1) if at == axis else (0, 0) for at in range(3)])
        before, middle, after = (np.take(padded, np.arange(SIDE) + at, axis=axis) for at in range(3))
        pictures = ((before + 2 * middle + after) / 4).astype(np.float32)
    flat: Singles = pictures.reshape(len(rasters), -1)
    centred: Singles = flat - flat.mean(axis=1, keepdims=True)
    lengths: Singles = np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    vectors: Singles = centred / lengths
    return vectors
