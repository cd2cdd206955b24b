"""Answers with citations that are cut from pages and verified: the chain, its pages and its streams."""

from mistral_rag.grounding._chain import GroundedQA
from mistral_rag.grounding._drafting.pieces import AnswerPiece, fold
from mistral_rag.grounding._evidence.pages import DocumentPages, PageSource, PageStore
from mistral_rag.grounding._quotes.locate import LocatedQuote, locate
from mistral_rag.grounding._quotes.stored_answers import AnswerCheck, CitationCheck, stored_answer, verify_answer
from mistral_rag.grounding._quotes.verify import verify_citation

__all__ = [
    "AnswerCheck",
    "AnswerPiece",
    "CitationCheck",
    "DocumentPages",
    "GroundedQA",
    "LocatedQuote",
    "PageSource",
    "PageStore",
    "fold",
    "locate",
    "stored_answer",
    "verify_answer",
    "verify_citation",
]
