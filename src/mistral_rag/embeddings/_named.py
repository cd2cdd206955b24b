"""Embedding models as an index uses them: numpy rows of length 1, under a name that it keeps."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from mistral_rag._embedded import embedded_rows
from mistral_rag.errors import ConfigurationError

if TYPE_CHECKING:
    from mistral_rag.embeddings._results import EmbeddedBatch

Rows = npt.NDArray[np.float32]

TINY = 1e-12
"""A shorter vector has no direction and stays as it is, instead of being divided by nothing."""


@runtime_checkable
class MatrixEmbeddings(Protocol):
    """Embeddings that give numpy rows: float32, one row a text, each of length 1. `model` is their name."""

    @property
    def model(self) -> str:
        """The name under which an index keeps this model's vectors."""
        ...

    def embed_matrix(self, texts: Sequence[str]) -> Rows:
        """Embed `texts`, in order."""
        ...


@runtime_checkable
class BatchEmbeddings(Protocol):
    """Embeddings that also take more texts than memory holds, several requests at once."""

    def embed_batches(self, texts: Iterable[str]) -> "Iterator[EmbeddedBatch]":
        """Numpy rows with the numbers of their texts, as they are done."""
        ...


@runtime_checkable
class PutOffEmbeddings(Protocol):
    """Embeddings that can also be had by batch jobs, later and for less."""

    def batch_matrix(self, texts: Iterable[str], *, folder: str | Path | None = None, first_poll: float = 5.0) -> Rows:
        """Embed `texts`, in order; the same texts in the same folder are taken up where they were left."""
        ...


class NamedEmbeddings(Embeddings):
    """Any LangChain embeddings as `MatrixEmbeddings`, under a name.

    Args:
        embeddings: the model.
        name: by default its own `model`.

    Raises:
        ConfigurationError: there is no name.
    """

    def __init__(self, embeddings: Embeddings, name: str | None = None) -> None:
        name = name or getattr(embeddings, "model", None)
        if not isinstance(name, str) or not name:
            raise ConfigurationError(
                f"{type(embeddings).__name__} has no attribute `model`, the name an index keeps its vectors under. "
                "Pass NamedEmbeddings(embeddings, name) instead"
            )
        self.model = name
        self._embeddings = embeddings

    @classmethod
    def of(cls, embeddings: Embeddings, name: str | None = None) -> MatrixEmbeddings:
        """The model itself where it is `MatrixEmbeddings`, else wrapped."""
        return embeddings if isinstance(embeddings, MatrixEmbeddings) else cls(embeddings, name)

    def embed_matrix(self, texts: Sequence[str]) -> Rows:
        """Unit vectors of `texts`, one a row.

        Raises:
            ConfigurationError: the model gives something else than one finite vector a text, all of one length.
        """
        rows = embedded_rows(self._embeddings.embed_documents(list(texts)), len(texts), self.model)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY), dtype=np.float32)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The model's own vectors."""
        return self._embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """The model's own vector of a question."""
        return self._embeddings.embed_query(text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """The model's own vectors."""
        return await self._embeddings.aembed_documents(texts)

    async def aembed_query(self, text: str) -> list[float]:
        """The model's own vector of a question."""
        return await self._embeddings.aembed_query(text)
