"""Answers from company documents with citations that hold.

The public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from typing import Any

    from mistral_rag.chat_models import ChatMistral, ChatMistralAI
    from mistral_rag.document_loaders import MistralOCRLoader, MistralOCRParser
    from mistral_rag.embeddings import MistralAIEmbeddings, MistralEmbeddings
    from mistral_rag.grounding import GroundedQA, verify_citation
    from mistral_rag.messages._references import numbered_sources
    from mistral_rag.ocr import MistralOCR, OcrPage, OcrResult
    from mistral_rag.retrieval._domains.filings.glossary import Glossary
    from mistral_rag.retrieval._expansion import QueryExpander
    from mistral_rag.retrieval._rewriting import ModelExpander
    from mistral_rag.retrievers import HybridRetriever
    from mistral_rag.schema import Answer, Box, Chunk, Citation, Claim, Locator, Page, Source, Span, Unit
    from mistral_rag.vectorstores import FaissStore

_HOME = {
    "ChatMistral": "chat_models",
    "ChatMistralAI": "chat_models",
    "MistralEmbeddings": "embeddings",
    "MistralAIEmbeddings": "embeddings",
    "MistralOCR": "ocr",
    "OcrPage": "ocr",
    "OcrResult": "ocr",
    "MistralOCRLoader": "document_loaders",
    "MistralOCRParser": "document_loaders",
    "numbered_sources": "messages._references",
    "GroundedQA": "grounding",
    "verify_citation": "grounding",
    "HybridRetriever": "retrievers",
    "FaissStore": "vectorstores",
    "Glossary": "retrieval._domains.filings.glossary",
    "ModelExpander": "retrieval._rewriting",
    "QueryExpander": "retrieval._expansion",
    "Answer": "schema",
    "Box": "schema",
    "Chunk": "schema",
    "Citation": "schema",
    "Claim": "schema",
    "Locator": "schema",
    "Page": "schema",
    "Source": "schema",
    "Span": "schema",
    "Unit": "schema",
}

__all__ = [
    "Answer",
    "Box",
    "ChatMistral",
    "ChatMistralAI",
    "Chunk",
    "Citation",
    "Claim",
    "FaissStore",
    "Glossary",
    "GroundedQA",
    "HybridRetriever",
    "Locator",
    "MistralAIEmbeddings",
    "MistralEmbeddings",
    "MistralOCR",
    "MistralOCRLoader",
    "MistralOCRParser",
    "ModelExpander",
    "OcrPage",
    "OcrResult",
    "Page",
    "QueryExpander",
    "Source",
    "Span",
    "Unit",
    "numbered_sources",
    "verify_citation",
]


_load = loader(__name__, _HOME)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mistral-rag")
    return _load(name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
