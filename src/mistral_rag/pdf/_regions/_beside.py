"""Judging what stands beside running text: cells of its rows, or a region of its own (a note, a figure, a sidebar)."""

from collections.abc import Collection, Sequence
from itertools import pairwise
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
_MIN_SHARE = 0.5
_MIN_NOTE_WORDS = 2.5
"""Mean words of a line of text; labels of a drawing have one or two."""


class Group(NamedTuple):
    """Lines of one size that stand close below each other, as rows of fragments."""

    rows: list[list[Fragment]]
    box: Rectangle
    height: float

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
    """Rows from the top put together where one follows closely on the other."""
    found: list[Group] = []
    for row in rows:
        box = around([fragment.box for fragment in row])
        height = max(fragment.box.bottom - fragment.box.top for fragment in row)
        last = found[-1] if found else None
        if (
            last is not None
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

    Cells stand on the level of a line, most often of the first of a paragraph; or of the last, or in the middle. A
    note may stand on the level of any line, labels of a drawing stand on none.
    """
    lines = [(line.box, at, paragraph) for paragraph in paragraphs for at, line in enumerate(paragraph.lines)]
    beside = [(group, lines_beside) for group in groups if (lines_beside := _beside(group, lines))]
    if not beside:
        return False
    rows = [row for group, _ in beside for row in group.rows]
    level = sum(any(_on_level(around([p.box for p in row]), box) for box, _, _ in lines) for row in rows)
    if level < _MIN_SHARE * len(rows):
        centred = sum(_is_centred(group, paragraphs) for group, _ in beside)
        return centred < _MIN_SHARE * len(beside)
    if _is_numeric([group for group, _ in beside], texts):
        return False
    inside = sum(_begins_inside(group, found) for group, found in beside)
    return inside > _MIN_SHARE * len(beside)


def _beside(
    group: Group, lines: Sequence[tuple[Rectangle, int, Paragraph]]
) -> list[tuple[Rectangle, int, Paragraph]]:
    return [line for line in lines if line[0].top < group.box.bottom and group.box.top < line[0].bottom]


def _on_level(a: Rectangle, b: Rectangle) -> bool:
    heights = a.bottom - a.top, b.bottom - b.top
    feet = a.bottom - _FOOT * heights[0], b.bottom - _FOOT * heights[1]
    return abs(feet[0] - feet[1]) <= _MAX_LEVEL_CHANGE * max(heights)


def _is_centred(group: Group, paragraphs: Sequence[Paragraph]) -> bool:
    middle = (group.box.top + group.box.bottom) / 2
    return any(
        abs((paragraph.box.top + paragraph.box.bottom) / 2 - middle) <= _MAX_CENTRE_CHANGE * group.height
        for paragraph in paragraphs
    )


def _is_numeric(groups: Sequence[Group], texts: Sequence[str]) -> bool:
    words = [texts[word] for group in groups for row in group.rows for fragment in row for word in fragment.words]
    return 2 * sum(any(map(str.isdigit, word)) for word in words) > len(words)


def _begins_inside(group: Group, beside: Sequence[tuple[Rectangle, int, Paragraph]]) -> bool:
    """True when a group begins beside a line in the middle of a paragraph, and does not end at the last one's level."""
    _, at, paragraph = min(beside, key=lambda line: abs(line[0].bottom - _first_box(group).bottom))
    if at == 0:
        return False
    last = around([fragment.box for fragment in group.rows[-1]])
    return not _on_level(last, paragraph.lines[-1].box) or len(group.rows) > 1


def _first_box(group: Group) -> Rectangle:
    return around([fragment.box for fragment in group.rows[0]])


def gaps_of(row: Sequence[Fragment]) -> list[tuple[float, float]]:
    """White gaps between the fragments of a row."""
    return [(a.box.right, b.box.left) for a, b in pairwise(row)]
