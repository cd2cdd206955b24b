"""A bar chart of costs as an SVG file."""

from __future__ import annotations

from xml.sax.saxutils import escape

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mistral_rag.usage import CostRow

ROW, LABEL, BAR, AMOUNT = 24, 220, 400, 100
"""Pixels: the height of a row, and the widths of a name, of the longest bar and of an amount."""
MAX_NAME = 32
"""Characters of a name that fit beside its bar."""


def svg(rows: Sequence[CostRow], *, by: str) -> str:
    """Draw a bar for each row."""
    height = ROW * (len(rows) + 1) + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + BAR + AMOUNT}" height="{height}" '
            'font-family="sans-serif" font-size="13">',
            '<rect width="100%" height="100%" fill="white"/>',
            f'<text x="8" y="17" font-weight="bold">US dollars by {escape(by)}</text>',
            *_bars(rows),
            "</svg>\n",
        ]
    )


def _bars(rows: Sequence[CostRow]) -> Iterator[str]:
    highest = max((row.totals.cost for row in rows), default=0.0) or 1.0
    for number, row in enumerate(rows, 1):
        top = ROW * number
        width = BAR * row.totals.cost / highest
        name = row.name if len(row.name) <= MAX_NAME else f"{row.name[: MAX_NAME - 1]}…"
        yield f'<text x="8" y="{top + 17}">{escape(_plain(name))}</text>'
        yield f'<rect x="{LABEL}" y="{top + 4}" width="{width:.1f}" height="{ROW - 8}" fill="#fa520f"/>'
        yield f'<text x="{LABEL + width + 6:.1f}" y="{top + 17}">${row.totals.cost:.4f}</text>'


def _plain(name: str) -> str:
    """The name without characters that XML can't hold."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
