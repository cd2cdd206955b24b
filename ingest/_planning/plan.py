"""The plan of a build: the documents below its roots compared with those that the index knows."""

import errno
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest._planning.groups import differ
from ingest._planning.problems import describe_problems, failed_pages, is_locked, may_be_read_now, reasons_of
from ingest._reading.opened import is_settled, sha256_of
from ingest._report import FileReport, FileStatus
from ingest.parsing._types.extras import lacking
from ingest.sources._found import EmptyFolder, Found, Root, SkippedPath, SourceFile, UnreadPath, UnsettledFile
from ingest.sources._places import SourcePlaces
from ingest.sources._rules import has_stated
from ingest.sources._selection import EVERYTHING
from mistral_rag.index import SourceStatus, outermost_uri
from mistral_rag.terminal import counted
from mistral_rag.text import is_readable

MAX_NAMES = 10
"""Names that a warning names."""
MAX_DROP_SHARE = 0.2
"""Share of a root's documents above which they are dropped only when asked to: a drive may not be mounted."""

MAX_FILE_BYTES = 4 << 30
"""A larger file is not hashed: it takes half a minute a gigabyte on a slow disk, and a sparse one may claim any size.
Parsers hold a file in memory and have less of it."""

TAKEN_OUT = "taken out; name the file itself to read it again"
"""Reason why a file that was removed by name is skipped."""

UNSETTLED = 0
"""Time stamp noted for a file that the next build hashes again, whatever its own is."""


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A file that must be read, and the status that its report will give when that went well.

    `looked_ns` is when it was hashed. Pages that are `disproved`, with the reason, are read from their pictures.
    """

    found: SourceFile
    digest: str
    status: FileStatus
    looked_ns: int = 0
    disproved: Mapping[int, str] = field(default_factory=dict)

    @property
    def noted_ns(self) -> int:
        """The time stamp that the index keeps: `UNSETTLED` when an edit right after the look would not show in it."""
        return _noted(self.found, self.looked_ns)


@dataclass(slots=True)
class BuildPlan:
    """The steps of a build: files to read, files to report as they are, documents that are gone.

    `groups` are those that documents are to have (None: those they have), `regrouped` documents that have others.
    `moved` leads from a file's uri to the one it had before. `looked_at` are files with the content that the index
    knows, and the time stamp to note for them. `unread` are the names of skipped files by reason, by root; `unsettled`
    files are still being written.
    """

    groups: tuple[str, ...] | None = None
    to_read: list[FileToRead] = field(default_factory=list)
    settled: list[FileReport] = field(default_factory=list)
    failed: list[tuple[SourceFile, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    regrouped: list[tuple[SourceFile, SourceStatus]] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    looked_at: list[tuple[SourceFile, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unread: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    failed_pages: int = 0
    unsettled: int = 0

    def skip(self, root: str, name: str, reason: str) -> None:
        """Report a file that nothing reads."""
        self.settled.append(FileReport(name, "skipped", reason))
        self.unread.setdefault(root, {}).setdefault(reason, []).append(name)


def make_plan(
    places: SourcePlaces,
    known: dict[str, SourceStatus],
    *,
    prune: bool,
    reader: str = "",
    groups: tuple[str, ...] | None = None,
    retry_failed: bool = False,
    has_passwords: bool = False,
) -> BuildPlan:
    """Compare what there is in the `places` with the documents the index knows.

    Files with pages that nobody could read are read again when there is a `reader` of pictures (its name) now.
    `groups` are those that documents are to have; None: those they have. `retry_failed`: what could not be read is
    read once more, also where it has not changed. `has_passwords`: so is what lacked one.
    """
    roots = places.roots
    plan = BuildPlan(groups, unread={root.uri: {} for root in roots})
    members = _members_of(known)
    # what becomes of a file becomes of those inside of it
    known = {uri: state for uri, state in known.items() if state.source.member is None}

    def again(state: SourceStatus) -> bool:
        taken_back = state.status == "removed" and state.source.uri in places.named
        return taken_back or any(
            _to_be_read_again(one, reader)
            or (retry_failed and _has_failed(one))
            or (has_passwords and is_locked(one.reason))
            for one in (state, *members.get(state.source.uri, ()))
        )

    finds = _Finds(plan, known)
    for item in places.find({uri: state for uri, state in known.items() if not again(state)}):
        finds.add(item)
    present = finds.present
    plan.warnings += _unreadable_names(found for found in present.values())
    for found in present.values():
        state = SourceStatus.find(known, found.uri)
        if state is not None and state.status == "removed" and found.uri in places.named:
            state = None
        anew = state is not None and (again(state) or not has_stated(state, found.metadata))
        if _compare(found, state, plan, again=anew):
            for member in members.get(found.uri, ()):
                _leave(_as_found(member, found), member, plan)
    # what is not looked at, and what can't be, is not known to be gone
    looked_at = {
        uri: state
        for uri, state in known.items()
        if not _is_within(uri, finds.unread) and places.selection.takes(state.source.name)
    }
    noticed = len(plan.warnings)
    _plan_gone(roots, looked_at, present, finds.empty, plan, prune=prune)
    if places.selection != EVERYTHING or plan.unsettled:
        # a root without a file that is to be read now is no surprise
        plan.warnings = plan.warnings[:noticed]
    return plan


class _Finds:
    """Finds of a look: files that are there, places that could not be looked at, and empty folders."""

    def __init__(self, plan: BuildPlan, known: Mapping[str, SourceStatus]) -> None:
        self.present: dict[str, SourceFile] = {}
        self.unread: set[str] = set()
        self.empty: set[str] = set()
        self._plan, self._known = plan, known

    def add(self, item: Found) -> None:
        """Take one in; what is not read is settled in the plan."""
        plan = self._plan
        if isinstance(item, SkippedPath):
            plan.skip(item.root, item.name, item.reason)
        elif isinstance(item, EmptyFolder):
            self.empty.add(item.uri)
        elif isinstance(item, UnsettledFile):
            self.unread.add(item.uri)
            plan.unsettled += 1
        elif isinstance(item, UnreadPath):
            self.unread.add(item.uri)
            plan.settled.append(FileReport(item.name, "failed", item.reason))
        elif item.media_type is not None and item.uri not in self._known and (reason := lacking(item.media_type)):
            plan.skip(item.root, item.name, reason)
        elif item.media_type is not None:
            self.present[item.uri] = item
        elif item.fault and item.uri in self._known:
            self.unread.add(item.uri)
            plan.settled.append(FileReport(item.name, "failed", f"can't be read: {item.fault}"))
        else:
            plan.skip(item.root, item.name, f"type {item.path.suffix.lower() or 'unknown'}")


def soonest_first(files: Sequence[FileToRead], count: int) -> list[FileToRead]:
    """The files in their order, but the smallest `count` before all others.

    Something can be found within a second then, and not when the first thousand pages are through. With one a core no
    core is late for the large files.
    """
    small = {file.found.uri for file in sorted(files, key=lambda file: file.found.size)[:count]}
    return sorted(files, key=lambda file: file.found.uri not in small)


def plan_redo(places: SourcePlaces, known: Mapping[str, SourceStatus], uris: Collection[str]) -> BuildPlan:
    """A plan that reads these documents anew, with the files that they are in, and looks at nothing else."""
    plan = BuildPlan()
    files = {outermost_uri(uri) if uri in known and known[uri].source.member is not None else uri for uri in uris}
    for item in places.find(
        {uri: state for uri, state in known.items() if uri not in files and state.source.member is None}
    ):
        if isinstance(item, SourceFile) and item.uri in files:
            _compare(item, None, plan, again=True)
        elif isinstance(item, UnreadPath) and item.uri in files:
            plan.settled.append(FileReport(item.name, "failed", item.reason))
    plan.to_read = [replace(file, status="changed") for file in plan.to_read]
    return plan


def _unreadable_names(files: Iterable[SourceFile]) -> Iterator[str]:
    """A line about the files whose names are no UTF-8: their bytes are shown as they are."""
    names = [found.name for found in files if not is_readable(str(found.path))]
    if names:
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        shown = ", ".join(names[:MAX_NAMES]) + more
        yield f"{counted(len(names), 'file')} with a name that is not UTF-8, shown with its bytes: {shown}"


def _members_of(known: Mapping[str, SourceStatus]) -> dict[str, list[SourceStatus]]:
    """The documents that are inside of files, by the uri of the file on disk."""
    members: dict[str, list[SourceStatus]] = {}
    for uri, state in known.items():
        if state.source.member is not None:
            members.setdefault(outermost_uri(uri), []).append(state)
    return members


def _as_found(member: SourceStatus, container: SourceFile) -> SourceFile:
    source = member.source
    return replace(
        container,
        name=source.name,
        uri=source.uri,
        media_type=source.media_type,
        parent=source.parent,
        member=source.member,
    )


def _has_failed(state: SourceStatus) -> bool:
    return state.status == "failed" or bool(state.problems)


def _compare(found: SourceFile, state: SourceStatus | None, plan: BuildPlan, *, again: bool) -> bool:
    """Plan what becomes of a file; True when it stays as the index knows it."""
    same = state is not None and (state.size, state.mtime_ns) == (found.size, found.changed_ns)
    if state is not None and (state.status == "removed" or (same and not again)):
        _leave(found, state, plan)
        return True
    looked_ns = time.time_ns()
    try:
        digest = _digest(found)
    except OSError as error:
        reason = f"can't be read: {error.strerror or error}"
        if state is not None and state.status == "ok":
            # it may be readable again tomorrow, and what it held is not known to be gone
            plan.settled.append(FileReport(found.name, "failed", reason, state.pages))
        else:
            plan.failed.append((found, reason))
        return False
    if state is not None and not again and state.source.digest == digest:
        if (stamp := _noted(found, looked_ns)) != state.mtime_ns:
            plan.looked_at.append((found, stamp))
        _leave(found, state, plan)
        return True
    plan.to_read.append(FileToRead(found, digest, "added" if state is None else "changed", looked_ns))
    return False


def _digest(found: SourceFile) -> str:
    if found.size > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MAX_FILE_BYTES >> 30} GiB; divide it")
    descriptor = found.open()
    try:
        return sha256_of(descriptor)
    finally:
        os.close(descriptor)


def _noted(found: SourceFile, looked_ns: int) -> int:
    return found.changed_ns if is_settled(found.changed_ns, looked_ns) else UNSETTLED


def _to_be_read_again(state: SourceStatus, reader: str) -> bool:
    return state.must_be_read_again or any(may_be_read_now(reason, reader) for reason in reasons_of(state))


def _leave(found: SourceFile, state: SourceStatus, plan: BuildPlan) -> None:
    """Report a file that is as the index knows it; what was wrong with it still is."""
    plan.failed_pages += failed_pages(state.problems)
    if state.status == "failed":
        plan.settled.append(FileReport(found.name, "failed", state.reason))
    elif state.status == "removed":
        plan.settled.append(FileReport(found.name, "skipped", TAKEN_OUT))
    elif differ(state, found.groups if plan.groups is None else plan.groups):
        plan.regrouped.append((found, state))
    else:
        plan.settled.append(FileReport(found.name, "unchanged", describe_problems(state.problems), state.pages))


def _plan_gone(
    roots: Sequence[Root],
    known: dict[str, SourceStatus],
    present: dict[str, SourceFile],
    empty: Collection[str],
    plan: BuildPlan,
    *,
    prune: bool,
) -> None:
    """Plan what becomes of documents whose files are gone: those in `empty` folders may be on a mount that is gone."""
    digests = {file.digest: position for position, file in enumerate(plan.to_read)}
    for root in roots:
        live = (uri for uri, state in known.items() if state.status != "removed")
        below = [uri for uri in live if _is_below(uri, root.uri) and uri not in plan.gone]
        gone = [uri for uri in below if uri not in present]
        moved = [uri for uri in gone if known[uri].source.digest in digests]
        for uri in moved:
            position = digests[known[uri].source.digest]
            plan.to_read[position] = replace(plan.to_read[position], status="moved")
            plan.moved[plan.to_read[position].found.uri] = uri
        dropped = [uri for uri in gone if uri not in moved]
        plan.gone += moved
        nothing = not any(_is_below(uri, root.uri) for uri in present)
        if nothing:
            what = "is an empty folder" if root.uri in empty else "holds no document that can be read"
            plan.warnings.append(f"{root.name} {what}")
        if nothing or (len(dropped) > MAX_DROP_SHARE * len(below) and not prune):
            plan.held_back += dropped
        else:
            lost = [uri for uri in dropped if not prune and _is_within(uri, empty)]
            plan.held_back += lost
            plan.gone += [uri for uri in dropped if uri not in lost]


def _is_within(uri: str, places: Collection[str]) -> bool:
    """True when a file or one of the folders above it is one of `places`."""
    return bool(places) and any(above in places for above in _with_folders(uri))


def _with_folders(uri: str) -> Iterator[str]:
    while uri:
        yield uri
        uri = uri.rpartition("/")[0]


def _is_below(uri: str, root: str) -> bool:
    return uri == root or uri.startswith(root.rstrip("/") + "/")
