"""What can be read: files and bytes of known kinds, addresses on the web, files at the platform."""

import base64
import binascii
import hashlib
import io
import os
import re
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mistral_rag.errors import ConfigurationError, ParseError, SourceNotFoundError
from mistral_rag.schema import LocatorKind

Wire = dict[str, Any]

PDF = "application/pdf"
SUFFIXES = {
    ".pdf": PDF,
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".bmp": "image/bmp",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".epub": "application/epub+zip",
    ".rtf": "application/rtf",
    ".csv": "text/csv",
    ".tex": "application/x-tex",
    ".ipynb": "application/x-ipynb+json",
}
"""The kinds of file the platform reads, by the ends of their names."""
SHEETS: Mapping[str, LocatorKind] = {SUFFIXES[".pptx"]: "slide", SUFFIXES[".xlsx"]: "sheet"}
TEXT_KINDS = frozenset({SUFFIXES[".csv"], SUFFIXES[".tex"], SUFFIXES[".ipynb"]})
SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"II\*\0|MM\0\*"), "image/tiff"),
    (re.compile(rb"BM.{12}[\x0c-\x7c]\0{3}", re.DOTALL), "image/bmp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
    (re.compile(rb"....ftyp(?:hei|hev|mif1|msf1)", re.DOTALL), "image/heic"),
    (re.compile(rb"\{\\rtf"), SUFFIXES[".rtf"]),
)
PDF_MARK = re.compile(rb"%PDF-", re.DOTALL)
PDF_WITHIN = 1024
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PARTS = {"word/": ".docx", "ppt/": ".pptx", "xl/": ".xlsx"}
DATA_URL = re.compile(r"data:([\w.+/-]*)(?:;[\w=.-]+)*;base64,", re.IGNORECASE)
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
CHUNKS = {"document_url": "document_url", "image_url": "image_url", "file": "file_id"}
KNOWN = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))


@dataclass(frozen=True)
class Local:
    """A document at hand, as a file or as bytes; `given` is the path as it was named."""

    name: str
    media_type: str
    size: int
    path: Path | None = None
    given: str = ""
    data: bytes | None = field(default=None, repr=False)

    @property
    def is_pdf(self) -> bool:
        """Whether it is a PDF."""
        return self.media_type == PDF

    @property
    def locator_kind(self) -> LocatorKind:
        """What its pages are called."""
        return SHEETS.get(self.media_type, "page")

    @property
    def uri(self) -> str:
        """What it is known by: the file's address, or the digest of bytes that stand nowhere."""
        return self.path.as_uri() if self.path is not None else f"sha256:{self.digest}"

    @cached_property
    def digest(self) -> str:
        """Lower-case hex sha256 of its bytes."""
        with self.open() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def open(self) -> io.BufferedReader | io.BytesIO:
        """Its bytes as a stream."""
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.data or b"")

    def read(self) -> bytes:
        """Its bytes."""
        with self.open() as stream:
            return stream.read()


@dataclass(frozen=True)
class Remote:
    """A document that the platform fetches itself, or has already."""

    name: str
    chunk: Wire


Source = str | os.PathLike[str] | bytes | uuid.UUID | Mapping[str, Any] | Local | Remote
"""Whatever names a document."""


def document(source: Source, *, name: str | None = None) -> Local | Remote:
    """The document that `source` names: a path, an address, bytes, the id of an uploaded file, or a part of a request.

    Raises:
        SourceNotFoundError: there is no such file.
        ParseError: the file is empty, or of no kind that the platform reads.
        ConfigurationError: `source` can't be a document at all.
    """
    match source:
        case Local() | Remote():
            return source
        case bytes() | bytearray() | memoryview():
            return _held(bytes(source), name)
        case uuid.UUID():
            return Remote(name or str(source), {"type": "file", "file_id": str(source)})
        case Mapping():
            return _from_chunk(source, name)
        case str() if ADDRESS.match(source) or source[:5].lower() == "data:":
            return _at(source, name)
        case str() if _is_id(source) and not Path(source).exists():
            return document(uuid.UUID(source), name=name)
        case str() | os.PathLike():
            return _file(Path(source), name)
    raise ConfigurationError(f"A document is a path, an address, bytes or a file id, not {type(source).__name__}.")


def _file(path: Path, name: str | None) -> Local:
    if path.exists() and not path.is_file():
        raise SourceNotFoundError(f"{path} is no file; name a file in it")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(PDF_WITHIN + 5)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceNotFoundError(f"{path} can't be read: {reason}") from error
    called = name or path.name
    return Local(called, _media_type(head, called, path), size, path=path.absolute(), given=str(path))


def _held(data: bytes, name: str | None) -> Local:
    media_type = _media_type(data[: PDF_WITHIN + 5], name or "", data)
    return Local(name or _called(media_type), media_type, len(data), data=data)


def _called(media_type: str) -> str:
    return "document" + next(suffix for suffix, kind in SUFFIXES.items() if kind == media_type)


def _media_type(head: bytes, name: str, whole: Path | bytes) -> str:
    """The kind of a file, by what it holds; by its name only where that is plain text."""
    said = SUFFIXES.get(Path(name).suffix.lower(), "")
    called = name or "the document"
    if not head:
        raise ParseError(f"{called} is empty")
    if PDF_MARK.search(head):
        return PDF
    found = next((kind for mark, kind in SIGNATURES if mark.match(head)), "")
    if not found and head.startswith(b"PK"):
        found = _office_kind(whole)
    if not found and said in TEXT_KINDS and b"\0" not in head:
        found = said
    if found:
        return found
    if head.startswith(OLD_OFFICE):
        raise ParseError(f"{called} is of an old office format; save it as docx, pptx, xlsx or PDF")
    if said:
        raise ParseError(f"{called} is no {Path(name).suffix[1:].upper()}, or it is damaged at its beginning")
    raise ParseError(f"{called} is of no kind that can be read: {KNOWN}")


def _office_kind(whole: Path | bytes) -> str:
    try:
        with zipfile.ZipFile(whole if isinstance(whole, Path) else io.BytesIO(whole)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < PDF_WITHIN:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                return declared if declared in SUFFIXES.values() else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        return ""
    return next((SUFFIXES[end] for start, end in PARTS.items() if any(n.startswith(start) for n in names)), "")


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _at(address: str, name: str | None) -> Local | Remote:
    if found := DATA_URL.match(address):
        try:
            return _held(base64.b64decode(address[found.end() :], validate=True), name)
        except binascii.Error as error:
            raise ParseError(f"the data URL is no valid base64: {error}") from error
    if not address.lower().startswith(("https://", "http://")):
        raise ConfigurationError(
            f"{address[:60]!r} is no address the platform can fetch; it takes https and data URLs."
        )
    file = unquote(Path(urlsplit(address).path).name)
    is_image = SUFFIXES.get(Path(file).suffix.lower(), "").startswith("image/")
    kind = "image_url" if is_image else "document_url"
    return Remote(name or address, {"type": kind, kind: address})


def _from_chunk(chunk: Mapping[str, Any], name: str | None) -> Local | Remote:
    kind = str(chunk.get("type") or next((one for one, key in CHUNKS.items() if key in chunk), ""))
    value = chunk.get(CHUNKS.get(kind, ""))
    if isinstance(value, Mapping):
        value = value.get("url")
    known = {"type", "document_name", *CHUNKS.values()}
    if kind not in CHUNKS or not isinstance(value, str | uuid.UUID) or not value or chunk.keys() - known:
        raise ConfigurationError("A document as a dict is {document_url: …}, {image_url: …} or {file_id: …}.")
    if kind == "file" and not _is_id(str(value)):
        raise ConfigurationError(f"{str(value)[:60]!r} is no file id; the platform's are UUIDs.")
    called = name or chunk.get("document_name")
    if str(value)[:5].lower() == "data:":
        return _at(str(value), called)
    named = {"document_name": called} if called and kind == "document_url" else {}
    return Remote(str(called or value), {"type": kind, CHUNKS[kind]: str(value), **named})
