"""Highlight annotations: where they lie in the page's own units, and that they are seen."""

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from mistral_rag.errors import ParseError
from mistral_rag.overlay import Layer, Mark, MarkStyle, PagePictures
from mistral_rag.pdf import PageImage, PdfFile, render_page
from mistral_rag.schema import Box
from tests.printed import annotations, line, pdf

ORANGE = MarkStyle("#E69F00", fill=0.5)
WORDS = "The budget is 4200 euros."


def written(folder: Path, **attributes: str) -> Path:
    path = folder / "original.pdf"
    path.write_bytes(pdf(line(60, 700, WORDS), attributes=attributes))
    return path


def words_of(path: Path) -> Box:
    """The place of the words on the page as a reader sees it."""
    with PdfFile(path) as opened:
        return Box.around(word.box for word in opened.sheet(1).words)


def highlighted(path: Path, *boxes: Box, number: int = 1) -> bytes:
    layers = [Layer("quote", "Quote", (Mark(boxes, ORANGE, "what was quoted"),))]
    with PagePictures(path, "application/pdf") as pictures:
        return pictures.highlighted([(number, layers)])


def quads(data: bytes) -> list[float]:
    page = PdfReader(io.BytesIO(data)).pages[0]
    return [round(float(value)) for value in annotations(page)[0]["/QuadPoints"]]


@pytest.mark.parametrize(
    ("attributes", "corners"),
    [
        ({}, [60, 709, 176, 709, 60, 698, 176, 698]),
        ({"Rotate": "90"}, [60, 698, 60, 709, 176, 698, 176, 709]),
        ({"Rotate": "180"}, [176, 698, 60, 698, 176, 709, 60, 709]),
        ({"Rotate": "270"}, [176, 709, 176, 698, 60, 709, 60, 698]),
        ({"Rotate": "-90"}, [176, 709, 176, 698, 60, 709, 60, 698]),
        ({"CropBox": "[40 500 400 750]"}, [60, 709, 176, 709, 60, 698, 176, 698]),
        ({"CropBox": "[40 500 400 750]", "Rotate": "90"}, [60, 698, 60, 709, 176, 698, 176, 709]),
        ({"CropBox": "[-50 -50 900 900]"}, [60, 709, 176, 709, 60, 698, 176, 698]),
    ],
)
def test_corners_lie_at_the_words_however_the_page_is_turned_or_cut(
    tmp_path: Path, attributes: dict[str, str], corners: list[int]
) -> None:
    path = written(tmp_path, **attributes)
    assert quads(highlighted(path, words_of(path))) == corners


def level(image: PageImage, across: float, down: float) -> tuple[int, ...]:
    at = (int(down * image.height) * image.width + int(across * image.width)) * 3
    return tuple(image.pixels[at : at + 3])


@pytest.mark.parametrize("attributes", [{}, {"Rotate": "90"}, {"Rotate": "270", "CropBox": "[40 500 400 750]"}])
def test_a_viewer_shows_them_behind_the_words(tmp_path: Path, attributes: dict[str, str]) -> None:
    path = written(tmp_path, **attributes)
    box = words_of(path)
    (tmp_path / "marked.pdf").write_bytes(highlighted(path, box))
    before, after = (render_page(file, 1, dpi=144) for file in (path, tmp_path / "marked.pdf"))
    # inside its edge, where no letter is printed
    spot = box.left + 0.002, box.top + 0.002
    assert level(before, *spot) == (255, 255, 255)
    assert level(after, *spot) == (243, 207, 128)
    darkest = min(after.pixels)
    assert darkest < 10


def test_an_annotation_says_what_was_quoted_and_is_printed(tmp_path: Path) -> None:
    path = written(tmp_path)
    page = PdfReader(io.BytesIO(highlighted(path, words_of(path)))).pages[0]
    found = annotations(page)[0]
    assert (found["/Subtype"], found["/Contents"], found["/F"]) == ("/Highlight", "what was quoted", 4)


def test_only_the_cited_page_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    path.write_bytes(pdf(line(60, 700, "First page."), line(60, 700, "Second page.")))
    data = highlighted(path, Box(left=0.1, top=0.1, right=0.2, bottom=0.2), number=2)
    reader = PdfReader(io.BytesIO(data))
    assert [page.extract_text() for page in reader.pages] == ["Second page."]
    assert b"First page." not in data


def test_notes_of_others_stay_and_their_actions_go(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        AA="<< /O << /S /JavaScript /JS (app.alert(1)) >> >>",
        Annots="[<< /Type /Annot /Subtype /Square /Rect [10 10 50 50] /A << /S /JavaScript /JS (app.alert(2)) >> >> "
        "<< /Type /Annot /Subtype /Link /Rect [60 10 90 50] /A << /S /URI /URI (http://example.org) >> >>]",
    )
    data = highlighted(path, words_of(path))
    page = PdfReader(io.BytesIO(data)).pages[0]
    assert [note["/Subtype"] for note in annotations(page)] == ["/Square", "/Highlight"]
    assert b"app.alert" not in data
    assert b"example.org" not in data


def test_a_locked_file_is_said_to_be_locked(tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf(line(60, 700, WORDS))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    with pytest.raises(ParseError, match="the PDF is encrypted and needs a password"):
        highlighted(tmp_path / "locked.pdf", Box(left=0.1, top=0.1, right=0.2, bottom=0.2))


def test_an_image_has_no_highlights(tmp_path: Path) -> None:
    with PagePictures(tmp_path / "x.png", "image/png") as pictures, pytest.raises(ParseError, match="is an image"):
        pictures.highlighted([])
