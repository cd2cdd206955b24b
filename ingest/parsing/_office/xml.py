"""XML of untrusted files, parsed without entities, its names with short prefixes.

Entities are what XML bombs and fetches of foreign files are made of, and no office format has any (ECMA-376 part 2
forbids document type definitions): a document that declares one is refused. They can be declared before the root
element only, so a look at that much with expat is enough, and the rest is parsed at the speed of C.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from mistral_rag.errors import ParseError

_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT: Final = "http://purl.oclc.org/ooxml/"
_OPEN: Final = "urn:oasis:names:tc:opendocument:xmlns:"
PREFIXES: Final[Mapping[str, str]] = {
    _WORD: "w",
    f"{_STRICT}wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "x",
    f"{_STRICT}spreadsheetml/main": "x",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    f"{_STRICT}presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    f"{_STRICT}drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    f"{_STRICT}drawingml/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    f"{_STRICT}drawingml/diagram": "dgm",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr",
    f"{_STRICT}drawingml/spreadsheetDrawing": "xdr",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    f"{_STRICT}officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    f"{_STRICT}officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments": "tc",
    "http://schemas.microsoft.com/office/powerpoint/2018/8/main": "p188",
    "urn:schemas-microsoft-com:vml": "v",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "cp",
    f"{_OPEN}office:1.0": "office",
    f"{_OPEN}text:1.0": "text",
    f"{_OPEN}table:1.0": "table",
    f"{_OPEN}drawing:1.0": "draw",
    f"{_OPEN}style:1.0": "style",
    f"{_OPEN}presentation:1.0": "presentation",
    f"{_OPEN}meta:1.0": "meta",
    f"{_OPEN}svg-compatible:1.0": "svg",
    f"{_OPEN}xsl-fo-compatible:1.0": "fo",
    f"{_OPEN}manifest:1.0": "manifest",
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
"""Prefixes of the namespaces that are read, those of the strict and the transitional form alike: "w_p" is a paragraph
of Word. (With a colon ElementTree's paths would ask for the namespaces again.) A name of any other namespace is its
local name behind "?_"."""
_BROKEN: Final = (ElementTree.ParseError, expat.ExpatError, LookupError, ValueError)
"""What expat raises: also for charsets that it does not know, and for those of several bytes a character."""
_HEAD: Final = 1 << 16
"""Bytes that expat gets at a time until the root element begins."""


def parse_xml(data: bytes, name: str) -> Element:
    """The root element of a document, all names with the short prefixes of `PREFIXES`.

    Raises:
        ParseError: it is no well-formed XML, or declares entities.
    """
    check_prolog(io.BytesIO(data), name)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314  (entities were ruled out)
    except _BROKEN as error:
        raise ParseError(f"is damaged: {name} is no well-formed XML ({error})") from error
    names = ShortNames()
    for element in root.iter():
        names.shorten(element)
    return root


def stream_xml(open_part: Callable[[], io.BufferedIOBase], name: str) -> Iterator[tuple[str, Element]]:
    """The "start" and "end" of each element of a document that may be larger than memory.

    Whoever takes them clears what is done with. At a "start" the attributes are there, the children are not.

    Raises:
        ParseError: as `parse_xml`.
    """
    with open_part() as part:
        check_prolog(part, name)
    names = ShortNames()
    try:
        with open_part() as part:
            for event, element in ElementTree.iterparse(part, ("start", "end")):  # noqa: S314  (as above)
                if event == "start":
                    names.shorten(element)
                yield event, element
    except _BROKEN as error:
        raise ParseError(f"is damaged: {name} is no well-formed XML ({error})") from error


def check_prolog(stream: io.BufferedIOBase, name: str) -> None:
    """Read up to the root element; raises ParseError when entities are declared before it."""
    parser = expat.ParserCreate()

    def refuse(_name: str, _parameter: bool, text: str | None, *_: object) -> None:
        # one that names a file is never opened, and its text is missed at the first place that needs it
        if text is None:
            return
        raise ParseError(f"declares XML entities in {name}, which can be made to fill all memory; it is not read")

    def begin(*_: object) -> None:
        raise _BegunError

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = begin
    try:
        while data := stream.read(_HEAD):
            parser.Parse(data, False)
    except _BegunError:
        return
    except _BROKEN as error:
        raise ParseError(f"is damaged: {name} is no well-formed XML ({error})") from error


class _BegunError(Exception):
    """The root element begins."""


class ShortNames:
    """Gives names their short prefixes; each name is looked up once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def shorten(self, element: Element) -> None:
        """Rename an element and its attributes."""
        element.tag = self._short(element.tag)
        attributes = element.attrib
        if attributes and any(name[0] == "{" for name in attributes):
            short = {self._short(name): value for name, value in attributes.items()}
            attributes.clear()
            attributes.update(short)

    def _short(self, name: str) -> str:
        known = self._known.get(name)
        if known is None:
            uri, _, local = name[1:].rpartition("}") if name[:1] == "{" else ("", "", name)
            known = self._known[name] = f"{PREFIXES.get(uri, '?')}_{local}" if uri else name
        return known


def value_of(element: Element | None, path: str, name: str) -> str | None:
    """An attribute of the first element at a path; None where there is none."""
    found = None if element is None else element.find(path)
    return None if found is None else found.get(name)


def whole(value: str | None, default: int = 0) -> int:
    """The number that an attribute holds, when it is a sane one."""
    digits = (value or "").strip()
    plain = digits.removeprefix("-")
    return int(digits) if plain.isascii() and plain.isdigit() and len(plain) < 16 else default
