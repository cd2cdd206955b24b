"""Loose lines: wide blanks of lines with even edges, told from the gaps between columns."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from mistral_rag.pdf._fragments import CELL_GAP, Fragment, ends_cell
from mistral_rag.pdf._regions._flows import MIN_FLOW_LINES, Measure, chains_of, flow_of
from mistral_rag.pdf._regions._strips import as_one, between, strips_of

_MAX_LOOSE_BLANK = 5.0
"""Widest blank that stands at no place of its own, times the height of a line: TeX doubles it behind a full stop."""
_MIN_LOOSE_LINES = 2
"""Lines with wide blanks: one alone is read as it is."""
_END_WIDTH = 2.0
"""Points: ends of lines with an even edge differ by less."""
_MAX_NUMBER_ENDS = 0.4
"""Share of lines of prose that end in a number; rows of a table all do."""
_ITEM_MARK = re.compile(r"[^\w\s]{1,2}|\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[.)]")


def with_loose_lines(
    rows: list[list[Fragment]], texts: Sequence[str], boxes: Mapping[int, Sequence[float]]
) -> list[list[Fragment]]:
    """Rows whose fragments between two strips of white are one line, where these lines are running text.

    Blanks of an even line may be as wide as gaps between cells; but a gap of a table stands in its place in row after
    row. `texts` and `boxes` (upright) are by word.
    """
    measure = Measure(texts, boxes)
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
        for chain in chains_of(closed)
        if any(line.words[0] in loose for line in chain) and not _ends_in_numbers(chain, measure.texts)
        for flow in (flow_of(chain, measure),)
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
        at_end = sum(ends[near] for near in (place - 1, place, place + 1)) >= MIN_FLOW_LINES
        reach = CELL_GAP if at_end else _MAX_LOOSE_BLANK
        far = after.box.left - before.box.right > reach * (after.box.bottom - after.box.top)
        is_mark = before is group[0] and _is_item_mark(before, texts)
        if far or is_mark or ends_cell(texts[before.words[-1]], texts[after.words[0]]):
            parts.append([])
        parts[-1].append(after)
    return [as_one(part, texts) for part in parts]


def _ends_in_numbers(chain: Sequence[Fragment], texts: Sequence[str]) -> bool:
    """True when the lines of a chain end in numbers as rows of a table do."""
    return sum(texts[line.words[-1]].strip("()%.,-–—$")[:1].isdigit() for line in chain) >= _MAX_NUMBER_ENDS * len(
        chain
    )


def _is_item_mark(fragment: Fragment, texts: Sequence[str]) -> bool:
    """True when a fragment is a bullet, or the number or letter of an item, alone."""
    return len(fragment.words) == 1 and _ITEM_MARK.fullmatch(texts[fragment.words[0]]) is not None
