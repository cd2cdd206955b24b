from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.callbacks import Callbacks
from langchain_core.documents import BaseDocumentCompressor, Document

from mistral_rag.retrieval._reranking import reranked

DOCUMENTS = [Document(id=name, page_content=f"text {name}", metadata={"n": name}) for name in "abc"]


class Backwards(BaseDocumentCompressor):
    """Drops the first, turns the others round, rewrites them and says scores."""

    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        kept = list(documents)[:0:-1]
        for rank, document in enumerate(kept):
            document.metadata["relevance_score"] = 0.9 - rank / 2
            document.page_content = "rewritten"
        return [*kept, Document("made up", id="z"), kept[0]]


class Silent(BaseDocumentCompressor):
    def compress_documents(
        self, documents: Sequence[Document], query: str, callbacks: Callbacks | None = None
    ) -> Sequence[Document]:
        return documents[1:]


class Encoder:
    def __init__(self, scores: Sequence[float]) -> None:
        self.scores = scores

    def score(self, text_pairs: list[tuple[str, str]]) -> Any:
        assert text_pairs[0] == ("who?", "text a")
        return self.scores


def test_a_compressor_orders_and_leaves_out() -> None:
    assert reranked(Backwards(), "who?", DOCUMENTS) == [(2, 0.9), (1, pytest.approx(0.4))]
    assert DOCUMENTS[2] == Document(id="c", page_content="text c", metadata={"n": "c"})


def test_a_compressor_without_scores_gives_ranks() -> None:
    assert reranked(Silent(), "who?", DOCUMENTS) == [(1, 1.0), (2, 0.5)]


def test_a_cross_encoder_scores_pairs() -> None:
    assert reranked(Encoder([0.1, 0.7, 0.7]), "who?", DOCUMENTS) == [(1, 0.7), (2, 0.7), (0, 0.1)]


def test_another_number_of_scores_is_refused() -> None:
    with pytest.raises(ValueError, match="2 scores for 3 passages"):
        reranked(Encoder([0.1, 0.7]), "who?", DOCUMENTS)
    with pytest.raises(ValueError, match="1 score for 3 passages"):
        reranked(Encoder([0.1]), "who?", DOCUMENTS)


def test_nothing_is_ranked_where_nothing_was_found() -> None:
    assert reranked(Encoder([]), "who?", []) == []
