"""The files that a build is about: the roots named, walked; each real file once."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.parsing import media_type_of
from mistral_rag.errors import SourceNotFoundError
from mistral_rag.schema import clean_text

READ_SIZE = 1 << 20
"""Bytes of a file that are hashed at a time: a file may be larger than memory."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file below a root. `name` is its path below the root; `media_type` None means no parser takes it."""

    path: Path
    name: str
    uri: str
    root: str
    size: int
    mtime_ns: int
    media_type: str | None

    def change(self) -> str:
        """Say in words what became of the file since it was found; empty when nothing did."""
        try:
            status = self.path.stat()
        except OSError:
            return "went away while it was being read"
        same = (status.st_size, status.st_mtime_ns) == (self.size, self.mtime_ns)
        return "" if same else "changed while it was being read; build again"


@dataclass(frozen=True, slots=True)
class SkippedPath:
    """Something below a root that is not read, and why."""

    name: str
    reason: str


def resolve_roots(paths: Sequence[str | Path]) -> list[Path]:
    """The real paths of the files and folders named.

    Raises:
        SourceNotFoundError: one of them does not exist or may not be read.
    """
    roots = []
    for path in paths:
        root = Path(path).resolve()
        if not root.exists():
            raise SourceNotFoundError(f"{path} does not exist")
        if not _readable(root):
            raise SourceNotFoundError(f"{path} may not be read by this user")
        roots.append(root)
    return list(dict.fromkeys(roots))


def walk(roots: Sequence[Path]) -> Iterator[SourceFile | SkippedPath]:
    """All files below the roots, in a stable order, each real file once.

    Hidden files are left out without a word. A link is passed over: one that ends inside the roots leads to a
    file that is read under its own name, one that ends elsewhere was not named.
    """
    seen: set[Path] = set()
    for root in roots:
        for path in [root] if root.is_file() else _files_below(root):
            # a name that is not UTF-8 is shown with signs of replacement; the path itself stays as it is
            name = clean_text(root.name if path == root else path.relative_to(root).as_posix())
            if path.is_symlink():
                if reason := _broken_link(path, roots):
                    yield SkippedPath(name, reason)
            elif path not in seen:
                seen.add(path)
                yield _found(path, name, root)


def sha256_of(path: Path) -> str:
    """Lower-case hex digest of a file's bytes.

    Raises:
        OSError: the file can't be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_SIZE):
            digest.update(block)
    return digest.hexdigest()


def _readable(root: Path) -> bool:
    mode = os.R_OK | (os.X_OK if root.is_dir() else 0)
    return os.access(root, mode, effective_ids=os.access in os.supports_effective_ids)


def _files_below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted([*files, *linked]):
            if not name.startswith("."):
                yield Path(parent, name)


def _broken_link(link: Path, roots: Sequence[Path]) -> str | None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if any(target == root or root in target.parents for root in roots):
        return None
    return "a link that leads out of the folders named"


def _found(path: Path, name: str, root: Path) -> SourceFile | SkippedPath:
    try:
        status = path.stat()
    except OSError as error:
        return SkippedPath(name, error.strerror or str(error))
    if not path.is_file():
        return SkippedPath(name, "no regular file")
    return SourceFile(
        path=path,
        name=name,
        uri=path.as_uri(),
        root=root.as_uri(),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        media_type=media_type_of(path),
    )
