"""Places where matters beside each other that are no running text are parted."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment
from mistral_rag.pdf._regions._matters import (
    MIN_AT_EDGE,
    MIN_MARKS,
    Side,
    are_apart,
    are_signatures,
    begins_with_name,
    has_pairs,
    is_mark,
)
from mistral_rag.pdf._regions._strips import WhiteStrip, strips_of

_MIN_GUTTER = 1.0
"""Width of the white between two matters, times the height of a line."""
_MAX_BLOCK_GAP = 1.0
"""White above a line of the same block, times the height of a line: that between two paragraphs may be as wide."""
_MAX_SHARED = 0.5
"""Share of the rows of a block that have lines of both sides, where each side has a leading of its own."""
_MAX_STAGGERED = 18
"""Rows of such a block: two addresses of nine lines."""
_MAX_HEAD_GAP = 5.0
"""White below the names of two parties, times the height of a line: they sign in it."""

Rows = Sequence[Sequence[Fragment]]


class Split(NamedTuple):
    """Rows from `start` up to `end` whose fragments stand on either side of `middle`."""

    start: int
    end: int
    middle: float

    def sides(self, rows: Rows) -> tuple[list[Fragment], list[Fragment]]:
        """The fragments left and right of it."""
        inside = [fragment for row in rows[self.start : self.end] for fragment in row]
        return [p for p in inside if p.box.left < self.middle], [p for p in inside if p.box.left >= self.middle]


def splits_of(rows: Rows, texts: Sequence[str]) -> Iterator[Split]:
    """Places where matters beside each other are parted, from the top."""
    for start, end, middle in sorted(_spans(rows, texts), key=lambda span: (span[0], -span[1], span[2])):
        left, right = _sides(rows[start:end], middle, texts)
        if min(len(left.rows), len(right.rows)) < MIN_MARKS or not (left.is_aligned() and right.is_aligned()):
            continue
        if are_signatures(left, right):
            yield Split(start, end, middle)
        elif has_pairs(left) and has_pairs(right):
            yield _of_pairs(rows, Split(start, end, middle), texts)
        elif are_apart(left, right):
            yield Split(start, end, middle)


def _spans(rows: Rows, texts: Sequence[str]) -> set[tuple[int, int, float]]:
    """Rows with white between two sides, from and up to, and its middle: as many as can be, and each block of them."""
    known: dict[int, bool] = {}

    def begins(fragment: Fragment) -> bool:
        # a fragment is asked for once for each strip that may begin at it
        at = fragment.words[0]
        if at not in known:
            known[at] = is_mark(texts[at]) or any(map(str.isalpha, "".join([texts[w] for w in fragment.words])))
        return known[at]

    cuts = [at for at in range(1, len(rows)) if _gap(rows, at) > _MAX_BLOCK_GAP * _row_height(rows[at])]
    found: set[tuple[int, int, float]] = set()
    for first, last in {(0, len(rows)), *pairwise([0, *cuts, len(rows)])}:
        found.update(_staggered(rows, first, last, begins))
        if sum(len(row) > 1 for row in rows[first:last]) < MIN_MARKS:
            continue
        for strip in strips_of(rows[first:last], MIN_MARKS, min_width=_MIN_GUTTER, begins=begins):
            rights = (next(p for p in rows[first + at] if p.box.left >= strip.middle) for at in strip.rows)
            if sum(map(begins, rights)) < max(MIN_MARKS, MIN_AT_EDGE * len(strip.rows)):
                continue
            start, end = first + strip.start, first + strip.rows[-1] + 1
            while end < first + strip.end and _gap(rows, end) <= _MAX_BLOCK_GAP * _row_height(rows[end]):
                end += 1
            # names of columns that are years begin no strip
            while (
                start > first
                and _has_white(rows[start - 1], strip)
                and _gap(rows, start) <= _MAX_BLOCK_GAP * _row_height(rows[start])
            ):
                start -= 1
            found.add((start, end, strip.middle))
    return found


def _staggered(
    rows: Rows, first: int, last: int, begins: Callable[[Fragment], bool]
) -> Iterator[tuple[int, int, float]]:
    """A block of lines whose two sides are set with leadings of their own: few of them share a row."""
    block = rows[first:last]
    shared = [row for row in block if len(row) > 1]
    if not 0 < len(shared) <= _MAX_SHARED * len(block) or len(block) > _MAX_STAGGERED:
        return
    for strip in strips_of(shared[:1], 1, min_width=_MIN_GUTTER, begins=begins):
        sides = [
            [p for row in block for p in row if (p.box.left < strip.middle) == is_left] for is_left in (True, False)
        ]
        apart = min(p.box.left for p in sides[1]) - max(p.box.right for p in sides[0])
        level = min(side[-1].box.bottom for side in sides) - max(side[0].box.top for side in sides)
        if apart >= _MIN_GUTTER * _row_height(shared[0]) and level > 0:
            yield first, last, strip.middle


def _has_white(row: Sequence[Fragment], strip: WhiteStrip) -> bool:
    """True when a row has text on both sides of the middle of a strip and none near it."""
    reach = _MIN_GUTTER * _row_height(row) / 2
    low, high = strip.middle - reach, strip.middle + reach
    return (
        row[0].box.right <= low
        and high <= row[-1].box.left
        and all(p.box.right <= low or high <= p.box.left for p in row)
    )


def _sides(rows: Rows, middle: float, texts: Sequence[str]) -> tuple[Side, Side]:
    lefts = ([p for p in row if p.box.left < middle] for row in rows)
    rights = ([p for p in row if p.box.left >= middle] for row in rows)
    return Side(list(filter(None, lefts)), texts), Side(list(filter(None, rights)), texts)


def _of_pairs(rows: Rows, split: Split, texts: Sequence[str]) -> Split:
    """The rows from the first pair of a form up to the last, and those of one side that follow closely."""

    def has_pair(row: Sequence[Fragment]) -> bool:
        sides = [p for p in row if p.box.left < split.middle], [p for p in row if p.box.left >= split.middle]
        return any(begins_with_name(side, texts) for side in sides)

    found = [at for at in range(split.start, split.end) if has_pair(rows[at])]
    start, end = found[0], found[-1] + 1
    while start > split.start and _are_heads(rows[start - 1], rows[start], split.middle, texts):
        start -= 1
    while end < split.end and len(rows[end]) == 1 and _gap(rows, end) <= _MAX_BLOCK_GAP * _row_height(rows[end]):
        end += 1
    return Split(start, end, split.middle)


def _are_heads(row: Sequence[Fragment], below: Sequence[Fragment], middle: float, texts: Sequence[str]) -> bool:
    """True for names over the pairs of both sides: one on each, without digits, at the left edges of the pairs."""
    reach = _MIN_GUTTER * _row_height(below)
    edges = [next((p.box.left for p in below if (p.box.left < middle) == is_left), None) for is_left in (True, False)]
    return (
        len(row) == len(edges)
        and row[0].box.left < middle <= row[1].box.left
        and all(edge is not None and abs(p.box.left - edge) <= reach for p, edge in zip(row, edges, strict=True))
        and not any(map(str.isdigit, "".join(texts[word] for p in row for word in p.words)))
        and below[0].box.top - row[0].box.bottom <= _MAX_HEAD_GAP * _row_height(below)
    )


def _gap(rows: Rows, at: int) -> float:
    return min([p.box.top for p in rows[at]]) - max([p.box.bottom for p in rows[at - 1]])


def _row_height(row: Sequence[Fragment]) -> float:
    return max([p.box.bottom - p.box.top for p in row])
