"""Finds of a look at a place: files to read, and what can't be or need not be read."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from ingest._reading.opened import FileIdentity, identity_of, open_listed


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file below a root, as it was when its folder was listed, or as it was fetched.

    `name` is its path below the root, as people read it; `media_type` None means no parser takes it. `changed_ns`
    is when its content or its inode last changed, or a stamp of another place that changes with it; `fault` says why
    it could not be opened, empty when it could. `path` is where it lies on this machine. `modified_ns` is the time
    that another place states (0: that of the file). `metadata` are stated beside the file and go before its own;
    `groups`, too (None: those it has). `parent` and `member` are those of `Source`, for a file that was unpacked.
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
    modified_ns: int = 0
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    groups: tuple[str, ...] | None = None
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
    """A file or folder that could not be looked at: nobody knows whether what it held is gone."""

    name: str
    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnsettledFile:
    """A file that is still being written: it is left to the next build, with what the index has of it."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class EmptyFolder:
    """A folder with nothing in it; a mount that is gone leaves one."""

    name: str
    uri: str


Found = SourceFile | SkippedPath | UnreadPath | UnsettledFile | EmptyFolder


@dataclass(frozen=True, slots=True)
class Root:
    """A place that was named as a whole: what the index has of it and it has no more is gone."""

    uri: str
    name: str
