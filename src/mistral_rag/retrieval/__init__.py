"""Hybrid search over an index: fusion, signals, reranking, diversification."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.retrieval._domains.document_identity.works import Version, exact_copies, versions
    from mistral_rag.retrieval._domains.filings.glossary import Glossary
    from mistral_rag.retrieval._expansion import QueryExpander
    from mistral_rag.retrieval._hits import Explanation, Hit
    from mistral_rag.retrieval._passages import CALIBRATION, Passage, PassageRetriever, Retrieval
    from mistral_rag.retrieval._rewriting import ModelExpander
    from mistral_rag.retrieval._signals import (
        Boosts,
        Learned,
        Query,
        Signal,
        SignalIndex,
        check_profile,
        is_current,
        learn,
        registered_signals,
    )

__all__ = [
    "CALIBRATION",
    "Boosts",
    "Explanation",
    "Glossary",
    "Hit",
    "Learned",
    "ModelExpander",
    "Passage",
    "PassageRetriever",
    "Query",
    "QueryExpander",
    "Retrieval",
    "Signal",
    "SignalIndex",
    "Version",
    "check_profile",
    "exact_copies",
    "is_current",
    "learn",
    "registered_signals",
    "versions",
]

__getattr__ = loader(
    __name__,
    {
        "Boosts": "_signals",
        "CALIBRATION": "_passages",
        "Explanation": "_hits",
        "Glossary": "_domains.filings.glossary",
        "Hit": "_hits",
        "Learned": "_signals",
        "ModelExpander": "_rewriting",
        "Passage": "_passages",
        "PassageRetriever": "_passages",
        "Query": "_signals",
        "QueryExpander": "_expansion",
        "Retrieval": "_passages",
        "Signal": "_signals",
        "SignalIndex": "_signals",
        "Version": "_domains.document_identity.works",
        "exact_copies": "_domains.document_identity.works",
        "versions": "_domains.document_identity.works",
        "check_profile": "_signals",
        "is_current": "_signals",
        "learn": "_signals",
        "registered_signals": "_signals",
    },
)
