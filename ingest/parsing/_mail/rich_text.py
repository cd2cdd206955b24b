"""The text of a message of Outlook that holds nothing but RTF, which is packed (MS-OXRTFCP)."""

import struct
import tempfile
from pathlib import Path
from typing import Final

from ingest.parsing._office.rtf.reader import parse as parse_rtf
from mistral_rag.errors import ParseError

MAX_UNPACKED: Final = 100_000_000
"""Bytes, as many as are read of a file of RTF."""
_PACKED: Final = 0x75465A4C
_PLAIN: Final = 0x414C454D
_WINDOW: Final = 4096
_MIN_RUN: Final = 2
_START: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n"
    b"\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""The beginning of every dictionary (MS-OXRTFCP 2.1.2.1)."""


def rich_text(packed: bytes) -> str:
    """The text of packed RTF; raises ParseError for what is none."""
    with tempfile.TemporaryDirectory(prefix="mistral-rag-") as folder:
        file = Path(folder) / "body.rtf"
        file.write_bytes(unpacked_rtf(packed))
        return "\n\n".join(page.text for page in parse_rtf(file).pages)


def unpacked_rtf(data: bytes) -> bytes:
    """RTF out of its packed form.

    Raises:
        ParseError: it is damaged.
    """
    if len(data) < 16:
        raise ParseError("is damaged: its text is cut off")
    _, size, kind, _ = struct.unpack_from("<LLLL", data)
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED or size > MAX_UNPACKED:
        raise ParseError("is damaged: its text can't be unpacked")
    window = bytearray(_START.ljust(_WINDOW, b"\0"))
    position = len(_START)
    found = bytearray()
    at = 16
    while at < len(data) and len(found) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            piece, at = _piece(data, at, window, position, is_run=bool(control >> bit & 1))
            if piece is None:
                return bytes(found[:size])
            for byte in piece:
                window[position] = byte
                position = (position + 1) % _WINDOW
            found += piece
    return bytes(found[:size])


def _piece(data: bytes, at: int, window: bytearray, position: int, *, is_run: bool) -> tuple[bytes | None, int]:
    """The next byte, or a run of bytes from the window; None at the end of the text."""
    if not is_run:
        return (data[at : at + 1] or None), at + 1
    if at + 1 >= len(data):
        return None, at
    pair = data[at] << 8 | data[at + 1]
    start, length = pair >> 4, (pair & 0xF) + _MIN_RUN
    if start == position:
        return None, at
    run = bytearray()
    for step in range(length):
        place = (start + step) % _WINDOW
        # a run may reach into itself
        run.append(run[(place - position) % _WINDOW] if (place - position) % _WINDOW < len(run) else window[place])
    return bytes(run), at + 2
