"""The parser for office files: told by what is inside, whatever their name."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.opendocument.flat import flat_package
from ingest.parsing._office.package import Package
from ingest.parsing._office.protection import COMPOUND, PROTECTED
from ingest.parsing._result import Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import readable_name

Reader = Callable[[Package, str], Parsed]
"""Reads a package by the name of its main part."""
_READERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "w_document": "word.reader:read_word",
        "x_workbook": "sheets.workbook:read_workbook",
        "p_presentation": "slides.reader:read_slides",
    }
)
"""Readers by the root element of the main part."""
_OPEN_READERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "text": "opendocument.text:read_text_document",
        "spreadsheet": "opendocument.sheets:read_spreadsheet",
        "presentation": "opendocument.slides:read_presentation",
    }
)
"""Readers by the last word of an OpenDocument type."""


def parse(path: Path) -> Parsed:
    """The pages of an office file; without a title of its own it has that of its file name.

    Raises:
        ParseError: it is damaged, protected, no document of these kinds, or nested too deep.
    """
    with path.open("rb") as file:
        start = file.read(len(COMPOUND))
    if start == COMPOUND:
        return _converted(path, "parse")
    is_archive = not start.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"<")
    try:
        with Package(path if is_archive else flat_package(path)) as package:
            if _is_binary_workbook(package):
                return _converted(path, "parse_binary_workbook")
            read, main = _reader(package)
            parsed = read(package, main)
    except RecursionError as error:
        raise ParseError("has elements inside of each other deeper than can be read") from error
    return replace(parsed, title=parsed.title or readable_name(path.stem))


def _converted(path: Path, function: str) -> Parsed:
    # LibreOffice is looked for only where it is needed
    parse_converted: Callable[[Path], Parsed] = getattr(import_module("ingest.parsing._office.legacy"), function)
    return parse_converted(path)


def _is_binary_workbook(package: Package) -> bool:
    return (package.related("", "officeDocument") or "").endswith(".bin")


def _reader(package: Package) -> tuple[Reader, str]:
    if "mimetype" in package:
        kind = package.read("mimetype", 1000).decode("ascii", "replace").strip()
        form = kind.removeprefix("application/vnd.oasis.opendocument.").removesuffix("-template")
        if form in _OPEN_READERS:
            _refuse_encrypted(package)
            return _loaded(_OPEN_READERS[form]), "content.xml"
    main = package.related("", "officeDocument")
    if main is None:
        raise ParseError("is an archive, and no Word, Excel, PowerPoint or OpenDocument file")
    root = _root_of(package, main)
    if root.tag not in _READERS:
        raise ParseError(f"holds no document, workbook or presentation but {root.tag.rpartition('_')[2]}")
    return _loaded(_READERS[root.tag]), main


def _refuse_encrypted(package: Package) -> None:
    manifest = package.tree_if_any("META-INF/manifest.xml")
    if manifest is not None and next(manifest.iter("manifest_encryption-data"), None) is not None:
        raise ParseError(PROTECTED)


def _root_of(package: Package, main: str) -> Element:
    _, root = next(package.stream(main))
    return root


def _loaded(name: str) -> Reader:
    module, _, function = name.partition(":")
    reader: Reader = getattr(import_module(f"ingest.parsing._office.{module}"), function)
    return reader
