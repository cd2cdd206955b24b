"""Files inside of files on their way into an index: each a document of its own that names its container."""

import os
import shutil
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ingest._planning.plan import TAKEN_OUT, FileToRead
from ingest._planning.problems import describe_problems, may_be_read_now
from ingest._reading.opened import changed_at, identity_of
from ingest._report import FileReport, FileStatus
from ingest.parsing._members import MAX_NESTING, file_on_disk, room_of
from ingest.parsing._result import ParsedFile, Room, UnpackedMember
from ingest.sources._found import SourceFile
from ingest.sources._rules import has_stated
from mistral_rag.index import SourceStatus, member_uri, outermost_uri

BETWEEN: Final = " > "
"""Between the names of a container and its member, as a citation shows them."""


@dataclass(slots=True)
class _Outermost:
    """A file on disk with members: how many are not through yet, the room that is left, and folders to delete.

    `containers` are the file itself and those inside of it that have members, too.
    """

    containers: list[FileToRead]
    waiting: int
    room: Room
    folders: list[Path] = field(default_factory=list)


class MemberQueue:
    """Members that wait to be read. Those of one file on disk share one room, however deep they are.

    `known` are the documents of the index; a member with the content that the index knows is not read again, but for
    those that `is_anew` names by their uris.
    """

    def __init__(
        self,
        known: Mapping[str, SourceStatus] | None = None,
        reader: str = "",
        is_anew: Callable[[str], bool] | None = None,
    ) -> None:
        self.waiting: deque[FileToRead] = deque()
        self._known = known or {}
        self._reader, self._is_anew = reader, is_anew
        self._below: dict[str, list[SourceStatus]] = {}
        for state in self._known.values():
            if state.source.parent is not None:
                self._below.setdefault(state.source.parent, []).append(state)
        self._open: dict[str, _Outermost] = {}

    def room(self, file: FileToRead, folder: Path) -> Room:
        """The room for the members of a file that is going to be parsed, in a folder of their own."""
        found = self._open.get(outermost_uri(file.found.uri))
        if file.found.member is None or found is None:
            return room_of(folder, file.found.size)
        found.folders.append(folder)
        return replace(found.room, folder=folder) if _depth(file.found.uri) < MAX_NESTING else Room(folder, 0, 0)

    def take(self, container: FileToRead, parsed: ParsedFile, folder: Path) -> list[FileToRead]:
        """Members that were unpacked into a folder, as files to read: with status "unchanged" where that is needless.

        Those that are to be read wait from now on.
        """
        outer = self._open.get(outermost_uri(container.found.uri))
        if outer is None:
            outer = _Outermost([], 0, room_of(folder, container.found.size), [folder])
            self._open[container.found.uri] = outer
        outer.containers.append(container)
        found = [self._member(container, one, folder) for one in parsed.members]
        sizes = sum(file.found.size for file in found)
        outer.room = replace(
            outer.room, members=max(outer.room.members - len(found), 0), size=max(outer.room.size - sizes, 0)
        )
        to_read = [file for file in found if file.status != "unchanged"]
        outer.waiting += len(to_read)
        self.waiting.extend(to_read)
        return found

    def through(self, file: FileToRead) -> list[FileToRead]:
        """Note that a file has been read; gives all containers of a file on disk once nothing of it is left to read."""
        uri = outermost_uri(file.found.uri)
        outer = self._open.get(uri)
        if outer is None:
            return []
        if file.found.member is not None:
            outer.waiting -= 1
            shutil.rmtree(file.found.path.parent, ignore_errors=True)
        if outer.waiting:
            return []
        for folder in outer.folders:
            shutil.rmtree(folder, ignore_errors=True)
        return self._open.pop(uri).containers

    def gone(self, container: FileToRead, members: Iterable[FileToRead]) -> list[str]:
        """The uris of documents that a container held and does not hold any more."""
        there = {file.found.uri for file in members}
        before = (state for state in self._below.get(container.found.uri, ()) if state.status != "removed")
        return [state.source.uri for state in before if state.source.uri not in there]

    def inside(self, uri: str) -> Iterator[SourceStatus]:
        """The documents that the index holds inside of one, innermost first."""
        for state in self._below.get(uri, ()):
            yield from self.inside(state.source.uri)
            yield state

    def name_of(self, uri: str) -> str:
        """The name of a document that the index knows."""
        return self._known[uri].source.name

    def have_other_groups(self, uri: str, groups: Collection[str]) -> bool:
        """True when a member that is not read again has other groups than its container has now."""
        state = self._known.get(uri)
        return state is not None and set(state.source.groups) != set(groups)

    def reports(self, uri: str, status: FileStatus = "unchanged") -> Iterator[FileReport]:
        """Lines of the report for a member that is not read again, and for those inside of it."""
        state = SourceStatus.find(self._known, uri)
        if state is None:
            return
        if state.status == "removed":
            yield FileReport(state.source.name, "skipped", TAKEN_OUT)
        else:
            yield FileReport(state.source.name, status, describe_problems(state.problems), state.pages)
        for inner in self._below.get(uri, ()):
            yield from self.reports(inner.source.uri, status)

    def _member(self, container: FileToRead, one: UnpackedMember, folder: Path) -> FileToRead:
        found = _found(container.found, one, file_on_disk(folder, one.number, one.name))
        state = SourceStatus.find(self._known, found.uri)
        if state is None:
            return FileToRead(found, one.digest, "added")
        same = (state.source.digest, state.source.media_type) == (one.digest, one.media_type)
        same = same and has_stated(state, found.metadata)
        stays = state.status == "removed" or (same and not self._is_to_be_read_again(state))
        return FileToRead(found, one.digest, "unchanged" if stays else "changed")

    def _is_to_be_read_again(self, state: SourceStatus) -> bool:
        if state.must_be_read_again or state.status == "failed":
            return True
        if self._is_anew is not None and self._is_anew(state.source.uri):
            return True
        if any(may_be_read_now(reason, self._reader) for _, reason in state.problems):
            return True
        return any(map(self._is_to_be_read_again, self._below.get(state.source.uri, ())))


def _found(container: SourceFile, one: UnpackedMember, path: Path) -> SourceFile:
    """A member as a file; one that is not where it was unpacked can't be opened later, which is its line."""
    try:
        status: os.stat_result | None = path.lstat()
    except OSError:
        status = None
    return SourceFile(
        path=path,
        name=f"{container.name}{BETWEEN}{one.name}",
        uri=member_uri(container.uri, one.name),
        root=container.root,
        size=status.st_size if status else 0,
        mtime_ns=status.st_mtime_ns if status else 0,
        media_type=one.media_type,
        changed_ns=changed_at(status) if status else 0,
        identity=identity_of(status) if status else (0, 0),
        # a title that is stated is the container's own
        metadata={field: value for field, value in container.metadata.items() if field != "title"},
        groups=container.groups,
        parent=container.uri,
        member=one.name,
    )


def _depth(uri: str) -> int:
    """Containers around a member."""
    return uri.count("!/") + 1
