"""Bytes of text files into text: byte order marks, declared charsets, UTF-8, and chardet for all else.

docs/adr/0059 has the figures. Names of charsets mean what browsers take them for (WHATWG Encoding Standard): gb2312
is GBK, iso-8859-1 is Windows-1252.
"""

import codecs
import re
from pathlib import Path
from typing import Final

import chardet

from mistral_rag.errors import ParseError

MAX_BYTES: Final = 50_000_000
HEAD: Final = 8192
"""Bytes that may declare a charset, or show that a file is no text; browsers look at 1,024, some pages need more."""

MAX_DETECTED: Final = 50_000
"""Bytes that chardet looks at: 75 ms of work. On 5 lines it is as often right as on 40."""

MIN_CONFIDENCE: Final = 0.075
"""Below it a text has one or two signs beyond ASCII ("100 £", "§ 5"), and Windows-1252 is the better guess."""

MIN_DISPROOF: Final = 0.4
"""From this confidence on the content is believed, not what the page declares: right 373 times of 374."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED: Final = re.compile(
    rb"""<\?xml[^>]{0,80}\bencoding=["']([\w:.-]{1,40})|<meta[^>]{0,200}\bcharset\s*=\s*["']?\s*([\w:.-]{1,40})""",
    re.IGNORECASE,
)
_CANDIDATES: Final = frozenset(
    {
        "ascii",
        "utf-8",
        "cp932",
        "euc_jis_2004",
        "iso2022_jp_2",
        "shift_jis_2004",
        "gb18030",
        "big5hkscs",
        "cp949",
        "euc_kr",
    }
    | {"cp874", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp437", "cp850", "cp852", "cp866"}
    | {f"cp{number}" for number in range(1250, 1259)}
    | {f"iso8859-{number}" for number in (1, 2, 5, 6, 7, 8, 9, 13, 15)}
)
"""Charsets of the web, and of DOS, whose files are still about; chardet's others (EBCDIC, Latin-6, …) only mislead."""

_AS_BROWSERS_DO: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "tis-620": "cp874",
}
_BROWSER_LABELS: Final = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "iso-8859-8-i": "iso8859-8"}
"""Labels of the standard that Python does not know."""

_WESTERN: Final = frozenset({"ascii", "cp1252"})
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_ESCAPES: Final = (b"\x1b$", b"\x1b(")
"""ISO 2022: other charsets in seven bits, which are valid UTF-8 as well."""


def read_text(path: Path, *, markup: bool = False) -> str:
    """The text of a file; with `markup`, a charset that the file itself declares counts.

    Raises `ParseError` when the file is larger than 50 MB, or is no text.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ParseError(f"the file has {size / 1e6:.0f} MB; text files are read up to {MAX_BYTES / 1e6:.0f} MB")
    return decode_text(path.read_bytes(), markup=markup)


def decode_text(data: bytes, *, markup: bool = False) -> str:
    """Text of `data`, by its byte order mark, its declared charset, as UTF-8, or by its letters."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    if guess := _zero_pattern(data[:HEAD]):
        return data.decode(guess, "replace")
    if _is_binary(data[:HEAD]):
        raise ParseError("the file is no text: it is full of control characters")
    declaration = _DECLARED.search(data[:HEAD]) if markup else None
    content = data if declaration is None else data[: declaration.start()] + data[declaration.end() :]
    if declaration and (text := _as_declared(data, declaration, content)) is not None:
        return text
    if not any(escape in data for escape in _ESCAPES) and (text := _strictly(data, "utf-8")) is not None:
        return text
    lenient = data.decode("utf-8", "replace")
    return lenient if _nearly_utf8(lenient) else data.decode(_detected(content)[0], "replace")


def _zero_pattern(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of mostly Latin text is zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) < 4 or max(even, odd) < 0.3 * len(head) / 2:
        return None
    if min(even, odd) > 0.05 * len(head) / 2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _is_binary(head: bytes) -> bool:
    return len(head) - len(head.translate(None, _CONTROLS)) > max(8, 0.05 * len(head))


def _as_declared(data: bytes, declaration: re.Match[bytes], content: bytes) -> str | None:
    """The text in the charset that the page names, unless its content is clearly in another one.

    Western names are left to the content: they are what editors write into every page.
    """
    name = _codec((declaration[1] or declaration[2]).decode("ascii"))
    if name is None or name in _WESTERN or name.startswith(("utf-16", "utf-32")):
        return None
    text = _strictly(data, name)
    if text is None or data.isascii():
        return text
    detected, confidence = _detected(content)
    disproof = _strictly(data, detected) if confidence >= MIN_DISPROOF else None
    return text if disproof is None else disproof


def _codec(label: str) -> str | None:
    """Python's name of the charset that browsers read for a label; None for an unknown one."""
    try:
        name = codecs.lookup(_BROWSER_LABELS.get(label.lower(), label)).name
    except LookupError:
        return None
    return _AS_BROWSERS_DO.get(name, name)


def _detected(data: bytes) -> tuple[str, float]:
    """The likeliest charset of bytes and the confidence; Windows-1252 when there is little to go by."""
    found = chardet.detect(
        data, max_bytes=MAX_DETECTED, include_encodings=_CANDIDATES, compat_names=False, no_match_encoding="cp1252"
    )
    name, confidence = found["encoding"] or "cp1252", found["confidence"]
    return (_AS_BROWSERS_DO.get(name, name), confidence) if confidence >= MIN_CONFIDENCE else ("cp1252", 0.0)


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
