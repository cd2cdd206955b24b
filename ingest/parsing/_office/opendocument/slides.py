"""Presentations in OpenDocument (odp) into pages, one a slide; notes stand apart."""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.opendocument.blocks import OpenBlocks, is_page_hidden
from ingest.parsing._office.opendocument.styles import OpenStyles
from ingest.parsing._office.package import Package
from ingest.parsing._office.properties import open_properties
from ingest.parsing._office.slides.order import PlacedShape, in_reading_order
from ingest.parsing._pages.builder import PageBuilder
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed
from mistral_rag.schema import Locator, Page

_LENGTH: Final = re.compile(r"(-?\d+(?:\.\d+)?)(cm|mm|in|pt|px)?")
_IN_MM: Final = {"cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72, "px": 25.4 / 96}
_RUNNING: Final = frozenset({"date-time", "footer", "header", "page-number", "notes", "page"})


def read_presentation(package: Package, main: str) -> Parsed:
    """A presentation's slides as pages. A hidden one is a page without text, so that the others keep their numbers."""
    root = package.tree(main)
    styles = OpenStyles(package, root)
    pages: list[Page] = []
    hidden: dict[int, int] = {}
    concealed: list[int] = []
    first = ""
    for number, slide in enumerate(root.iterfind("office_body/office_presentation/draw_page"), 1):
        page, unseen, title = _slide(slide, styles, number)
        first = first or title
        if is_page_hidden(styles, slide):
            concealed.append(number)
            unseen += sum(map(len, page.text.split()))
            page = PageBuilder().page(page.locator)
        pages.append(page)
        if unseen:
            hidden[number] = unseen
    title, metadata = open_properties(package)
    remarks = [f"hidden slides are not read: {', '.join(map(str, concealed[:10]))}"] if concealed else []
    return Parsed(
        written_title(title) or written_title(first),
        metadata,
        tuple(pages),
        problems=tuple(PageProblem(None, remark) for remark in remarks),
        hidden=hidden,
    )


def _slide(slide: Element, styles: OpenStyles, number: int) -> tuple[Page, int, str]:
    """A slide's page, the characters on it that are hidden, and its title."""
    page = PageBuilder()
    blocks = OpenBlocks(styles, page)
    shapes = list(_shapes(slide))
    titles = [shape.item for shape in shapes if shape.item.get("presentation_class") == "title"]
    words = ""
    for shape in titles:
        text = " ".join(" ".join("".join(p.itertext()) for p in shape.iter("text_p")).split())
        words = words or text
        page.heading(1, text)
    for placed in in_reading_order([shape for shape in shapes if shape.item not in titles]):
        blocks.read(placed.item)
    for notes in slide.iterfind("presentation_notes"):
        for frame in notes:
            if frame.get("presentation_class") == "notes":
                blocks.read(frame, "note")
    return page.page(Locator(kind="slide", number=number)), blocks.hidden, words


def _shapes(group: Element) -> Iterator[PlacedShape[Element]]:
    for element in group:
        if element.tag == "draw_g":
            yield from _shapes(element)
        elif element.tag.startswith("draw_") and element.get("presentation_class") not in _RUNNING:
            left, top, width, height = (
                _millimetres(element.get(f"svg_{side}")) for side in ("x", "y", "width", "height")
            )
            yield PlacedShape(left, top, left + width, top + height, element)


def _millimetres(length: str | None) -> float:
    found = _LENGTH.fullmatch(length or "")
    return float(found[1]) * _IN_MM.get(found[2] or "px", 1.0) if found else 0.0
