"""Quotes that are read across a gutter: prose of two columns, woven line by line."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from mistral_rag.schema import Page, Word

MIN_GUTTER: Final = 0.8
"""Width of a gutter in heights of the line; justified lines have blanks of at most half of it."""
MIN_SIDE: Final = 2
"""Words of letters on each side of it, on each of two lines: a label beside its value has fewer."""


class _Line(NamedTuple):
    words: list[Word]
    top: float
    bottom: float


def is_woven(page: Page, start: int, end: int) -> bool:
    """True when ``page.text[start:end]`` goes on over the same gutter on two lines; never for rows of tables."""
    if _is_tabular(page, start, end):
        return False
    lines = _lines(page.words.between(start, end))
    return any(_shares_gutter(page, one, two) for one, two in pairwise(lines))


def _is_tabular(page: Page, start: int, end: int) -> bool:
    rows = [unit for unit in page.units if unit.kind == "row"]
    tables = [block for block in page.blocks if block.kind == "table"]
    return any(run.start < end and start < run.end for run in (*rows, *tables, *page.tables))


def _lines(words: Sequence[Word]) -> list[_Line]:
    lines: list[_Line] = []
    for word in words:
        last = lines[-1] if lines else None
        overlap = min(last.bottom, word.box.bottom) - max(last.top, word.box.top) if last else 0.0
        if last and 2 * overlap > word.box.bottom - word.box.top and word.box.left >= last.words[-1].box.left:
            last.words.append(word)
        else:
            lines.append(_Line([word], word.box.top, word.box.bottom))
    return lines


def _shares_gutter(page: Page, one: _Line, two: _Line) -> bool:
    height = min(one.bottom - one.top, two.bottom - two.top) * page.height / max(page.width, 1e-9)
    return any(
        min(right, other_right) - max(left, other_left) > MIN_GUTTER * height
        for left, right in _gaps(page, one)
        for other_left, other_right in _gaps(page, two)
    )


def _gaps(page: Page, line: _Line) -> list[tuple[float, float]]:
    """Gaps of a line that have prose on both sides."""
    prose = [sum(map(str.isalpha, page.text[word.start : word.end])) > 1 for word in line.words]
    return [
        (one.box.right, two.box.left)
        for at, (one, two) in enumerate(pairwise(line.words))
        if two.box.left > one.box.right and sum(prose[: at + 1]) >= MIN_SIDE <= sum(prose[at + 1 :])
    ]
