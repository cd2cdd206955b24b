"""The frames of SQLite's write-ahead log: pages of the database as the last commits left them.

The format is that of https://www.sqlite.org/fileformat2.html, section 4.
"""

import struct
from collections.abc import Iterator
from itertools import count
from typing import BinaryIO, Final

from mistral_rag.index._folder.regular_file import data_ranges

LOG_HEAD: Final = 32
FRAME_HEAD: Final = 24
"""Bytes in front of all frames, and in front of each page."""


def log_frames(log: BinaryIO, size: int, *, lenient: bool) -> Iterator[tuple[int, int, int]]:
    """Page number, the database's pages where the frame ends a commit (else 0), and place of each frame's page.

    `lenient` goes on behind a damaged place, where SQLite stops.
    """
    head = log.read(LOG_HEAD)
    order = "little" if head[3:4] == b"\x82" else "big"
    sums, salt = _summed((0, 0), head[:24], order), head[16:24]
    if sums != struct.unpack(">2I", head[24:32].ljust(8, b"\0")):
        if not lenient:
            return
        salt = log.read(FRAME_HEAD)[8:16]
    for place in _frame_places(log, FRAME_HEAD + size) if lenient else count(LOG_HEAD, FRAME_HEAD + size):
        log.seek(place)
        frame = log.read(FRAME_HEAD + size)
        if len(frame) < FRAME_HEAD + size:
            return
        number, total, *stored = struct.unpack(">2I8x2I", frame[:FRAME_HEAD])
        if not lenient:
            sums = _summed(_summed(sums, frame[:8], order), frame[FRAME_HEAD:], order)
        if frame[8:16] == salt and (lenient or sums == tuple(stored)):
            yield number, total, place + FRAME_HEAD
        elif not lenient:
            return


def _frame_places(log: BinaryIO, size: int) -> Iterator[int]:
    """The places of all frames that do not lie in a hole of the file."""
    following = LOG_HEAD
    for start, end in data_ranges(log.fileno()):
        first = LOG_HEAD + max(start - LOG_HEAD, 0) // size * size
        for place in range(max(first, following), end, size):
            yield place
            following = place + size


def _summed(sums: tuple[int, int], data: bytes, order: str) -> tuple[int, int]:
    """The log's checksum, continued over `data`."""
    first, second = sums
    numbers = struct.unpack(f"{'<' if order == 'little' else '>'}{len(data) // 4}I", data[: len(data) // 4 * 4])
    for one, other in zip(numbers[::2], numbers[1::2], strict=False):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
