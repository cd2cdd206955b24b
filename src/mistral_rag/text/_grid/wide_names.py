"""Names over several columns that are typed into the first of them, with empty cells beside them instead of a span."""

from collections.abc import Mapping, Sequence

from mistral_rag.text._grid.cells import GridCell
from mistral_rag.text._grid.words import is_amount


def wide_names(upper: Sequence[GridCell | None], lower: Sequence[GridCell | None]) -> Mapping[int, int]:
    """The columns at which names of the upper of two rows begin, and how many columns each is over; often empty.

    They are told by the lower row, which repeats itself below each of them: "Q1 | | Q2 |" above "Plan | Actual | Plan |
    Actual".
    """
    below = [_text(cell).casefold() for cell in lower]
    above = [_text(upper[at]) if at < len(upper) else "" for at in range(len(below))]
    starts = [at for at, text in enumerate(above) if at and text]
    if len(starts) < 2 or any(cell is not None and cell.column_span * cell.row_span > 1 for cell in (*upper, *lower)):
        return {}
    size = starts[1] - starts[0]
    are_even = size > 1 and starts == list(range(starts[0], len(below), size)) and len(below) == starts[-1] + size
    repeated = {tuple(below[at : at + size]) for at in starts}
    is_filled = all(below[starts[0] :]) and not any(is_amount(text) for text in (*above, *below))
    return dict.fromkeys(starts, size) if are_even and is_filled and len(repeated) == 1 else {}


def _text(cell: GridCell | None) -> str:
    return "" if cell is None else cell.text.strip()
