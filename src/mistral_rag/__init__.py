"""Answers from company documents with citations that hold.

The public names are loaded when first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from typing import Any

    from mistral_rag.agents import MistralAgent
    from mistral_rag.api import Timeouts
    from mistral_rag.audio import MistralTranscriptionParser
    from mistral_rag.batch import BatchOutcome, MistralBatch, aovernight, overnight
    from mistral_rag.chat_models import ChatMistral, ChatMistralAI
    from mistral_rag.document_loaders import MistralOCRLoader, MistralOCRParser
    from mistral_rag.embeddings import MistralAIEmbeddings, MistralEmbeddings
    from mistral_rag.errors import ApiError, MistralRagError
    from mistral_rag.grounding import GroundedQA, locate, verify_answer, verify_citation
    from mistral_rag.index import IndexReader, IndexWriter
    from mistral_rag.llms import MistralFIM
    from mistral_rag.local.ocr import LocalOCR
    from mistral_rag.messages import numbered_sources
    from mistral_rag.ocr import MistralOCR, OcrPage, OcrResult
    from mistral_rag.platform import MistralClient
    from mistral_rag.retrieval import Glossary, ModelExpander, QueryExpander
    from mistral_rag.retrievers import HybridRetriever
    from mistral_rag.schema import Answer, Box, Chunk, Citation, Claim, Locator, Page, Source, Span, Unit
    from mistral_rag.vectorstores import FaissStore

_HOME = {
    "Answer": "schema",
    "ApiError": "errors",
    "BatchOutcome": "batch",
    "Box": "schema",
    "ChatMistral": "chat_models",
    "ChatMistralAI": "chat_models",
    "Chunk": "schema",
    "Citation": "schema",
    "Claim": "schema",
    "FaissStore": "vectorstores",
    "Glossary": "retrieval",
    "GroundedQA": "grounding",
    "HybridRetriever": "retrievers",
    "IndexReader": "index",
    "IndexWriter": "index",
    "LocalOCR": "local.ocr",
    "Locator": "schema",
    "MistralAIEmbeddings": "embeddings",
    "MistralAgent": "agents",
    "MistralBatch": "batch",
    "MistralClient": "platform",
    "MistralEmbeddings": "embeddings",
    "MistralFIM": "llms",
    "MistralOCR": "ocr",
    "MistralOCRLoader": "document_loaders",
    "MistralOCRParser": "document_loaders",
    "MistralRagError": "errors",
    "MistralTranscriptionParser": "audio",
    "ModelExpander": "retrieval",
    "OcrPage": "ocr",
    "OcrResult": "ocr",
    "Page": "schema",
    "QueryExpander": "retrieval",
    "Source": "schema",
    "Span": "schema",
    "Timeouts": "api",
    "Unit": "schema",
    "aovernight": "batch",
    "locate": "grounding",
    "numbered_sources": "messages",
    "overnight": "batch",
    "verify_answer": "grounding",
    "verify_citation": "grounding",
}

__all__ = [
    "Answer",
    "ApiError",
    "BatchOutcome",
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
    "IndexReader",
    "IndexWriter",
    "LocalOCR",
    "Locator",
    "MistralAIEmbeddings",
    "MistralAgent",
    "MistralBatch",
    "MistralClient",
    "MistralEmbeddings",
    "MistralFIM",
    "MistralOCR",
    "MistralOCRLoader",
    "MistralOCRParser",
    "MistralRagError",
    "MistralTranscriptionParser",
    "ModelExpander",
    "OcrPage",
    "OcrResult",
    "Page",
    "QueryExpander",
    "Source",
    "Span",
    "Timeouts",
    "Unit",
    "aovernight",
    "locate",
    "numbered_sources",
    "overnight",
    "verify_answer",
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
