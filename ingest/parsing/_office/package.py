"""Office files as packages: ZIP archives of parts with relationships, unpacked within bounds.

Only parts inside of the archive are ever opened; a relationship to anything outside of it is no part.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from ingest.parsing._office.protection import PROTECTED
from ingest.parsing._office.xml import parse_xml, stream_xml
from mistral_rag.errors import ParseError

MAX_PART: Final = 100_000_000
"""Bytes of a part that is held as a tree, which takes about ten times as much memory: half of what a worker may have.
The largest `document.xml` among 200 public files has 9 MB."""
MAX_STREAMED: Final = 1_000_000_000
"""Bytes of a part that is read as a stream; a sheet of a million full rows has about as many."""
MAX_PARTS: Final = 50_000
"""Members of an archive; a workbook of 255 sheets has about 1,000."""
MAX_TEXT_PART: Final = 20_000_000
"""Bytes of a small part that is asked for whole, such as a mark of its kind."""

_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship of a part: its id, the last word of its type, and the name of the part that it leads to."""

    id: str
    kind: str
    target: str


class Package:
    """The parts of an archive by name, in any case and with either slash. Close it, or use it in a `with`.

    Raises:
        ParseError: it is no ZIP archive, has too many members, or is protected by a password.
    """

    def __init__(self, file: Path | IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except _BROKEN as error:
            raise ParseError(f"is damaged: no archive of parts ({error})") from error
        members = self._archive.infolist()
        if len(members) > MAX_PARTS:
            raise ParseError(f"has {len(members):,} parts, more than {MAX_PARTS:,}")
        self._members = {_name(member.filename): member for member in members}
        self._relations: dict[str, tuple[Relation, ...]] = {}

    def __enter__(self) -> Self:
        """The package itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the archive."""
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        """True when there is a part of this name."""
        return _name(name) in self._members

    def names(self) -> Iterator[str]:
        """The names of all parts, in lower case."""
        return iter(self._members)

    def open(self, name: str, limit: int = MAX_STREAMED) -> io.BufferedIOBase:
        """A part as a stream; reading more than `limit` bytes of it raises ParseError, as does damage."""
        member = self._members.get(_name(name))
        if member is None:
            raise ParseError(f"is damaged: the part {name} is missing")
        if member.flag_bits & 1:
            raise ParseError(PROTECTED)
        try:
            return _BoundedStream(self._archive.open(member), name, limit)
        except (*_BROKEN, RuntimeError) as error:
            raise ParseError(f"is damaged: {name} can't be unpacked ({error})") from error

    def read(self, name: str, limit: int = MAX_TEXT_PART) -> bytes:
        """A part whole."""
        with self.open(name, limit) as part:
            return part.read()

    def tree(self, name: str) -> Element:
        """The root of a part that is XML."""
        return parse_xml(self.read(name, MAX_PART), name)

    def tree_if_any(self, name: str | None) -> Element | None:
        """The root of a part that may be missing, as styles or notes may."""
        return self.tree(name) if name is not None and name in self else None

    def stream(self, name: str) -> Iterator[tuple[str, Element]]:
        """The events of a part that is XML: see `stream_xml`."""
        return stream_xml(lambda: self.open(name), name)

    def relations(self, part: str = "") -> tuple[Relation, ...]:
        """The relationships of a part to others in the archive, those of the package without a name."""
        if part not in self._relations:
            folder, base = posixpath.split(part)
            name = posixpath.join(folder, "_rels", f"{base}.rels")
            self._relations[part] = tuple(self._read_relations(name, folder)) if name in self else ()
        return self._relations[part]

    def related(self, part: str, kind: str) -> str | None:
        """The first part that `part` is related to in this way, by the last word of the relationship's type."""
        return next((relation.target for relation in self.relations(part) if relation.kind == kind), None)

    def target(self, part: str, identity: str | None) -> str | None:
        """The part that an id of a relationship leads to."""
        return next((relation.target for relation in self.relations(part) if relation.id == identity), None)

    def _read_relations(self, name: str, folder: str) -> Iterator[Relation]:
        for element in self.tree(name):
            target = unquote(element.get("Target", "").replace("\\", "/"))
            if element.get("TargetMode") == "External" or not target:
                continue
            place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            if place in self:
                yield Relation(element.get("Id", ""), element.get("Type", "").rpartition("/")[2], place)


class _BoundedStream(io.BufferedIOBase):
    """A stream out of an archive that gives no more than a number of bytes, and names its part when it breaks."""

    def __init__(self, stream: IO[bytes], name: str, limit: int) -> None:
        self._stream = stream
        self._name = name
        self._left = limit

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes; raises ParseError beyond the limit and where the archive is damaged."""
        try:
            data = self._stream.read(self._left + 1 if size is None or size < 0 else size)
        except (*_BROKEN, RuntimeError) as error:
            raise ParseError(f"is damaged: {self._name} can't be unpacked ({error})") from error
        self._left -= len(data)
        if self._left < 0:
            raise ParseError(f"unpacks to more than can be read: {self._name}; divide it")
        return data

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()
        super().close()


def _name(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
