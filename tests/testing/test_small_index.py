"""Small indexes for tests are real ones: what was put in is found, and they pass `verify`."""

from pathlib import Path

from langchain_core.embeddings import DeterministicFakeEmbedding

from mistral_rag.index import IndexReader, verify
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.testing import small_document, small_index


def test_an_index_of_texts_is_found_by_words(tmp_path: Path) -> None:
    folder = small_index(tmp_path / "index", {"shop.txt": ["Phones are sold.", "Dividends are paid."], "b.txt": ["x"]})
    assert verify(folder) == []
    (hit,) = HybridRetriever.from_index(folder, k=1).search("dividends")
    assert (hit.source.name, hit.chunk.text, hit.page.locator.number) == ("shop.txt", "Dividends are paid.", 2)


def test_vectors_come_from_the_embeddings(tmp_path: Path) -> None:
    folder = small_index(tmp_path / "index", {"a.txt": ["one", "two"]}, embeddings=DeterministicFakeEmbedding(size=8))
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert str(view.identity) == "DeterministicFakeEmbedding (8)"
        assert view.vectors()[1].shape == (2, 8)


def test_passages_of_a_page_are_a_chunk_and_a_unit_each() -> None:
    source, (page,), chunks = small_document("a b.txt", [["one", "two", "one"]], groups=("staff",), layout=True)
    assert (source.uri, source.groups, page.text) == ("file:///docs/a%20b.txt", ("staff",), "one\ntwo\none")
    assert [(chunk.text, chunk.start, chunk.end, chunk.first_unit) for chunk in chunks] == [
        ("one", 0, 3, 0),
        ("two", 4, 7, 1),
        ("one", 8, 11, 2),
    ]
    assert len({chunk.id for chunk in chunks}) == 3
    assert (page.width, len(page.blocks), len(page.units)) == (612, 1, 3)
