"""Tables of pictures: what the words alone say of them, since neither rules nor bold letters were read."""

from typing import Final

from mistral_rag.schema import Table

MIN_NAMES: Final = 3
"""Names on one line that are a head: two words above numbers are as often a line of an address."""
MIN_NUMBERS: Final = 0.6
"""Share of the values with more digits than letters from which on lines of cells are rows of a table."""


def certain_part(table: Table, text: str) -> Table | None:
    """A table without a head that may be none; None where it may be no table. A field is what it is."""
    values = [cell.text(text) for cell in table.cells if cell.role == "value" and cell.runs]
    is_field = max(cell.row for cell in table.cells) == 0
    if not is_field and sum(map(_is_number, values)) < MIN_NUMBERS * len(values):
        return None
    heads = [cell for cell in table.cells if cell.role == "column"]
    lines = [sum(cell.row == row for cell in heads) for row in {cell.row for cell in heads}]
    if not heads or max(lines) >= MIN_NAMES:
        return table
    first = max(cell.row + cell.row_span for cell in heads)
    cells = [cell.model_copy(update={"row": cell.row - first}) for cell in table.cells if cell.row >= first]
    start = min((run[0] for cell in cells for run in cell.runs), default=None)
    if start is None or any(run[0] >= start for cell in heads for run in cell.runs):
        return None
    return table.model_copy(update={"cells": tuple(cells), "columns": ("",) * len(table.columns), "start": start})


def _is_number(value: str) -> bool:
    return sum(map(str.isdigit, value)) > sum(map(str.isalpha, value))
