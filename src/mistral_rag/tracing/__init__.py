"""OpenTelemetry spans of chats, embeddings, searches and tools, by the GenAI semantic conventions (extra `[otel]`)."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.tracing._spans import SpanCallback, traced

__all__ = ["SpanCallback", "traced"]

__getattr__ = loader(__name__, {"SpanCallback": "_spans", "traced": "_spans"})
