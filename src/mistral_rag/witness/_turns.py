"""Lines that run up or down a page, as those of a wide table on a page of portrait format: the page turned for them."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

from mistral_rag.schema import Page, Word, WordBoxes

EAST_ASIAN: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
Turn = Literal[0, 1, 3]
"""Quarters by which a picture is turned counter-clockwise, so that lines run from left to right."""

MAX_UPRIGHT: Final = 1.5
"""A word of several characters that is so many times higher than wide runs up or down the page."""


def turn_of(page: Page, ranges: Sequence[tuple[int, int]]) -> Turn | None:
    """The turn that a quote needs, by most of its characters; None where the print does not tell up from down.

    East Asian lines that run down have upright characters: no turn makes lines of them that could be read.
    """
    words = [word for start, end in ranges for word in page.words.between(start, end)]
    if not _run_up(page, words):
        return 0
    if any(EAST_ASIAN.search(page.text, start, end) for start, end in ranges):
        return None
    # a single word says nothing: its neighbours do
    down = _steps(page, words) or _steps(page, list(page.words))
    return None if not down else (1 if down > 0 else 3)


def turned(page: Page, turn: Turn) -> Page:
    """The page with its words where they are in the turned picture."""
    if not turn:
        return page
    records = []
    for word in page.words:
        left, top, right, bottom = word.box.left, word.box.top, word.box.right, word.box.bottom
        sides = (top, 1 - right, bottom, 1 - left) if turn == 1 else (1 - bottom, left, 1 - top, right)
        records.append((word.start, word.end, *sides))
    return page.model_copy(update={"width": page.height, "height": page.width, "words": WordBoxes.pack(records)})


def _run_up(page: Page, words: Sequence[Word]) -> bool:
    # a single digit is higher than wide, too
    lengths = [(word.end - word.start, _is_high(page, word)) for word in words if word.end - word.start > 1]
    return 2 * sum(length for length, high in lengths if high) > sum(length for length, _ in lengths)


def _is_high(page: Page, word: Word) -> bool:
    box = word.box
    return (box.bottom - box.top) * page.height > MAX_UPRIGHT * (box.right - box.left) * page.width


def _steps(page: Page, words: Sequence[Word]) -> int:
    """Steps down the page from a word to the next one of its line, less those up."""
    steps = 0
    for one, two in pairwise(words):
        beside = min(one.box.right, two.box.right) - max(one.box.left, two.box.left)
        if 2 * beside > min(one.box.right - one.box.left, two.box.right - two.box.left) and _is_high(page, one):
            steps += 1 if two.box.top > one.box.top else -1
    return steps
