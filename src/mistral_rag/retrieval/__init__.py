"""Hybrid search over an index: fusion, signals, reranking, diversification."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.retrieval._domains.filings.document_profile import VERSION, learn
    from mistral_rag.retrieval._domains.filings.glossary import Glossary
    from mistral_rag.retrieval._expansion import QueryExpander
    from mistral_rag.retrieval._rewriting import ModelExpander

__all__ = ["VERSION", "Glossary", "ModelExpander", "QueryExpander", "learn"]

__getattr__ = loader(
    __name__,
    {
        "Glossary": "_domains.filings.glossary",
        "ModelExpander": "_rewriting",
        "QueryExpander": "_expansion",
        "VERSION": "_domains.filings.document_profile",
        "learn": "_domains.filings.document_profile",
    },
)
