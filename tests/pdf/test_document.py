from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from mistral_rag.errors import ParseError
from mistral_rag.pdf import PdfFile, read_pages, render_page

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def reason_for(path: Path) -> str:
    with pytest.raises(ParseError) as caught, PdfFile(path):
        pass
    return caught.value.reason


def test_an_encrypted_file_says_so(write_pdf: WritePdf, put: Put, tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=PdfReader(write_pdf(put(60, 700, "secret"))))
    writer.encrypt("key", algorithm="RC4-128")
    writer.write(tmp_path / "locked.pdf")
    assert reason_for(tmp_path / "locked.pdf") == "the PDF is encrypted and needs a password"


def test_a_file_that_is_no_pdf_says_so(tmp_path: Path) -> None:
    (tmp_path / "letter.pdf").write_bytes(b"Dear Sir or Madam")
    assert reason_for(tmp_path / "letter.pdf") == "this is not a PDF, or it is damaged beyond reading"


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert reason_for(tmp_path / "nowhere.pdf") == "the file can't be opened"


def test_a_page_has_the_size_a_reader_sees(write_pdf: WritePdf, put: Put) -> None:
    page = read_pages(write_pdf(put(60, 700, "Hello"), MediaBox="[0 0 612 792]"))[0]
    assert (page.width, page.height) == (612, 792)
    assert str(page.locator) == "p. 1"


def test_metadata_is_read(write_pdf: WritePdf, put: Put) -> None:
    with PdfFile(write_pdf(put(60, 700, "Hello"))) as pdf:
        assert pdf.metadata("Title") == "A title made by hand"
        assert pdf.metadata("Author") == ""


def test_a_picture_shows_the_page(write_pdf: WritePdf) -> None:
    path = write_pdf("0 400 300 400 re f")
    picture = render_page(path, 1, dpi=36, grey=True)
    assert (picture.width, picture.height, picture.channels) == (300, 400, 1)
    assert picture.pixels[0] == 0
    assert picture.pixels[-1] == 255
    assert render_page(path, 1, dpi=36).png().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_huge_page_is_drawn_coarsely(write_pdf: WritePdf) -> None:
    picture = render_page(write_pdf("0 0 10 10 re f", MediaBox="[0 0 14400 14400]"), 1, dpi=300)
    assert picture.width * picture.height <= 51_000_000


def test_ink_is_measured_where_text_is_sparse(write_pdf: WritePdf, put: Put) -> None:
    with PdfFile(write_pdf("0 0 600 400 re f", put(60, 700, "A few words"))) as pdf:
        assert pdf.sheet(1).ink == pytest.approx(0.5, abs=0.01)
        assert 0 < pdf.sheet(2).ink < 0.004
