"""Heads of a marked-up table: the rows that name its columns, said by the markup or told by their looks."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise, takewhile
from typing import Final

from mistral_rag.text._grid.cells import Places
from mistral_rag.text._grid.words import (
    ends_with_unit,
    is_amount,
    is_measure,
    is_named,
    is_scale,
    is_value,
    scale_of,
    unit_of,
)

MAX_NAME: Final = 60
"""Characters of a head over all columns that names them; a longer one is the title of the table."""
MIN_COLUMNS_BY_NUMBERS: Final = 3
"""Columns from which words above values are heads: with two, "Name | Ann" may be a pair like "Age | 42"."""
MIN_VALUES: Final = 2
"""Values below the second name of two columns that ends with its unit, or whose labels are codes: "A | 31"."""
MIN_PRICES: Final = 3
"""The same beside labels of words, for values with one unit or with as many decimals: pairs have different ones."""
MIN_LIST: Final = 4
"""The same for plain whole numbers: so many pairs in a row hardly have one each, and only the first a word."""

_MAX_DIGITS: Final = 9


def heads_by_looks(places: Places) -> int:
    """Rows at the top that are heads by their looks: bold, another background, or words above columns of values."""
    for looks in (_is_bold, _is_shaded):
        rows = list(takewhile(partial(looks, places), range(len(places.rows) - 1)))
        if rows and sum(1 for cell in places.of(rows[-1]) if cell.text) > 1:
            return with_lower_names(places, len(rows))
    return _rows_above_values(places)


def with_lower_names(places: Places, heads: int) -> int:
    """The rows of heads with those that they reach into: a name over two rows, or over names of single columns."""
    while 0 < heads < len(places.rows) - 1 and may_be_head(places, heads) and _reach_into(places, heads):
        heads += 1
    return heads


def _reach_into(places: Places, row: int) -> bool:
    cells = places.of(row)
    own = [cell for cell in cells if cell.row == row]
    if len(own) < 2:
        return False
    if any(cell.row < row for cell in cells):
        return True
    wide = [cell for cell in places.of(row - 1) if 1 < cell.column_span < places.width]
    covered = {at for cell in wide for at in range(cell.column, cell.column + cell.column_span)}
    return bool(wide) and covered <= {cell.column for cell in own}


def may_be_head(places: Places, row: int) -> bool:
    """True when a row may name columns: a colon introduces what stands beside it, and numbers are values."""
    cells = places.of(row)
    return bool(cells) and not cells[0].text.rstrip().endswith(":") and not any(is_amount(c.text) for c in cells)


def begins_with_pair(places: Places) -> bool:
    """True when the first of several rows is a label and its value, though it looks like names of columns.

    Markdown has no table without such a row, and Word's styles draw one: "Weight | 5.4 kg" above "Colour | red" names
    nothing. "Tariff | 12 months" does, above values of one other unit.
    """
    cell = places.at(0, 1) if places.width == 2 and len(places.rows) > 1 else None
    if cell is None or cell.column != 1:
        return False
    kinds = {unit_of(text) if is_value(text) else None for text in places.column(1, 1)}
    are_of_one_unit = len(kinds) == 1 and kinds.isdisjoint({None, unit_of(cell.text)})
    return is_amount(cell.text) or (is_measure(cell.text) and not are_of_one_unit)


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
        (may_be_head(places, row) or _are_ascending(places, row))
        and all(cell.is_bold for cell in places.of(row))
        and not all(cell.is_bold for cell in below)
    )


def _are_ascending(places: Places, row: int) -> bool:
    """True for a word and whole numbers that go up: lengths or quantities that name columns."""
    first, *others = [cell.text.strip() for cell in places.of(row)] or [""]
    if len(others) < MIN_VALUES or not is_named(first) or not all(text.isascii() and text.isdigit() for text in others):
        return False
    return all(int(a) < int(b) for a, b in pairwise(text[:_MAX_DIGITS] for text in others))


def _is_shaded(places: Places, row: int) -> bool:
    """True for a row of the first row's background, when no row below those has it: that would be a stripe."""
    shades = [{cell.background for cell in places.of(at)} for at in range(len(places.rows))]
    first = next((at for at, shade in enumerate(shades) if shade != shades[0]), len(shades))
    is_apart = len(shades[0]) == 1 and None not in shades[0] and not any(map(shades[0].intersection, shades[first:]))
    return may_be_head(places, row) and row < first < len(shades) and is_apart


def _rows_above_values(places: Places) -> int:
    """Rows of words at the top with values below in at least half of the columns; 0 when there are none."""
    if len(places.rows) < 2 or places.width < 2 or not may_be_head(places, 0):
        return 0
    heads = with_lower_names(places, 1)
    cells = {
        at: [cell for row in range(heads) if (cell := places.at(row, at)) is not None] for at in range(1, places.width)
    }
    named = [at for at, above in cells.items() if any(cell.text.strip() for cell in above)]
    names = {id(cell): cell.text.strip() for at in named for cell in cells[at] if cell.text.strip()}
    if len(named) < places.width - 1 or _are_missing(list(names.values())):
        return 0
    values = [at for at in named if places.are_mostly(at, heads, is_value)]
    if any(is_measure(cell.text) for at in values for cell in cells[at]):
        return 0  # "Email | 3 years" stands above "Chat | 1 year"
    if places.width < MIN_COLUMNS_BY_NUMBERS:
        return heads if _is_list_of_numbers(places, heads) else 0
    return heads if 2 * len(values) >= len(named) else 0


def _are_missing(words: Sequence[str]) -> bool:
    """True for what stands in the place of values: the same words in every column, as "n/a", or a dash."""
    same = len(words) > 1 and len({word.casefold() for word in words}) == 1
    return same or not all(any(map(str.isalnum, word)) for word in words)


def _is_list_of_numbers(places: Places, heads: int) -> bool:
    """True for two columns of which the second holds values of one kind below a word, or below a word with its unit."""
    labels, texts = places.column(0, heads), places.column(1, heads)
    values = [text for text in texts if is_value(text)]
    name = places.at(heads - 1, 1)
    if len(values) < MIN_VALUES or 2 * len(values) < len(texts):
        return False
    if name is not None and ends_with_unit(name.text):
        return True
    kinds = {(len(text.partition(".")[2].rstrip()), unit_of(text)) for text in values}
    if len(kinds) > 1:
        return False
    if len(values) < len(texts):
        return len(values) >= MIN_PRICES and kinds != {(0, "")}
    are_codes = all(len(label) == 1 or not is_named(label) for label in labels)
    return are_codes or len(values) >= (MIN_LIST if kinds == {(0, "")} else MIN_PRICES)


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
    first = [cell.text for at in range(heads) for cell in places.of(at)[:1] if not cell.column]
    said = next(filter(None, map(scale_of, captions + first)), "")
    return said or next((" ".join(text.split()) for text in first if is_scale(text)), "")
