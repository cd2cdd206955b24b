"""Names of the members of ZIP archives, of which most do not say what charset they are in."""

import re
import zipfile
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from mistral_rag.errors import ParseError
from mistral_rag.text import decode_text

_SAYS_UTF8: Final = 0x800
_IBM_PC: Final = "cp437"
_WESTERN: Final = frozenset({"ascii", "utf-8", "cp1252"})
_MAX_NAMES: Final = 1 << 16
"""Bytes of names by which their charset is told."""
_EVERYDAY: Final[Mapping[str, re.Pattern[bytes]]] = MappingProxyType(
    {
        # KS X 1001: the 2,350 syllables
        "cp949": re.compile(rb"[\xa1\xa3][\xa1-\xfe]|[\xb0-\xc8][\xa1-\xfe]"),
        # JIS X 0208: letters, kana, and the 2,965 characters of level 1
        "cp932": re.compile(rb"\x81[\x40-\xfc]|\x82[\x4f-\xf1]|\x83[\x40-\x96]|[\x88-\x97][\x40-\xfc]|\x98[\x40-\x72]"),
        # GB 2312: the 3,755 characters of level 1
        "gb18030": re.compile(rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]"),
        # Big5: the 5,401 characters of level 1
        "big5": re.compile(rb"[\xa1-\xa3\xa4-\xc6][\x40-\x7e\xa1-\xfe]"),
    }
)
"""Signs of two bytes that names are made of, by charset: punctuation, full-width letters, and what all write.

Fewest signs first: of two charsets that have all signs of some names, the smaller one is the likelier.
"""
_CYRILLIC_WORDS: Final = re.compile(r"[А-яЁё]{2,}")
_DOS_CYRILLIC: Final = "cp866"
_MIN_EVERYDAY: Final = 0.9
"""Share of them among all signs beyond ASCII. Characters of level 2 are one of a hundred in running Japanese."""
_MIN_TOGETHER: Final = 0.5
"""Share that has another one beside it. In "Köln" the bytes of "öl" are such a sign, between two ASCII letters."""


def zip_name(entry: zipfile.ZipInfo, *, charset: str) -> str:
    """The name of an entry; where the archive does not say that it is UTF-8, bytes that are read as UTF-8 all the same.

    The standard's charset for other names is that of the IBM PC (APPNOTE, appendix D), which few programs write.
    """
    if entry.flag_bits & _SAYS_UTF8:
        return entry.filename
    name = _bytes_of(entry)
    for encoding in ("utf-8", charset):
        try:
            return name.decode(encoding)
        except UnicodeError:
            continue
    return entry.filename


def charset_of_names(entries: Sequence[zipfile.ZipInfo]) -> str:
    """The charset of names that are no UTF-8, told by all of them together.

    Windows writes that of the system's country. What looks Western stays in the charset of the standard, from which
    that of Windows' own file names there differs in few letters.
    """
    names = (_bytes_of(entry) for entry in entries if not entry.flag_bits & _SAYS_UTF8)
    beyond = b"\n".join(name for name in names if not name.isascii())[:_MAX_NAMES]
    if east_asian := next((charset for charset in _EVERYDAY if _fits(beyond, charset)), None):
        return east_asian
    try:
        found = decode_text(beyond)
    except ParseError:
        return _IBM_PC
    if not found.doubt and found.charset not in _WESTERN:
        return found.charset
    return _DOS_CYRILLIC if _is_cyrillic(beyond.decode(_DOS_CYRILLIC)) else _IBM_PC


def _is_cyrillic(text: str) -> bool:
    """True when all words beyond ASCII are Cyrillic from end to end: of "Köln" one letter would be."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    whole = [word for word in words if _CYRILLIC_WORDS.fullmatch(word)]
    return bool(whole) and len(whole) == len(words) and sum(map(len, whole)) == sum(not char.isascii() for char in text)


def _fits(names: bytes, charset: str) -> bool:
    try:
        text = names.decode(charset)
    except UnicodeError:
        return False
    # the last one stands before the first, too
    kinds = [*(_is_everyday(char, charset) for char in text), False]
    beyond = sum(not char.isascii() for char in text)
    together = sum(kind and (kinds[at - 1] or kinds[at + 1]) for at, kind in enumerate(kinds[:-1]))
    everyday = sum(kinds)
    return beyond > 0 and everyday >= _MIN_EVERYDAY * beyond and together >= _MIN_TOGETHER * everyday


def _is_everyday(char: str, charset: str) -> bool:
    return not char.isascii() and bool(_EVERYDAY[charset].fullmatch(char.encode(charset)))


def _bytes_of(entry: zipfile.ZipInfo) -> bytes:
    try:
        return entry.filename.encode(_IBM_PC)
    except UnicodeError:
        return b""
