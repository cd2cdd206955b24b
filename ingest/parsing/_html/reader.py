"""HTML into pages: what a reader would see of it, by the tree that browsers build."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import JsonValue
from selectolax.lexbor import LexborNode

from ingest.parsing._html.css import covers
from ingest.parsing._html.hiding import hides, is_whitened
from ingest.parsing._html.numbers import ListNumbers
from ingest.parsing._html.styles import Style, Styles, in_drawing, indent_of, inherited
from ingest.parsing._html.table import CELLS, HEADINGS, TableReader, is_layout, is_single_cell
from ingest.parsing._html.tree import TEXT, Walk, parse_tree
from ingest.parsing._html.variables import resolved, with_own
from ingest.parsing._pages.joints import LEVEL, LOWERED, RAISED, without_joints
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import Parsed, with_doubt
from ingest.parsing._texts.outline import Outline
from mistral_rag.schema import BlockKind, clean_text
from mistral_rag.text import drop_invisible, read_text, readable_name

MAX_DEPTH: Final = 256
"""Blocks inside of blocks; deeper ones are read as text of the one around them. Browsers stop at 512."""


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNREAD: Final = _tags(
    "script style template noscript noframes noembed iframe object canvas audio video datalist nav del s strike "
    "progress meter rp annotation annotation-xml desc metadata defs symbol clippath mask marker pattern"
)
"""Elements whose content is not read: it is no text, not shown, struck out, or only the way around the site."""
APART: Final = _tags("text mi mn mo ms mtext button option textarea select")
"""Texts of drawings and formulas, and controls: each has a place of its own, and 1 over 2 is not 12."""
LEVELS: Final[Mapping[str, str]] = {"sup": RAISED, "sub": LOWERED}
APART_DISPLAYS: Final = _tags("block flex grid flow-root list-item table")
"""Values of `display` that give any element a place of its own."""
FLEX_DISPLAYS: Final = _tags("flex grid inline-flex inline-grid")
"""Values of `display` that give every element inside a place of its own."""
LISTS: Final = _tags("ul ol menu dir dl")
BLOCKS: Final = (
    HEADINGS
    | LISTS
    | _tags(
        "address article aside blockquote body caption center dd details dialog div dt fieldset figcaption figure "
        "footer form header hgroup html legend li main p pre section summary table tbody td tfoot th thead tr"
    )
)
KINDS: Final[Mapping[str, BlockKind]] = {
    **dict.fromkeys(("li", "dt", "dd"), "list"),
    **dict.fromkeys(("caption", "figcaption"), "caption"),
    "pre": "code",
}
TEXT_INPUTS: Final = _tags("text email tel url search number date time datetime-local month week")
ROOTS: Final = _tags("head html body")
BLANKS: Final = re.compile(r"[ \t\n\r\f\u00a0]+")
AROUND_BREAK: Final = re.compile(r" *\n *")
METADATA: Final = _tags("author date description version")


def parse(path: Path) -> Parsed:
    """The file's sections as pages; the title is `<title>`, else the first heading, else the file's name."""
    outline = Outline()
    reader = HtmlReader(outline)
    source = read_text(path, markup=True)
    reader.read(source.text)
    title = written_title(reader.title) or outline.title or readable_name(path.stem)
    hidden = {0: reader.hidden} if reader.hidden else {}
    return with_doubt(Parsed(title, reader.metadata, outline.pages(), hidden=hidden), source.doubt)


class HtmlReader:
    """Fills an outline with the headings, paragraphs, lists and tables of a page or a piece of one.

    Tables that only lay out the page are read as plain blocks. `hidden` counts characters that nobody sees.
    """

    def __init__(self, outline: Outline) -> None:
        self.title = ""
        self.hidden = 0
        self.metadata: dict[str, JsonValue] = {}
        self._outline = outline
        self._open: list[tuple[str, int]] = []
        self._parts: list[str] = []
        self._numbers: list[ListNumbers] = []
        self._marker = ""
        self._tables: list[TableReader | None] = []
        self._framed = 0
        self._preformatted = 0
        self._styles = Styles()
        self._looks = [Style()]
        self._chosen: int | None = None
        self._letters = [0, 0]
        self._placed: list[int] = []
        self._flexible: set[int] = set()

    def read(self, html: str) -> None:
        """Read a page, or a piece of one, to its end; raises ParseError for one that would take minutes."""
        root = parse_tree(html)
        self._styles = Styles(root)
        self._looks = [Style()]
        walk = Walk(root) if root is not None else None
        for tag, node, entered in walk or ():
            if not entered:
                if tag != TEXT:
                    self._looks.pop()
                if tag in APART or (self._placed and self._placed[-1] == node.mem_id):
                    self._parts.append(" ")
                if self._placed and self._placed[-1] == node.mem_id:
                    self._placed.pop()
                if tag in LEVELS:
                    self._parts.append(LEVEL)
                if self._open and self._open[-1][1] == node.mem_id:
                    self._end(tag)
            elif tag == TEXT:
                self._text(node.text_content or "")
            elif walk is not None and not self._enter(tag, node):
                walk.skip()
        self._flush()

    def _enter(self, tag: str, node: LexborNode) -> bool:
        """Begin an element; False when what is inside is not read."""
        attributes = node.attributes
        declared = self._styles.of(tag, node, attributes)
        custom = with_own(self._looks[-1].custom, declared)
        values = resolved(declared, custom)
        is_hidden = hides(values) or is_whitened(values, self._looks[-1].background) or _is_closed(tag, attributes)
        if covers(values) and not is_hidden:
            self._looks[-1] = self._looks[-1]._replace(background=None)
        self._looks.append(inherited(in_drawing(self._looks[-1], tag, node), values, custom))
        if is_hidden and tag not in UNREAD:
            self.hidden += _length(node.text())
        if tag == "select":
            self._choose(node, attributes)
        if is_hidden or _is_unread(tag, attributes) or (tag == "option" and self._chosen not in {None, node.mem_id}):
            if tag in BLOCKS:
                self._boundary()
            return False
        if tag == "title":
            self._name(node)
            return False
        if values.get("display") in FLEX_DISPLAYS:
            self._flexible.add(node.mem_id)
        if tag not in BLOCKS:
            self._set_in(values)
            self._place(node, values.get("display"))
            self._inline(tag, attributes)
            return True
        self._boundary()
        if len(self._open) < MAX_DEPTH:
            self._open.append((tag, node.mem_id))  # nodes compare by their whole text
            self._begin(tag, node)
        self._set_in(values)
        return True

    def _set_in(self, values: Mapping[str, str]) -> None:
        if values and self._table is not None and self._table.in_cell:
            self._table.set_in(indent_of(values))

    def _name(self, node: LexborNode) -> None:
        """Keep the page's first title; a drawing may have one of its own."""
        if node.parent is not None and node.parent.tag in ROOTS:
            self.title = self.title or " ".join(drop_invisible(node.text()).split())

    def _place(self, node: LexborNode, display: str | None) -> None:
        """Set apart an element that is no block by its name but by its style, or by that of the element around it."""
        parent = node.parent
        if display in APART_DISPLAYS or (parent is not None and parent.mem_id in self._flexible):
            self._placed.append(node.mem_id)
            self._parts.append(" ")

    def _choose(self, select: LexborNode, attributes: Mapping[str, str | None]) -> None:
        """Find the option that a closed list shows: the last that is selected, else the first."""
        shown = select.css("option[selected]")[-1:] or select.css("option")[:1]
        self._chosen = shown[0].mem_id if shown and "multiple" not in attributes else None

    def _text(self, text: str) -> None:
        """Keep text that is seen; white space counts only in `<pre>`."""
        if self._looks[-1].shows_text:
            self._letters[self._looks[-1].is_bold] += len(text.strip())
            if self._table is not None and self._table.in_cell:
                self._table.text(text)
            self._parts.append(drop_invisible(text if self._preformatted else BLANKS.sub(" ", text)))
        else:
            self.hidden += _length(text)

    def _inline(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        if tag in ("img", "input") and not self._looks[-1].is_visible:
            return
        if tag in APART:
            self._parts.append(" ")
        elif tag in LEVELS:
            self._parts.append(LEVELS[tag])
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "img":
            self._parts.append(BLANKS.sub(" ", attributes.get("alt") or ""))
        elif tag == "hr":
            self._boundary()
        elif tag == "input" and (attributes.get("type") or "text").lower() in TEXT_INPUTS:
            self._parts.append(BLANKS.sub(" ", attributes.get("value") or ""))
        elif tag == "meta" and (name := (attributes.get("name") or "").lower()) in METADATA:
            self.metadata[name] = attributes.get("content") or ""

    def _begin(self, tag: str, node: LexborNode) -> None:
        table = self._table
        if tag == "table":
            self._begin_table(node)
        elif tag in CELLS and table is not None and not self._framed:
            table.start_cell(tag, node.attributes, self._looks[-1].background)
            self._letters = [0, 0]
        elif tag == "thead" and table is not None:
            table.in_head = True
        elif tag in LISTS:
            self._numbers.append(ListNumbers(tag, node))
        elif tag == "li":
            self._marker = self._numbers[-1].marker(node.attributes) if self._numbers else ""
        self._preformatted += tag == "pre"

    def _begin_table(self, node: LexborNode) -> None:
        if self._framed or (self._table is not None and self._table.in_cell and is_single_cell(node)):
            self._framed += 1
        else:
            self._tables.append(None if is_layout(node) else TableReader())

    @property
    def _table(self) -> TableReader | None:
        """The table that is being read; None outside of tables, and in one that lays out the page."""
        return self._tables[-1] if self._tables else None

    def _end(self, tag: str) -> None:
        """End the innermost block."""
        table = self._table
        if tag in CELLS and table is not None and not self._framed:
            table.end_cell(_one_line(self._take()), is_bold=self._letters[0] == 0)
        else:
            self._boundary()
        if tag == "table":
            self._end_table()
        elif tag == "tr" and table is not None and not self._framed:
            table.end_row()
        elif tag == "thead" and table is not None and not self._framed:
            table.in_head = False
        elif tag in LISTS:
            self._numbers.pop()
        elif tag == "li":
            self._marker = ""
        self._preformatted -= tag == "pre"
        self._open.pop()

    def _end_table(self) -> None:
        if self._framed:
            self._framed -= 1
        elif (table := self._tables.pop()) is not None:
            for grid in (part for whole in table.grids for part in whole.parted()):
                grid.drop_empty_columns()
                self._outline.table(grid)

    def _boundary(self) -> None:
        """The edge of a block: in a table's cell no more than a blank."""
        if self._table is not None and self._table.in_cell:
            self._parts.append(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        text = self._take()
        if not text:
            return
        kind = next((tag for tag, _ in reversed(self._open) if tag in KINDS or tag in HEADINGS), "")
        if kind == "caption" and self._table is not None:
            self._table.grid.caption(text)
        if kind in HEADINGS:
            self._outline.heading(int(kind[1]), text)
        else:
            self._outline.block(KINDS.get(kind, "text"), self._marker + text)
            self._marker = ""

    def _take(self) -> str:
        text = without_joints("".join(self._parts))
        self._parts.clear()
        if self._preformatted:
            return text.strip("\n")
        return AROUND_BREAK.sub("\n", re.sub(" {2,}", " ", text)).strip()


def _one_line(text: str) -> str:
    return " ".join(drop_invisible(clean_text(text)).split())


def _length(text: str) -> int:
    """Characters that are no white space."""
    return sum(map(len, text.split()))


def _is_closed(tag: str, attributes: Mapping[str, str | None]) -> bool:
    return "hidden" in attributes or "popover" in attributes or (tag == "dialog" and "open" not in attributes)


def _is_unread(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """True when an element is not text, or says that it is only the way around the site."""
    return tag in UNREAD or tag.startswith(("-", "!")) or attributes.get("role") == "navigation"
