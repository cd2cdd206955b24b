"""Documents to be read: files and bytes of known types, URLs, and files at the platform."""

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
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mistral_rag._cached import cached_property
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
"""Media types that the platform's OCR accepts, by suffix."""
LOCATOR_KINDS: Mapping[str, LocatorKind] = {SUFFIXES[".pptx"]: "slide", SUFFIXES[".xlsx"]: "sheet"}
TEXT_TYPES = frozenset({SUFFIXES[".csv"], SUFFIXES[".tex"], SUFFIXES[".ipynb"]})
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
PDF_SIGNATURE = b"%PDF-"
MAX_PDF_OFFSET = 1024
"""Readers accept the header of a PDF within its first 1,024 bytes (PDF Reference 1.7, appendix H, note 13)."""
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""Compound files: doc, xls and ppt."""
MAX_MIMETYPE_SIZE = 1023
"""Bytes; OpenDocument and EPUB name their media type in a short member, and anything longer is not unpacked."""
OFFICE_FOLDERS = {"word/": ".docx", "ppt/": ".pptx", "xl/": ".xlsx"}
DATA_URL = re.compile(r"data:([\w.+/-]*)(?:;[\w=.-]+)*;base64,", re.IGNORECASE)
URL_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
CHUNK_KEYS = {"document_url": "document_url", "image_url": "image_url", "file": "file_id"}
KNOWN_SUFFIXES = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))


@dataclass(frozen=True)
class LocalDocument:
    """A document on this machine, as a file or as bytes; `given` is the path as the caller wrote it."""

    name: str
    media_type: str
    size: int
    path: Path | None = None
    given: str = ""
    data: bytes | None = field(default=None, repr=False)

    @property
    def is_pdf(self) -> bool:
        """True for a PDF."""
        return self.media_type == PDF

    @property
    def locator_kind(self) -> LocatorKind:
        """Kind of its pages: slides, sheets or pages."""
        return LOCATOR_KINDS.get(self.media_type, "page")

    @property
    def uri(self) -> str:
        """Identity of the document: the file's URI, or the digest of bytes without a file."""
        return self.path.as_uri() if self.path is not None else f"sha256:{self.digest}"

    @cached_property
    def digest(self) -> str:
        """Lower-case hex sha256 of its bytes; reads the file once."""
        with self.open() as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def open(self) -> io.BufferedReader | io.BytesIO:
        """Open its bytes as a stream."""
        return self.path.open("rb") if self.path is not None else io.BytesIO(self.data or b"")

    def read(self) -> bytes:
        """Read its bytes."""
        with self.open() as stream:
            return stream.read()


@dataclass(frozen=True)
class RemoteDocument:
    """A document that the platform fetches by URL, or has already; `chunk` is its form in a request."""

    name: str
    chunk: Wire


DocumentInput = str | os.PathLike[str] | bytes | uuid.UUID | Mapping[str, Any] | LocalDocument | RemoteDocument
"""All forms in which a caller may name a document."""


def document(source: DocumentInput, *, name: str | None = None) -> LocalDocument | RemoteDocument:
    """Resolve a path, a URL, bytes, the id of an uploaded file, or a document chunk of a request.

    Files are opened and their type is checked; nothing is sent.

    Raises:
        SourceNotFoundError: there is no such file.
        ParseError: the file is empty, or of no type that the platform reads.
        ConfigurationError: `source` can't be a document at all.
    """
    match source:
        case LocalDocument() | RemoteDocument():
            return source
        case bytes() | bytearray() | memoryview():
            return _from_bytes(bytes(source), name)
        case uuid.UUID():
            return RemoteDocument(name or str(source), {"type": "file", "file_id": str(source)})
        case Mapping():
            return _from_chunk(source, name)
        case str() if URL_SCHEME.match(source) or source[:5].lower() == "data:":
            return _from_url(source, name)
        case str() if _is_id(source) and not Path(source).exists():
            return document(uuid.UUID(source), name=name)
        case str() | os.PathLike():
            return _from_file(Path(source), name)
    raise ConfigurationError(f"A document is a path, an address, bytes or a file id, not {type(source).__name__}.")


def _from_file(path: Path, name: str | None) -> LocalDocument:
    if path.exists() and not path.is_file():
        raise SourceNotFoundError(f"{path} is no file; name a file in it")
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(MAX_PDF_OFFSET + 5)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceNotFoundError(f"{path} can't be read: {reason}") from error
    label = name or path.name
    return LocalDocument(label, _media_type(head, label, path), size, path=path.absolute(), given=str(path))


def _from_bytes(data: bytes, name: str | None) -> LocalDocument:
    media_type = _media_type(data[: MAX_PDF_OFFSET + 5], name or "", data)
    return LocalDocument(name or _default_name(media_type), media_type, len(data), data=data)


def _default_name(media_type: str) -> str:
    return "document" + next(suffix for suffix, kind in SUFFIXES.items() if kind == media_type)


def _media_type(head: bytes, name: str, content: Path | bytes) -> str:
    """Media type by content; by the name only for plain text, which has no signature."""
    declared = SUFFIXES.get(Path(name).suffix.lower(), "")
    label = name or "the document"
    if not head:
        raise ParseError(f"{label} is empty")
    if PDF_SIGNATURE in head:
        return PDF
    detected = next((kind for signature, kind in SIGNATURES if signature.match(head)), "")
    if not detected and head.startswith(b"PK"):
        detected = _office_type(content)
    if not detected and declared in TEXT_TYPES and b"\0" not in head:
        detected = declared
    if detected:
        return detected
    if head.startswith(OLE_SIGNATURE):
        raise ParseError(f"{label} is of an old office format; save it as docx, pptx, xlsx or PDF")
    if declared:
        raise ParseError(f"{label} is no {Path(name).suffix[1:].upper()}, or it is damaged at its beginning")
    raise ParseError(f"{label} is of no kind that can be read: {KNOWN_SUFFIXES}")


def _office_type(content: Path | bytes) -> str:
    try:
        with zipfile.ZipFile(content if isinstance(content, Path) else io.BytesIO(content)) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size <= MAX_MIMETYPE_SIZE:
                declared = archive.read("mimetype").decode("ascii", "replace").strip()
                return declared if declared in SUFFIXES.values() else ""
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        return ""
    return next((SUFFIXES[end] for start, end in OFFICE_FOLDERS.items() if any(n.startswith(start) for n in names)), "")


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _from_url(url: str, name: str | None) -> LocalDocument | RemoteDocument:
    if match := DATA_URL.match(url):
        try:
            return _from_bytes(base64.b64decode(url[match.end() :], validate=True), name)
        except binascii.Error as error:
            raise ParseError(f"the data URL is no valid base64: {error}") from error
    if not url.lower().startswith(("https://", "http://")):
        raise ConfigurationError(f"{url[:60]!r} is no address the platform can fetch; it takes https and data URLs.")
    file = unquote(Path(urlsplit(url).path).name)
    is_image = SUFFIXES.get(Path(file).suffix.lower(), "").startswith("image/")
    kind = "image_url" if is_image else "document_url"
    return RemoteDocument(name or url, {"type": kind, kind: url})


def _from_chunk(chunk: Mapping[str, Any], name: str | None) -> LocalDocument | RemoteDocument:
    kind = str(chunk.get("type") or next((one for one, key in CHUNK_KEYS.items() if key in chunk), ""))
    value = chunk.get(CHUNK_KEYS.get(kind, ""))
    if isinstance(value, Mapping):
        value = value.get("url")
    known = {"type", "document_name", *CHUNK_KEYS.values()}
    if kind not in CHUNK_KEYS or not isinstance(value, str | uuid.UUID) or not value or chunk.keys() - known:
        raise ConfigurationError("A document as a dict is {document_url: …}, {image_url: …} or {file_id: …}.")
    if kind == "file" and not _is_id(str(value)):
        raise ConfigurationError(f"{str(value)[:60]!r} is no file id; the platform's are UUIDs.")
    label = name or chunk.get("document_name")
    if str(value)[:5].lower() == "data:":
        return _from_url(str(value), label)
    named = {"document_name": label} if label and kind == "document_url" else {}
    return RemoteDocument(str(label or value), {"type": kind, CHUNK_KEYS[kind]: str(value), **named})
