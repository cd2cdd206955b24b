"""Layout analysis: words to lines in reading order. Table rows stay whole; columns of prose are read one by one.

`docs/adr/0050-pdf-text.md` gives the reasons and the figures for the rules as a whole.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._columns import reading_order
from mistral_rag.pdf._fragments import CELL_GAP, Fragment, ends_cell, fragments_of, rows_of
from mistral_rag.pdf._geometry import Rectangle, turned_upright
from mistral_rag.pdf._glyphs.page import codes_of, is_leftward

CELL_JOINT = "  "
"""Separator between two cells of a line: two blanks, which occur nowhere else."""
_OPENERS = frozenset({"$", "€", "£", "¥", "(", "$(", "($"})
_CLOSERS = frozenset({")", "%", ")%", "%)"})
_ATTACHED = frozenset(",.;:!?)]")
"""Signs that stand close behind a raised mark as they do behind a word."""
_MAX_JOINED_GAP = 0.012
"""Fragments closer than this times their height are one word: some browsers print letter by letter."""
_MAX_ORDINAL_GAP = 0.15
"""The same for raised letters behind a number ("34th"), which are set apart a little, and signs behind them."""
_MAX_LEVEL_CHANGE = 0.2
"""Words whose tops, bottoms and heights differ less than this times their height stand on one level."""
_MAX_FRAGMENTS = 10_000
"""A page in more fragments is a drawing, or an attack on the quadratic search for rows: it keeps the file's order."""


class LineLayout(NamedTuple):
    """One printed line: the indices of its words in order, and the separator before each (`joints`).

    `cells` counts the cells that wide gaps separate. `height` is that of its widest fragment, in points.
    """

    words: list[int]
    joints: list[str]
    height: float
    cells: int
    upright: bool


def lines_of(page: PageWords) -> list[LineLayout]:
    """Lines of a page in reading order; text that is turned comes after the rest."""
    lines: list[LineLayout] = []
    angles, counts = np.unique(page.angles, return_counts=True)
    for angle in angles[np.argsort(-counts, kind="stable")].tolist():
        chosen = np.flatnonzero(page.angles == angle)
        boxes = turned_upright(page.boxes[chosen], angle)
        fragments = fragments_of(page, chosen, boxes)
        rows = (
            [[fragment] for fragment in fragments]
            if angle == -1 or len(fragments) > _MAX_FRAGMENTS
            else rows_of(fragments)
        )
        builder = _LineBuilder(page.texts, page.runs.tolist(), dict(zip(chosen.tolist(), boxes.tolist(), strict=True)))
        lines.extend(builder.line(row, upright=angle == 0) for row in reading_order(rows, page.texts))
    return lines


class _LineBuilder(NamedTuple):
    """Joins the fragments of a row to a line; `boxes` are the upright ones, by index of the word."""

    texts: Sequence[str]
    runs: Sequence[int]
    boxes: Mapping[int, Sequence[float]]

    def line(self, row: list[Fragment], *, upright: bool) -> LineLayout:
        """Join the fragments of a row."""
        leftward = runs_leftward([self.texts[word] for fragment in row for word in fragment.words])
        words: list[int] = []
        joints: list[str] = []
        before: Fragment | None = None
        for fragment in row[::-1] if leftward else row:
            joints.append(self._joint(before, fragment, leftward=leftward) if before else "")
            joints += [" "] * (len(fragment.words) - 1)
            words += fragment.words
            before = fragment
        widest = max(row, key=lambda p: p.box.right - p.box.left).box
        return LineLayout(words, joints, widest.bottom - widest.top, 1 + joints.count(CELL_JOINT), upright)

    def _joint(self, fragment: Fragment, following: Fragment, *, leftward: bool) -> str:
        """Separator between the last word of a fragment and the first of the next: empty, a blank or a cell joint."""
        before, after = fragment.words[-1], following.words[0]
        ending, beginning = self.texts[before], self.texts[after]
        if ends_cell(ending, beginning):
            return CELL_JOINT if beginning.strip(".") else " "
        a, b = Rectangle(*self.boxes[before]), Rectangle(*self.boxes[after])
        heights = a.bottom - a.top, b.bottom - b.top
        height = max(heights)
        # in a line to the left, a number ends at the other side
        gap = fragment.box.left - following.box.right if leftward else b.left - a.right
        if gap > CELL_GAP * height:
            return " " if ending in _OPENERS or beginning in _CLOSERS else CELL_JOINT
        if self.runs[before] == self.runs[after]:
            return " "
        change = max(abs(heights[0] - heights[1]), abs(a.top - b.top), abs(a.bottom - b.bottom))
        level = change < _MAX_LEVEL_CHANGE * height
        ordinal = heights[1] < heights[0] and ending[-1].isdigit() and beginning[0].isalpha()
        reach = _MAX_JOINED_GAP if level else 0.0
        if not level and (ordinal or beginning[0] in _ATTACHED):
            reach = _MAX_ORDINAL_GAP
        return "" if abs(gap) < reach * height else " "


def runs_leftward(texts: Sequence[str]) -> bool:
    """True when most letters of some words are of a script that is written to the left."""
    if all(map(str.isascii, texts)):
        return False
    codes = codes_of("".join(texts))
    letters = np.array([character.isalpha() for character in "".join(texts)], dtype=bool)
    return bool(2 * np.count_nonzero(is_leftward(codes)) > np.count_nonzero(letters))
