"""Words of a page, from PDFium's characters, with boxes on the page as a reader sees it."""

import ctypes
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError
from mistral_rag.pdf._geometry import Booleans, Floats, Integers, PageTransform
from mistral_rag.pdf._native import bound, loose_boxes
from mistral_rag.pdf._objects import objects_of
from mistral_rag.pdf._visibility import hidden_characters
from mistral_rag.schema import clean_text
from mistral_rag.text import drop_invisible

_Token = tuple[str, int, int, bool]

HYPHEN = "\ufffe"
"""PDFium's code point for a hyphen at the end of a line, soft or hard."""

_TOKEN = re.compile(rf"[^\s\x00-\x1f\x7f-\x9f\ufffe\uffff]+{HYPHEN}?|[\r\n]+")
_MEANINGLESS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd\uffff\U000f0000-\U0010ffff]"
)
_WIDE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_WORD = re.compile(r"\S+")
_MIN_HEIGHT = 2.0
"""Points; the smallest print that is meant to be read has 4, and on screens and paper 2 are a grey line."""
_MAX_SAMPLE = 300
"""Words whose mapping to Unicode is checked, a call each: enough for a share."""
_MAX_SKEW = 3.0
"""Degrees by which scanned and drawn text is off a right angle; beyond this it is set aslant on purpose."""
_MARK = re.compile(r"[^\W_]|[*†‡§®™]")
_MAX_RAISED_HEIGHT = 0.8
_MIN_RISE = 0.2
"""Superscripts are usually two thirds as high and raised by a third of the height; small capitals are not raised."""
_FORCE_BOLD = 1 << 18
"""Bit 19 of a font descriptor's flags (ISO 32000-1, table 123)."""
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold|demi", re.IGNORECASE)


_font_of = bound(pdfium.FPDFText_GetFontInfo, ctypes.c_ulong, 5)
_is_unmapped = bound(pdfium.FPDFText_HasUnicodeMapError, ctypes.c_int, 2)


class PageWords(NamedTuple):
    """Words of a page in PDFium's order, with two measures of how far they can be trusted.

    `boxes` is (n, 4): left, top, right, bottom in points from the top left corner of the page as a reader sees it.
    `runs` (n) numbers PDFium's lines; `angles` (n) is the rotation of each word: 0, 90, 180 or 270 degrees clockwise,
    -1 for any other. `spans` are PDFium's indices of each word's first and last character. `visible` counts the
    characters that are no white space, `garbage` is the share of them without a meaning. `hidden` counts characters
    that nobody sees; they belong to no word, and are in neither measure.
    """

    texts: list[str]
    boxes: Floats
    runs: Integers
    angles: Integers
    spans: list[tuple[int, int]]
    visible: int
    garbage: float
    hidden: int = 0


@contextmanager
def text_of(page: Any) -> Iterator[Any]:
    """Open the text page of a loaded page; raises ParseError when PDFium can't."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        raise ParseError("the page's text can't be read")
    try:
        yield text_page
    finally:
        pdfium.FPDFText_ClosePage(text_page)


def read_words(page: Any, text_page: Any, transform: PageTransform) -> PageWords:
    """Read the words of a loaded page that a reader sees."""
    text, index = _characters(text_page)
    text, hidden = _without_hidden(page, text_page, transform, text, index)
    tokens = list(_tokens(text))
    ends = _end_boxes(text_page, [(index[start], index[end - 1]) for _, start, end, _ in tokens])
    ends = _split_raised_marks(text_page, index, tokens, ends)
    spans = [(index[start], index[end - 1]) for _, start, end, _ in tokens]
    starts_run = np.array([word[3] for word in tokens], dtype=bool)
    texts = [word if word.isascii() else _clean_word(word) for word, *_ in tokens]
    boxes = transform.boxes(ends)
    words = PageWords(
        texts=texts,
        boxes=boxes,
        runs=np.cumsum(starts_run),
        angles=_angles(text_page, transform, spans, starts_run),
        spans=spans,
        visible=sum(map(len, text.split())),
        garbage=_garbage(text_page, text, spans),
        hidden=hidden,
    )
    on_page = transform.shows(boxes) & ~_is_tiny(words)
    lost = sum(len(texts[at]) for at in np.flatnonzero(~on_page).tolist())
    shown = on_page & np.array([bool(word) for word in texts], dtype=bool)
    if shown.all():
        return words
    return select(words, np.flatnonzero(shown))._replace(visible=words.visible - lost, hidden=hidden + lost)


def _without_hidden(
    page: Any, text_page: Any, transform: PageTransform, text: str, index: Sequence[int]
) -> tuple[str, int]:
    """Text with a blank in the place of each character that nobody sees, and their number."""
    objects = objects_of(page)
    if not objects.doubts:
        return text, 0
    words = [[(index[at], text[at]) for at in range(*word.span())] for word in _WORD.finditer(text)]
    hidden = hidden_characters(page, text_page, objects, words, transform)
    if not hidden:
        return text, 0
    seen = "".join(" " if index[at] in hidden else character for at, character in enumerate(text))
    return seen, len(hidden)


def _is_tiny(words: PageWords) -> Booleans:
    """Mask (n) of the words whose letters are too small to be read."""
    left, top, right, bottom = words.boxes.T
    lying = (words.angles == 90) | (words.angles == 270)
    heights = np.where(lying, right - left, bottom - top)
    tiny: Booleans = heights < _MIN_HEIGHT
    return tiny


def select(words: PageWords, chosen: Integers) -> PageWords:
    """The words of these indices."""
    at = chosen.tolist()
    return words._replace(
        texts=[words.texts[i] for i in at],
        boxes=words.boxes[chosen],
        runs=words.runs[chosen],
        angles=words.angles[chosen],
        spans=[words.spans[i] for i in at],
    )


def _tokens(text: str) -> Iterator[_Token]:
    """Words of a text: the word, its start and end, and True for the first of a run."""
    starts_run = True
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word[0] in "\r\n":
            starts_run = True
        else:
            yield word, token.start(), token.end(), starts_run
            # PDFium writes no line break behind a hyphen at a line's end
            starts_run = word[-1] == HYPHEN


def _end_boxes(text_page: Any, spans: Sequence[tuple[int, int]]) -> Floats:
    """Boxes of the first and last character of each word: (n, 2, 4) left, top, right, bottom, y upwards."""
    return loose_boxes(text_page, list(chain.from_iterable(spans))).reshape(-1, 2, 4)


def _split_raised_marks(text_page: Any, index: Sequence[int], tokens: list[_Token], ends: Floats) -> Floats:
    """Split small raised marks off the words in `tokens`, since they would lengthen a number; returns the boxes."""
    inserted: list[int] = []
    marks: list[tuple[int, int]] = []
    for number in reversed(np.flatnonzero(_is_raised(ends)).tolist()):
        word, start, end, starts_run = tokens[number]
        cut = _raised_mark_start(text_page, index, start, end) if word[0].isalnum() else end
        if cut < end and _MARK.search(word, cut - start):
            tokens[number : number + 1] = (
                (word[: cut - start], start, cut, starts_run),
                (word[cut - start :], cut, end, True),
            )
            ends[number] = _end_boxes(text_page, [(index[start], index[cut - 1])])[0]
            inserted.append(number + 1)
            marks.append((index[cut], index[end - 1]))
    return np.insert(ends, inserted, _end_boxes(text_page, marks), axis=0) if inserted else ends


def _is_raised(ends: Floats) -> Booleans:
    heights = ends[:, :, 1] - ends[:, :, 3]
    rise = ends[:, 1, 3] - ends[:, 0, 3]
    raised: Booleans = (heights[:, 1] < _MAX_RAISED_HEIGHT * heights[:, 0]) & (rise > _MIN_RISE * heights[:, 0])
    return raised


def _raised_mark_start(text_page: Any, index: Sequence[int], start: int, end: int) -> int:
    """Offset of the small raised characters at the end of a word; its end where it has none or is turned."""
    if pdfium.FPDFText_GetCharAngle(text_page, index[start]):
        return end
    raised = _is_raised(_end_boxes(text_page, [(index[start], index[at]) for at in range(start, end)]))
    return start + 1 + int(np.flatnonzero(~raised)[-1])


def bold_letters(text_page: Any, letters: Sequence[int]) -> list[bool]:
    """True for each character, by PDFium's index, that is set in a bold face."""
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    flags, name = ctypes.c_int(), ctypes.create_string_buffer(128)
    places = ctypes.addressof(name), 128, ctypes.addressof(flags)
    # a page has few fonts and many lines
    known: dict[tuple[int, bytes], bool] = {}
    found: list[bool] = []
    for letter in letters:
        # of a name that is too long nothing is written
        name[0], flags.value = b"\0", 0
        _font_of(handle, letter, *places)
        font = flags.value, name.value
        if font not in known:
            known[font] = bool(font[0] & _FORCE_BOLD) or _BOLD_NAME.search(font[1]) is not None
        found.append(known[font])
    return found


def _angles(
    text_page: Any, transform: PageTransform, spans: Sequence[tuple[int, int]], starts_run: Booleans
) -> Integers:
    """Rotation of each word; when the words at both ends of every run are upright, all are, which saves a call each."""
    begins = np.flatnonzero(starts_run)
    edges = {*begins.tolist(), *(begins - 1)[1:].tolist(), len(spans) - 1} if spans else set()
    turned = {at: pdfium.FPDFText_GetCharAngle(text_page, spans[at][0]) for at in edges}
    if transform.rotation == 0 and not any(turned.values()):
        return np.zeros(len(spans), dtype=np.int64)
    radians = (pdfium.FPDFText_GetCharAngle(text_page, first) for first, _ in spans)
    return np.array([_quarter(transform.rotation + math.degrees(max(angle, 0.0))) for angle in radians], dtype=np.int64)


def _quarter(degrees: float) -> int:
    near = round(degrees / 90) * 90
    return near % 360 if abs(degrees - near) < _MAX_SKEW else -1


def _characters(text_page: Any) -> tuple[str, range | list[int]]:
    """Text of the page as code points, and PDFium's index of each.

    PDFium's bulk text leaves out control characters and counts a character beyond the basic plane twice. When the
    bulk text has neither, its length is the number of characters and offsets are indices: one call is enough.
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


def _clean_word(word: str) -> str:
    if word[-1] in (HYPHEN, "\u00ad"):
        word = word[:-1] + "-"
    return clean_text(drop_invisible(word))


def _garbage(text_page: Any, text: str, spans: Sequence[tuple[int, int]]) -> float:
    """Share of visible characters without a meaning; missing Unicode mappings cost a call each, so they are sampled."""
    visible = sum(map(len, text.split()))
    meaningless = len(_MEANINGLESS.findall(text))
    sample = spans[:: 1 + len(spans) // _MAX_SAMPLE]
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    unmapped: int = sum(_is_unmapped(handle, first) == 1 for first, _ in sample)
    return min(1.0, meaningless / max(visible, 1) + unmapped / max(len(sample), 1))
