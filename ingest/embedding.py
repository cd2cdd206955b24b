"""Vectors for chunks: which model makes them, and never the same text twice."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from ingest.chunking import CHUNKER_VERSION
from ingest.parsing.result import ParsedFile
from mistral_rag.defaults import NO_EMBEDDINGS, BatchEmbeddings, MatrixEmbeddings, choose_embeddings, load_embeddings
from mistral_rag.errors import IndexMismatchError, ParseError
from mistral_rag.schema import Source
from mistral_rag.store.identity import Identity
from mistral_rag.store.texts import TEXT_VERSION, embed_text
from mistral_rag.store.tokens import TOKENS_VERSION
from mistral_rag.store.writer import IndexWriter

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

    def vectors(self, source: Source, parsed: ParsedFile) -> Matrix | None:
        """One row a chunk; None without a model or without chunks."""
        if self.model is None or not parsed.chunks:
            return None
        texts = [embed_text(chunk, source, parsed.pages[chunk.page - 1]) for chunk in parsed.chunks]
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        rows = self.writer.cached_embeddings(self.name, keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in rows}
        fresh = list(missing)
        for places, matrix in _in_batches(self.model, list(missing.values())):
            found = [fresh[place] for place in places]
            self.writer.keep_embeddings(self.name, found, matrix)
            self.writer.commit()
            self.fresh += len(found)
            rows.update(zip(found, matrix, strict=True))
        return np.stack([rows[key] for key in keys]).astype(np.float32, copy=False)


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
    identity = Identity(
        embedding=model.model if model is not None else NO_EMBEDDINGS,
        dimension=known.dimension if known else _dimension(model),
        metric="cosine",
        normalised=True,
        chunker=CHUNKER_VERSION,
        tokenizer=TOKENS_VERSION,
        text=TEXT_VERSION,
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
