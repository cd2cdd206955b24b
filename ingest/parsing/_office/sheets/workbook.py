"""Workbooks of Excel into pages: sheets with their names, or ranges of large ones."""

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.charts import add_chart
from ingest.parsing._office.package import Package
from ingest.parsing._office.properties import core_properties
from ingest.parsing._office.sheets.cells import SheetContent, SheetReader, shared_texts
from ingest.parsing._office.sheets.looks import cell_looks
from ingest.parsing._office.sheets.pages import SheetPages
from ingest.parsing._office.sheets.regions import SheetCells
from ingest.parsing._office.xml import value_of
from ingest.parsing._pages.builder import PageBuilder
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed

MAX_NAMED: Final = 5
"""Names of sheets in a remark of the report."""
_HIDDEN: Final = frozenset({"hidden", "veryHidden"})


def read_workbook(package: Package, main: str) -> Parsed:
    """A workbook's sheets as pages. Hidden sheets are pages without text, so that the report counts what they hold."""
    book = _Workbook(package, main)
    book.read()
    title, metadata = core_properties(package)
    return Parsed(
        written_title(title),
        metadata,
        tuple(book.pages.pages),
        problems=tuple(PageProblem(None, remark) for remark in book.remarks),
        hidden=book.hidden,
        attachments=sum("/embeddings/" in name for name in package.names()),
    )


class _Workbook:
    def __init__(self, package: Package, main: str) -> None:
        self._package, self._main = package, main
        root = package.tree(main)
        self._sheets = root.findall("x_sheets/x_sheet")
        since_1904 = value_of(root, "x_workbookPr", "date1904") in ("1", "true")
        texts = shared_texts(package, package.related(main, "sharedStrings"))
        looks = cell_looks(package.tree_if_any(package.related(main, "styles")))
        self._reader = SheetReader(package, texts, looks, since_1904=since_1904)
        self.pages = SheetPages()
        self.hidden: dict[int, int] = {}
        self.remarks: list[str] = []

    def read(self) -> None:
        concealed = []
        for sheet in self._sheets:
            name = sheet.get("name", "")
            part = self._package.target(self._main, sheet.get("r_id"))
            if part is None:
                continue
            content = self._reader.read(part)
            if sheet.get("state") in _HIDDEN:
                concealed.append(name)
                content = _concealed(content)
            self._add(name, part, content, is_hidden=sheet.get("state") in _HIDDEN)
        if concealed:
            more = f" and {len(concealed) - MAX_NAMED} more" if len(concealed) > MAX_NAMED else ""
            self.remarks.append(f"hidden sheets are not read: {', '.join(concealed[:MAX_NAMED])}{more}")

    def _add(self, name: str, part: str, content: SheetContent, *, is_hidden: bool) -> None:
        page = self.pages.add(name, content.shown)
        if not is_hidden:
            for kind, target in ((r.kind, r.target) for r in self._package.relations(part)):
                if kind == "drawing":
                    _add_drawing(self._package, target, page)
            for text in _comments(self._package, self._main, part):
                page.block("comment", text)
        number = self.pages.finish()
        if content.hidden:
            self.hidden[number] = content.hidden
        if content.uncounted:
            self.remarks.append(
                f"sheet {name}: {content.uncounted:,} formulas without a stored value; "
                "open and save it once to have them"
            )
        if content.cut_at:
            self.remarks.append(f"sheet {name}: read up to row {content.cut_at:,}, the rest is too much; divide it")


def _concealed(content: SheetContent) -> SheetContent:
    held = sum(len(cell.text) for cell in content.shown.cells.values())
    return SheetContent(SheetCells(), content.hidden + held)


def _add_drawing(package: Package, part: str, page: PageBuilder) -> None:
    """Add the charts and text boxes that lie on a sheet."""
    for element in package.tree(part).iter():
        if element.tag == "c_chart":
            chart = package.tree_if_any(package.target(part, element.get("r_id")))
            if chart is not None:
                add_chart(chart, page)
        elif element.tag == "xdr_sp" and value_of(element, "xdr_nvSpPr/xdr_cNvPr", "hidden") != "1":
            for paragraph in element.iterfind("xdr_txBody/a_p"):
                page.block("aside", "".join(part.text or "" for part in paragraph.iter("a_t")))


def _comments(package: Package, main: str, part: str) -> Iterator[str]:
    """The comments on a sheet's cells, with the cells and authors; threads stand for the notes that mirror them."""
    persons = {
        person.get("id"): person.get("displayName", "")
        for relation in package.relations(main)
        if relation.kind == "person"
        for person in package.tree(relation.target)
    }
    threaded: set[str] = set()
    related = package.relations(part)
    for thread in (package.tree(r.target) for r in related if r.kind == "threadedComment"):
        for comment in thread:
            threaded.add(comment.get("ref", ""))
            yield _comment(
                comment.get("ref", ""), persons.get(comment.get("personId"), ""), comment.findtext("tc_text")
            )
    for notes in (package.tree(r.target) for r in related if r.kind == "comments"):
        yield from _notes(notes, threaded)


def _notes(notes: Element, threaded: set[str]) -> Iterator[str]:
    authors = [author.text or "" for author in notes.iterfind("x_authors/x_author")]
    for comment in notes.iterfind("x_commentList/x_comment"):
        place, at = comment.get("ref", ""), comment.get("authorId", "")
        if place not in threaded:
            author = authors[int(at)] if at.isdigit() and int(at) < len(authors) else ""
            yield _comment(place, author, "".join(part.text or "" for part in comment.iter("x_t")))


def _comment(place: str, author: str, text: str | None) -> str:
    words = " ".join((text or "").split())
    # Excel writes the author's name into the text of a note as well
    words = words.removeprefix(f"{author}:").strip() if author else words
    by = f" ({author})" if author else ""
    return f"Comment on {place}{by}: {words}" if words else ""
