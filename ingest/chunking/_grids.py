"""Tables with cells cut into units: one a row, and one for the lines that name the columns."""

from collections.abc import Iterator, Sequence

from ingest.chunking._typed_units import TypedUnit, shortened
from mistral_rag.schema import Table

_Range = tuple[int, int]


def table_units(text: str, table: Table) -> list[TypedUnit]:
    """The rows of a table; `header` is the index among them of the rows that name their columns.

    Rows whose texts stand between each other's, as cells beside a tall one may, are one unit.
    """
    head = _head_rows(table)
    ranges = {row: _range_of(table, row) for row in sorted({cell.row for cell in table.cells if cell.runs})}
    named = [ranges[row] for row in head if row in ranges]
    rows = [held for row, held in ranges.items() if row not in head]
    first = [(min(start for start, _ in named), max(end for _, end in named))] if named else []
    whole = list(_completed(text, table, _apart([*first, *rows])))
    units = [TypedUnit(start, end, "row", "table") for start, end in whole]
    if not first or units[0].start > first[0][0] or (rows and units[0].end > min(start for start, _ in rows)):
        return [part for unit in units for part in shortened(text, unit)]
    names = list(shortened(text, units[0]))
    return [*names, *(part._replace(header=0) for unit in units[1:] for part in shortened(text, unit))]


def _head_rows(table: Table) -> set[int]:
    """The rows at the top of a table that hold nothing but names of columns."""
    others = [cell.row for cell in table.cells if cell.runs and cell.role != "column"]
    below = min(others, default=0)
    return {cell.row for cell in table.cells if cell.role == "column" and cell.row < below}


def _range_of(table: Table, row: int) -> _Range:
    runs = [run for cell in table.cells if cell.row == row for run in cell.runs]
    return min(start for start, _ in runs), max(end for _, end in runs)


def _apart(ranges: Sequence[_Range]) -> list[_Range]:
    """The ranges in order, those that overlap as one."""
    apart: list[_Range] = []
    for start, end in sorted(ranges):
        if apart and start < apart[-1][1]:
            apart[-1] = apart[-1][0], max(end, apart[-1][1])
        else:
            apart.append((start, end))
    return apart


def _completed(text: str, table: Table, ranges: Sequence[_Range]) -> Iterator[_Range]:
    """The ranges with the signs between them, such as the bars of a table in Markdown: each with its own line."""
    starts = [start for start, _ in ranges]
    at = table.start
    for (start, end), following in zip(ranges, [*starts[1:], table.end], strict=True):
        first = at + len(text[at:start]) - len(text[at:start].lstrip())
        line = text.rfind("\n", end, following) if following < table.end else following
        last = line if line >= end else following
        yield first, end + len(text[end:last].rstrip())
        at = last
