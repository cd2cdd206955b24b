"""TrueType fonts without instructions for small screens: half of their size, the same shapes.

Tables and glyphs as in the OpenType specification 1.9, "glyf" and "loca".
"""

import struct
from itertools import pairwise

_HINTS = frozenset({b"fpgm", b"prep", b"cvt ", b"gasp", b"GDEF", b"GPOS", b"GSUB", b"name"})
_MORE_PARTS, _INSTRUCTIONS = 0x20, 0x100


def unhinted(font: bytes) -> bytes:
    """The font without instructions; anything else than TrueType as it is."""
    if font[:4] != b"\0\1\0\0":
        return font
    count = struct.unpack(">H", font[4:6])[0]
    tables: dict[bytes, bytes] = {}
    for at in range(12, 12 + 16 * count, 16):
        tag, _, offset, length = struct.unpack(">4sLLL", font[at : at + 16])
        if tag not in _HINTS:
            tables[tag] = font[offset : offset + length]
    tables[b"glyf"], tables[b"loca"] = _glyphs(tables)
    head = bytearray(tables[b"head"])
    head[50:52] = b"\0\1"  # places in "loca" have four bytes
    tables[b"head"] = bytes(head)
    return _joined(tables)


def _glyphs(tables: dict[bytes, bytes]) -> tuple[bytes, bytes]:
    long = tables[b"head"][50:52] == b"\0\1"
    loca = tables[b"loca"]
    places = (
        struct.unpack(f">{len(loca) // 4}L", loca)
        if long
        else [2 * at for at in struct.unpack(f">{len(loca) // 2}H", loca)]
    )
    data, found = bytearray(), [0]
    for start, end in pairwise(places):
        glyph = _bare(tables[b"glyf"][start:end]) if end > start else b""
        data += glyph + b"\0" * (-len(glyph) % 4)
        found.append(len(data))
    return bytes(data), struct.pack(f">{len(found)}L", *found)


def _bare(glyph: bytes) -> bytes:
    contours = struct.unpack(">h", glyph[:2])[0]
    if contours < 0:
        return _bare_composite(glyph)
    at = 10 + 2 * contours
    length = struct.unpack(">H", glyph[at : at + 2])[0]
    return glyph[:at] + b"\0\0" + glyph[at + 2 + length :]


def _bare_composite(glyph: bytes) -> bytes:
    data, at, more = bytearray(glyph[:10]), 10, True
    while more:
        flags = struct.unpack(">H", glyph[at : at + 2])[0]
        size = 4 + (4 if flags & 1 else 2) + (2 if flags & 8 else 4 if flags & 0x40 else 8 if flags & 0x80 else 0)
        data += struct.pack(">H", flags & ~_INSTRUCTIONS) + glyph[at + 2 : at + size]
        at, more = at + size, bool(flags & _MORE_PARTS)
    return bytes(data)


def _joined(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    header = struct.pack(">4sHHHH", b"\0\1\0\0", count, power * 16, power.bit_length() - 1, 16 * (count - power))
    offset = 12 + 16 * count
    directory, body = b"", b""
    for tag in sorted(tables):
        data = tables[tag] + b"\0" * (-len(tables[tag]) % 4)
        total = sum(struct.unpack(f">{len(data) // 4}L", data)) & 0xFFFFFFFF
        directory += struct.pack(">4sLLL", tag, total, offset + len(body), len(tables[tag]))
        body += data
    return header + directory + body
