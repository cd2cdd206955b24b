"""Boxes beside running text: what stands in a shaded or ruled area is read by itself, be it prose or figures."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, rows_of
from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._regions._beside import groups_of, on_level, paragraphs_of
from mistral_rag.pdf._regions._flows import MIN_FLOW_LINES, Flow
from mistral_rag.pdf._regions._frames import holds

_MIN_ROWS = 2
"""Lines in a box: one alone is a heading or a cell that is shaded."""
_MIN_ALIGNED = 0.75
"""Share of the paragraphs beside a column of labels that begin on the level of one; a box stands as it happens."""
_MAX_SLACK = 1.5
"""White between the text of a cell and the foot of its row, times the height of a line."""


class Boxed(NamedTuple):
    """Rows from `start` up to `end` with a box beside running text; `is_left` says on which side of it."""

    start: int
    end: int
    inside: list[Fragment]
    outside: list[Fragment]
    is_left: bool


def boxes_beside(
    rows: Sequence[Sequence[Fragment]], flows: Sequence[Flow], continued: Collection[int], frames: Sequence[Rectangle]
) -> Iterator[Boxed]:
    """Boxes with running text beside them that is in no frame itself, as the cell beside a cell is."""
    for frame in frames:
        held = [at for at, row in enumerate(rows) if any(holds(frame, p.box) for p in row)]
        if len(held) < _MIN_ROWS:
            continue
        start, end = _whole_paragraphs(rows, held[0], held[-1] + 1, continued)
        fragments = [p for row in rows[start:end] for p in row]
        inside = [p for p in fragments if holds(frame, p.box)]
        outside = [p for p in fragments if not holds(frame, p.box)]
        beside = _lines_beside(frame, outside, flows)
        sides = {p.box.left >= frame.right for p in outside if _is_beside(frame, p.box)}
        if (
            len(beside) >= MIN_FLOW_LINES
            and len(sides) == 1
            and not any(_cuts(frame, p.box) for p in outside)
            and not any(holds(other, line.box) for other in frames for line in beside)
            and not are_labels(inside, beside, continued)
            and not _is_cell(frame, inside, beside)
        ):
            yield Boxed(start, end, inside, outside, sides == {True})


def _whole_paragraphs(
    rows: Sequence[Sequence[Fragment]], start: int, end: int, continued: Collection[int]
) -> tuple[int, int]:
    """Rows from and up to, with those of the paragraphs that begin above a box or end below it."""
    while start > 0 and any(p.words[0] in continued for p in rows[start]):
        start -= 1
    while end < len(rows) and any(p.words[0] in continued for p in rows[end]):
        end += 1
    return start, end


def _lines_beside(frame: Rectangle, outside: Sequence[Fragment], flows: Sequence[Flow]) -> list[Fragment]:
    """The lines of running text on the level of a frame."""
    running = {line.words[0] for flow in flows for line in flow.lines}
    return [p for p in outside if p.words[0] in running and _is_beside(frame, p.box)]


def _is_beside(frame: Rectangle, box: Rectangle) -> bool:
    level = box.top < frame.bottom and frame.top < box.bottom
    return level and (box.right <= frame.left or frame.right <= box.left)


def _cuts(frame: Rectangle, box: Rectangle) -> bool:
    """True when text stands in a frame in part."""
    return frame.left < box.right and box.left < frame.right and frame.top < box.bottom and box.top < frame.bottom


def _is_cell(frame: Rectangle, inside: list[Fragment], beside: Sequence[Fragment]) -> bool:
    """True when a frame is as high as the text beside it, and both begin on one level: two cells of one row."""
    text = around([line.box for line in beside])
    slack = _MAX_SLACK * (beside[0].box.bottom - beside[0].box.top)
    level = on_level(min(inside, key=lambda p: p.box.top).box, min(beside, key=lambda p: p.box.top).box)
    return level and frame.top <= text.top and text.bottom <= frame.bottom <= text.bottom + slack


def are_labels(inside: list[Fragment], beside: Sequence[Fragment], continued: Collection[int]) -> bool:
    """True when the paragraphs beside a shaded column begin on the levels of its labels, as cells of one row do."""
    paragraphs = paragraphs_of(beside, continued)
    firsts = [p.box for group in groups_of(rows_of(inside)) for p in group.rows[0]]
    aligned = sum(any(on_level(paragraph.lines[0].box, first) for first in firsts) for paragraph in paragraphs)
    # a box may begin on the level of the one paragraph beside it
    return len(paragraphs) > 1 and aligned >= _MIN_ALIGNED * len(paragraphs)
