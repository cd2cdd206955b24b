"""The Mistral platform over HTTP: the only place that imports httpx."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.api._settings import Timeouts

__all__ = ["Timeouts"]

__getattr__ = loader(__name__, {"Timeouts": "_settings"})
