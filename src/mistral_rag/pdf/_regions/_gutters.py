"""Gutters: white that runs down the page beside running text, and the rows that it parts."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, is_number
from mistral_rag.pdf._regions._flows import Flow

MIN_GUTTER = 0.5
"""Width of the white between two columns, times the height of a line: more than a blank between words."""
_MAX_ROW_GAP = 2.5
"""White above a line that still belongs to the column, times the height of a line: that of a caption or heading."""
_MAX_TEXT_GAP = 4.0
"""The same above lines in both columns that begin at their edges, as captions of two figures do."""
_MAX_EDGE_SHIFT = 3.0
"""Indents and hanging marks of lines that belong to a column, times the height of a line."""


class Gutter(NamedTuple):
    """White between `left` and `right` in the rows from `start` up to `end`, and the flow beside it.

    The white itself runs from row `top` up to `bottom`.
    """

    left: float
    right: float
    start: int
    end: int
    top: int
    bottom: int
    flow: Flow

    @property
    def middle(self) -> float:
        """The place that parts the two sides."""
        return (self.left + self.right) / 2


def gutters_of(rows: Sequence[list[Fragment]], flows: Iterable[Flow], texts: Sequence[str]) -> Iterator[Gutter]:
    """Gutters on either side of each flow that has something beside it, from the top."""
    row_of = {fragment.words[0]: at for at, row in enumerate(rows) for fragment in row}
    in_flows = {line.words[0] for flow in flows for line in flow.lines}
    found: set[tuple[int, int, int]] = set()
    for flow in flows:
        lines = [line for line in flow.lines if line.words[0] in row_of]
        if not lines:
            continue
        span = range(row_of[lines[0].words[0]], max(row_of[line.words[0]] for line in lines) + 1)
        for white in _whites(rows, span, flow):
            followed = _followed(rows, span, white, flow)
            if followed and (key := (followed.start, followed.end, round(followed.middle))) not in found:
                found.add(key)
                yield _trimmed(rows, followed, in_flows, span, texts)


def widened(rows: Sequence[list[Fragment]], gutter: Gutter) -> Gutter:
    """A gutter between two columns of running text with all the rows that follow closely, be they tables."""
    start, end = gutter.start, gutter.end
    max_gap = _MAX_TEXT_GAP * gutter.flow.height
    while start > gutter.top and _gap(rows[start - 1], rows[start]) <= max_gap:
        start -= 1
    while end < gutter.bottom and _gap(rows[end - 1], rows[end]) <= max_gap:
        end += 1
    return gutter._replace(start=start, end=end)


def _gap(above: Sequence[Fragment], below: Sequence[Fragment]) -> float:
    return min(p.box.top for p in below) - max(p.box.bottom for p in above)


def _whites(rows: Sequence[list[Fragment]], span: range, flow: Flow) -> Iterator[tuple[float, float]]:
    """The white left and right of a flow in its own rows, up to what stands next to it."""
    slack = 0.1 * flow.height
    rights = [p.box.left for at in span for p in rows[at] if p.box.left >= flow.right - slack]
    lefts = [p.box.right for at in span for p in rows[at] if p.box.right <= flow.left + slack]
    if rights:
        yield flow.right, min(rights)
    if lefts:
        yield max(lefts), flow.left


def _followed(rows: Sequence[list[Fragment]], span: range, white: tuple[float, float], flow: Flow) -> Gutter | None:
    """The white followed up and down the rows as far as nothing stands in it."""
    min_width = MIN_GUTTER * flow.height
    for at in span:
        white = _narrowed(rows[at], white)
    if white[1] - white[0] < min_width:
        return None
    ends = []
    for step, at in ((-1, span.start - 1), (1, span.stop)):
        while 0 <= at < len(rows):
            narrower = _narrowed(rows[at], white)
            if narrower[1] - narrower[0] < min_width:
                break
            white = narrower
            at += step
        ends.append(at)
    return Gutter(white[0], white[1], ends[0] + 1, ends[1], ends[0] + 1, ends[1], flow)


def _narrowed(row: Iterable[Fragment], white: tuple[float, float]) -> tuple[float, float]:
    left, right = white
    middle = left + right
    for fragment in row:
        if fragment.box.left + fragment.box.right < middle:
            left = max(left, fragment.box.right)
        else:
            right = min(right, fragment.box.left)
    return left, right


def _trimmed(
    rows: Sequence[list[Fragment]], gutter: Gutter, in_flows: Collection[int], span: range, texts: Sequence[str]
) -> Gutter:
    """Without the rows at either end that hold no running text and are not close to it, or not at its edge."""
    first, last = span.start, span.stop - 1
    for step in (-1, 1):
        at = first - 1 if step < 0 else last + 1
        while gutter.start <= at < gutter.end and _may_be_columns(rows[at], gutter, in_flows, texts):
            if any(fragment.words[0] in in_flows for fragment in rows[at]):
                first, last = min(first, at), max(last, at)
            at += step
    inside = [p for at in range(first, last + 1) for p in rows[at] if p.words[0] in in_flows]
    lefts = [p.box.left for p in inside if p.box.left < gutter.middle]
    edges = min(lefts, default=gutter.left), gutter.right
    while first > gutter.start and _belongs(rows[first - 1], rows[first], gutter, edges, texts):
        first -= 1
    while last + 1 < gutter.end and _belongs(rows[last + 1], rows[last], gutter, edges, texts):
        last += 1
    return gutter._replace(start=first, end=last + 1)


def _may_be_columns(row: Sequence[Fragment], gutter: Gutter, in_flows: Collection[int], texts: Sequence[str]) -> bool:
    """True when a row is no row of a table: it holds running text, text of one side only, or no number."""
    if len({fragment.box.left < gutter.middle for fragment in row}) == 1:
        return True
    return any(fragment.words[0] in in_flows for fragment in row) or not any(is_number(p, texts) for p in row)


def _belongs(
    row: Sequence[Fragment], inner: Sequence[Fragment], gutter: Gutter, edges: tuple[float, float], texts: Sequence[str]
) -> bool:
    """True when a row at the end of a gutter is close to the next one, and begins at the edges of the sides."""
    gap = max(row[0].box.top, inner[0].box.top) - min(row[0].box.bottom, inner[0].box.bottom)
    sides = {fragment.box.left < gutter.middle for fragment in row}
    if gap > (_MAX_ROW_GAP if len(sides) == 1 else _MAX_TEXT_GAP) * gutter.flow.height:
        return False
    reach = _MAX_EDGE_SHIFT * gutter.flow.height
    firsts = [next((p for p in row if (p.box.left < gutter.middle) == is_left), None) for is_left in (True, False)]
    if any(p and abs(p.box.left - edge) > reach for p, edge in zip(firsts, edges, strict=True)):
        return False
    return len(sides) == 1 or not any(is_number(p, texts) for p in row)
