"""Files and folders on this machine: the roots named, walked; each real file once."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest._hidden_names import is_hidden
from ingest._reading.opened import FileIdentity, changed_at, identity_of, list_folder, open_listed
from ingest.parsing._types.registry import HEAD_BYTES, media_type_by
from ingest.sources._found import EmptyFolder, Found, SkippedPath, SourceFile, UnreadPath
from ingest.sources._selection import EVERYTHING, IGNORE_FILE, IgnoreFiles, PathSelection
from mistral_rag.errors import SourceNotFoundError
from mistral_rag.text import readable_name


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


def walk(roots: Sequence[Path], selection: PathSelection = EVERYTHING) -> Iterator[Found]:
    """All files below the roots that are selected, in a stable order, each real file once.

    Hidden files are left out without a word, and so is what an ignore file names. A link is passed over: one that ends
    inside the roots leads to a file that is read under its own name, one that ends elsewhere was not named. No folder
    is entered but the one that was listed: one that is swapped for a link meanwhile can't be looked at.
    """
    seen: set[Path] = set()
    for root in roots:
        for item in _below(root, roots, selection):
            if not isinstance(item, SourceFile):
                yield item
            elif item.path not in seen:
                seen.add(item.path)
                yield item


def file_at(path: Path, root: Path) -> Found:
    """A single file, found under a root that is not walked: its folder, or the file itself."""
    try:
        status = os.lstat(path)
    except OSError as error:
        return _unread(path, root, error)
    return next(_found(path, root, status, [path.parent]), UnreadPath(_name(path, root), path.as_uri(), "is a link"))


def _below(root: Path, roots: Sequence[Path], selection: PathSelection) -> Iterator[Found]:
    try:
        status = os.lstat(root)
    except OSError as error:
        yield _unread(root, root, error)
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _within(root, status, roots, selection)
    elif selection.takes(_name(root, root)):
        yield from _found(root, root, status, roots)


def _within(root: Path, status: os.stat_result, roots: Sequence[Path], selection: PathSelection) -> Iterator[Found]:
    waiting = [(root, status, IgnoreFiles())]
    while waiting:
        path, status, ignored = waiting.pop()
        below = "" if path == root else f"{_name(path, root)}/"
        try:
            entries = list_folder(path, identity_of(status))
        except OSError as error:
            yield _unread(path, root, error, "this folder can't be listed, and what it held is kept")
            continue
        try:
            ignored = ignored.within(path, below, dict(entries))
        except (OSError, ValueError) as error:
            # what it names may be what nobody is to find
            yield _unread(path, root, error, f"its {IGNORE_FILE} can't be read, so nothing in this folder is")
            continue
        if not entries:
            yield EmptyFolder(_name(path, root), path.as_uri())
        folders = []
        for name, found in entries:
            is_folder = not isinstance(found, OSError) and stat.S_ISDIR(found.st_mode)
            if not _is_taken(below + readable_name(name) + "/" * is_folder, name, ignored, selection):
                continue
            if isinstance(found, OSError):
                yield _unread(path / name, root, found)
            elif is_folder:
                folders.append((path / name, found, ignored))
            else:
                yield from _found(path / name, root, found, roots)
        waiting += reversed(folders)


def _is_taken(shown: str, name: str, ignored: IgnoreFiles, selection: PathSelection) -> bool:
    """True for a file, or a folder to enter (its name ends in a slash), that is neither hidden nor left out."""
    if is_hidden(name) or ignored.leave_out(shown) or selection.leaves_out(shown):
        return False
    return shown.endswith("/") or selection.takes(shown)


def _name(path: Path, root: Path) -> str:
    return readable_name(root.name if path == root else path.relative_to(root).as_posix())


def _unread(path: Path, root: Path, error: Exception, what: str = "can't be looked at") -> UnreadPath:
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
