"""Blocks from printed lines: titles, paragraphs, lists, tables, running headers and footers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import groupby, pairwise
from types import MappingProxyType

from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._layout import CELL_JOINT
from mistral_rag.pdf._regions import RegionKind
from mistral_rag.pdf._sheet import PrintedLine, Sheet
from mistral_rag.schema import Block, BlockKind, Box

_TITLE_HEIGHT = 1.15
"""Letters of a title against those of the body: 12 points over 10 are larger, 11 over 10 may be a change of font."""
_MAX_TITLE_LENGTH = 200
"""Characters; a longer line in large letters is text, as on slides."""
_MAX_TITLE_WIDTH = 0.8
"""A bold line wider than this share of the text area is emphasised text, not a title."""
_MIN_PARAGRAPH_GAP = 0.45
"""White between two paragraphs, times the height of a line; lines of one paragraph are set closer than that."""
_MIN_INDENT = 1.2
"""First-line indent of a paragraph, times the height of a line: more than uneven left edges."""
_FULL_LINE = 0.93
"""A line that ends right of this share of the text area goes on in the next."""
_RIGHT_COLUMNS = 0.58
"""Middle of a line that stands over the columns of figures and not over the labels, as a share of the page's width."""
_MAX_LABELS_BETWEEN_ROWS = 3
"""Subheadings and wrapped labels of a table; more lines are text between two tables."""
_SIZE_CHANGE = 0.07
"""Share by which letters of two lines of one paragraph may differ: 10 points against 9 are a caption, or a footnote."""
_CAPTION = re.compile(r"[^\W\d_]{3,12}\.?\s\d{1,3}(?:\.\d{1,2})*(?:\s?[.:|–—]|\s)\s*\S")
_MIN_FIGURE_GAP = 3.0
"""White between a caption and what stands above or below, times the height of a line: a figure is in it."""
_FOOTNOTE = re.compile(r"[*†‡§¶]|\(?\d{1,2}[.)]?\s?(?=[^\W\d])|\(?[a-z][.)]\s")
_MAX_PAGE_NUMBER = 12
"""Characters of a line that may be the page's number."""
_SMALL = 0.93
"""Letters of captions and footnotes against those of the body: 9 points against 10."""
_TITLE_HEIGHT_CHANGE = 1.0
"""Points by which the letters of two lines of one title may differ."""
_MAX_ROW_GAP = 4
"""White within a table or a running header, times the height of a line; more is another table."""
_COVER_HEIGHT = 0.95
"""Letters of a cover's title against the largest of the page: heights vary by rounding."""
_MAX_LINES_OF_SIZE = 5
_MAX_COVER_LINES = 3
"""More large lines are no title but a poster or a slide."""
_NUMERIC = re.compile(
    r"[-–−+(\[]?\s?[$€£¥]?\s?[-–−(]?\d[\d.,/]*\)?\s?[%x]?\)?(?:\s?\(\w\))?|[$€£¥]?\s?[—–-]{1,2}\s?%?|N/?[AM]"
)
_BULLET = re.compile(r"(?:[•●▪‣◦○∙·■□◆❖➢➔►✓❑☐☒*–—-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)])\s+\S")
_MARK = re.compile(r"\S+")
_MARK_WIDTH = 1.3
"""Width of a letter of a mark against the mean of its line: capitals, and blanks of even lines."""
_MIN_MARK_LETTERS = 2.5
"""The least width of a mark with its blank, in letters: a dash is as wide as two."""
_MAX_EDGE_SHIFT = 0.3
"""Uneven left edges of the lines of a paragraph, times the height of a line; items of a list are set in by more."""
_GOES_ON = re.compile(r"[\w,)\]'’”%]$")
"""The end of a line in the middle of a sentence: an item of a list follows a stop, a colon or a semicolon."""
_REGION_KINDS: Mapping[RegionKind, BlockKind] = MappingProxyType(
    {"aside": "aside", "figure": "image", "numbers": "footer"}
)
_SIGNING_LINE = re.compile(r"[_\s]{6,}")
_SENTENCE_STOP = re.compile(r"[^\W\d_]{4}[.!?؟۔]['\"”’)]*$")
"""A stop behind a whole word: names of columns may be cut short ("Dec.")."""
_SENTENCE_END = re.compile(r"[.,;!?]['\"”’)]*$")


def body_height(sheets: Iterable[Sheet]) -> float:
    """Height of the letters (points) that most of a document is set in; 0 where there is no text."""
    heights: Counter[float] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            heights[round(line.height, 1)] += line.end - line.start
    return heights.most_common(1)[0][0] if heights else 0.0


def blocks_of(sheet: Sheet, *, running: Set[int], body: float) -> tuple[Block, ...]:
    """Blocks of a page; `running` are the indices of lines that repeat on other pages, `body` is its `body_height`."""
    kinds = _kinds(sheet, running, body)
    blocks: list[Block] = []
    for kind, group in groupby(range(len(kinds)), key=kinds.__getitem__):
        for members in _groups(sheet, kind, list(group)):
            lines = sheet.lines[members[0] : members[-1] + 1]
            if lines[0].start < lines[-1].end:
                part = _part(sheet, members, body) if kind == "text" else kind
                blocks.append(Block(start=lines[0].start, end=lines[-1].end, kind=part, box=_box(lines)))
    return tuple(blocks)


def _kinds(sheet: Sheet, running: Set[int], body: float) -> list[BlockKind]:
    texts = [sheet.text[line.start : line.end] for line in sheet.lines]
    right = max((line.box.right for line in sheet.lines), default=1.0)
    left = min((line.box.left for line in sheet.lines), default=0.0)
    first = min((line.box.top for at, line in enumerate(sheet.lines) if at not in running), default=0.5)
    kinds: list[BlockKind] = []
    for at, (line, text) in enumerate(zip(sheet.lines, texts, strict=True)):
        if at in running:
            kinds.append("header" if line.box.top < first else "footer")
        elif is_row(text, line.cells) and line.kind in ("body", "aside"):
            kinds.append("table")
        elif line.kind in _REGION_KINDS:
            kinds.append(_REGION_KINDS[line.kind])
        elif _SIGNING_LINE.fullmatch(text):
            # a line to write on says nothing: no unit covers it
            kinds.append("footer")
        elif _is_title(line, text, body=body, width=right - left):
            kinds.append("title")
        elif _is_item(sheet, at) or (at and kinds[-1] == "list" and _continues_item(sheet, at, right)):
            kinds.append("list")
        else:
            kinds.append("text")
    return _tables(sheet.lines, texts, kinds, _MAX_TITLE_WIDTH * (right - left))


def _is_item(sheet: Sheet, at: int) -> bool:
    """True when a line begins with the mark of an item that does not merely begin it: "– as agreed –", "(ii) pays"."""
    line = sheet.lines[at]
    return _BULLET.match(sheet.text, line.start, line.end) is not None and not (at and _runs_into(sheet, at))


def _runs_into(sheet: Sheet, at: int) -> bool:
    """True when the line above goes on in this one: it had no room for this one's first word, and ends no sentence."""
    above, line = sheet.lines[at - 1], sheet.lines[at]
    text = sheet.text[line.start : line.end]
    if (
        above.region != line.region
        or above.cells > 1
        or abs(above.box.left - line.box.left) * sheet.width > _MAX_EDGE_SHIFT * line.height
        or not -line.height < (line.box.top - above.box.bottom) * sheet.height <= _MIN_PARAGRAPH_GAP * line.height
        or _GOES_ON.search(sheet.text[above.start : above.end]) is None
        or _is_item(sheet, at - 1)
    ):
        return False
    mark = _MARK.match(text)
    letter = (line.box.right - line.box.left) / len(text)
    room = letter * max(_MARK_WIDTH * (len(mark[0]) + 1), _MIN_MARK_LETTERS) if mark else 0.0
    right = max(other.box.right for other in sheet.lines if other.region == line.region)
    return right - above.box.right < room


def _continues_item(sheet: Sheet, at: int, right: float) -> bool:
    """True when a line continues the list item above: right below it, and not further left than its text.

    Below a line that fills the page to its `right` edge it may begin at the item's number.
    """
    above, line = sheet.lines[at - 1], sheet.lines[at]
    if (
        line.box.top < above.box.top
        or (line.box.top - above.box.bottom) * sheet.height > _MIN_PARAGRAPH_GAP * line.height
    ):
        return False
    is_first = _is_item(sheet, at - 1) and above.box.right < _FULL_LINE * right
    return (line.box.left - above.box.left) * sheet.width > (0.5 * line.height if is_first else -0.5 * line.height)


def _part(sheet: Sheet, members: Sequence[int], body: float) -> BlockKind:
    """The kind of a paragraph: the caption of a figure, a footnote, or text."""
    first, last = sheet.lines[members[0]], sheet.lines[members[-1]]
    small = max(first.height, last.height) < _SMALL * body
    if _CAPTION.match(sheet.text, first.start, first.end) and (small or _is_by_figure(sheet, members)):
        return "caption"
    if small and _FOOTNOTE.match(sheet.text, first.start, first.end) and _is_at_foot(sheet, last, body):
        return "aside"
    return "text"


def _is_by_figure(sheet: Sheet, members: Sequence[int]) -> bool:
    """True when labels of a drawing, or white as high as one, stand above or below a paragraph in its column."""
    first, last = sheet.lines[members[0]], sheet.lines[members[-1]]
    above = sheet.lines[members[0] - 1] if members[0] else None
    below = sheet.lines[members[-1] + 1] if members[-1] + 1 < len(sheet.lines) else None
    if "figure" in (above and above.kind, below and below.kind):
        return True
    height = _MIN_FIGURE_GAP * first.height / (sheet.height or 1.0)
    return (above is not None and first.box.top - above.box.bottom > height) or (
        below is not None and below.box.top - last.box.bottom > height
    )


def _is_at_foot(sheet: Sheet, last: PrintedLine, body: float) -> bool:
    """True when no line of the body's size stands below in the same column."""
    return not any(
        line.height >= _SMALL * body
        and line.box.top > last.box.bottom
        and line.box.left < last.box.right
        and last.box.left < line.box.right
        and line.kind == "body"
        and line.end - line.start > _MAX_PAGE_NUMBER
        for line in sheet.lines
    )


def is_row(text: str, cells: int) -> bool:
    """True when a printed line is a row of a table: its last cell is a number, or it has three cells or more."""
    if cells < 2:
        return False
    last = text.split(CELL_JOINT)[-1]
    return _NUMERIC.fullmatch(last.strip()) is not None or cells > 2


def _is_title(line: PrintedLine, text: str, *, body: float, width: float) -> bool:
    if line.cells > 1 or len(text) > _MAX_TITLE_LENGTH or not any(map(str.isalpha, text)) or text[0].islower():
        return False
    if line.height >= _TITLE_HEIGHT * body:
        return True
    short = line.box.right - line.box.left < _MAX_TITLE_WIDTH * width
    return line.bold and short and not _SENTENCE_END.search(text)


def _tables(
    lines: Sequence[PrintedLine], texts: list[str], kinds: list[BlockKind], max_width: float
) -> list[BlockKind]:
    """Correct kinds around tables: a single row is text; labels between rows and column names above join the table."""
    rows = [at for at, kind in enumerate(kinds) if kind == "table"]
    for before, after in pairwise(rows):
        between = range(before + 1, after)
        if len(between) <= _MAX_LABELS_BETWEEN_ROWS and all(
            _is_label(lines[at], texts[at], kinds[at], max_width) for at in between
        ):
            for at in between:
                kinds[at] = "table"
    for kind, group in groupby(range(len(kinds)), key=list(kinds).__getitem__):
        members = list(group)
        if kind == "table" and len(members) == 1:
            kinds[members[0]] = "text"
        elif kind == "table":
            _add_column_names(lines, texts, kinds, members[0])
    return kinds


def _is_label(line: PrintedLine, text: str, kind: BlockKind, max_width: float) -> bool:
    return kind not in ("header", "footer") and line.box.right - line.box.left < max_width and text[-1:] != "."


def _add_column_names(lines: Sequence[PrintedLine], texts: Sequence[str], kinds: list[BlockKind], first: int) -> None:
    """Add the column names: lines above the rows that have several cells, or stand over the right columns only."""
    at = first - 1
    while (
        at >= 0
        and kinds[at] in ("text", "title")
        and (lines[at].cells > 1 or (_is_right(lines[at].box) and not _SENTENCE_STOP.search(texts[at])))
    ):
        kinds[at] = "table"
        at -= 1


def _is_right(box: Rectangle) -> bool:
    return box.left + box.right > 2 * _RIGHT_COLUMNS


def _groups(sheet: Sheet, kind: BlockKind, members: list[int]) -> Iterator[list[int]]:
    """Split lines of one kind where a paragraph, an item or a column ends."""
    group = members[:1]
    for before, after in pairwise(members):
        if _breaks(sheet, kind, before, after):
            yield group
            group = []
        group.append(after)
    yield group


def _breaks(sheet: Sheet, kind: BlockKind, before: int, after: int) -> bool:
    a, b = sheet.lines[before], sheet.lines[after]
    height = max(a.height, 1.0) / (sheet.height or 1.0)
    if b.box.top < a.box.top or a.upright != b.upright or a.region != b.region:
        return True
    if kind == "image":
        return False
    if kind in ("table", "header", "footer"):
        return b.box.top - a.box.bottom > _MAX_ROW_GAP * height
    if kind == "title":
        return abs(a.height - b.height) > _TITLE_HEIGHT_CHANGE or b.box.top - a.box.bottom > height
    if abs(a.height - b.height) > _SIZE_CHANGE * max(a.height, b.height) and (
        # a raised mark makes a line higher than the next of its paragraph
        _SENTENCE_END.search(sheet.text[a.start : a.end])
        or _CAPTION.match(sheet.text, b.start, b.end)
        or _FOOTNOTE.match(sheet.text, b.start, b.end)
    ):
        return True
    if b.box.top - a.box.bottom > _MIN_PARAGRAPH_GAP * height or _is_item(sheet, after):
        return True
    indent = _MIN_INDENT * height * (sheet.height / (sheet.width or 1.0))
    return b.box.left - a.box.left > indent and _SENTENCE_END.search(sheet.text[a.start : a.end]) is not None


def _box(lines: Sequence[PrintedLine]) -> Box:
    left, top, right, bottom = around([line.box for line in lines])
    return Box(left=_clip(left), top=_clip(top), right=_clip(right), bottom=_clip(bottom))


def _clip(side: float) -> float:
    return min(max(side, 0.0), 1.0)


def largest_words(sheet: Sheet) -> str:
    """Text of a page that is set in its largest letters: up to three lines that follow each other.

    Empty where more than five do: then it is the page's running text, cut anywhere.
    """
    lines = [line for line in sheet.lines if line.upright and any(map(str.isalpha, sheet.text[line.start : line.end]))]
    largest = max((line.height for line in lines), default=0.0)
    cover: list[PrintedLine] = []
    for line in lines:
        if line.height >= _COVER_HEIGHT * largest:
            cover.append(line)
        elif cover:
            break
    if len(cover) > _MAX_LINES_OF_SIZE:
        return ""
    return " ".join(sheet.text[line.start : line.end] for line in cover[:_MAX_COVER_LINES])
