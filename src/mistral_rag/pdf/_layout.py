"""Layout analysis: words to lines in reading order. Table rows stay whole; columns of prose are read one by one.

`docs/adr/0050-pdf-text.md` gives the reasons and the figures for the rules as a whole.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._fragments import CELL_GAP, Fragment, ends_cell, fragments_of, reads_leftward
from mistral_rag.pdf._geometry import Rectangle, around, turned_upright
from mistral_rag.pdf._regions import Frames, Region, RegionKind, regions_of

CELL_JOINT = "  "
"""Separator between two cells of a line: two blanks, which occur nowhere else."""
_OPENERS = frozenset({"$", "€", "£", "¥", "(", "$(", "($"})
_CLOSERS = frozenset({")", "%", ")%", "%)"})
_ATTACHED = frozenset(",.;:!?)]/\u2044°")
"""Signs that stand close behind a raised mark as they do behind a word."""
_MAX_JOINED_GAP = 0.012
"""Fragments closer than this times their height are one word: some browsers print letter by letter."""
_MAX_LEFTWARD_GAP = 0.09
"""The same for Hebrew and Arabic, of which PDFium takes a letter of a heading for a line: the white at the side of a
letter that is not joined takes as much, a blank a third more."""
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
_MAX_LIGATURE_GAP = 0.12
"""The same beside a ligature, whose box is that of its ink: half of a close-set blank."""
_MAX_KERNING = 0.1
"""Overlap of two fragments of one word, times their height: pairs such as "To" or "11" are set closely."""
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
    region: int = 0
    kind: RegionKind = "body"


def lines_of(page: PageWords, *, frames: Frames = tuple) -> list[LineLayout]:
    """Lines of a page in reading order; text that is turned comes after the rest."""
    lines: list[LineLayout] = []
    runs = page.runs.tolist()
    from_right = reads_leftward(page.texts)
    for angle in _angles(page):
        chosen = np.flatnonzero(page.angles == angle)
        boxes = turned_upright(page.boxes[chosen], angle)
        fragments = fragments_of(page, chosen, boxes)
        upright_boxes = dict(zip(chosen.tolist(), boxes.tolist(), strict=True))
        if angle == -1 or len(fragments) > _MAX_FRAGMENTS:
            regions = [Region([[fragment] for fragment in fragments])]
        else:
            regions = regions_of(fragments, page.texts, upright_boxes, frames=frames if angle == 0 else tuple)
        builder = _LineBuilder(page.texts, runs, upright_boxes, from_right)
        first = lines[-1].region + 1 if lines else 0
        lines.extend(
            builder.line(row, upright=angle == 0)._replace(region=number, kind=region.kind)
            for number, region in enumerate(regions, first)
            for row in region.rows
        )
    return lines


def _angles(page: PageWords) -> list[int]:
    """The angles of a page's words, that of most first."""
    if not page.angles.any():
        return [0] * bool(len(page.angles))
    angles, counts = np.unique(page.angles, return_counts=True)
    found: list[int] = angles[np.argsort(-counts, kind="stable")].tolist()
    return found


class _LineBuilder(NamedTuple):
    """Joins the fragments of a row to a line; `boxes` are the upright ones, by index of the word.

    `from_right` says of a page that most of its letters are read to the left: so are its rows of numbers.
    """

    texts: Sequence[str]
    runs: Sequence[int]
    boxes: Mapping[int, Sequence[float]]
    from_right: bool = False

    def line(self, row: list[Fragment], *, upright: bool) -> LineLayout:
        """Join the fragments of a row."""
        leftward = self._is_leftward([self.texts[word] for fragment in row for word in fragment.words])
        words: list[int] = []
        joints: list[str] = []
        before: Fragment | None = None
        for fragment in row[::-1] if leftward else row:
            joints.append(self._joint_between(before, fragment, leftward=leftward) if before else "")
            joints += self._inner_joints(fragment.words, leftward=leftward)
            words += fragment.words
            before = fragment
        height = self._height(max(row, key=lambda p: p.box.right - p.box.left))
        return LineLayout(words, joints, height, 1 + joints.count(CELL_JOINT), upright)

    def _is_leftward(self, texts: Sequence[str]) -> bool:
        return reads_leftward(texts) or (self.from_right and not any(map(str.isalpha, "".join(texts))))

    def _height(self, fragment: Fragment) -> float:
        """Height of the letters of a fragment; that of its widest run where raised marks are among its words."""
        if self.runs[fragment.words[0]] == self.runs[fragment.words[-1]]:
            return fragment.box.bottom - fragment.box.top
        runs = (
            around([Rectangle(*self.boxes[word]) for word in run])
            for _, run in groupby(fragment.words, key=self.runs.__getitem__)
        )
        widest = max(runs, key=lambda box: box.right - box.left)
        return widest.bottom - widest.top

    def _inner_joints(self, words: Sequence[int], *, leftward: bool) -> list[str]:
        if self.runs[words[0]] == self.runs[words[-1]]:
            return [" "] * (len(words) - 1)
        return [
            self._joint(before, after, self._gap(before, after, leftward=leftward)) for before, after in pairwise(words)
        ]

    def _gap(self, before: int, after: int, *, leftward: bool) -> float:
        a, b = self.boxes[before], self.boxes[after]
        # in a line to the left, the digits of a number stand to the right of each other
        return max(a[0] - b[2], b[0] - a[2]) if leftward else b[0] - a[2]

    def _joint_between(self, fragment: Fragment, following: Fragment, *, leftward: bool) -> str:
        """Separator between two fragments."""
        before, after = fragment.words[-1], following.words[0]
        # in a line to the left, a number ends at the other side
        gap = fragment.box.left - following.box.right if leftward else self._gap(before, after, leftward=False)
        lower = min(p.box.bottom - p.box.top for p in (fragment, following))
        if leftward and gap > CELL_GAP * lower and not self._is_amount(before, after):
            # digits beside these letters are of another font, whose boxes may be half as high again
            return CELL_JOINT
        return self._joint(before, after, gap)

    def _is_amount(self, before: int, after: int) -> bool:
        """True for a currency or a bracket and its number, however far apart they stand."""
        return self.texts[before] in _OPENERS or self.texts[after] in _CLOSERS

    def _joint(self, before: int, after: int, gap: float) -> str:
        """Separator between two words with this gap: empty, a blank or a cell joint."""
        ending, beginning = self.texts[before], self.texts[after]
        if ends_cell(ending, beginning):
            return CELL_JOINT if beginning.strip(".") else " "
        a, b = Rectangle(*self.boxes[before]), Rectangle(*self.boxes[after])
        heights = a.bottom - a.top, b.bottom - b.top
        height = max(heights)
        if gap > CELL_GAP * height:
            return " " if self._is_amount(before, after) else CELL_JOINT
        if self.runs[before] == self.runs[after]:
            return " "
        change = max(abs(heights[0] - heights[1]), abs(a.top - b.top), abs(a.bottom - b.bottom))
        level = change < _MAX_LEVEL_CHANGE * height
        ordinal = heights[1] < heights[0] and ending[-1].isdigit() and beginning[0].isalpha()
        reach = _MAX_JOINED_GAP if level else 0.0
        if reads_leftward([ending[-1] + beginning[0]]):
            reach = _MAX_LEFTWARD_GAP
        if not level and (ordinal or beginning[0] in _ATTACHED):
            reach = _MAX_ORDINAL_GAP
        if _is_beside_ligature(ending, beginning):
            reach = _MAX_LIGATURE_GAP
        return "" if -max(reach, _MAX_KERNING if level else 0.0) * height < gap < reach * height else " "


def _is_beside_ligature(ending: str, beginning: str) -> bool:
    """True for two parts of a word of which one has a ligature at the cut."""
    has_ligature = ending.endswith(_LIGATURES) or beginning.startswith(_LIGATURES)
    return has_ligature and ending[-1].isalpha() and beginning[0].islower()
