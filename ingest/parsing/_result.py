"""Results of parsing: of a parser, of a parsing worker, and the jobs that ask for them."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from pydantic import JsonValue

from mistral_rag.index import Profile
from mistral_rag.schema import Chunk, Page

NEEDS_OCR = "needs OCR"
"""Beginning of the reason of a page that has to be read from its picture."""

WRONG_TEXT = f"{NEEDS_OCR}: the text says something else than is printed"
"""Beginning of the reason of a page whose text layer is wrong: without OCR it has no text."""

LOCKED = "the PDF is encrypted and needs a password"
"""Beginning of the reason of a PDF that no password opens, as `mistral_rag.pdf` gives it."""

UNKNOWN_DIGEST = "0" * 64
"""Stands for the digest of a file that could not be opened, or whose digest nobody needs."""


@dataclass(frozen=True, slots=True)
class PageProblem:
    """Something in a file that could not be read as it should be; `page` is None when it is the whole file."""

    page: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class PicturePage:
    """A page whose text has to be read from its picture, and why.

    `key` is the hex digest of what is on it: the same page in another file, or after an edit elsewhere, has the same.
    """

    page: int
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside of another one: an attachment of a mail, a member of an archive.

    `name` is its path there, with slashes; `open` gives its bytes, while the next member was not asked for; `modified`
    is when it was changed, in seconds since 1970; `media_type` is known where its first bytes need not be asked. One
    that can't be read says why in `unread`.
    """

    name: str
    open: Callable[[], AbstractContextManager[IO[bytes]]] | None = None
    modified: float | None = None
    media_type: str | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class UnpackedMember:
    """A member that lies on disk as its own file: number `number` of its container, with the sha256 of its bytes."""

    number: int
    name: str
    media_type: str
    digest: str


@dataclass(frozen=True, slots=True)
class Room:
    """The folder for members of a file, and the room that is left there for its members, also those inside of them."""

    folder: Path
    members: int
    size: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as its parser gives it: every page that exists, with what text it has, not yet cut into units.

    `unread` are the pages whose text layer is not enough, with the reason. `hidden` counts the characters that nobody
    sees and that were left out, by page number; 0 stands for a file whose parser can't say on which page. `notes` and
    `attachments` count what a file carries beside its pages and what is not read. `members` are the files inside of it
    that are to be documents of their own; they are taken one after the other, once.
    """

    title: str
    metadata: dict[str, JsonValue]
    pages: tuple[Page, ...]
    problems: tuple[PageProblem, ...] = ()
    unread: tuple[PageProblem, ...] = ()
    hidden: Mapping[int, int] = field(default_factory=dict)
    notes: int = 0
    attachments: int = 0
    members: Iterable[Member] = ()


def with_doubt(parsed: Parsed, doubt: str) -> Parsed:
    """The file with a doubt about its text on each page and in the report; as it is when `doubt` is empty."""
    if not doubt:
        return parsed
    pages = tuple(page.model_copy(update={"doubts": (*page.doubts, doubt)}) for page in parsed.pages)
    return replace(parsed, pages=pages, problems=(*parsed.problems, PageProblem(None, doubt)))


@dataclass(frozen=True, slots=True)
class ParseJob:
    """One file to parse; `media_type` is one of `ingest.parsing.parsers()`.

    `name` and `digest` are those of the file's source. `every_picture` asks for the pictures of pages whose text layer
    is enough, too. With `awaits_ocr` a file that has pictures comes back uncut: it is cut when they have been read.
    `metadata` are stated beside the file, and go before what it says of itself.
    Members are unpacked where there is `room` for them. A PDF that one of the `passwords` opens is replaced by a copy
    without protection, so the path must lead to a link or copy of the caller's own.
    `disproved` are pages whose text layer is not believed, with
    the reason: they are read from their pictures.
    """

    path: Path
    uri: str
    media_type: str
    name: str = ""
    digest: str = UNKNOWN_DIGEST
    every_picture: bool = False
    awaits_ocr: bool = False
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    room: Room | None = None
    passwords: tuple[str, ...] = field(default=(), repr=False)
    disproved: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file ready for the store: pages with units, chunks, and what was wrong with it.

    `language` is an ISO 639-1 code, empty when unknown; `pictures` are the pages that are still to be read from their
    pictures; `profile` is what the signals of retrieval have learned of it; `hidden`, `notes` and
    `attachments` are as in `Parsed`; `members` have been unpacked.
    """

    uri: str
    media_type: str
    title: str
    language: str = ""
    metadata: dict[str, JsonValue] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    problems: tuple[PageProblem, ...] = ()
    pictures: tuple[PicturePage, ...] = ()
    profile: Profile = field(default_factory=Profile)
    hidden: Mapping[int, int] = field(default_factory=dict)
    notes: int = 0
    attachments: int = 0
    members: tuple[UnpackedMember, ...] = ()


@dataclass(frozen=True, slots=True)
class CutJob:
    """A parsed `file` whose pictures have been read, to be cut; `parsing` is the job that it came from."""

    parsing: ParseJob
    file: ParsedFile


def has_wrong_text(page: Page) -> bool:
    """True for a page whose text layer says something else than is printed."""
    return any(doubt.startswith(WRONG_TEXT) for doubt in page.doubts)


def with_wrong_text(pages: Iterable[Page], reasons: Mapping[int, str]) -> tuple[Page, ...]:
    """The pages, those of whose numbers there is a reason with it among their doubts."""
    return tuple(
        page.model_copy(update={"doubts": (*page.doubts, reason)})
        if (reason := reasons.get(page.locator.number)) and reason not in page.doubts
        else page
        for page in pages
    )


def with_disproved(parsed: Parsed, reasons: Mapping[int, str]) -> Parsed:
    """The file with these pages among those whose text layer is not enough; as it is without any."""
    if not reasons:
        return parsed
    there = {page.locator.number for page in parsed.pages}
    unread = {problem.page or 0: problem for problem in parsed.unread}
    unread |= {number: PageProblem(number, reason) for number, reason in reasons.items() if number in there}
    pages = with_wrong_text(parsed.pages, reasons)
    return replace(parsed, pages=pages, unread=tuple(unread[number] for number in sorted(unread)))


def without_text(page: Page) -> Page:
    """The page without its text, which is not to be found or quoted."""
    return Page(locator=page.locator, text="", width=page.width, height=page.height, doubts=page.doubts)


def without_wrong_text(pages: Iterable[Page]) -> tuple[Page, ...]:
    """The pages, without the text of those whose text is wrong."""
    return tuple(without_text(page) if has_wrong_text(page) else page for page in pages)
