"""Doors for what users and models write: texts, questions, filters, metadata, replies, citations."""

import json
import re
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableGenerator, RunnableLambda
from rounds import Door  # type: ignore[import-not-found]
from text_functions import FUNCTIONS  # type: ignore[import-not-found]
from values import SHORT, changed_json, json_values, texts, written_json  # type: ignore[import-not-found]

from mistral_rag import FaissStore, GroundedQA, HybridRetriever
from mistral_rag.grounding import verify_citation
from mistral_rag.schema import Citation
from mistral_rag.testing import small_document, small_index

PAGES = (
    "Net sales rose by 25 % to $5,000 in 2023.",
    "Costs fell. They were (1,234.5) thousand.",
    "Section 2. Leave is 30 days.",
)
KEYS = (
    *("uri", "page", "first_unit", "last_unit", "start", "end", "headings", "source", "title", "url", "chunk_id", "id"),
    *(
        "kind",
        "groups",
        "digest",
        "language",
        "media_type",
        "page_label",
        "page_number",
        "year",
        "tags",
        "score",
        "date",
    ),
    *(
        "$eq",
        "$ne",
        "$in",
        "$nin",
        "$gt",
        "$gte",
        "$lt",
        "$lte",
        "$and",
        "$or",
        "$not",
        "$exists",
        "$contains",
        "$x",
        "",
    ),
)


class Lettered(Embeddings):
    """A vector of the letters of a text."""

    model = "letters"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """As `embed_query`."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Counts of letters, never zero."""
        counts = np.bincount(np.frombuffer(text.encode(errors="replace"), np.uint8) % 16, minlength=16)
        vector: list[float] = (counts + 0.5).tolist()
        return vector


@cache
def place() -> Path:
    """A folder for this process."""
    holder = tempfile.TemporaryDirectory(prefix="fuzz-")
    place.holder = holder  # type: ignore[attr-defined]
    return Path(holder.name)


@cache
def folder() -> Path:
    """An index of two documents, one of them a group's."""
    documents = [
        small_document("acme 10-K 2023.txt", PAGES, language="en", metadata={"year": 2023, "tags": ["a"]}, layout=True),
        small_document("handbook 2024.txt", [PAGES], groups=("staff",), metadata={"year": "2024", "deep": {"a": [1]}}),
    ]
    return small_index(place() / "index", documents, embeddings=Lettered())


@cache
def retriever() -> HybridRetriever:
    """A retriever over the index."""
    return HybridRetriever.from_index(folder(), embeddings=Lettered(), k=3, groups=["staff"])


@cache
def store() -> FaissStore:
    """A store over the same index."""
    return FaissStore(Lettered(), folder(), groups=["staff"])


def _ask(question: str) -> None:
    retriever().search(question)
    retriever().invoke(question)
    GroundedQA(retriever=retriever()).invoke(question)
    store().similarity_search_with_score(question, 2)
    store().max_marginal_relevance_search(question, 2)


def _filter(condition: Any) -> None:
    store().similarity_search("net sales", 2, filter=condition)
    if condition is None or isinstance(condition, dict):
        HybridRetriever(index=retriever().index, embeddings=Lettered(), filter=condition, k=2).search("net sales")


def _metadata(given: tuple[list[tuple[str, dict[str, Any]]], str]) -> None:
    """Add what is given to a store of its own, then read it in every way."""
    documents = [Document(page_content=text, metadata=facts) for text, facts in given[0]]
    own = FaissStore(Lettered(), place() / "own" if given[1] else None)
    try:
        try:
            ids = own.add_documents(documents)
        except ValueError as error:
            if str(error) != "Maximum serialization depth exceeded":  # what pydantic says is a sentence, too
                raise
            return
        _read(own, ids)
    finally:
        try:
            own.delete()
        finally:
            own.close()


def _read(own: FaissStore, ids: Sequence[str]) -> None:
    own.get_by_ids(ids)
    own.similarity_search_with_score("net sales", 3)
    own.similarity_search("net sales", 3, filter={"year": {"$gte": 2000}})
    own.max_marginal_relevance_search("net sales", 2)
    finder = HybridRetriever.from_index(own.path, embeddings=Lettered(), k=3, neighbours=1)
    finder.invoke("net sales")
    answer = GroundedQA(retriever=finder).invoke("What were net sales?")
    for citation in answer.citations:
        verify_citation(finder.index, Citation.model_validate_json(citation.model_dump_json()))
    GroundedQA(retriever=own.as_retriever()).invoke("What were net sales?")
    finder.index.close()


NONCE = re.compile(r"\[E1-([a-z0-9]+)\]")


def _answered(reply: str) -> None:
    def written(messages: list[BaseMessage]) -> str:
        nonce = NONCE.search("\n".join(str(message.text) for message in messages))
        return reply.replace("NONCE", nonce[1] if nonce else "none")

    def pieces(inputs: Any) -> Any:
        for messages in inputs:
            whole = written(messages)
            for at in range(0, len(whole), max(len(whole) // 20, 7)):
                yield AIMessageChunk(content=whole[at : at + max(len(whole) // 20, 7)])

    for how in ("mark", "drop"):
        asked: Any = RunnableLambda(lambda messages: AIMessage(written(messages)))
        whole = GroundedQA(retriever=retriever(), model=asked, policy=how).invoke("What were net sales in 2023?")
        json.loads(whole.model_dump_json())
        streaming = GroundedQA(retriever=retriever(), model=RunnableGenerator(pieces), policy=how)
        for _ in streaming.stream("What were net sales in 2023?"):
            pass


@cache
def sample_citation() -> dict[str, Any]:
    """A citation as JSON."""
    answer = GroundedQA(retriever=retriever()).invoke("What were net sales in 2023?")
    sample: dict[str, Any] = json.loads(answer.citations[0].model_dump_json())
    return sample


def _verify(data: bytes) -> None:
    citation = Citation.model_validate_json(data)
    for pages in (retriever().index, retriever().pages):
        verify_citation(pages, citation).model_dump_json()
    Citation.from_annotation(citation.to_annotation())


def _spans_moved() -> st.SearchStrategy[dict[str, Any]]:
    """A citation whose spans are others that still agree with themselves."""

    def moved(start: int, end: int, number: int, role: str, times: int) -> dict[str, Any]:
        sample: dict[str, Any] = json.loads(json.dumps(sample_citation()))
        span = sample["spans"][0]
        quote = (PAGES[0] * 3)[start : start + end]
        span |= {"start": start, "end": start + len(quote), "quote": quote, "page": number, "role": role}
        sample |= {
            "spans": [span] * times,
            "quote": " … ".join([quote] * times if role == "quote" else []),
            "page": number,
        }
        return sample

    return st.builds(
        moved, st.integers(0, 90), st.integers(1, 60), st.sampled_from((1, 2, 3, 2**31, 2**70)),
        st.sampled_from(("quote", "header")), st.integers(1, 3),
    )  # fmt: skip


def _function(given: tuple[str, str]) -> None:
    FUNCTIONS[given[0]](given[1])


facts = st.one_of(st.dictionaries(st.one_of(st.sampled_from(KEYS), SHORT), json_values(KEYS), max_size=6))
conditions = json_values(
    KEYS, scalars=st.one_of(SHORT, st.integers(), st.floats(), st.none(), st.sampled_from((2023, "a")))
)
long_texts = st.builds(lambda text, times: (text * times)[:1_000_000], texts, st.sampled_from((*(1,) * 40, 1000)))

DOORS = {
    "texts": Door(st.tuples(st.sampled_from(sorted(FUNCTIONS)), texts), _function),
    "questions": Door(long_texts, _ask),
    "filters": Door(conditions, _filter),
    "metadata": Door(st.tuples(st.lists(st.tuples(texts, facts), min_size=1, max_size=3), st.sampled_from(("", "own"))),
                     _metadata),
    "replies": Door(texts, _answered),
    "citations": Door(
        st.one_of(
            written_json(st.deferred(lambda: changed_json(sample_citation(), tuple(sample_citation())))),
            written_json(st.deferred(_spans_moved)),
        ),
        _verify,
    ),
}  # fmt: skip
