"""Form fields and notes as part of the page: what is printed of them is drawn into the page before it is read."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pypdfium2.raw as pdfium

Bounds = tuple[float, float, float, float]
"""Left, top, right, bottom in PDFium's coordinates, y upwards."""

_PRINTS_TEXT = frozenset({pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP})
"""Annotations whose appearance may have words."""
_NEVER_PRINTED = frozenset({pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_FILEATTACHMENT})
"""Icons and windows of a viewer that open a note: they lie over the text only on a screen."""
_SIGNS = {pdfium.FPDF_FORMFIELD_CHECKBOX: "☑☐", pdfium.FPDF_FORMFIELD_RADIOBUTTON: "◉○"}
"""Signs of a box that is on and of one that is off."""
_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_INVISIBLE | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_PRINT = pdfium.FPDF_ANNOT_FLAG_PRINT
_COMB = 1 << 24
"""Bit 25 of the flags of a text field, a cell for each character (ISO 32000-1, table 228)."""


class FieldValue(NamedTuple):
    """A field whose value is one word however it is drawn: a check box with the sign of its state, or a comb."""

    text: str
    bounds: Bounds
    is_comb: bool


class Annotations(NamedTuple):
    """Annotations of a page: `comments` are the words of notes, which are not on the page; `files` hold a file.

    `prints` is True when some of them print words.
    """

    values: tuple[FieldValue, ...] = ()
    comments: tuple[str, ...] = ()
    files: int = 0
    prints: bool = False


class FormEnvironment:
    """PDFium's form filling for an open document: it makes the appearances that fields lack. Runs no script."""

    def __init__(self, document: Any) -> None:
        # PDFium keeps the address of the record
        self._record = pdfium.FPDF_FORMFILLINFO(version=2)
        has_form = pdfium.FPDF_GetFormType(document) != pdfium.FORMTYPE_NONE
        self._handle = pdfium.FPDFDOC_InitFormFillEnvironment(document, self._record) if has_form else None

    def close(self) -> None:
        """End it, before the document is closed."""
        if self._handle:
            pdfium.FPDFDOC_ExitFormFillEnvironment(self._handle)
            self._handle = None

    def look_at(self, page: Any) -> Annotations:
        """Look at the annotations of a loaded page, before they are drawn into it."""
        if pdfium.FPDFPage_GetAnnotCount(page) <= 0:
            return Annotations()
        if self._handle:
            pdfium.FORM_OnAfterLoadPage(page, self._handle)
        values: list[FieldValue] = []
        comments: list[str] = []
        files = 0
        prints = False
        for annotation, kind in annotations_of(page):
            comments += _comment(annotation, kind)
            files += kind == pdfium.FPDF_ANNOT_FILEATTACHMENT
            if _is_printed(annotation, kind):
                prints |= kind in _PRINTS_TEXT
                values += self._value(annotation)
        return Annotations(tuple(values), tuple(comments), files, prints)

    def draw_into(self, page: Any) -> bool:
        """Make all printed annotations of a page part of its content; the page has to be loaded anew if True."""
        for annotation, kind in annotations_of(page):
            flags = pdfium.FPDFAnnot_GetFlags(annotation)
            printed = _is_printed(annotation, kind)
            pdfium.FPDFAnnot_SetFlags(annotation, flags | _PRINT if printed else flags & ~_PRINT)
        done: bool = pdfium.FPDFPage_Flatten(page, pdfium.FLAT_PRINT) == pdfium.FLATTEN_SUCCESS
        if self._handle:
            pdfium.FORM_OnBeforeClosePage(page, self._handle)
        return done

    def _value(self, annotation: Any) -> Iterator[FieldValue]:
        place = pdfium.FS_RECTF()
        if not self._handle or not pdfium.FPDFAnnot_GetRect(annotation, place):
            return
        left, right = sorted((place.left, place.right))
        bottom, top = sorted((place.bottom, place.top))
        bounds = left, top, right, bottom
        kind = pdfium.FPDFAnnot_GetFormFieldType(self._handle, annotation)
        if kind in _SIGNS:
            yield FieldValue(_SIGNS[kind][not self._is_on(annotation)], bounds, False)
        elif kind == pdfium.FPDF_FORMFIELD_TEXTFIELD and self._is_comb(annotation):
            yield FieldValue(text_from(pdfium.FPDFAnnot_GetFormFieldValue, self._handle, annotation), bounds, True)

    def _is_comb(self, annotation: Any) -> bool:
        return bool(pdfium.FPDFAnnot_GetFormFieldFlags(self._handle, annotation) & _COMB)

    def _is_on(self, annotation: Any) -> bool:
        """True for a box whose mark is drawn: the appearance state says so, whatever the field's value is."""
        state = text_from(pdfium.FPDFAnnot_GetStringValue, annotation, b"AS")
        return state != "Off" if state else bool(pdfium.FPDFAnnot_IsChecked(self._handle, annotation))


def annotations_of(page: Any) -> Iterator[tuple[Any, int]]:
    """The annotations of a loaded page with their kinds; each is closed when the next is asked for."""
    for at in range(pdfium.FPDFPage_GetAnnotCount(page)):
        with _annotation(page, at) as annotation:
            if annotation:
                yield annotation, pdfium.FPDFAnnot_GetSubtype(annotation)


@contextmanager
def _annotation(page: Any, at: int) -> Iterator[Any]:
    annotation = pdfium.FPDFPage_GetAnnot(page, at)
    try:
        yield annotation
    finally:
        pdfium.FPDFPage_CloseAnnot(annotation)


def _is_printed(annotation: Any, kind: int) -> bool:
    """True for what a reader sees on the page. A field that is not to be printed is a control, such as a button."""
    flags = pdfium.FPDFAnnot_GetFlags(annotation)
    if kind in _NEVER_PRINTED or flags & _UNSEEN:
        return False
    return kind != pdfium.FPDF_ANNOT_WIDGET or bool(flags & _PRINT)


def _comment(annotation: Any, kind: int) -> Iterator[str]:
    """The words of a note, which stand in a window of the viewer and not on the page, behind their author."""
    if kind in {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_POPUP, pdfium.FPDF_ANNOT_LINK}:
        return
    if kind in _PRINTS_TEXT and text_from(pdfium.FPDFAnnot_GetAP, annotation, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL):
        # its words are on the page; without an appearance each viewer draws them as it likes, PDFium not at all
        return
    if pdfium.FPDFAnnot_GetFlags(annotation) & pdfium.FPDF_ANNOT_FLAG_HIDDEN:
        return
    words = text_from(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents").strip()
    author = " ".join(text_from(pdfium.FPDFAnnot_GetStringValue, annotation, b"T").split())
    if words:
        yield f"{author}: {words}" if author else words


def attachments_of(document: Any) -> int:
    """Number of files that an open document carries."""
    return max(int(pdfium.FPDFDoc_GetAttachmentCount(document)), 0)


def text_from(function: Any, *of: Any) -> str:
    """A text that a function of PDFium writes into a place for it."""
    size = int(function(*of, None, 0))
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    function(*of, buffer, size)
    return bytes(buffer)[: max(size - 2, 0)].decode("utf-16-le", "replace")
