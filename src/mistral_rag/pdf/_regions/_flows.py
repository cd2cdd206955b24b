"""Flows: lines of running text that stand below each other, told by where they break.

Running text fills its column: a line ends where the next word would not have fitted. Cells of a table end where their
text ends. That holds in any language, and for ragged edges as well as for even ones.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._fragments import CELL_GAP, Fragment, ends_cell
from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._regions._strips import as_one, between, strips_of

_MIN_FLOW_LINES = 3
"""Two lines may be a label of a table that wraps."""
_MIN_FLOW_WORDS = 2.5
"""Mean words of a line; narrow columns have three, labels one or two."""
_MIN_WIDTH = 11.0
"""Times the height of a line: narrower are notes, and the heads of columns of figures."""
_MIN_LINE_LETTERS = 12
"""Mean letters of a line of running text: narrower columns are labels."""
_MIN_FULL_LINES = 0.6
"""Share of lines that are full: the others are the last of their paragraphs."""
_LINES_AROUND = 4
"""Lines above and below that show how wide a column is: two of them are full."""
_MIN_FILLED = 0.6
"""Share of the width that a full line takes at least, however long the next word is."""
_MIN_SMALL_STARTS = 0.3
"""Share of lines that begin with a small letter, where letters have cases: labels and names begin with capitals."""
_MAX_DIGIT_SHARE = 0.2
"""Prose with years and amounts stays below, columns of figures are far above."""
_MAX_HEIGHT_CHANGE = 0.15
"""Lines of one column differ by as much where a formula, a raised mark or another face is in one."""
_MAX_SIZE_CHANGE = 0.08
"""Letters of one paragraph are of one size: 10 points against 9 are another text."""
_MIN_LEADING, _MAX_LEADING = 0.7, 2.3
"""From one line to the next, times the height of a line: loosest is double spacing."""
_MAX_EDGE_SHIFT = 0.4
"""Uneven left edges, times the height of a line."""
_MAX_INDENT = 3.5
"""First-line and hanging indents, times the height of a line."""
_MIN_INDENT = 0.7
_MIN_WIDTH_CHANGE = 5.0
"""Times the height of a line: three lines that end earlier than others by more than a word are in another column."""
_LOOSER = 1.25
"""A leading this much wider than the flow's own begins a paragraph."""
_MAX_WIDE_BLANK = 3.0
"""Widest blank of a line with even edges, times its height."""
_MAX_LOOSE_BLANK = 5.0
"""The same for a blank that stands at no place of its own: TeX doubles it behind a full stop."""
_MIN_LOOSE_LINES = 2
"""Lines with wide blanks: one alone is read as it is."""
_END_WIDTH = 2.0
"""Points: ends of lines with an even edge differ by less."""
_MAX_NUMBER_ENDS = 0.4
"""Share of lines of prose that end in a number; rows of a table all do."""
_ITEM_MARK = re.compile(r"[^\w\s]{1,2}|\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[.)]")
_BLANK = 0.15
"""Narrowest blank between two words, times the height of a line; justified lines have such."""
_IDEOGRAPHS = "\u2e80"
"""From here on lines break between any two characters, not between words."""


class Flow(NamedTuple):
    """Lines of running text below each other.

    `continued` are those that go on with the sentence of the line above, by index in `lines`.
    """

    lines: tuple[Fragment, ...]
    left: float
    right: float
    height: float
    continued: frozenset[int]


class _Measure(NamedTuple):
    """Texts of the words and their upright boxes, by index."""

    texts: Sequence[str]
    boxes: Mapping[int, Sequence[float]]

    def letters(self, fragment: Fragment) -> str:
        return "".join([self.texts[word] for word in fragment.words])

    def first_width(self, fragment: Fragment) -> float:
        """Room that the first word of a line would have taken on the line above."""
        word = (
            min(fragment.words, key=lambda at: self.boxes[at][0]) if self.is_leftward(fragment) else fragment.words[0]
        )
        left, _, right, _ = self.boxes[word]
        return (right - left) / len(self.texts[word]) if self.texts[word][0] >= _IDEOGRAPHS else right - left

    def is_leftward(self, fragment: Fragment) -> bool:
        return self.boxes[fragment.words[-1]][0] < self.boxes[fragment.words[0]][0]


def columns_of(
    rows: list[list[Fragment]], texts: Sequence[str], boxes: Mapping[int, Sequence[float]]
) -> tuple[list[list[Fragment]], list[Flow]]:
    """The rows of a page with the wide blanks in lines of a column closed, and its flows.

    A line of even edges may have blanks as wide as gaps between cells; what ends within its column is one line.
    """
    measure = _Measure(texts, boxes)
    rows = _with_loose_lines(rows, measure)
    chains = _columns(rows)
    following = {a.words[0]: b for row in rows for a, b in pairwise(row)}
    whole: dict[int, Fragment] = {}
    for lines in chains:
        if len(lines) >= _MIN_FLOW_LINES and _goes_on([texts[line.words[0]] for line in lines[1:]]):
            right = max(line.box.right for line in lines)
            found = ((line, _whole(line, following, right, texts)) for line in lines if line.words[0] in following)
            whole |= {line.words[0]: longer for line, longer in found if longer is not line}
    if whole:
        rows = [_with_whole_lines(row, whole) for row in rows]
        chains = _columns(rows)
    flows = (_flow(lines, measure) for lines in chains)
    return rows, [flow for flow in flows if flow is not None]


def _with_loose_lines(rows: list[list[Fragment]], measure: _Measure) -> list[list[Fragment]]:
    """Rows whose fragments between two strips of white are one line, where these lines are running text."""
    if sum(_may_be_loose(row, measure.texts) for row in rows) < _MIN_LOOSE_LINES:
        return rows
    strips = strips_of(rows)
    ends = Counter(_place(row[-1].box.right) for row in rows)
    closed: list[list[Fragment]] = []
    loose: dict[int, int] = {}
    for at, row in enumerate(rows):
        groups = between(row, (strip for strip in strips if strip.start <= at < strip.end)) if len(row) > 1 else [row]
        line = [_joined_line(group, ends, measure.texts) for group in groups]
        closed.append([fragment for part in line for fragment in part])
        loose |= {
            p.words[0]: at for group, part in zip(groups, line, strict=True) if len(part) < len(group) for p in part
        }
    if not loose:
        return rows
    accepted = {
        fragment.words[0]
        for chain in _columns(closed)
        if any(line.words[0] in loose for line in chain) and not _ends_in_numbers(chain, measure.texts)
        for flow in (_flow(chain, measure),)
        if flow is not None
        for fragment in flow.lines
    }
    return [
        _taken(row, own, accepted) if any(p.words[0] in accepted for p in own) and len(own) < len(row) else row
        for row, own in zip(rows, closed, strict=True)
    ]


def _may_be_loose(row: Sequence[Fragment], texts: Sequence[str]) -> bool:
    """True when a fragment behind a gap begins as a line goes on: cells begin with capitals and digits."""
    firsts = [texts[fragment.words[0]][0] for fragment in row[1:]]
    return any(first.isalpha() and not first.isupper() for first in firsts)


def _taken(row: Sequence[Fragment], closed: Sequence[Fragment], accepted: Collection[int]) -> list[Fragment]:
    """A row with those of its closed lines that are accepted."""
    whole = {word: line for line in closed if line.words[0] in accepted for word in line.words}
    found: dict[int, Fragment] = {}
    for fragment in row:
        line = whole.get(fragment.words[0], fragment)
        found.setdefault(line.words[0], line)
    return list(found.values())


def _place(edge: float) -> int:
    return round(edge / _END_WIDTH)


def _joined_line(group: Sequence[Fragment], ends: Mapping[int, int], texts: Sequence[str]) -> list[Fragment]:
    """Fragments side by side as one line; those apart that are cells, the mark of an item, or too far away."""
    parts: list[list[Fragment]] = [[group[0]]]
    for before, after in pairwise(group):
        place = _place(before.box.right)
        at_end = sum(ends[near] for near in (place - 1, place, place + 1)) >= _MIN_FLOW_LINES
        reach = CELL_GAP if at_end else _MAX_LOOSE_BLANK
        far = after.box.left - before.box.right > reach * (after.box.bottom - after.box.top)
        is_mark = before is group[0] and is_item_mark(before, texts)
        if far or is_mark or ends_cell(texts[before.words[-1]], texts[after.words[0]]):
            parts.append([])
        parts[-1].append(after)
    return [as_one(part, texts) for part in parts]


def _ends_in_numbers(chain: Sequence[Fragment], texts: Sequence[str]) -> bool:
    """True when the lines of a chain end in numbers as rows of a table do."""
    return sum(texts[line.words[-1]].strip("()%.,-–—$")[:1].isdigit() for line in chain) >= _MAX_NUMBER_ENDS * len(
        chain
    )


def is_item_mark(fragment: Fragment, texts: Sequence[str]) -> bool:
    """True when a fragment is a bullet, or the number or letter of an item, alone."""
    return len(fragment.words) == 1 and _ITEM_MARK.fullmatch(texts[fragment.words[0]]) is not None


def _columns(rows: Iterable[list[Fragment]]) -> list[list[Fragment]]:
    return [lines for chain in _chains(fragment for row in rows for fragment in row) for lines in _parted(chain)]


def _whole(line: Fragment, following: Mapping[int, Fragment], right: float, texts: Sequence[str]) -> Fragment:
    height = line.box.bottom - line.box.top
    at = line
    while (after := following.get(at.words[0])) is not None:
        gap = after.box.left - at.box.right
        is_cell = ends_cell(texts[at.words[-1]], texts[after.words[0]]) or not texts[after.words[0]][0].isalpha()
        # bullets, numbers of items and headings keep their distance
        is_cell |= len(line.words) < _MIN_FLOW_WORDS
        if is_cell or gap > _MAX_WIDE_BLANK * height or after.box.right > right + _MAX_EDGE_SHIFT * height:
            break
        line = Fragment([*line.words, *after.words], around([line.box, after.box]))
        at = after
    return line


def _with_whole_lines(row: Iterable[Fragment], whole: Mapping[int, Fragment]) -> list[Fragment]:
    found: list[Fragment] = []
    for fragment in row:
        if not found or found[-1].words[-1] < fragment.words[0] or fragment.words[0] not in found[-1].words:
            found.append(whole.get(fragment.words[0], fragment))
    return found


def _chains(fragments: Iterable[Fragment]) -> list[list[Fragment]]:
    """Lines of one size and edge below each other, from the top; a fragment of one word begins no chain."""
    chains: list[list[Fragment]] = []
    active: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda p: p.box.bottom):
        bottom, height = fragment.box.bottom, fragment.box.bottom - fragment.box.top
        active = [chain for chain in active if bottom - chain[-1].box.bottom <= _MAX_LEADING * height]
        fitting = [chain for chain in active if _follows(chain[-1].box, fragment.box, height)]
        if fitting:
            min(fitting, key=lambda chain: abs(chain[-1].box.left - fragment.box.left)).append(fragment)
        else:
            chains.append([fragment])
            active.append(chains[-1])
    return chains


def _parted(chain: list[Fragment]) -> list[list[Fragment]]:
    """A chain parted where its lines become shorter or longer: it goes round a figure, or a note."""
    parts: list[list[Fragment]] = []
    right = 0.0
    for at, line in enumerate(chain):
        reach = _MIN_WIDTH_CHANGE * (line.box.bottom - line.box.top)
        ahead = chain[at : at + _MIN_FLOW_LINES]
        longer = line.box.right > right + reach and len(parts[-1:] and parts[-1]) >= _MIN_FLOW_LINES
        shorter = len(ahead) == _MIN_FLOW_LINES and max(p.box.right for p in ahead) < right - reach
        if not parts or longer or shorter:
            parts.append([])
            right = line.box.right
        parts[-1].append(line)
        right = max(right, line.box.right)
    return parts


def _follows(above: Rectangle, box: Rectangle, height: float) -> bool:
    if box.bottom - above.bottom < _MIN_LEADING * height:
        return False
    if abs((above.bottom - above.top) - height) > _MAX_HEIGHT_CHANGE * height:
        return False
    shift = min(abs(above.left - box.left), abs(above.right - box.right))
    if shift <= _MAX_EDGE_SHIFT * height:
        return True
    return abs(above.left - box.left) <= _MAX_INDENT * height and above.left < box.right and box.left < above.right


def _flow(chain: list[Fragment], measure: _Measure) -> Flow | None:
    """The chain as a flow, when its lines break where they are full and read like text."""
    if len(chain) < _MIN_FLOW_LINES:
        return None
    height = chain[0].box.bottom - chain[0].box.top
    left, right = min(p.box.left for p in chain), max(p.box.right for p in chain)
    letters = [measure.letters(p) for p in chain]
    joined = "".join(letters)
    if (
        right - left < _MIN_WIDTH * height
        or len(joined) < _MIN_LINE_LETTERS * len(chain)
        or (sum(len(p.words) for p in chain) < _MIN_FLOW_WORDS * len(chain) and joined[0] < _IDEOGRAPHS)
        or sum(map(str.isdigit, joined)) > _MAX_DIGIT_SHARE * len(joined)
    ):
        return None
    full = _full_lines(chain, measure)
    if sum(full) < _MIN_FULL_LINES * len(full) or not _goes_on(letters[1:]):
        return None
    leadings = [b.box.bottom - a.box.bottom for a, b in pairwise(chain)]
    usual = sorted(leadings)[len(leadings) // 2]
    continued = (
        at
        for at in range(1, len(chain))
        if (full[at - 1] or letters[at][0].islower())
        and leadings[at - 1] <= _LOOSER * usual
        and abs(_height(chain[at]) - _height(chain[at - 1])) <= _MAX_SIZE_CHANGE * height
        and chain[at].box.left - chain[at - 1].box.left <= _MIN_INDENT * height
    )
    return Flow(tuple(chain), left, right, height, frozenset(continued))


def _height(line: Fragment) -> float:
    return line.box.bottom - line.box.top


def _full_lines(chain: list[Fragment], measure: _Measure) -> list[bool]:
    """For each line but the last, True when it fills the column, whose edges are those of the lines around it."""
    full: list[bool] = []
    for at, (line, below) in enumerate(pairwise(chain)):
        near = chain[max(0, at - _LINES_AROUND) : at + _LINES_AROUND + 1]
        # the second: a heading may reach further
        left, right = sorted(p.box.left for p in near)[1], sorted(p.box.right for p in near)[-2]
        full.append(_is_full(line, below, left, right, measure))
    return full


def _goes_on(lines: Sequence[str]) -> bool:
    """True when enough lines begin in the middle of a sentence, as far as letters tell."""
    small = sum(line[0].isalpha() and not line[0].isupper() for line in lines)
    return small >= _MIN_SMALL_STARTS * len(lines)


def _is_full(line: Fragment, below: Fragment, left: float, right: float, measure: _Measure) -> bool:
    """True when the first word of the line below would not have fitted at the end of a line."""
    if line.box.right - line.box.left < _MIN_FILLED * (right - left):
        return False
    room = measure.first_width(below) + _BLANK * (line.box.bottom - line.box.top)
    if measure.is_leftward(line):
        return line.box.left - room < left
    return line.box.right + room > right
