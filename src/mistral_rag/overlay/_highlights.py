"""Pages cut out of a PDF, with real highlight annotations on the quoted words. Run in a worker: pypdf reads the file.

Rotation and crop are undone as PDFium applies them: a page is its crop box, within its media box, turned clockwise.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

from mistral_rag._pypdf import PYPDF_ERRORS
from mistral_rag.errors import ParseError

_DROPPED: Final = ("/AA", "/B", "/Metadata", "/PieceInfo", "/Tabs", "/Thumb", "/StructParents")
"""Entries of a page that draw nothing; actions could run, and the others drag in more of the document."""
_LINKS: Final = frozenset({"/Link", "/Popup", "/RichMedia", "/Movie", "/Sound", "/Screen", "/FileAttachment"})
"""Annotations that lead elsewhere or play something."""
_PRINT: Final = 4
"""Flag of annotations that are printed, too (ISO 32000-1, table 165)."""

Sides = tuple[float, float, float, float]
"""Left, top, right, bottom in fractions of the page as a reader sees it."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Highlight:
    """Boxes to be highlighted as one annotation: a colour (red, green, blue, 0 to 1) and what its note says."""

    boxes: tuple[Sides, ...]
    color: tuple[float, float, float]
    text: str


@dataclass(frozen=True, slots=True)
class PageFrame:
    """The part of a page that is seen, in its own units: left, bottom, right, top, and its rotation in degrees."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int

    @classmethod
    def of(cls, page: PageObject) -> "PageFrame":
        """The frame of a page: its crop box where that lies within the media box, turned as the page says."""
        media, crop = page.mediabox, page.cropbox
        left, right = max(media.left, crop.left), min(media.right, crop.right)
        bottom, top = max(media.bottom, crop.bottom), min(media.top, crop.top)
        if left >= right or bottom >= top:
            left, bottom, right, top = media.left, media.bottom, media.right, media.top
        return cls(float(left), float(bottom), float(right), float(top), page.rotation % 360)

    def point(self, across: float, down: float) -> Point:
        """The point in the page's own units at fractions from the upper left corner of what a reader sees."""
        width, height = self.right - self.left, self.top - self.bottom
        if self.rotation == 90:
            return self.left + down * width, self.bottom + across * height
        if self.rotation == 180:
            return self.right - across * width, self.bottom + down * height
        if self.rotation == 270:
            return self.right - down * width, self.top - across * height
        return self.left + across * width, self.top - down * height

    def corners(self, box: Sides) -> tuple[Point, Point, Point, Point]:
        """Upper left, upper right, lower left, lower right of a box, as its reader sees them.

        That is the order of `QuadPoints` that viewers draw, whatever ISO 32000-1 (figure 84) says.
        """
        left, top, right, bottom = box
        return self.point(left, top), self.point(right, top), self.point(left, bottom), self.point(right, bottom)


def highlighted(files: Iterable[tuple[Path, Sequence[tuple[int, Sequence[Highlight]]]]]) -> bytes:
    """The pages of these numbers (from 1) of these files as one PDF file, with their highlights.

    Raises:
        ParseError: a file is encrypted, or can't be cut.
    """
    writer = PdfWriter()
    try:
        for path, pages in files:
            reader = PdfReader(path, strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise ParseError("the PDF is encrypted and needs a password")
            for number, marks in pages:
                _add(writer, reader.pages[number - 1], marks)
        target = io.BytesIO()
        writer.write(target)
    except PYPDF_ERRORS as error:
        raise ParseError("pages can't be cut out of this PDF; a picture or HTML can be made of them") from error
    return target.getvalue()


def _add(writer: PdfWriter, source: PageObject, marks: Iterable[Highlight]) -> None:
    frame = PageFrame.of(source)
    page = writer.add_page(source, (*_DROPPED, "/Annots"))
    annotations = ArrayObject(
        found.clone(writer, ignore_fields=("/P", "/Parent", "/A", "/AA", "/Dest", "/Popup", "/IRT"))
        for found in _drawn_annotations(source)
    )
    annotations.extend(writer._add_object(_annotation(writer, mark, frame)) for mark in marks if mark.boxes)
    page[NameObject("/Annots")] = annotations


def _drawn_annotations(page: PageObject) -> list[DictionaryObject]:
    """Annotations of the page that draw something: values of form fields, stamps, notes of others."""
    found = page.get("/Annots")
    entries = found.get_object() if found is not None else None
    if not isinstance(entries, ArrayObject):
        return []
    annotations = [entry.get_object() for entry in entries]
    return [one for one in annotations if isinstance(one, DictionaryObject) and one.get("/Subtype") not in _LINKS]


def _annotation(writer: PdfWriter, mark: Highlight, frame: PageFrame) -> DictionaryObject:
    quads = [frame.corners(box) for box in mark.boxes]
    points = [point for quad in quads for point in quad]
    rectangle = _numbers(
        [min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points)]
    )
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Highlight"),
            NameObject("/Rect"): rectangle,
            NameObject("/QuadPoints"): _numbers([side for point in points for side in point]),
            NameObject("/C"): _numbers(mark.color),
            NameObject("/F"): NumberObject(_PRINT),
            NameObject("/T"): TextStringObject("mistral-rag"),
            NameObject("/Contents"): TextStringObject(mark.text),
            NameObject("/AP"): DictionaryObject(
                {NameObject("/N"): writer._add_object(_appearance(quads, mark.color, rectangle))}
            ),
        }
    )


def _appearance(
    quads: Sequence[tuple[Point, Point, Point, Point]], color: Sequence[float], rectangle: ArrayObject
) -> DecodedStreamObject:
    """The drawing of an annotation: viewers that make none of their own show it, and all show the same."""
    fills = "".join(
        f"{a[0]:.3f} {a[1]:.3f} m {b[0]:.3f} {b[1]:.3f} l {d[0]:.3f} {d[1]:.3f} l {c[0]:.3f} {c[1]:.3f} l h f\n"
        for a, b, c, d in quads
    )
    stream = DecodedStreamObject()
    stream.set_data(f"/Marker gs {color[0]:.3f} {color[1]:.3f} {color[2]:.3f} rg\n{fills}".encode())
    blend = DictionaryObject({NameObject("/BM"): NameObject("/Multiply")})
    states = DictionaryObject({NameObject("/Marker"): blend})
    stream.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): rectangle,
            NameObject("/Resources"): DictionaryObject({NameObject("/ExtGState"): states}),
        }
    )
    return stream


def _numbers(values: Iterable[float]) -> ArrayObject:
    return ArrayObject(FloatObject(f"{value:.3f}") for value in values)
