"""The worker that reads strips of a page anew: a page with its strips a job, what was read its result."""

import math
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from time import process_time
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from mistral_rag.errors import ParseError
from mistral_rag.local._strips.cuts import Cut, Window, cut
from mistral_rag.local._strips.original import Stamp, read_original, stamp_of
from mistral_rag.local.ocr._models import RecognisedLine, Recogniser
from mistral_rag.pdf import PdfFile
from mistral_rag.pictures import Grey, ImageFile
from mistral_rag.workers import WireFrame, serve

LINE_PIXELS: Final = (36, 46, 30)
"""Height at which a line is drawn, by attempt: near the 48 pixels of the network, and not the same twice."""
DPI: Final = (72.0, 600.0)
"""Bounds of the resolution; print of 4 points is read at 600."""
MAX_WINDOW: Final = 16_000_000
"""Pixels of the part of a page that is drawn at once."""
HEIGHTS: Final = (32, 48, 48)
"""Pixels of the network's input, by attempt. It has learnt lines of 48, and reads those of 32 in .6 of the time."""
WIDTH_BY_HEIGHT: Final = 48
"""Pixels of width that a line gets for each of its heights, if it has so few characters."""
COLUMNS_PER_CHARACTER: Final = (11, 20, 17)
"""Pixels of width that a character gets, by attempt, unless its print is narrower.

The network reads a column of 8 at a time, and its time grows with the pixels. Of 292 lines of right quotes the first
reading was the same for .979 at height 48 and 14 pixels a character, for .973 at 32 and 11 (in .6 of the time), for
.966 at 24 and 12 (.5), for .955 at 32 and 10 (.5).
"""
MIN_PIXELS: Final = 10
"""Height of a line in the pixels of an image, below which it is not tried: digits have five rows then."""


PlaceOnPage = tuple[float, float, float, float]
"""Left, top, right and bottom in fractions of a page."""


class PagePart(NamedTuple):
    """A part of a page as pixels, with the size of the page and the place of the part in it (left, top) in pixels."""

    picture: Grey
    page: tuple[float, float]
    offset: tuple[float, float]

    def turned(self, turn: int) -> "PagePart":
        """The same of the page turned by so many quarters counter-clockwise: none, one or three."""
        if not turn:
            return self
        (width, height), (left, top) = self.page, self.offset
        high, wide = self.picture.shape
        offset = (top, width - left - wide) if turn == 1 else (height - top - high, left)
        return PagePart(np.ascontiguousarray(np.rot90(self.picture, turn)), (height, width), offset)


def box_before(box: Sequence[float], turn: int) -> list[float]:
    """The box in fractions of the page that is `box` once the page is turned."""
    left, top, right, bottom = box
    return [1 - bottom, left, 1 - top, right] if turn == 1 else [top, 1 - right, bottom, 1 - left]


class Pages:
    """Draws parts of pages; the last file stays open, with its last page."""

    def __init__(self) -> None:
        self._key: tuple[str, str, Stamp] | None = None
        self._pdf: PdfFile | None = None
        self._content = b""
        self._picture: tuple[int, Grey] | None = None
        self._found: tuple[int, list[PlaceOnPage]] | None = None

    def open(self, path: str, digest: str) -> None:
        """Open the file at `path`; raises ParseError unless it holds the bytes with this sha256."""
        stamp = stamp_of(path)
        if stamp is not None and self._key == (path, digest, stamp):
            return
        self.close()
        stamp, self._content = read_original(path, digest)
        if b"%PDF-" in self._content[:1024]:
            self._pdf = PdfFile(self._content).__enter__()
        self._key = (path, digest, stamp)

    def close(self) -> None:
        """Close the file."""
        if self._pdf is not None:
            self._pdf.__exit__(None, None, None)
        self._key = self._pdf = self._picture = self._found = None

    def part(self, number: int, box: Sequence[float], *, line: float, attempt: int, turn: int) -> PagePart:
        """The part of page `number` in `box` (fractions of the page), drawn so that `line` of its height fits.

        The page is turned by so many quarters counter-clockwise; `box` and `line` are those of the turned one.
        """
        if turn:
            box = box_before(box, turn)
        if self._pdf is not None:
            return self._drawn(self._pdf, number, box, line, attempt, turn)
        if self._picture is None or self._picture[0] != number:
            with ImageFile(self._content) as image:
                self._picture = number, image.grey(number)
        height, width = self._picture[1].shape
        return PagePart(self._picture[1], (width, height), (0, 0)).turned(turn)

    def _drawn(self, pdf: PdfFile, number: int, box: Sequence[float], line: float, attempt: int, turn: int) -> PagePart:
        width, height = pdf.size(number)
        dpi = min(max(72 * LINE_PIXELS[attempt] / max(line * (width if turn else height), 0.1), DPI[0]), DPI[1])
        area = max((box[2] - box[0]) * width * (box[3] - box[1]) * height, 1.0)
        dpi = min(dpi, 72 * (MAX_WINDOW / area) ** 0.5)
        image, (left, top, *_), whole = pdf.part(number, box, dpi=dpi)
        pixels = np.frombuffer(image.pixels, dtype=np.uint8).reshape(image.height, image.width)
        if attempt:
            # only what seems to differ is read again: to look for struck words takes as long as to read the page
            pixels = without_places(pixels, self._struck(pdf, number), whole=whole, offset=(left, top))
        return PagePart(pixels, whole, (left, top)).turned(turn)

    def _struck(self, pdf: PdfFile, number: int) -> list[PlaceOnPage]:
        """Places of the struck-out words of a page, which our text leaves out as well."""
        if self._found is None or self._found[0] != number:
            try:
                self._found = number, pdf.struck(number)
            except ParseError:
                self._found = number, []
        return self._found[1]


def without_places(
    pixels: Grey, places: Sequence[PlaceOnPage], *, whole: tuple[int, int], offset: tuple[int, int]
) -> Grey:
    """The part of a page of `whole` pixels with the ground in some places (fractions of the page)."""
    cleaned = pixels.copy() if places else pixels
    for place in places:
        left, top = (int(side * size) - edge for side, size, edge in zip(place[:2], whole, offset, strict=True))
        right, bottom = (
            math.ceil(side * size) - edge for side, size, edge in zip(place[2:], whole, offset, strict=True)
        )
        patch = cleaned[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        if patch.size:
            patch[:] = int(np.median(patch))
    return cleaned


class Recognisers:
    """A recogniser for each height, with East Asian characters and without; each starts when it is needed."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._started: dict[tuple[int, bool], Recogniser] = {}
        self.of(0, narrow=True)

    def of(self, attempt: int, *, narrow: bool) -> Recogniser:
        """The recogniser for an attempt."""
        wanted = HEIGHTS[attempt], narrow
        if wanted not in self._started:
            self._started[wanted] = Recogniser(threads=self._threads, height=HEIGHTS[attempt], narrow=narrow)
        return self._started[wanted]


def main() -> None:
    """Answer jobs until standard input ends."""
    serve(_prepare, verb="read")


def _prepare() -> "partial[Iterator[WireFrame]]":
    threads = int(sys.argv[1])
    cv2.setNumThreads(threads)
    return partial(_answer, Recognisers(threads), Pages())


def _answer(recognisers: Recognisers, pages: Pages, job: WireFrame) -> Iterator[WireFrame]:
    begun = process_time()
    fields = job.value()
    pages.open(fields["path"], fields["digest"])
    strips = _read(recognisers, pages, fields)
    yield WireFrame.of({"strips": strips, "seconds": process_time() - begun})


def _read(recognisers: Recognisers, pages: Pages, job: Any) -> list[dict[str, Any]]:
    """Readings of the strips, in order."""
    strips, attempt = job["strips"], job["attempt"]
    heights = [strip["box"][3] - strip["box"][1] for strip in strips]
    line = float(np.median(heights)) if heights else 1.0
    around = _around(strips, line)
    part = pages.part(job["number"], around, line=line, attempt=attempt, turn=job["turn"])
    # one strip a run: a batch would be padded to its widest
    return [_strip(recognisers, part, strip, attempt) for strip in strips]


def _around(strips: Sequence[Any], line: float) -> list[float]:
    sides = np.array(
        [
            [s["box"][0] - s["margins"][0], s["box"][1] - line, s["box"][2] + s["margins"][1], s["box"][3] + line]
            for s in strips
        ]
    )
    low, high = sides[:, :2].min(axis=0), sides[:, 2:].max(axis=0)
    return [*np.clip(low, 0, 1).tolist(), *np.clip(high, 0, 1).tolist()]


def _strip(recognisers: Recognisers, part: PagePart, strip: Any, attempt: int) -> dict[str, Any]:
    (width, height), offset = part.page, part.offset
    left, top, right, bottom = strip["box"]
    high = (bottom - top) * height
    window = Window(
        left * width - offset[0],
        top * height - offset[1],
        right * width - offset[0],
        bottom * height - offset[1],
        strip["margins"][0] * width,
        strip["margins"][1] * width,
        strip["blanks"][0] * high,
        strip["blanks"][1] * high,
    )
    piece = cut(part.picture, window, attempt=attempt)
    if not piece.ink or high < MIN_PIXELS or (not strip["characters"] and not piece.letters):
        return _result(piece, "", [], high)
    wide = round(piece.picture.shape[1] * WIDTH_BY_HEIGHT / piece.picture.shape[0])
    if strip["characters"]:
        wide = min(wide, max(COLUMNS_PER_CHARACTER[attempt] * (strip["characters"] + 4), 2 * WIDTH_BY_HEIGHT))
    line = recognisers.of(attempt, narrow=strip["narrow"]).read([piece.picture], width=wide)[0]
    return _result(piece, _parted(line, piece), line.confidences, high)


def _parted(line: RecognisedLine, piece: Cut) -> str:
    """The text of a line with a blank at each gap in its print."""
    # gaps are within the box, columns of characters within the picture with its margins
    places = [piece.box[0] + middle * (piece.box[1] - piece.box[0]) for middle in map(_middle, piece.gaps)]
    text = ""
    for at, (char, column) in enumerate(zip(line.text, line.columns, strict=True)):
        before = line.columns[at - 1] if at else column
        # columns of characters are exact to one: a blank that was read beside a gap is that of the gap
        if any(before < place <= column for place in places) and " " not in line.text[max(at - 2, 0) : at + 2]:
            text += " "
        text += char
    return text


def _middle(gap: tuple[float, float]) -> float:
    return (gap[0] + gap[1]) / 2


def _result(piece: Cut, text: str, confidences: Sequence[float], high: float) -> dict[str, Any]:
    return {
        "text": text,
        "confidences": [round(min(confidence, 1.0), 3) for confidence in confidences],
        "ink": round(piece.ink, 4),
        "letters": piece.letters,
        "gaps": piece.gaps,
        "pixels": round(high, 1),
    }


if __name__ == "__main__":
    main()
