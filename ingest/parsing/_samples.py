"""A sample of the lines of a page read from their pictures: the witness for text whose shapes can't be compared.

Such are the layer that an OCR program laid over a scan, fonts that are pictures themselves, and scripts without a
reference.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from mistral_rag.pdf import PageImage, PdfFile, PrintedLine, Sheet

if TYPE_CHECKING:
    from mistral_rag.local.ocr import LineReader

MAX_LINES: Final = 6
"""Lines read of a page, some .1 s each: about 60 words, of which the reader misreads one."""
MIN_WORDS: Final = 12
"""Words from which on a share says something."""
MIN_LAYER_SHARE: Final = 0.5
"""Share of a page's characters without a judge from which on the page is sampled."""
MIN_AGREEMENT: Final = 0.94
"""Share of the words of a scan's layer that are read in its picture: .98 of a good one, .90 where a tenth is misread."""
MIN_FONT_AGREEMENT: Final = 0.6
"""The same for fonts: a wrong map leaves hardly a word right, and what is drawn is no doubtful scan."""
MIN_CONFIDENCE: Final = 0.85
"""Lines that the reader is not sure of say nothing of the layer."""
MAX_TRUSTED: Final = 3
"""Pages of fonts without a judge that are sampled in a document; when all agree, so do the others."""
_MIN_LETTERS: Final = 8
_DPI: Final = 150.0
_MARGIN: Final = 0.15
"""Share of a line's height that is cut out around it: the boxes of layers are as exact as their makers."""
_WORD: Final = re.compile(r"\w+(?:[.,]\d+)*")
_READ_SCRIPTS: Final = ("LATIN", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "DIGIT")
"""Beginnings of the Unicode names of characters that the recogniser knows."""


class SampleReader:
    """Reads samples of the pages of one document. Without the extra `local` it has no doubts."""

    def __init__(self) -> None:
        self._trusted = 0

    def doubt(self, pdf: PdfFile, sheet: Sheet) -> str | None:
        """The reason why the text of a page is not what its picture shows; None when it is or nobody knows."""
        is_layer = sheet.undrawn > MIN_LAYER_SHARE * sheet.visible
        if not is_layer and (sheet.unjudged <= MIN_LAYER_SHARE * sheet.visible or self._trusted >= MAX_TRUSTED):
            return None
        if not is_installed():
            return None
        share = agreement(sheet, pdf, self._reader)
        if share is None or share >= (MIN_AGREEMENT if is_layer else MIN_FONT_AGREEMENT):
            self._trusted += share is not None and not is_layer
            return None
        what = "its layer over the scan" if is_layer else "its text"
        return f"of the words of {what}, {share:.0%} are read in a sample of the picture"

    @cached_property
    def _reader(self) -> "LineReader":
        from mistral_rag.local.ocr import LineReader

        return LineReader()


def is_installed() -> bool:
    """Check that lines can be read on this machine."""
    from mistral_rag.local.ocr import is_installed as is_there

    return is_there()


def agreement(sheet: Sheet, pdf: PdfFile, reader: "LineReader") -> float | None:
    """Share of the words in a sample of lines that are read in their pictures; None when too few can be read."""
    lines = sample(sheet)
    if not lines:
        return None
    image = pdf.image(sheet.number, dpi=_DPI, grey=True)
    read = reader.read([cut(image, line) for line in lines])
    found = total = 0
    for line, reading in zip(lines, read, strict=True):
        if reading.confidence >= MIN_CONFIDENCE:
            words = words_of(sheet.text[line.start : line.end])
            seen = "".join(words_of(reading.text))
            found += sum(word in seen for word in words)
            total += len(words)
    return found / total if total >= MIN_WORDS else None


def sample(sheet: Sheet) -> list[PrintedLine]:
    """Lines of a page to be read: the longest ones of each part of it, in scripts that the reader knows."""
    fitting = [line for line in sheet.lines if line.upright and _is_readable(sheet.text[line.start : line.end])]
    step = max(len(fitting) / MAX_LINES, 1.0)
    starts = [round(at * step) for at in range(min(MAX_LINES, len(fitting)))]
    parts = (fitting[start : max(round(start + step), start + 1)] for start in starts)
    return [max(part, key=lambda line: line.end - line.start) for part in parts if part]


def cut(image: PageImage, line: PrintedLine) -> npt.NDArray[np.uint8]:
    """The picture of a line."""
    pixels = np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width)
    left, top, right, bottom = line.box
    margin = _MARGIN * (bottom - top) * image.height
    rows = slice(max(int(top * image.height - margin), 0), int(bottom * image.height + margin) + 1)
    columns = slice(max(int(left * image.width - margin), 0), int(right * image.width + margin) + 1)
    return np.ascontiguousarray(pixels[rows, columns])


def words_of(text: str) -> Sequence[str]:
    """Words as they are compared."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _is_readable(text: str) -> bool:
    letters = [character for character in text if character.isalnum()]
    known = sum(unicodedata.name(letter, "").startswith(_READ_SCRIPTS) for letter in letters)
    return len(letters) >= _MIN_LETTERS and known == len(letters)
