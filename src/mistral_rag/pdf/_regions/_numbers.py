"""Line numbers: whole numbers in the margin that count the lines of a text, as in pleadings and reviewed papers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment, rows_of
from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._regions._flows import columns_of

_MIN_NUMBERS = 5
"""Numbers in one column that say by themselves that they count lines: those of every fifth line of a full page."""
_MIN_SPACED = 2
"""Numbers of every second, fifth or tenth line that do so where as many lines stand between them as they count."""
_MAX_STEP = 10
"""Programs number every second, third, fifth or tenth line; more is a column of figures."""
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
        if not _is_outside(kept, column):
            continue
        places = _places(kept, column)
        is_spaced = _is_stepped(column) and _is_spaced(places, column)
        if (is_spaced and places[0] == column[0].value) or (
            (is_spaced or len(column) >= _MIN_NUMBERS) and _counts_lines(kept, column, texts, boxes)
        ):
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
    edges = ("right", "left") if len(numbers) >= _MIN_SPACED else ()
    runs = [run for edge in edges for column in _aligned(numbers, edge) for run in _counting(column)]
    # those of nine and less share their right edge with 10 in one document, and the left one in another
    yield from sorted((run for run in runs if len(run) >= _MIN_NUMBERS or _is_stepped(run)), key=len, reverse=True)


def _is_stepped(run: Sequence[_Number]) -> bool:
    """True for 5, 10, 15: multiples of a step that lines are numbered by."""
    step = run[1].value - run[0].value if len(run) >= _MIN_SPACED else 0
    return 1 < step <= _MAX_STEP and run[0].value % step == 0


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


def _places(others: Iterable[Fragment], column: Sequence[_Number]) -> list[int | None]:
    """The row that each number stands beside, counted from the page's first."""
    rows = [around([fragment.box for fragment in row]) for row in rows_of(list(others))]
    return [
        next((at for at, row in enumerate(rows, 1) if row.top < n.box.bottom and n.box.top < row.bottom), None)
        for n in column
    ]


def _is_spaced(places: Sequence[int | None], column: Sequence[_Number]) -> bool:
    """True when from each number to the next there are as many rows as it counts up."""
    return all(
        before is not None and after is not None and after - before == below.value - above.value
        for (before, after), (above, below) in zip(pairwise(places), pairwise(column), strict=True)
    )


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
