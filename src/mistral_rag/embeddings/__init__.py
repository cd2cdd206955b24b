"""MistralEmbeddings: the platform's embedding models, in batches within its limits."""

from mistral_rag.embeddings._model import MistralAIEmbeddings, MistralEmbeddings
from mistral_rag.embeddings._results import EmbeddedBatch, FailedBatch, PartialEmbeddings, Usage
from mistral_rag.embeddings._tokens import count as count_tokens
from mistral_rag.embeddings._vectors import unpacked

__all__ = [
    "EmbeddedBatch",
    "FailedBatch",
    "MistralAIEmbeddings",
    "MistralEmbeddings",
    "PartialEmbeddings",
    "Usage",
    "count_tokens",
    "unpacked",
]
