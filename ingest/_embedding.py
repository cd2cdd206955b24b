"""Vectors for chunks: which model makes them, and never the same text twice."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ingest.chunking import CHUNKER_VERSION
from ingest.parsing._result import ParsedFile
from mistral_rag.defaults import NO_EMBEDDINGS, BatchEmbeddings, MatrixEmbeddings, choose_embeddings, load_embeddings
from mistral_rag.errors import IndexMismatchError, ParseError
from mistral_rag.index import Identity, IndexWriter, embed_text
from mistral_rag.schema import Source
from mistral_rag.text import TOKENS_VERSION

BATCH = 512
"""Texts that are embedded together and then committed, where the model makes no batches itself."""

Matrix = npt.NDArray[np.float32]


class Embedder:
    """Embeds the chunks of one index; vectors are kept in it by content. `fresh` counts those made anew."""

    def __init__(self, name: str, model: MatrixEmbeddings | None, writer: IndexWriter) -> None:
        self.name = name
        self.model = model
        self.writer = writer
        self.fresh = 0

    @property
    def group(self) -> int:
        """How many chunks are embedded together before they are stored, to be sent in few requests."""
        return BATCH if isinstance(self.model, BatchEmbeddings) else 1

    def prepare(self, items: Iterable[tuple[Source, ParsedFile]]) -> None:
        """Embed the chunks of several documents together and keep the vectors, for `vectors` to find."""
        if self.model is not None:
            self._rows(self.model, (pair for source, parsed in items for pair in keyed_texts(source, parsed)))

    def vectors(self, source: Source, parsed: ParsedFile) -> Matrix | None:
        """One row a chunk; None without a model or without chunks."""
        if self.model is None or not parsed.chunks:
            return None
        keyed = keyed_texts(source, parsed)
        rows = self._rows(self.model, keyed)
        return np.stack([rows[key] for key, _ in keyed]).astype(np.float32, copy=False)

    def _rows(self, model: MatrixEmbeddings, keyed: Iterable[tuple[bytes, str]]) -> dict[bytes, Matrix]:
        """The vector of each text: a kept one, or one made now."""
        texts = dict(keyed)
        rows: dict[bytes, Matrix] = self.writer.cached_embeddings(self.name, list(texts))
        fresh = [key for key in texts if key not in rows]
        for places, matrix in _in_batches(model, [texts[key] for key in fresh]):
            found = [fresh[place] for place in places]
            self.writer.keep_embeddings(self.name, found, matrix)
            self.writer.commit()
            self.fresh += len(found)
            rows.update(zip(found, matrix, strict=True))
        return rows


def keyed_texts(source: Source, parsed: ParsedFile) -> list[tuple[bytes, str]]:
    """The text that is embedded for each chunk, after the key that its vector is kept by."""
    texts = (embed_text(chunk, source, parsed.pages[chunk.page - 1]) for chunk in parsed.chunks)
    return [(hashlib.sha256(text.encode()).digest(), text) for text in texts]


def _in_batches(model: MatrixEmbeddings, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Matrix]]:
    """Places among the texts and their vectors, one batch after another; each is committed before the next is read."""
    if isinstance(model, BatchEmbeddings):
        yield from ((batch.indices.tolist(), batch.matrix) for batch in model.embed_batches(texts))
        return
    for at in range(0, len(texts), BATCH):
        part = texts[at : at + BATCH]
        yield range(at, at + len(part)), model.embed_matrix(part)


def choose_embedder(asked: str, sample: Iterable[ParsedFile | ParseError], writer: IndexWriter) -> Embedder:
    """The embedder of an index: its own model, or for a new index what was asked for.

    Args:
        asked: a model's name, "none", or "auto": the choice of `mistral_rag.defaults` for the sample's languages.
        sample: files that show the languages of a new index's documents.
        writer: the index; a new one is given its identity.

    Raises:
        IndexMismatchError: the index was built with something else.
    """
    wanted = NO_EMBEDDINGS if asked == "none" else asked
    known = writer.identity
    if known is None:
        name = choose_embeddings(_languages(sample)) if wanted == "auto" else wanted
    elif wanted in {"auto", known.embedding, known.embedding.partition("@")[0]}:
        name = known.embedding
    else:
        raise IndexMismatchError(
            f"{writer.folder} was built with {known.embedding or 'no embedding model'}; this is {wanted or 'none'}. "
            "Run: ingest build --rebuild"
        )
    model = load_embeddings(name)
    identity = Identity.current(
        embedding=model.model if model is not None else NO_EMBEDDINGS,
        dimension=known.dimension if known else _dimension(model),
        chunker=CHUNKER_VERSION,
        tokenizer=TOKENS_VERSION,
    )
    writer.set_identity(identity)
    return Embedder(identity.embedding, model, writer)


def _dimension(model: MatrixEmbeddings | None) -> int:
    return 0 if model is None else int(model.embed_matrix(["dimension"]).shape[1])


def _languages(sample: Iterable[ParsedFile | ParseError]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for result in sample:
        if isinstance(result, ParsedFile):
            counted[result.language] += sum(len(page.text) for page in result.pages)
    return counted
