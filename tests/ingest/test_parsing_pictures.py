"""The digest of what is on a page: the same for the same page wherever it is, another for anything that shows."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, RectangleObject

from ingest.parsing._pictures import picture_pages
from ingest.parsing._result import PageProblem, Parsed
from mistral_rag.schema import Locator, Page


def keys(path: Path, *numbers: int, media_type: str = "application/pdf") -> list[str]:
    pages = tuple(Page(locator=Locator(kind="page", number=n), text="") for n in range(1, max(numbers) + 1))
    unread = tuple(PageProblem(number, "needs OCR: a picture") for number in numbers)
    found = picture_pages(path, media_type, Parsed("", {}, pages, (), unread), every=False)
    assert [picture.page for picture in found] == list(numbers)
    return [picture.key for picture in found]


def scan(path: Path, *widths: int) -> Path:
    """A PDF of pictures, each with a black bar of some width."""
    pictures = []
    for width in widths:
        picture = Image.new("L", (200, 100), 255)
        ImageDraw.Draw(picture).rectangle((10, 10, 10 + width, 40), fill=0)
        pictures.append(picture)
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    return path


def again(path: Path, target: Path, *numbers: int, change: Any = None) -> Path:
    """Some pages of a PDF written anew, by another program and with another layout of the file."""
    writer = PdfWriter()
    for number in numbers:
        writer.add_page(PdfReader(path).pages[number - 1])
    if change:
        change(writer)
    writer.compress_identical_objects()
    writer.add_metadata({"/Title": "written anew"})
    writer.write(target)
    return target


def test_the_same_page_in_another_file_has_the_same_key(tmp_path: Path) -> None:
    original = scan(tmp_path / "a.pdf", 50, 80)
    first, second = keys(original, 1, 2)
    assert first != second
    assert keys(again(original, tmp_path / "b.pdf", 2, 1), 1, 2) == [second, first]


@pytest.mark.parametrize("what", ["turned", "cropped", "overprinted"])
def test_anything_that_shows_changes_the_key(tmp_path: Path, what: str) -> None:
    def change(writer: PdfWriter) -> None:
        page: Any = writer.pages[0]
        if what == "turned":
            page.rotate(90)
        elif what == "cropped":
            page.cropbox = RectangleObject((0, 0, 100, 50))
        else:
            stream = DecodedStreamObject()
            stream.set_data(page["/Contents"].get_object().get_data() + b"\n0 0 50 50 re f")
            page[NameObject("/Contents")] = stream

    original = scan(tmp_path / "a.pdf", 50)
    assert keys(again(original, tmp_path / "b.pdf", 1, change=change), 1) != keys(original, 1)


def test_rings_and_ladders_of_objects_end(tmp_path: Path) -> None:
    def tie(writer: PdfWriter) -> None:
        ring = DictionaryObject()
        reference = writer._add_object(ring)
        ring[NameObject("/Self")] = reference
        ladder: Any = ArrayObject([reference])
        for _ in range(40):
            step = writer._add_object(ladder)
            ladder = ArrayObject([step, step])
        page: Any = writer.pages[0]
        page["/Resources"].get_object()[NameObject("/Ladder")] = writer._add_object(ladder)

    original = scan(tmp_path / "a.pdf", 50)
    [tied] = keys(again(original, tmp_path / "b.pdf", 1, change=tie), 1)
    assert tied != keys(original, 1)[0]


def test_a_pdf_that_only_a_forgiving_reader_opens_goes_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 with nothing pypdf could use")
    first, second = keys(tmp_path / "a.pdf", 1, 2)
    assert first != second
    assert keys(tmp_path / "a.pdf", 1) == [first]


def test_pages_of_an_image_go_by_its_bytes_and_their_number(tmp_path: Path) -> None:
    Image.new("L", (20, 20), 255).save(tmp_path / "a.png")
    first, second = keys(tmp_path / "a.png", 1, 2, media_type="image/png")
    assert first != second
    assert len(first) == 64


def test_every_page_can_be_asked_for_but_broken_ones(tmp_path: Path) -> None:
    pages = tuple(Page(locator=Locator(kind="page", number=n), text="text") for n in (1, 2, 3))
    parsed = Parsed("", {}, pages, (PageProblem(2, "damaged"),), (PageProblem(3, "needs OCR: a picture"),))
    found = picture_pages(scan(tmp_path / "a.pdf", 1, 2, 3), "application/pdf", parsed, every=True)
    assert [(picture.page, picture.reason) for picture in found] == [
        (1, "OCR of every page was asked for"),
        (3, "needs OCR: a picture"),
    ]
    assert picture_pages(tmp_path / "a.md", "text/markdown", Parsed("", {}, pages), every=True) == ()
