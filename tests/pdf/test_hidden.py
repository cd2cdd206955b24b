"""Text that nobody sees on a page is not read; text that only looks like it is."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from mistral_rag.pdf import PdfFile, Sheet

SEEN = "The budget is 4200 euros."
CANARY = "Canary pays nine million"


class Sample(NamedTuple):
    """A page of a sentence that is seen and one that is not, and what it needs beside its content."""

    content: str
    resources: str = ""
    objects: tuple[bytes, ...] = ()
    catalog: str = ""
    attributes: tuple[tuple[str, str], ...] = ()


def text(x: float, y: float, words: str, *, size: float = 10, before: str = "") -> str:
    return f"q {before} BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({words}) Tj ET Q\n"


VISIBLE = text(50, 700, SEEN)


def hidden(before: str, *, x: float = 50, y: float = 600, size: float = 10) -> str:
    return text(x, y, CANARY, size=size, before=before)


def stream(dictionary: str, content: bytes) -> bytes:
    return f"<< {dictionary} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def image(level: int) -> bytes:
    """A picture of one level."""
    return stream(
        "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        "/Filter /FlateDecode",
        zlib.compress(bytes([level]) * 64),
    )


def form(content: str, more: str = "") -> bytes:
    body = content.encode()
    return stream(f"/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources 3 0 R {more}", body)


BOX = "48 595 200 16 re"
DRAW = "q 200 0 0 20 48 593 cm /Im Do Q\n"
LAYERS = "/OCProperties << /OCGs [8 0 R] /D << /OFF [8 0 R] /Order [8 0 R] >> >>"
LAYER = b"<< /Type /OCG /Name (Draft) >>"
NOTE = "/Type /Annot /Rect [45 590 260 615] /F 4"
BAR = form("0 0 0 rg 45 590 215 25 re f")
GRADIENT = (
    "/Shading << /Sh << /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 600 0] "
    "/Function << /FunctionType 2 /Domain [0 1] /C0 [0] /C1 [0] /N 1 >> /Extend [true true] >> >>"
)

HIDDEN = {
    "render mode 3": Sample(VISIBLE + hidden("3 Tr")),
    "render mode 7": Sample(VISIBLE + hidden("7 Tr")),
    "render mode 7 below a bar": Sample(VISIBLE + hidden("7 Tr") + f"0 g {BOX} f\n"),
    "render mode 7 filled with the paper's white": Sample(
        VISIBLE + f"q BT /F1 10 Tf 7 Tr 50 600 Td ({CANARY}) Tj ET 1 g {BOX} f Q\n"
    ),
    "render mode 7 below a hatching": Sample(
        VISIBLE + hidden("7 Tr") + "0 g " + " ".join(f"{x} 595 2 16 re f" for x in range(48, 248, 4)) + "\n"
    ),
    "white on paper": Sample(VISIBLE + hidden("1 1 1 rg")),
    "white in CMYK": Sample(VISIBLE + hidden("0 0 0 0 k")),
    "a pattern of white": Sample(
        VISIBLE + hidden("/Pattern cs /P scn"),
        "/Pattern << /P 8 0 R >>",
        (
            stream(
                "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 10 10] /XStep 10 /YStep 10 "
                "/Resources << >>",
                b"1 g 0 0 10 10 re f",
            ),
        ),
    ),
    "nearly white": Sample(VISIBLE + hidden("0.97 g")),
    "black on black": Sample("0 g " + BOX + " f\n" + VISIBLE + hidden("0 g")),
    "blue on the same blue": Sample("0.1 0.2 0.9 rg " + BOX + " f\n" + VISIBLE + hidden("0.1 0.2 0.9 rg")),
    "yellow on white": Sample(VISIBLE + hidden("1 1 0.85 rg")),
    "white outline": Sample(VISIBLE + hidden("1 Tr 1 G 0 g")),
    "wide white outline": Sample(VISIBLE + hidden("2 Tr 4 w 1 G 0 g")),
    "below a black bar": Sample(VISIBLE + hidden("") + "0 g " + BOX + " f\n"),
    "below a white box": Sample(VISIBLE + hidden("") + "1 g " + BOX + " f\n"),
    "below a wide line": Sample(VISIBLE + hidden("") + "0 G 20 w 45 603 m 260 603 l S\n"),
    "below a wide line of a scaled pen": Sample(
        VISIBLE + hidden("") + "q 10 0 0 10 0 0 cm 2 w 4 60.3 m 30 60.3 l S Q\n"
    ),
    "below a hatching": Sample(
        VISIBLE + hidden("") + "0 g " + " ".join(f"48 {y} 200 2 re f" for y in range(594, 614, 2)) + "\n"
    ),
    "below a picture": Sample(VISIBLE + hidden("") + DRAW, "/XObject << /Im 8 0 R >>", (image(0),)),
    "below a white picture": Sample(VISIBLE + hidden("") + DRAW, "/XObject << /Im 8 0 R >>", (image(255),)),
    "invisible on a blank picture": Sample(VISIBLE + DRAW + hidden("3 Tr"), "/XObject << /Im 8 0 R >>", (image(230),)),
    "white on a white picture": Sample(VISIBLE + DRAW + hidden("1 g"), "/XObject << /Im 8 0 R >>", (image(255),)),
    "below a shading": Sample(VISIBLE + hidden("") + "q " + BOX + " W n /Sh sh Q\n", GRADIENT),
    "below a bar in a form": Sample(VISIBLE + hidden("") + "/Bar Do\n", "/XObject << /Bar 8 0 R >>", (BAR,)),
    "below a note": Sample(
        VISIBLE + hidden(""),
        "",
        (
            f"<< {NOTE} /Subtype /Square /IC [0 0 0] /C [0 0 0] /AP << /N 9 0 R >> >>".encode(),
            stream("/Type /XObject /Subtype /Form /BBox [45 590 260 615]", b"0 g 45 590 215 25 re f"),
        ),
        "",
        (("Annots", "[8 0 R]"),),
    ),
    "below a link that draws": Sample(
        VISIBLE + hidden(""),
        "",
        (
            f"<< {NOTE} /Subtype /Link /AP << /N 9 0 R >> >>".encode(),
            stream("/Type /XObject /Subtype /Form /BBox [45 590 260 615]", b"1 g 45 590 215 25 re f"),
        ),
        "",
        (("Annots", "[8 0 R]"),),
    ),
    "a font without ink": Sample(
        VISIBLE + f"BT /F9 10 Tf 50 600 Td ({CANARY}) Tj ET\n",
        "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> /F9 8 0 R >>",
        (
            b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 600 800] /FontMatrix [0.001 0 0 0.001 0 0] "
            b"/FirstChar 32 /LastChar 122 /Widths [" + b"500 " * 91 + b"] "
            b"/CharProcs << /a 9 0 R >> /Encoding << /Type /Encoding /Differences [32 " + b"/a " * 91 + b"] >> "
            b"/ToUnicode 10 0 R /Resources << >> >>",
            stream("", b"500 0 d0"),
            stream(
                "",
                b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
                b"1 beginbfrange <20> <7A> <0020> endbfrange endcmap end",
            ),
        ),
    ),
    "below squares of a font": Sample(
        VISIBLE + hidden("") + "BT /F9 14 Tf 48 598 Td (" + "n" * 25 + ") Tj ET\n",
        "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> /F9 8 0 R >>",
        (
            b"<< /Type /Font /Subtype /Type3 /FontBBox [0 -200 600 800] /FontMatrix [0.001 0 0 0.001 0 0] "
            b"/FirstChar 110 /LastChar 110 /Widths [600] /CharProcs << /n 9 0 R >> "
            b"/Encoding << /Type /Encoding /Differences [110 /n] >> /ToUnicode 10 0 R /Resources << >> >>",
            stream("", b"600 0 -30 -200 630 800 d1 -30 -200 660 1000 re f"),
            stream(
                "",
                b"/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF> endcodespacerange "
                b"1 beginbfchar <6E> <2588> endbfchar endcmap end",
            ),
        ),
    ),
    "under a bar with a label": Sample(
        VISIBLE + hidden("") + "0 g " + BOX + " f\n" + text(50, 600, "REDACTED REDACTED REDACTED", before="1 g")
    ),
    "no opacity": Sample(VISIBLE + hidden("/Gs gs"), "/ExtGState << /Gs << /ca 0 >> >>"),
    "hardly any opacity": Sample(VISIBLE + hidden("/Gs gs"), "/ExtGState << /Gs << /ca 0.05 >> >>"),
    "a soft mask of nothing": Sample(
        VISIBLE + hidden("/Gs gs"),
        "/ExtGState << /Gs << /SMask << /S /Luminosity /G 8 0 R >> >> >>",
        (form("0 g 0 0 600 800 re f", "/Group << /S /Transparency /CS /DeviceGray >>"),),
    ),
    "0.6 points": Sample(VISIBLE + hidden("", size=0.6)),
    "1.5 points by the matrix": Sample(VISIBLE + f"q BT /F1 10 Tf 0.15 0 0 0.15 50 600 Tm ({CANARY}) Tj ET Q\n"),
    "above the crop box": Sample(VISIBLE + hidden("", y=785), attributes=(("CropBox", "[0 0 600 780]"),)),
    "mostly off the page": Sample(VISIBLE + hidden("", y=-6)),
    "out of its clip": Sample(VISIBLE + hidden("300 300 100 100 re W n")),
    "out of an empty clip": Sample(VISIBLE + hidden("0 0 0 0 re W n")),
    "out of a round clip": Sample(VISIBLE + hidden("45 590 m 300 590 l 300 594 l 45 594 l 45 593 l 45 592 l h W n")),
    "out of a form's box": Sample(
        VISIBLE + "/Fm Do\n",
        "/XObject << /Fm 8 0 R >>",
        (stream("/Type /XObject /Subtype /Form /BBox [0 0 10 10] /Resources 3 0 R", hidden("").encode()),),
    ),
    "a layer that is off": Sample(
        VISIBLE + "/OC /Lay BDC\n" + hidden("") + "EMC\n", "/Properties << /Lay 8 0 R >>", (LAYER,), LAYERS
    ),
    "a layer that is off, tagged": Sample(
        VISIBLE + "/P <</MCID 0>> BDC /OC /Lay BDC\n" + hidden("") + "EMC EMC\n",
        "/Properties << /Lay 8 0 R >>",
        (LAYER,),
        LAYERS,
    ),
    "a form of a layer that is off": Sample(
        VISIBLE + "/Fm Do\n", "/XObject << /Fm 9 0 R >>", (LAYER, form(hidden(""), "/OC 8 0 R")), LAYERS
    ),
    "invisible over visible text": Sample(VISIBLE + text(50, 600, "Nothing else is said.") + hidden("3 Tr")),
    "invisible over white text on black": Sample(
        VISIBLE + "0 g " + BOX + " f\n" + text(50, 600, "Nothing else is said.", before="1 g") + hidden("3 Tr")
    ),
}


def sheet_of(sample: Sample, write_pdf: Callable[..., Path]) -> Sheet:
    path = write_pdf(
        sample.content,
        resources=sample.resources,
        objects=sample.objects,
        catalog=sample.catalog,
        **dict(sample.attributes),
    )
    with PdfFile(path) as pdf:
        return pdf.sheet(1)


@pytest.mark.parametrize("name", HIDDEN)
def test_text_that_nobody_sees_is_not_read(name: str, write_pdf: Callable[..., Path]) -> None:
    sheet = sheet_of(HIDDEN[name], write_pdf)
    assert SEEN in sheet.text
    assert not {"Canary", "pays", "nine", "million"} & set(sheet.text.split())
    assert sheet.hidden == len(CANARY.replace(" ", ""))


def letters(level: int) -> bytes:
    """A picture of rows of bars, as print on a scan."""
    rows = bytes(level if column % 4 == 0 and 2 <= row < 8 else 255 for row in range(10) for column in range(100))
    return stream(
        "/Type /XObject /Subtype /Image /Width 100 /Height 10 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        "/Filter /FlateDecode",
        zlib.compress(rows),
    )


SCAN = "/XObject << /Im 8 0 R >>"
READABLE = {
    "white on a dark shape": Sample("0 0 0.5 rg 40 690 300 30 re f\n" + text(50, 700, SEEN, before="1 g")),
    "white on a dark picture": Sample(
        "q 300 0 0 30 40 690 cm /Im Do Q\n" + text(50, 700, SEEN, before="1 g"), SCAN, (image(20),)
    ),
    "black on a light shape drawn later than others": Sample(
        text(50, 600, "Above.") + "0.9 g 40 690 300 30 re f\n" + text(50, 700, SEEN, before="0 g")
    ),
    "red on green of the same brightness": Sample(
        "0 0.5 0 rg 40 690 300 30 re f\n" + text(50, 700, SEEN, before="0.98 0 0 rg")
    ),
    "light grey": Sample(text(50, 700, SEEN, before="0.75 g")),
    "half translucent": Sample(text(50, 700, SEEN, before="/Gs gs"), "/ExtGState << /Gs << /ca 0.5 >> >>"),
    "an outline": Sample(text(50, 700, SEEN, before="1 Tr 0 G 0.3 w")),
    "a stencil of a shape": Sample(
        f"q BT /F1 10 Tf 7 Tr 50 700 Td ({SEEN}) Tj ET 0.1 0.2 0.9 rg 40 690 300 30 re f Q\n"
    ),
    "a stencil of a shape on a dark one": Sample(
        f"0 g 40 690 300 30 re f q BT /F1 10 Tf 7 Tr 50 700 Td ({SEEN}) Tj ET 1 g 40 690 300 30 re f Q\n"
    ),
    "a stencil of a shading": Sample(f"q BT /F1 10 Tf 7 Tr 50 700 Td ({SEEN}) Tj ET /Sh sh Q\n", GRADIENT),
    "an outline with an opacity of its own": Sample(
        text(50, 700, SEEN, before="/Gs gs 1 Tr 0 G 0.3 w"), "/ExtGState << /Gs << /ca 0 /CA 1 >> >>"
    ),
    "4 points": Sample(text(50, 700, SEEN, size=4)),
    "underlined and overlined": Sample(VISIBLE + "50 698 120 0.7 re f 50 710 120 0.7 re f\n"),
    "below a highlighter": Sample(
        VISIBLE + "q /Gs gs 1 1 0 rg 45 690 300 25 re f Q\n", "/ExtGState << /Gs << /BM /Multiply >> >>"
    ),
    "inside its clip": Sample(text(50, 700, SEEN, before="45 690 300 25 re W n")),
    "a layer that is on": Sample(
        "/OC /Lay BDC\n" + VISIBLE + "EMC\n",
        "/Properties << /Lay 8 0 R >>",
        (LAYER,),
        "/OCProperties << /OCGs [8 0 R] /D << /Order [8 0 R] >> >>",
    ),
    "a form": Sample("/Fm Do\n", "/XObject << /Fm 8 0 R >>", (form(VISIBLE),)),
    "a turned form": Sample(
        "q 0 1 -1 0 600 0 cm /Fm Do Q\n",
        "/XObject << /Fm 8 0 R >>",
        (form("0 g 40 390 300 30 re f " + text(50, 400, SEEN, before="1 g")),),
    ),
    "drawn twice with a shape between": Sample(VISIBLE + "0.8 1 1 rg 40 690 300 30 re f 0 g\n" + VISIBLE),
    "a shadow": Sample(text(50.5, 699.5, SEEN, before="0.6 g") + VISIBLE),
    "the layer of a scan": Sample(
        "q 150 0 0 12 48 697 cm /Im Do Q\n" + text(50, 700, SEEN, before="3 Tr"), SCAN, (letters(0),)
    ),
    "a layer below its scan": Sample(VISIBLE + "q 150 0 0 12 48 697 cm /Im Do Q\n", SCAN, (letters(0),)),
}


@pytest.mark.parametrize("name", READABLE)
def test_text_that_looks_hidden_and_is_seen_is_read(name: str, write_pdf: Callable[..., Path]) -> None:
    sheet = sheet_of(READABLE[name], write_pdf)
    assert SEEN in sheet.text
    assert sheet.hidden == 0


def test_a_bar_over_part_of_a_word_leaves_the_rest(write_pdf: Callable[..., Path]) -> None:
    # Helvetica's letters of 10 points: "Account:" ends at 88, the number behind it at 133
    page = text(50, 700, "Account:12345678 open") + "0 g 88.5 695 45 16 re f\n"
    with PdfFile(write_pdf(page)) as pdf:
        sheet = pdf.sheet(1)
    assert (sheet.text, sheet.hidden) == ("Account:  open", 8)


def test_a_bar_over_a_scan_hides_what_its_layer_says(write_pdf: Callable[..., Path]) -> None:
    scan = "q 150 0 0 12 48 697 cm /Im Do Q\n" + text(50, 700, "Secret name", before="3 Tr")
    bar = "0 g 45 695 160 16 re f\n" + text(50, 700, "(b)(6) (b)(6)", before="1 g")
    with PdfFile(write_pdf(VISIBLE.replace("700", "500") + scan + bar, resources=SCAN, objects=[letters(0)])) as pdf:
        sheet = pdf.sheet(1)
    assert not {"Secret", "name"} & set(sheet.text.split())
    assert sheet.hidden == 10
    assert SEEN in sheet.text
