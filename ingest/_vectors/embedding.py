"""The embedding model of an index: which one it is, and vectors for texts, checked, batch by batch."""

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from ingest._platform_errors import PlatformErrors
from ingest.chunking import CHUNKER_VERSION
from mistral_rag import errors
from mistral_rag.defaults import NO_EMBEDDINGS, choose_embeddings, has_key, load_embeddings
from mistral_rag.embeddings import BatchEmbeddings, MatrixEmbeddings, NamedEmbeddings, PutOffEmbeddings
from mistral_rag.errors import ConfigurationError, IndexMismatchError
from mistral_rag.index import Identity, IndexWriter, embed_text, rebuild_command
from mistral_rag.schema import Chunk, Page, Source
from mistral_rag.text import TOKENS_VERSION

BATCH = 128
"""Texts that are embedded together and then committed, where the model makes no batches itself: 5 s of MiniLM."""

FIRST_POLL = 30.0
"""Seconds until batch jobs are looked at for the first time, then less and less often: they take minutes to hours."""

MAX_COORDINATE = float(np.finfo(np.float16).max)
"""Largest number of a vector: an index keeps 16-bit floats."""

Matrix = npt.NDArray[np.float32]


class Embedder:
    """The embedding model of one index, with what it has cost; `fresh` counts the texts embedded now.

    `own` models compute on this machine's cores; others are asked over a network while the cores do something else.
    """

    def __init__(self, name: str, model: MatrixEmbeddings | None, dimension: int, platform: PlatformErrors) -> None:
        self.name = name
        self.model = model
        self.platform = platform
        self.fresh = 0
        self._dimension = dimension
        self._before = self._counted

    @property
    def own(self) -> bool:
        """True for a model that takes the cores which parsing needs."""
        return not isinstance(self.model, BatchEmbeddings)

    @property
    def tokens(self) -> int:
        """Tokens of this build that the platform has counted; 0 for a model that counts none."""
        return self._counted - self._before

    @property
    def _counted(self) -> int:
        return int(getattr(getattr(self.model, "usage", None), "tokens", 0))

    def batches(self, texts: Sequence[str]) -> Generator[tuple[Sequence[int], Matrix]]:
        """Positions among the texts with their vectors, batch by batch, in any order.

        Raises:
            ConfigurationError: they are not what an index takes.
            ApiError: the platform refused some or all.
        """
        if self.model is None:
            return
        for positions, matrix in _in_batches(self.model, texts):
            self._check(matrix, len(positions))
            yield positions, matrix

    @property
    def can_be_put_off(self) -> bool:
        """True for a model whose vectors can be had by batch jobs."""
        return isinstance(self.model, PutOffEmbeddings)

    def put_off(self, texts: Sequence[str], folder: Path) -> Matrix:
        """Vectors of the texts by batch jobs, in order; the records of the jobs lie in the folder.

        Raises:
            ConfigurationError: they are not what an index takes.
            ApiError: the platform refused some or all.
        """
        if not isinstance(self.model, PutOffEmbeddings):
            raise ConfigurationError(f"{self.name} can't be asked by batch jobs")
        matrix = self.model.batch_matrix(texts, folder=folder, first_poll=FIRST_POLL)
        self._check(matrix, len(texts))
        return matrix

    def _check(self, matrix: Matrix, count: int) -> None:
        """Raise ConfigurationError where vectors are not what an index takes: with them, nothing is written."""
        shape = (count, self._dimension)
        if np.shape(matrix) != shape or np.asarray(matrix).dtype.kind != "f":
            raise ConfigurationError(
                f"the embedding model {self.name} gave vectors of the shape {np.shape(matrix)}, not {shape}"
            )
        if not (np.abs(matrix) <= MAX_COORDINATE).all():
            raise ConfigurationError(f"the embedding model {self.name} gave a vector with numbers beyond 16-bit floats")


def keyed_text(chunk: Chunk, source: Source, page: Page) -> tuple[bytes, str]:
    """The text that is embedded for a chunk, after the key that its vector is kept by."""
    text = embed_text(chunk, source, page)
    return hashlib.sha256(text.encode()).digest(), text


def _in_batches(model: MatrixEmbeddings, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Matrix]]:
    if isinstance(model, BatchEmbeddings):
        yield from ((made.indices.tolist(), made.matrix) for made in model.embed_batches(texts))
        return
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        yield range(start, start + len(batch)), model.embed_matrix(batch)


def begin_embedding(asked: str | Embeddings, writer: IndexWriter) -> Embedder | None:
    """The embedder of an index, before anything is read; None where it is chosen later (see `chosen_embedder`).

    Args:
        asked: a model or its name, "none", or "auto": the choice of `mistral_rag.defaults`.
        writer: the index; a new one is given its identity.

    Raises:
        IndexMismatchError: the index was built with something else.
    """
    given = None if isinstance(asked, str) else NamedEmbeddings.of(asked)
    wanted = given.model if given is not None else NO_EMBEDDINGS if asked == "none" else str(asked)
    known = None if writer.undecided else writer.identity
    if known is None and wanted == "auto":
        if not has_key():
            # the choice goes by the languages of the documents, so it waits for their words
            writer.set_identity(_identity(NO_EMBEDDINGS, 0), undecided=True)
            return None
        name = choose_embeddings({})
    elif known is None:
        name = wanted
    elif wanted in {"auto", known.embedding, known.embedding.partition("@")[0]}:
        name = known.embedding
    else:
        raise IndexMismatchError(
            f"{writer.folder} was built with {known.embedding or 'no embedding model'}; this is {wanted or 'none'}. "
            f"{rebuild_command(writer.folder)}"
        )
    return _opened(given if given is not None else load_embeddings(name), known, writer)


def chosen_embedder(writer: IndexWriter) -> Embedder:
    """The embedder that fits the languages of the documents in the index, which is given its identity."""
    languages: Counter[str] = Counter()
    for state in writer.sources().values():
        languages[state.source.language] += state.chunks
    return _opened(load_embeddings(choose_embeddings(+languages)), None, writer)


def _opened(model: MatrixEmbeddings | None, known: Identity | None, writer: IndexWriter) -> Embedder:
    platform = PlatformErrors()
    dimension = known.dimension if known else _dimension(model, platform)
    identity = _identity(model.model if model is not None else NO_EMBEDDINGS, dimension)
    writer.set_identity(identity)
    return Embedder(identity.embedding, model, dimension, platform)


def _identity(embedding: str, dimension: int) -> Identity:
    return Identity.current(embedding=embedding, dimension=dimension, chunker=CHUNKER_VERSION, tokenizer=TOKENS_VERSION)


def _dimension(model: MatrixEmbeddings | None, platform: PlatformErrors) -> int:
    """The length of the model's vectors: what it gives, or where the platform does not answer what is documented."""
    if model is None:
        return 0
    try:
        shape = np.shape(model.embed_matrix(["dimension"]))
    except errors.ApiError as error:
        dimension = getattr(model, "dimension", None)
        if not isinstance(dimension, int):
            raise
        platform.note(error)
        return dimension
    if len(shape) != 2 or shape[0] != 1 or not shape[1]:
        raise ConfigurationError(f"the embedding model {model.model} gave vectors of the shape {shape} for one text")
    return int(shape[1])
