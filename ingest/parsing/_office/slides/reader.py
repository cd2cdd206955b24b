"""Presentations into pages, one a slide; notes and comments stand apart behind what is on it."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ingest.parsing._office.charts import read_drawings
from ingest.parsing._office.package import Package
from ingest.parsing._office.properties import core_properties
from ingest.parsing._office.slides.order import PlacedShape, in_reading_order
from ingest.parsing._office.slides.shapes import SlideShapes, is_running, is_title
from ingest.parsing._office.slides.text import paragraph_text, paragraphs, table_grid
from ingest.parsing._office.xml import value_of, whole
from ingest.parsing._pages.builder import PageBuilder
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed
from mistral_rag.schema import Locator, Page


def read_slides(package: Package, main: str) -> Parsed:
    """A presentation's slides as pages. A hidden one is a page without text, so that the others keep their numbers."""
    root = package.tree(main)
    width = whole(value_of(root, "p_sldSz", "cx")), whole(value_of(root, "p_sldSz", "cy"))
    pages: list[Page] = []
    hidden: dict[int, int] = {}
    concealed: list[int] = []
    authors = dict(_authors(package, main))
    first = ""
    for entry in root.iterfind("p_sldIdLst/p_sldId"):
        part = package.target(main, entry.get("r_id"))
        slide = None if part is None else _Slide(package, part, width, authors)
        number = len(pages) + 1
        locator = Locator(kind="slide", number=number)
        if slide is None:
            pages.append(PageBuilder().page(locator))
            continue
        page = slide.read().page(locator)
        if slide.is_hidden:
            concealed.append(number)
            slide.hidden += sum(map(len, page.text.split()))
            page = PageBuilder().page(locator)
        pages.append(page)
        first = first or slide.title
        if slide.hidden:
            hidden[number] = slide.hidden
    title, metadata = core_properties(package)
    remarks = [f"hidden slides are not read: {', '.join(map(str, concealed[:10]))}"] if concealed else []
    attachments = sum("/embeddings/" in name and not name.endswith(".xlsx") for name in package.names())
    return Parsed(
        written_title(title) or written_title(first),
        metadata,
        tuple(pages),
        problems=tuple(PageProblem(None, remark) for remark in remarks),
        hidden=hidden,
        attachments=attachments,
    )


class _Slide:
    def __init__(self, package: Package, part: str, size: tuple[int, int], authors: dict[str, str]) -> None:
        self._package, self._part, self._size = package, part, size
        self._authors = authors
        self._root = package.tree(part)
        self._page = PageBuilder()
        self.is_hidden = self._root.get("show") in ("0", "false")
        self.hidden = 0
        self.title = ""

    def read(self) -> PageBuilder:
        shapes = SlideShapes(self._package, self._part, self._root)
        self.hidden += sum(_length(shape) for shape in shapes.hidden())
        seen = []
        for placed in shapes:
            if self._is_off(placed):
                self.hidden += _length(placed.item)
            elif not is_running(placed.item):
                seen.append(placed)
        titles = [placed for placed in seen if is_title(placed.item)]
        for placed in titles:
            self._add_title(placed.item)
        for placed in in_reading_order([placed for placed in seen if not is_title(placed.item)]):
            self._add(placed.item)
        self._add_notes()
        for text in self._comments():
            self._page.block("comment", text)
        return self._page

    def _is_off(self, placed: PlacedShape[Element]) -> bool:
        """True for a shape that lies beside the slide, where nobody sees it."""
        width, height = self._size
        if not width or not height or placed.right <= placed.left:
            return False
        return placed.right <= 0 or placed.bottom <= 0 or placed.left >= width or placed.top >= height

    def _add_title(self, shape: Element) -> None:
        texts = [text for _, text in paragraphs(shape.find("p_txBody"))]
        words = " ".join(" ".join(texts).split())
        self.title = self.title or words
        self._page.heading(1, words)

    def _add(self, shape: Element) -> None:
        table = shape.find("a_graphic/a_graphicData/a_tbl")
        if table is not None:
            self._page.table(table_grid(table))
        elif shape.tag == "p_graphicFrame":
            read_drawings(self._package, self._part, shape, self._page)
        for kind, text in paragraphs(shape.find("p_txBody")):
            self._page.block(kind, text)

    def _add_notes(self) -> None:
        notes = self._package.tree_if_any(self._package.related(self._part, "notesSlide"))
        if notes is None:
            return
        for shape in notes.iter("p_sp"):
            kind = value_of(shape, "p_nvSpPr/p_nvPr/p_ph", "type")
            if kind == "body" or (kind is None and shape.find("p_nvSpPr/p_nvPr/p_ph") is None):
                for _, text in paragraphs(shape.find("p_txBody")):
                    self._page.block("note", text)

    def _comments(self) -> Iterator[str]:
        for relation in self._package.relations(self._part):
            if relation.kind == "comments":
                for comment in self._package.tree(relation.target).iter():
                    if comment.tag in ("p_cm", "p188_cm", "p188_reply"):
                        yield self._comment(comment)

    def _comment(self, comment: Element) -> str:
        text = comment.findtext("p_text") or ""
        for paragraph in comment.iterfind("p188_txBody/a_p"):
            text = f"{text} {paragraph_text(paragraph)}"
        author = self._authors.get(comment.get("authorId", ""), "")
        words = " ".join(text.split())
        return (f"Comment ({author}): {words}" if author else f"Comment: {words}") if words else ""


def _authors(package: Package, main: str) -> Iterator[tuple[str, str]]:
    for relation in package.relations(main):
        if relation.kind in ("commentAuthors", "authors"):
            for author in package.tree(relation.target):
                yield author.get("id", ""), author.get("name", "")


def _length(shape: Element) -> int:
    return sum(sum(map(len, (text.text or "").split())) for text in shape.iter("a_t"))
