"""Answers with citations that are cut from pages and verified: the chain, its pages and its streams."""

from mistral_rag.grounding._chain import GroundedQA
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.pages import DocumentPages, PageSource, PageStore
from mistral_rag.grounding._quotes.verify import verify_citation

__all__ = ["AnswerPiece", "DocumentPages", "GroundedQA", "PageSource", "PageStore", "fold", "verify_citation"]
