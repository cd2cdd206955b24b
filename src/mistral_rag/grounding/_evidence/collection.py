"""Answers about the collection itself, from the index's own facts."""

from collections.abc import Mapping
from typing import Any, Final

from mistral_rag.grounding._asked.collection import Catalogue, asks_about_collection, description, documents_of
from mistral_rag.grounding._evidence.pages import PageSource, PageStore, opened
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.schema import Answer, Claim

NEEDS_A_MODEL: Final = (
    "a summary needs a chat model (set MISTRAL_API_KEY, or give GroundedQA a model); without one, ask for a single fact"
)
UNKNOWN: Final = "the question is about the collection, and the retriever does not say which documents it holds"


def collection_answer(
    retrieved: Retrieved,
    store: PageStore | PageSource | None,
    *,
    filter: Mapping[str, Any] | None = None,
    has_model: bool = False,
) -> Answer | None:
    """The answer to a question about the collection; None for other questions, and for summaries by a model.

    Only documents are counted and named that the store's groups and the retriever's filter leave.
    """
    kind = asks_about_collection(retrieved.question)
    if kind is None or (kind == "summary" and has_model):
        return None
    if kind == "summary":
        return retrieved.answer(text="", status="abstained", reason=NEEDS_A_MODEL)
    if store is None:
        return retrieved.answer(text="", status="abstained", reason=UNKNOWN)
    with opened(store) as view:
        if not isinstance(view, Catalogue):
            return retrieved.answer(text="", status="abstained", reason=UNKNOWN)
        text = description(documents_of(view, filter), kind, retrieved.question)
    reasons = ("counted in the index, no document is quoted",)
    return retrieved.answer(
        text=text, status="answered", claims=(Claim(start=0, end=len(text), kind="connective", reasons=reasons),)
    )
