"""Printed lines without the words that are struck out: they take part in the layout, and then they go."""

from collections.abc import Sequence

from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._geometry import PageTransform, Rectangle, around
from mistral_rag.pdf._layout import CELL_JOINT, LineLayout


def without_struck(lines: Sequence[LineLayout], words: PageWords) -> list[LineLayout]:
    """The lines without struck-out words; a gap between cells stays where one of its sides is left."""
    if not words.struck:
        return list(lines)
    struck = {at for at, (first, _) in enumerate(words.spans) if first in words.struck}
    return [left for line in lines if (left := _without(line, struck)) is not None]


def _without(line: LineLayout, struck: set[int]) -> LineLayout | None:
    if struck.isdisjoint(line.words):
        return line
    kept: list[int] = []
    joints: list[str] = []
    gaps: list[str] = []
    for word, joint in zip(line.words, line.joints, strict=True):
        gaps.append(joint)
        if word in struck:
            continue
        between = CELL_JOINT if CELL_JOINT in gaps else " " if len(gaps) > 1 else joint
        joints.append(between if kept else "")
        kept.append(word)
        gaps = []
    return line._replace(words=kept, joints=joints, cells=1 + joints.count(CELL_JOINT)) if kept else None


def struck_places(words: PageWords, transform: PageTransform) -> list[Rectangle]:
    """Boxes of the struck-out words in fractions of the page; one line through several of them has one box."""
    places: list[Rectangle] = []
    for at, (first, _) in enumerate(words.spans):
        if first not in words.struck:
            continue
        box = Rectangle(*words.boxes[at].tolist())
        if places and abs(places[-1].bottom - box.bottom) < box.bottom - box.top > abs(box.left - places[-1].right):
            box = around([places.pop(), box])
        places.append(box)
    width, height = transform.width or 1.0, transform.height or 1.0
    return [Rectangle(b.left / width, b.top / height, b.right / width, b.bottom / height) for b in places]
