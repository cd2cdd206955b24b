"""What a parser makes of a file, and what a parsing child hands back."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from mistral_rag.schema import Chunk, Page

NEEDS_OCR = "needs OCR"
"""What the reason of a page begins with that waits for somebody to read its picture."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that could not be read as it should be; `page` is None when it is the whole file."""

    page: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A page whose text has to be read from its picture, and why.

    `key` is the hex digest of what is on it: the same page in another file, or after an edit elsewhere, has the same.
    """

    page: int
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as pages, not yet cut into units; every page that exists is there, with what text it has.

    `unread` are the pages whose text layer is not enough, with the reason.
    """

    title: str
    metadata: dict[str, JsonValue]
    pages: tuple[Page, ...]
    problems: tuple[Problem, ...] = ()
    unread: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ParseJob:
    """One file to parse; `media_type` is one of `ingest.parsing.parsers()`.

    `every_picture` asks for the pictures of pages whose text layer is enough, too.
    """

    path: Path
    uri: str
    media_type: str
    every_picture: bool = False


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file ready for the store: pages with units, chunks, and what was wrong with it.

    `language` is an ISO 639-1 code, empty when unknown.
    """

    uri: str
    media_type: str
    title: str
    language: str = ""
    metadata: dict[str, JsonValue] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    problems: tuple[Problem, ...] = ()
    pictures: tuple[Picture, ...] = ()
