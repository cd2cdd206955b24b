"""Frames: areas that are shaded, or closed by rules, around what is read by itself."""

from collections.abc import Iterable, Iterator

from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._tables.rulings import Rulings

_MIN_HEIGHT = 30.0
"""Points: lower areas are shaded rows of a table."""
_MIN_WIDTH = 40.0
_MAX_CORNER = 3.0
"""Points between the ends of two rules that meet in a corner."""


def frames_of(rulings: Rulings) -> list[Rectangle]:
    """The shaded and the ruled areas of a page that are high enough for several lines."""
    found = [shade.box for shade in rulings.shades]
    found += _ruled(rulings)
    return [box for box in found if box.bottom - box.top >= _MIN_HEIGHT and box.right - box.left >= _MIN_WIDTH]


def _ruled(rulings: Rulings) -> Iterator[Rectangle]:
    """Areas between two rules across of one length that two rules down join at their ends."""
    for at, top in enumerate(rulings.across):
        for bottom in rulings.across[at + 1 :]:
            if abs(top.low - bottom.low) <= _MAX_CORNER and abs(top.high - bottom.high) <= _MAX_CORNER:
                sides = [
                    any(
                        abs(rule.place - x) <= _MAX_CORNER
                        and rule.low <= top.place + _MAX_CORNER
                        and rule.high >= bottom.place - _MAX_CORNER
                        for rule in rulings.down
                    )
                    for x in (top.low, top.high)
                ]
                if all(sides):
                    yield Rectangle(top.low, top.place, top.high, bottom.place)


def is_framed(boxes: Iterable[Rectangle], others: Iterable[Rectangle], frames: Iterable[Rectangle]) -> bool:
    """True when a frame is around all of some boxes and around none of the others."""
    own, outside = around(list(boxes)), list(others)
    return any(holds(frame, own) and not any(_meets(frame, other) for other in outside) for frame in frames)


def holds(frame: Rectangle, box: Rectangle) -> bool:
    """True when a frame is around a box."""
    return (
        frame.left - _MAX_CORNER <= box.left
        and frame.top - _MAX_CORNER <= box.top
        and box.right <= frame.right + _MAX_CORNER
        and box.bottom <= frame.bottom + _MAX_CORNER
    )


def _meets(frame: Rectangle, box: Rectangle) -> bool:
    return (
        frame.left + _MAX_CORNER < box.right
        and box.left < frame.right - _MAX_CORNER
        and frame.top < box.bottom
        and box.top < frame.bottom
    )
