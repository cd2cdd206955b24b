"""Labels of a printed table that stand beside several rows: in the middle of them, or as far as rules say."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._tables.columns import Column
from mistral_rag.pdf._tables.lattice import Lattice
from mistral_rag.pdf._tables.pieces import Piece, Row

_MAX_LINE_GAP = 0.5
"""White between two lines of one label, times the height of a line."""

Placed = tuple[Piece, int, Row]
"""A piece, the last column that it stands in, and its line."""
Held = dict[int, list[Placed]]
"""What stands in the columns of a row, by the first column of each piece."""


class TableBody(NamedTuple):
    """The rows below a head: their lines, what they hold, and behind which a label stands on a line of its own."""

    rows: Sequence[Sequence[Row]]
    held: Sequence[Held]
    between: Sequence[bool]


def under_one_label(
    body: TableBody, head: Sequence[Row], columns: Sequence[Column], lattice: Lattice, text: str
) -> Iterator[Sequence[int]]:
    """Indices of the rows that have one label."""
    every = range(len(body.rows))
    parted = [_goes_on(above, below, text) for above, below in pairwise(body.held)]
    drawn = _drawn(body, parted, columns, lattice)
    if any(drawn):
        yield from _by_rules(body, drawn, parted, head, columns, lattice)
        return
    alone = [set(held) == {0} for held in body.held]
    for segment in _joined(every, [not (a or b) for a, b in pairwise(alone)] + [False]):
        own = slice(segment[0], segment[-1] + 1)
        labelled = [0 in held for held in body.held[own]]
        found = centred(labelled, body.between[own])
        for group in found or _joined(range(len(segment)), body.between[own]):
            yield segment[group[0] : group[-1] + 1]


def _goes_on(above: Held, below: Held, text: str) -> bool:
    """True when the label of the next row is the next line of that above, which ends with a hyphen or a comma."""
    if not (0 in above and 0 in below):
        return False
    (upper, _, line), (_, _, following) = above[0][-1], below[0][0]
    return text[upper.end - 1] in "-,&/" and following.top - line.bottom < _MAX_LINE_GAP * line.height


def _drawn(body: TableBody, parted: Sequence[bool], columns: Sequence[Column], lattice: Lattice) -> list[bool]:
    """True for each row and the next between which a rule parts the values and not the labels."""
    label, first = columns[0], columns[1].left
    # two rows that have labels of their own have none together
    pairs = zip(pairwise(body.held), pairwise(body.rows), parted, strict=True)
    return [
        (goes_on or not (0 in above and 0 in below)) and lattice.spans(rows[-1], following[0], label, first)
        for (above, below), (rows, following), goes_on in pairs
    ]


def _by_rules(
    body: TableBody,
    drawn: Sequence[bool],
    parted: Sequence[bool],
    head: Sequence[Row],
    columns: Sequence[Column],
    lattice: Lattice,
) -> Iterator[Sequence[int]]:
    """Rows around a label as far as no rule goes on over the labels."""
    label = columns[0]
    above = [head[-1] if head else None, *(lines[-1] for lines in body.rows)]
    below = [*(lines[0] for lines in body.rows), None]
    joints = [joined or alone for joined, alone in zip([*drawn, False], body.between, strict=False)]
    for group in _joined(range(len(body.rows)), joints):
        # a rule above a sum does not go on over the labels either, but there no rule closes their column
        ends = (group[0], group[-1] + 1) if len(group) > 1 else ()
        whole = all(lattice.closes(above[at], below[at], label) for at in ends)
        count = sum((0 in body.held[at]) + body.between[at] for at in group) - sum(parted[at] for at in group[:-1])
        if whole and count == 1 and all(set(body.held[at]) - {0} for at in group):
            yield group
        else:
            yield from _joined(group, body.between)


def centred(labelled: Sequence[bool], between: Sequence[bool]) -> list[range]:
    """The rows of each label where all labels stand in the middle of theirs; none where they do not.

    `labelled` says which rows have a label, `between` behind which one stands on a line of its own. A label in the
    first row stands at the top of its rows: which these are, nobody can tell from empty cells.
    """
    middles = sorted([2 * at for at in range(len(labelled)) if labelled[at]] + [2 * at + 1 for at in _true(between)])
    if not labelled or labelled[0] or len(middles) == len(labelled):
        return []
    groups: list[range] = []
    start = 0
    for middle in middles:
        end = middle - start
        if end < start:
            return []
        groups.append(range(start, end + 1))
        start = end + 1
    return groups if start == len(labelled) and len(groups) > 1 else []


def _true(marks: Sequence[bool]) -> Iterator[int]:
    return (at for at, mark in enumerate(marks) if mark)


def _joined(indices: Sequence[int], joints: Sequence[bool]) -> list[Sequence[int]]:
    """The indices in runs that end where the joint behind an index is none."""
    ends = [at + 1 for at in indices if not joints[at] and at != indices[-1]]
    return [range(a, b) for a, b in pairwise([indices[0], *ends, indices[-1] + 1])] if indices else []
