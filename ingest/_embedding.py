"""Vectors for chunks: which model makes them, and never the same text twice."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from ingest._platform_errors import PlatformErrors, reason_of
from ingest.chunking import CHUNKER_VERSION
from ingest.parsing._result import ParsedFile
from mistral_rag import errors
from mistral_rag.defaults import NO_EMBEDDINGS, choose_embeddings, load_embeddings
from mistral_rag.embeddings import BatchEmbeddings, MatrixEmbeddings, NamedEmbeddings
from mistral_rag.errors import ConfigurationError, IndexMismatchError, ParseError
from mistral_rag.index import Identity, IndexWriter, embed_text, rebuild_command
from mistral_rag.schema import Source
from mistral_rag.text import TOKENS_VERSION

BATCH = 512
"""Texts that are embedded together and then committed, where the model makes no batches itself."""

MAX_COORDINATE = float(np.finfo(np.float16).max)
"""Largest number of a vector: an index keeps 16-bit floats."""

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vectors of a document, one row a chunk; None without a model or without chunks.

    A chunk that the platform did not embed has a row of zeros, which is near to nothing: words still find it.
    `fault` says why, empty where all were embedded.
    """

    matrix: Matrix | None
    fault: str = ""


class Embedder:
    """Embeds the chunks of one index; vectors are kept in it by content. `fresh` counts those made anew."""

    def __init__(
        self, name: str, model: MatrixEmbeddings | None, writer: IndexWriter, platform: PlatformErrors
    ) -> None:
        self.name = name
        self.model = model
        self.writer = writer
        self.platform = platform
        self.fresh = 0

    @property
    def group(self) -> int:
        """The number of chunks that are embedded together before they are stored, to be sent in few requests."""
        return BATCH if isinstance(self.model, BatchEmbeddings) else 1

    def embed(self, documents: Sequence[tuple[Source, ParsedFile]]) -> list[Embedded]:
        """The vectors of each document.

        The documents' texts are sent together. What the model gives is kept in the index at once: it is paid for.
        """
        if self.model is None:
            return [Embedded(None)] * len(documents)
        keyed = [keyed_texts(source, parsed) for source, parsed in documents]
        texts = dict(chain.from_iterable(keyed))
        vectors: dict[bytes, Matrix] = self.writer.cached_embeddings(self.name, list(texts))
        error = self.platform.lasting
        try:
            if error is None:
                self._add_missing(self.model, texts, vectors)
        except errors.ApiError as raised:
            self.platform.note(raised)
            error = raised
        fault = f"not embedded: {reason_of(error)}" if error is not None else ""
        return [self._embedded([key for key, _ in pairs], vectors, fault) for pairs in keyed]

    def _add_missing(self, model: MatrixEmbeddings, texts: Mapping[bytes, str], vectors: dict[bytes, Matrix]) -> None:
        """Add the vector, by its key, of each text that has none yet."""
        missing = [key for key in texts if key not in vectors]
        for positions, matrix in _in_batches(model, [texts[key] for key in missing]):
            keys = [missing[position] for position in positions]
            self._check(matrix, len(keys))
            self.writer.keep_embeddings(self.name, keys, matrix)
            self.writer.commit()
            self.fresh += len(keys)
            vectors.update(zip(keys, matrix, strict=True))

    def _embedded(self, keys: Sequence[bytes], vectors: Mapping[bytes, Matrix], fault: str) -> Embedded:
        if not keys:
            return Embedded(None)
        nothing = np.zeros(self._dimension, np.float32)
        matrix = np.stack([vectors.get(key, nothing) for key in keys]).astype(np.float32, copy=False)
        return Embedded(matrix, "" if all(key in vectors for key in keys) else fault)

    @property
    def _dimension(self) -> int:
        identity = self.writer.identity
        return identity.dimension if identity is not None else 0

    def _check(self, matrix: Matrix, count: int) -> None:
        """Raise ConfigurationError where vectors are not what an index takes: with them, nothing is written."""
        shape = (count, self._dimension)
        if np.shape(matrix) != shape or np.asarray(matrix).dtype.kind != "f":
            raise ConfigurationError(
                f"the embedding model {self.name} gave vectors of the shape {np.shape(matrix)}, not {shape}"
            )
        if not (np.abs(matrix) <= MAX_COORDINATE).all():
            raise ConfigurationError(f"the embedding model {self.name} gave a vector with numbers beyond 16-bit floats")


def keyed_texts(source: Source, parsed: ParsedFile) -> list[tuple[bytes, str]]:
    """The text that is embedded for each chunk, after the key that its vector is kept by."""
    texts = (embed_text(chunk, source, parsed.pages[chunk.page - 1]) for chunk in parsed.chunks)
    return [(hashlib.sha256(text.encode()).digest(), text) for text in texts]


def _in_batches(model: MatrixEmbeddings, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Matrix]]:
    """Positions among the texts with their vectors, batch by batch; each is committed before the next is read."""
    if isinstance(model, BatchEmbeddings):
        yield from ((made.indices.tolist(), made.matrix) for made in model.embed_batches(texts))
        return
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        yield range(start, start + len(batch)), model.embed_matrix(batch)


def choose_embedder(
    asked: str | Embeddings, sample: Iterable[ParsedFile | ParseError], writer: IndexWriter
) -> Embedder:
    """The embedder of an index: its own model, or for a new index what was asked for.

    Args:
        asked: a model or its name, "none", or "auto": the choice of `mistral_rag.defaults` for the sample's languages.
        sample: files that show the languages of a new index's documents.
        writer: the index; a new one is given its identity.

    Raises:
        IndexMismatchError: the index was built with something else.
    """
    given = None if isinstance(asked, str) else NamedEmbeddings.of(asked)
    wanted = given.model if given is not None else NO_EMBEDDINGS if asked == "none" else str(asked)
    known = writer.identity
    if known is None:
        name = choose_embeddings(_languages(sample)) if wanted == "auto" else wanted
    elif wanted in {"auto", known.embedding, known.embedding.partition("@")[0]}:
        name = known.embedding
    else:
        raise IndexMismatchError(
            f"{writer.folder} was built with {known.embedding or 'no embedding model'}; this is {wanted or 'none'}. "
            f"{rebuild_command(writer.folder)}"
        )
    model = given if given is not None else load_embeddings(name)
    platform = PlatformErrors()
    identity = Identity.current(
        embedding=model.model if model is not None else NO_EMBEDDINGS,
        dimension=known.dimension if known else _dimension(model, platform),
        chunker=CHUNKER_VERSION,
        tokenizer=TOKENS_VERSION,
    )
    writer.set_identity(identity)
    return Embedder(identity.embedding, model, writer, platform)


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


def _languages(sample: Iterable[ParsedFile | ParseError]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for result in sample:
        if isinstance(result, ParsedFile):
            counted[result.language] += sum(len(page.text) for page in result.pages)
    return counted
