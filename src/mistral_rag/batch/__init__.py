"""Batches: requests that the platform answers within a day for half the price, and chains that run through them."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.batch._model import MistralBatch
    from mistral_rag.batch._outcomes import BatchOutcome
    from mistral_rag.batch._overnight import aovernight, overnight

__all__ = ["BatchOutcome", "MistralBatch", "aovernight", "overnight"]

__getattr__ = loader(
    __name__,
    {
        "BatchOutcome": "_outcomes",
        "MistralBatch": "_model",
        "aovernight": "_overnight",
        "overnight": "_overnight",
    },
)
