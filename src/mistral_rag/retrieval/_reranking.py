"""Rerankers: a LangChain document compressor or cross-encoder puts the best candidates in order."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from langchain_core.documents import BaseDocumentCompressor, Document

from mistral_rag._counting import counted


@runtime_checkable
class CrossEncoder(Protocol):
    """The interface of LangChain's `BaseCrossEncoder`: scores of (question, text) pairs, higher is better."""

    def score(self, text_pairs: list[tuple[str, str]], /) -> Any:
        """One score a pair, in order."""
        ...


Reranker = BaseDocumentCompressor | CrossEncoder


def reranked(reranker: Reranker, question: str, documents: Sequence[Document]) -> list[tuple[int, float]]:
    """Places of the documents in their new order, each with its score.

    A compressor may leave documents out and may say its score in the metadata (`relevance_score`); without one the
    score is 1 / rank. It only orders: texts it rewrites are not taken over, so that citations still hold.
    """
    if not documents:
        return []
    if isinstance(reranker, BaseDocumentCompressor):
        return _kept(reranker, question, documents)
    scores = [float(score) for score in reranker.score([(question, document.page_content) for document in documents])]
    if len(scores) != len(documents):
        raise ValueError(f"the reranker gave {counted(len(scores), 'score')} for {counted(len(documents), 'passage')}")
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
    return [(place, scores[place]) for place in order]


def _kept(reranker: BaseDocumentCompressor, question: str, documents: Sequence[Document]) -> list[tuple[int, float]]:
    place_of = {document.id: place for place, document in enumerate(documents)}
    # a copy: compressors write into the metadata they are given
    given = [document.model_copy(update={"metadata": dict(document.metadata)}) for document in documents]
    kept: dict[int, float] = {}
    for rank, document in enumerate(reranker.compress_documents(given, question), start=1):
        place = place_of.get(document.id)
        if place is not None and place not in kept:
            kept[place] = float(document.metadata.get("relevance_score", 1 / rank))
    return list(kept.items())
