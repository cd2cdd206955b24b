"""Answers with citations that are cut from pages and verified: the chain, its pages and its streams."""

from typing import TYPE_CHECKING, Any

from mistral_rag.grounding._chain import GroundedQA
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.pages import DocumentPages, PageSource, PageStore
from mistral_rag.grounding._plugs.tools import evidence_tool
from mistral_rag.grounding._quotes.locate import LocatedQuote, locate
from mistral_rag.grounding._quotes.stored_answers import AnswerCheck, CitationCheck, stored_answer, verify_answer
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
    "AnswerCheck",
    "AnswerEvent",
    "AnswerEvents",
    "AnswerPiece",
    "AsyncAnswerEvents",
    "CitationCheck",
    "ClaimEvent",
    "DocumentPages",
    "EvidenceEvent",
    "GroundedAnswers",
    "GroundedQA",
    "LocatedQuote",
    "PageSource",
    "PageStore",
    "QAEvent",
    "SearchEvent",
    "TextEvent",
    "evidence_tool",
    "fold",
    "locate",
    "stored_answer",
    "verify_answer",
    "verify_citation",
]


def __getattr__(name: str) -> Any:
    # LangChain's agents are a package of their own, and take a second to import
    if name == "GroundedAnswers":
        from mistral_rag.grounding._plugs.middleware import GroundedAnswers

        return GroundedAnswers
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
