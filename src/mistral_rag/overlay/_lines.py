"""Boxes of runs of a page's text, one a printed line."""

from collections.abc import Iterable

from mistral_rag.schema import Box, Page

_MIN_OVERLAP = 0.5
"""Share of the lower word's height that two words of a line have in common."""


def line_boxes(page: Page, start: int, end: int) -> tuple[Box, ...]:
    """The boxes of the words in ``page.text[start:end]``, those of a line joined; none where words have no boxes."""
    lines: list[Box] = []
    for word in page.words.between(start, end):
        if lines and _goes_on(lines[-1], word.box):
            lines[-1] = Box.around([lines[-1], word.box])
        else:
            lines.append(word.box)
    return tuple(lines)


def run_boxes(page: Page, runs: Iterable[tuple[int, int]]) -> tuple[Box, ...]:
    """The boxes of several runs."""
    return tuple(box for start, end in runs for box in line_boxes(page, start, end))


def _goes_on(line: Box, word: Box) -> bool:
    """True when a word stands behind the last one of a line, in either direction of writing."""
    overlap = min(line.bottom, word.bottom) - max(line.top, word.top)
    lower = min(line.bottom - line.top, word.bottom - word.top)
    gap = max(word.left - line.right, line.left - word.right)
    # fractions of a page's width: a gutter between columns is wider, a blank between words never
    return overlap > _MIN_OVERLAP * lower and gap < 0.03
