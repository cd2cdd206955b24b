"""The pages behind Documents."""

from typing import TYPE_CHECKING

from langchain_core.documents import Document

from mistral_rag.grounding._evidence.pages import DocumentPages, PageSource, PageStore, as_page, passages

if TYPE_CHECKING:
    from tests.grounding.conftest import Shelf


def test_a_bare_document_is_its_own_source_with_one_page() -> None:
    passage = as_page(Document("One. Two.", metadata={"source": "a.md", "title": "A", "page_label": "iv"}))
    assert (passage.source.name, passage.source.title) == ("a.md", "A")
    assert str(passage.page.locator) == "p. iv, text without a file"
    assert [passage.page.text[unit.start : unit.end] for unit in passage.page.units] == ["One.", "Two."]


def test_documents_that_share_a_source_stay_apart() -> None:
    one, two = (as_page(Document(text, metadata={"source": "a.md"})) for text in ("One.", "Two."))
    assert one.source.uri != two.source.uri
    assert as_page(Document("One.", metadata={"source": "a.md"})).source.uri == one.source.uri


def test_control_characters_are_cleaned() -> None:
    assert as_page(Document("a\x00b\r\nc\ud800")).page.text == "a b\nc\ufffd"


def test_pages_of_documents_can_be_read_again() -> None:
    document = Document("One.", metadata={"source": "a.md"})
    held = DocumentPages([document])
    uri = as_page(document).source.uri
    assert held.page(uri, 1).text == "One."
    assert held.source(uri).name == "a.md"
    assert isinstance(held, PageSource)
    assert not isinstance(held, PageStore)


def test_a_chunk_finds_its_page(shelf: "Shelf") -> None:
    found, warnings = passages([shelf.document(shelf.REPORT, 2, 2, 3), Document("Bare."), Document("  ")], shelf)
    assert [passage.page.text[:4] for passage in found] == ["Cons", "Bare"]
    assert warnings == []
