"""Fonts of a document whose text layer says other characters than they draw."""

import ctypes
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

from mistral_rag.pdf._native import bound
from mistral_rag.pdf._trust.held import HeldFonts
from mistral_rag.pdf._trust.outlines import Glyph, OutlineMark, glyph_of, outline_mark
from mistral_rag.pdf._trust.shapes import DIGITS, JUDGED, Likeness, likenesses

MIN_LETTERS: Final = 3
MIN_LETTER_SHARE: Final = 0.25
"""A font's map is wrong when at least so many of its letters, and such a share, contradict the text. Of 288 fonts with
four letters or more none has two; shifted and shuffled maps have half to all."""
MIN_DIGITS: Final = 2
"""Two digits that change places are as wrong as ten."""
CERTAIN: Final = 0.9
"""One digit is enough where it is so much like another; of 1,300 digits in 167 fonts none is."""
MIN_JUDGED: Final = 0.25
"""Share of a font's characters whose shapes are known from which on they vouch for the others: a map is wrong as a
whole, and punctuation and signs have no shapes here."""
_FINGERPRINT: Final = 8
"""Letters that are compared with those of a font of the same name and size, beside all digits: fonts that are not in
the file all have the size of what stands in for them."""
_NAMED: Final = 3
"""Characters that a reason names."""
_MAX_PENDING: Final = 1000
"""Glyphs that are drawn before they are compared, 2 kB each. The threads of a matrix product go on spinning after it:
one for all fonts of a document takes a tenth of the time of one for each page."""

_object_of = bound(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, 2)
_font_of = bound(pdfium.FPDFTextObj_GetFont, ctypes.c_void_p, 1)
_mode_of = bound(pdfium.FPDFTextObj_GetTextRenderMode, ctypes.c_int, 1)
_name_of = bound(pdfium.FPDFFont_GetBaseFontName, ctypes.c_size_t, 3)
_data_of = bound(pdfium.FPDFFont_GetFontData, ctypes.c_int, 4)


@dataclass(slots=True)
class _Font:
    """A font of a document, its glyphs as far as pages have used them, and how often each page did.

    `marks` are those of the outlines, also of characters without one, as all of a font of pictures; `drawn` are the
    characters with a glyph, `glyphs` those that have been compared.
    """

    name: str
    marks: dict[str, OutlineMark] = field(default_factory=dict)
    drawn: set[str] = field(default_factory=set)
    glyphs: dict[str, Likeness] = field(default_factory=dict)
    pages: dict[int, Counter[str]] = field(default_factory=dict)

    def is_same(self, address: int, characters: Sequence[str]) -> bool:
        known = [character for character in characters if character in self.marks]
        digits = [character for character in known if character in DIGITS]
        known = [*digits, *known[:: 1 + len(known) // _FINGERPRINT]]
        return all(outline_mark(address, character) == self.marks[character] for character in known)

    def draw(self, address: int, characters: Sequence[str]) -> list[tuple[str, Glyph]]:
        """The glyphs of characters that no page before has used."""
        new = [character for character in characters if character not in self.marks]
        self.marks.update((character, outline_mark(address, character)) for character in new)
        found = [(at, glyph) for at in new if (glyph := glyph_of(address, at)) is not None]
        self.drawn.update(at for at, _ in found)
        return found

    def wrong(self) -> dict[str, str]:
        """Characters of the text that are drawn as others, with those, when so many are that the map is wrong."""
        against = {at: glyph for at, glyph in self.glyphs.items() if glyph.contradicts}
        digits = {at: glyph for at, glyph in against.items() if at in DIGITS}
        letters = {at: glyph for at, glyph in against.items() if at not in DIGITS}
        found: dict[str, Likeness] = {}
        if len(letters) >= max(MIN_LETTERS, MIN_LETTER_SHARE * len(self.glyphs.keys() - DIGITS)):
            found |= letters
        if len(digits) >= MIN_DIGITS or any(glyph.other >= CERTAIN for glyph in digits.values()):
            found |= digits
        return {at: glyph.looks_like for at, glyph in found.items()}


class WrongFont(NamedTuple):
    """A font that draws other characters than the text of a page says: `drawn` are those it draws, by the text's."""

    name: str
    drawn: Mapping[str, str]

    def __str__(self) -> str:
        pairs = ", ".join(f"{there} where the text says {said}" for said, there in list(self.drawn.items())[:_NAMED])
        return f"the font {self.name or 'without a name'} draws {pairs}"


class Looked(NamedTuple):
    """Characters of a page that no shape vouches for.

    `unjudged` are of fonts without known outlines, `undrawn` of a layer that draws nothing itself, as over a scan.
    """

    unjudged: int
    undrawn: int


class DocumentFonts:
    """The fonts that the pages of a document use; `look` at every page, then ask for the `wrong` ones."""

    def __init__(self) -> None:
        self._fonts: dict[tuple[str, int], list[_Font]] = {}
        self._pending: list[tuple[_Font, str, Glyph]] = []
        self._held: HeldFonts | None = None
        self._by_address: dict[int, _Font] = {}

    def open(self, document: Any) -> None:
        """Begin with the pages of an open document."""
        self._held = HeldFonts(document)

    def close(self) -> None:
        """Let go of the document, before it is closed."""
        if self._held:
            self._held.close()
        self._held = None
        self._by_address.clear()

    def look(self, number: int, text_page: Any, texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> Looked:
        """Look at the words of page `number`, while it is loaded."""
        unjudged = 0
        words = _FontWords.of(text_page, texts, spans)
        for address, used in words.used.items():
            characters = sorted(used.keys() & JUDGED)
            drawn: Set[str] = frozenset()
            if characters:
                font = self._font(address, characters)
                self._pending += [(font, *glyph) for glyph in font.draw(address, characters)]
                font.pages.setdefault(number, Counter()).update(used)
                drawn = font.drawn
            judged = sum(count for character, count in used.items() if character in drawn)
            unjudged += used.total() if judged < MIN_JUDGED * used.total() else 0
        if len(self._pending) > _MAX_PENDING:
            self._compare()
        return Looked(unjudged, words.undrawn)

    def wrong(self) -> dict[int, WrongFont]:
        """The font with most wrong characters on each page that has some."""
        self._compare()
        worst: dict[int, tuple[int, WrongFont]] = {}
        for font in (font for fonts in self._fonts.values() for font in fonts):
            drawn = font.wrong()
            for page, used in font.pages.items() if drawn else ():
                printed = sum(count for character, count in used.items() if character in drawn)
                if printed > worst.get(page, (0, None))[0]:
                    worst[page] = printed, WrongFont(font.name, {at: drawn[at] for at in drawn if at in used})
        return {page: font for page, (_, font) in sorted(worst.items())}

    def _compare(self) -> None:
        found = likenesses([(character, glyph) for _, character, glyph in self._pending])
        for (font, character, _), likeness in zip(self._pending, found, strict=True):
            font.glyphs[character] = likeness
        self._pending.clear()

    def _font(self, address: int, characters: Sequence[str]) -> _Font:
        if address in self._by_address:
            return self._by_address[address]
        key = _identity(address)
        fonts = self._fonts.setdefault(key, [])
        font = next((font for font in fonts if font.is_same(address, characters)), None)
        if font is None:
            fonts.append(font := _Font(key[0]))
        if self._held and self._held.hold(address, key[1]):
            self._by_address[address] = font
        return font


class _FontWords(NamedTuple):
    """Words of a page: `used` are their characters by the address of the font, without words in two fonts."""

    used: dict[int, Counter[str]]
    undrawn: int

    @classmethod
    def of(cls, text_page: Any, texts: Sequence[str], spans: Sequence[tuple[int, int]]) -> "_FontWords":
        handle = ctypes.cast(text_page, ctypes.c_void_p).value
        # a map calls without a step of the interpreter: a page has hundreds of words
        firsts = list(map(_object_of, repeat(handle), [first for first, _ in spans]))
        lasts = list(map(_object_of, repeat(handle), [last for _, last in spans]))
        known = {
            at: (_font_of(at) or 0, _mode_of(at) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE)
            for at in {*firsts, *lasts}
            if at
        }
        parts: dict[int, list[str]] = {}
        for text, first, last in zip(texts, firsts, lasts, strict=True):
            if first == last or not last or (first and known[first][0] == known[last][0]):
                parts.setdefault(first or 0, []).append(text)
            elif not first:
                parts.setdefault(last, []).append(text)
        words: dict[int, list[str]] = {}
        undrawn = 0
        for at, found in parts.items():
            font, is_undrawn = known.get(at, (0, False))
            words.setdefault(font, []).extend(found)
            undrawn += sum(map(len, found)) if is_undrawn else 0
        return cls({address: Counter("".join(found)) for address, found in words.items() if address}, undrawn)


def _identity(address: int) -> tuple[str, int]:
    """Name of a font, and the size of its program."""
    name, size = ctypes.create_string_buffer(128), ctypes.c_size_t()
    _name_of(address, ctypes.addressof(name), 128)
    _data_of(address, None, 0, ctypes.addressof(size))
    return name.value.decode("latin-1"), size.value
