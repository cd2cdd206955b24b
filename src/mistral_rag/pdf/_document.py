"""An open PDF file and its pages: text, word boxes, labels. PDFium is not thread-safe: one thread per process."""

import ctypes
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError
from mistral_rag.pdf._annotations.files import AttachedFile, attached_files
from mistral_rag.pdf._annotations.printed import Annotations, FormEnvironment, attachments_of
from mistral_rag.pdf._annotations.values import with_values
from mistral_rag.pdf._characters import PageWords, bold_ends, read_words, text_of
from mistral_rag.pdf._forms.boxed import boxed
from mistral_rag.pdf._forms.charts import charted
from mistral_rag.pdf._forms.stacked import restacked
from mistral_rag.pdf._fractions import with_fractions
from mistral_rag.pdf._geometry import Floats, Integers, PageTransform, Rectangle
from mistral_rag.pdf._hidden.actual import drop_untrue_text
from mistral_rag.pdf._hidden.drawing import Drawing
from mistral_rag.pdf._images import PageImage, PixelBox, image_size, ink_of, render
from mistral_rag.pdf._layout import LineLayout, lines_of
from mistral_rag.pdf._left_out import LeftOut, left_out
from mistral_rag.pdf._native import address_of, loose_boxes
from mistral_rag.pdf._regions import frames_of
from mistral_rag.pdf._sheet import SPARSE, PrintedLine, Sheet
from mistral_rag.pdf._tables.rulings import Rulings, rulings_of
from mistral_rag.pdf._ticks import with_ticks
from mistral_rag.pdf._trust.fonts import DocumentFonts, WrongFont
from mistral_rag.pdf._unlocking import LOCKED
from mistral_rag.pdf._unstruck import struck_places, without_struck
from mistral_rag.schema import WordBoxes, clean_text

_REASONS = {
    pdfium.FPDF_ERR_FILE: "the file can't be opened",
    pdfium.FPDF_ERR_FORMAT: "this is not a PDF, or it is damaged beyond reading",
    pdfium.FPDF_ERR_PASSWORD: LOCKED,
    pdfium.FPDF_ERR_SECURITY: "the PDF is encrypted in a way that can't be read",
}
_UNKNOWN = "the PDF can't be read"

_MAX_PIXELS = 1_000_000_000
"""Pixels of a page of which a part is drawn: PDFium counts in 32 bits, and memory is taken for the part alone."""


class PdfFile:
    """An open PDF, a context manager; raises ParseError when it can't be read."""

    def __init__(self, file: Path | bytes) -> None:
        self.file = file
        self._document: Any = None
        self._forms: FormEnvironment | None = None
        self._annotations: dict[int, Annotations] = {}
        self._fonts = DocumentFonts()

    def __enter__(self) -> Self:
        if isinstance(self.file, bytes):
            # PDFium reads from these bytes until the document is closed; `self.file` keeps them
            self._document = pdfium.FPDF_LoadMemDocument64(self.file, len(self.file), None)
        else:
            self._document = pdfium.FPDF_LoadDocument(os.fsencode(self.file), None)
        if not self._document:
            raise ParseError(_REASONS.get(pdfium.FPDF_GetLastError(), _UNKNOWN))
        self._forms = FormEnvironment(self._document)
        self._fonts.open(self._document)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._forms is not None:
            self._forms.close()
        self._fonts.close()
        pdfium.FPDF_CloseDocument(self._document)
        self._document, self._forms = None, None
        self._annotations.clear()

    def __len__(self) -> int:
        return int(max(pdfium.FPDF_GetPageCount(self._document), 0))

    def label(self, number: int) -> str:
        """Label that the file gives to page `number` (from 1), empty when it gives none."""
        size = pdfium.FPDF_GetPageLabel(self._document, number - 1, None, 0)
        if size <= 2:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetPageLabel(self._document, number - 1, buffer, size)
        return _decoded(buffer.raw)

    def metadata(self, key: str) -> str:
        """Entry of the document information (Title, Author, CreationDate, …), empty when absent."""
        size = pdfium.FPDF_GetMetaText(self._document, key.encode(), None, 0)
        if size <= 2:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetMetaText(self._document, key.encode(), buffer, size)
        return _decoded(buffer.raw)

    def sheet(self, number: int) -> Sheet:
        """Read page `number` (from 1) as printed lines; raises ParseError when PDFium can't load it."""
        with self._page(number) as page, self._text_of(page) as (drawing, text_page):
            transform = PageTransform.of(page)
            annotations = self._annotations.get(number, Annotations())
            words = with_values(read_words(page, text_page, transform, drawing), annotations.values, transform)
            words = with_fractions(
                words,
                transform.boxes(drawing.path_boxes[:, None].astype(np.float64)),
                lambda characters: transform.boxes(loose_boxes(text_page, characters).reshape(-1, 1, 4)),
            )
            looked = self._fonts.look(number, text_page, words.texts, words.spans)
            rulings = cache(lambda: rulings_of(drawing, transform))
            words = with_ticks(words, rulings)
            frames = cache(lambda: frames_of(rulings()))
            lines = without_struck(lines_of(words, frames=frames), words)

            def built(lines: list[LineLayout]) -> Sheet:
                boxes, printed, bold = _positions(text_page, words, lines, transform)
                return Sheet(
                    number=number,
                    width=transform.width,
                    height=transform.height,
                    text=_joined_text(words.texts, lines),
                    words=boxes,
                    lines=printed,
                    visible=words.visible,
                    garbage=words.garbage,
                    ink=ink_of(page) if words.visible < SPARSE else 0.0,
                    hidden=words.hidden,
                    rulings=rulings() if sum(line.cells > 1 for line in lines) > 1 else Rulings(),
                    unjudged=looked.unjudged,
                    undrawn=looked.undrawn,
                    comments=annotations.comments,
                    files=annotations.files,
                    bold=bold,
                )

            sheet = built(lines)
            drawn = sum(line.cells > 1 for line in lines) > 1
            changed = (drawn and (boxed(sheet, lines, rulings()) or charted(sheet, lines, rulings()))) or restacked(
                sheet, lines
            )
            return sheet if changed is None else built(changed.lines)._replace(fields=changed.fields)

    def wrong_fonts(self) -> dict[int, WrongFont]:
        """Pages among those read whose text is not what a font draws, each with the font."""
        return self._fonts.wrong()

    def attachments(self) -> int:
        """Number of files that the document carries."""
        return attachments_of(self._document)

    def attached_files(self) -> Iterator[AttachedFile]:
        """The files that the document and its pages carry, one after the other."""
        return attached_files(self._document)

    def left_out(self, number: int) -> tuple[LeftOut, ...]:
        """The runs of characters on page `number` (from 1) that nobody sees and `Sheet.hidden` counts.

        The page is read once more, and each character is compared with it: for a look at a page, not for a build.
        """
        sheet = self.sheet(number)
        if not sheet.hidden:
            return ()
        with self._page(number) as page, self._text_of(page) as (_, text_page):
            return left_out(text_page, PageTransform.of(page), sheet.text, sheet.words)

    def struck(self, number: int) -> list[tuple[float, float, float, float]]:
        """Places of the words on page `number` (from 1) that are struck out: left, top, right, bottom in fractions."""
        with self._page(number) as page, self._text_of(page) as (drawing, text_page):
            transform = PageTransform.of(page)
            places = struck_places(read_words(page, text_page, transform, drawing), transform)
            return [(place.left, place.top, place.right, place.bottom) for place in places]

    def size(self, number: int) -> tuple[float, float]:
        """Width and height of page `number` (from 1) in points, as a reader sees it."""
        with self._page(number) as page:
            return float(pdfium.FPDF_GetPageWidthF(page)), float(pdfium.FPDF_GetPageHeightF(page))

    def image(self, number: int, *, dpi: float, grey: bool = False) -> PageImage:
        """Render page `number` (from 1) as a reader sees it."""
        with self._page(number) as page:
            return render(page, dpi=dpi, grey=grey)

    def part(self, number: int, box: Sequence[float], *, dpi: float) -> tuple[PageImage, PixelBox, tuple[int, int]]:
        """Render in grey the part of page `number` (from 1) within `box`: left, top, right, bottom in fractions of it.

        Gives the image, its place in that of the whole page, and the size of the latter, in pixels.
        """
        with self._page(number) as page:
            whole = image_size(page, dpi=dpi, max_pixels=_MAX_PIXELS)
            left, top = (int(side * size) for side, size in zip(box[:2], whole, strict=True))
            right, bottom = (math.ceil(side * size) for side, size in zip(box[2:], whole, strict=True))
            window = (left, top, max(right, left + 1), max(bottom, top + 1))
            return render(page, dpi=dpi, grey=True, window=window, max_pixels=_MAX_PIXELS), window, whole

    @contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        page = self._loaded(number)
        if self._forms is not None and number not in self._annotations:
            annotations = self._annotations[number] = self._forms.look_at(page)
            if annotations.prints and self._forms.draw_into(page):
                pdfium.FPDF_ClosePage(page)
                page = self._loaded(number)
        try:
            yield page
        finally:
            pdfium.FPDF_ClosePage(page)

    @contextmanager
    def _text_of(self, page: Any) -> Iterator[tuple[Drawing, Any]]:
        """The drawing of a loaded page, and its text as the letters have it."""
        drawing = Drawing.of(address_of(page))
        drop_untrue_text(self._document, page, drawing)
        with text_of(page) as text_page:
            yield drawing, text_page

    def _loaded(self, number: int) -> Any:
        page = pdfium.FPDF_LoadPage(self._document, number - 1)
        if not page:
            raise ParseError("the page is damaged and can't be read")
        return page


def _joined_text(texts: Sequence[str], lines: list[LineLayout]) -> str:
    """Text of the page, one line a printed line."""
    return "\n".join(
        "".join([joint + texts[word] for joint, word in zip(line.joints, line.words, strict=True)]) for line in lines
    )


def _positions(
    text_page: Any, words: PageWords, lines: list[LineLayout], transform: PageTransform
) -> tuple[WordBoxes, tuple[PrintedLine, ...], tuple[tuple[int, int], ...]]:
    """Offsets and boxes of the words and lines of a page's text, and its bold letters where lines have others too."""
    if not lines:
        return WordBoxes(), (), ()
    order = [word for line in lines for word in line.words]
    # the separators before the words; a line begins with a newline, the first with nothing
    gaps = np.array([len(joint) for line in lines for joint in ("\n", *line.joints[1:])])
    gaps[0] = 0
    lengths = np.array([len(words.texts[word]) for word in order])
    ends = np.cumsum(gaps + lengths)
    starts = ends - lengths
    size = transform.width or 1, transform.height or 1
    boxes = words.boxes[order] / (size * 2)
    firsts = np.cumsum([0, *(len(line.words) for line in lines[:-1])])
    lows = np.minimum.reduceat(boxes[:, :2], firsts).tolist()
    highs = np.maximum.reduceat(boxes[:, 2:], firsts).tolist()
    spans = zip(starts[firsts].tolist(), ends[[*(firsts[1:] - 1), -1]].tolist(), strict=True)
    weights = bold_ends(text_page, [_ends(words, line) for line in lines])
    bold = [first and last for first, last in weights]
    # a label is bold and stands first, or beside the value in another box
    mixed = [
        at
        for at, (line, (first, last)) in enumerate(zip(lines, weights, strict=True))
        if (first and not last) or ((first or last) and line.cells > 1)
    ]
    stretches = _bold_stretches(text_page, words, [(lines[at], int(firsts[at])) for at in mixed], starts, ends)
    printed = (
        PrintedLine(
            start=start,
            end=end,
            box=Rectangle(*low, *high),
            height=line.height,
            bold=is_bold,
            cells=line.cells,
            upright=line.upright,
            region=line.region,
            kind=line.kind,
        )
        for line, (start, end), low, high, is_bold in zip(lines, spans, lows, highs, bold, strict=True)
    )
    return _packed(starts, ends, boxes), tuple(printed), stretches


def _bold_stretches(
    text_page: Any, words: PageWords, lines: Sequence[tuple[LineLayout, int]], starts: Integers, ends: Integers
) -> tuple[tuple[int, int], ...]:
    """Starts and ends of the bold words of some lines, each with the place of its first word in the page's order."""
    found: list[tuple[int, int]] = []
    for line, first in lines:
        weights = bold_ends(text_page, [words.spans[word] for word in line.words])
        places = range(first, first + len(line.words))
        spans = [(int(starts[at]), int(ends[at])) for at, (a, b) in zip(places, weights, strict=True) if a and b]
        found += spans if len(spans) < len(line.words) else ()
    return tuple(found)


def _ends(words: PageWords, line: LineLayout) -> tuple[int, int]:
    """PDFium's indices of the first and the last character of a line."""
    return words.spans[line.words[0]][0], words.spans[line.words[-1]][1]


def _packed(starts: Integers, ends: Integers, boxes: Floats) -> WordBoxes:
    """Pack as `WordBoxes.pack` does, ten times as fast."""
    records = np.empty(len(starts), dtype=[("start", "<u4"), ("end", "<u4"), ("box", "<u2", 4)])
    records["start"], records["end"] = starts, ends
    records["box"] = np.rint(np.clip(boxes, 0, 1) * WordBoxes.SCALE)
    return WordBoxes(records.tobytes())


def _decoded(raw: bytes) -> str:
    return clean_text(raw.decode("utf-16-le", "replace").rstrip("\0")).strip()
