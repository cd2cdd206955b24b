"""Words of a page, from PDFium's characters, with boxes on the page as a reader sees it."""

import ctypes
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pypdfium2.raw as pdfium

from mistral_rag.errors import ParseError
from mistral_rag.pdf._geometry import Booleans, Floats, Integers, PageTransform
from mistral_rag.pdf._glyphs import Glyphs, as_printed
from mistral_rag.pdf._glyphs.boxes import DOWN, angles_of, read_glyphs
from mistral_rag.pdf._glyphs.bullets import bullet
from mistral_rag.pdf._glyphs.dingbats import with_dingbats
from mistral_rag.pdf._glyphs.levels import marks_cut, with_degrees
from mistral_rag.pdf._glyphs.page import HYPHEN, codes_of, word_boxes
from mistral_rag.pdf._hidden.drawing import Drawing
from mistral_rag.pdf._hidden.letters import doubts_by_letter
from mistral_rag.pdf._hidden.objects import PageObjects, objects_of
from mistral_rag.pdf._hidden.struck import struck_out
from mistral_rag.pdf._hidden.visibility import hidden_characters
from mistral_rag.pdf._native import bound
from mistral_rag.schema import clean_text
from mistral_rag.text import drop_invisible

_OF_WORD = re.compile(r"[^\s\x00-\x1f\x7f-\x9f\ufffe\uffff]")
_MEANINGLESS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd\uffff\U000f0000-\U0010ffff]"
)
_WIDE = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_STRAY = re.compile("\r(?!\n)|(?<!\r)\n|[\x0b\x0c]")
"""Breaks that PDFium did not write, which are always CR LF: letters of a font whose codes have no meaning."""
_WORD = re.compile(r"\S+")
_MIN_HEIGHT = 2.0
"""Points; the smallest print that is meant to be read has 4, and on screens and paper 2 are a grey line."""
_MIN_WIDTH = 0.03
_FEW_LETTERS = 2
"""Mean width of a word's letters against their height, twice as much for more than a few: those of condensed fonts have
.2, an l in one has .1."""
_MAX_SAMPLE = 300
"""Words whose mapping to Unicode is checked, a call each: enough for a share."""
_FORCE_BOLD = 1 << 18
"""Bit 19 of a font descriptor's flags (ISO 32000-1, table 123)."""
_BOLD_NAME = re.compile(rb"bold|black|heavy|semibold|demi", re.IGNORECASE)


NO_SPAN = (-1, -1)
"""Span of a word that no run of PDFium's characters makes up: it has none at this index, and says so of its font."""

_font_of = bound(pdfium.FPDFText_GetFontInfo, ctypes.c_ulong, 5)
_is_unmapped = bound(pdfium.FPDFText_HasUnicodeMapError, ctypes.c_int, 2)


class PageWords(NamedTuple):
    """Words of a page in PDFium's order, with two measures of how far they can be trusted.

    `boxes` is (n, 4): left, top, right, bottom in points from the top left corner of the page as a reader sees it.
    `runs` (n) numbers PDFium's lines; `angles` (n) is the rotation of each word: 0, 90, 180 or 270 degrees clockwise,
    -1 for any other. `spans` are PDFium's indices of each word's first and last character. `visible` counts the
    characters that are no white space, `garbage` is the share of them without a meaning. `hidden` counts characters
    that nobody sees; they belong to no word, and are in neither measure. `struck` are PDFium's indices of letters that
    are struck out: `hidden` counts them, but their words are here, for the layout is that of the whole print.
    """

    texts: list[str]
    boxes: Floats
    runs: Integers
    angles: Integers
    spans: list[tuple[int, int]]
    visible: int
    garbage: float
    hidden: int = 0
    struck: frozenset[int] = frozenset()


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


def read_words(page: Any, text_page: Any, transform: PageTransform, drawing: Drawing) -> PageWords:
    """Read the words of a loaded page that a reader sees; `drawing` are its objects."""
    text, index = _characters(text_page)
    text, hidden = _without_hidden(page, text_page, transform, objects_of(page, drawing), text, index)
    glyphs = read_glyphs(text_page, transform, text, index)
    struck = frozenset(index[at] for at in np.flatnonzero(struck_out(page, glyphs, drawing, transform)).tolist())
    glyphs, pairs = as_printed(glyphs, text_page)
    glyphs = with_degrees(glyphs)
    cuts = marks_cut(glyphs, pairs)
    if struck:
        out = np.array([at in struck for at in glyphs.indices])
        hidden += int(np.count_nonzero(out))
        cuts = np.union1d(cuts, np.flatnonzero(out[1:] != out[:-1]) + 1)
    tokens, starts_run = _tokens(glyphs.text, cuts)
    firsts, ends = tokens.T.tolist()
    spans = [(glyphs.indices[first], glyphs.indices[end - 1]) for first, end in zip(firsts, ends, strict=True)]
    texts = [glyphs.text[first:end] for first, end in zip(firsts, ends, strict=True)]
    texts = with_dingbats(text_page, texts, spans)
    if not all(map(str.isascii, texts)):
        texts = [word if word.isascii() else _clean_word(word) for word in texts]
    boxes = word_boxes(glyphs.boxes, tokens)
    angles = _angles(text_page, transform, firsts, glyphs)
    visible = sum(map(len, glyphs.text.split()))
    words = PageWords(
        texts=texts,
        boxes=boxes,
        runs=np.cumsum(starts_run),
        angles=angles,
        spans=spans,
        visible=visible,
        garbage=_garbage(text_page, glyphs.text, visible, spans),
        hidden=hidden,
        struck=struck,
    )
    on_page = transform.shows(boxes) & ~_is_tiny(words)
    lost = sum(len(texts[at]) for at in np.flatnonzero(~on_page).tolist())
    shown = on_page if all(texts) else on_page & np.array([bool(word) for word in texts], dtype=bool)
    if shown.all():
        return words
    return select(words, np.flatnonzero(shown))._replace(visible=words.visible - lost, hidden=hidden + lost)


def _without_hidden(
    page: Any, text_page: Any, transform: PageTransform, objects: PageObjects, text: str, index: Sequence[int]
) -> tuple[str, int]:
    """Text with a blank in the place of each character that nobody sees, and their number."""
    firsts = [index[word.start()] for word in _WORD.finditer(text) if text[word.start()].isalnum()]
    objects.doubts.update(doubts_by_letter(text_page, objects, firsts, text, index, transform))
    if not objects.doubts:
        return text, 0
    words = [[(index[at], text[at]) for at in range(*word.span())] for word in _WORD.finditer(text)]
    hidden = hidden_characters(page, text_page, objects, words, transform)
    if not hidden:
        return text, 0
    seen = "".join(" " if index[at] in hidden else character for at, character in enumerate(text))
    return seen, len(hidden)


def _is_tiny(words: PageWords) -> Booleans:
    """Mask (n) of the words whose letters are too small, or squeezed too much, to be read."""
    left, top, right, bottom = words.boxes.T
    lying = (words.angles == 90) | (words.angles == 270)
    heights = np.where(lying, right - left, bottom - top)
    along = np.where(lying, bottom - top, right - left)
    counts = np.array(list(map(len, words.texts)))
    least = np.where(counts > _FEW_LETTERS, 2, 1) * _MIN_WIDTH
    squeezed = along < least * heights * counts
    for at in np.flatnonzero(squeezed).tolist():
        squeezed[at] = words.texts[at].isascii()
    tiny: Booleans = (heights < _MIN_HEIGHT) | squeezed
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


def _tokens(text: str, cuts: Integers) -> tuple[Integers, Booleans]:
    """Starts and ends (n, 2) of the words of a text, and a mask of the first ones of runs; `cuts` begin one as well."""
    codes = codes_of(text)
    edges = np.flatnonzero(np.diff(_in_words(text, codes).astype(np.int8), prepend=0, append=0))
    starts, ends = edges[::2], edges[1::2]
    hyphens = np.append(codes, 0)[ends] == ord(HYPHEN)
    breaks = np.cumsum((codes == 0x0A) | (codes == 0x0D))[starts]
    # PDFium writes no line break behind a hyphen at a line's end
    starts_run = np.append(True, (np.diff(breaks) > 0) | hyphens[:-1])[: len(starts)]
    tokens = np.stack([starts, ends + hyphens], axis=1)
    if not len(cuts) or not len(tokens):
        return tokens, starts_run
    word = np.searchsorted(tokens[:, 0], cuts) - 1
    inside = (word >= 0) & (cuts < tokens[word, 1])
    word, cuts = word[inside], cuts[inside]
    starts, ends = np.insert(tokens[:, 0], word + 1, cuts), np.insert(tokens[:, 1], word, cuts)
    return np.stack([starts, ends], axis=1), np.insert(starts_run, word + 1, True)


def _in_words(text: str, codes: Integers) -> Booleans:
    """Mask of the characters that words are made of, but for a hyphen of PDFium's at their end."""
    mask: Booleans = codes > 0x20
    others = np.flatnonzero(codes > 0x7E)
    mask[others] = [_OF_WORD.match(text[at]) is not None for at in others.tolist()]
    return mask


def bold_ends(text_page: Any, spans: Sequence[tuple[int, int]]) -> list[tuple[bool, bool]]:
    """For each span, of PDFium's indices of its first and last character, which of the two is set in a bold face."""
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    flags, name = ctypes.c_int(), ctypes.create_string_buffer(128)
    places = ctypes.addressof(name), 128, ctypes.addressof(flags)
    # a page has few fonts and many lines
    known: dict[tuple[int, bytes], bool] = {}

    def is_bold(letter: int) -> bool:
        # of a name that is too long nothing is written
        name[0], flags.value = b"\0", 0
        _font_of(handle, letter, *places)
        font = flags.value, name.value
        if font not in known:
            known[font] = bool(font[0] & _FORCE_BOLD) or _BOLD_NAME.search(font[1]) is not None
        return known[font]

    return [(is_bold(first), is_bold(last)) for first, last in spans]


def _angles(text_page: Any, transform: PageTransform, firsts: Sequence[int], glyphs: Glyphs) -> Integers:
    """Rotation of each word; when both ends of every run are upright, all are, which saves a call each."""
    if not glyphs.turned:
        return np.zeros(len(firsts), dtype=np.int64)
    angles = angles_of(text_page, transform, [glyphs.indices[at] for at in firsts])
    return np.where(glyphs.vertical[np.array(firsts, dtype=np.int64)], DOWN, np.array(angles, dtype=np.int64))


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
        return _STRAY.sub("\x01", text), range(count)
    points = list(_code_points(text_page, count))
    return _STRAY.sub("\x01", "".join(character for character, _ in points)), [at for _, at in points]


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
    if word[-1] == HYPHEN:
        word = word[:-1] + "-"
    return bullet(clean_text(drop_invisible(word)))


def _garbage(text_page: Any, text: str, visible: int, spans: Sequence[tuple[int, int]]) -> float:
    """Share of visible characters without a meaning; missing Unicode mappings cost a call each, so they are sampled."""
    meaningless = len(_MEANINGLESS.findall(text))
    sample = spans[:: 1 + len(spans) // _MAX_SAMPLE]
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    unmapped: int = sum(_is_unmapped(handle, first) == 1 for first, _ in sample)
    return min(1.0, meaningless / max(visible, 1) + unmapped / max(len(sample), 1))
