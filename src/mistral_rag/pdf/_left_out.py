"""Text that a page holds and its reading leaves out, with its place: for those who look at the page, not for an index.

Found by comparing all characters that PDFium has with the words that were read. A page is read without this.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.pdf._geometry import Floats, PageTransform, Rectangle, around
from mistral_rag.pdf._native import loose_boxes
from mistral_rag.schema import WordBoxes, clean_text

_MARGIN = 0.5
"""Points by which a word's box is widened: it is rounded, and that of a letter is in the height of its font."""
_MAX_GAP = 5.0
"""Widths of a letter between two letters of a run; what is further apart stands in another column."""

_DRAWN = frozenset("☐☒☑✓✗●■❖▪➢")
"""Signs that are read where the text layer has the letter of a font of dingbats, or one that ticks a box."""


class LeftOut(NamedTuple):
    """A run of characters in a line that a page's text leaves out; `box` is in fractions of the page, cut at its edge.

    Text beside the page has a box without a width or height.
    """

    text: str
    box: Rectangle


class _Letter(NamedTuple):
    """A visible character of PDFium's text, its box in points, and whether white space comes before it."""

    text: str
    box: Rectangle
    is_first: bool


def left_out(text_page: Any, transform: PageTransform, text: str, words: WordBoxes) -> tuple[LeftOut, ...]:
    """Runs of characters of a loaded page that are in none of its `words`, offsets into `text`, at their place."""
    read = _ReadWords.of(text, words, transform)
    size = transform.width or 1.0, transform.height or 1.0
    return tuple(
        LeftOut(clean_text(_joined(run)), _fractions(around([letter.box for letter in run]), *size))
        for run in _runs(_letters(text_page, transform), read)
        if any(letter.text.isalnum() for letter in run)
    )


class _ReadWords(NamedTuple):
    """The words that were read, without differences of presentation, and their boxes in points."""

    texts: tuple[str, ...]
    boxes: Floats

    @classmethod
    def of(cls, text: str, words: WordBoxes, transform: PageTransform) -> "_ReadWords":
        rows = [(word.box.left, word.box.top, word.box.right, word.box.bottom) for word in words]
        boxes = np.array(rows, dtype=np.float64).reshape(-1, 4) * ((transform.width, transform.height) * 2)
        plain = tuple(unicodedata.normalize("NFKC", text[word.start : word.end]) for word in words)
        return cls(plain, boxes + np.array([-_MARGIN, -_MARGIN, _MARGIN, _MARGIN]))

    def hold(self, letter: _Letter) -> bool:
        """True when a word with such a character stands where the letter stands."""
        x, y = (letter.box.left + letter.box.right) / 2, (letter.box.top + letter.box.bottom) / 2
        left, top, right, bottom = self.boxes.T
        around_it = np.flatnonzero((left <= x) & (x <= right) & (top <= y) & (y <= bottom)).tolist()
        # a ligature or a form of a letter is read as the letters that it stands for
        wanted = set(unicodedata.normalize("NFKC", letter.text)) | _DRAWN
        return any(wanted & set(self.texts[at]) for at in around_it)


def _letters(text_page: Any, transform: PageTransform) -> list[_Letter]:
    codes = [pdfium.FPDFText_GetUnicode(text_page, at) for at in range(max(pdfium.FPDFText_CountChars(text_page), 0))]
    characters = [chr(code) if code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd" for code in codes]
    places = [at for at, character in enumerate(characters) if character.isprintable() and not character.isspace()]
    boxes = transform.boxes(loose_boxes(text_page, places).reshape(-1, 1, 4)).tolist()
    behind = [-2, *places[:-1]]
    return [
        _Letter(characters[at], Rectangle(*box), is_first=at != last + 1)
        for at, last, box in zip(places, behind, boxes, strict=True)
    ]


def _runs(letters: Sequence[_Letter], read: _ReadWords) -> Iterator[list[_Letter]]:
    """Letters that were not read, as long as they follow each other in a line."""
    run: list[_Letter] = []
    for letter in letters:
        missing = letter.text.isalnum() and not read.hold(letter)
        # a sign is part of the run that it stands in: it may stand in a neighbour's box
        goes_on = bool(run) and _follows(run[-1], letter) and (missing or not letter.text.isalnum())
        if run and not goes_on:
            yield run
            run = []
        if missing or goes_on:
            run.append(letter)
    if run:
        yield run


def _follows(one: _Letter, other: _Letter) -> bool:
    """True when a letter stands in one line with another and not far from it, whatever way the line is turned."""
    across = _common(one.box.left, one.box.right, other.box.left, other.box.right)
    down = _common(one.box.top, one.box.bottom, other.box.top, other.box.bottom)
    height = max(min(one.box.right - one.box.left, one.box.bottom - one.box.top), 0.1)
    return max(across, down) > height / 2 and min(across, down) > -_MAX_GAP * height


def _common(low: float, high: float, other_low: float, other_high: float) -> float:
    """Length that two intervals have in common; their distance with a minus when they have none."""
    return min(high, other_high) - max(low, other_low)


def _joined(run: Sequence[_Letter]) -> str:
    return "".join((" " if letter.is_first else "") + letter.text for letter in run).strip()


def _fractions(box: Rectangle, width: float, height: float) -> Rectangle:
    left, right = (min(max(side / width, 0.0), 1.0) for side in (box.left, box.right))
    top, bottom = (min(max(side / height, 0.0), 1.0) for side in (box.top, box.bottom))
    return Rectangle(left, top, right, bottom)
