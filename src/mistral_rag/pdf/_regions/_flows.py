"""Flows: lines of running text that stand below each other, told by where they break.

Running text fills its column: a line ends where the next word would not have fitted. Cells of a table end where their
text ends. That holds in any language, and for ragged edges as well as for even ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, ends_cell
from mistral_rag.pdf._geometry import Rectangle, around

MIN_FLOW_LINES = 3
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
_MIN_TEXT_ROWS = 8
_MIN_TEXT_WIDTH = 18.0
"""Times the height of a line: narrower are the labels of a table of words."""
_MIN_TEXT_WORDS = 5.0
"""Mean words of a line, be it a heading, a name with its value, or one of a paragraph."""
_MAX_WIDE_BLANK = 3.0
"""Widest blank of a line with even edges, times its height."""
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


class Measure(NamedTuple):
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
    measure = Measure(texts, boxes)
    chains = chains_of(rows)
    following = {a.words[0]: b for row in rows for a, b in pairwise(row)}
    whole: dict[int, Fragment] = {}
    for lines in chains:
        if len(lines) >= MIN_FLOW_LINES and _goes_on([texts[line.words[0]] for line in lines[1:]]):
            right = max(line.box.right for line in lines)
            found = ((line, _whole(line, following, right, texts)) for line in lines if line.words[0] in following)
            whole |= {line.words[0]: longer for line, longer in found if longer is not line}
    if whole:
        rows = [_with_whole_lines(row, whole) for row in rows]
        chains = chains_of(rows)
    flows = (flow_of(lines, measure) for lines in chains)
    return rows, [flow for flow in flows if flow is not None]


def chains_of(rows: Iterable[list[Fragment]]) -> list[list[Fragment]]:
    """Lines that stand below each other in one column, be they running text or not."""
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
        ahead = chain[at : at + MIN_FLOW_LINES]
        longer = line.box.right > right + reach and len(parts[-1:] and parts[-1]) >= MIN_FLOW_LINES
        shorter = len(ahead) == MIN_FLOW_LINES and max(p.box.right for p in ahead) < right - reach
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


def flow_of(chain: list[Fragment], measure: Measure) -> Flow | None:
    """The chain as a flow, when its lines break where they are full and read like text."""
    if len(chain) < MIN_FLOW_LINES:
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


def _full_lines(chain: list[Fragment], measure: Measure) -> list[bool]:
    """For each line but the last, True when it fills the column, whose edges are those of the lines around it."""
    full: list[bool] = []
    for at, (line, below) in enumerate(pairwise(chain)):
        near = chain[max(0, at - _LINES_AROUND) : at + _LINES_AROUND + 1]
        # the second: a heading may reach further
        left, right = sorted(p.box.left for p in near)[1], sorted(p.box.right for p in near)[-2]
        full.append(_is_full(line, below, left, right, measure))
    return full


def reads_as_text(rows: Sequence[Sequence[Fragment]], texts: Sequence[str]) -> bool:
    """True for a column of wide lines of words that go on: its paragraphs may be too short, or hang too far, for flows.

    It says less than a flow, and is asked for where there is one beside it.
    """
    if len(rows) < _MIN_TEXT_ROWS:
        return False
    words = [texts[word] for row in rows for fragment in row for word in fragment.words]
    letters = "".join(words)
    height = sorted(row[0].box.bottom - row[0].box.top for row in rows)[len(rows) // 2]
    width = max(p.box.right for row in rows for p in row) - min(row[0].box.left for row in rows)
    return (
        width >= _MIN_TEXT_WIDTH * height
        and len(words) >= _MIN_TEXT_WORDS * len(rows)
        and sum(map(str.isdigit, letters)) <= _MAX_DIGIT_SHARE * len(letters)
        and sum(len(row) > 2 for row in rows) < (1 - _MIN_FULL_LINES) * len(rows)
        and _goes_on([texts[row[-1].words[0]] for row in rows])
    )


def _goes_on(lines: Sequence[str]) -> bool:
    """True when enough lines begin in the middle of a sentence, as far as letters tell."""
    small = sum(line[0].isalpha() and not line[0].isupper() for line in lines)
    return small >= _MIN_SMALL_STARTS * len(lines)


def _is_full(line: Fragment, below: Fragment, left: float, right: float, measure: Measure) -> bool:
    """True when the first word of the line below would not have fitted at the end of a line."""
    if line.box.right - line.box.left < _MIN_FILLED * (right - left):
        return False
    room = measure.first_width(below) + _BLANK * (line.box.bottom - line.box.top)
    if measure.is_leftward(line):
        return line.box.left - room < left
    return line.box.right + room > right
