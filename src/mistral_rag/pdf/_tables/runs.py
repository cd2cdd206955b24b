"""Runs of printed lines that may be tables: lines of several cells, and labels between them."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from mistral_rag.pdf._tables.drawn import DrawnTable
from mistral_rag.pdf._tables.pieces import Row
from mistral_rag.pdf._tables.values import is_enumerator

_MAX_GAP = 4.0
"""White within a table, times the height of a line; more is another table."""
_MIN_SHARED_CELLS = 4
"""Cells of a line below wide white that has to stand in the columns above it to belong to their table."""
_MIN_SHARED = 0.8
"""Share of these cells that stand below others."""
_MAX_LABELS = 12
"""Lines without values between two rows of a table; more are text."""
_MAX_WIDE = 2
"""Lines in a row that reach over all columns of a table, as names of its sections do; more are prose."""
_MAX_WIDE_WORDS = 14
"""Words of such a line."""
_SENTENCE_END = re.compile(r"[.;!?][\"'”’)]*$")
_MAX_LONE_GAP = 2.0
"""White above a number alone on its line, times the height of a line, below which it belongs to the column above."""


def runs_of(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Lines that follow each other down the page without much white between them."""
    run: list[Row] = []
    for row in rows:
        if run and (row.bottom <= run[-1].top or (_is_far(run[-1], row) and not _share_columns(run[-1], row))):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def _is_far(above: Row, below: Row) -> bool:
    return below.top - above.bottom > _MAX_GAP * max(below.height, above.height)


def _share_columns(above: Row, below: Row) -> bool:
    """True when the cells of a line stand below cells of another, so that only rows are missing between them."""
    if min(len(above.pieces), len(below.pieces)) < _MIN_SHARED_CELLS:
        return False
    # names are centred above numbers that are set to the right
    slack = below.height
    under = sum(any(a.left - slack < b.right and b.left < a.right + slack for a in above.pieces) for b in below.pieces)
    return under >= _MIN_SHARED * len(below.pieces)


def spans_of(run: Sequence[Row], text: str, drawn: Sequence[DrawnTable] = ()) -> Iterator[tuple[int, int]]:
    """First and last index of the lines that may be a table: lines of several cells, and labels between them.

    What stands in one of the `drawn` frames is one table, whatever its lines look like, and nothing else is of it.
    """
    inside = [next((at for at, table in enumerate(drawn) if table.holds(row)), None) for row in run]
    celled = [
        at
        for at, row in enumerate(run)
        if inside[at] is not None
        or (len(row.pieces) > 1 and not is_field_or_item(row, text))
        or (at and _is_lone_value(run[at - 1], row))
    ]
    first: int | None = None
    for at, following in zip_longest(celled, celled[1:]):
        first = at if first is None else first
        if following is None or inside[at] != inside[following]:
            goes_on = False
        else:
            goes_on = inside[at] is not None or _are_labels(run, at, following, text)
        if not goes_on:
            yield first, at
            first = None


def _is_lone_value(above: Row, row: Row) -> bool:
    """True for a number alone on its line, right below a number of a line of cells."""
    piece = row.pieces[0]
    if len(row.pieces) > 1 or piece.kind != "number" or row.top - above.bottom > _MAX_LONE_GAP * row.height:
        return False
    return any(p.kind == "number" and p.left < piece.right and piece.left < p.right for p in above.pieces[1:])


def is_field_or_item(row: Row, text: str) -> bool:
    """True for the fields of a form ("Name:  Miller  Date:  3 May"), and for a list item: a mark and then words."""
    words = [text[piece.start : piece.end] for piece in row.pieces]
    if any(word.endswith(":") for word in words[1:]):
        return True
    if len(words) != 2 or row.pieces[1].kind == "number":
        return False
    is_mark = is_enumerator(words[0]) and not words[0].isalnum()
    return words[0].endswith(":") or (is_mark and " " in words[1])


def _are_labels(run: Sequence[Row], above: int, below: int, text: str) -> bool:
    """True when the lines between two lines of cells are labels of their table."""
    between = run[above + 1 : below]
    if len(between) > _MAX_LABELS or any(len(row.pieces) > 1 for row in between):
        return False
    wide = [row for row in between if _reaches_over(row, run[above]) and _reaches_over(row, run[below])]
    if len(wide) > _MAX_WIDE:
        return False
    return not any(_is_prose(text[row.pieces[0].start : row.pieces[0].end]) for row in wide)


def _reaches_over(row: Row, celled: Row) -> bool:
    """True when a line stands in the first and the last column of a line of cells."""
    lefts = sorted(piece.left for piece in celled.pieces)
    return row.left < lefts[min(1, len(lefts) - 1)] and row.right > lefts[-1]


def _is_prose(line: str) -> bool:
    return _SENTENCE_END.search(line) is not None or len(line.split()) > _MAX_WIDE_WORDS
