"""Words of alphabets of one byte a letter, in a short text that may be East Asian signs as well."""

import unicodedata
from typing import Final

from mistral_rag.text._mojibake import are_words

MAX_FEW: Final = 400
"""Bytes beyond ASCII up to which a text is short: of 200 signs of two bytes the detector is sure."""
MAX_BYTES: Final = 50_000
"""Bytes of a text in which so few are looked for."""
_WITH_WORDS: Final = ("cp1251", "koi8-u", "iso8859-5", "cp866", "cp1253", "iso8859-7")
"""Charsets of languages written in other letters than Latin ones, small and capital, whose words may be valid in those
of two bytes."""
_UNCASED: Final = ("cp1255", "cp1256", "cp874")
"""The same of Hebrew, Arabic and Thai, whose words are less easily told from chance."""
MIN_IN_WORDS: Final = 0.8
"""Share of what is beyond ASCII that are letters of words; the others are quotation marks."""
_ASCII: Final = bytes(range(128))


def is_short(data: bytes) -> bool:
    """True for a text with few bytes beyond ASCII."""
    return len(data) <= MAX_BYTES and len(data.translate(None, _ASCII)) <= MAX_FEW


def have_other_words(data: bytes, name: str) -> bool:
    """True when a text is words of small or capital letters, of another alphabet than the Latin one.

    Kana of EUC-JP are words in the charset of DOS for Cyrillic: "еъеєеп".
    """
    return any(_has_words(data, other) for other in _WITH_WORDS if (name, other) != ("euc_jp", "cp866"))


def _has_words(data: bytes, charset: str) -> bool:
    text = data.decode(charset, "replace")
    beyond = [char for char in text if not char.isascii()]
    in_words = sum(unicodedata.category(char)[0] in "LM" for char in beyond)
    return in_words >= MIN_IN_WORDS * len(beyond) and are_words(text)


def uncased_charsets(data: bytes) -> int:
    """Number of the charsets of Hebrew, Arabic and Thai in which a text is words."""
    return sum(_has_words(data, charset) for charset in _UNCASED)
