"""Answers whose citations stand on the page: evidence, markers, quotes, support, and the chain around them."""

from mistral_rag.grounding.chain import GroundedQA
from mistral_rag.grounding.pages import DocumentPages, PageSource, PageStore
from mistral_rag.grounding.pieces import AnswerPiece, fold
from mistral_rag.grounding.verify import verify_citation

__all__ = ["AnswerPiece", "DocumentPages", "GroundedQA", "PageSource", "PageStore", "fold", "verify_citation"]
