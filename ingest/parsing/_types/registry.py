"""Parsers by media type: those of this distribution and those that others register, in one table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

from ingest.parsing._bounds import bounded
from ingest.parsing._containers.types import ARCHIVE_TYPES, archive_type
from ingest.parsing._mail.types import MAILBOX as MAILBOX_TYPE
from ingest.parsing._mail.types import MESSAGE_TYPES, mail_type
from ingest.parsing._mail.types import OUTLOOK as OUTLOOK_TYPE
from ingest.parsing._result import Parsed
from ingest.parsing._texts.source_code import CODE_TYPES
from ingest.parsing._types.office import BINARY_SUFFIXES, OFFICE_TYPES
from ingest.parsing._types.signatures import BOOK_TYPE, HEIF_TYPE, TIFF_TYPE, is_text, signature_type, text_type
from mistral_rag.errors import ConfigurationError, ParseError
from mistral_rag.extensions import Extension, extensions

GROUP = "mistral_rag.parsers"
"""The group of entry points; each names a `Parser`."""

OWN_SETTINGS = "mistral-rag.toml"
"""The name of a file of settings of this program, which is no document."""
HEAD_BYTES = 1024
"""Bytes that tell a format: a PDF's header may stand that far inside (PDF Reference 1.7, implementation note 13)."""


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser of one or more formats.

    Args:
        function: "module:name" of a function that takes a `Path` and returns a `Parsed`, or raises `ParseError`. It is
            named and not given because only the parsing child imports it: there a crash costs one file.
        media_types: media type by file suffix, in lower case with the dot.

    Raises:
        ValueError: no such name, or no such suffix.
    """

    function: str
    media_types: Mapping[str, str]

    def __post_init__(self) -> None:
        if not all(self.function.partition(":")):
            raise ValueError(f'function is "module:name", not {self.function!r}')
        for suffix in self.media_types:
            if not suffix.startswith(".") or suffix != suffix.lower():
                raise ValueError(f"a suffix begins with a dot and is in lower case, not {suffix!r}")


PDF = Parser("ingest.parsing._pdf:parse", MappingProxyType({".pdf": "application/pdf"}))
IMAGE = Parser(
    "ingest.parsing._image:parse",
    MappingProxyType(
        {
            ".avif": "image/avif",
            ".bmp": "image/bmp",
            ".gif": "image/gif",
            ".heic": HEIF_TYPE,
            ".heif": HEIF_TYPE,
            ".jp2": "image/jp2",
            ".jpeg": "image/jpeg",
            ".jpg": "image/jpeg",
            ".png": "image/png",
            ".tif": TIFF_TYPE,
            ".tiff": TIFF_TYPE,
            ".webp": "image/webp",
        }
    ),
)
HTML = Parser(
    "ingest.parsing._html.reader:parse",
    MappingProxyType({".htm": "text/html", ".html": "text/html", ".xhtml": "text/html"}),
)
MARKDOWN = Parser(
    "ingest.parsing._texts.markdown:parse", MappingProxyType({".markdown": "text/markdown", ".md": "text/markdown"})
)
TEXT = Parser(
    "ingest.parsing._texts.text:parse",
    MappingProxyType(
        {
            **dict.fromkeys((".text", ".txt", ".log"), "text/plain"),
            **dict.fromkeys((".adoc", ".asciidoc"), "text/asciidoc"),
            ".org": "text/org",
            ".ics": "text/calendar",
            ".vcf": "text/vcard",
        }
    ),
)
TRANSCRIPT = Parser(
    "ingest.parsing._texts.transcript:parse", MappingProxyType({".srt": "application/x-subrip", ".vtt": "text/vtt"})
)
RESTRUCTURED = Parser("ingest.parsing._texts.restructured:parse", MappingProxyType({".rst": "text/x-rst"}))
CODE = Parser("ingest.parsing._texts.source_code:parse", CODE_TYPES)

OFFICE = Parser("ingest.parsing._office.reader:parse", OFFICE_TYPES)
RTF = Parser("ingest.parsing._office.rtf.reader:parse", MappingProxyType({".rtf": "application/rtf"}))
SEPARATED = Parser(
    "ingest.parsing._records.separated:parse",
    MappingProxyType({".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values"}),
)
JSON = Parser(
    "ingest.parsing._records.json:parse",
    MappingProxyType(
        {
            **dict.fromkeys((".json", ".geojson"), "application/json"),
            **dict.fromkeys((".jsonl", ".ndjson"), "application/jsonl"),
        }
    ),
)
ARCHIVE = Parser("ingest.parsing._containers.archive:parse", ARCHIVE_TYPES)
BOOK = Parser("ingest.parsing._containers.book:parse", MappingProxyType({".epub": BOOK_TYPE}))
NOTEBOOK = Parser("ingest.parsing._texts.notebook:parse", MappingProxyType({".ipynb": "application/x-ipynb+json"}))
MAIL = Parser("ingest.parsing._mail.reader:parse", MESSAGE_TYPES)
OUTLOOK = Parser("ingest.parsing._mail.outlook:parse", MappingProxyType({".msg": OUTLOOK_TYPE, ".oft": OUTLOOK_TYPE}))
MAILBOX = Parser("ingest.parsing._mail.mailbox:parse", MappingProxyType({".mbox": MAILBOX_TYPE, ".mbx": MAILBOX_TYPE}))
XML = Parser("ingest.parsing._records.markup:parse", MappingProxyType({".xml": "application/xml"}))

MARKUP = frozenset({"application/xml", "text/html"})
"""Types of text that name themselves in their first bytes."""
TEXT_LIKE = frozenset(
    media_type
    for parser in (TEXT, TRANSCRIPT, MARKDOWN, HTML, SEPARATED, JSON, XML, CODE)
    for media_type in parser.media_types.values()
)
"""Types whose files never begin as an archive does."""

# every `Parser` above; registered here and not in the metadata, so that a source tree works uninstalled
OWN = tuple(
    Extension(GROUP, name.lower(), f"{__name__}:{name}")
    for name, value in tuple(globals().items())
    if isinstance(value, Parser)
)


def parsers() -> Mapping[str, Parser]:
    """All parsers by media type.

    Raises:
        ConfigurationError: an entry point can't be loaded or names no `Parser`, or two want the same files.
    """
    return MappingProxyType({media_type: parser for media_type, (parser, _) in _installed().by_media_type.items()})


def media_type_of(path: Path) -> str | None:
    """The media type a file is parsed as, by its first bytes and its suffix; None when no parser reads it.

    A file that starts as a PDF, a picture or an office file is one whatever its name. A text without a suffix is read
    as text, and XML and HTML that begin as such whatever their suffix. A file that can't be opened goes by its name.

    Raises:
        ConfigurationError: as `parsers`.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        head = b""
    return media_type_by(head, path)


def media_type_by(head: bytes, path: Path) -> str | None:
    """The media type of a file by its first bytes and the suffix of its name: see `media_type_of`."""
    suffix = path.suffix.lower()
    by_suffix = _installed().by_suffix.get(suffix)
    if by_suffix is not None and suffix not in _own().by_suffix:
        # who registers a parser knows what is in its files: many formats are ZIP archives of XML
        return "application/pdf" if signature_type(head) == "application/pdf" else by_suffix
    proven = signature_type(head)
    if proven == TIFF_TYPE and by_suffix is None and _tells_type(suffix):
        # raws of cameras and slides of microscopes are built as TIFF files: of them only the preview would be read
        return None
    if proven is not None and (by_suffix is None or _family(proven) != _family(by_suffix)):
        return proven
    if suffix in BINARY_SUFFIXES and is_text(head):
        # what programs export for Excel and Word is often an HTML page, or separated values, under the wrong name
        text = text_type(head)
        return "text/csv" if text == "text/plain" and by_suffix == OFFICE_TYPES[".xls"] else text
    if path.name == OWN_SETTINGS:
        return None
    if (archive := archive_type(head)) and (not suffix or suffix in ARCHIVE_TYPES or by_suffix in TEXT_LIKE):
        # other formats are archives themselves, such as programs
        return archive
    if by_suffix is None and (mail := mail_type(head)):
        # as in a Maildir, where names end in flags
        return mail
    if by_suffix is not None:
        return by_suffix
    text = text_type(head)
    # markup says by itself that it is some, as a feed or a schema does under names of their own
    return text if text in MARKUP or not _tells_type(suffix) else None


def _tells_type(suffix: str) -> bool:
    """True when what follows the last dot of a name is a type: "notes v1.2", "system.log.1", "Dr. Berg" have none."""
    return any(map(str.isalpha, suffix)) and not any(map(str.isspace, suffix))


def _family(media_type: str) -> str:
    """The parser of a media type: its own look at the content tells more than the first bytes do."""
    return _own().by_media_type[media_type][0].function


def parse(path: Path, media_type: str) -> Parsed:
    """Parse a file in this process, by the parser of its media type; the result is bounded.

    Raises:
        ParseError: the file can't be read or is too large, or its parser can't be used. Whatever else a parser raises
            passes through.
    """
    try:
        # a child that reads our own formats only has no use for a look at all that is installed (50 ms)
        table = _own() if media_type in _own().by_media_type else _installed()
        parser, extension = table.by_media_type[media_type]
        function = replace(extension, value=parser.function).load()
    except KeyError:
        raise ParseError(f"no parser for {media_type} is installed") from None
    except ConfigurationError as error:
        raise ParseError(str(error)) from error
    try:
        parsed = function(path)
    except ParseError as error:
        # a parser of others may have a better reason
        if media_type in _own().by_media_type and not path.stat().st_size:
            raise ParseError("the file is empty") from error
        raise
    if not isinstance(parsed, Parsed):
        fault = f"whose function {parser.function} returned {type(parsed).__name__} and not ingest.parsing.Parsed"
        raise ParseError(str(extension.wrong(fault)))
    return bounded(parsed)


@dataclass(frozen=True, slots=True)
class _Table:
    """Parsers with the extensions that register them, by media type; media types by suffix."""

    by_media_type: Mapping[str, tuple[Parser, Extension]]
    by_suffix: Mapping[str, str]

    @classmethod
    def of(cls, registered: Iterable[Extension]) -> "_Table":
        by_media_type: dict[str, tuple[Parser, Extension]] = {}
        by_suffix: dict[str, str] = {}
        for extension in registered:
            parser = extension.load_as(Parser)
            for suffix, media_type in parser.media_types.items():
                _, other = by_media_type.setdefault(media_type, (parser, extension))
                if other is not extension:
                    raise other.clash(extension, f"a parser for {media_type}")
                if suffix in by_suffix:
                    raise by_media_type[by_suffix[suffix]][1].clash(extension, f"a parser for {suffix} files")
                by_suffix[suffix] = media_type
        return cls(by_media_type, by_suffix)


@cache
def _own() -> _Table:
    return _Table.of(OWN)


@cache
def _installed() -> _Table:
    return _Table.of(extensions(GROUP, OWN).values())
