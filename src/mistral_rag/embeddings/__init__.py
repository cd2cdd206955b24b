"""MistralEmbeddings: the platform's embedding models, in batches that it takes.

`model` is the model for LangChain and numpy; beside it `batches` fills requests, `tokens` counts, `asking` decides what
is sent after an answer, `vectors` reads the answers, and `running` keeps several requests under way.
"""

from mistral_rag.embeddings.model import MistralAIEmbeddings, MistralEmbeddings
from mistral_rag.embeddings.results import EmbeddedBatch, FailedBatch, PartialEmbeddings, Usage
from mistral_rag.embeddings.vectors import unpacked

__all__ = [
    "EmbeddedBatch",
    "FailedBatch",
    "MistralAIEmbeddings",
    "MistralEmbeddings",
    "PartialEmbeddings",
    "Usage",
    "unpacked",
]
