"""Paragraphs, lists and tables of an OpenDocument file as blocks in reading order."""

from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.charts import BlockSink
from ingest.parsing._office.clean import one_line
from ingest.parsing._office.opendocument.inline import OpenText, read_inline
from ingest.parsing._office.opendocument.styles import ListCounter, OpenStyles
from ingest.parsing._office.xml import whole
from mistral_rag.schema import BlockKind
from mistral_rag.text import TableGrid

MAX_REPEATED: Final = 100
"""Cells with text that one element may stand for in a text."""
_FRAMES: Final = frozenset({"draw_frame", "draw_text-box", "draw_custom-shape", "draw_g", "draw_rect"})
_NO_BLOCKS: Final = frozenset({"text_tracked-changes", "office_forms", "text_sequence-decls", "office_annotation"})


class OpenBlocks:
    """Hands the blocks of a file to a sink.

    `hidden` counts characters that are not displayed, `title` is the paragraph that is set as one.
    """

    def __init__(self, styles: OpenStyles, sink: BlockSink) -> None:
        self._styles = styles
        self._sink = sink
        self._outline = ListCounter(styles.outline)
        self._counters: dict[str, ListCounter] = {}
        self.hidden = 0
        self.title = ""

    def heading(self, level: int, text: str) -> None:
        """Take a heading; on a slide, and wherever there is no outline, a title."""
        take = getattr(self._sink, "heading", None)
        if take is not None:
            take(level, text)

    def read(self, elements: Iterable[Element], kind: BlockKind = "text") -> None:
        """Read blocks one after the other; `kind` is that of plain paragraphs."""
        for element in elements:
            tag = element.tag
            if tag == "text_h":
                self._heading(element, kind)
            elif tag == "text_p":
                self._paragraph(element, kind)
            elif tag == "text_list":
                self._list(element, 1, element.get("text_style-name"), kind, top=True)
            elif tag == "table_table":
                self._table(element)
            elif tag == "text_section" and element.get("text_display") == "none":
                self.hidden += sum(map(len, "".join(element.itertext()).split()))
            elif tag in _FRAMES:
                self.read(element, "aside" if kind == "text" else kind)
            elif tag not in _NO_BLOCKS:
                self.read(element, kind)

    def _heading(self, element: Element, kind: BlockKind) -> None:
        found = read_inline(element, self._styles)
        level = max(1, whole(element.get("text_outline-level"), 1))
        marker = "" if element.get("text_is-list-header") == "true" else self._outline.marker(level)
        if found.text and kind == "text":
            self.heading(level, f"{marker} {found.text}".strip())
        elif found.text:
            self._sink.block("title", found.text)
        self._hanging(found)

    def _paragraph(self, element: Element, kind: BlockKind, marker: str = "") -> None:
        found = read_inline(element, self._styles)
        titles = bool(found.text) and kind == "text" and self._styles.is_title(element.get("text_style-name"))
        if titles and not self.title:
            self.title = found.text
        if found.text:
            self._sink.block("title" if titles else kind, f"{marker} {found.text}".strip())
        self._hanging(found)

    def _hanging(self, found: OpenText) -> None:
        self.hidden += found.hidden
        for frame in found.frames:
            self.read([frame], "aside")
        for note in found.notes:
            mark = f"[{(note.findtext('text_note-citation') or '').strip()}]"
            self._apart("note", mark, note.find("text_note-body"))
        for comment in found.comments:
            author = comment.findtext("dc_creator") or ""
            self._apart("comment", f"Comment ({author}):" if author else "Comment:", comment)

    def _apart(self, kind: BlockKind, mark: str, element: Element | None) -> None:
        texts = [] if element is None else [read_inline(p, self._styles).text for p in element.iter("text_p")]
        words = " ".join(filter(None, texts))
        if words:
            self._sink.block(kind, f"{mark} {words}")

    def _list(self, element: Element, level: int, style: str | None, kind: BlockKind, *, top: bool = False) -> None:
        counter = self._counters.setdefault(style or "", ListCounter(self._styles.list_style(style)))
        goes_on = element.get("text_continue-numbering") == "true" or element.get("text_continue-list") is not None
        if top and not goes_on:
            counter.restart(1)
        for item in element:
            marker = ""
            if item.tag == "text_list-item" and _has_own_text(item):
                marker = counter.marker(level, item.get("text_start-value"))
            for child in item:
                if child.tag == "text_list":
                    self._list(child, level + 1, child.get("text_style-name") or style, kind)
                elif child.tag == "text_p":
                    self._paragraph(child, "list" if kind == "text" else kind, marker)
                    marker = ""
                elif child.tag == "text_h":
                    self._listed_heading(child, marker, kind)
                    marker = ""
                else:
                    self.read([child], kind)

    def _listed_heading(self, element: Element, marker: str, kind: BlockKind) -> None:
        found = read_inline(element, self._styles)
        if found.text and kind == "text":
            self.heading(max(1, whole(element.get("text_outline-level"), 1)), f"{marker} {found.text}".strip())
        self._hanging(found)

    def _table(self, table: Element) -> None:
        grid = TableGrid()
        for row, in_head in rows_of(table):
            for cell in row:
                if cell.tag == "table_table-cell":
                    self._cell(grid, cell)
            grid.end_row(in_head=in_head)
        grid.drop_empty_columns()
        if grid.width == 1 and not grid.heads:
            for _, alone in grid.cells():
                self._sink.block("text", alone.text)
        else:
            self._sink.table(grid)

    def _cell(self, grid: TableGrid, cell: Element) -> None:
        found = [read_inline(p, self._styles) for p in cell.iter() if p.tag in ("text_p", "text_h")]
        self.hidden += sum(one.hidden for one in found)
        text = one_line(" ".join(one.text for one in found))
        letters, bold = sum(one.letters for one in found), sum(one.bold for one in found)
        name = cell.get("table_style-name")
        ground = self._styles.property_of("table-cell", name, "style_table-cell-properties", "fo_background-color")
        for _ in range(min(whole(cell.get("table_number-columns-repeated"), 1), MAX_REPEATED)):
            grid.add(
                text,
                is_bold=bold == letters > 0,
                background=None if ground in (None, "transparent", "#ffffff") else ground,
                across=max(1, whole(cell.get("table_number-columns-spanned"), 1)),
                down=max(1, whole(cell.get("table_number-rows-spanned"), 1)),
            )


def rows_of(table: Element, *, in_head: bool = False) -> Iterable[tuple[Element, bool]]:
    """The rows of a table, and True for those of its head."""
    for child in table:
        if child.tag == "table_table-row":
            yield child, in_head
        elif child.tag in ("table_table-header-rows", "table_table-rows", "table_table-row-group"):
            yield from rows_of(child, in_head=in_head or child.tag == "table_table-header-rows")


def _has_own_text(item: Element) -> bool:
    return any(child.tag in ("text_p", "text_h") for child in item)


def is_page_hidden(styles: OpenStyles, page: Element) -> bool:
    """True for a slide that is left out when the others are shown."""
    name = page.get("draw_style-name")
    path = "style_drawing-page-properties"
    return styles.property_of("drawing-page", name, path, "presentation_visibility") == "hidden"
