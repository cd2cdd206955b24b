"""Pages that a request asks for, and the indices that its reply must have."""

import json

from mistral_rag.ocr._requests.documents import RemoteDocument, document
from mistral_rag.ocr._requests.options import OcrOptions
from mistral_rag.ocr._requests.page_request import PageRequest, encoded_body
from mistral_rag.ocr._requests.pdf_split import DocumentPart

PART = DocumentPart(b"%PDF-1.7", (4, 5, 8))


def test_all_pages_of_a_part_need_no_selection() -> None:
    request = PageRequest(PART, (4, 5, 8))
    assert request.selection is None
    assert request.expected == {0: 4, 1: 5, 2: 8}


def test_some_pages_of_a_part_are_selected_by_their_index_in_it() -> None:
    request = PageRequest(PART, (5, 8))
    assert request.selection == [1, 2]
    assert request.expected == {1: 5, 2: 8}


def test_pages_of_a_document_that_was_not_counted_are_selected_by_number() -> None:
    request = PageRequest(DocumentPart(b"", None), (3,))
    assert request.selection == [2]
    assert request.expected == {2: 3}


def test_without_numbers_all_pages_are_asked_for_and_any_are_expected() -> None:
    request = PageRequest(DocumentPart(b"", None), None)
    assert request.selection is None
    assert request.expected is None


def test_a_part_travels_in_the_body_and_an_uploaded_one_is_named() -> None:
    options = OcrOptions(model="m", confidence_scores_granularity=None, table_format=None)
    local = document(PART.content, name="a.pdf")
    inline = json.loads(encoded_body(PageRequest(PART, (5,)), local, options=options))
    assert inline["pages"] == [1]
    assert inline["document"] == {
        "type": "document_url",
        "document_name": "a.pdf",
        "document_url": "data:application/pdf;base64,JVBERi0xLjc=",
    }
    chunk = {"type": "file", "file_id": "f"}
    uploaded = json.loads(encoded_body(PageRequest(PART, None, chunk), RemoteDocument("a", chunk), options=options))
    assert (uploaded["document"], "pages" in uploaded) == (chunk, False)
