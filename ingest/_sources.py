"""The files that a build is about: the roots named, walked; each real file once."""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest._opened import FileIdentity, changed_at, identity_of, list_folder, open_listed
from ingest.parsing._registry import HEAD_BYTES, media_type_by
from mistral_rag.errors import SourceNotFoundError
from mistral_rag.text import readable_name


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file below a root, as it was when its folder was listed.

    `name` is its path below the root, as people read it; `media_type` None means no parser takes it. `changed_ns`
    is when its content or its inode last changed; `fault` says why it could not be opened, empty when it could.
    `parent` and `member` are those of `Source`, for a file that was unpacked.
    """

    path: Path
    name: str
    uri: str
    root: str
    size: int
    mtime_ns: int
    media_type: str | None
    changed_ns: int = 0
    identity: FileIdentity = (0, 0)
    fault: str = ""
    parent: str | None = None
    member: str | None = None

    def open(self) -> int:
        """A descriptor of the file that was listed; raises OSError when another one is in its place."""
        return open_listed(self.path, self.identity)

    def change(self) -> str:
        """Say in words what became of the file since it was found; empty when nothing did."""
        try:
            status = os.lstat(self.path)
        except OSError:
            return "went away while it was being read"
        now = (identity_of(status), status.st_size, status.st_mtime_ns)
        same = now == (self.identity, self.size, self.mtime_ns)
        return "" if same else "changed while it was being read; build again"


@dataclass(frozen=True, slots=True)
class SkippedPath:
    """Something below a root that is not read, and why."""

    name: str
    reason: str
    root: str = ""


@dataclass(frozen=True, slots=True)
class UnreadPath:
    """A file or folder below a root that could not be looked at: nobody knows whether what it held is gone."""

    name: str
    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class EmptyFolder:
    """A folder with nothing in it; a mount that is gone leaves one."""

    name: str
    uri: str


Found = SourceFile | SkippedPath | UnreadPath | EmptyFolder


def resolve_roots(paths: Sequence[str | Path]) -> list[Path]:
    """The real paths of the files and folders named.

    Raises:
        SourceNotFoundError: one of them does not exist or may not be read.
    """
    roots = []
    for path in paths:
        try:
            root = Path(path).resolve()
            exists = root.exists()
        except (OSError, RuntimeError, ValueError) as error:
            # a mount that is dead, a ring of links, a name that the system does not take
            raise SourceNotFoundError(f"{path} can't be looked at: {_reason(error)}") from error
        if not exists:
            raise SourceNotFoundError(f"{path} does not exist")
        if not _readable(root):
            raise SourceNotFoundError(f"{path} may not be read by this user")
        roots.append(root)
    return list(dict.fromkeys(roots))


def walk(roots: Sequence[Path]) -> Iterator[Found]:
    """All files below the roots, in a stable order, each real file once.

    Hidden files are left out without a word. A link is passed over: one that ends inside the roots leads to a
    file that is read under its own name, one that ends elsewhere was not named. No folder is entered but the one that
    was listed: one that is swapped for a link meanwhile can't be looked at.
    """
    seen: set[Path] = set()
    for root in roots:
        for item in _below(root, roots):
            if not isinstance(item, SourceFile):
                yield item
            elif item.path not in seen:
                seen.add(item.path)
                yield item


def _below(root: Path, roots: Sequence[Path]) -> Iterator[Found]:
    try:
        status = os.lstat(root)
    except OSError as error:
        yield _unread(root, root, error)
        return
    waiting = [(root, status)]
    while waiting:
        path, status = waiting.pop()
        if not stat.S_ISDIR(status.st_mode):
            yield from _found(path, root, status, roots)
            continue
        try:
            entries = list_folder(path, identity_of(status))
        except OSError as error:
            yield _unread(path, root, error, "this folder can't be listed, and what it held is kept")
            continue
        if not entries:
            yield EmptyFolder(_name(path, root), path.as_uri())
        folders = []
        for name, found in entries:
            if name.startswith("."):
                continue
            if isinstance(found, OSError):
                yield _unread(path / name, root, found)
            elif stat.S_ISDIR(found.st_mode):
                folders.append((path / name, found))
            else:
                yield from _found(path / name, root, found, roots)
        waiting += reversed(folders)


def _name(path: Path, root: Path) -> str:
    return readable_name(root.name if path == root else path.relative_to(root).as_posix())


def _unread(path: Path, root: Path, error: OSError, what: str = "can't be looked at") -> UnreadPath:
    return UnreadPath(_name(path, root), path.as_uri(), f"{what}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _readable(root: Path) -> bool:
    mode = os.R_OK | (os.X_OK if root.is_dir() else 0)
    return os.access(root, mode, effective_ids=os.access in os.supports_effective_ids)


def _broken_link(link: Path, roots: Sequence[Path]) -> str | None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if any(target == root or root in target.parents for root in roots):
        return None
    return "a link that leads out of the folders named"


def _found(path: Path, root: Path, status: os.stat_result, roots: Sequence[Path]) -> Iterator[Found]:
    name = _name(path, root)
    if stat.S_ISLNK(status.st_mode):
        if reason := _broken_link(path, roots):
            yield SkippedPath(name, reason, root.as_uri())
    elif not stat.S_ISREG(status.st_mode):
        yield SkippedPath(name, "no regular file", root.as_uri())
    else:
        head, fault = _head(path, identity_of(status))
        yield SourceFile(
            path=path,
            name=name,
            uri=path.as_uri(),
            root=root.as_uri(),
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            media_type=media_type_by(head, path),
            changed_ns=changed_at(status),
            identity=identity_of(status),
            fault=fault,
        )


def _head(path: Path, identity: FileIdentity) -> tuple[bytes, str]:
    """The first bytes of a file; a file that can't be opened goes by its name, and the reason is kept."""
    try:
        descriptor = open_listed(path, identity)
    except OSError as error:
        return b"", _reason(error)
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(HEAD_BYTES), ""
        except OSError as error:
            return b"", _reason(error)
