"""Answers with citations that are cut from pages and verified: the chain, its pages and its streams."""

from typing import TYPE_CHECKING, Any

from mistral_rag.grounding._chain import GroundedQA
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.pages import DocumentPages, PageSource, PageStore
from mistral_rag.grounding._plugs.tools import evidence_tool
from mistral_rag.grounding._quotes.verify import verify_citation
from mistral_rag.grounding._steps import (
    AnswerEvent,
    AnswerEvents,
    AsyncAnswerEvents,
    ClaimEvent,
    EvidenceEvent,
    QAEvent,
    SearchEvent,
    TextEvent,
)

if TYPE_CHECKING:
    from mistral_rag.grounding._plugs.middleware import GroundedAnswers

__all__ = [
    "AnswerEvent",
    "AnswerEvents",
    "AnswerPiece",
    "AsyncAnswerEvents",
    "ClaimEvent",
    "DocumentPages",
    "EvidenceEvent",
    "GroundedAnswers",
    "GroundedQA",
    "PageSource",
    "PageStore",
    "QAEvent",
    "SearchEvent",
    "TextEvent",
    "evidence_tool",
    "fold",
    "verify_citation",
]


def __getattr__(name: str) -> Any:
    # LangChain's agents are a package of their own, and take a second to import
    if name == "GroundedAnswers":
        from mistral_rag.grounding._plugs.middleware import GroundedAnswers

        return GroundedAnswers
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
