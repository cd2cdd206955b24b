"""Patterns that choose files, in the syntax of .gitignore: those of a command line and those of `.ragignore` files."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from ingest._reading.opened import identity_of, open_listed
from mistral_rag.errors import ConfigurationError

IGNORE_FILE: Final = ".ragignore"
MAX_IGNORE_BYTES: Final = 1 << 16
"""Bytes of an ignore file: a thousand patterns."""
MAX_PATTERNS: Final = 1000
"""Patterns of one file: each is tried on each path."""
MAX_WILDCARDS: Final = 3
"""Asterisks between two slashes of a pattern: matching takes time that grows with a power of their number, and whoever
writes to a folder writes its ignore file. `**` between slashes is bounded alike."""


def compile_patterns(lines: Iterable[str]) -> GitIgnoreSpec:
    """Patterns ready to match. Raises ValueError for one that is none, or takes too long to match."""
    patterns = [line for line in lines if line.strip() and not line.startswith("#")]
    if len(patterns) > MAX_PATTERNS:
        raise ValueError(f"more than {MAX_PATTERNS} patterns")
    for pattern in patterns:
        parts = pattern.split("/")
        runs = [len(re.findall(r"\*+", part)) for part in parts]
        if max(runs) > MAX_WILDCARDS or parts.count("**") > MAX_WILDCARDS:
            raise ValueError(f"{pattern[:80]!r} has more than {MAX_WILDCARDS} asterisks in a part")
    try:
        return GitIgnoreSpec.from_lines(patterns)
    except GitIgnorePatternError as error:
        raise ValueError(str(error).splitlines()[0]) from error


@dataclass(frozen=True, slots=True)
class PathSelection:
    """The files that a build is about, by patterns of their names below a root; without patterns all.

    A document that is not selected is not looked at, and stays in the index as it is.
    """

    include: GitIgnoreSpec | None = None
    exclude: GitIgnoreSpec | None = None

    @classmethod
    def of(cls, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> "PathSelection":
        """The selection by these patterns. Raises ConfigurationError for one that is none."""
        try:
            return cls(compile_patterns(include) if include else None, compile_patterns(exclude) if exclude else None)
        except ValueError as error:
            raise ConfigurationError(f"no pattern for --include or --exclude: {error}") from error

    def takes(self, name: str) -> bool:
        """True when a file with this name below its root is selected."""
        included = self.include is None or bool(self.include.check_file(name).include)
        return included and not self.leaves_out(name)

    def leaves_out(self, name: str) -> bool:
        """True when a file, or a folder (its name ends in a slash), is excluded."""
        return self.exclude is not None and bool(self.exclude.check_file(name).include)


EVERYTHING: Final = PathSelection()


@dataclass(frozen=True, slots=True)
class IgnoreFiles:
    """The ignore files from a root down to a folder, each with the folder that its patterns begin at.

    As with git, the last pattern that matches decides, one of a deeper folder before those above it, and what lies in
    an ignored folder can't be taken in again.
    """

    above: tuple[tuple[str, GitIgnoreSpec], ...] = field(default=())

    def within(self, folder: Path, name: str, entries: Mapping[str, os.stat_result | OSError]) -> "IgnoreFiles":
        """Those that hold in a folder with these entries; `name` is its path below the root, empty or with a slash.

        Raises:
            OSError, ValueError: its ignore file can't be read.
        """
        status = entries.get(IGNORE_FILE)
        if status is None:
            return self
        if isinstance(status, OSError):
            raise status
        if status.st_size > MAX_IGNORE_BYTES:
            raise ValueError(f"larger than {MAX_IGNORE_BYTES >> 10} KiB")
        with os.fdopen(open_listed(folder / IGNORE_FILE, identity_of(status)), "rb") as file:
            text = file.read(MAX_IGNORE_BYTES).decode("utf-8-sig")
        return IgnoreFiles((*self.above, (name, compile_patterns(text.splitlines()))))

    def leave_out(self, name: str) -> bool:
        """True when a file, or a folder (its name ends in a slash), is ignored."""
        for base, patterns in reversed(self.above):
            decided = patterns.check_file(name.removeprefix(base)).include
            if decided is not None:
                return decided
        return False
