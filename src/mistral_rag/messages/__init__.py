"""LangChain messages to wire JSON and back: pure functions, no I/O."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.messages._references import numbered_sources

__all__ = ["numbered_sources"]

__getattr__ = loader(__name__, {"numbered_sources": "_references"})
