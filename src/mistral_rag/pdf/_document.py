"""A PDF file as pages: text, word boxes, labels. PDFium is not thread-safe: one thread per process."""

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError
from mistral_rag.pdf._characters import Floats, Frame, Integers, PageWords, Quad, is_bold, read_words, text_of
from mistral_rag.pdf._images import PageImage, ink_of, render
from mistral_rag.pdf._layout import Line, lines_of
from mistral_rag.schema import WordBoxes, clean_text

_REASONS = {
    pdfium.FPDF_ERR_FILE: "the file can't be opened",
    pdfium.FPDF_ERR_FORMAT: "this is not a PDF, or it is damaged beyond reading",
    pdfium.FPDF_ERR_PASSWORD: "the PDF is encrypted and needs a password",
    pdfium.FPDF_ERR_SECURITY: "the PDF is encrypted in a way that can't be read",
}
_UNKNOWN = "the PDF can't be read"

SPARSE = 100
"""A page with fewer visible characters than this is looked at: its text may be in a picture."""


class PrintedLine(NamedTuple):
    """A line of a page's text: where it stands, in the text and (in fractions) on the page, and how it looks."""

    start: int
    end: int
    box: Quad
    height: float
    bold: bool
    cells: int
    upright: bool


class Sheet(NamedTuple):
    """A page as PDFium gives it, before it is known what its lines are.

    `visible` counts characters that are no white space, `garbage` is the share of them without a meaning,
    `ink` the share of dark pixels (0 where there is enough text not to ask).
    """

    number: int
    width: float
    height: float
    text: str
    words: WordBoxes
    lines: tuple[PrintedLine, ...]
    visible: int
    garbage: float
    ink: float


class PdfFile:
    """An open PDF, a context manager; raises ParseError when it can't be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._document: Any = None

    def __enter__(self) -> Self:
        self._document = pdfium.FPDF_LoadDocument(os.fsencode(self.path), None)
        if not self._document:
            raise ParseError(_REASONS.get(pdfium.FPDF_GetLastError(), _UNKNOWN))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pdfium.FPDF_CloseDocument(self._document)
        self._document = None

    def __len__(self) -> int:
        return int(max(pdfium.FPDF_GetPageCount(self._document), 0))

    def label(self, number: int) -> str:
        """The label the file gives to page `number` (from 1), empty when it gives none."""
        size = pdfium.FPDF_GetPageLabel(self._document, number - 1, None, 0)
        if size <= 2:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetPageLabel(self._document, number - 1, buffer, size)
        return _decoded(buffer.raw)

    def metadata(self, key: str) -> str:
        """An entry of the document information (Title, Author, CreationDate, …), empty when absent."""
        size = pdfium.FPDF_GetMetaText(self._document, key.encode(), None, 0)
        if size <= 2:
            return ""
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDF_GetMetaText(self._document, key.encode(), buffer, size)
        return _decoded(buffer.raw)

    def sheet(self, number: int) -> "Sheet":
        """Page `number` (from 1) as printed lines; raises ParseError when PDFium can't load it."""
        with self._page(number) as page, text_of(page) as text_page:
            frame = Frame.of(page)
            words = read_words(text_page, frame)
            lines = lines_of(words)
            boxes, printed = _placed(text_page, words, lines, frame)
            return Sheet(
                number=number,
                width=frame.width,
                height=frame.height,
                text=_printed(words.texts, lines),
                words=boxes,
                lines=printed,
                visible=words.visible,
                garbage=words.garbage,
                ink=ink_of(page) if words.visible < SPARSE else 0.0,
            )

    def size(self, number: int) -> tuple[float, float]:
        """Width and height of page `number` (from 1) in points, as a reader sees it."""
        with self._page(number) as page:
            return float(pdfium.FPDF_GetPageWidthF(page)), float(pdfium.FPDF_GetPageHeightF(page))

    def image(self, number: int, *, dpi: float, grey: bool = False) -> PageImage:
        """A picture of page `number` (from 1) as a reader sees it."""
        with self._page(number) as page:
            return render(page, dpi=dpi, grey=grey)

    @contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        page = pdfium.FPDF_LoadPage(self._document, number - 1)
        if not page:
            raise ParseError("the page is damaged and can't be read")
        try:
            yield page
        finally:
            pdfium.FPDF_ClosePage(page)


def _printed(texts: Sequence[str], lines: list[Line]) -> str:
    """The page's text, one line a printed line."""
    return "\n".join(
        "".join([joint + texts[word] for joint, word in zip(line.joints, line.words, strict=True)]) for line in lines
    )


def _placed(
    text_page: Any, words: PageWords, lines: list[Line], frame: Frame
) -> tuple[WordBoxes, tuple[PrintedLine, ...]]:
    """Where the words and lines of a page's text are, in the text and on the page."""
    if not lines:
        return WordBoxes(), ()
    order = [word for line in lines for word in line.words]
    # before a word stands its joint, and a newline where it begins a line
    gaps = np.array([len(joint) for line in lines for joint in ("\n", *line.joints[1:])])
    gaps[0] = 0
    lengths = np.array([len(words.texts[word]) for word in order])
    ends = np.cumsum(gaps + lengths)
    starts = ends - lengths
    size = frame.width or 1, frame.height or 1
    boxes = words.boxes[order] / (size * 2)
    firsts = np.cumsum([0, *(len(line.words) for line in lines[:-1])])
    low = np.minimum.reduceat(boxes[:, :2], firsts).tolist()
    high = np.maximum.reduceat(boxes[:, 2:], firsts).tolist()
    spans = zip(starts[firsts].tolist(), ends[[*(firsts[1:] - 1), -1]].tolist(), strict=True)
    printed = (
        PrintedLine(
            start=start,
            end=end,
            box=Quad(*least, *most),
            height=line.height,
            bold=is_bold(text_page, words.spans[line.words[0]][0])
            and is_bold(text_page, words.spans[line.words[-1]][1]),
            cells=line.cells,
            upright=line.upright,
        )
        for line, (start, end), least, most in zip(lines, spans, low, high, strict=True)
    )
    return _packed(starts, ends, boxes), tuple(printed)


def _packed(starts: Integers, ends: Integers, boxes: Floats) -> WordBoxes:
    """What `WordBoxes.pack` makes of the same, ten times as fast."""
    records = np.empty(len(starts), dtype=[("start", "<u4"), ("end", "<u4"), ("box", "<u2", 4)])
    records["start"], records["end"] = starts, ends
    records["box"] = np.rint(np.clip(boxes, 0, 1) * WordBoxes.SCALE)
    return WordBoxes(records.tobytes())


def _decoded(raw: bytes) -> str:
    return clean_text(raw.decode("utf-16-le", "replace").rstrip("\0")).strip()
