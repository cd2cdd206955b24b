"""Reading order: columns one after the other, notes beside the text between its paragraphs.

In doubt a page is a table, because most columns in company documents are (`docs/adr/0050-pdf-text.md`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from mistral_rag.pdf._fragments import Fragment, joined, reads_leftward, rows_of
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._regions._apart import Split, splits_of
from mistral_rag.pdf._regions._beside import Group, groups_of, is_independent, is_prose, paragraphs_of
from mistral_rag.pdf._regions._boxed import are_labels, boxes_beside
from mistral_rag.pdf._regions._edge_lines import has_two_ends
from mistral_rag.pdf._regions._flows import Flow, columns_of, reads_as_text
from mistral_rag.pdf._regions._framed_tables import framed_tables, may_be_framed_tables
from mistral_rag.pdf._regions._frames import is_framed
from mistral_rag.pdf._regions._gutters import Gutter, gutters_of, widened
from mistral_rag.pdf._regions._loose import with_loose_lines
from mistral_rag.pdf._regions._numbers import without_line_numbers

RegionKind = Literal["body", "aside", "figure", "numbers"]

_MAX_ROWS = 500
"""No printed page has more lines; the search is quadratic in them."""
_MIN_COLUMN_LINES = 5
"""Fewer lines of running text are more often the head of a table, or an address."""
_MIN_RUNNING = 0.5
"""Share of rows of a column that are running text; headings, formulas and lists are the others."""
_MAX_DEPTH = 12
"""Columns inside of columns; a deeper search finds nothing on a printed page."""


class Region(NamedTuple):
    """Rows that are read one after the other, and are not read on into another region."""

    rows: list[list[Fragment]]
    kind: RegionKind = "body"


Frames = Callable[[], Sequence[Rectangle]]
"""Finds the frames of a page: they are looked for where they decide."""

_Sides = tuple[list[Fragment], list[Fragment]]


class _Page(NamedTuple):
    texts: Sequence[str]
    flows: list[Flow]
    continued: frozenset[int]
    frames: Frames

    def regions(self, fragments: list[Fragment], depth: int = 0, *, noted: bool = False) -> list[Region]:
        """Regions of some fragments of the page, in reading order; `noted` are those that have notes at one side."""
        found: list[Region] = []
        rows = rows_of(fragments)
        while depth < _MAX_DEPTH and (split := self._first_split(rows, depth, noted=noted)):
            start, end, regions = split
            if start:
                found.append(Region(rows[:start]))
            found += regions
            rows = rows[end:]
        return [*found, Region(rows)] if rows else found

    def _first_split(
        self, rows: list[list[Fragment]], depth: int, *, noted: bool
    ) -> tuple[int, int, list[Region]] | None:
        """The first rows that are parted, from and up to, and their regions."""
        if not any(len(row) > 1 for row in rows):
            return None
        gutter = self._first_gutter(rows, depth, noted=noted)
        found = (next(splits, None) for splits in (splits_of(rows, self.texts), self._framed(rows)))
        apart = min((split for split in found if split), key=lambda split: split.start, default=None)
        boxed = self._first_box(rows, depth)
        first = min((split for split in (gutter, boxed) if split), key=lambda split: split[0], default=None)
        if apart is None or (first is not None and first[0] <= apart.start):
            return first
        cells = self._cells(apart.sides(rows), apart.end - apart.start)
        return apart.start, apart.end, [region for cell in cells for region in self.regions(cell, depth + 1)]

    def _framed(self, rows: list[list[Fragment]]) -> Iterator[Split]:
        if may_be_framed_tables(rows):
            yield from framed_tables(rows, self.frames(), self.texts)

    def _first_gutter(
        self, rows: list[list[Fragment]], depth: int, *, noted: bool
    ) -> tuple[int, int, list[Region]] | None:
        gutters = sorted(gutters_of(rows, self.flows, self.texts), key=lambda gutter: (gutter.start, -gutter.end))
        for gutter in gutters:
            sides = _sides(rows, gutter)
            prose = [self._prose_lines(side) for side in sides]
            if all(lines or reads_as_text(rows_of(side), self.texts) for lines, side in zip(prose, sides, strict=True)):
                gutter = widened(rows, gutter)
                cells = self._cells(_sides(rows, gutter), gutter.end - gutter.start)
                regions = [region for cell in cells for region in self.regions(cell, depth + 1)]
                return gutter.start, gutter.end, regions
            if any(prose) and (asides := self._with_asides(sides, prose, depth, noted=noted)):
                return gutter.start, gutter.end, asides
        return None

    def _first_box(self, rows: list[list[Fragment]], depth: int) -> tuple[int, int, list[Region]] | None:
        """The first box beside running text, which is read before or behind the paragraph that it begins at."""
        running = {line.words[0] for flow in self.flows for line in flow.lines}
        if sum(len(row) > 1 and any(p.words[0] in running for p in row) for row in rows) == 0:
            return None
        found = boxes_beside(rows, self.flows, self.continued, self.frames())
        box = min(found, key=lambda box: (box.start, -box.end), default=None)
        if box is None:
            return None
        aside = [region._replace(kind="aside") for region in self.regions(box.inside, depth + 1)]
        asides = [(min(p.box.top for p in box.inside), aside)]
        text = self.regions(box.outside, depth + 1)
        return box.start, box.end, list(_inserted(text, asides, is_left=box.is_left, continued=self.continued))

    def _cells(self, sides: Sequence[list[Fragment]], rows: int) -> list[list[Fragment]]:
        """The side that is read first, then the other; the file's own order where it goes from cell to cell."""
        if reads_leftward(self.texts):
            sides = list(reversed(sides))
        order = sorted((p.words[0], side, at) for side in (0, 1) for at, p in enumerate(sides[side]))
        cells = [[sides[side][at] for _, side, at in cell] for _, cell in groupby(order, key=lambda item: item[1])]
        # a file that begins at the second side was laid out in an order of its own
        return cells if 2 < len(cells) <= rows // 2 and order[0][1] == 0 else list(sides)

    def _with_asides(
        self, sides: _Sides, prose: Sequence[list[Fragment]], depth: int, *, noted: bool
    ) -> list[Region] | None:
        """The running text of one side, and what stands beside it; None when they share their rows.

        Text with notes in one margin has heads in the other one: a table has cells on the level of its rows in both.
        """
        beside = 0 if prose[1] else 1
        groups = groups_of(rows_of(sides[beside]))
        lines = prose[1 - beside]
        if not is_independent(groups, paragraphs_of(lines, self.continued), self.texts) and not (
            is_prose(groups, self.texts) and (noted or self._is_framed_aside(sides[beside], groups, lines))
        ):
            return None
        text = self.regions(sides[1 - beside], depth + 1, noted=True)
        return list(_inserted(text, _asides(groups), is_left=beside == 0, continued=self.continued))

    def _is_framed_aside(self, side: list[Fragment], groups: Sequence[Group], lines: Sequence[Fragment]) -> bool:
        if are_labels(side, lines, self.continued):
            return False
        return is_framed([group.box for group in groups], [line.box for line in lines], self.frames())

    def _prose_lines(self, side: list[Fragment]) -> list[Fragment]:
        """Lines of running text on one side of a gutter; none where most rows are something else."""
        inside = {fragment.words[0] for fragment in side}
        flows = [[line for line in flow.lines if line.words[0] in inside] for flow in self.flows]
        flows = [lines for lines, flow in zip(flows, self.flows, strict=True) if 2 * len(lines) >= len(flow.lines)]
        lines = [line for flow in flows for line in flow]
        starts = {line.words[0] for line in lines}
        rows = rows_of(side)
        running = sum(any(fragment.words[0] in starts for fragment in row) for row in rows)
        is_prose = _longest_column(flows) >= _MIN_COLUMN_LINES and running >= _MIN_RUNNING * len(rows)
        return lines if is_prose else []


def _sides(rows: Sequence[list[Fragment]], gutter: Gutter) -> _Sides:
    fragments = [fragment for row in rows[gutter.start : gutter.end] for fragment in row]
    lefts = [fragment for fragment in fragments if fragment.box.left < gutter.middle]
    return lefts, [fragment for fragment in fragments if fragment.box.left >= gutter.middle]


def _longest_column(flows: Iterable[list[Fragment]]) -> int:
    """Lines of the flows that begin at one edge, for the edge that has most."""
    edges: list[tuple[float, int]] = []
    for lines in sorted(filter(None, flows), key=lambda lines: lines[0].box.left):
        box = lines[0].box
        if edges and box.left - edges[-1][0] <= box.bottom - box.top:
            edges[-1] = edges[-1][0], edges[-1][1] + len(lines)
        else:
            edges.append((box.left, len(lines)))
    return max((count for _, count in edges), default=0)


def regions_of(
    fragments: list[Fragment], texts: Sequence[str], boxes: Mapping[int, Sequence[float]], *, frames: Frames = tuple
) -> list[Region]:
    """Regions of a page in reading order, from its fragments; `texts` and `boxes` (upright) are by word."""
    fragments, numbers = without_line_numbers(fragments, texts, boxes)
    found = text_regions(fragments, texts, boxes, frames=frames)
    return [*found, Region([numbers], "numbers")] if numbers else found


def text_regions(
    fragments: list[Fragment], texts: Sequence[str], boxes: Mapping[int, Sequence[float]], *, frames: Frames = tuple
) -> list[Region]:
    """Regions of a page without line numbers."""
    rows = [joined(row, texts) for row in rows_of(fragments)]
    if len(rows) >= _MAX_ROWS or not any(len(row) > 1 for row in rows):
        return [Region(rows)]
    heads, rows, feet = _without_edge_lines(rows, texts)
    rows, flows = columns_of(with_loose_lines(rows, texts, boxes), texts, boxes)
    fragments = [fragment for row in rows for fragment in row]
    continued = frozenset(flow.lines[at].words[0] for flow in flows for at in flow.continued)
    return [*heads, *_Page(texts, flows, continued, frames).regions(fragments), *feet]


def _without_edge_lines(
    rows: list[list[Fragment]], texts: Sequence[str]
) -> tuple[list[Region], list[list[Fragment]], list[Region]]:
    """The two ends of the first line and of the last, where each says something of its own, and the rows between."""
    if len(rows) < _MIN_COLUMN_LINES:
        return [], rows, []
    start, end = has_two_ends(rows, 0, texts), has_two_ends(rows, len(rows) - 1, texts)
    ends = [[Region([[fragment]]) for fragment in rows[at]] for at in (0, -1)]
    inner = rows[int(start) : len(rows) - int(end)]
    return ends[0] if start else [], inner, ends[1] if end else []


def _inserted(
    text: Sequence[Region],
    asides: Iterable[tuple[float, list[Region]]],
    *,
    is_left: bool,
    continued: Collection[int],
) -> Iterator[Region]:
    """The regions of a text with those beside it: each before (left) or behind (right) the paragraph it begins at."""
    rows = [(at, row) for at, region in enumerate(text) for row in region.rows]
    places: dict[int, list[Region]] = {}
    for top, regions in asides:
        beside = next((at for at, (_, row) in enumerate(rows) if row[0].box.bottom > top), len(rows))
        places.setdefault(_boundary(rows, beside, is_left=is_left, continued=continued), []).extend(regions)
    pending: list[list[Fragment]] = []
    for at, (region, row) in enumerate(rows):
        if pending and (at in places or region != rows[at - 1][0]):
            yield Region(pending, text[rows[at - 1][0]].kind)
            pending = []
        yield from places.get(at, ())
        pending.append(row)
    if pending:
        yield Region(pending, text[-1].kind)
    yield from places.get(len(rows), ())


def _boundary(rows: Sequence[tuple[int, list[Fragment]]], at: int, *, is_left: bool, continued: Collection[int]) -> int:
    """Start of the paragraph that the row `at` belongs to; for what stands right of it its end, if it is among them."""
    if not is_left:
        end = at + 1
        while end < len(rows) and _goes_on(rows[end][1], continued):
            end += 1
        if end < len(rows):
            return end
    while 0 < at < len(rows) and _goes_on(rows[at][1], continued):
        at -= 1
    return at


def _goes_on(row: Sequence[Fragment], continued: Collection[int]) -> bool:
    return any(fragment.words[0] in continued for fragment in row)


def _asides(groups: Sequence[Group]) -> Iterator[tuple[float, list[Region]]]:
    """Regions that are inserted together, and their top: a drawing's labels with its caption, or a note."""
    if all(group.is_text for group in groups):
        yield from ((group.box.top, [Region(group.rows, "aside")]) for group in groups)
        return
    regions: list[Region] = []
    for is_text, run in groupby(groups, key=lambda group: group.is_text):
        if is_text:
            regions += [Region(group.rows, "aside") for group in run]
        else:
            regions.append(Region([row for group in run for row in group.rows], "figure"))
    yield groups[0].box.top, regions
