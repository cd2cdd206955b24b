"""Members of a file unpacked into a private folder, each under a name of ours, within bounds."""

import hashlib
import lzma
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path, PurePosixPath
from typing import IO, Final

from ingest._hidden_names import is_hidden
from ingest.parsing._bounds import MAX_REASON, shortened
from ingest.parsing._result import Member, PageProblem, Room, UnpackedMember
from ingest.parsing._types.extras import lacking
from mistral_rag.errors import ParseError
from mistral_rag.schema import clean_text
from mistral_rag.text import drop_invisible

MAX_MEMBERS: Final = 10_000
"""Members of a file on disk, at all depths together; a source tree of that size is one of the largest there are."""
MAX_MEMBER_NAME: Final = 500
"""Characters of a member's path; it is part of the name and the uri of its source."""
MAX_MEMBER: Final = 500_000_000
"""Bytes of a member: its parser holds it in memory. The largest scan known to us has 180 MB."""
MAX_UNPACKED: Final = 2 << 30
"""Bytes of all members of a file on disk together: a folder for temporary files is often no larger than 4 GB."""
MAX_NESTING: Final = 5
"""Files inside of files: a document in an archive that is attached to a mail of an archive of mailboxes is at 4."""
MAX_RATIO: Final = 200
"""Times its own size that a file may unpack to, beyond `ALWAYS_UNPACKED`: logs and tables reach 50, bombs 1,000."""
ALWAYS_UNPACKED: Final = 100_000_000
"""Bytes that any file may unpack to."""
MAX_FILE_NAME: Final = 120
"""Characters of the name that a member has on disk: with three bytes each they still fit into a file system's 255."""
MAX_NAMED: Final = 3
"""Members that are named for each reason why they are not read."""
MAX_REASONS: Final = 20
"""Reasons of a file; more are no help."""
BLOCK: Final = 1 << 20
"""Bytes that are copied at a time."""
HEAD: Final = 1024
"""Bytes that tell a member's type, as those of a file on disk."""
_UNSAFE: Final = re.compile(r'[\x00-\x1f<>:"|?*/\\]')
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_BROKEN: Final = (
    *(ValueError, EOFError, NotImplementedError, RuntimeError, OSError, LookupError),
    *(zlib.error, zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError),
)

Opened = Callable[[], AbstractContextManager[IO[bytes]]]
Unpacked = tuple[tuple[UnpackedMember, ...], tuple[PageProblem, ...]]


def room_of(folder: Path, size: int) -> Room:
    """The room for the members of a file of so many bytes."""
    return Room(folder, MAX_MEMBERS, min(max(ALWAYS_UNPACKED, MAX_RATIO * size), MAX_UNPACKED))


def file_on_disk(folder: Path, number: int, name: str) -> Path:
    """The path of an unpacked member, whose own name it ends in: parsers make titles of names."""
    plain = _UNSAFE.sub("_", name.rpartition("/")[2]) or "_"
    stem, dot, suffix = plain.rpartition(".")
    kept = plain[:MAX_FILE_NAME] if not dot or len(suffix) > 10 else f"{stem[:MAX_FILE_NAME]}.{suffix}"
    return folder / str(number) / (kept if kept.strip(". ") else f"_{kept.strip()}")


def unpack(members: Iterable[Member], room: Room | None) -> Unpacked:
    """Write members into the folder of `room`; gives those that a parser reads, and why the others are not read.

    A path that leads out of its container is not read, nor is a link. Hidden files are left out without a word, as in
    folders. Without a `room` members are not looked at.
    """
    return _Unpacking(room).all(members) if room is not None else ((), ())


class _Unpacking:
    def __init__(self, room: Room) -> None:
        self._room = room
        self._left = room.size
        self._names: dict[str, int] = {}
        self._seen = 0
        self._found: list[UnpackedMember] = []
        self._unread: dict[str, list[str]] = {}

    def all(self, members: Iterable[Member]) -> Unpacked:
        try:
            for member in members:
                if not self._add(member):
                    break
        except ParseError as error:
            self._unread.setdefault(error.reason, [])
        except _BROKEN as error:
            self._unread.setdefault(f"is damaged: {error}", [])
        return tuple(self._found), tuple(_problems(self._unread))

    def _add(self, member: Member) -> bool:
        """Take in a member; False when no more can be."""
        name = member_name(member.name)
        if name is not None and any(map(is_hidden, name.split("/"))):
            return True
        if self._seen >= self._room.members:
            self._unread.setdefault(self._full, [])
            return False
        self._seen += 1
        if name is None:
            self._leave_out(member.name, "its path leads out of the file that it is in")
        elif member.unread or member.open is None:
            self._leave_out(name, member.unread or "it can't be opened")
        else:
            self._write(name, member.open, member)
        return self._left > 0

    @property
    def _full(self) -> str:
        if self._room.members:
            return f"only the first {MAX_MEMBERS:,} of its files are read; divide it"
        return f"its files are not read: there are {MAX_MEMBERS:,} before, or it is inside of {MAX_NESTING} files"

    def _write(self, name: str, opened: Opened, member: Member) -> None:
        name = self._free(name)
        number = len(self._found) + 1
        path = file_on_disk(self._room.folder, number, name)
        try:
            with opened() as stream:
                head = stream.read(HEAD)
                media_type = member.media_type or _type_of(head, path)
                if media_type is None:
                    self._leave_out(name, f"type {PurePosixPath(name).suffix.lower() or 'unknown'}")
                    return
                if reason := lacking(media_type):
                    self._leave_out(name, reason)
                    return
                path.parent.mkdir(mode=0o700)
                digest = self._copy(head, stream, path)
        except ParseError as error:
            self._give_up(name, error.reason, path)
            return
        except _BROKEN as error:
            self._give_up(name, f"is damaged or can't be unpacked: {error}", path)
            return
        if member.modified is not None:
            _set_time(path, member.modified)
        self._found.append(UnpackedMember(number, name, media_type, digest))

    def _copy(self, head: bytes, stream: IO[bytes], path: Path) -> str:
        digest, size = hashlib.sha256(), 0
        block = head
        with path.open("xb") as file:
            while block:
                size += len(block)
                self._left -= len(block)
                if size > MAX_MEMBER:
                    raise ParseError(f"is larger than {MAX_MEMBER // 10**6} MB")
                if self._left <= 0:
                    raise ParseError("unpacks to more than is read of one file; divide it")
                digest.update(block)
                file.write(block)
                block = stream.read(BLOCK)
        return digest.hexdigest()

    def _give_up(self, name: str, reason: str, path: Path) -> None:
        path.unlink(missing_ok=True)
        if path.parent.exists():
            path.parent.rmdir()
        self._leave_out(name, reason)

    def _leave_out(self, name: str, reason: str) -> None:
        self._unread.setdefault(shortened(reason, MAX_REASON // 2), []).append(shortened(name, 80))

    def _free(self, name: str) -> str:
        """A name that no member before has: mails and archives may have several files of one name."""
        found = name
        while found in self._names:
            self._names[name] += 1
            stem, dot, suffix = name.rpartition(".")
            count = self._names[name]
            found = f"{stem} ({count}).{suffix}" if dot and stem else f"{name} ({count})"
        self._names[found] = 1
        return found


def member_name(written: str) -> str | None:
    """A member's path as it is shown; None when it leads out of its container."""
    path = drop_invisible(clean_text(written.replace("\\", "/"))).replace("\n", " ").replace("\t", " ")
    steps = [step for step in path.split("/") if step not in ("", ".")]
    if ".." in steps or path.startswith("/") or _DRIVE.match(path) or not steps:
        return None
    name = "/".join(steps)
    return name if len(name) <= MAX_MEMBER_NAME - 10 else f"…{name[-MAX_MEMBER_NAME + 20 :]}"


def _type_of(head: bytes, path: Path) -> str | None:
    from ingest.parsing._types.registry import media_type_by

    return media_type_by(head, path)


def _set_time(path: Path, seconds: float) -> None:
    try:
        os.utime(path, (seconds, seconds))
    except (OSError, OverflowError, ValueError):
        # a date that the file system does not have, such as one of the year 2500
        return


def _problems(unread: dict[str, list[str]]) -> Iterator[PageProblem]:
    """One line for each reason, with the first names."""
    for reason, names in list(unread.items())[:MAX_REASONS]:
        shown = ", ".join(names[:MAX_NAMED]) + (
            f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
        )
        yield PageProblem(None, shortened(f"not read: {shown}: {reason}" if names else reason, MAX_REASON))
