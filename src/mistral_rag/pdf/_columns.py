"""Columns of prose: where rows are shared by two columns, these are read one after the other.

In doubt a page is a table, because most columns in company documents are (`docs/adr/0050-pdf-text.md`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise

from mistral_rag.pdf._fragments import Fragment
from mistral_rag.pdf._geometry import around

_MAX_ROWS = 500
"""No printed page has more lines; the search is quadratic in them."""
_MAX_GAPS = 15
"""A row with more gaps belongs to a table."""
_MAX_GUTTERS_TRIED = 5
"""The widest gaps of a row; prose is seldom set in more than three columns, and each try looks at all rows below."""
_MIN_GUTTER = 0.5
"""Width of the white between two columns, times the height of a line: more than a blank between words."""
_MIN_COLUMN_LINES = 5
"""Fewer lines side by side are more often a table of short texts, or addresses."""
_MIN_FRAGMENT_WORDS = 3
"""Cells of tables are mostly shorter."""
_MIN_LINE_LETTERS = 15
"""Mean length of a line of prose, without blanks; narrower columns are labels."""
_MAX_DIGIT_SHARE = 0.12
"""Prose with years and amounts stays below, columns of figures are far above."""
_FULL_LINE = 0.8
_MIN_FULL_LINES = 0.6
"""Share of lines that fill so much of the column's width: the others are the last lines of paragraphs."""
_MIN_CONTINUED_LINES = 0.35
"""Share of lines that begin with a small letter: they go on from the line before."""


def reading_order(rows: list[list[Fragment]], texts: Sequence[str]) -> Iterable[list[Fragment]]:
    """The rows in reading order; those that columns of prose share are split into columns. `texts` are by word."""
    return _in_reading_order(rows, texts) if _may_have_columns(rows) else rows


def _may_have_columns(rows: list[list[Fragment]]) -> bool:
    """True when enough rows hold two long fragments: a cheap test before the search for columns."""
    long = sum(len([p for p in row if len(p.words) >= _MIN_FRAGMENT_WORDS]) > 1 for row in rows)
    return long >= _MIN_COLUMN_LINES // 2 and len(rows) < _MAX_ROWS


def _in_reading_order(rows: list[list[Fragment]], texts: Sequence[str]) -> Iterator[list[Fragment]]:
    """Yield the rows from top to bottom, columns of prose one after the other."""
    at = 0
    while at < len(rows):
        if columns := _find_columns(rows, at, texts):
            end, middle = columns
            yield from _read_by_column(rows[at:end], middle, texts)
            at = end
        else:
            yield rows[at]
            at += 1


def _find_columns(rows: list[list[Fragment]], at: int, texts: Sequence[str]) -> tuple[int, float] | None:
    """Longest run of rows from `at` on that are two columns of prose: its end, and the middle of the gutter."""
    gaps = [(a.box.right, b.box.left) for a, b in pairwise(rows[at])]
    min_width = _MIN_GUTTER * max(fragment.box.bottom - fragment.box.top for fragment in rows[at])
    gaps = sorted((gap for gap in gaps if gap[1] - gap[0] >= min_width), key=lambda gap: gap[0] - gap[1])
    found: tuple[int, float] | None = None
    for gap in gaps[:_MAX_GUTTERS_TRIED] if len(gaps) < _MAX_GAPS else ():
        end, gutter = _gutter(rows, at, gap, min_width)
        if end - at < _MIN_COLUMN_LINES:
            continue
        middle = sum(gutter) / 2
        sides = _sides(rows[at:end], middle)
        if (found is None or end > found[0]) and all(_is_prose(side, texts) for side in sides):
            found = end, middle
    return found


def _gutter(
    rows: list[list[Fragment]], at: int, gap: tuple[float, float], min_width: float
) -> tuple[int, tuple[float, float]]:
    """Follow a gap down the rows: the row where it ends, and the white that is left of it."""
    left, right = gap
    end = at
    for row in rows[at:]:
        middle = (left + right) / 2
        lefts = [p.box.right for p in row if p.box.left + p.box.right < 2 * middle]
        rights = [p.box.left for p in row if p.box.left + p.box.right >= 2 * middle]
        narrower = max([left, *lefts]), min([right, *rights])
        if narrower[1] - narrower[0] < min_width:
            break
        left, right = narrower
        end += 1
    return end, (left, right)


def _sides(rows: list[list[Fragment]], middle: float) -> tuple[list[list[Fragment]], list[list[Fragment]]]:
    lefts = [[p for p in row if p.box.left < middle] for row in rows]
    rights = [[p for p in row if p.box.left >= middle] for row in rows]
    return [row for row in lefts if row], [row for row in rights if row]


def _is_prose(rows: list[list[Fragment]], texts: Sequence[str]) -> bool:
    """True when the rows read as running text: full lines of several words that go on in the next, few digits."""
    if len(rows) < _MIN_COLUMN_LINES:
        return False
    words = [[texts[word] for fragment in row for word in fragment.words] for row in rows]
    joined = "".join(map("".join, words))
    box = around([fragment.box for row in rows for fragment in row])
    full = sum(row[-1].box.right - row[0].box.left > _FULL_LINE * (box.right - box.left) for row in rows)
    continued = sum(not line[0][0].isupper() and not line[0][0].isdigit() for line in words)
    return (
        len(joined) >= _MIN_LINE_LETTERS * len(rows)
        and full >= _MIN_FULL_LINES * len(rows)
        and continued >= _MIN_CONTINUED_LINES * len(rows)
        and sum(map(str.isdigit, joined)) < _MAX_DIGIT_SHARE * len(joined)
    )


def _read_by_column(rows: list[list[Fragment]], middle: float, texts: Sequence[str]) -> Iterator[list[Fragment]]:
    """Left rows, then right rows; the file's own order where it goes back and forth between cells of several lines."""
    lefts, rights = _sides(rows, middle)
    sides = [
        (min(fragment.words[0] for fragment in row), side, row) for side in (0, 1) for row in (lefts, rights)[side]
    ]
    sides.sort(key=lambda side: side[:2])
    cells = [[row for _, _, row in cell] for _, cell in groupby(sides, key=lambda side: side[1])]
    if not 2 < len(cells) <= len(rows) // 2:
        cells = [lefts, rights]
    for cell in cells:
        yield from _in_reading_order(sorted(cell, key=lambda row: row[0].box.top), texts)
