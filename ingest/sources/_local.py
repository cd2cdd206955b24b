"""Places on this machine: files and folders named, and files of a list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.sources._found import Found, Root, UnreadPath
from ingest.sources._selection import EVERYTHING, PathSelection
from ingest.sources._spool import Spool
from ingest.sources._walk import file_at, walk
from mistral_rag.index import SourceStatus
from mistral_rag.text import readable_name


@dataclass(frozen=True, slots=True)
class LocalPlaces:
    """Files and folders by their real paths; they are one place, as a link of one may lead into another."""

    paths: tuple[Path, ...]
    selection: PathSelection = EVERYTHING

    @property
    def roots(self) -> tuple[Root, ...]:
        """All of them."""
        return tuple(Root(path.as_uri(), path.name) for path in self.paths)

    def find(self, spool: Spool, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """All files below them."""
        del spool, known
        return walk(self.paths, self.selection)


@dataclass(frozen=True, slots=True)
class ListedFiles:
    """Single files, named below the working folder where they lie in it. What a list does not name is not gone."""

    paths: Sequence[str]
    selection: PathSelection = EVERYTHING

    @property
    def roots(self) -> tuple[Root, ...]:
        """None."""
        return ()

    def find(self, spool: Spool, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """The files, each real one once; one that is not there is a line of the report."""
        del spool, known
        here = Path.cwd().resolve()
        seen: set[Path] = set()
        for named in self.paths:
            try:
                path = Path(named).resolve()
            except (OSError, RuntimeError, ValueError) as error:
                yield UnreadPath(readable_name(named), "", f"can't be looked at: {error}")
                continue
            root = here if here in path.parents else path
            name = readable_name(path.relative_to(here).as_posix() if root == here else path.name)
            if path not in seen and self.selection.takes(name):
                seen.add(path)
                yield from walk([path], self.selection) if path.is_dir() else [file_at(path, root)]


def split_list(content: bytes, *, null: bool) -> list[str]:
    """The names in a list: one a line, or divided by NUL characters, as `find -print0` writes them."""
    import os

    parts = content.split(b"\0") if null else content.splitlines()
    return [os.fsdecode(part) for part in parts if part.strip()]
