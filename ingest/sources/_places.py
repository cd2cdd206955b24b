"""All places that a build is about, by what was named: paths, URLs, stores, lists, Documents."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

from langchain_core.documents import Document

from ingest.sources._found import Found, Root, SourceFile, UnsettledFile
from ingest.sources._given import DocumentLoader, GivenDocuments, Texts
from ingest.sources._local import ListedFiles, LocalPlaces
from ingest.sources._rules import SourceRules, has_stated
from ingest.sources._selection import PathSelection
from ingest.sources._spool import Spool
from ingest.sources._storage import STORAGE_SCHEMES, Storage, checked_storage
from ingest.sources._walk import resolve_roots
from ingest.sources._web import WebPage, checked_url
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import SourceStatus
from mistral_rag.text import local_path

_URL: Final = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)

Named = str | Path | Texts
"""A path, a URL, or texts from Python."""


class Place(Protocol):
    """Somewhere that documents come from."""

    @property
    def roots(self) -> tuple[Root, ...]:
        """The parts that were named as a whole."""
        ...

    def find(self, spool: Spool, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """Everything that is there; a file that is as in `known` need not be fetched."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LookSettings:
    """Settings of the look at the places.

    `include` and `exclude` are patterns as in .gitignore, of names below a root. `rules` is a file of rules.
    `listed` are single files. `allow_private` lets URLs lead to addresses inside the network. `storage_options` are
    those of fsspec. `is_settled` tells files that may be read from those that are still being written.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    rules: str | Path | None = None
    listed: Sequence[str] = ()
    allow_private: bool = False
    storage_options: Mapping[str, Any] | None = None
    is_settled: Callable[[SourceFile], bool] | None = None


class SourcePlaces:
    """The places of a build. They are looked at within a `with` block, which deletes the copies at its end.

    Raises:
        SourceNotFoundError: a path does not exist or may not be read.
        ConfigurationError: a URL, a pattern or the file of rules is not what it should be.
    """

    def __init__(self, named: Named | Iterable[Named], settings: LookSettings | None = None) -> None:
        self._settings = settings or LookSettings()
        self.selection = PathSelection.of(self._settings.include, self._settings.exclude)
        self._rules = SourceRules.read(self._settings.rules)
        paths: list[str | Path] = []
        self._places: list[Place] = []
        single = isinstance(named, str | Path | Document | DocumentLoader)
        given: list[Named] = [named] if single else list(named)  # type: ignore[arg-type, list-item]
        if documents := [one for one in given if isinstance(one, Document)]:
            # those of one source may come one by one
            self._places.append(GivenDocuments(documents))
        others = [one for one in given if not isinstance(one, Document)]
        for one in [*others, *(entry for entry in self._settings.listed if _URL.match(entry))]:
            place = self._elsewhere(one)
            if place is not None:
                self._places.append(place)
            elif isinstance(one, str | Path):
                paths.append(_local_path(one))
        self.paths = resolve_roots(paths)
        listed = [entry for entry in self._settings.listed if not _URL.match(entry)]
        if listed:
            self._places.insert(0, ListedFiles(listed, self.selection))
        if self.paths:
            self._places.insert(0, LocalPlaces(tuple(self.paths), self.selection))

    @property
    def roots(self) -> tuple[Root, ...]:
        """The parts that were named as a whole."""
        return tuple(dict.fromkeys(root for place in self._places for root in place.roots))

    @property
    def named(self) -> frozenset[str]:
        """The uris that were named themselves: such a document is read although it was taken out before."""
        return frozenset(root.uri for root in self.roots) | {
            place.url for place in self._places if isinstance(place, WebPage)
        }

    def find(self, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """All that is there, each uri once; what is elsewhere and as in `known` is not fetched."""
        known = {uri: one for uri, one in known.items() if has_stated(one, self._rules.metadata_of(one.source.name))}
        seen: set[str] = set()
        settled = self._settings.is_settled
        for place in self._places:
            for item in place.find(self._spool, known):
                if not isinstance(item, SourceFile):
                    yield item
                elif item.uri not in seen:
                    seen.add(item.uri)
                    if settled is not None and not settled(item):
                        yield UnsettledFile(item.name, item.uri)
                    else:
                        yield self._rules.applied(item)

    def _elsewhere(self, named: Named) -> Place | None:
        """The place of what is named, unless it is a path."""
        if isinstance(named, Path):
            return None
        if not isinstance(named, str):
            return GivenDocuments(named)
        found = _URL.match(named)
        scheme = found[1].lower() if found else "file"
        if scheme in {"http", "https"}:
            return WebPage(checked_url(named), self._settings.allow_private)
        if scheme in STORAGE_SCHEMES:
            return Storage(checked_storage(named), self.selection, self._settings.storage_options or {})
        if scheme != "file":
            raise ConfigurationError(f"{scheme}:// is not read; known are http, https, {', '.join(_KNOWN)}")
        return None

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._spool = self._stack.enter_context(Spool())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


_KNOWN: Final = sorted(STORAGE_SCHEMES - {"memory"})


def _local_path(named: str | Path) -> str | Path:
    if isinstance(named, str) and named.lower().startswith("file://"):
        path = local_path(named)
        if path is None:
            raise ConfigurationError(f"{named} names no file on this machine")
        return path
    return named
