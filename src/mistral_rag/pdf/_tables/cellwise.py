"""Rows of tables in the text of their page: cell by cell, each cell whole, as a person reads them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from mistral_rag.pdf._layout import CELL_JOINT
from mistral_rag.pdf._tables.values import kind_of
from mistral_rag.schema import Page, Table, TableCell, WordBoxes


class _Stretch(NamedTuple):
    """A run of a cell up to the next run of any: dots that lead on go with it, white space does not.

    `cell` is its place among those that are read one by one: a row is read from its label on, a head by columns, so
    that a name over several columns comes before each of theirs.
    """

    start: int
    end: int
    row: int
    cell: tuple[int, int, int]


class _Place(NamedTuple):
    """A part of a page's text from `start` to `end`, and where it begins in the text in its new order."""

    start: int
    end: int
    place: int


def cell_by_cell(page: Page) -> Page:
    """The page with the text of its tables cell by cell; the same page where no cell is parted.

    In a row of long cells the printed lines of one cell take turns with those of the cells beside it.
    """
    woven = [group for table in page.tables for group in _woven(page.text, table)]
    woven = [group for group in woven if not _parts_a_word(group, page.words)] if woven else woven
    if not woven:
        return page
    text, order = _ordered(page.text, woven)
    return page.model_copy(
        update={
            "text": text,
            "words": order.words(page.words),
            "blocks": tuple(block.model_copy(update=order.bounds(block.start, block.end)) for block in page.blocks),
            "tables": tuple(order.table(table) for table in page.tables),
        }
    )


def _parts_a_word(group: Sequence[_Stretch], words: WordBoxes) -> bool:
    """True where a word goes on behind the end of a stretch, or begins before one: a code that is broken at its hyphen.

    Its parts would come to lie in two cells.
    """
    held = [(start, end) for start, end, *_ in WordBoxes.RECORD.iter_unpack(words.data)]
    starts = [start for start, _ in held]
    edges = (edge for stretch in group for edge in (stretch.start, stretch.end))
    before = ((edge, bisect_left(starts, edge) - 1) for edge in edges)
    return any(at >= 0 and held[at][1] > edge for edge, at in before)


def _woven(text: str, table: Table) -> Iterator[list[_Stretch]]:
    """The stretches of rows that are printed beside each other, where one of another cell parts those of a cell."""
    for runs in _groups(table):
        following = [run.start for run in runs[1:]]
        ends = [begin + len(text[begin:end].rstrip()) for (begin, *_), end in zip(runs, following, strict=False)]
        stretches = [run._replace(end=end) for run, end in zip(runs, [*ends, runs[-1].end], strict=True)]
        cells = [cell for cell, _ in groupby(stretches, key=_cell_of)]
        parted = len(cells) > len(set(cells)) and all(text[start - 1].isspace() for start in following)
        if parted and not _is_doubtful(text, table, stretches):
            yield stretches


def _is_doubtful(text: str, table: Table, stretches: Sequence[_Stretch]) -> bool:
    """True for lines that may be no row, so that they are better read line by line: a cell holds two numbers.

    Or no line of a parted cell has two words, as where wide blanks of justified prose were taken for gaps of cells;
    names above numbers are no prose.
    """
    held: dict[tuple[int, int, int], list[str]] = {}
    for stretch in stretches:
        held.setdefault(stretch.cell, []).append(text[stretch.start : stretch.end])
    lines = [words for words in held.values() if len(words) > 1]
    if any(sum(kind_of(line) == "number" for line in words) > 1 for words in lines):
        return True
    if any(len(line.split()) > 1 for words in lines for line in words):
        return False
    is_head = all(cell[0] < 0 for cell in held)
    return not (is_head and any(kind_of(cell.text(text)) == "number" for cell in table.cells if cell.role == "value"))


def _cell_of(stretch: _Stretch) -> tuple[int, int, int]:
    return stretch.cell


def _groups(table: Table) -> Iterator[list[_Stretch]]:
    """The runs of a table as the page has them, parted between rows none of which begins before another one ends."""
    runs = sorted(_Stretch(*run, cell.row, _place_of(cell)) for cell in table.cells for run in cell.runs)
    if any(a.end > b.start for a, b in pairwise(runs)):
        return
    last: dict[int, int] = {}
    for run in runs:
        last[run.row] = run.end
    group: list[_Stretch] = []
    end = 0
    for run in runs:
        if group and run.start >= end:
            yield group
            group = []
        group.append(run)
        end = max(end, last[run.row])
    if group:
        yield group


def _place_of(cell: TableCell) -> tuple[int, int, int]:
    return (-1, cell.column, cell.row) if cell.role == "column" else (cell.row, cell.column, 0)


def _ordered(text: str, woven: Sequence[Sequence[_Stretch]]) -> tuple[str, "_Order"]:
    """A text with some stretches of it in the order of their cells, and where each part of it is now."""
    parts: list[str] = []
    places: list[_Place] = []
    length = behind = 0

    def add(start: int, end: int, joint: str = "") -> None:
        nonlocal length
        parts.extend((joint, text[start:end]))
        places.append(_Place(start, end, length + len(joint)))
        length += len(joint) + end - start

    for group in woven:
        add(behind, group[0].start)
        ordered = sorted(group, key=_cell_of)
        add(ordered[0].start, ordered[0].end)
        for before, stretch in pairwise(ordered):
            add(stretch.start, stretch.end, _joint(text, before, stretch))
        behind = group[-1].end
    add(behind, len(text))
    return "".join(parts), _Order(places)


def _joint(text: str, before: _Stretch, after: _Stretch) -> str:
    """White space between two stretches: what was there where they are of one cell and were beside each other."""
    if before.cell[0] != after.cell[0]:
        return "\n"
    if before.cell != after.cell:
        return CELL_JOINT
    between = text[before.end : after.start]
    return between if between.isspace() else "\n"


class _Order:
    """Offsets of a page's text in the order that it had, told in that which it has now."""

    def __init__(self, places: Sequence[_Place]) -> None:
        self._places = sorted(places)
        self._starts = [place.start for place in self._places]

    def bounds(self, start: int, end: int) -> dict[str, int]:
        """Start and end of a run that holds what it held."""
        first, last = bisect_right(self._starts, start) - 1, bisect_left(self._starts, end)
        held = [
            (place + max(start - begin, 0), place + min(end, stop) - begin)
            for begin, stop, place in self._places[first:last]
            if begin < stop
        ]
        return {"start": min(begin for begin, _ in held), "end": max(stop for _, stop in held)}

    def table(self, table: Table) -> Table:
        """A table whose cells have the same words."""
        cells = [
            cell.model_copy(update={"runs": tuple((*self.bounds(*run).values(),) for run in cell.runs)})
            for cell in table.cells
        ]
        return table.model_copy(update={"cells": tuple(cells), **self.bounds(table.start, table.end)})

    def words(self, words: WordBoxes) -> WordBoxes:
        """The words of the page in the order that its text has now."""
        record = WordBoxes.RECORD
        moved = [(*self.bounds(start, end).values(), *box) for start, end, *box in record.iter_unpack(words.data)]
        return WordBoxes(b"".join(record.pack(*word) for word in sorted(moved)))
