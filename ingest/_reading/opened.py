"""Files opened once, and never through a link: what was listed is what is hashed and parsed.

A path may lead elsewhere the next time it is opened, as anyone who may write to the folder can swap a file, or a folder
on the way, for a link. So a file is told by its device and inode, looked at on the open descriptor.
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

READ_SIZE: Final = 1 << 20
"""Bytes of a file that are hashed at a time: a file may be larger than memory."""

SETTLED_NS: Final = 2_000_000_000
"""Age from which on a time stamp tells an edit: FAT counts in steps of two seconds, others in ticks of a clock.

An edit within the same tick leaves size and time as they are; git calls such files "racily clean"
(Documentation/technical/racy-git.txt) and looks at their content again, as a build does.
"""

FileIdentity = tuple[int, int]
"""Device and inode of a file."""

_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE_FLAGS: Final = os.O_RDONLY | _NO_LINK | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FOLDER_FLAGS: Final = os.O_RDONLY | _NO_LINK | getattr(os, "O_DIRECTORY", 0)
_BY_DESCRIPTOR: Final = os.listdir in os.supports_fd and os.stat in os.supports_dir_fd


def identity_of(status: os.stat_result) -> FileIdentity:
    """The file's identity; on Windows two calls give different devices for the same file."""
    return (0 if os.name == "nt" else status.st_dev, status.st_ino)


def changed_at(status: os.stat_result) -> int:
    """The time of the last change of content or inode, in nanoseconds: a tool can set back only that of the content."""
    return max(status.st_mtime_ns, status.st_ctime_ns)


def is_settled(changed_ns: int, looked_ns: int) -> bool:
    """True when any edit after a look at `looked_ns` shows in the time stamp."""
    return changed_ns < looked_ns - SETTLED_NS


def open_listed(path: Path, identity: FileIdentity) -> int:
    """A descriptor of the regular file with this identity; raises OSError when something else is in its place."""
    descriptor = os.open(path, _FILE_FLAGS)  # O_NONBLOCK: a pipe in its place would be waited for
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or identity_of(status) != identity:
            raise OSError(errno.ESTALE, "another file is in its place")
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def list_folder(path: Path, identity: FileIdentity) -> list[tuple[str, os.stat_result | OSError]]:
    """Names in the folder with this identity, sorted, each with its status or why it has none.

    Raises:
        OSError: it can't be listed, or something else is in its place.
    """
    if not _BY_DESCRIPTOR:
        return [(entry.name, _status(entry, None)) for entry in sorted(path.iterdir())]
    descriptor = os.open(path, _FOLDER_FLAGS)
    try:
        if identity_of(os.fstat(descriptor)) != identity:
            raise OSError(errno.ESTALE, "another folder is in its place")
        names = sorted(os.listdir(descriptor))  # noqa: PTH208  (a Path is no descriptor)
        return [(name, _status(name, descriptor)) for name in names]
    finally:
        os.close(descriptor)


def _status(name: str | Path, folder: int | None) -> os.stat_result | OSError:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        return error


def sha256_of(descriptor: int) -> str:
    """Lower-case hex digest of an open file's bytes, from its beginning.

    Raises:
        OSError: the file can't be read.
    """
    digest = hashlib.sha256()
    os.lseek(descriptor, 0, os.SEEK_SET)
    while block := os.read(descriptor, READ_SIZE):
        digest.update(block)
    return digest.hexdigest()


class OpenFiles:
    """Files held open while they are read, each with a private path that leads to it and to no other file.

    Parsers and readers of pictures take a path, in this process and in others. On Linux the path is a link to the open
    descriptor, so that nothing is copied; elsewhere it is a copy. Both lie in a folder of the user's own, which is
    deleted in the end, and have the file's name.
    """

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="mistral-rag-"))
        self._open: dict[Path, int] = {}
        self._count = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for path in list(self._open):
            self.close(path)
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, descriptor: int, name: str) -> Path:
        """The path for an open file, which is closed with it; raises OSError when there is no room for a copy."""
        self._count += 1
        path = self._folder / str(self._count) / name
        self._open[path] = descriptor
        try:
            path.parent.mkdir(mode=0o700)
            if not _link(path, descriptor):
                _copy(descriptor, path)
        except OSError:
            self.close(path)
            raise
        return path

    def make_folder(self) -> Path:
        """A new folder, empty, that goes with the others."""
        self._count += 1
        folder = self._folder / f"members-{self._count}"
        folder.mkdir(mode=0o700)
        return folder

    def descriptor(self, path: Path) -> int:
        """The open file of a path."""
        return self._open[path]

    def close(self, path: Path) -> None:
        """Close the file of a path and delete the path."""
        os.close(self._open.pop(path))
        shutil.rmtree(path.parent, ignore_errors=True)


def _link(path: Path, descriptor: int) -> bool:
    """Make `path` lead to the open file, for this user's other processes too; False where the system can't."""
    process = Path(f"/proc/{os.getpid()}")
    try:
        # a process that has changed its user belongs to root there, and its children can't follow
        if process.stat().st_uid != os.geteuid():
            return False
        path.symlink_to(process / "fd" / str(descriptor))
        if os.path.samestat(path.stat(), os.fstat(descriptor)):
            return True
        path.unlink()
    except (OSError, AttributeError):
        path.unlink(missing_ok=True)
    return False


def _copy(descriptor: int, path: Path) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    with path.open("xb") as copy:
        while block := os.read(descriptor, READ_SIZE):
            copy.write(block)
