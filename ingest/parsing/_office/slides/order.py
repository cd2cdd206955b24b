"""The order in which the shapes of a slide are read: by their places, columns before rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")
MIN_IN_COLUMN: Final = 2
"""Shapes of a column: single shapes beside each other are read as a row."""
MAX_ROWS: Final = 30
"""Rows that are looked at together."""
MAX_DEPTH: Final = 40
"""Cuts within cuts; a slide that needs more is read from top to bottom."""


@dataclass(frozen=True, slots=True)
class PlacedShape(Generic[T]):
    """Something at a place; sides in any unit, from the top left."""

    left: float
    top: float
    right: float
    bottom: float
    item: T


def in_reading_order(shapes: Sequence[PlacedShape[T]], depth: int = 0) -> Iterator[PlacedShape[T]]:
    """Shapes cut apart at the gaps between them: into columns of several shapes, else into rows (an XY cut)."""
    if len(shapes) < 2 or depth > MAX_DEPTH:
        yield from sorted(shapes, key=lambda shape: (shape.top, shape.left))
        return
    columns = _cut(shapes, lambda shape: (shape.left, shape.right))
    if len(columns) > 1 and all(len(column) >= MIN_IN_COLUMN for column in columns):
        for column in columns:
            yield from in_reading_order(column, depth + 1)
        return
    rows = _cut(shapes, lambda shape: (shape.top, shape.bottom))
    if len(rows) > 1:
        for part in _bands(rows):
            yield from in_reading_order(part, depth + 1)
    elif len(columns) > 1:
        for column in columns:
            yield from in_reading_order(column, depth + 1)
    else:
        yield from sorted(shapes, key=lambda shape: (shape.top, shape.left))


def _bands(rows: Sequence[list[PlacedShape[T]]]) -> Iterator[list[PlacedShape[T]]]:
    """Rows, those put together that make columns below each other."""
    at = 0
    while at < len(rows):
        end = at + 1
        for last in range(min(len(rows), at + MAX_ROWS), at + 1, -1):
            joined = [shape for row in rows[at:last] for shape in row]
            columns = _cut(joined, lambda shape: (shape.left, shape.right))
            # all rows together were no columns, else they would not have been cut
            if len(joined) < sum(map(len, rows)) and len(columns) > 1 and min(map(len, columns)) >= MIN_IN_COLUMN:
                end = last
                break
        yield [shape for row in rows[at:end] for shape in row]
        at = end


def _cut(
    shapes: Sequence[PlacedShape[T]], side: Callable[[PlacedShape[T]], tuple[float, float]]
) -> list[list[PlacedShape[T]]]:
    """Groups of shapes between which nothing lies; shapes that overlap by a tenth at most are apart."""
    groups: list[list[PlacedShape[T]]] = []
    end = float("-inf")
    for shape in sorted(shapes, key=side):
        start, stop = side(shape)
        if groups and start < end - 0.1 * min(stop - start, end - side(groups[-1][-1])[0]):
            groups[-1].append(shape)
        else:
            groups.append([shape])
        end = max(end, stop)
    return groups
