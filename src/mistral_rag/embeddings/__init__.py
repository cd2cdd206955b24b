"""Embedding models: the platform's in batches within its limits, and any other under a name that an index keeps."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.embeddings._model import MistralAIEmbeddings, MistralEmbeddings
    from mistral_rag.embeddings._named import BatchEmbeddings, MatrixEmbeddings, NamedEmbeddings, PutOffEmbeddings
    from mistral_rag.embeddings._results import EmbeddedBatch, FailedBatch, PartialEmbeddings, Usage
    from mistral_rag.embeddings._tokens import count as count_tokens
    from mistral_rag.embeddings._vectors import unpacked

__all__ = [
    "BatchEmbeddings",
    "EmbeddedBatch",
    "FailedBatch",
    "MatrixEmbeddings",
    "MistralAIEmbeddings",
    "MistralEmbeddings",
    "NamedEmbeddings",
    "PartialEmbeddings",
    "PutOffEmbeddings",
    "Usage",
    "count_tokens",
    "unpacked",
]

__getattr__ = loader(
    __name__,
    {
        "BatchEmbeddings": "_named",
        "EmbeddedBatch": "_results",
        "FailedBatch": "_results",
        "MatrixEmbeddings": "_named",
        "MistralAIEmbeddings": "_model",
        "MistralEmbeddings": "_model",
        "NamedEmbeddings": "_named",
        "PartialEmbeddings": "_results",
        "PutOffEmbeddings": "_named",
        "Usage": "_results",
        "count_tokens": "_tokens:count",
        "unpacked": "_vectors",
    },
)
