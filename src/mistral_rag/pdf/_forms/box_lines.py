"""The lines of a page with those of each drawn box together."""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from mistral_rag.pdf._forms.boxes import BoxLine
from mistral_rag.pdf._forms.fields import FieldLines
from mistral_rag.pdf._forms.stacked import Restacked
from mistral_rag.pdf._layout import CELL_JOINT, LineLayout
from mistral_rag.pdf._regions import RegionKind


class BoxText(NamedTuple):
    """The text of a box as it is read: printed lines that are one line each; a field begins with its label."""

    lines: Sequence[Sequence[BoxLine]]
    is_field: bool = False
    kind: RegionKind = "body"


def by_boxes(lines: Sequence[LineLayout], groups: Sequence[Sequence[BoxText]]) -> Restacked:
    """The lines of a page, box by box where a group of boxes begins; each box is a region."""
    region = max(line.region for line in lines)
    cut = _Cut(lines)
    parts = [[part for box in group for line in box.lines for part in line] for group in groups]
    taken = {place for group in parts for part in group for place in part.places}
    begins: dict[int, list[BoxText]] = {}
    for group, boxes in zip(parts, groups, strict=True):
        begins.setdefault(min(part.line for part in group), []).extend(boxes)
    found: list[LineLayout] = []
    fields: list[FieldLines] = []
    first = 0
    for at, line in enumerate(lines):
        for box in begins.get(at, ()):
            region += 1
            if box.is_field:
                fields.append((len(found), len(found) + len(box.lines)))
            for own in box.lines:
                places = [place for part in own for place in part.places]
                found.append(cut.line(own[0].line, places)._replace(region=region, kind=box.kind))
        outside = [place for place in range(first, first + len(line.words)) if place not in taken]
        first += len(line.words)
        if outside:
            found.append(line if len(outside) == len(line.words) else cut.line(at, outside))
    return Restacked(found, tuple(fields))


class _Cut:
    """The words of a page's lines, to make other lines of."""

    def __init__(self, lines: Sequence[LineLayout]) -> None:
        self._lines = lines
        self._words = [word for line in lines for word in line.words]
        self._joints = [joint for line in lines for joint in line.joints]
        self._firsts = {0, *accumulate(len(line.words) for line in lines)}

    def line(self, at: int, places: Sequence[int]) -> LineLayout:
        """A line of the words at some places, set as line `at`."""
        joints = [
            self._joints[place] if place - before == 1 and place not in self._firsts else " "
            for before, place in pairwise(places)
        ]
        return self._lines[at]._replace(
            words=[self._words[place] for place in places],
            joints=["", *joints],
            cells=1 + joints.count(CELL_JOINT),
        )
