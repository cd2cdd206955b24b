"""Fragments: words that stand together on one line, and the rows that fragments side by side form."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mistral_rag.pdf._characters import PageWords
from mistral_rag.pdf._geometry import Booleans, Floats, Integers, Rectangle, around
from mistral_rag.pdf._glyphs.page import codes_of, is_leftward, runs_leftward

CELL_GAP = 0.9
"""A gap wider than this times the height of a line separates two cells; a blank between words has a third of that."""
_CURRENCIES = frozenset({"$", "€", "£", "¥"})
_AMOUNT_ENDS = "0123456789)%—–-"
_LEADER = "...."
"""One dot more than an ellipsis: a dot leader."""
_MIN_ROW_OVERLAP = 0.5
"""Fragments that share this much of the lower one's height stand on one line: raised marks do, the next line not."""
_MAX_BLANK = 0.4
"""Widest blank between two words, times the height of a line; a gutter has half of that height at least."""
_MAX_TOUCHING = 0.12
"""Gap between two digits of one number, times the height of a line; a blank has twice as much."""
_MAX_UNEVEN = 0.04
"""Difference between the blanks of one justified line, times the height of a line: they are equal but for rounding."""
_MAX_JUSTIFIED = 3.0
"""Widest blank of a justified line, times its height; what is further apart is no line."""
_MAX_OVERPRINT = 0.3
"""Fragments that cover each other by more than this share of the narrower one's width can't stand on one line."""


class Fragment(NamedTuple):
    """Words that follow each other on one line without a wide gap, and their bounding box once they are turned upright.

    `words` are indices into `PageWords.texts`.
    """

    words: list[int]
    box: Rectangle


def fragments_of(page: PageWords, chosen: Integers, boxes: Floats) -> list[Fragment]:
    """Group words of one run that stand close to each other, in either writing direction, and in one cell."""
    left, top, right, bottom = boxes.T
    heights = np.maximum(bottom - top, np.roll(bottom - top, -1))[:-1]
    reach = CELL_GAP * heights
    words = chosen.tolist()
    texts = [page.texts[at] for at in words]
    one_run = page.runs[chosen][1:] == page.runs[chosen][:-1]
    follows = (
        one_run
        & ((left[1:] - right[:-1] <= reach) | _is_justified((left[1:] - right[:-1]) / heights, one_run, texts))
        & (left[:-1] - right[1:] <= reach)
        & (bottom[:-1] > top[1:])
        & (bottom[1:] > top[:-1])
    )
    follows[_cell_ends(texts)] = False
    starts = np.concatenate([[0], np.flatnonzero(~follows) + 1])
    lows = np.minimum.reduceat(boxes[:, :2], starts).tolist()
    highs = np.maximum.reduceat(boxes[:, 2:], starts).tolist()
    ends = [*starts[1:].tolist(), len(words)]
    return [
        Fragment(words[start:end], Rectangle(*low, *high))
        for start, end, low, high in zip(starts.tolist(), ends, lows, highs, strict=True)
    ]


def _is_justified(gaps: Floats, one_run: Booleans, texts: Sequence[str]) -> Booleans:
    """Mask of the gaps (n, times the height of a line) between words that are as wide as a gap beside them.

    Blanks of a justified line may be as wide as gaps between cells, but they are all equal.
    """
    equal = np.zeros(len(gaps) + 3, dtype=bool)
    equal[2:-2] = (np.abs(np.diff(gaps)) <= _MAX_UNEVEN) & one_run[1:] & one_run[:-1]
    # three equal gaps: two are so by chance
    of_three = (equal[1:-2] & (equal[:-3] | equal[2:-1])) | (equal[2:-1] & equal[3:])
    justified: Booleans = of_three & (gaps > CELL_GAP) & (gaps <= _MAX_JUSTIFIED)
    for at in np.flatnonzero(justified).tolist():
        before, after = texts[at], texts[at + 1]
        # names of columns are evenly spaced as well, and begin with capitals
        justified[at] = before[0].isalpha() and after[0].isalpha() and (before[0].islower() or after[0].islower())
    return justified


def _cell_ends(texts: Sequence[str]) -> list[int]:
    """Indices of the words behind which a cell ends however close the next one stands."""
    # hardly any word of a page is a currency or ends in dots
    may = {at - 1 for at, text in enumerate(texts) if text in _CURRENCIES}
    may |= {at for at, text in enumerate(texts) if text.endswith(_LEADER)}
    return [at for at in may if 0 <= at < len(texts) - 1 and ends_cell(texts[at], texts[at + 1])]


def ends_cell(before: str, after: str) -> bool:
    """True when two words are of different cells however close they stand: after a dot leader, before a new amount."""
    return before.endswith(_LEADER) or (after in _CURRENCIES and before[-1] in _AMOUNT_ENDS)


def rows_of(fragments: list[Fragment]) -> list[list[Fragment]]:
    """Group fragments that stand side by side into rows, from top to bottom, each from left to right."""
    rows: list[list[Fragment]] = []
    bands: list[list[float]] = []
    active: list[int] = []
    for fragment in sorted(fragments, key=lambda p: p.box.top + p.box.bottom):
        active = [at for at in active if bands[at][1] > fragment.box.top]
        fitting = [
            (share, at)
            for at in active
            if (share := _vertical_overlap(fragment, rows[at], bands[at])) >= _MIN_ROW_OVERLAP
        ]
        if not fitting:
            active.append(len(rows))
            rows.append([fragment])
            bands.append([fragment.box.top, fragment.box.bottom])
            continue
        at = max(fitting)[1]
        rows[at].append(fragment)
        band = bands[at]
        if fragment.box.bottom - fragment.box.top > band[1] - band[0]:
            band[:] = [fragment.box.top, fragment.box.bottom]
    order = sorted(range(len(rows)), key=lambda at: bands[at][0] + bands[at][1])
    return [sorted(rows[at], key=lambda p: p.box.left) for at in order]


def _vertical_overlap(fragment: Fragment, row: list[Fragment], band: list[float]) -> float:
    """Share of the lower one's height that a fragment and a row have in common; 0 where they would overprint."""
    left, top, right, bottom = fragment.box
    for other in row:
        common = min(right, other.box.right) - max(left, other.box.left)
        if common > _MAX_OVERPRINT * min(right - left, other.box.right - other.box.left):
            return 0.0
    height = min(bottom - top, band[1] - band[0])
    return (min(bottom, band[1]) - max(top, band[0])) / height if height > 0 else 1.0


def reads_leftward(texts: Sequence[str]) -> bool:
    """True when most letters of some words are of a script that is written to the left."""
    whole = "".join(texts)
    # most pages with letters beyond ASCII have quotation marks and dashes only
    if not runs_leftward(whole):
        return False
    return bool(2 * np.count_nonzero(is_leftward(codes_of(whole))) > sum(map(str.isalpha, whole)))


def _with_whole_numbers(row: Sequence[Fragment], texts: Sequence[str]) -> list[Fragment]:
    """The fragments of a line to the left, with digits that touch each other as one: numbers are read to the right."""
    found: list[Fragment] = []
    for fragment in row:
        last = found[-1] if found else None
        reach = _MAX_TOUCHING * (fragment.box.bottom - fragment.box.top)
        touches = last is not None and abs(fragment.box.left - last.box.right) <= reach
        if last is not None and touches and all(_is_numeral(part, texts) for part in (last, fragment)):
            found[-1] = Fragment([*last.words, *fragment.words], around([last.box, fragment.box]))
        else:
            found.append(fragment)
    return found


def _is_numeral(fragment: Fragment, texts: Sequence[str]) -> bool:
    """True for digits and the signs that stand between them."""
    return all(not character.isalpha() for word in fragment.words for character in texts[word])


def is_number(fragment: Fragment, texts: Sequence[str]) -> bool:
    """True when most words of a fragment have digits."""
    return 2 * sum(any(map(str.isdigit, texts[word])) for word in fragment.words) > len(fragment.words)


def joined(row: Sequence[Fragment], texts: Sequence[str]) -> list[Fragment]:
    """The fragments of a row, those put together that stand a blank apart: PDFium breaks lines at odd characters."""
    found: list[Fragment] = []
    leftward = reads_leftward([texts[word] for fragment in row for word in fragment.words])
    for fragment in _with_whole_numbers(row, texts) if leftward else row:
        last = found[-1] if found else None
        if (
            last is not None
            and abs(fragment.box.left - last.box.right) <= _MAX_BLANK * (fragment.box.bottom - fragment.box.top)
            and not ends_cell(texts[last.words[-1]], texts[fragment.words[0]])
        ):
            words = [*fragment.words, *last.words] if leftward else [*last.words, *fragment.words]
            found[-1] = Fragment(words, around([last.box, fragment.box]))
        else:
            found.append(fragment)
    return found
