import importlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from mistral_rag.errors import ParseError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import LocalDocument, document
from mistral_rag.ocr._requests.pdf_split import DocumentPart, PdfSplitter

pymupdf: Any = importlib.import_module("pymupdf")  # its annotations are of no use

MadePdf = Callable[..., Path]


def opened(path: Path) -> PdfSplitter:
    found = document(path.read_bytes(), name=path.name)
    assert isinstance(found, LocalDocument)
    return PdfSplitter(found)


def words(part: DocumentPart | PageFailure) -> list[str]:
    assert isinstance(part, DocumentPart)
    return [page.extract_text().strip() for page in PdfReader(io.BytesIO(part.content)).pages]


def test_pages_are_cut_out_and_keep_their_numbers(made_pdf: MadePdf) -> None:
    pdf = opened(made_pdf("one", "two", "three", "four"))
    [part] = pdf.cut([2, 4])
    assert pdf.count == 4
    assert isinstance(part, DocumentPart)
    assert (part.numbers, words(part)) == ((2, 4), ["two", "four"])


def test_a_piece_that_is_too_large_is_halved(made_pdf: MadePdf) -> None:
    pdf = opened(made_pdf("one", "two", "three", "four"))
    [whole] = pdf.cut([1, 2, 3, 4])
    assert isinstance(whole, DocumentPart)
    found = list(pdf.cut([1, 2, 3, 4], max_bytes=len(whole.content) - 1))
    assert [part.numbers for part in found if isinstance(part, DocumentPart)] == [(1, 2), (3, 4)]


def test_a_page_too_large_alone_is_a_failure(made_pdf: MadePdf) -> None:
    pdf = opened(made_pdf("one", "two"))
    assert list(pdf.cut([1, 2], max_bytes=10)) == [
        PageFailure(1, "the page alone has 0 MB; the platform takes 0"),
        PageFailure(2, "the page alone has 0 MB; the platform takes 0"),
    ]


def test_nothing_of_other_pages_is_sent(tmp_path: Path) -> None:
    made = pymupdf.open()
    for text in ("public", "secret"):
        made.new_page().insert_text((72, 72), text)
    made[0].insert_link({"kind": pymupdf.LINK_GOTO, "page": 1, "from": pymupdf.Rect(0, 0, 50, 50)})
    made.set_toc([[1, "Secret chapter", 2]])
    made.embfile_add("secret.txt", b"secret")
    made.save(tmp_path / "linked.pdf", expand=255)
    [part] = opened(tmp_path / "linked.pdf").cut([1])
    assert isinstance(part, DocumentPart)
    left = pymupdf.open(stream=part.content)
    assert (len(left), left.get_toc(), left.embfile_count()) == (1, [], 0)
    assert not any(b"secret" in (left.xref_stream(xref) or b"") for xref in range(1, left.xref_length()))


def test_what_is_filled_into_a_form_is_still_seen(tmp_path: Path) -> None:
    made = pymupdf.open()
    field = pymupdf.Widget()
    field.field_name, field.field_type, field.field_value = "name", pymupdf.PDF_WIDGET_TYPE_TEXT, "Okafor"
    field.rect = pymupdf.Rect(72, 72, 300, 100)
    made.new_page().add_widget(field)
    made.new_page()
    made.save(tmp_path / "form.pdf")
    [part] = opened(tmp_path / "form.pdf").cut([1])
    assert isinstance(part, DocumentPart)
    shown = pymupdf.open(stream=part.content)[0].get_pixmap()
    assert min(shown.samples) < 100


def test_a_rotated_and_cropped_page_stays_so(tmp_path: Path) -> None:
    made = pymupdf.open()
    page = made.new_page(width=600, height=800)
    page.set_cropbox(pymupdf.Rect(0, 0, 300, 400))
    page.set_rotation(90)
    made.new_page()
    made.save(tmp_path / "turned.pdf")
    [part] = opened(tmp_path / "turned.pdf").cut([1])
    assert isinstance(part, DocumentPart)
    cut = pymupdf.open(stream=part.content)[0]
    assert (cut.rotation, cut.rect.width, cut.rect.height) == (90, 400, 300)


def test_labels_are_those_of_the_file(made_pdf: MadePdf, tmp_path: Path) -> None:
    assert list(opened(made_pdf("one")).labels()) == []
    made = pymupdf.open()
    for _ in range(3):
        made.new_page()
    made.set_page_labels(
        [{"startpage": 0, "style": "r", "firstpagenum": 3}, {"startpage": 2, "style": "D", "prefix": "F-"}]
    )
    made.save(tmp_path / "labelled.pdf")
    assert list(opened(tmp_path / "labelled.pdf").labels()) == ["iii", "iv", "F-1"]


def test_an_encrypted_file_needs_its_password(made_pdf: MadePdf) -> None:
    with pytest.raises(ParseError, match="is encrypted and needs a password"):
        opened(made_pdf("one", password="secret"))


def test_a_broken_file_can_not_be_cut(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    with pytest.raises(ParseError, match=r"broken\.pdf is damaged"):
        opened(tmp_path / "broken.pdf")
