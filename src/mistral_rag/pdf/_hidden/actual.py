"""Replacement text of marked content (ActualText, ISO 32000-1, 14.9.4) that is not what the letters are.

PDFium believes it. It is meant for ligatures, hyphens and scripts whose letters have no characters of their own; but a
file can put any words in the place of those that are printed.
"""

import ctypes
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

import pypdfium2.raw as pdfium

from mistral_rag.pdf._hidden.drawing import Drawing
from mistral_rag.pdf._native import bound

_KEY = b"ActualText"
_marks_of = bound(pdfium.FPDFPageObj_CountMarks, ctypes.c_int, 1)
_mark_at = bound(pdfium.FPDFPageObj_GetMark, ctypes.c_void_p, 2)
_object_of = bound(pdfium.FPDFText_GetTextObject, ctypes.c_void_p, 2)


def drop_untrue_text(document: Any, page: Any, drawing: Drawing) -> None:
    """Take the replacement text off the marked content of a loaded page whose letters say something else.

    What is printed is what the letters say, and it is left to other checks whether these are the letters of their font.
    """
    marked = dict(_replaced(drawing))
    if not marked:
        return
    given = dict(marked.values())
    for address, (mark, _) in marked.items():
        pdfium.FPDFPageObjMark_RemoveParam(_object(address), _mark(mark), _KEY)
    drawn = _drawn(page, marked)
    restored: set[int] = set()
    for address, (mark, _) in marked.items():
        if mark not in restored and _is_true(_decoded(given[mark]), drawn.get(mark, "")):
            restored.add(mark)
            size = len(given[mark])
            buffer = (ctypes.c_ubyte * size).from_buffer_copy(given[mark])
            pdfium.FPDFPageObjMark_SetBlobParam(document, _object(address), _mark(mark), _KEY, buffer, size)


def _replaced(drawing: Drawing) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Texts with a replacement: the address of each, and its mark with what it says."""
    addresses = [drawing.addresses[at] for at in drawing.texts]
    counts = list(map(_marks_of, addresses))
    known: dict[int, bytes] = {}
    for level in range(max(counts, default=0)):
        mine = [address for address, count in zip(addresses, counts, strict=True) if count > level]
        for address, mark in zip(mine, map(_mark_at, mine, repeat(level)), strict=True):
            if mark not in known:
                known[mark] = _value_of(mark)
            if known[mark]:
                yield address, (mark, known[mark])


def _value_of(mark: int) -> bytes:
    """The replacement text of a mark as it is in the file; PDFium's text of it is that of its bytes."""
    size = ctypes.c_ulong()
    handle = _mark(mark)
    if not pdfium.FPDFPageObjMark_GetParamBlobValue(handle, _KEY, None, 0, size) or not size.value:
        return b""
    buffer = (ctypes.c_ubyte * size.value)()
    pdfium.FPDFPageObjMark_GetParamBlobValue(handle, _KEY, buffer, size.value, size)
    return bytes(buffer)


def _decoded(value: bytes) -> str:
    """A text string (ISO 32000-2, 7.9.2.2); of the encoding without a mark only letters of Latin-1 matter here."""
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\xef\xbb\xbf", "utf-8")):
        if value.startswith(mark):
            return value[len(mark) :].decode(encoding, "replace")
    return value.decode("latin-1")


def _drawn(page: Any, marked: Mapping[int, tuple[int, bytes]]) -> dict[int, str]:
    """The letters of each mark as their fonts have them."""
    text_page = pdfium.FPDFText_LoadPage(page)
    if not text_page:
        return {}
    found: dict[int, list[str]] = {}
    handle = ctypes.cast(text_page, ctypes.c_void_p).value
    try:
        for at in range(max(pdfium.FPDFText_CountChars(text_page), 0)):
            if (owner := _object_of(handle, at)) in marked:
                found.setdefault(marked[owner][0], []).append(chr(pdfium.FPDFText_GetUnicode(text_page, at) & 0xFFFF))
    finally:
        pdfium.FPDFText_ClosePage(text_page)
    return {mark: "".join(letters) for mark, letters in found.items()}


def _is_true(given: str, drawn: str) -> bool:
    """True when a text may stand for letters: it has the same ones, or they are none that say anything."""
    if not drawn.strip():
        return not any(map(str.isalnum, given))
    letters, own = _letters(drawn), _letters(given)
    return letters == own or not any(letter.isascii() for letter in letters)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _object(address: int) -> Any:
    return ctypes.cast(address, pdfium.FPDF_PAGEOBJECT)


def _mark(address: int) -> Any:
    return ctypes.cast(address, pdfium.FPDF_PAGEOBJECTMARK)
