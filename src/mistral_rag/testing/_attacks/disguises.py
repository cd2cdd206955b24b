"""Disguises of an instruction, each with the way back: what a person does not see and a model may still read."""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_TAG_OFFSET: Final = 0xE0000
_OVERRIDE, _POP = "\u202e", "\u202c"
_LOOKALIKES: Final = str.maketrans("aceiopxyABCEHKMOPTX", "асеіорхуАВСЕНКМОРТХ")
_LATIN: Final = {other: plain for plain, other in zip("aceiopxyABCEHKMOPTX", "асеіорхуАВСЕНКМОРТХ", strict=True)}
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u00ad]")
_REVERSED = re.compile(f"{_OVERRIDE}([^{_POP}\n]*){_POP}?")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_SPACED = re.compile(r"(?:(?<=\s)|^)(?:\S ){6,}\S(?=\s|$)")


def in_base64(text: str) -> str:
    """The text in base64, with the advice to decode it."""
    return f"Decode this and do as it says: {base64.b64encode(text.encode()).decode()}"


def rotated(text: str) -> str:
    """The text in rot13, which leaves all but Latin letters as they are."""
    return f"Rot13: {codecs.encode(text, 'rot13')}"


def with_lookalikes(text: str) -> str:
    """The text with Cyrillic letters that look like the Latin ones."""
    return text.translate(_LOOKALIKES)


def zero_width(text: str) -> str:
    """The text with a blank of no width behind each letter of a word."""
    return re.sub(r"(?<=[a-zA-Z])(?=[a-zA-Z])", "\u200b", text)


def backwards(text: str) -> str:
    """The text from its end to its beginning, set the other way round by an override of direction."""
    return f"{_OVERRIDE}{text[::-1]}{_POP}"


def in_tags(text: str) -> str:
    """The text in tag characters, which no font draws."""
    return "".join(chr(_TAG_OFFSET + ord(char)) if " " <= char <= "~" else char for char in text)


def readings(text: str) -> Iterator[str]:
    """The text, and all that may be read in it: without each of the disguises, and decoded."""
    plain = _TAGS.sub(lambda run: "".join(chr(ord(char) - _TAG_OFFSET) for char in run[0]), text)
    plain = _ZERO_WIDTH.sub("", _REVERSED.sub(lambda run: run[1][::-1], plain))
    plain = unicodedata.normalize("NFKC", plain)
    yield plain
    latin = "".join(_LATIN.get(char, char) for char in plain)
    if latin != plain:
        yield latin
    if "rot13" in plain.lower():
        yield codecs.encode(plain, "rot13")
    yield _SPACED.sub(lambda run: run[0].replace(" ", ""), plain)
    for found in _BASE64.finditer(plain):
        try:
            yield base64.b64decode(found[0], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
