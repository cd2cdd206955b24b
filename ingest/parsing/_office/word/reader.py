"""Word documents into pages: sections by heading path, with the numbers that Word prints."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.charts import read_drawings
from ingest.parsing._office.clean import one_line
from ingest.parsing._office.package import Package
from ingest.parsing._office.properties import core_properties
from ingest.parsing._office.word.numbering import WordNumbering
from ingest.parsing._office.word.runs import InlineReader, InlineText, boxes_in
from ingest.parsing._office.word.styles import ParagraphStyle, StyleSheet, is_filled
from ingest.parsing._office.word.tables import WordCell, is_layout, read_table
from ingest.parsing._office.xml import value_of, whole
from ingest.parsing._pages.printed_numbers import printed_number
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed
from ingest.parsing._texts.outline import RUNNING, Outline, with_appendix
from mistral_rag.schema import BlockKind

MAX_BOLD_HEADING: Final = 100
"""Characters of a paragraph in bold that stands for a heading."""

_WRAPPERS: Final = frozenset({"w_sdt", "w_sdtContent", "w_customXml", "w_ins", "w_moveTo", "mc_Choice"})
_CODE: Final = ("html preformatted", "source code", "code", "preformatted text", "plain text")

Emit = Callable[[BlockKind, int, str], None]
"""Takes a block: its kind, its level when it is a heading, and its text."""


def read_word(package: Package, main: str) -> Parsed:
    """A document's sections as pages; its title is that of its properties, else of its title paragraph."""
    reader = _WordReader(package, main)
    reader.read()
    title, metadata = core_properties(package)
    outline = reader.outline
    return Parsed(
        written_title(title) or reader.title or outline.title,
        metadata,
        with_appendix(outline.pages(), RUNNING, reader.running()),
        problems=tuple(PageProblem(None, reason) for reason in reader.remarks()),
        hidden={0: reader.hidden} if reader.hidden else {},
        attachments=sum("/embeddings/" in name for name in package.names()),
    )


class _WordReader:
    """Fills an outline with a document's paragraphs and tables, and what hangs on each behind it."""

    def __init__(self, package: Package, main: str) -> None:
        self._package, self._main = package, main
        self._styles = StyleSheet(self._part("styles"))
        self._numbering = WordNumbering(self._part("numbering"), self._styles)
        self._apart = {
            kind: {} if (root := self._part(f"{kind}s")) is None else {e.get("w_id", ""): e for e in root}
            for kind in ("footnote", "endnote", "comment")
        }
        self._marks: dict[tuple[str, str], str] = {}
        self._counted: Counter[str] = Counter()
        self._root = package.tree(main)
        paper = value_of(self._root, "w_background", "w_color")
        self._inline = InlineReader(self._styles, self._mark, white_paper=not is_filled(paper))
        self._kept: list[str] = []
        self._hanging = InlineText()
        self.outline = Outline()
        self.title = ""
        self.hidden = 0
        self.deleted = 0
        self.foreign = 0

    def read(self) -> None:
        """Read the document's body to its end."""
        body = self._root.find("w_body")
        if body is not None:
            self._blocks(body, self._emit, plain=True, top=True)

    def running(self) -> Iterator[str]:
        """The paragraphs of headers and footers, each once; those of numbers alone are left out."""
        texts: dict[str, None] = {}

        def collect(_kind: BlockKind, _level: int, text: str) -> None:
            if any(map(str.isalpha, text)):
                texts[one_line(text)] = None

        for relation in self._package.relations(self._main):
            if relation.kind in ("header", "footer"):
                self._blocks(self._package.tree(relation.target), collect, plain=False)
                self._hanging = InlineText()
        return iter(texts)

    def remarks(self) -> Iterator[str]:
        """The reasons why something of the file is not in its pages."""
        if self.deleted:
            yield f"tracked changes are read as accepted: {self.deleted:,} deleted characters left out"
        if self.foreign:
            yield f"documents within the document are not read: {self.foreign}"

    def _part(self, kind: str) -> Element | None:
        return self._package.tree_if_any(self._package.related(self._main, kind))

    def _mark(self, kind: str, identity: str) -> str:
        """The printed mark of a note: footnotes are counted in digits, endnotes in Roman numerals, as Word does."""
        if (kind, identity) not in self._marks:
            self._counted[kind] += 1
            form = "1" if kind == "footnote" else "i"
            self._marks[kind, identity] = printed_number(self._counted[kind], form)
        return self._marks[kind, identity]

    def _emit(self, kind: BlockKind, level: int, text: str) -> None:
        if level:
            self.outline.heading(level, text)
        else:
            self.outline.block(kind, text)

    def _blocks(self, container: Element, emit: Emit, *, plain: bool, top: bool = False) -> None:
        for element in container:
            if element.tag == "w_p":
                self._paragraph(element, emit, plain=plain)
            elif element.tag == "w_tbl":
                self._table(element, emit, plain=plain, top=top)
            elif element.tag in _WRAPPERS:
                self._blocks(element, emit, plain=plain, top=top)
            elif element.tag == "mc_AlternateContent":
                self._blocks(next(iter(element), element), emit, plain=plain, top=top)
            elif element.tag == "w_altChunk":
                self.foreign += 1
            if top:
                self._emit_hanging()

    def _paragraph(self, paragraph: Element, emit: Emit, *, plain: bool) -> None:
        properties = paragraph.find("w_pPr")
        identity = value_of(properties, "w_pStyle", "w_val")
        style = self._styles.paragraph(identity)
        found = self._inline.read(paragraph, style.look, plain=plain)
        self._keep_hanging(found)
        text = found.text
        if value_of(properties, "w_rPr/w_del", "w_id") is not None:
            # the paragraph's end is deleted: what is left of it goes on in the next one
            self._kept += [text] if text else []
            return
        text = " ".join([*self._kept, text]).strip()
        self._kept = []
        marker = None if not text and found.hidden else self._marker(properties, style, identity)
        if text:
            self._emit_text(f"{marker} {text}" if marker else text, properties, style, found, emit, marker is not None)

    def _emit_text(
        self, text: str, properties: Element | None, style: ParagraphStyle, found: InlineText, emit: Emit, listed: bool
    ) -> None:
        own = value_of(properties, "w_outlineLvl", "w_val")
        level = style.level if own is None else (whole(own, 9) + 1) % 10
        if style.name == "title" and not level:
            self.title = self.title or written_title(text)
            self.outline.has_title = True
            emit("title", 0, text)
        elif level:
            emit("title", level, text)
        elif style.name == "caption":
            emit("caption", 0, text)
        elif style.name.startswith(_CODE):
            emit("code", 0, text)
        elif listed:
            emit("list", 0, text)
        else:
            emit("title" if _is_heading(text, found) else "text", 0, text)

    def _marker(self, properties: Element | None, style: ParagraphStyle, identity: str | None) -> str | None:
        list_id = value_of(properties, "w_numPr/w_numId", "w_val") or style.list_id
        if list_id is None or list_id == "0":
            return None
        level = value_of(properties, "w_numPr/w_ilvl", "w_val")
        return self._numbering.marker(list_id, style.list_level if level is None else whole(level), identity or "")

    def _table(self, table: Element, emit: Emit, *, plain: bool, top: bool) -> None:
        plain = plain and table.find("w_tblPr/w_tblStyle") is None
        if is_layout(table):
            for cell in _own_cells(table):
                self._blocks(cell, emit, plain=plain, top=top)
            return
        grid = read_table(table, self._styles, lambda cell: self._cell(cell, plain=plain))
        if top:
            grid.drop_empty_columns()
            self.outline.table(grid)
        else:
            emit("text", 0, " ".join(cell.text for _, cell in grid.cells() if cell.text))

    def _cell(self, cell: WordCell, *, plain: bool) -> tuple[str, bool]:
        texts: list[str] = []
        before = self._hanging.letters
        self._hanging.letters = [0, 0]
        self._blocks(
            cell.element, lambda _kind, _level, text: texts.append(text), plain=plain and not is_filled(cell.fill)
        )
        light, bold = self._hanging.letters
        self._hanging.letters = before
        return one_line(" ".join(texts)), bold > 0 == light

    def _keep_hanging(self, found: InlineText) -> None:
        self.hidden += found.hidden
        self.deleted += found.deleted
        self._hanging.notes += found.notes
        self._hanging.comments += found.comments
        self._hanging.boxes += found.boxes
        self._hanging.letters = [a + b for a, b in zip(self._hanging.letters, found.letters, strict=True)]

    def _emit_hanging(self) -> None:
        """Emit text boxes, notes and comments behind the paragraph or table that they hang on."""
        hanging, self._hanging = self._hanging, InlineText()
        for drawing in hanging.boxes:
            for box in boxes_in(drawing):
                self._blocks(box, lambda kind, _level, text: self._emit(_in_box(kind), 0, text), plain=False)
            read_drawings(self._package, self._main, drawing, self.outline)
        for kind, identity in hanging.notes:
            self._emit_apart("note", f"[{self._mark(kind, identity)}]", self._apart[kind].get(identity))
        for identity in hanging.comments:
            comment = self._apart["comment"].get(identity)
            author = "" if comment is None else comment.get("w_author", "")
            self._emit_apart("comment", f"Comment ({author}):" if author else "Comment:", comment)
        if self._hanging.notes or self._hanging.comments or self._hanging.boxes:
            self._hanging = InlineText()  # what hangs on notes and boxes has no place to be printed in

    def _emit_apart(self, kind: BlockKind, mark: str, element: Element | None) -> None:
        if element is None:
            return
        texts: list[str] = []
        self._blocks(element, lambda _kind, _level, text: texts.append(text), plain=False)
        if texts:
            self.outline.block(kind, f"{mark} {' '.join(texts)}")


def _own_cells(table: Element) -> Iterator[Element]:
    """The cells of a table in order, without those of tables inside, which come with the cell that they stand in."""
    waiting = list(reversed(list(table)))
    while waiting:
        element = waiting.pop()
        if element.tag == "w_tc":
            yield element
        elif element.tag != "w_tbl":
            waiting += reversed(list(element))


def _is_heading(text: str, found: InlineText) -> bool:
    return found.is_bold and len(text) <= MAX_BOLD_HEADING and "\n" not in text and text[-1] not in ".,;:"


def _in_box(kind: BlockKind) -> BlockKind:
    return kind if kind in ("list", "caption", "code") else "aside"
