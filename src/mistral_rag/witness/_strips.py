"""Strips of a page that hold the words of a quote: what is to be read there, and how far beside it."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.schema import Page

MAX_GAP: Final = 1.5
"""Blanks within a strip, in heights of its line; wider ones part it: the recogniser loses what stands beyond them."""
EDGE_REACH: Final = 1.0
"""Width beside a quote that is looked at, in heights of its line: a digit or sign that was cut off fits in."""
EDGE_BLANK: Final = 0.35
"""A blank beside a quote from which on ink is not of its words; between words it is a quarter of the font's size."""
LINE_REACH: Final = 4.0
LINE_BLANK: Final = 0.9
"""The same at the end of a line within a quote, where a whole word may have been left out."""
CLEARANCE: Final = 0.08
"""Width left free before a word that is known to stand beside: letters reach out of their boxes."""
ATTACHED: Final = 0.12
"""Gap up to which two digits are one number, in heights of their line."""
SMALL_MARK: Final = 0.75
"""Share of a line's height below which a short word is a footnote mark, which the recogniser may miss."""
MAX_MARK: Final = 5
BULLET_GAP: Final = 0.5
"""Gap behind a bullet, in heights of the line; twice a blank between words."""
_BULLETS: Final = frozenset("oqvnluwØüà")
"""Letters that Courier New and Wingdings have for the bullets of Word: circles, boxes, arrows, ticks."""
MIN_BLANK: Final = 0.6
"""Width of a gap between strips, in heights, that is looked at for ink."""

_NUMBER_EDGE: Final = re.compile(r"[\d.,\-\u2010-\u2015\u2212]")
_ACCENTS: Final = frozenset({"Sk", "Lm", "Mn"})
"""Categories of characters: modifiers like ´ and ˆ, and combining ones."""
_ALPHABETIC: Final = re.compile(r"[A-Za-z\d\u00c0-\u024f]")
_WORD: Final = np.dtype([("start", "<u4"), ("end", "<u4"), ("box", "<u2", 4)])
_LEFT, _TOP, _RIGHT, _BOTTOM = range(4)
Boxes = npt.NDArray[np.float64]


class PrintedWord(NamedTuple):
    """A word as it is expected: its text, whether a blank stands before it, and whether it is a small mark.

    `left` and `right` are fractions of the page's width.
    """

    text: str
    spaced: bool
    mark: bool
    left: float
    right: float


class Strip(NamedTuple):
    """A run of a quote on one printed line; without words a gap between two such runs.

    `box` is in fractions of the page: left, top, right, bottom. `margins` are the widths beside it that are read, too,
    on the left and on the right, and `blanks` the widths without ink, in heights of the line, that end them.
    """

    words: tuple[PrintedWord, ...]
    box: tuple[float, float, float, float]
    margins: tuple[float, float] = (0.0, 0.0)
    blanks: tuple[float, float] = (EDGE_BLANK, EDGE_BLANK)

    @property
    def text(self) -> str:
        """The words, with the blanks between them."""
        return "".join(" " * (word.spaced and at > 0) + word.text for at, word in enumerate(self.words))


class _Layout(NamedTuple):
    """Boxes of all words of a page in points, and which of them are quoted: from `first` to before `last`."""

    page: Page
    starts: list[int]
    ends: list[int]
    boxes: Boxes
    first: int
    last: int


def strips_of(page: Page, start: int, end: int) -> list[Strip]:
    """The strips that hold ``page.text[start:end]``, in the order of the text, with the gaps between them."""
    records = np.frombuffer(page.words.data, dtype=_WORD)
    first = int(np.searchsorted(records["end"], start, side="right"))
    last = int(np.searchsorted(records["start"], end, side="left"))
    if first >= last or not page.width or not page.height:
        return []
    size = np.array([page.width, page.height] * 2)
    boxes = records["box"].astype(np.float64) / 65535 * size
    layout = _Layout(page, records["start"].tolist(), records["end"].tolist(), boxes, first, last)
    runs = list(_runs(layout))
    strips: list[Strip] = []
    for at in range(len(runs)):
        strips.append(_strip(layout, runs, at, (start, end)))
        if at + 1 < len(runs) and (gap := _gap(layout, runs[at], runs[at + 1])) is not None:
            strips.append(gap)
    return strips


def _runs(layout: _Layout) -> Iterator[list[int]]:
    """Indices of quoted words, parted at the ends of lines, at wide gaps and at words that are not quoted."""
    run: list[int] = []
    for at in range(layout.first, layout.last):
        if run and not _goes_on(layout, run, at):
            yield run
            run = []
        run.append(at)
    yield run


def _goes_on(layout: _Layout, run: Sequence[int], at: int) -> bool:
    boxes, word = layout.boxes, layout.boxes[at]
    line = _around(boxes[run])
    if _is_accent(layout.page.text[layout.starts[at] : layout.ends[at]]):
        centre = (word[_LEFT] + word[_RIGHT]) / 2
        return bool(line[_LEFT] < centre < line[_RIGHT] and word[_TOP] < line[_BOTTOM] and line[_TOP] < word[_BOTTOM])
    height = min(line[_BOTTOM] - line[_TOP], word[_BOTTOM] - word[_TOP])
    overlap = min(line[_BOTTOM], word[_BOTTOM]) - max(line[_TOP], word[_TOP])
    gap = word[_LEFT] - line[_RIGHT]
    if 2 * overlap <= height or gap > MAX_GAP * height or word[_LEFT] < line[_LEFT] or word[_RIGHT] < line[_RIGHT]:
        return False
    union = _around(np.stack([line, word]))
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = np.asarray(((centres > union[:2]) & (centres < union[2:])).all(axis=1))
    inside[layout.first : layout.last] = False
    return not inside.any()


def _is_accent(text: str) -> bool:
    """True for a word of accents alone, which TeX prints over a letter that stands before them in the text."""
    return all(unicodedata.category(char) in _ACCENTS for char in text)


def _strip(layout: _Layout, runs: Sequence[Sequence[int]], at: int, quote: tuple[int, int]) -> Strip:
    run = runs[at]
    box = _around(layout.boxes[run])
    # to the end of the line where the quote goes on in the next one
    goes_on = at + 1 < len(runs) and not _beside(layout, run, runs[at + 1])
    came_from = at > 0 and not _beside(layout, runs[at - 1], run)
    left, right = _margins(layout, run, box, (came_from, goes_on))
    # what stands in a gap within the quote is read once, with the gap
    left = 0.0 if at > 0 and not came_from else left
    right = 0.0 if at + 1 < len(runs) and not goes_on else right
    return Strip(
        tuple(_printed(layout, run, quote)),
        _fractions(layout.page, box),
        (left / layout.page.width, right / layout.page.width),
        (LINE_BLANK if came_from else EDGE_BLANK, LINE_BLANK if goes_on else EDGE_BLANK),
    )


def _printed(layout: _Layout, run: Sequence[int], quote: tuple[int, int]) -> Iterator[PrintedWord]:
    text = layout.page.text
    heights = layout.boxes[run, _BOTTOM] - layout.boxes[run, _TOP]
    usual = float(np.median(heights))
    for place, (at, height) in enumerate(zip(run, heights.tolist(), strict=True)):
        start, end = _whole(text, layout.starts[at], layout.ends[at], quote)
        before = text[layout.ends[run[place - 1]] : layout.starts[at]] if place else ""
        small = height < SMALL_MARK * usual and end - start <= MAX_MARK
        yield PrintedWord(
            text[start:end],
            any(map(str.isspace, before)),
            small or (not place and text[start:end] in _BULLETS and _stands_apart(layout, run, usual)),
            float(layout.boxes[at, _LEFT]) / layout.page.width,
            float(layout.boxes[at, _RIGHT]) / layout.page.width,
        )


def _stands_apart(layout: _Layout, run: Sequence[int], height: float) -> bool:
    """True when the first word of a line has nothing before it, and more than a blank between words behind it."""
    first = layout.boxes[run[0]]
    behind = layout.boxes[run[1], _LEFT] - first[_RIGHT] if len(run) > 1 else float("inf")
    beside = (layout.boxes[:, _TOP] < first[_BOTTOM]) & (first[_TOP] < layout.boxes[:, _BOTTOM])
    before = (
        beside
        & (layout.boxes[:, _RIGHT] <= first[_LEFT])
        & (first[_LEFT] - layout.boxes[:, _RIGHT] < LINE_REACH * height)
    )
    return bool(behind > BULLET_GAP * height and not before.any())


def _whole(text: str, start: int, end: int, quote: tuple[int, int]) -> tuple[int, int]:
    """The part of a word that is quoted; all of it where letters are cut that have no blanks between them anyway."""
    first, last = max(start, quote[0]), min(end, quote[1])
    if first > start and not (_ALPHABETIC.match(text[first - 1]) and _ALPHABETIC.match(text[first])):
        first = start
    if last < end and not (_ALPHABETIC.match(text[last - 1]) and _ALPHABETIC.match(text[last])):
        last = end
    return first, last


def _margins(
    layout: _Layout, run: Sequence[int], box: npt.NDArray[np.float64], interior: tuple[bool, bool]
) -> tuple[float, float]:
    """Widths to the left and right, in points, up to the next known word."""
    boxes, height = layout.boxes, float(box[_BOTTOM] - box[_TOP])
    overlap = np.minimum(boxes[:, _BOTTOM], box[_BOTTOM]) - np.maximum(boxes[:, _TOP], box[_TOP])
    beside = overlap > 0.2 * np.minimum(height, boxes[:, _BOTTOM] - boxes[:, _TOP])
    beside[list(run)] = False
    middles = (boxes[:, _LEFT] + boxes[:, _RIGHT]) / 2
    lefts = np.flatnonzero(beside & (middles < box[_LEFT]))
    rights = np.flatnonzero(beside & (middles > box[_RIGHT]))
    reach = [height * (LINE_REACH if within else EDGE_REACH) for within in interior]
    left = lefts[int(boxes[lefts, _RIGHT].argmax())] if len(lefts) else None
    right = rights[int(boxes[rights, _LEFT].argmin())] if len(rights) else None
    room_left = float(box[_LEFT]) if left is None else float(box[_LEFT] - boxes[left, _RIGHT])
    room_right = (layout.page.width if right is None else float(boxes[right, _LEFT])) - float(box[_RIGHT])
    return (
        _reach(layout, room_left, reach[0], height, left, joint=(left, run[0])),
        _reach(layout, room_right, reach[1], height, right, joint=(run[-1], right)),
    )


def _reach(
    layout: _Layout,
    room: float,
    reach: float,
    height: float,
    neighbour: int | None,
    *,
    joint: tuple[int | None, int | None],
) -> float:
    if neighbour is None:
        return max(min(room, reach), 0.0)
    if room < ATTACHED * height and _one_number(layout, *joint):
        # our own text stands beside, and still it is the same number that is printed
        width = layout.boxes[neighbour, _RIGHT] - layout.boxes[neighbour, _LEFT]
        return float(max(room, 0.0) + width)
    return max(min(room - CLEARANCE * height, reach), 0.0)


def _one_number(layout: _Layout, before: int | None, behind: int | None) -> bool:
    """True when two words that touch are parts of a number, of which one is quoted."""
    if before is None or behind is None:
        return False
    quoted = [layout.first <= at < layout.last for at in (before, behind)]
    if all(quoted):
        return False
    heights = layout.boxes[[before, behind], _BOTTOM] - layout.boxes[[before, behind], _TOP]
    if float(heights.min()) < SMALL_MARK * float(heights.max()):
        return False
    text = layout.page.text
    edges = text[layout.ends[before] - 1], text[layout.starts[behind]]
    return any(map(str.isdigit, edges)) and all(map(_NUMBER_EDGE.match, edges))


def _beside(layout: _Layout, run: Sequence[int], other: Sequence[int]) -> bool:
    """True when two runs stand on one line, the other to the right."""
    one, two = _around(layout.boxes[run]), _around(layout.boxes[other])
    height = min(one[_BOTTOM] - one[_TOP], two[_BOTTOM] - two[_TOP])
    overlap = min(one[_BOTTOM], two[_BOTTOM]) - max(one[_TOP], two[_TOP])
    return bool(2 * overlap > height and two[_LEFT] >= one[_RIGHT])


def _gap(layout: _Layout, run: Sequence[int], other: Sequence[int]) -> Strip | None:
    """The gap between runs on one line, where our text has no word there: one that it lacks may be printed in it."""
    if not _beside(layout, run, other):
        return None
    boxes = layout.boxes
    one, two = _around(boxes[run]), _around(boxes[other])
    height = float(min(one[_BOTTOM] - one[_TOP], two[_BOTTOM] - two[_TOP]))
    room = CLEARANCE * height
    box = np.array([one[_RIGHT] + room, one[_TOP], two[_LEFT] - room, one[_BOTTOM]])
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    known = ((centres > box[:2]) & (centres < box[2:])).all(axis=1)
    if box[_RIGHT] - box[_LEFT] <= MIN_BLANK * height or known.any():
        return None
    return Strip((), _fractions(layout.page, box))


def _around(boxes: Boxes) -> npt.NDArray[np.float64]:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _fractions(page: Page, box: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (box / ([page.width, page.height] * 2)).tolist()
    return left, top, right, bottom
