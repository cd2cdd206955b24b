"""`index.seal`: the number and running digest of the last commit, synced after it.

SQLite may lose a commit silently: a flipped bit in its log drops the transactions behind it. Then the seal is
ahead of the database. The file has two slots that are written in turn, so that a torn write leaves the
older one readable; a seal one commit behind is what a crash between commit and seal leaves.
"""

import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._folder.layout import FILE_MODE
from mistral_rag.index._folder.regular_file import open_descriptor, open_regular

SLOT: Final = 512
"""Bytes a slot: a disk's smallest sector, which is written whole or not at all."""

LINE: Final = re.compile(r"mistral-rag seal (0|[1-9][0-9]{0,18}) ([0-9a-f]{64})")
MAX_SEQUENCE: Final = (1 << 63) - 1
"""The largest number that SQLite can give a commit."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The last commit that was acknowledged: its number and the digest over it and all before it."""

    sequence: int
    running: bytes


def write_seal(path: Path, seal: Seal) -> None:
    """Write the seal's slot and sync it; an OSError leaves the other slot as it was."""
    text = f"mistral-rag seal {seal.sequence} {seal.running.hex()}"
    line = f"{text} {zlib.crc32(text.encode()):08x}".encode().ljust(SLOT - 1) + b"\n"
    new = not os.path.lexists(path)
    descriptor = open_descriptor(path, os.O_WRONLY | os.O_CREAT, mode=FILE_MODE)
    try:
        os.lseek(descriptor, SLOT * (seal.sequence % 2), os.SEEK_SET)
        _write_all(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if new:
        sync_folder(path.parent)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_seal(path: Path) -> Seal | None:
    """The newer slot that can be read; None when there is none, or no file that could be a seal."""
    try:
        with open_regular(path, max_bytes=2 * SLOT) as file:
            data = file.read(2 * SLOT)
    except OSError:
        return None
    slots = [_slot(data[at : at + SLOT]) for at in (0, SLOT)]
    return max((slot for slot in slots if slot), key=lambda slot: slot.sequence, default=None)


def _slot(data: bytes) -> Seal | None:
    """The seal in a slot: the checksum finds accidents, the pattern what someone wrote with a right checksum."""
    text, _, checksum = data.decode("ascii", "replace").rstrip().rpartition(" ")
    said = LINE.fullmatch(text)
    if said is None or checksum != f"{zlib.crc32(text.encode()):08x}" or int(said[1]) > MAX_SEQUENCE:
        return None
    return Seal(int(said[1]), bytes.fromhex(said[2]))


def check_seal(before: Seal | None, database: Seal, after: Seal | None, running_of: dict[int, bytes]) -> None:
    """Raise IndexDamagedError when seal and database can't belong together.

    Args:
        before: the seal, read before the database's transaction began; a writer may have gone on since.
        database: the database's last commit.
        after: the seal, read after the database was.
        running_of: the running digests of the database's commits up to the last, at least the newest two.
    """
    if before is None:
        if database.sequence == 0 or after is not None:  # it was made since: no writer goes on without one
            return
        raise IndexDamagedError("index.seal is missing or can't be read")
    if before.sequence > database.sequence:
        lost = before.sequence - database.sequence
        raise IndexDamagedError(
            f"index.db has lost its last {lost} commits" if lost > 1 else "index.db has lost its last commit"
        )
    if after is None or after.sequence < database.sequence - 1:
        raise IndexDamagedError("index.seal is older than index.db: one of them was put there from elsewhere")
    if running_of.get(before.sequence, before.running) != before.running:
        raise IndexDamagedError("index.seal and index.db belong to different histories")
