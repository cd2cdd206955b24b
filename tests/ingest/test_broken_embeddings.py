"""Embeddings that give something else than vectors end a build with one sentence, and nothing half-written."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from ingest._pipeline import Build
from mistral_rag import FaissStore, HybridRetriever
from mistral_rag.errors import ConfigurationError, IndexMismatchError, MistralRagError
from mistral_rag.index import IndexReader, verify
from mistral_rag.terminal import exit_code

BROKEN: dict[str, Any] = {
    "not a number": [[math.nan, 1.0], [1.0, 0.0], [1.0, 0.0]],
    "infinite": [[math.inf, 1.0], [1.0, 0.0], [1.0, 0.0]],
    "beyond 32 bits": [[1e300, 1.0], [1.0, 0.0], [1.0, 0.0]],
    "too few": [[1.0, 0.0]],
    "too many": [[1.0, 0.0]] * 5,
    "none": [],
    "strings": [["a", "b"], ["c", "d"], ["e", "f"]],
    "ragged": [[1.0, 0.0], [1.0], [1.0, 0.0]],
    "one vector": [1.0, 0.0, 1.0],
    "without numbers": [[], [], []],
    "nothing": [None, None, None],
    "no list": None,
    "booleans": [[True, False]] * 3,
    "objects": [[object(), 1.0], [1.0, 0.0], [1.0, 0.0]],
}


class Given(Embeddings):
    """Embeddings that give what they are told to; for the first text, which asks for the dimension, a right vector."""

    model = "given"

    def __init__(self, vectors: Any) -> None:
        self.vectors = vectors

    def embed_documents(self, texts: list[str]) -> Any:
        return [[1.0, 0.0]] if texts == ["dimension"] else self.vectors

    def embed_query(self, text: str) -> Any:
        return self.vectors[0] if self.vectors else self.vectors


class Rows(Given):
    """The same as numpy rows of a model's own making."""

    def embed_matrix(self, texts: list[str]) -> Any:
        return np.asarray(self.embed_documents(list(texts)), dtype=np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    sections = (f"# Shelf {number}\n\nShelf {number} holds {number} boxes.\n" for number in range(3))
    (folder / "shelves.md").write_text("\n".join(sections))
    return folder


def build(folder: Path, index: Path, embeddings: Embeddings) -> None:
    for _ in Build([folder], index, embeddings=embeddings, workers=1):
        pass


@pytest.mark.parametrize("vectors", BROKEN.values(), ids=BROKEN)
def test_a_build_ends_with_a_named_error_and_holds_no_vector(vectors: Any, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^the embedding model given gave [^\n]*$") as raised:
        build(folder, tmp_path / "index", Given(vectors))
    assert exit_code(raised.value) == 2
    assert verify(tmp_path / "index") == []
    with IndexReader.open(tmp_path / "index") as reader:
        assert (reader.status()["documents"], reader.status()["pending"]) == (1, 3)


@pytest.mark.parametrize(
    "vectors",
    [[[math.nan, 1.0]] * 3, [[math.inf, 1.0]] * 3, [[1e5, 1.0]] * 3, [[1.0]] * 3, [[1.0, 0.0]], [1.0] * 3],
    ids=["not a number", "infinite", "beyond 16 bits", "another dimension", "too few", "one vector"],
)
def test_rows_of_a_model_s_own_are_checked_too(vectors: Any, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^the embedding model given gave "):
        build(folder, tmp_path / "index", Rows(vectors))
    assert verify(tmp_path / "index") == []


def test_another_dimension_than_the_first_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^the embedding model given gave vectors of the shape \(3, 3\)"):
        build(folder, tmp_path / "index", Given([[1.0, 0.0, 0.0]] * 3))


@pytest.mark.parametrize("vectors", BROKEN.values(), ids=BROKEN)
def test_a_store_takes_in_nothing(vectors: Any, tmp_path: Path) -> None:
    store = FaissStore(Given(vectors), tmp_path / "store")
    with pytest.raises(ConfigurationError, match=r"^the embedding model given gave [^\n]*$"):
        store.add_texts(["one", "two", "three"])
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("vector", [[math.nan, 1.0], [], ["a", "b"], None, [[1.0, 0.0]], [math.inf, 0.0]])
def test_a_question_with_a_broken_vector_is_one_sentence(vector: Any, folder: Path, tmp_path: Path) -> None:
    build(folder, tmp_path / "index", Given([[1.0, 0.0]] * 3))
    with pytest.raises(ConfigurationError, match=r"^the embedding model given gave [^\n]*$"):
        HybridRetriever(index=IndexReader.open(tmp_path / "index"), embeddings=Given([vector])).invoke("boxes")
    with pytest.raises(ConfigurationError, match=r"^the embedding model given gave [^\n]*$"):
        FaissStore(Given([vector]), tmp_path / "index").similarity_search("boxes")


def test_a_question_of_another_dimension_is_one_sentence(folder: Path, tmp_path: Path) -> None:
    build(folder, tmp_path / "index", Given([[1.0, 0.0]] * 3))
    other = Given([[1.0, 0.0, 0.0]])
    with pytest.raises(MistralRagError, match="dimension"):
        HybridRetriever(index=IndexReader.open(tmp_path / "index"), embeddings=other).invoke("boxes")
    with pytest.raises(IndexMismatchError):
        FaissStore(other, tmp_path / "index").similarity_search("boxes")
