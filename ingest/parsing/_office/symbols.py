"""Signs of symbol fonts, whose codes mean nothing in any other font, as characters of Unicode."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_GREEK: Final = "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ"
SYMBOL: Final[Mapping[int, str]] = MappingProxyType(
    {
        **{0x41 + at: sign for at, sign in enumerate(_GREEK)},
        **{0x61 + at: sign for at, sign in enumerate("αβχδεφγηιϕκλμνοπθρστυϖωξψζ")},
        **{code: chr(code) for code in (*range(0x20, 0x22), 0x23, 0x25, 0x26, *range(0x28, 0x2A), *range(0x2B, 0x40))},
        0x22: "∀",
        0x24: "∃",
        0x27: "∋",
        0x2A: "∗",
        0x2D: "−",
        0x40: "≅",
        0x5B: "[",
        0x5D: "]",
        0x5E: "⊥",
        0x7E: "∼",
        0xA2: "′",
        0xA3: "≤",
        0xA4: "⁄",
        0xA5: "∞",
        0xA7: "♣",
        0xA8: "♦",
        0xA9: "♥",
        0xAA: "♠",
        0xAB: "↔",
        0xAC: "←",
        0xAD: "↑",
        0xAE: "→",
        0xAF: "↓",
        0xB0: "°",
        0xB1: "±",
        0xB2: "″",
        0xB3: "≥",
        0xB4: "×",
        0xB5: "∝",
        0xB6: "∂",
        0xB7: "•",
        0xB8: "÷",
        0xB9: "≠",
        0xBA: "≡",
        0xBB: "≈",
        0xBC: "…",
        0xC5: "⊕",
        0xC6: "∅",
        0xC7: "∩",
        0xC8: "∪",
        0xC9: "⊃",
        0xCC: "⊂",
        0xCE: "∈",
        0xCF: "∉",
        0xD1: "∇",
        0xD2: "®",
        0xD3: "©",
        0xD4: "™",
        0xD5: "∏",
        0xD6: "√",
        0xD7: "⋅",
        0xD8: "¬",
        0xD9: "∧",
        0xDA: "∨",
        0xDE: "⇒",
        0xE5: "∑",
        0xF2: "∫",
    }
)
"""Adobe's Symbol encoding, which Windows' Symbol font follows."""
WINGDINGS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x28: "☎",
        0x2A: "✉",
        0x4A: "☺",
        0x4C: "☹",
        0x6C: "●",
        0x6E: "■",
        0x6F: "□",
        0x71: "❑",
        0x76: "❖",
        0x77: "◆",
        **{0x81 + at: chr(0x2460 + at) for at in range(10)},
        0x9F: "•",
        0xA1: "○",
        0xA7: "▪",
        0xA8: "□",
        0xD8: "➢",
        0xDF: "←",
        0xE0: "→",
        0xE1: "↑",
        0xE2: "↓",
        0xE8: "➔",
        0xF0: "⇨",
        0xFB: "✗",
        0xFC: "✓",
        0xFD: "☒",
        0xFE: "☑",
    }
)
"""The signs of Wingdings that forms and lists are made with."""
_FONTS: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType({"symbol": SYMBOL, "wingdings": WINGDINGS})
_PRIVATE: Final = range(0xF000, 0xF100)
"""Where Windows puts the codes of symbol fonts."""


def symbol(font: str, code: int) -> str:
    """The sign of a font at a code; empty when nobody could say which it is."""
    plain = code - _PRIVATE.start if code in _PRIVATE else code
    signs = _FONTS.get(font.casefold())
    if signs is not None:
        return signs.get(plain, "")
    return "" if code in _PRIVATE or not 0x20 <= code <= 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)
