"""The pages behind Documents."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.runnables import RunnableLambda

from mistral_rag import FaissStore, GroundedQA, HybridRetriever, verify_citation
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


PYPDF = {"producer": "xdvipdfmx", "creator": "LaTeX", "total_pages": 26, "source": "paper.pdf"}


@pytest.mark.parametrize(
    ("metadata", "number", "label"),
    [
        ({"page": 2, "page_label": "3", **PYPDF}, 3, "p. 3"),
        ({"page": 6, "page_label": "iv", **PYPDF}, 7, "p. iv (page 7)"),
        ({"page": 11, "total_pages": 40, "file_path": "a.pdf"}, 12, "p. 12"),
        ({"page": 40, "total_pages": 40}, 40, "p. 40"),
        ({"page": 0}, 1, "p. 1"),
        ({"page": 3, "page_label": "3"}, 3, "p. 3"),
        ({"page_number": 3, "filetype": "application/pdf"}, 3, "p. 3"),
        ({"page_number": 14, "page_label": "F-12"}, 14, "p. F-12 (page 14)"),
        ({"page_number": 5, "page": 4}, 5, "p. 5"),
        ({"loc": {"pageNumber": 8, "lines": {"from": 1}}}, 8, "p. 8"),
        ({"loc.pageNumber": 8}, 8, "p. 8"),
        ({"page": 3}, 3, "p. 3 or 4"),
        ({"page": "3"}, 3, "p. 3 or 4"),
        ({"page": 3.0, "total_pages": 9.0}, 4, "p. 4"),
        ({"page": "A-3"}, 1, "p. A-3"),
        ({"page_label": "iv"}, 1, "p. iv"),
    ],
)
def test_the_page_is_the_one_that_loaders_name(metadata: dict[str, Any], number: int, label: str) -> None:
    document = Document("Trains are booked in second class.", metadata=metadata)
    chain = GroundedQA(retriever=RunnableLambda(lambda _: [document]))
    (citation,) = chain.invoke("Which class are trains booked in?").citations
    assert (citation.page, citation.page_label) == (number, f"{label}, text without a file")
    assert [(span.page, span.box_precision) for span in citation.spans or ()] == [(number, "none")]
    assert verify_citation(DocumentPages([document]), citation).location == "exact"


@pytest.mark.parametrize(
    "metadata", [{}, {"page": True}, {"page": -1}, {"page": None}, {"page": [3]}, {"page": 10**30}, {"loc": 3}]
)
def test_what_is_no_page_number_is_none(metadata: dict[str, Any]) -> None:
    passage = as_page(Document("Trains.", metadata=metadata))
    assert (passage.chunk.page, str(passage.page.locator)) == (1, "text without a file")


def test_a_label_from_outside_is_one_short_line() -> None:
    passage = as_page(Document("Trains.", metadata={"page_label": "iv\n\x1b[31m" + "x" * 1_000}))
    assert len(passage.page.locator.label) < 80
    assert "\n" not in passage.page.locator.label


def test_the_index_keeps_the_page_that_a_loader_names(tmp_path: Path) -> None:
    store = FaissStore(DeterministicFakeEmbedding(size=8), tmp_path / "index")
    store.add_documents([Document("Trains are booked in second class.", metadata={"page": 2, **PYPDF})])
    chain = GroundedQA(retriever=HybridRetriever.from_index(tmp_path / "index", embeddings=store.embeddings))
    (citation,) = chain.invoke("Which class are trains booked in?").citations
    assert citation.page_label == "p. 3, text without a file"
