"""Answers about the collection itself, from the index's own facts."""

from collections.abc import Mapping
from typing import Any, Final

from mistral_rag.grounding._collection.collection import Catalogue, asks_about_collection, description, documents_of
from mistral_rag.grounding._collection.listings import (
    CHANGES,
    DocumentsAsked,
    SearchableCatalogue,
    documents_named,
    documents_with,
    listed,
    listing_asked,
    paged,
)
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
    if (listing := listing_asked(retrieved.question)) is not None:
        return _listed(listing, retrieved, store, filter)
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
    return _counted(retrieved, text)


def _listed(
    listing: DocumentsAsked,
    retrieved: Retrieved,
    store: PageStore | PageSource | None,
    filter: Mapping[str, Any] | None,
) -> Answer | None:
    """The answer to a question for documents by what they hold; None where it names no document of the index."""
    if listing.kind == "changes":
        return retrieved.answer(text="", status="abstained", reason=CHANGES)
    if store is None:
        return retrieved.answer(text="", status="abstained", reason=UNKNOWN)
    with opened(store) as view:
        if not isinstance(view, Catalogue) or not isinstance(view, SearchableCatalogue):
            return retrieved.answer(text="", status="abstained", reason=UNKNOWN)
        if listing.kind == "pages":
            found = documents_named(documents_of(view, filter), listing.subject)
            text = paged(view, found) if found else ""
        else:
            text = listed(documents_with(view, listing.subject, filter), listing.subject, listing.kind)
    return _counted(retrieved, text) if text else None


def _counted(retrieved: Retrieved, text: str) -> Answer:
    reasons = ("counted in the index, no document is quoted",)
    claim = Claim(start=0, end=len(text), kind="connective", reasons=reasons)
    return retrieved.answer(text=text, status="answered", claims=(claim,))
