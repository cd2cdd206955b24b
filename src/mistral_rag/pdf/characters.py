"""The characters PDFium finds on a page, as words with boxes on the page as a reader sees it."""

import ctypes
import math
import re
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError
from mistral_rag.schema import clean_text

Floats = npt.NDArray[np.float64]

HYPHEN = "\ufffe"
"""PDFium's mark for a hyphen at the end of a line, soft or hard."""

_TOKEN = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f\ufffe\uffff]+{HYPHEN}?|[\r\n]+")
_MEANINGLESS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd\uffff\U000f0000-\U0010ffff]"
)
_WIDE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_SAMPLE = 300
_SKEW = 3.0
_MARK = re.compile(r"[^\W_]|[*†‡§®™]")
_SMALL = 0.8
_RISE = 0.2
_FORCE_BOLD = 1 << 18
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold|demi", re.IGNORECASE)


class Quad(NamedTuple):
    """A box in points; the origin is the top left corner of the page as a reader sees it."""

    left: float
    top: float
    right: float
    bottom: float


class Glyphs(NamedTuple):
    """A word as printed.

    `box` is where it stands; `upright` the same in a page turned so that the word runs to the right. `run` numbers
    PDFium's lines, `first` and `last` are PDFium's indices of its characters.
    """

    text: str
    box: Quad
    upright: Quad
    run: int
    first: int
    last: int


class PageText(NamedTuple):
    """All words of a page in PDFium's order, with what tells whether they can be trusted.

    `angles` has one entry a run: 0, 90, 180 or 270 degrees clockwise, or -1 for a slant.
    """

    words: list[Glyphs]
    angles: list[int]
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

    def quads(self, ends: Floats) -> list[Quad]:
        """The boxes of words as a reader sees them, from (n, 2, 4) of the first and last character."""
        a, b, c, d, e, f = self.matrix
        left, right = ends[:, :, 0].min(axis=1), ends[:, :, 2].max(axis=1)
        top, bottom = ends[:, :, 1].max(axis=1), ends[:, :, 3].min(axis=1)
        x = np.sort([a * left + c * bottom + e, a * right + c * top + e], axis=0)
        y = np.sort([b * left + d * bottom + f, b * right + d * top + f], axis=0)
        return list(map(Quad._make, np.stack([x[0], y[0], x[1], y[1]], axis=1).tolist()))

    def shows(self, box: Quad) -> bool:
        """Whether any of a box lies on the page that a reader sees."""
        return box.left < self.width and box.right > 0 and box.top < self.height and box.bottom > 0


@contextmanager
def text_of(page: Any) -> Iterator[Any]:
    """The text of a loaded page, as PDFium holds it; raises ParseError when there is none."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        raise ParseError("the page's text can't be read")
    try:
        yield text_page
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def read_words(text_page: Any, frame: Frame) -> PageText:
    """The words that lie on what a reader sees of a page."""
    text, index = _characters(text_page)
    spelled = list(_spelled(text))
    spans = [(index[word.start], index[word.end - 1]) for word in spelled]
    ends = _measured(text_page, spans)
    if raised := _raised(ends):
        spelled = list(_parted(text_page, text, index, spelled, raised))
        spans = [(index[word.start], index[word.end - 1]) for word in spelled]
        ends = _measured(text_page, spans)
    compass = _Compass(text_page, frame)
    words: list[Glyphs] = []
    angles: list[int] = []
    for word, (first, last), box in zip(spelled, spans, frame.quads(ends), strict=True):
        angle = compass.angle(first)
        if word.fresh or angle != angles[-1]:
            angles.append(angle)
        clean = word.text if word.text.isascii() else _cleaned(word.text)
        if clean and frame.shows(box):
            words.append(Glyphs(clean, box, _upright(box, angle) if angle > 0 else box, len(angles) - 1, first, last))
    return PageText(words, angles, *_quality(text_page, text, index))


class _Spelled(NamedTuple):
    """A word of PDFium's text, and whether it begins a run."""

    text: str
    start: int
    end: int
    fresh: bool


def _spelled(text: str) -> Iterator[_Spelled]:
    fresh = True
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word[0] in "\r\n":
            fresh = True
        else:
            yield _Spelled(word, token.start(), token.end(), fresh)
            # where a line ends in a hyphen, PDFium goes on without a line break
            fresh = word[-1] == HYPHEN


def _measured(text_page: Any, spans: Sequence[tuple[int, int]]) -> Floats:
    """Where the first and the last character of each word stand: (n, 2, 4) left, top, right, bottom, y upwards."""
    buffer = (pdfium.FS_RECTF * (2 * len(spans)))()
    for rectangle, at in zip(buffer, chain.from_iterable(spans), strict=True):
        pdfium.FPDFText_GetLooseCharBox(text_page, at, rectangle)
    return np.frombuffer(buffer, dtype=np.float32).reshape(-1, 2, 4).astype(np.float64)


def _raised(ends: Floats) -> frozenset[int]:
    """The words that end in small raised characters: marks of footnotes, which would lengthen a number."""
    heights = ends[:, :, 1] - ends[:, :, 3]
    rise = ends[:, 1, 3] - ends[:, 0, 3]
    small = (heights[:, 1] < _SMALL * heights[:, 0]) & (rise > _RISE * heights[:, 0])
    return frozenset(np.flatnonzero(small).tolist())


def _parted(
    text_page: Any, text: str, index: Sequence[int], spelled: list[_Spelled], raised: Set[int]
) -> Iterator[_Spelled]:
    for number, word in enumerate(spelled):
        if (
            number not in raised
            or not word.text[0].isalnum()
            or pdfium.FPDFText_GetCharAngle(text_page, index[word.start])
        ):
            yield word
            continue
        characters = _measured(text_page, [(index[word.start], index[at]) for at in range(word.start, word.end)])
        full = [at for at in range(len(characters)) if not _raised(characters[at : at + 1])]
        cut = word.start + full[-1] + 1
        if _MARK.search(text, cut, word.end):
            yield _Spelled(text[word.start : cut], word.start, cut, word.fresh)
            yield _Spelled(text[cut : word.end], cut, word.end, fresh=True)
        else:
            yield word


def is_bold(text_page: Any, at: int) -> bool:
    """Whether the character with PDFium's index `at` is set in a bold face."""
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text_page, at, name, 128, ctypes.byref(flags))
    return bool(flags.value & _FORCE_BOLD) or _BOLD_NAME.search(name.value) is not None


class _Compass:
    """How characters of one page are turned."""

    def __init__(self, text_page: Any, frame: Frame) -> None:
        self._text_page = text_page
        self._rotation = frame.rotation
        self._last = -1.0, 0

    def angle(self, at: int) -> int:
        """Degrees clockwise on the page as a reader sees it: 0, 90, 180, 270, or -1 for a slant."""
        found = pdfium.FPDFText_GetCharAngle(self._text_page, at)
        if found != self._last[0]:
            turned = (self._rotation + math.degrees(max(found, 0.0))) % 360
            near = (a for a in (0, 90, 180, 270) if abs((turned - a + 180) % 360 - 180) < _SKEW)
            self._last = found, next(near, -1)
        return self._last[1]


def _upright(box: Quad, angle: int) -> Quad:
    left, top, right, bottom = box
    if angle == 90:
        return Quad(top, -right, bottom, -left)
    if angle == 180:
        return Quad(-right, -bottom, -left, -top)
    return Quad(-bottom, left, -top, right)


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


def _cleaned(word: str) -> str:
    if word[-1] in (HYPHEN, "\u00ad"):
        word = word[:-1] + "-"
    return clean_text(word.translate(_INVISIBLE))


def _quality(text_page: Any, text: str, index: range | list[int]) -> tuple[int, float]:
    """How many characters are visible, and the share of them without a meaning.

    What costs a call each is measured on a sample.
    """
    visible = sum(map(len, text.split()))
    if not visible:
        return 0, 0.0
    meaningless = len(_MEANINGLESS.findall(text))
    sample = [token.start() for token in _TOKEN.finditer(text) if token[0] > " "]
    sample = sample[:: 1 + len(sample) // _SAMPLE]
    unmapped = sum(pdfium.FPDFText_HasUnicodeMapError(text_page, index[at]) == 1 for at in sample)
    return visible, min(1.0, meaningless / visible + (unmapped / len(sample) if sample else 0.0))
