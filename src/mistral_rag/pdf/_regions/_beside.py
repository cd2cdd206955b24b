"""Judging what stands beside running text: cells of its rows, or a region of its own (a note, a figure, a sidebar)."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment
from mistral_rag.pdf._geometry import Rectangle, around

_MAX_GROUP_GAP = 0.9
"""White between the lines of one note, times the height of a line."""
_MAX_SIZE_CHANGE = 0.1
_MAX_LEVEL_CHANGE = 0.15
"""Cells of one row stand on one level; feet of two faces on one level differ by less, times the height of a line."""
_FOOT = 0.22
"""Share of a line's height that lies below the letters."""
_MAX_CENTRE_CHANGE = 0.3
"""A cell set to the middle of its row is off by less, times the height of a line."""
_MAX_MARK_LETTERS = 5
"""Bullets and numbers of items: "(iii)"."""
_MIN_SHARE = 0.5
_MIN_TABLE_ROWS = 3
_MIN_PROSE_WIDTH = 18.0
"""Times the height of a line: what is narrower beside rows of figures are their labels, however long."""
_MIN_LOW_SHARE = 0.75
"""Labels of a drawing stand beside the last line or the middle of a paragraph by chance, one in three."""
_MIN_NOTE_WORDS = 2.5
"""Mean words of a line of text; labels of a drawing have one or two."""


class Group(NamedTuple):
    """Lines of one size that stand close below each other, as rows of fragments."""

    rows: list[list[Fragment]]
    box: Rectangle
    height: float

    @property
    def words(self) -> list[int]:
        """Its words by index."""
        return [word for row in self.rows for fragment in row for word in fragment.words]

    @property
    def is_text(self) -> bool:
        """True when its lines have the length of text, not of labels of a drawing."""
        fragments = [fragment for row in self.rows for fragment in row]
        return sum(len(p.words) for p in fragments) >= _MIN_NOTE_WORDS * len(fragments) or len(self.rows) > 1


class Paragraph(NamedTuple):
    """Lines of running text that go on from one to the next."""

    lines: list[Fragment]

    @property
    def box(self) -> Rectangle:
        """Its bounding box."""
        return around([line.box for line in self.lines])


def groups_of(rows: Sequence[list[Fragment]]) -> list[Group]:
    """Rows from the top put together where one follows closely on the other; rows of several cells stay apart."""
    found: list[Group] = []
    for row in rows:
        box = around([fragment.box for fragment in row])
        height = max(fragment.box.bottom - fragment.box.top for fragment in row)
        last = found[-1] if found else None
        if (
            last is not None
            and len(row) == len(last.rows[-1]) == 1
            and box.top - last.box.bottom <= _MAX_GROUP_GAP * height
            and abs(last.height - height) <= _MAX_SIZE_CHANGE * height
            and box.left < last.box.right
            and last.box.left < box.right
        ):
            found[-1] = Group([*last.rows, row], around([last.box, box]), last.height)
        else:
            found.append(Group([row], box, height))
    return found


def paragraphs_of(lines: Sequence[Fragment], continued: Collection[int]) -> list[Paragraph]:
    """Lines from the top put together where one goes on; `continued` are the first words of those that do."""
    found: list[Paragraph] = []
    for line in lines:
        if found and line.words[0] in continued:
            found[-1].lines.append(line)
        else:
            found.append(Paragraph([line]))
    return found


def is_independent(groups: Sequence[Group], paragraphs: Sequence[Paragraph], texts: Sequence[str]) -> bool:
    """True when groups beside paragraphs are no cells of rows that they share.

    A cell stands on the level of the first line of a paragraph; if all do, of its last one, or in the middle; a
    number on the level of any line. A note may stand beside any line, labels of a drawing stand as it happens.
    """
    numeric = _is_numeric(groups, texts)
    if numeric and sum(len(row) > 1 for group in groups for row in group.rows) >= _MIN_TABLE_ROWS:
        widest = max(paragraphs, key=lambda paragraph: paragraph.box.right - paragraph.box.left)
        line = widest.lines[0].box
        if widest.box.right - widest.box.left < _MIN_PROSE_WIDTH * (line.bottom - line.top):
            return False
    beside = [
        (group, paragraph) for group in groups if (paragraph := _nearest(_first_box(group), paragraphs)) is not None
    ]
    first = sum(_is_cell(group, paragraph, texts, numeric=numeric) for group, paragraph in beside)
    other = sum(_is_low_cell(group, paragraph) for group, paragraph in beside)
    return first < _MIN_SHARE * len(beside) and max(first, other) < _MIN_LOW_SHARE * len(beside)


def is_prose(groups: Sequence[Group], texts: Sequence[str]) -> bool:
    """True when groups are lines of words, not of figures and names."""
    return not _is_numeric(groups, texts) and all(len(row) == 1 for group in groups for row in group.rows)


def _nearest(box: Rectangle, paragraphs: Sequence[Paragraph]) -> Paragraph | None:
    """The paragraph that has the line which a box overlaps most; None when it stands beside none."""
    shares = [(_overlap(box, line.box), at) for at, paragraph in enumerate(paragraphs) for line in paragraph.lines]
    share, at = max(shares, default=(0.0, 0))
    return paragraphs[at] if share > 0 else None


def _overlap(a: Rectangle, b: Rectangle) -> float:
    return (min(a.bottom, b.bottom) - max(a.top, b.top)) / max(min(a.bottom - a.top, b.bottom - b.top), 0.1)


def _is_cell(group: Group, paragraph: Paragraph, texts: Sequence[str], *, numeric: bool) -> bool:
    """True when a group stands beside a paragraph as the cell of a row does whose cells begin on one level."""
    first, line = _first_box(group), paragraph.lines[0].box
    is_mark = first.right <= line.left and sum(len(texts[word]) for word in group.words) <= _MAX_MARK_LETTERS
    if is_mark and _overlap(first, line) >= _MIN_SHARE:
        return True
    if len(group.rows) > 1 and group.height < (1 - _MAX_SIZE_CHANGE) * (line.bottom - line.top):
        # several lines of smaller print: a note to the paragraph
        return False
    return any(on_level(first, p.box) for p in (paragraph.lines if numeric or is_mark else paragraph.lines[:1]))


def _is_low_cell(group: Group, paragraph: Paragraph) -> bool:
    """True when a group stands beside a paragraph as a cell set to the foot or the middle of its row does."""
    last = around([fragment.box for fragment in group.rows[-1]])
    if on_level(last, paragraph.lines[-1].box):
        return True
    middles = group.box.top + group.box.bottom, paragraph.box.top + paragraph.box.bottom
    return abs(middles[0] - middles[1]) <= 2 * _MAX_CENTRE_CHANGE * group.height


def on_level(a: Rectangle, b: Rectangle) -> bool:
    """True when the letters of two lines stand on one line."""
    heights = a.bottom - a.top, b.bottom - b.top
    feet = a.bottom - _FOOT * heights[0], b.bottom - _FOOT * heights[1]
    return abs(feet[0] - feet[1]) <= _MAX_LEVEL_CHANGE * max(heights)


def _is_numeric(groups: Sequence[Group], texts: Sequence[str]) -> bool:
    words = [texts[word] for group in groups for word in group.words]
    return 2 * sum(any(map(str.isdigit, word)) for word in words) > len(words)


def _first_box(group: Group) -> Rectangle:
    return around([fragment.box for fragment in group.rows[0]])
