"""Pages cut into units, with the rows of tables put together and told which row names their columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ingest.chunking._grids import table_units
from ingest.chunking._lines import full_width
from ingest.chunking._segments import TextSegment, outside, rejoined, segments
from ingest.chunking._tables import begins_table, header_rows, is_label, stands_above_columns
from ingest.chunking._typed_units import TypedUnit, read_segment
from mistral_rag.schema import Page, Table, Unit, UnitKind

MAX_LABELS = 2
"""Lines between two rows that may be labels of their table; more are a paragraph between two tables."""
PAGE_NUMBER = re.compile(r"[-–— ]*(?:\w{1,3}[-–])?\d{1,4}[-–— ]*")
LOOSE: frozenset[UnitKind] = frozenset({"line", "heading", "sentence"})
"""Kinds that may turn out to be part of a table, when they stand beside its rows."""


def units(page: Page) -> tuple[Unit, ...]:
    """The units that tile `page`: see `mistral_rag.schema.Page`."""
    return tuple(as_units(typed_units(page)))


def as_units(found: Iterable[TypedUnit]) -> Iterator[Unit]:
    """Typed units as the units of a page."""
    return (Unit(start=p.start, end=p.end, kind=p.kind, header=p.header) for p in found)


def typed_units(page: Page) -> list[TypedUnit]:
    """The units of a page with the kinds of their blocks; running headers and footers are left out."""
    width = full_width(page.text)
    found: list[TypedUnit] = []
    for part in _parts(page):
        first = len(found)
        units = table_units(page.text, part) if isinstance(part, Table) else _text_units(page.text, part, width)
        found += (u if u.header is None else u._replace(header=u.header + first) for u in units)
    return found


def _parts(page: Page) -> Iterator[Table | list[TextSegment]]:
    """The tables of a page that have cells, and the text before, between and behind them."""
    tables = [table for table in page.tables if any(cell.runs for cell in table.cells)]
    texts = list(outside(segments(page), tables))
    for table in tables:
        before = [segment for segment in texts if segment.start < table.start]
        texts = texts[len(before) :]
        yield before
        yield table
    yield texts


def _text_units(text: str, parts: Sequence[TextSegment], width: int) -> list[TypedUnit]:
    """The units of text whose tables are known by their looks only."""
    found: list[TypedUnit] = []
    named: dict[int, int] = {}
    starts: set[int] = set()
    before: TextSegment | None = None
    for segment in rejoined(text, parts):
        first = len(found)
        found.extend(read_segment(text, segment, width=width))
        if before is not None and _names_columns(text, before, segment):
            named.update(dict.fromkeys(range(first, len(found)), first - 1))
        elif segment.markup:
            starts.add(first)
        before = segment
    _complete_tables(text, found)
    rows = [text[unit.start : unit.end] if unit.kind == "row" else None for unit in found]
    for at, header in {**header_rows(rows, starts), **named}.items():
        found[at] = found[at]._replace(header=header)
    return found


def _names_columns(text: str, head: TextSegment, body: TextSegment) -> bool:
    """True when the parser of marked-up text has told `head` as the column names of the table `body`."""
    tables = head.kind == "table" == body.kind and head.markup and body.markup
    return tables and text[head.end : body.start] == "\n"


def _complete_tables(text: str, found: list[TypedUnit]) -> None:
    """Make rows of the labels between the rows of a table, and of the column names above them."""
    _free_page_numbers(text, found)
    rows = [at for at, unit in enumerate(found) if unit.kind == "row"]
    for before, after in pairwise(rows):
        if 0 < after - before - 1 <= MAX_LABELS and _are_labels(text, found[before : after + 1]):
            found[before + 1 : after] = map(_as_row, found[before + 1 : after])
    for at in range(len(found) - 2, -1, -1):
        unit, below = found[at], found[at + 1]
        beside = unit.kind in LOOSE and below.kind == "row" and _touch(text, unit, below)
        if beside and stands_above_columns(text[unit.start : unit.end]):
            found[at] = _as_row(unit)


def _free_page_numbers(text: str, found: list[TypedUnit]) -> None:
    """Turn a number alone on the first or last line into a line: it is that of the page, no row of a table."""
    for at in {0, len(found) - 1} if found else ():
        if found[at].kind == "row" and PAGE_NUMBER.fullmatch(text, found[at].start, found[at].end):
            found[at] = found[at]._replace(kind="line", block="text")


def _are_labels(text: str, run: Sequence[TypedUnit]) -> bool:
    """True when what stands between the first and the last of `run`, which are rows, belongs to their table."""
    if begins_table(text[run[-1].start : run[-1].end]) or not all(_touch(text, *pair) for pair in pairwise(run)):
        return False
    return all(unit.kind in LOOSE and is_label(text[unit.start : unit.end]) for unit in run[1:-1])


def _touch(text: str, unit: TypedUnit, below: TypedUnit) -> bool:
    """True when no blank line stands between the two."""
    return text.count("\n", unit.end, below.start) <= 1


def _as_row(unit: TypedUnit) -> TypedUnit:
    return unit._replace(kind="row", block="table")
