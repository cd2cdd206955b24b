"""HTML into pages: what a reader would see of it, by the standard library's tolerant parser."""

import re
from html.parser import HTMLParser
from pathlib import Path

from pydantic import JsonValue

from ingest.parsing._html_table import TableReader, whole_number
from ingest.parsing._markup import Outline
from ingest.parsing._result import Parsed
from mistral_rag.schema import BlockKind
from mistral_rag.text import read_text

DEEPEST = 256


def _tags(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNREAD = _tags(
    "script style template noscript svg math iframe object canvas audio video select datalist nav button textarea"
)
"""Elements whose content is not read: it is no text, not shown, or only the way around the site."""
VOID = _tags("area base br col embed hr img input link meta param source track wbr")
HEADINGS = _tags("h1 h2 h3 h4 h5 h6")
CELLS = _tags("td th")
ROW_ENDS = _tags("tr tbody thead tfoot")
LISTS = _tags("ul ol menu dir dl")
BLOCKS = (
    HEADINGS
    | LISTS
    | _tags(
        "address article aside blockquote body caption center dd details dialog div dt fieldset figcaption figure "
        "footer form header hgroup html legend li main p pre section summary table tbody td tfoot th thead title tr"
    )
)
ENDED_BY = {
    "p": BLOCKS,
    "li": _tags("li"),
    **dict.fromkeys(("dt", "dd"), _tags("dt dd")),
    **dict.fromkeys(CELLS, CELLS | ROW_ENDS),
    **dict.fromkeys(("tr", "caption"), ROW_ENDS),
    **dict.fromkeys(("tbody", "thead", "tfoot"), ROW_ENDS - {"tr"}),
    **dict.fromkeys(HEADINGS, HEADINGS | LISTS | _tags("p table section article main")),
}
"""Elements whose end tag may be missing, and the start tags that end them."""
KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(("li", "dt", "dd"), "list"),
    **dict.fromkeys(("caption", "figcaption"), "caption"),
    "pre": "code",
}
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
BLANKS = re.compile(r"[ \t\n\r\f\u00a0]+")
AROUND_BREAK = re.compile(r" *\n *")
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\ufeff"))
METADATA = _tags("author date description version")


def parse(path: Path) -> Parsed:
    """The file's sections as pages; the title is `<title>`, else the first heading, else the file's name."""
    outline = Outline()
    reader = HtmlReader(outline)
    reader.feed(read_text(path, markup=True))
    reader.close()
    return Parsed(reader.title or outline.title or path.stem, reader.metadata, outline.pages())


class HtmlReader(HTMLParser):
    """Fills an outline with the headings, paragraphs, lists and tables of a page or a piece of one.

    Tables that only lay out the page (those that hold tables or headings) are read as plain blocks.
    """

    def __init__(self, outline: Outline) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.metadata: dict[str, JsonValue] = {}
        self._outline = outline
        self._open: list[str] = []
        self._parts: list[str] = []
        self._hidden: tuple[str, int] | None = None
        self._numbers: list[int | None] = []
        self._marker = ""
        self._tables: list[TableReader | None] = []

    def close(self) -> None:
        """Reads what is left, and ends every element that is still open."""
        super().close()
        while self._open:
            self._end()
        self._flush()

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Reads ``<![…`` as browsers do, where the standard library would stop with an error."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins an element, after ending those it ends."""
        attributes = dict(attrs)
        if self._hidden is not None and not self._shows_again(tag):
            return
        if tag in VOID:
            self._void(tag, attributes)
            return
        if tag in BLOCKS:
            while self._open and tag in ENDED_BY.get(self._open[-1], ()):
                self._end()
            if tag == "table" or tag in HEADINGS:
                self._lay_out()
            self._boundary()
        if tag in UNREAD or _is_unread(attributes):
            self._hidden = (tag, 1)
        elif tag in BLOCKS and len(self._open) < DEEPEST:
            self._open.append(tag)
            self._begin(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        """Ends the nearest open element of this name, and all within it."""
        if self._hidden is not None:
            name, depth = self._hidden
            if tag == name:
                self._hidden = (name, depth - 1) if depth > 1 else None
        elif tag in self._open:
            while self._end() != tag:
                pass
        elif tag in BLOCKS:
            self._boundary()

    def handle_data(self, data: str) -> None:
        """Keeps text that is shown; white space counts only in `<pre>`."""
        if self._hidden is None:
            text = data if "pre" in self._open else BLANKS.sub(" ", data)
            self._parts.append(text.translate(INVISIBLE))

    def _shows_again(self, tag: str) -> bool:
        """Whether a start tag ends the hidden element, which may lack its end tag."""
        name, depth = self._hidden or ("", 0)
        if name == "p" and tag in BLOCKS:
            self._hidden = None
        elif tag == name:
            self._hidden = (name, depth + 1)
        return self._hidden is None

    def _void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self._parts.append("\n")
        elif tag == "img":
            self._parts.append(BLANKS.sub(" ", attributes.get("alt") or ""))
        elif tag == "hr":
            self._boundary()
        elif tag == "meta" and (name := (attributes.get("name") or "").lower()) in METADATA:
            self.metadata[name] = attributes.get("content") or ""

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        table = self._tables[-1] if self._tables else None
        if tag == "table":
            self._tables.append(TableReader())
        elif table is not None and tag in CELLS:
            table.start_cell(tag, attributes)
        elif table is not None and tag == "thead":
            table.in_head = True
        elif tag in LISTS:
            self._numbers.append(whole_number(attributes.get("start"), 1) if tag == "ol" else None)
        elif tag == "li":
            self._number_item()

    def _number_item(self) -> None:
        number = self._numbers[-1] if self._numbers else None
        self._marker = "" if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1

    def _end(self) -> str:
        """Ends the innermost element and says which it was."""
        tag = self._open[-1]
        table = self._tables[-1] if self._tables else None
        if tag in CELLS and table is not None and table.in_cell:
            table.end_cell(self._take())
        else:
            self._boundary()
        if tag == "table":
            self._end_table()
        elif tag == "tr" and table is not None:
            table.end_row()
        elif tag == "thead" and table is not None:
            table.in_head = False
        elif tag in LISTS:
            self._numbers.pop()
        elif tag == "li":
            self._marker = ""
        return self._open.pop()

    def _lay_out(self) -> None:
        """The table whose cell is being read only lays out the page: its cells are plain blocks."""
        table = self._tables[-1] if self._tables else None
        if table is not None and table.in_cell:
            earlier = table.row
            table.row = []
            self._tables[-1] = None
            self._outline.table(table.header, table.body)
            for text in earlier:
                self._outline.block("text", text)

    def _end_table(self) -> None:
        if (table := self._tables.pop()) is not None:
            table.end_row()
            self._outline.table(table.header, table.body)

    def _boundary(self) -> None:
        """The edge of a block: in a table's cell no more than a blank."""
        table = self._tables[-1] if self._tables else None
        if table is not None and table.in_cell:
            self._parts.append(" ")
        else:
            self._flush()

    def _flush(self) -> None:
        if not self._parts:
            return
        text = self._take()
        if not text:
            return
        kind = next((tag for tag in reversed(self._open) if tag in KINDS or tag in HEADINGS or tag == "title"), "")
        if kind == "title":
            self.title = self.title or " ".join(text.split())
        elif kind in HEADINGS:
            self._outline.heading(int(kind[1]), text)
        else:
            self._outline.block(KINDS.get(kind, "text"), self._marker + text)
            self._marker = ""

    def _take(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        if "pre" in self._open:
            return text.strip("\n")
        return AROUND_BREAK.sub("\n", re.sub(" {2,}", " ", text)).strip()


def _is_unread(attributes: dict[str, str | None]) -> bool:
    """Whether an element is hidden, or says that it is only the way around the site."""
    return (
        "hidden" in attributes
        or attributes.get("role") == "navigation"
        or attributes.get("aria-hidden") == "true"
        or bool(HIDDEN_STYLE.search(attributes.get("style") or ""))
    )
