"""XML of any kind into pages, located by the path of elements; entities are not expanded, nothing else is opened."""

import re
from collections import Counter
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.xml import parse_xml
from ingest.parsing._records.tree import TreePages, Value
from ingest.parsing._result import PageProblem, Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import decode_text, readable_name

_DECLARATION: Final = re.compile(r"\s*<\?xml\s[^<>]{0,200}?encoding[^<>]{0,200}?\?>")
MAX_SIZE: Final = 60_000_000
"""Bytes of a file: as a tree it takes about ten times as much memory."""


def parse(path: Path) -> Parsed:
    """The file's elements as pages: those with text only are fields, those with text between others are paragraphs.

    Raises:
        ParseError: it is no well-formed XML, declares entities, is nested too deep, or too large.
    """
    if path.stat().st_size > MAX_SIZE:
        raise ParseError(f"has more than {MAX_SIZE:,} bytes of XML; divide it")
    root = _root(path)
    pages = TreePages("/")
    try:
        pages.add(_value(root), (f"/{_name(root)}",))
        remarks = (PageProblem(None, f"elements too deep in others were left out: {pages.cut}"),) if pages.cut else ()
        title = next((" ".join((e.text or "").split()) for e in root if _name(e).lower() in ("title", "name")), "")
    except RecursionError as error:
        raise ParseError("has elements inside of each other deeper than can be read") from error
    return Parsed(title[:150] or readable_name(path.stem), {}, pages.finish(), problems=remarks)


def _root(path: Path) -> Element:
    data = path.read_bytes()
    try:
        return parse_xml(data, path.name)
    except ParseError:
        # the declaration may name another charset than the file is in, or one that expat does not know
        text = decode_text(data, markup=True).text
        if not (declaration := _DECLARATION.match(text)):
            raise
    return parse_xml(text[declaration.end() :].encode(), path.name)


def _value(element: Element) -> Value:
    children = [child for child in element if isinstance(child.tag, str)]
    attributes: dict[str, Value] = {
        f"@{name.rpartition('_')[2]}": value for name, value in element.attrib.items() if value
    }
    text = (element.text or "").strip()
    if not children:
        return {**attributes, "text": text} if attributes and text else (attributes or text)
    if text or any((child.tail or "").strip() for child in children):
        words = " ".join("".join(element.itertext()).split())
        return {**attributes, "text": words} if attributes else words
    names = Counter(_name(child) for child in children)
    fields: dict[str, Value] = dict(attributes)
    for child in children:
        name, value = _name(child), _value(child)
        if names[name] == 1:
            fields[name] = value
        else:
            held = fields.setdefault(name, [])
            if isinstance(held, list):
                held.append(value)
    return fields


def _name(element: Element) -> str:
    tag = element.tag
    return tag.partition("_")[2] if tag.startswith("?_") else tag.removeprefix("?_")
