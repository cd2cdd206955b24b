"""The parser for archives: no pages, but members that become documents of their own.

Nothing is unpacked by an archive's own paths; links, devices and members with a password are named and not read.
"""

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final

from ingest.parsing._containers.types import BZIP2, GZIP, PACKED, TAR, XZ, archive_type
from ingest.parsing._containers.zip_names import charset_of_names, zip_name
from ingest.parsing._members import MAX_UNPACKED
from ingest.parsing._office.protection import PROTECTED
from ingest.parsing._office.reader import parse as parse_office
from ingest.parsing._result import Member, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import readable_name

HEAD: Final = 1024
"""Bytes that tell an archive."""
_OPENERS: Final[Mapping[str, Callable[[Path], Any]]] = MappingProxyType(
    {GZIP: gzip.GzipFile, BZIP2: bz2.BZ2File, XZ: lzma.LZMAFile}
)
# LZMAError and BadZipFile are no OSErrors
_BROKEN: Final = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError)


def parse(path: Path) -> Parsed:
    """The members of an archive; a ZIP archive that is an office file is read as one.

    Raises:
        ParseError: it is damaged, or no archive.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = archive_type(head)
    title = readable_name(path.stem)
    if kind == TAR or (kind is None and tarfile.is_tarfile(path)):
        return Parsed(title, {}, (), members=_tar_members(path))
    if kind in PACKED:
        return Parsed(title, {}, (), members=_packed_members(path, kind))
    if kind is None and not zipfile.is_zipfile(path):
        raise ParseError("is no archive, or damaged")
    if "[Content_Types].xml" in _names(path):
        return parse_office(path)
    return Parsed(title, {}, (), members=_zip_members(path))


def _names(path: Path) -> set[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except (*_BROKEN, NotImplementedError) as error:
        raise ParseError(f"is damaged: {error}") from error


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        name_of = partial(zip_name, charset=charset_of_names(archive.infolist()))
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            if entry.flag_bits & 1:
                yield Member(name_of(entry), unread=PROTECTED)
            elif entry.external_attr >> 28 == 0o12:
                yield Member(name_of(entry), unread="is a link")
            else:
                yield Member(name_of(entry), partial(archive.open, entry), _time_of(entry.date_time))


def _time_of(parts: tuple[int, ...]) -> float | None:
    try:
        return datetime(*parts[:6], tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def _tar_members(path: Path) -> Iterator[Member]:
    # as a stream: the list of all members of a large archive is made by reading it whole. On the way to the next member
    # it goes through all that one claims to hold, block by block, even behind the end of the file
    with tarfile.open(path, mode="r|*") as archive:
        for entry in archive:
            if entry.isdir():
                continue
            if entry.size > MAX_UNPACKED:
                raise ParseError(f"is damaged, or {entry.name[:80]} is larger than can be read")
            if entry.issym() or entry.islnk():
                yield Member(entry.name, unread="is a link")
            elif not entry.isreg():
                yield Member(entry.name, unread="is no regular file")
            else:
                yield Member(entry.name, partial(_tar_stream, archive, entry), float(entry.mtime))
            # the archive keeps all that it has seen
            archive.members.clear()  # type: ignore[attr-defined]


def _tar_stream(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> AbstractContextManager[IO[bytes]]:
    stream = archive.extractfile(entry)
    if stream is None:
        raise ParseError("is no regular file")
    return stream


def _packed_members(path: Path, kind: str) -> Iterator[Member]:
    """The members of a packed tar archive, or the one file that was packed."""
    opened = _OPENERS[kind]
    with opened(path) as stream:
        is_tar = archive_type(stream.read(HEAD)) == TAR
    if is_tar:
        yield from _tar_members(path)
    else:
        yield Member(readable_name(path.stem), partial(opened, path))
