"""Answers whose citations stand on the page: evidence, markers, quotes, support, and the chain around them."""

from mistral_rag.grounding._chain import GroundedQA
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.pages import DocumentPages, PageSource, PageStore
from mistral_rag.grounding._quotes.verify import verify_citation

__all__ = ["AnswerPiece", "DocumentPages", "GroundedQA", "PageSource", "PageStore", "fold", "verify_citation"]
