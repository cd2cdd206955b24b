"""LangChain's vector store over an index folder."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.vectorstores._store import FaissStore

__all__ = ["FaissStore"]

__getattr__ = loader(__name__, {"FaissStore": "_store"})
