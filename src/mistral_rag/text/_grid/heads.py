"""Heads of a marked-up table: the rows that name its columns, said by the markup or told by their looks."""

from functools import partial
from itertools import takewhile
from typing import Final

from mistral_rag.text._grid.cells import Places
from mistral_rag.text._grid.words import is_amount, is_number, scale_of

MAX_NAME: Final = 60
"""Characters of a head over all columns that names them; a longer one is the title of the table."""
MIN_COLUMNS_BY_NUMBERS: Final = 3
"""Columns from which words above numbers are heads: with two, "Name | Ann" is a pair like "Age | 42"."""


def heads_by_looks(places: Places) -> int:
    """Rows at the top that are heads by their looks: bold, another background, or words above columns of numbers."""
    for looks in (_is_bold, _is_shaded, _is_above_numbers):
        rows = list(takewhile(partial(looks, places), range(len(places.rows) - 1)))
        if rows and sum(1 for cell in places.of(rows[-1]) if cell.text) > 1:
            return len(rows)
    return 0


def may_be_head(places: Places, row: int) -> bool:
    """True when a row may name columns: a colon introduces what stands beside it, and numbers are values."""
    cells = places.of(row)
    return bool(cells) and not cells[0].text.rstrip().endswith(":") and not any(is_amount(c.text) for c in cells)


def later_heads(places: Places, heads: int) -> list[int]:
    """Rows that are heads of their own below rows of values: bold words where the next row has amounts."""
    if not heads:
        return []
    rows = range(heads + 1, len(places.rows) - 1)
    return [row for row in rows if _is_bold(places, row) and _is_above_amounts(places, row)]


def _is_above_amounts(places: Places, row: int) -> bool:
    cells = [cell for cell in places.of(row) if cell.row == row]
    begun = all(cell is None or cell.row == row for cell in places.rows[row])
    following = next((at for at in range(row + 1, len(places.rows)) if not places.is_group(at)), None)
    if following is None or not begun or len(cells) <= places.width // 2 or len(cells) < 2:
        return False
    below = [places.at(following, cell.column) for cell in cells if cell.column]
    amounts = [cell for cell in below if cell is not None and is_amount(cell.text) and not cell.is_bold]
    return 2 * len(amounts) > len(below)


def _is_bold(places: Places, row: int) -> bool:
    below = [cell for at in range(row + 1, len(places.rows)) for cell in places.of(at)]
    return (
        may_be_head(places, row)
        and all(cell.is_bold for cell in places.of(row))
        and not all(cell.is_bold for cell in below)
    )


def _is_shaded(places: Places, row: int) -> bool:
    """True for a row of the first row's background, when no row below those has it: that would be a stripe."""
    shades = [{cell.background for cell in places.of(at)} for at in range(len(places.rows))]
    first = next((at for at, shade in enumerate(shades) if shade != shades[0]), len(shades))
    is_apart = len(shades[0]) == 1 and None not in shades[0] and not any(map(shades[0].intersection, shades[first:]))
    return may_be_head(places, row) and row < first < len(shades) and is_apart


def _is_above_numbers(places: Places, row: int) -> bool:
    """True for a first row of words with numbers below in at least half of the columns."""
    if row or places.width < MIN_COLUMNS_BY_NUMBERS or not may_be_head(places, 0):
        return False
    named = [at for at, cell in enumerate(places.rows[0]) if at and cell is not None and cell.text.strip()]
    numbers = [at for at in named if places.are_all(at, 1, is_number)]
    return len(named) >= places.width - 1 and 2 * len(numbers) >= len(named)


def column_names(places: Places, heads: int) -> tuple[str, ...]:
    """The names of each column from top to bottom, joined by ", "; empty without heads."""
    named = [at for at in range(heads) if not (_is_title(places, at) or names_rows(places, at, heads))]
    found = []
    for column in range(places.width if named else 0):
        cells = (places.at(at, column) for at in named)
        found.append(", ".join(dict.fromkeys(cell.text.strip() for cell in cells if cell and cell.text.strip())))
    return tuple(found) if any(found) else ()


def _is_title(places: Places, row: int) -> bool:
    """True for a head over all columns that is too long for a name, or says only in what the values are."""
    cells = places.of(row)
    text = cells[0].text.strip("() ") if len(cells) == 1 else ""
    return len(text) > MAX_NAME or (bool(text) and text == scale_of(f"({text})"))


def names_rows(places: Places, row: int, heads: int) -> bool:
    """True for a head over all columns that names the rows below it.

    Another one stands among those rows, or names of single columns stand above: a name of columns stands above them.
    """
    if not places.is_group(row):
        return False
    if any(not places.is_group(at) for at in range(row)) and all(places.is_group(at) for at in range(row, heads)):
        return True
    others = (places.of(at) for at in range(heads, len(places.rows)) if places.is_group(at))
    return any(cells[0].is_head and cells[0].column_span > 1 for cells in others)


def scale_of_heads(places: Places, heads: int, captions: list[str]) -> str:
    """The words that say in what all values are: in the captions, titles and the head of the labels."""
    above = captions + [cell.text for at in range(heads) for cell in places.of(at)[:1] if not cell.column]
    return next(filter(None, map(scale_of, above)), "")
