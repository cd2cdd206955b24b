"""The status of a source in an index: where it was found, and how reading it went."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal, Self, get_args

from mistral_rag.index._database.packing import stored_source
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.schema import Source

Status = Literal["ok", "failed", "removed"]
Problems = tuple[tuple[int | None, str], ...]

MAX_PAGES: Final = 1_000_000
"""More pages than this no document has, whatever its row says."""

READ_AGAIN: Final = -1
"""The size noted for a file that the next build is to read whether or not it has changed."""

ERASED: Final = "erased:"
"""Beginning of the uri of a source that was purged: only a digest of its real uri is kept."""


def erased_uri(uri: str) -> str:
    """The uri that replaces another one in a purge; the other one can't be told from it."""
    return uri if uri.startswith(ERASED) else f"{ERASED}{hashlib.sha256(uri.encode()).hexdigest()}"


def erased_source(uri: str) -> Source:
    """The source that replaces another one in a purge, so that builds go on leaving it out."""
    return Source(uri=erased_uri(uri), digest="0" * 64, name="(erased)", title="(erased)", media_type="")


@dataclass(frozen=True, slots=True)
class SourceStatusRow:
    """The part of a source's row that a build knows beside its content.

    `root` is the uri of the folder that was named in the build; `problems` are page number (None: the whole
    source) and reason of what could not be read.
    """

    status: Status = "ok"
    root: str = ""
    size: int = 0
    mtime_ns: int = 0
    reason: str | None = None
    problems: Problems = ()

    def columns(self) -> dict[str, str | int | None]:
        """Columns of the table `sources`."""
        return {
            "status": self.status,
            "root": self.root,
            "size": self.size,
            "mtime_ns": self.mtime_ns,
            "reason": self.reason,
            "problems": json.dumps(self.problems, ensure_ascii=False),
        }


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source as the index knows it; `reason` says why it failed, `problems` are its pages that did."""

    source: Source
    status: Status
    root: str
    size: int
    mtime_ns: int
    reason: str | None
    pages: int
    chunks: int
    problems: Problems

    READ_AGAIN: ClassVar[int] = READ_AGAIN
    """The size noted for a file that the next build is to read whether or not it has changed."""

    COLUMNS: ClassVar[tuple[str, ...]] = (
        *("uri", "record", "status", "root", "size", "mtime_ns", "reason", "pages", "chunks", "problems"),
    )
    QUERY: ClassVar[str] = f"SELECT {', '.join(COLUMNS)} FROM sources"  # noqa: S608 (constants of this class)

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """The status in a row of `QUERY`. Raises IndexDamagedError where it can't be one."""
        uri, record, status, root, size, mtime_ns, reason, pages, chunks, problems = row
        source = stored_source(record)
        with unreadable("source"):
            noted = tuple((page, text) for page, text in plain_json(problems))
            texts = (root, reason or "", *(text for _, text in noted))
            numbers = (size, mtime_ns, pages, chunks, *(page for page, _ in noted if page is not None))
            if source.uri != uri or status not in get_args(Status):
                raise ValueError("its record says something else")
            if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
                raise TypeError("texts and numbers are mixed up")
            if not (0 <= pages <= MAX_PAGES and chunks >= 0):
                raise ValueError("it has too many pages")
        return cls(source, status, root, size, mtime_ns, reason, pages, chunks, noted)

    @staticmethod
    def find(known: "Mapping[str, SourceStatus]", uri: str) -> "SourceStatus | None":
        """The status of the source with this uri, also when it was purged; None when the index never held it."""
        return known.get(uri) or known.get(erased_uri(uri))

    @property
    def is_erased(self) -> bool:
        """True when the source was purged: only a digest of its uri is kept."""
        return self.source.uri.startswith(ERASED)

    @property
    def must_be_read_again(self) -> bool:
        """True when a repair lost a part: the next build reads the file whether or not it has changed."""
        return self.size == READ_AGAIN
