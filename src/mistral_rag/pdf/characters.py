"""The characters PDFium finds on a page, as words with boxes on the page as a reader sees it."""

import ctypes
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

from mistral_rag.schema import clean_text

HYPHEN = "\ufffe"
"""PDFium's mark for a hyphen at the end of a line, soft or hard."""

_TOKEN = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f\ufffe\uffff]+{HYPHEN}?|[\r\n]+")
_LINE_END = re.compile(f"[\r\n{HYPHEN}]")
_MEANINGLESS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd\uffff\U000f0000-\U0010ffff]"
)
_WIDE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_SAMPLE = 300
_SKEW = 3.0
_FORCE_BOLD = 1 << 18
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold|demi", re.IGNORECASE)


class Quad(NamedTuple):
    """A box in points; the origin is the top left corner of the page as a reader sees it."""

    left: float
    top: float
    right: float
    bottom: float


class Glyphs(NamedTuple):
    """A word: its text, its box, and the number of PDFium's run it belongs to."""

    text: str
    box: Quad
    run: int


class Run(NamedTuple):
    """What the words of one of PDFium's lines share; `angle` is 0, 90, 180 or 270 degrees clockwise, or -1."""

    angle: int
    bold: bool


class PageText(NamedTuple):
    """All words of a page in PDFium's order, with what tells whether they can be trusted."""

    words: list[Glyphs]
    runs: list[Run]
    visible: int
    garbage: float


class Frame(NamedTuple):
    """Maps PDFium's page coordinates to points on the page as a reader sees it, rotation and crop applied."""

    width: float
    height: float
    rotation: int
    matrix: tuple[float, float, float, float, float, float]

    @classmethod
    def of(cls, page: Any) -> "Frame":
        """The frame of a loaded page."""
        width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
        reach, size = 1000.0, 1_000_000
        x, y = ctypes.c_int(), ctypes.c_int()
        points = []
        for across, up in ((0.0, 0.0), (reach, 0.0), (0.0, reach)):
            pdfium.FPDF_PageToDevice(page, 0, 0, size, size, 0, across, up, ctypes.byref(x), ctypes.byref(y))
            points.append((x.value / size * width, y.value / size * height))
        (e, f), (ax, ay), (bx, by) = points
        a, b, c, d = (ax - e) / reach, (ay - f) / reach, (bx - e) / reach, (by - f) / reach
        return cls(width, height, pdfium.FPDFPage_GetRotation(page) * 90, (a, b, c, d, e, f))

    def box(self, left: float, bottom: float, right: float, top: float) -> Quad:
        """A box of PDFium's page coordinates (y upwards) as a reader sees it."""
        a, b, c, d, e, f = self.matrix
        x0, x1 = a * left + c * bottom + e, a * right + c * top + e
        y0, y1 = b * left + d * bottom + f, b * right + d * top + f
        return Quad(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def read_words(page: Any, frame: Frame) -> PageText:
    """The words of a loaded page that lie on what a reader sees of it."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return PageText([], [], 0, 0.0)
    try:
        return _read(text_page, frame)
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def _read(text_page: Any, frame: Frame) -> PageText:
    text, index = _characters(text_page)
    words: list[Glyphs] = []
    runs: list[Run] = []
    fresh = True
    for token in _TOKEN.finditer(text):
        if token[0][0] in "\r\n":
            fresh = True
            continue
        first, last = index[token.start()], index[token.end() - 1]
        angle = _angle(text_page, first, frame)
        if fresh or angle != runs[-1].angle:
            end = index[_end_of_line(text, token.end())]
            runs.append(Run(angle, _is_bold(text_page, first) and _is_bold(text_page, end)))
        box = frame.box(*_extent(text_page, first, last))
        fresh = token[0][-1] == HYPHEN
        word = _cleaned(token[0])
        if word and box.left < frame.width and box.right > 0 and box.top < frame.height and box.bottom > 0:
            words.append(Glyphs(word, box, len(runs) - 1))
    seen = [at for at, character in enumerate(text) if not character.isspace()]
    return PageText(words, runs, len(seen), _garbage(text_page, text, index, seen))


def _characters(text_page: Any) -> tuple[str, range | list[int]]:
    """The page's text as code points, and PDFium's index of each.

    PDFium's bulk text leaves out control characters and counts an astral character twice. Where it has
    neither, it is as long as the page has characters and each stands at its own index: one call is enough.
    """
    count = max(pdfium.FPDFText_CountChars(text_page), 0)
    buffer = (ctypes.c_ushort * (2 * count + 2))()
    written = pdfium.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(memoryview(buffer).cast("B")[: 2 * max(written - 1, 0)]).decode("utf-16-le", "surrogatepass")
    if len(text) == count and not _WIDE.search(text):
        return text, range(count)
    points = list(_code_points(text_page, count))
    return "".join(character for character, _ in points), [at for _, at in points]


def _code_points(text_page: Any, count: int) -> Iterator[tuple[str, int]]:
    high = 0
    for at in range(count):
        value = pdfium.FPDFText_GetUnicode(text_page, at)
        if high and 0xDC00 <= value < 0xE000:
            yield chr(0x10000 + ((high - 0xD800) << 10) + value - 0xDC00), at
            high = 0
            continue
        high = value if 0xD800 <= value < 0xDC00 else 0
        if high:
            continue
        if value == 2 and pdfium.FPDFText_IsHyphen(text_page, at) == 1:
            yield HYPHEN, at
        else:
            yield (chr(value) if 0 < value < 0x110000 else "\x01"), at


def _extent(text_page: Any, first: int, last: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the characters from `first` to `last`, in PDFium's coordinates."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text_page, first, box)
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    if last != first:
        pdfium.FPDFText_GetLooseCharBox(text_page, last, box)
        left, right = min(left, box.left), max(right, box.right)
        bottom, top = min(bottom, box.bottom), max(top, box.top)
    return left, bottom, right, top


def _angle(text_page: Any, at: int, frame: Frame) -> int:
    """How a character is turned on the page as a reader sees it; a skewed one is -1."""
    turned = (frame.rotation + math.degrees(max(pdfium.FPDFText_GetCharAngle(text_page, at), 0.0))) % 360
    return next((a for a in (0, 90, 180, 270) if abs((turned - a + 180) % 360 - 180) < _SKEW), -1)


def _end_of_line(text: str, at: int) -> int:
    """Where the last visible character of the line stands that goes on at `at`."""
    end = _LINE_END.search(text, at)
    return at - 1 + len(text[at : end.start() if end else None].rstrip())


def _is_bold(text_page: Any, at: int) -> bool:
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text_page, at, name, 128, ctypes.byref(flags))
    return bool(flags.value & _FORCE_BOLD) or _BOLD_NAME.search(name.value) is not None


def _cleaned(word: str) -> str:
    if word.isascii():
        return word
    if word[-1] in (HYPHEN, "\u00ad"):
        word = word[:-1] + "-"
    return clean_text(word.translate(_INVISIBLE))


def _garbage(text_page: Any, text: str, index: range | list[int], seen: list[int]) -> float:
    """The share of visible characters without a meaning; what costs a call each is measured on a sample."""
    if not seen:
        return 0.0
    meaningless = {found.start() for found in _MEANINGLESS.finditer(text)}
    known = [at for at in seen if at not in meaningless]
    sample = known[:: 1 + len(known) // _SAMPLE]
    unmapped: int = sum(pdfium.FPDFText_HasUnicodeMapError(text_page, index[at]) == 1 for at in sample)
    return 1 - len(known) / len(seen) * (1 - unmapped / max(len(sample), 1))
