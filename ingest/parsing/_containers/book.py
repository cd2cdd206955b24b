"""The parser for electronic books (EPUB 2 and 3): their chapters in reading order, as sections."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from pydantic import JsonValue

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._office.package import Package
from ingest.parsing._result import PageProblem, Parsed
from ingest.parsing._texts.outline import Outline
from mistral_rag.errors import ParseError
from mistral_rag.text import decode_text, readable_name

MAX_CHAPTER: Final = 20_000_000
"""Bytes of a chapter, as many as characters are read of a whole file."""
MAX_NAMED: Final = 3
"""Chapters that a line of the report names."""
_PAGES: Final = frozenset({"application/xhtml+xml", "text/html", "application/html+xml"})
_FIELDS: Final = {"creator": "author", "date": "date", "language": "language", "publisher": "publisher"}
_ENCRYPTED: Final = "META-INF/encryption.xml"


def parse(path: Path) -> Parsed:
    """The chapters of a book; its title is that of its metadata, else its file's name.

    Raises:
        ParseError: it is damaged, protected, or no book.
    """
    with Package(path) as package:
        root_file = _root_file(package)
        book = package.tree(root_file)
        outline = Outline()
        outline.has_title = True
        unread: list[str] = []
        hidden = 0
        protected = _protected(package)
        for chapter in _chapters(book, posixpath.dirname(root_file)):
            if chapter not in package or chapter.lower() in protected:
                unread.append(chapter)
                continue
            reader = HtmlReader(outline)
            reader.read(decode_text(package.read(chapter, MAX_CHAPTER), markup=True).text)
            hidden += reader.hidden
        pages = outline.pages()
    if not pages and unread:
        raise ParseError("is protected against copying" if protected else "is damaged: its chapters are missing")
    title, metadata = _properties(book)
    shown = ", ".join(unread[:MAX_NAMED]) + (f" and {len(unread) - MAX_NAMED} more" if len(unread) > MAX_NAMED else "")
    problems = (PageProblem(None, f"chapters that are missing or protected: {shown}"),) if unread else ()
    return Parsed(title or readable_name(path.stem), metadata, pages, problems, hidden={0: hidden} if hidden else {})


def _root_file(package: Package) -> str:
    container = package.tree_if_any("META-INF/container.xml")
    names = (each.get("full-path", "") for each in container.iter()) if container is not None else iter(())
    found = next((name for name in names if name), None)
    if found is None:
        raise ParseError("is an archive, and no electronic book")
    return unquote(found)


def _protected(package: Package) -> frozenset[str]:
    """The parts that are encrypted, in lower case; fonts often are, and are not read."""
    root = package.tree_if_any(_ENCRYPTED)
    if root is None:
        return frozenset()
    return frozenset(unquote(each.get("URI", "")).lower() for each in root.iter() if _name(each) == "CipherReference")


def _chapters(book: Element, folder: str) -> Iterator[str]:
    """The parts of a book in reading order."""
    items = {each.get("id", ""): each for each in book.iter() if _name(each) == "item"}
    for reference in book.iter():
        if _name(reference) != "itemref":
            continue
        item = items.get(reference.get("idref", ""))
        if (
            item is not None
            and item.get("media-type", "") in _PAGES
            and "nav" not in item.get("properties", "").split()
        ):
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _properties(book: Element) -> tuple[str, dict[str, JsonValue]]:
    title = ""
    found: dict[str, JsonValue] = {}
    for each in book.iter():
        if not each.tag.startswith("dc_"):
            continue
        text = " ".join((each.text or "").split())
        name = _name(each)
        if name == "title":
            title = title or text
        elif name in _FIELDS and text:
            found.setdefault(_FIELDS[name], text)
    return title, found


def _name(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("_")[2]
