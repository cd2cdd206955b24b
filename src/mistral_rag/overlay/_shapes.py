"""Marks become shapes at their place on a page, their labels apart from each other."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from mistral_rag.overlay._marks import Layer, Mark, MarkStyle
from mistral_rag.schema import Box, Page

LETTER_AREA: Final = 612.0 * 792.0
"""Points: on larger pages lines and labels are larger in proportion, since the whole page is looked at."""
_TEXT: Final = 7.0
_TAG: Final = 9.0
"""Heights of a label's letters and of its area, in points of a letter page: small print stays readable around it."""
_WIDE: Final = 0.62
"""Width of a letter as a share of its height, at most, on average; those of East Asia are as wide as high."""
_MIN_SIDE: Final = 3.0
"""Points of a letter page that a box has at least: one around text that is too small to be seen would not be seen."""
_ROUTE: Final = "#808080"
"""Color of the line from label to label: where it crosses print, the print stays darker."""
_TRIES: Final = 5
"""Rows of labels above each other before one is put over another."""


Sides = tuple[float, float, float, float]
"""Left, top, right, bottom in points."""


class Area(NamedTuple):
    """An area of a page in points, from the upper left corner; `name` is that of its mark."""

    left: float
    top: float
    right: float
    bottom: float
    style: MarkStyle
    width: float
    title: str = ""
    name: str = ""


class Route(NamedTuple):
    """A line through points (x, y)."""

    points: tuple[tuple[float, float], ...]
    style: MarkStyle
    width: float


class Tag(NamedTuple):
    """A label: its area, with letters of the height `size` in the middle; a `round` one has round ends."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    size: float
    style: MarkStyle
    round: bool = False


Shape = Area | Route | Tag


def unit_of(width: float, height: float) -> float:
    """The size of a point of a letter page on a page of this size."""
    return float(max((width * height / LETTER_AREA) ** 0.5, 0.1))


def shapes(layer: Layer, width: float, height: float, words: Sequence[Sides] = ()) -> Iterator[Shape]:
    """The shapes of a layer on a page of this size, in the order of drawing: areas, line, labels.

    Labels stand off `words` where there is room.
    """
    unit = unit_of(width, height)
    for mark in layer.marks:
        if mark.place != "before":
            yield from _areas(mark, width, height, unit)
    tags = list(_tags(layer.marks, width, height, unit, words))
    if layer.route and len(tags) > 1:
        middles = tuple(((tag.left + tag.right) / 2, (tag.top + tag.bottom) / 2) for tag in tags)
        yield Route(middles, MarkStyle(_ROUTE), tags[0].style.width * unit)
    yield from tags


def word_areas(page: Page, width: float, height: float) -> tuple[Sides, ...]:
    """The places of a page's words."""
    boxes = (word.box for word in page.words)
    return tuple((box.left * width, box.top * height, box.right * width, box.bottom * height) for box in boxes)


def _areas(mark: Mark, width: float, height: float, unit: float) -> Iterator[Area]:
    for box in mark.boxes:
        sides = _area(box, mark, width, height, unit)
        yield Area(*sides, mark.style, mark.style.width * unit, mark.title, mark.name)


def _area(box: Box, mark: Mark, width: float, height: float, unit: float) -> Sides:
    pad = mark.style.pad * unit
    left, right = _at_least(box.left * width - pad, box.right * width + pad, _MIN_SIDE * unit, width)
    top, bottom = _at_least(box.top * height - pad, box.bottom * height + pad, _MIN_SIDE * unit, height)
    return left, top, right, bottom


def _at_least(low: float, high: float, side: float, end: float) -> tuple[float, float]:
    """An interval, made at least `side` long within 0 to `end`."""
    low, high = max(low, 0.0), min(high, end)
    if high - low >= side:
        return low, high
    first = min(max((low + high - side) / 2, 0.0), max(end - side, 0.0))
    return first, first + side


def _tags(marks: Sequence[Mark], width: float, height: float, unit: float, words: Sequence[Sides]) -> Iterator[Tag]:
    labelled = [mark for mark in marks if mark.label]
    covered = [_area(mark.boxes[0], mark, width, height, unit) for mark in labelled]
    margins = _margins(labelled)
    placed: list[Sides] = []
    for mark, box, margin in zip(labelled, covered, margins, strict=True):
        high = _TAG * unit
        wide = max(_width(mark.label) * _TEXT * unit + 0.5 * high, high)
        places = list(_places(mark, box, margin * width, wide, high, unit))
        inside = [place for place in places if _lies_within(place, width, height)] or [
            _moved_in(places[0], width, height)
        ]
        taken = placed if mark.place == "before" else [*placed, *covered]
        blank = [place for place in inside if not any(_overlap(place, other) for other in (*words, *placed))]
        free = [place for place in inside if not any(_overlap(place, other) for other in taken)]
        # a white corner of another region is better than print beside: it is told by its colour whose label it is
        chosen = [*(place for place in blank if place in free), *blank, *free]
        found = chosen[0] if chosen else _free(inside[0], placed, height)
        placed.append(found)
        yield Tag(*found, mark.label, _TEXT * unit, mark.style, mark.place == "before")


def _places(mark: Mark, box: Sides, margin: float, wide: float, high: float, unit: float) -> Iterator[Sides]:
    """Places for a label of this size, the best first."""
    left, top, right, bottom = box
    if mark.place == "before":
        first = margin - wide - 3 * unit
        yield first, top, first + wide, top + high
        yield margin, top, margin + wide, top + high
        return
    if mark.place == "beside":
        yield right, top, right + wide, top + high
    # the last line of what stands above ends at the right most seldom
    yield right - wide, top - high, right, top
    yield left, top - high, left + wide, top
    if mark.place == "above":
        yield left - wide, top, left, top + high
    yield right - wide, bottom, right, bottom + high


def _margins(marks: Sequence[Mark]) -> list[float]:
    """The left edge before which the label of each mark stands: one for all where no two stand side by side."""
    boxes = [mark.boxes[0] for mark in marks]
    if any(_beside(one, other) for at, one in enumerate(boxes) for other in boxes[:at]):
        return [box.left for box in boxes]
    return [min(box.left for box in boxes)] * len(boxes) if boxes else []


def _beside(one: Box, other: Box) -> bool:
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    across = min(one.right, other.right) - max(one.left, other.left)
    return down > 0 > across


def _lies_within(place: Sides, width: float, height: float) -> bool:
    return place[0] >= 0 and place[1] >= 0 and place[2] <= width and place[3] <= height


def _moved_in(place: Sides, width: float, height: float) -> Sides:
    left, top, right, bottom = place
    across = max(0.0, -left) - max(0.0, right - width)
    down = max(0.0, -top) - max(0.0, bottom - height)
    return left + across, top + down, right + across, bottom + down


def _width(text: str) -> float:
    return sum(_WIDE if ord(character) < 0x1100 else 1.0 for character in text)


def _free(place: Sides, placed: Sequence[Sides], height: float) -> Sides:
    """The place, moved up, at the upper edge down, until it covers no other label."""
    for _ in range(_TRIES):
        other = next((other for other in placed if _overlap(place, other)), None)
        if other is None:
            break
        left, top, right, bottom = place
        high = bottom - top
        first = other[1] - high if other[1] >= high else min(other[3], height - high)
        place = left, first, right, first + high
    return place


def _overlap(one: Sides, other: Sides) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 0.01 and down > 0.01
