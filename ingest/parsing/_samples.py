"""A sample of the lines of a page read from their pictures: the witness for text whose shapes can't be compared.

Such are the layer that an OCR program laid over a scan, fonts that are pictures themselves, and scripts without a
reference.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

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
"""Share of the words of a scan's layer that are read in its picture: .98 of a good one, .9 where a tenth is wrong."""
MIN_FONT_AGREEMENT: Final = 0.6
"""The same for fonts: a wrong map leaves hardly a word right, and what is drawn is no doubtful scan."""
MIN_CONFIDENCE: Final = 0.85
"""Lines that the reader is not sure of say nothing of the layer."""
FIRST_SCANS: Final = 10
MAX_SCANS: Final = 30
"""Pages of a scan that are sampled, from all of it: when they agree, the others are trusted; when one differs, more
are sampled, and what is left then is read by OCR. A page takes up to a second of the time that a file has."""
MAX_FONT_PAGES: Final = 3
"""The same for pages of fonts without a judge."""
_LEFT: Final = "the layer of other pages of the scan is not what their pictures show"
_MIN_LETTERS: Final = 8
_DPI: Final = 150.0
_MARGIN: Final = 0.15
"""Share of a line's height that is cut out around it: the boxes of layers are as exact as their makers."""
_WORD: Final = re.compile(r"\w+(?:[.,]\d+)*")
_READ_SCRIPTS: Final = ("LATIN", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "DIGIT")
"""Beginnings of the Unicode names of characters that the recogniser knows."""


def doubts_of(pdf: PdfFile, sheets: Sequence[Sheet], reader: "LineReader | None" = None) -> dict[int, str]:
    """Reasons why the text of pages is not what their pictures show, by page number.

    Without a reader it is that of the extra `local`; where that is not installed there are no doubts.
    """
    scans = [sheet for sheet in sheets if sheet.undrawn > MIN_LAYER_SHARE * sheet.visible]
    layered = {sheet.number for sheet in scans}
    unjudged = [sheet for sheet in sheets if sheet.unjudged > MIN_LAYER_SHARE * sheet.visible]
    fonts = [sheet for sheet in unjudged if sheet.number not in layered]
    if not (scans or fonts) or (reader is None and not is_installed()):
        return {}
    sampling = _Sampling(pdf, reader or _reader())
    found = sampling.doubts(spread(fonts, MAX_FONT_PAGES), MIN_FONT_AGREEMENT)
    first = spread(scans, FIRST_SCANS)
    layers = sampling.doubts(first, MIN_AGREEMENT)
    if layers:
        sampled = {sheet.number for sheet in first}
        others = [sheet for sheet in scans if sheet.number not in sampled]
        layers |= sampling.doubts(others[: MAX_SCANS - FIRST_SCANS], MIN_AGREEMENT)
        layers |= {sheet.number: _LEFT for sheet in others[MAX_SCANS - FIRST_SCANS :]}
    return found | layers


def spread(sheets: Sequence[Sheet], most: int) -> list[Sheet]:
    """At most so many of the sheets, from all parts of the document."""
    step = max(len(sheets) / most, 1.0)
    return [sheets[int(at * step)] for at in range(min(most, len(sheets)))]


class _Sampling(NamedTuple):
    pdf: PdfFile
    reader: "LineReader"

    def doubts(self, sheets: Sequence[Sheet], fewest: float) -> dict[int, str]:
        """The doubts in those of the sheets of whose words a smaller share is read in the picture."""
        shares = {sheet.number: agreement(sheet, self.pdf, self.reader) for sheet in sheets}
        return {
            number: f"only {share:.0%} of the words in a sample of its lines are what the picture shows"
            for number, share in shares.items()
            if share is not None and share < fewest
        }


def _reader() -> "LineReader":
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
