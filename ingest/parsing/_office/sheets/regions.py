"""The cells of a sheet as tables: a sheet may hold several, with lines of text above and between them."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from mistral_rag.text import Place, TableGrid

LOOKED_AT: Final = 200
"""Rows by which the heads of a table are told."""
MIN_SIDE: Final = 2
"""Columns and rows of a table that stands beside another one; less is a part of it behind an empty column."""
MAX_CARRIED: Final = 50
"""Columns in which a grid carries cells into the rows below (`TableGrid`)."""
MAX_COLUMNS: Final = 256
"""Columns of a table; more are read as several tables, since telling what names rows takes time with their square."""
MAX_DECLARED_HEADS: Final = 5
"""Rows above a frozen line that may be heads: a larger part of a sheet is held in sight for other reasons."""


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell of a sheet as it is shown; `across` and `down` are the columns and rows that it covers."""

    text: str
    is_text: bool = True
    is_bold: bool = False
    background: object = None
    across: int = 1
    down: int = 1


@dataclass(slots=True)
class SheetCells:
    """Shown cells of a sheet by row and column from 1, without those of hidden rows and columns.

    `heads` are rows that the sheet itself says name columns.
    """

    cells: dict[Place, ShownCell] = field(default_factory=dict)
    hidden_rows: Set[int] = frozenset()
    hidden_columns: Set[int] = frozenset()
    heads: Set[int] = frozenset()

    def rows(self) -> dict[int, dict[int, ShownCell]]:
        """The cells with text, row by row, in order."""
        found: dict[int, dict[int, ShownCell]] = {}
        for (row, column), cell in sorted(self.cells.items()):
            if cell.text:
                found.setdefault(row, {})[column] = cell
        return found


Rows = Mapping[int, Mapping[int, ShownCell]]


@dataclass(frozen=True, slots=True)
class CellRegion:
    """A table of a sheet: its columns, the rows that name them, the rows below, and the lines of text above it.

    One that `goes_on` has the heads of the region above it, which stand there.
    """

    columns: tuple[int, ...]
    heads: tuple[int, ...]
    body: tuple[int, ...]
    rows: Rows
    goes_on: bool = False
    titles: tuple[str, ...] = ()


def regions(sheet: SheetCells) -> Iterator[CellRegion]:
    """The tables of a sheet from top to bottom, those that stand beside each other from left to right."""
    rows = sheet.rows()
    before: CellRegion | None = None
    for band in _bands(rows, sheet.hidden_rows):
        for columns in _side_by_side(rows, band, sheet.hidden_columns):
            for region in _titled(rows, band, columns, sheet):
                found = _continued(region, before, sheet)
                yield found
                before = found if len(found.columns) > 1 else before


def _bands(rows: Rows, hidden: Set[int]) -> Iterator[list[int]]:
    """Runs of rows without an empty one between them."""
    band: list[int] = []
    end = 0
    for row in rows:
        if band and any(at not in hidden for at in range(end + 1, min(row, end + 1 + len(hidden) + 1))):
            yield band
            band = []
        band.append(row)
        end = max(end, row, *(row + cell.down - 1 for cell in rows[row].values()))
    if band:
        yield band


def _side_by_side(rows: Rows, band: Sequence[int], hidden: Set[int]) -> Iterator[tuple[int, ...]]:
    """The columns of each table of a band; tables that stand beside each other have labels of their own."""
    used = sorted({at for row in band for at, cell in rows[row].items() for at in range(at, at + cell.across)})
    used = [at for at in used if at not in hidden]
    groups: list[list[int]] = []
    for at in used:
        if groups and all(between in hidden for between in range(groups[-1][-1] + 1, at)):
            groups[-1].append(at)
        else:
            groups.append([at])
    joined: list[list[int]] = []
    for group in groups:
        if joined and _is_table(rows, band, group) and _is_table(rows, band, joined[-1]):
            joined.append(group)
        elif joined:
            joined[-1] += group
        else:
            joined.append(group)
    for group in joined:
        yield from (tuple(group[first : first + MAX_COLUMNS]) for first in range(0, len(group), MAX_COLUMNS))


def _is_table(rows: Rows, band: Sequence[int], columns: Sequence[int]) -> bool:
    """True for columns that may be a table of their own: several rows and columns, and words in the first."""
    own = [row for row in band if any(at in rows[row] for at in columns)]
    if len(columns) < MIN_SIDE or len(own) < MIN_SIDE:
        return False
    labels = [cell.is_text for row in own[:LOOKED_AT] if (cell := rows[row].get(columns[0])) is not None]
    return 2 * sum(labels) > len(labels)


def _titled(rows: Rows, band: Sequence[int], columns: tuple[int, ...], sheet: SheetCells) -> Iterator[CellRegion]:
    """The lines of text above a table, each a region of its own, then the table."""
    own = [row for row in band if any(at in rows[row] for at in columns)]
    titles: list[str] = []
    while len(own) > 1 and len(columns) > 1 and own[0] not in sheet.heads:
        above = [(at, rows[own[0]][at]) for at in columns if at in rows[own[0]]]
        if len(above) != 1 or not above[0][1].is_text or _is_label(rows, own, above[0][0], columns):
            break
        yield CellRegion((above[0][0],), (), (own[0],), rows)
        titles.append(above[0][1].text)
        own = own[1:]
    used = tuple(at for at in columns if any(at in rows[row] for row in own))
    heads = _heads(rows, own, used, sheet)
    yield CellRegion(used, tuple(own[:heads]), tuple(own[heads:]), rows, titles=tuple(titles))


def _is_label(rows: Rows, own: Sequence[int], column: int, columns: tuple[int, ...]) -> bool:
    """True for a label of the rows below it in a table without heads: numbers stand in the next row."""
    below = [cell for at, cell in rows[own[1]].items() if at in columns]
    return (
        column == columns[0] and any(not cell.is_text for cell in below) and len(below) > 1 and _all_labelled(rows, own)
    )


def _all_labelled(rows: Rows, own: Sequence[int]) -> bool:
    return all(min(rows[row]) == min(rows[own[0]]) for row in own[:LOOKED_AT])


def _heads(rows: Rows, own: Sequence[int], columns: tuple[int, ...], sheet: SheetCells) -> int:
    """The number of rows that name the columns: as the sheet says, else by their looks."""
    declared = 0
    while declared < len(own) - 1 and own[declared] in sheet.heads:
        declared += 1
    if 0 < declared <= MAX_DECLARED_HEADS:
        return declared
    looked_at = CellRegion(columns, (), tuple(own[:LOOKED_AT]), rows)
    grid, _ = grid_of(looked_at, looked_at.body)
    if grid.heads:
        return grid.heads
    return int(_names(rows, own, columns))


def _names(rows: Rows, own: Sequence[int], columns: tuple[int, ...]) -> bool:
    """True when the first row holds words over every column, and values stand below: types are known here."""
    if len(own) < 2 or len(columns) < MIN_SIDE:
        return False
    first = [rows[own[0]].get(at) for at in columns]
    if not all(cell is not None and cell.is_text for cell in first[1:]):
        return False
    below = [cell for row in own[1:LOOKED_AT] for at, cell in rows[row].items() if at in columns]
    return any(not cell.is_text for cell in below) or len(own) > len(columns)


def _continued(region: CellRegion, before: CellRegion | None, sheet: SheetCells) -> CellRegion:
    """The region, with the heads of the one before it when it goes on with that below an empty row."""
    if before is None or region.heads or not before.heads or not set(region.columns) <= set(before.columns):
        return region
    if len(region.columns) < MIN_SIDE or any(row in sheet.heads for row in region.body):
        return region
    return CellRegion(before.columns, before.heads, region.body, region.rows, goes_on=True, titles=before.titles)


def grid_of(region: CellRegion, body: Sequence[int]) -> tuple[TableGrid, tuple[int, ...]]:
    """Some rows of a region below its heads as a grid, and the numbers of the sheet's rows that are its rows."""
    grid = TableGrid()
    for title in region.titles:
        grid.caption(title)
    kept: list[int] = []
    chosen = [*region.heads, *body]
    covered: dict[int, int] = {}
    for at, row in enumerate(chosen):
        _add_row(grid, region, row, chosen[at:], covered)
        before = len(grid.rows)
        grid.end_row(in_head=row in region.heads)
        if len(grid.rows) > before:
            kept.append(row)
    return grid, tuple(kept)


def _add_row(grid: TableGrid, region: CellRegion, row: int, chosen: Sequence[int], covered: dict[int, int]) -> None:
    """Add a row of a region; `covered` has for each column the last row that a cell above covers."""
    cells = region.rows[row]
    end = 0
    for at, column in enumerate(region.columns):
        if column < end or (covered.get(column, 0) >= row and at < MAX_CARRIED):
            continue
        cell = cells.get(column)
        if cell is None:
            grid.add("")
            continue
        end = column + cell.across
        columns = [place for place in region.columns if column <= place < end] if cell.across > 1 else [column]
        down = sum(row <= place < row + cell.down for place in chosen) if cell.down > 1 else 1
        if down > 1:
            covered |= dict.fromkeys(columns, row + cell.down - 1)
        grid.add(cell.text, is_bold=cell.is_bold, background=cell.background, across=len(columns), down=down)
