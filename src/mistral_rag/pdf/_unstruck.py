"""Printed lines without the words that are struck out: they take part in the layout, and then they go."""

from collections.abc import Sequence

from mistral_rag.pdf._characters import PageWords
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
