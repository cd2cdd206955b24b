"""Text of others made harmless for a terminal, a log or a JSON line."""

from __future__ import annotations

import re

# Characters that move a cursor, hide or reorder text, or are seen by machines alone: controls (C0, DEL, C1),
# zero-width ones (200B, 2060-2064, FEFF, 180E), directions (061C, 200E-F, 202A-E, 2066-206F), separators of lines and
# paragraphs (2028-9), interlinear annotation (FFF9-B), noncharacters, shorthand and musical format controls, tags, lone
# surrogates.
_HARMFUL = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufdd0-\ufdef\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    "\U000e01f0-\U000e0fff"
)
# Joiners are part of the spelling in the scripts from Syriac and Arabic to Khmer and Mongolian, and of an emoji;
# anywhere else nobody sees them. The same holds of the selectors of variants behind anything but a visible character.
_JOINED = "\u0600-\u18af\ua800-\uabff\U00010a00-\U00011fff"
_EMOJI = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_STRAY = (
    rf"(?<![{_JOINED}{_EMOJI}])[\u200c\u200d]|(?<=[{_EMOJI}])\u200c|(?<=[{_EMOJI}])\u200d(?![{_EMOJI}])"
    r"|(?<![^\s\u200c\u200d\ufe00-\ufe0f])[\ufe00-\ufe0f]|(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
    r"[\U000e0100-\U000e01ef]"
)
_REPLACED = re.compile(rf"[{_HARMFUL}]|{_STRAY}")
# A soft hyphen and a grapheme joiner show nothing, steer nothing, and are common in words of web pages.
_DROPPED = str.maketrans("", "", "\u00ad\u034f")
_BREAKS = re.compile(r"[\t\n\x0b-\r\x1c-\x1e\x85\u2028\u2029]+")
_IN_JSON = re.compile(rf"[{_HARMFUL}\u00ad\u034f]|{_STRAY}")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def printable(text: str) -> str:
    """The text with U+FFFD for each character that could steer a terminal or that nobody sees.

    Newlines and tabs stay. Joiners stay inside words of the scripts that need them, and in emoji.
    """
    if text.isascii() and text.isprintable():
        return text
    return _REPLACED.sub("\ufffd", text.replace("\r\n", "\n").translate(_DROPPED))


def one_line(text: str) -> str:
    """`printable` text whose tabs and line breaks, of every kind, are single spaces."""
    return printable(_BREAKS.sub(" ", text))


def harmless_json(text: str, *, ascii_only: bool = False) -> str:
    """JSON with escapes for what `printable` replaces; it means the same. `ascii_only`: for all beyond ASCII, too."""
    pattern = _NOT_ASCII if ascii_only else _IN_JSON
    return pattern.sub(lambda found: _escaped(found[0]), text) if not text.isascii() or "\x7f" in text else text


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
