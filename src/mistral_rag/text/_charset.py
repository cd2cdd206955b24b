"""Bytes of text files into text: byte order marks, declared charsets, and guesses in a fixed order."""

import codecs
import re
from pathlib import Path

from mistral_rag.errors import ParseError

LARGEST = 50_000_000
HEAD = 8192
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DECLARED = re.compile(
    rb"""<\?xml[^>]{0,80}\bencoding=["']([\w:.-]{1,40})|<meta[^>]{0,200}\bcharset\s*=\s*["']?\s*([\w:.-]{1,40})""",
    re.IGNORECASE,
)
WESTERN = frozenset({"ascii", "iso8859-1", "cp1252"})
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


def read_text(path: Path, *, markup: bool = False) -> str:
    """The text of a file; with `markup`, a charset that the file itself declares counts.

    Raises `ParseError` when the file is larger than 50 MB, or is no text.
    """
    size = path.stat().st_size
    if size > LARGEST:
        raise ParseError(f"the file has {size / 1e6:.0f} MB; text files are read up to {LARGEST / 1e6:.0f} MB")
    return decode(path.read_bytes(), markup=markup)


def decode(data: bytes, *, markup: bool = False) -> str:
    """Text of `data`: by its byte order mark, its declared charset, as UTF-8, UTF-16, or at last Windows-1252."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    if guess := _zero_pattern(data[:HEAD]):
        return data.decode(guess, "replace")
    if _is_binary(data[:HEAD]):
        raise ParseError("the file is no text: it is full of control characters")
    declared = _declared(data[:HEAD]) if markup else None
    for charset in filter(None, (declared, "utf-8")):
        if (text := _strictly(data, charset)) is not None:
            return text
    lenient = data.decode("utf-8", "replace")
    return lenient if _nearly_utf8(lenient) else data.decode("cp1252", "replace")


def _zero_pattern(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of mostly Latin text is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) < 0.3 * len(head) / 2:
        return None
    if min(even, odd) > 0.05 * len(head) / 2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_binary(head: bytes) -> bool:
    return len(head) - len(head.translate(None, CONTROLS)) > max(8, 0.05 * len(head))


def _declared(head: bytes) -> str | None:
    """The charset a page names; Western ones are not believed before UTF-8 was tried."""
    if (found := DECLARED.search(head)) is None:
        return None
    try:
        name = codecs.lookup((found[1] or found[2]).decode("ascii")).name
    except LookupError:
        return None
    return None if name in WESTERN or name.startswith(("utf-16", "utf-32")) else name


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (UnicodeError, LookupError):
        return None


def _nearly_utf8(text: str) -> bool:
    """A few broken bytes in a UTF-8 file; in other charsets most of the letters beyond ASCII are broken."""
    broken = text.count("\ufffd")
    whole = sum(not char.isascii() for char in text) - broken
    return whole > 2 * broken
