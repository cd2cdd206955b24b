"""Types of files by their first bytes, whatever their names say."""

import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ingest.parsing._types.office import OFFICE_TYPES

TIFF_TYPE: Final = "image/tiff"
_BYTES: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"{\\rtf": "application/rtf",
        b"\x89PNG\r\n\x1a\n": "image/png",
        b"\xff\xd8\xff": "image/jpeg",
        b"GIF87a": "image/gif",
        b"GIF89a": "image/gif",
        b"II*\x00": TIFF_TYPE,
        b"MM\x00*": TIFF_TYPE,
    }
)
HEIF_TYPE: Final = "image/heic"
BOOK_TYPE: Final = "application/epub+zip"
_BRANDS: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIF_TYPE),
        **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    }
)
"""Pictures by the main brand of their first box (ISO 14496-12, 4.3); films and sounds have others."""
_ZIP: Final = b"PK\x03\x04"
_HEADER: Final = 30
"""Bytes of the header of a member of a ZIP archive before its name (PKWARE APPNOTE, 4.3.7)."""
MAX_UNPACKED: Final = 1 << 16
"""Bytes of the first member of an archive that are looked at."""
_MAIN_PARTS: Final = (
    (b"wordprocessingml", ".docx"),
    (b"spreadsheetml", ".xlsx"),
    (b"presentationml", ".pptx"),
    (b"word/", ".docx"),
    (b"xl/", ".xlsx"),
    (b"ppt/", ".pptx"),
    (b"Microsoft Excel", ".xlsx"),
)
_BLANKS: Final = b"\xef\xbb\xbf\x00\t\n\r "
_HTML_STARTS: Final = (b"<!doctype html", b"<html")
_TEXT_CONTROLS: Final = frozenset(b"\t\n\r\f\x1b\x08")
_WIDE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_DRAWING: Final = b"<svg"
_KEY_START: Final = b"-----begin "
_SIGNED_START: Final = b"-----begin pgp signed message"
"""Begins a text that its author has signed; what else begins as `_KEY_START` is a key, a certificate, or ciphered."""


def signature_type(head: bytes) -> str | None:
    """The media type that a file's first bytes prove; None when they prove none."""
    bare = head.lstrip(_BLANKS)
    if bare.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(_ZIP):
        return _packed_type(head)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    return next((kind for begin, kind in _BYTES.items() if head.startswith(begin)), None)


def text_type(head: bytes) -> str | None:
    """The media type of a file without a telling name whose first bytes are text; None when they are not."""
    if not is_text(head):
        return None
    bare = head.lstrip(_BLANKS).lower()
    if bare.startswith(_HTML_STARTS):
        return "text/html"
    if bare.startswith(b"<?xml"):
        # of a drawing the coordinates would be read
        return None if _DRAWING in bare else "application/xml"
    if bare.startswith(_KEY_START) and not bare.startswith(_SIGNED_START):
        return None
    return "text/x-shellscript" if bare.startswith(b"#!") else "text/plain"


def is_text(head: bytes) -> bool:
    """True when there is something, and no byte of it is one that text does not hold."""
    if head.startswith(_WIDE_MARKS):
        return True
    return bool(head.strip()) and all(byte >= 0x20 or byte in _TEXT_CONTROLS for byte in head) and b"\x7f" not in head


def _packed_type(head: bytes) -> str | None:
    """The type of an office file by the first part of its archive, which is its kind, or the list of its parts."""
    length = int.from_bytes(head[26:28], "little")
    extra = int.from_bytes(head[28:30], "little")
    name = head[_HEADER : _HEADER + length]
    content = _unpacked(head[_HEADER + length + extra :], method=int.from_bytes(head[8:10], "little"))
    if name == b"mimetype":
        kind = content[:100].partition(b"PK")[0].decode("ascii", "replace").strip()
        return kind if kind in OFFICE_TYPES.values() or kind == BOOK_TYPE else None
    if not name.startswith((b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/")):
        return None
    found = (suffix for mark, suffix in _MAIN_PARTS if mark in name or mark in content or mark in head)
    return next((OFFICE_TYPES[suffix] for suffix in found), None)


def _unpacked(data: bytes, *, method: int) -> bytes:
    if method != zlib.DEFLATED:
        return data
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, MAX_UNPACKED)
    except zlib.error:
        return b""
