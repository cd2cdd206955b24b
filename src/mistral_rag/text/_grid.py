"""Grids of tables that are marked up (HTML, Markdown, replies of OCR): places of cells, heads, labels.

Spans are laid out as browsers do (HTML Standard, "forming a table"). Where a table does not say which rows are heads,
they are told by their looks: bold, another background, or words above columns of numbers.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from mistral_rag.schema import Box, CellRole, Table, TableCell

MAX_COLUMNS: Final = 1000
"""Columns of a table, the most that a browser lets one cell cover."""
MAX_ROW_SPAN: Final = 1000
"""Rows that a cell is believed to cover: a wrong number fills no memory."""
MAX_CARRIED: Final = 50
"""Columns in which cells reach into the rows below."""
MAX_REPEATED: Final = 200
"""Characters of a cell that stand again in the rows below which it covers: labels, not paragraphs."""
MAX_ALL_REPEATED: Final = 100_000
"""The same for a whole table, so that a small file cannot become a large one."""
MAX_NAME: Final = 60
"""Characters of a head over all columns that names them; a longer one is the title of the table."""
MIN_COLUMNS_BY_NUMBERS: Final = 3
"""Columns from which words above numbers are heads: with two, "Name | Ann" is a pair like "Age | 42"."""

_NUMBER: Final = re.compile(r"[^\w]*\d[\d\W]*(?:[eE][-+]?\d+\W*)?")
_DATE: Final = re.compile(
    r"(?:19|20)\d\d(?:\s?[-–/]\s?\d{2,4})?|\d{1,4}([-/.])\d{1,2}\1\d{1,4}|(?:19|20)\d\d[-/.]\d{1,2}"
)
_SIGN: Final = re.compile(r"[$€£¥%()\s]+")
_CURRENCIES: Final = r"[$€£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|RUB|KRW)\b"
_SCALES: Final = (
    r"thousands?|millions?|billions?|Tsd\.?|Mio\.?|Mrd\.?|Tausend|Millionen|Milliarden|milliers|milliards|"
    r"miles|millones|migliaia|milioni|miliardi|T(?:EUR|€)|k€|\000s"
).replace(r"\000s", r"000'?s")
_IN_BRACKETS: Final = re.compile(rf"\(([^()]{{0,60}}?(?:{_CURRENCIES}|\b(?:{_SCALES})(?!\w)|%)[^()]{{0,60}})\)")
_SAID: Final = re.compile(
    rf"\b(?:in|en|amounts in)\s+(?:(?:{_CURRENCIES}|US|U\.S\.|dollars?|of)\s*){{0,3}}(?:{_SCALES})(?!\w)"
    rf"(?:\s+(?:of\s+)?(?:U\.?S\.?\s+)?(?:{_CURRENCIES}|dollars?|euros?))?",
    re.IGNORECASE,
)


Place = tuple[int, int]
"""A row and a column, from 0."""


@dataclass(slots=True, eq=False)
class GridCell:
    """A cell of a marked-up table.

    `source` is its range in the source that it was read from, for those that need it. `row` is -1 for one in no row: a
    caption. `is_head` is said by its markup,
    `is_bold` and `background` are how it looks.
    """

    text: str
    row: int
    column: int
    row_span: int = 1
    column_span: int = 1
    is_head: bool = False
    is_bold: bool = False
    background: object = None
    source: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class TableGrid:
    """Cells of one table, added in the order of the source; then its heads, its labels and the names of its columns.

    `rows` hold the cell that covers each place, None where none does; `width` is that of the widest.
    A row without text of its own is left out.
    """

    captions: list[GridCell] = field(default_factory=list)
    rows: list[list[GridCell | None]] = field(default_factory=list)
    width: int = 0
    _row: list[GridCell | None] = field(default_factory=list)
    _carried: dict[int, tuple[int, GridCell]] = field(default_factory=dict)
    _declared: int = 0
    _repeated: int = 0
    _heads: int | None = None

    def caption(self, text: str, *, source: tuple[int, int] = (0, 0)) -> None:
        """Add a text that stands above the table."""
        self.captions.append(GridCell(text, -1, 0, source=source))

    def add(
        self,
        text: str,
        *,
        is_head: bool = False,
        is_bold: bool = False,
        background: object = None,
        across: int = 1,
        down: int = 1,
        source: tuple[int, int] = (0, 0),
    ) -> None:
        """Add the next cell of the row; it covers `across` columns and `down` rows."""
        self._fill()
        column = len(self._row)
        across = max(min(across, MAX_COLUMNS - column), 1)
        cell = GridCell(text, len(self.rows), column, 1, across, is_head, is_bold, background, source)
        self._row += [cell] * across
        if down > 1:
            rows = min(down, MAX_ROW_SPAN)
            self._carried |= dict.fromkeys(range(column, min(column + across, MAX_CARRIED)), (rows, cell))

    def end_row(self, *, in_head: bool = False) -> None:
        """End the row; with `in_head` the source says that it names columns."""
        at = len(self.rows)
        own = [cell for cell in self._row if cell is not None and cell.row == at]
        if any(cell.text.strip() for cell in own):
            self._fill()
            for cell in {id(cell): cell for cell in self._row if cell is not None and cell.row < at}.values():
                cell.row_span += 1
            if self._declared == at and (in_head or all(cell.is_head or not cell.text.strip() for cell in own)):
                self._declared += 1
            self.rows.append(self._row)
            self.width = max(self.width, len(self._row))
        else:
            for cell in own:
                cell.row = -1  # in no row, but its place in those below is taken
        self._carried = {at: (left - 1, cell) for at, (left, cell) in self._carried.items() if left > 1}
        self._row = []
        self._heads = None

    @property
    def begins_anew(self) -> bool:
        """True when the row so far is one of heads below rows of values: what follows is another table."""
        own = [cell for cell in self._row if cell is not None and cell.text.strip()]
        are_heads = all(cell.is_head and cell.row == len(self.rows) for cell in own)
        names = {id(cell) for cell in own}
        return (
            are_heads
            and len(names) > 1
            and len(self.rows) > self._declared
            and not any(_is_amount(c.text) for c in own)
        )

    def split(self) -> "TableGrid":
        """Move the row so far into a grid of its own."""
        grid = TableGrid(_row=self._row)
        for cell in grid._row:
            if cell is not None:
                cell.row = 0
        grid._carried = {at: kept for at, kept in self._carried.items() if kept[1].row == 0 and kept[1] in grid._row}
        self._row, self._carried = [], {}
        return grid

    def _fill(self) -> None:
        """Put into the next places of the row the cells above that cover them."""
        while (carried := self._carried.get(len(self._row))) is not None and carried[1].row < len(self.rows):
            self._row.append(carried[1])

    @property
    def is_empty(self) -> bool:
        """True without any row of text."""
        return not self.rows

    @property
    def heads(self) -> int:
        """Rows at the top that name the columns."""
        if self._heads is None:
            self._heads = self._declared or self._heads_by_looks()
        return self._heads

    def drop_empty_columns(self) -> None:
        """Take out the columns in which no cell with text begins: they only space out the others."""
        used = {cell.column for _, cell in self.cells() if cell.text.strip()}
        if len(used) == self.width:
            return
        places = {column: at for at, column in enumerate(sorted(used))}
        cells = [cell for _, cell in self.cells()]
        self.rows = [[slot for at, slot in enumerate(row) if at in places] for row in self.rows]
        self.width = len(places)
        for cell in cells:
            covered = [at for at in range(cell.column, cell.column + cell.column_span) if at in places]
            cell.column_span = max(len(covered), 1)
            cell.column = places[covered[0]] if covered else len(places)
        self._heads = None

    def cells(self) -> Iterator[tuple[int, GridCell]]:
        """Each cell once, in order, with the index of its first row."""
        for at, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                if cell is not None and (cell.row, cell.column) == (at, column):
                    yield at, cell

    def repeats(self, row: int, column: int) -> str:
        """The text that stands at a place: in a row below its own a label stands again, a paragraph does not."""
        cell = self.rows[row][column]
        if cell is None or column != cell.column:
            return ""
        if row == cell.row:
            return cell.text
        if len(cell.text) > MAX_REPEATED:
            return ""
        self._repeated += len(cell.text)
        return cell.text if self._repeated <= MAX_ALL_REPEATED else ""

    def _heads_by_looks(self) -> int:
        for looks in (self._is_bold, self._is_shaded, self._is_above_numbers):
            rows = list(takewhile(looks, range(len(self.rows) - 1)))
            if rows and sum(1 for cell in self._cells_of(rows[-1]) if cell.text) > 1:
                return len(rows)
        return 0

    def _cells_of(self, row: int) -> list[GridCell]:
        """The cells with text that cover a place in a row, each once."""
        cells = {id(cell): cell for cell in self.rows[row] if cell is not None and cell.text.strip()}
        return list(cells.values())

    def _may_be_head(self, row: int) -> bool:
        """A colon behind a word introduces what stands beside it; numbers are values."""
        cells = self._cells_of(row)
        return bool(cells) and not cells[0].text.rstrip().endswith(":") and not any(_is_amount(c.text) for c in cells)

    def _is_bold(self, row: int) -> bool:
        below = [cell for at in range(row + 1, len(self.rows)) for cell in self._cells_of(at)]
        return (
            self._may_be_head(row)
            and all(cell.is_bold for cell in self._cells_of(row))
            and not all(cell.is_bold for cell in below)
        )

    def _is_shaded(self, row: int) -> bool:
        """True for a row of the first row's background, when no row below those has it: that would be a stripe."""
        shades = [{cell.background for cell in self._cells_of(at)} for at in range(len(self.rows))]
        first = next((at for at, shade in enumerate(shades) if shade != shades[0]), len(shades))
        is_apart = (
            len(shades[0]) == 1 and None not in shades[0] and not any(map(shades[0].intersection, shades[first:]))
        )
        return self._may_be_head(row) and row < first < len(shades) and is_apart

    def _is_above_numbers(self, row: int) -> bool:
        """Only the first row: words, with numbers below in at least half of the columns."""
        if row or self.width < MIN_COLUMNS_BY_NUMBERS or not self._may_be_head(0):
            return False
        named = [at for at, cell in enumerate(self.rows[0]) if at and cell is not None and cell.text.strip()]
        numbers = [at for at in named if (texts := self._column(at, 1)) and all(map(_is_number, texts))]
        return len(named) >= self.width - 1 and 2 * len(numbers) >= len(named)

    def _column(self, column: int, first: int) -> list[str]:
        """The texts of a column's cells from a row on, without those of groups of rows and empty ones."""
        rows = (row for at, row in enumerate(self.rows) if at >= first and not self._is_group(at))
        cells = (row[column] if column < len(row) else None for row in rows)
        return [cell.text for cell in cells if cell is not None and cell.text.strip()]

    def _is_group(self, row: int) -> bool:
        """True for a row of one cell with text, the first, in a table of several columns."""
        cells = self._cells_of(row)
        return self.width > 1 and len(cells) == 1 and cells[0].column == 0

    def columns(self) -> tuple[str, ...]:
        """The names of each column from top to bottom, joined by ", "; empty without heads."""
        heads = range(self.heads)
        named = [self.rows[at] for at in heads if not (self._is_title(at) or self._is_first_group(at))]
        found = []
        for column in range(self.width if named else 0):
            cells = (row[column] if column < len(row) else None for row in named)
            found.append(", ".join(dict.fromkeys(cell.text.strip() for cell in cells if cell and cell.text.strip())))
        return tuple(found) if any(found) else ()

    def _is_title(self, row: int) -> bool:
        """True for a head over all columns that is too long for a name, or says only in what the values are."""
        cells = self._cells_of(row)
        text = cells[0].text.strip("() ") if len(cells) == 1 else ""
        return len(text) > MAX_NAME or (bool(text) and text == _scale(f"({text})"))

    def _is_first_group(self, row: int) -> bool:
        """True for a head over all columns where another one stands among the rows below: it names rows until there."""
        others = (self._cells_of(at) for at in range(self.heads, len(self.rows)) if self._is_group(at))
        return self._is_group(row) and any(cells[0].is_head and cells[0].column_span > 1 for cells in others)

    def scale(self) -> str:
        """The words that say in what all values are: in the captions, titles and the head of the labels."""
        above = [caption.text for caption in self.captions]
        above += [cell.text for at in range(self.heads) for cell in self._cells_of(at)[:1] if not cell.column]
        return next(filter(None, map(_scale, above)), "")

    def labels(self) -> frozenset[int]:
        """The columns whose cells name rows: the first, or the second behind numbers; and what parts cells over rows.

        A first column of amounts holds values like the others, or numbers and counts of what the second one names.
        """
        if self.width < 2:
            return frozenset()
        first = 0
        if self._are_all(0, _is_amount):
            if not self._are_all(1, _is_named):
                return frozenset()
            first = 1
        last = first
        while last + 1 < self.width and self._spans_rows(last) and not self._are_all(last + 1, _is_amount):
            last += 1
        return frozenset(range(first, last + 1))

    def _are_all(self, column: int, holds: Callable[[str], bool]) -> bool:
        texts = self._column(column, self.heads)
        return bool(texts) and all(map(holds, texts))

    def _spans_rows(self, column: int) -> bool:
        cells = (row[column] if column < len(row) else None for row in self.rows[self.heads :])
        return any(cell is not None and cell.row_span > 1 and cell.text.strip() for cell in cells)

    def table(
        self,
        runs: Mapping[Place, tuple[int, int]],
        start: int,
        end: int,
        *,
        rows: range | None = None,
        offset: int = 0,
        box: Box | None = None,
    ) -> Table:
        """The grid, or some of its `rows`, as the table of a page.

        `runs` are the ranges of its places; in the page's text they are `offset` characters further on.
        """
        chosen = range(len(self.rows)) if rows is None else rows
        return Table(
            start=start,
            end=end,
            cells=tuple(self._placed(runs, chosen, offset)),
            columns=self.columns(),
            scale=self.scale(),
            continued=chosen.start > 0,
            box=box,
        )

    def _placed(self, runs: Mapping[Place, tuple[int, int]], rows: range, offset: int) -> Iterator[TableCell]:
        """The cells with their roles and ranges; a value that stands in several rows is a cell in each of them."""
        labels = self.labels()
        for row in rows:
            before: tuple[TableCell, str] | None = None
            for made, text in self._placed_in(row, runs, labels, rows.start, offset):
                joined = before and self._joined(*before, made, text)
                if before is not None and joined is None:
                    yield before[0]
                before = joined or (made, text)
            if before is not None:
                yield before[0]

    def _placed_in(
        self, at: int, runs: Mapping[Place, tuple[int, int]], labels: frozenset[int], top: int, offset: int
    ) -> Iterator[tuple[TableCell, str]]:
        for column, cell in enumerate(self.rows[at]):
            if cell is None or cell.column != column:
                continue
            role = self._role(cell, labels)
            stands_again = cell.row_span > 1 and role == "value" and (cell.row + 1, column) in runs
            if cell.row != at and not stands_again:
                continue
            run = runs.get((at, column))
            place = TableCell(
                row=at - top,
                column=column,
                row_span=1 if stands_again else cell.row_span,
                column_span=cell.column_span,
                runs=((run[0] + offset, run[1] + offset),) if run else (),
                role=role,
            )
            yield place, cell.text

    def _joined(self, left: TableCell, first: str, right: TableCell, second: str) -> tuple[TableCell, str] | None:
        """One cell of two, where the one is a currency's sign, a bracket or a per cent sign to the other's number."""
        if not (left.role == right.role == "value" and left.runs and right.runs):
            return None
        signs = [_SIGN.fullmatch(text) is not None for text in (first, second)]
        numbers = [_is_number(text) for text in (first, second)]
        if not ((signs[0] and numbers[1]) or (numbers[0] and signs[1])):
            return None
        if not self._have_one_name(left.column, right.column):
            return None
        span = right.column + right.column_span - left.column
        return left.model_copy(update={"runs": (*left.runs, *right.runs), "column_span": span}), f"{first} {second}"

    def _have_one_name(self, left: int, right: int) -> bool:
        """True when no name of a column begins at the right one of two."""
        heads = [row[right] if right < len(row) else None for row in self.rows[: self.heads]]
        return all(cell is None or not cell.text.strip() or cell.column <= left for cell in heads)

    def _role(self, cell: GridCell, labels: frozenset[int]) -> CellRole:
        if self._is_group(cell.row) and (cell.row >= self.heads or self._is_first_group(cell.row)):
            return "group"
        if cell.row < self.heads:
            return "column"
        return "row" if cell.is_head or cell.column in labels else "value"


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip()) is not None


def _is_amount(text: str) -> bool:
    """True for a number that is no date: years and days name rows and columns."""
    text = text.strip()
    return _is_number(text) and _DATE.fullmatch(text) is None


def _is_named(text: str) -> bool:
    """True for words: more letters than digits."""
    return sum(map(str.isalpha, text)) > sum(map(str.isdigit, text))


def _scale(text: str) -> str:
    """The part of a text that says in what values are: "in millions", "EUR"; empty when there is none."""
    if found := _IN_BRACKETS.search(text):
        return " ".join(found[1].split())
    said = _SAID.search(text)
    return " ".join(said[0].split()) if said else ""
