"""Line numbers: whole numbers in the margin that count the lines of a text, as in pleadings and reviewed papers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, rows_of
from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._regions._flows import columns_of

_MIN_NUMBERS = 5
"""Numbers in one column: those of every fifth line of a page are at least as many."""
_MAX_DIGITS = 4
_MAX_EDGE_SHIFT = 0.3
"""Uneven right (or left) edges of one column of numbers, times the height of a line."""
_MIN_CONTINUED = 0.25
"""Share of numbers beside a line in the middle of a paragraph, where no item of a list and no row has its number."""


class _Number(NamedTuple):
    """A number that begins a fragment, or is one; `at` is the index of the fragment."""

    value: int
    at: int
    box: Rectangle


def without_line_numbers(
    fragments: list[Fragment], texts: Sequence[str], boxes: Mapping[int, Sequence[float]]
) -> tuple[list[Fragment], list[Fragment]]:
    """The fragments without line numbers, and the line numbers from the top; `texts` and `boxes` are by word."""
    numbers: list[Fragment] = []
    for column in _columns(fragments, texts, boxes):
        kept = _parted(fragments, column, boxes)
        found = [Fragment([fragments[number.at].words[0]], number.box) for number in column]
        if _is_outside(kept, column) and _counts_lines(kept, column, texts, boxes):
            # the places of what is left have changed
            rest, more = without_line_numbers(kept, texts, boxes)
            return rest, [*found, *more]
    return fragments, numbers


def _columns(
    fragments: Sequence[Fragment], texts: Sequence[str], boxes: Mapping[int, Sequence[float]]
) -> Iterator[list[_Number]]:
    """Columns of numbers that count up by one step."""
    numbers = [
        _Number(int(text), at, Rectangle(*boxes[fragment.words[0]]))
        for at, fragment in enumerate(fragments)
        if len(text := texts[fragment.words[0]]) <= _MAX_DIGITS and text.isdecimal()
    ]
    edges = ("right", "left") if len(numbers) >= _MIN_NUMBERS else ()
    runs = [run for edge in edges for column in _aligned(numbers, edge) for run in _counting(column)]
    # those of nine and less share their right edge with 10 in one document, and the left one in another
    yield from sorted((run for run in runs if len(run) >= _MIN_NUMBERS), key=len, reverse=True)


def _aligned(numbers: Iterable[_Number], edge: str) -> list[list[_Number]]:
    columns: list[list[_Number]] = []
    for number in sorted(numbers, key=lambda n: getattr(n.box, edge)):
        reach = _MAX_EDGE_SHIFT * (number.box.bottom - number.box.top)
        if columns and getattr(number.box, edge) - getattr(columns[-1][-1].box, edge) <= reach:
            columns[-1].append(number)
        else:
            columns.append([number])
    return columns


def _counting(column: list[_Number]) -> list[list[_Number]]:
    """Runs of a column, from the top, that go up by one step."""
    column.sort(key=lambda number: number.box.top)
    runs: list[list[_Number]] = [column[:1]]
    for before, after in pairwise(column):
        run = runs[-1]
        step = run[1].value - run[0].value if len(run) > 1 else max(after.value - before.value, 1)
        if after.value - before.value == step:
            run.append(after)
        else:
            runs.append([after])
    return runs


def _parted(
    fragments: Sequence[Fragment], column: Iterable[_Number], boxes: Mapping[int, Sequence[float]]
) -> list[Fragment]:
    """The fragments without the numbers that begin them."""
    cut = {number.at for number in column}
    kept: list[Fragment] = []
    for at, fragment in enumerate(fragments):
        words = fragment.words[1:] if at in cut else fragment.words
        if at not in cut:
            kept.append(fragment)
        elif words:
            kept.append(Fragment(words, around([Rectangle(*boxes[word]) for word in words])))
    return kept


def _is_outside(others: Iterable[Fragment], column: Sequence[_Number]) -> bool:
    """True when all that stands in the rows of a column of numbers stands on one side of it."""
    box = around([number.box for number in column])
    beside = [p.box for p in others if p.box.top < box.bottom and box.top < p.box.bottom]
    return bool(beside) and (
        all(other.left > box.right for other in beside) or all(other.right < box.left for other in beside)
    )


def _counts_lines(
    others: Iterable[Fragment],
    column: Sequence[_Number],
    texts: Sequence[str],
    boxes: Mapping[int, Sequence[float]],
) -> bool:
    _, flows = columns_of(rows_of(list(others)), texts, boxes)
    lines = [flow.lines[at].box for flow in flows for at in flow.continued]
    beside = sum(any(line.top < n.box.bottom and n.box.top < line.bottom for line in lines) for n in column)
    return beside >= _MIN_CONTINUED * len(column)
