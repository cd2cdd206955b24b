"""Boxes to tick and bullets of fonts of dingbats, whose text layer has the letters of their codes: "o" for a box."""

import ctypes
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pypdfium2.raw as pdfium

_WINGDINGS: Final = {
    **dict.fromkeys("oqr¨", "☐"),
    **dict.fromkeys("xý", "☒"),
    "þ": "☑",
    "û": "✗",
    "ü": "✓",
    "l": "●",
    "n": "■",
    "v": "❖",
    "§": "▪",
    "Ø": "➢",
}
_WINGDINGS_2: Final = {**dict.fromkeys("*£", "☐"), **dict.fromkeys("QST", "☒"), "R": "☑", "O": "✗", "P": "✓"}
_ZAPF: Final = {
    **dict.fromkeys("opqr", "☐"),
    **dict.fromkeys("34", "✓"),
    **dict.fromkeys("5678", "✗"),
    "l": "●",
    "n": "■",
}
_FONTS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"wingdings": _WINGDINGS, "wingdings2": _WINGDINGS_2, "zapfdingbats": _ZAPF}
)
"""What the fonts draw for a code (Microsoft's and Adobe's tables), by name in small letters without its ending."""
_PRIVATE: Final = 0xF000
"""Where symbol fonts have their codes, if nothing says what these mean."""
_LETTERS: Final = frozenset(letter for signs in _FONTS.values() for letter in signs)
_MAY_BE: Final = _LETTERS | {chr(_PRIVATE + ord(letter)) for letter in _LETTERS}
_MAX_NAME: Final = 128


def with_dingbats(text_page: Any, words: list[str], spans: Sequence[tuple[int, int]]) -> list[str]:
    """The words, with the signs that are drawn for those of one letter in a font of dingbats.

    `spans` are PDFium's indices of the first and the last character of each.
    """
    drawn = {
        at: sign
        for at, word in enumerate(words)
        if word in _MAY_BE and (sign := _drawn(word, _font_name(text_page, spans[at][0])))
    }
    return [drawn.get(at, word) for at, word in enumerate(words)] if drawn else words


def _drawn(letter: str, font: str) -> str:
    return _FONTS.get(font, {}).get(chr(ord(letter) & 0xFF), "")


def _font_name(text_page: Any, letter: int) -> str:
    """Name of the font of a letter, without the tag of a subset and the name of its style."""
    buffer, flags = ctypes.create_string_buffer(_MAX_NAME), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text_page, letter, buffer, _MAX_NAME, ctypes.byref(flags))
    name = buffer.value.decode("utf-8", "replace").rpartition("+")[2].lower()
    return name.replace("itc", "").replace(" ", "").replace("-", "").removesuffix("regular")
