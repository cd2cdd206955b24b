"""Tables of the pages of a document: one that goes on over the page keeps the names of its columns."""

import re
from collections.abc import Iterator, Sequence, Set
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from mistral_rag.pdf._forms.beside import forms_beside, may_have_fields
from mistral_rag.pdf._forms.fields import FormFields, field_of
from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.columns import Column, columns_of, matched, with_kinds
from mistral_rag.pdf._tables.grid import Layout, Parts, table_of
from mistral_rag.pdf._tables.groups import open_groups, row_labels
from mistral_rag.pdf._tables.mirrored import mirrored, runs_from_right, turned_back
from mistral_rag.pdf._tables.pieces import Row, rows_of
from mistral_rag.pdf._tables.regions import parts_of
from mistral_rag.pdf._tables.turned import with_turned_names
from mistral_rag.schema import Block, Table
from mistral_rag.text import RowLabel

_MAX_LINES = 500
"""Lines of a page; no printed page has more."""
_MAX_PIECES = 6000
"""Cells of a page's lines; a page with more is a drawing, or an attack."""
_MAX_BEFORE = 2
"""Lines between a table and the edge of its page over which it goes on: a title said again, a note."""
_MAX_SHIFT = 0.7
"""Distance of a column from its place on the page before, in columns: numbers in a wide one may be shorter."""
_MAX_WORDS = 5
"""Words of a line below a table that goes on: a note ends it, and a sentence introduces another."""
_MIN_SHIFT = 6.0
"""Points by which pages of a left and a right hand are shifted; ends of numbers differ by a bracket."""
_MIN_BOTTOM = 0.7
"""Part of the page down to which a table goes that goes on below its head said again: with room left it is over."""
_GOES_ON = re.compile(
    r"\b(?:continued|cont[’']?d|cont\.|Fortsetzung|suite|continuaci[óo]n|segue|vervolg)", re.IGNORECASE
)
"""Words above the other part of a table."""


class _Read(NamedTuple):
    """A table, its columns, the lines that stand above it on its page, its labels, and the lines below.

    `rows` are the labels of its rows as they look, behind those of the groups that are open from the page before.
    """

    table: Table
    parts: Parts
    above: tuple[str, ...]
    labels: tuple[str, ...]
    below: tuple[str, ...]
    rows: Sequence[RowLabel | None]


def tables_of(sheets: Sequence[Sheet], *, running: Sequence[Set[int]]) -> list[tuple[Table, ...]]:
    """The tables of each page, in order; `running` are the lines of each that repeat on other pages."""
    found: list[tuple[Table, ...]] = []
    before: _Read | None = None
    for printed, lines in zip(sheets, running, strict=True):
        from_right = runs_from_right(printed)
        sheet = mirrored(printed) if from_right else printed
        rows = _rows(sheet, lines)
        layout = Layout(sheet.text, sheet.width, sheet.height)
        forms = [*_stacked_fields(sheet, rows, layout), *forms_beside(rows, sheet.bold, layout)]
        certain = frozenset(line for form in forms if form.certain for line in form.lines)
        read = _read(sheet, [row for row in rows if row.line not in certain], layout, before)
        tables = _with_fields([item.table for item in read], forms)
        found.append(tuple(map(turned_back, tables)) if from_right else tables)
        before = read[-1] if read and len(read[-1].below) <= _MAX_BEFORE else None
    return found


def _rows(sheet: Sheet, running: Set[int]) -> list[Row]:
    """The lines that may be tables or forms; none where nothing on a page looks like either."""
    cells = sum(line.cells > 1 for line in sheet.lines)
    none = cells < 2 and not sheet.fields and not may_have_fields(sheet.text, sheet.bold)
    if none or len(sheet.lines) > _MAX_LINES:
        return []
    rows = rows_of(sheet, running=running)
    return rows if sum(len(row.pieces) for row in rows) <= _MAX_PIECES else []


def _stacked_fields(sheet: Sheet, rows: Sequence[Row], layout: Layout) -> Iterator[FormFields]:
    """The fields whose values stand below their labels: the layout has put the lines of each together."""
    by_line = {row.line: row for row in rows}
    for first, end in sheet.fields:
        if all(at in by_line for at in range(first, end)):
            label, *value = ((by_line[at].as_one(sheet.text), by_line[at]) for at in range(first, end))
            yield FormFields((field_of(label, value, layout),), frozenset(range(first, end)), True)


def _with_fields(tables: Sequence[Table], forms: Sequence[FormFields]) -> tuple[Table, ...]:
    """The tables of a page and the fields of its forms, in order; a table wins over fields that are not certain."""
    found = list(tables)
    for form in forms:
        own = sorted(form.tables, key=lambda table: table.start)
        free = all(table.end <= own[0].start or max(t.end for t in own) <= table.start for table in found)
        if free and all(a.end <= b.start for a, b in pairwise(own)):
            found += own
    return tuple(sorted(found, key=lambda table: table.start))


def _read(sheet: Sheet, rows: Sequence[Row], layout: Layout, before: _Read | None) -> list[_Read]:
    if sum(line.cells > 1 for line in sheet.lines) < 2:
        return []
    found: list[_Read] = []
    for parts in parts_of(rows, sheet.rulings, sheet.text):
        every = [*parts.head, *parts.body]
        above = tuple(_words(row, sheet.text) for row in rows if row.line < every[0].line)
        labels = tuple(sheet.text[row.pieces[0].start : row.pieces[0].end] for row in parts.body)
        below = tuple(_words(row, sheet.text) for row in rows if row.line > every[-1].line)
        goes_on = not found and len(above) <= _MAX_BEFORE
        if (
            goes_on
            and not parts.head
            and before
            and any(before.table.columns)
            and _may_be_drawn_on(before.parts, parts)
            and (columns := _fitting(before.parts.columns, parts.body, sheet.text))
        ):
            parts = parts._replace(columns=columns)
            table = table_of(parts, layout, inherited=before.table.columns, scale=before.table.scale)
        else:
            table = with_turned_names(table_of(parts, layout), parts.columns, sheet, every[0].height)
            if goes_on and before and _says_head_again(before, table, above, labels):
                table = table.model_copy(update={"continued": True, "scale": table.scale or before.table.scale})
        own = row_labels(table.cells, every, layout.width, sheet.text)
        opened = _open_groups(before, parts, own) if before and table.continued else []
        if opened:
            names = tuple((label.text.rstrip(":： "), count) for label, count in opened)
            table = table.model_copy(update={"open_groups": names})
        found.append(_Read(table, parts, above, labels, below, [*(label for label, _ in opened), *own]))
    ordered = sorted(found, key=lambda item: item.table.start)
    apart = [a.table.end <= b.table.start for a, b in pairwise(ordered)]
    return ordered if all(apart) else []


def _open_groups(before: _Read, parts: Parts, labels: Sequence[RowLabel | None]) -> list[tuple[RowLabel, int]]:
    """The groups that go on from the page before, where the table may stand further left or right."""
    pairs = zip(parts.columns, before.parts.columns, strict=False)
    shifts = [new.right - old.right for new, old in pairs if new.kind == old.kind == "number"]
    # columns that differ by one another's measure hold other numbers, and stand where they stood
    shift = median(shifts) if shifts and max(shifts) - min(shifts) < _MIN_SHIFT else 0.0
    shift = shift if abs(shift) > _MIN_SHIFT else 0.0
    rows = [None if row is None else row._replace(left=row.left + shift) for row in before.rows]
    return open_groups(rows, labels)


def _words(row: Row, text: str) -> str:
    return " ".join(text[piece.start : piece.end] for piece in row.pieces)


def _says_head_again(before: _Read, table: Table, above: Sequence[str], labels: Sequence[str]) -> bool:
    """True when a table has the names of the one that ends the page before, and no title of its own.

    One that begins with the label that the other began with says the same of another year.
    """
    last = before.table.box
    if last is None or last.bottom < _MIN_BOTTOM or table.columns != before.table.columns:
        return False
    if any(len(line.split()) > _MAX_WORDS for line in before.below):
        return False
    if labels[:1] == before.labels[:1] or labels[1:2] == before.labels[1:2]:
        return False
    if sum(map(bool, table.columns[1:])) < len(table.columns) - 1:
        return False
    return all(line in before.above or _GOES_ON.search(line) for line in above)


def _may_be_drawn_on(before: Parts, parts: Parts) -> bool:
    """False where rules part another number of columns than on the page before: an empty column is drawn, too."""
    drawn = parts.lattice.regions(parts.body, parts.columns)
    return not drawn or len(drawn) == len(before.columns)


def _fitting(columns: Sequence[Column], rows: Sequence[Row], text: str) -> list[Column] | None:
    """The columns of the page before, with the extents on this page; None when its own columns are not among them."""
    own = columns_of(rows, text)
    places = matched(own, columns)
    if places is None or len(columns) < 2:
        return None
    pitch = min(b.middle - a.middle for a, b in pairwise(columns))
    fitting = list(columns)
    for column, at in zip(own, places, strict=True):
        known = columns[at]
        meets = column.left < known.right and known.left < column.right
        if not meets and abs(column.middle - known.middle) > _MAX_SHIFT * pitch:
            return None
        fitting[at] = column
    apart = all(a.right <= b.left for a, b in pairwise(fitting))
    return with_kinds(fitting if apart else columns, rows)


def with_tables(blocks: Sequence[Block], tables: Sequence[Table], text: str) -> tuple[Block, ...]:
    """The blocks of a page with one for each table, which takes its text from the others."""
    found = [Block(start=table.start, end=table.end, kind="table", box=table.box) for table in tables]
    for block in blocks:
        at = block.start
        for table in tables:
            if at < table.end and table.start < block.end:
                found += _trimmed(block, at, table.start, text)
                at = table.end
        found += _trimmed(block, at, block.end, text)
    return tuple(sorted(found, key=lambda block: block.start))


def _trimmed(block: Block, start: int, end: int, text: str) -> list[Block]:
    """A part of a block without the white space around it."""
    body = text[start:end].strip()
    if not body:
        return []
    first = text.index(body, start)
    return [block.model_copy(update={"start": first, "end": first + len(body)})]
