"""Names of the members of ZIP archives, of which most do not say what charset they are in."""

import re
import zipfile
from collections.abc import Sequence
from typing import Final

from mistral_rag.errors import ParseError
from mistral_rag.text import decode_text, east_asian_charsets

_SAYS_UTF8: Final = 0x800
_IBM_PC: Final = "cp437"
_WESTERN: Final = frozenset({"ascii", "utf-8", "cp1252"})
_MAX_NAMES: Final = 1 << 16
"""Bytes of names by which their charset is told."""
_CYRILLIC_WORDS: Final = re.compile(r"[А-яЁё]{2,}")
_DOS_CYRILLIC: Final = "cp866"


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
    if east_asian := east_asian_charsets(beyond):
        return east_asian[0]
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


def _bytes_of(entry: zipfile.ZipInfo) -> bytes:
    try:
        return entry.filename.encode(_IBM_PC)
    except UnicodeError:
        return b""
