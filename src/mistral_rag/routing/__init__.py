"""Calls that go to one of several chat models: fallback, load balancing, circuit breaking."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.routing._breaker import CircuitBreaker
    from mistral_rag.routing._router import ChatRouter
    from mistral_rag.routing._targets import Target

__all__ = ["ChatRouter", "CircuitBreaker", "Target"]

__getattr__ = loader(__name__, {"ChatRouter": "_router", "CircuitBreaker": "_breaker", "Target": "_targets"})
