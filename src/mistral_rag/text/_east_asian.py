"""Charsets of Chinese, Japanese and Korean, told by the signs of two bytes that all write.

docs/adr/0118 has the reasons and the figures for names, docs/adr/0059 those for short texts.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_EVERYDAY: Final[Mapping[str, re.Pattern[bytes]]] = MappingProxyType(
    {
        # KS X 1001: the 2,350 syllables
        "cp949": re.compile(rb"[\xa1\xa3][\xa1-\xfe]|[\xb0-\xc8][\xa1-\xfe]"),
        # JIS X 0208: letters, kana, and the 2,965 characters of level 1
        "cp932": re.compile(rb"\x81[\x40-\xfc]|\x82[\x4f-\xf1]|\x83[\x40-\x96]|[\x88-\x97][\x40-\xfc]|\x98[\x40-\x72]"),
        # the same ones; what has no kana is taken for one of the others
        "euc_jp": re.compile(rb"[\xa1\xa3-\xa5\xb0-\xcf][\xa1-\xfe]"),
        # GB 2312: the 3,755 characters of level 1
        "gb18030": re.compile(rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]"),
        # Big5: the 5,401 characters of level 1
        "big5": re.compile(rb"[\xa1-\xa3\xa4-\xc6][\x40-\x7e\xa1-\xfe]"),
    }
)
"""Signs of two bytes that texts are made of, by charset: punctuation, full-width letters, and what all write.

Fewest signs first: of two charsets that have all signs of a text, the smaller one is the likelier.
"""
_MIN_EVERYDAY: Final = 0.9
"""Share of them among all signs beyond ASCII. Characters of level 2 are one of a hundred in running Japanese."""
_MIN_TOGETHER: Final = 0.5
"""Share that has another one beside it. In "Köln" the bytes of "öl" are such a sign, between two ASCII letters."""


_KANA: Final = re.compile("[\u3041-\u30fa]")
_IN_WORD: Final = re.compile(r"[a-z][^\x00-\x7f]|[^\x00-\x7f][a-z]")
_SPACED: Final = re.compile(r"[^\x00-\x7f] [^\x00-\x7f]")


def east_asian_charsets(data: bytes) -> list[str]:
    """The charsets in which what is beyond ASCII are everyday signs beside each other, the likeliest first."""
    return [charset for charset in _EVERYDAY if _fits(data, charset)]


def is_in_words(text: str) -> bool:
    """True when signs stand beside small letters: they are letters of that word, in another charset."""
    return _IN_WORD.search(text) is not None


def is_spaced(text: str) -> bool:
    """True when blanks part signs, as they do in Korean; Chinese and Japanese have none."""
    return _SPACED.search(text) is not None


def _fits(data: bytes, charset: str) -> bool:
    try:
        text = data.decode(charset)
    except UnicodeError:
        return False
    # the last one stands before the first, too
    kinds = [*(_is_everyday(char, charset) for char in text), False]
    beyond = sum(not char.isascii() for char in text)
    together = sum(kind and (kinds[at - 1] or kinds[at + 1]) for at, kind in enumerate(kinds[:-1]))
    everyday = sum(kinds)
    if charset == "euc_jp" and not _KANA.search(text):
        return False
    return beyond > 0 and everyday >= _MIN_EVERYDAY * beyond and together >= _MIN_TOGETHER * everyday


def _is_everyday(char: str, charset: str) -> bool:
    return not char.isascii() and bool(_EVERYDAY[charset].fullmatch(char.encode(charset)))
