"""The first and the last line of a page whose two ends say two things: a title at the left, a section at the right."""

from collections.abc import Sequence

from mistral_rag.pdf._fragments import Fragment, is_number

_MIN_WHITE = 8.0
"""White in the middle of such a line, times its height: more than between two cells of a table over a page."""
_MIN_DISTANCE = 0.8
"""White between such a line and the text, times its height: more than between two lines of a text."""
_MAX_EDGE_SHIFT = 1.0
"""Its ends reach the edges of the text, or stand over them by less, times its height."""

Rows = Sequence[Sequence[Fragment]]


def has_two_ends(rows: Rows, at: int, texts: Sequence[str]) -> bool:
    """True when the row `at`, the first or the last, has a text at either edge of the page and nothing in between.

    A number at the right may be the value of the text at the left, and so may what stands beside a row of cells.
    """
    row, beside = rows[at], rows[1 if at == 0 else at - 1]
    if len(row) != 2 or len(beside) > 1 or any(is_number(p, texts) for p in row):
        return False
    left, right = row[0].box, row[1].box
    height = max(left.bottom - left.top, right.bottom - right.top)
    others = [p.box for index, other in enumerate(rows) if index != at for p in other]
    below, above = (others, [left, right]) if at == 0 else ([left, right], others)
    reach = _MAX_EDGE_SHIFT * height
    return (
        right.left - left.right >= _MIN_WHITE * height
        and min(box.top for box in below) - max(box.bottom for box in above) >= _MIN_DISTANCE * height
        and left.left <= min(box.left for box in others) + reach
        and right.right >= max(box.right for box in others) - reach
    )
