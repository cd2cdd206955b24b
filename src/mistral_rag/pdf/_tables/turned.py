"""Names of columns that run up or down the page, above the values: they are no line of the table."""

from collections.abc import Sequence

from mistral_rag.pdf._sheet import PrintedLine, Sheet
from mistral_rag.pdf._tables.columns import Column
from mistral_rag.schema import Table

_MIN_NAMES = 2
"""Turned lines over columns: one alone may be a note at the edge of the page."""
_MAX_WHITE = 3.0
"""White between a turned name and the first row of values, times the height of the row."""
_MAX_OFF = 8.0
"""Points by which the middle of a turned name stands beside its column: numbers are narrower than their cell."""


def with_turned_names(table: Table, columns: Sequence[Column], sheet: Sheet, height: float) -> Table:
    """The table with the turned names above its columns, where it has no other; `height` is that of a row."""
    if any(table.columns) or table.box is None:
        return table
    top = table.box.top * sheet.height
    turned = [line for line in sheet.lines if not line.upright and top - _foot(line, sheet) + height / 2 >= 0]
    # one of them stands right above the values; a shorter name may stand in the middle of its cell
    heads = [line.box.top for line in turned if top - _foot(line, sheet) < _MAX_WHITE * height]
    near = [line for line in turned if heads and line.box.bottom > min(heads)]
    names = _in_order(columns, near, sheet) or tuple(_name_over(column, near, sheet) for column in columns)
    return table.model_copy(update={"columns": names}) if sum(map(bool, names)) >= _MIN_NAMES else table


def _foot(line: PrintedLine, sheet: Sheet) -> float:
    return line.box.bottom * sheet.height


def _in_order(columns: Sequence[Column], lines: Sequence[PrintedLine], sheet: Sheet) -> tuple[str, ...]:
    """The names of all columns, or of all but that of the labels, where there are as many; else none."""
    unnamed = len(columns) - len(lines)
    if unnamed not in (0, 1):
        return ()
    words = (sheet.text[line.start : line.end] for line in sorted(lines, key=lambda line: line.box.left))
    return ("",) * unnamed + tuple(" ".join(own.split()) for own in words)


def _name_over(column: Column, lines: Sequence[PrintedLine], sheet: Sheet) -> str:
    """The lines whose middle stands over a column, from left to right."""
    found = [
        line
        for line in lines
        if column.left - _MAX_OFF <= (line.box.left + line.box.right) / 2 * sheet.width <= column.right + _MAX_OFF
    ]
    words = (sheet.text[line.start : line.end] for line in sorted(found, key=lambda line: line.box.left))
    return " ".join(" ".join(words).split())
