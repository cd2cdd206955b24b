"""The characters PDFium finds on a page, as words with boxes on the page as a reader sees it."""

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError
from mistral_rag.schema import clean_text

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
_Spelled = tuple[str, int, int, bool]

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


class PageWords(NamedTuple):
    """The words of a page in PDFium's order, and whether they can be trusted.

    `boxes` is (n, 4): left, top, right, bottom in points from the top left corner of the page as a reader sees it.
    `runs` numbers PDFium's lines and `angles` is how each word is turned: 0, 90, 180 or 270 degrees clockwise,
    -1 for a slant. `spans` are PDFium's indices of each word's first and last character.
    """

    texts: list[str]
    boxes: Floats
    runs: Integers
    angles: Integers
    spans: list[tuple[int, int]]
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

    def boxes(self, ends: Floats) -> Floats:
        """The boxes of words as a reader sees them, from (n, 2, 4) of the first and last character."""
        a, b, c, d, e, f = self.matrix
        left, right = ends[:, :, 0].min(axis=1), ends[:, :, 2].max(axis=1)
        top, bottom = ends[:, :, 1].max(axis=1), ends[:, :, 3].min(axis=1)
        x0, x1 = a * left + c * bottom + e, a * right + c * top + e
        y0, y1 = b * left + d * bottom + f, b * right + d * top + f
        return np.stack([np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1)], axis=1)

    def shows(self, boxes: Floats) -> Booleans:
        """Whether any of each box lies on the page that a reader sees."""
        left, top, right, bottom = boxes.T
        shown: Booleans = (left < self.width) & (right > 0) & (top < self.height) & (bottom > 0)
        return shown


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


def read_words(text_page: Any, frame: Frame) -> PageWords:
    """The words that lie on what a reader sees of a page."""
    text, index = _characters(text_page)
    spelled = list(_spelled(text))
    ends = _measured(text_page, [(index[start], index[end - 1]) for _, start, end, _ in spelled])
    ends = _without_marks(text_page, index, spelled, ends)
    spans = [(index[start], index[end - 1]) for _, start, end, _ in spelled]
    fresh = np.array([word[3] for word in spelled], dtype=bool)
    texts = [word if word.isascii() else _cleaned(word) for word, *_ in spelled]
    boxes = frame.boxes(ends)
    words = PageWords(
        texts=texts,
        boxes=boxes,
        runs=np.cumsum(fresh),
        angles=_angles(text_page, frame, spans, fresh),
        spans=spans,
        visible=sum(map(len, text.split())),
        garbage=_garbage(text_page, text, spans),
    )
    there = frame.shows(boxes) & np.array([bool(word) for word in texts], dtype=bool)
    return words if there.all() else _only(words, np.flatnonzero(there))


def _only(words: PageWords, chosen: Integers) -> PageWords:
    at = chosen.tolist()
    return words._replace(
        texts=[words.texts[i] for i in at],
        boxes=words.boxes[chosen],
        runs=words.runs[chosen],
        angles=words.angles[chosen],
        spans=[words.spans[i] for i in at],
    )


def _spelled(text: str) -> Iterator[_Spelled]:
    """The words of a text, their start and end, and whether each begins a run."""
    fresh = True
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word[0] in "\r\n":
            fresh = True
        else:
            yield word, token.start(), token.end(), fresh
            # where a line ends in a hyphen, PDFium goes on without a line break
            fresh = word[-1] == HYPHEN


def _measured(text_page: Any, spans: Sequence[tuple[int, int]]) -> Floats:
    """Where the first and the last character of each word stand: (n, 2, 4) left, top, right, bottom, y upwards."""
    buffer = (pdfium.FS_RECTF * (2 * len(spans)))()
    for rectangle, at in zip(buffer, chain.from_iterable(spans), strict=True):
        pdfium.FPDFText_GetLooseCharBox(text_page, at, rectangle)
    return np.frombuffer(buffer, dtype=np.float32).reshape(-1, 2, 4).astype(np.float64)


def _without_marks(text_page: Any, index: Sequence[int], spelled: list[_Spelled], ends: Floats) -> Floats:
    """Part words in `spelled` from small raised marks at their end, which would lengthen a number; the new boxes."""
    apart: list[int] = []
    marks: list[tuple[int, int]] = []
    for number in reversed(np.flatnonzero(_is_raised(ends)).tolist()):
        word, start, end, fresh = spelled[number]
        cut = _mark_at(text_page, index, start, end) if word[0].isalnum() else end
        if cut < end and _MARK.search(word, cut - start):
            spelled[number : number + 1] = (
                (word[: cut - start], start, cut, fresh),
                (word[cut - start :], cut, end, True),
            )
            ends[number] = _measured(text_page, [(index[start], index[cut - 1])])[0]
            apart.append(number + 1)
            marks.append((index[cut], index[end - 1]))
    return np.insert(ends, apart, _measured(text_page, marks), axis=0) if apart else ends


def _is_raised(ends: Floats) -> Booleans:
    heights = ends[:, :, 1] - ends[:, :, 3]
    rise = ends[:, 1, 3] - ends[:, 0, 3]
    raised: Booleans = (heights[:, 1] < _SMALL * heights[:, 0]) & (rise > _RISE * heights[:, 0])
    return raised


def _mark_at(text_page: Any, index: Sequence[int], start: int, end: int) -> int:
    """Where the small raised characters at the end of a word begin; its end where it does not stand upright."""
    if pdfium.FPDFText_GetCharAngle(text_page, index[start]):
        return end
    raised = _is_raised(_measured(text_page, [(index[start], index[at]) for at in range(start, end)]))
    return start + 1 + int(np.flatnonzero(~raised)[-1])


def is_bold(text_page: Any, at: int) -> bool:
    """Whether the character with PDFium's index `at` is set in a bold face."""
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    pdfium.FPDFText_GetFontInfo(text_page, at, name, 128, ctypes.byref(flags))
    return bool(flags.value & _FORCE_BOLD) or _BOLD_NAME.search(name.value) is not None


def _angles(text_page: Any, frame: Frame, spans: Sequence[tuple[int, int]], fresh: Booleans) -> Integers:
    """How each word is turned; where the words at both ends of every run stand upright, so do all."""
    begins = np.flatnonzero(fresh)
    edges = {*begins.tolist(), *(begins - 1)[1:].tolist(), len(spans) - 1} if spans else set()
    turned = {at: pdfium.FPDFText_GetCharAngle(text_page, spans[at][0]) for at in edges}
    if frame.rotation == 0 and not any(turned.values()):
        return np.zeros(len(spans), dtype=np.int64)
    found = (pdfium.FPDFText_GetCharAngle(text_page, first) for first, _ in spans)
    return np.array([_quarter(frame.rotation + math.degrees(max(angle, 0.0))) for angle in found], dtype=np.int64)


def _quarter(degrees: float) -> int:
    near = round(degrees / 90) * 90
    return near % 360 if abs(degrees - near) < _SKEW else -1


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


def _garbage(text_page: Any, text: str, spans: Sequence[tuple[int, int]]) -> float:
    """The share of visible characters without a meaning; what costs a call each is measured on a sample."""
    visible = sum(map(len, text.split()))
    meaningless = len(_MEANINGLESS.findall(text))
    sample = spans[:: 1 + len(spans) // _SAMPLE]
    unmapped: int = sum(pdfium.FPDFText_HasUnicodeMapError(text_page, first) == 1 for first, _ in sample)
    return min(1.0, meaningless / max(visible, 1) + unmapped / max(len(sample), 1))
