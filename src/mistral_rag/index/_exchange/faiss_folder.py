"""A folder that LangChain's FAISS store has saved: its texts and vectors, read without trusting it.

`index.faiss` is read here as the plain array it is, without FAISS, whose reader trusts its file; `index.pkl` is read
in a worker by `pickled`, which runs nothing.
"""

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag._counting import counted
from mistral_rag.errors import NotAnIndexError, WorkerError
from mistral_rag.index._database.identity import MAX_DIMENSION
from mistral_rag.index._folder.regular_file import open_regular
from mistral_rag.workers import FrameError, Limits, WireFrame, Worker, WorkerSpec

MAX_OUTPUT: Final = 2 << 30
"""Bytes that the texts of a folder may take as JSON: they are all in memory at once."""
LIMITS: Final = Limits(memory=2 << 30)
"""The parent's bound; the worker's own is by the size of the file."""
MAX_SECONDS: Final = 600.0
"""For the whole pickle, also on a slow machine."""

_HEADER: Final = struct.Struct("<4s i q q q ? i")
_METRICS: Final = {b"IxF2": 1, b"IxFI": 0}
"""Flat indexes by their mark, with the metric they name: Euclidean distance, inner product."""


class SavedStore(NamedTuple):
    """Documents and their vectors (float32, a row each), in the same order."""

    ids: list[str]
    texts: list[str]
    metadatas: list[dict[str, Any]]
    vectors: npt.NDArray[np.float32]


def read_faiss_folder(folder: Path, name: str = "index") -> SavedStore:
    """The content of a folder written by `langchain_community.vectorstores.FAISS.save_local`.

    Raises:
        NotAnIndexError: there is no such folder, its index is not a flat one, or it holds more than documents.
    """
    vectors, pickled = (folder / f"{name}.{ending}" for ending in ("faiss", "pkl"))
    if missing := [file.name for file in (vectors, pickled) if not os.path.lexists(file)]:
        raise NotAnIndexError(f"{folder} is no folder of LangChain's FAISS store: it has no {missing[0]}")
    try:
        # the texts first: there is room for as many vectors, and no more
        rows = list(_documents(pickled))
        matrix = _flat_vectors(vectors, len(rows))
    except OSError as error:
        raise NotAnIndexError(f"{folder} can't be read: {error.strerror or error}") from error
    return SavedStore([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], matrix)


def _flat_vectors(file: Path, texts: int) -> npt.NDArray[np.float32]:
    """The vectors of a flat index: as many as there are texts."""
    with open_regular(file, max_bytes=sys.maxsize) as opened:
        size = os.fstat(opened.fileno()).st_size
        head = opened.read(_HEADER.size + 8)
        if len(head) < _HEADER.size + 8 or head[:4] not in _METRICS:
            kind = head[:4].decode("ascii", "replace")
            raise NotAnIndexError(f"{file} is no flat FAISS index ({kind}); add the texts anew instead")
        mark, dimension, count, _, _, _, metric = _HEADER.unpack(head[: _HEADER.size])
        (numbers,) = struct.unpack("<Q", head[_HEADER.size :])
        fits = dimension > 0 and count >= 0 and numbers == dimension * count and metric == _METRICS[mark]
        if not fits or dimension > MAX_DIMENSION or size != len(head) + 4 * numbers:
            raise NotAnIndexError(f"{file} is damaged: its size does not fit what its head says")
        if count != texts:
            raise NotAnIndexError(f"{file.parent} holds {counted(texts, 'text')}, but {counted(count, 'vector')}")
        vectors = np.frombuffer(opened.read(4 * numbers), dtype="<f4").reshape(count, dimension)
    if not np.isfinite(vectors).all():
        raise NotAnIndexError(f"{file} holds vectors that are not finite")
    return vectors


def _documents(file: Path) -> Iterator[list[Any]]:
    worker = Worker.start(
        WorkerSpec("mistral_rag.index._exchange.pickled", LIMITS, activity="reading", name="its reader")
    )
    try:
        with worker.within(MAX_SECONDS):
            worker.send(WireFrame.of({"path": str(file.absolute())}))
            yield from _checked(worker.results(), file)
    except WorkerError as error:
        raise NotAnIndexError(f"{file} is refused: {error.reason}") from error
    finally:
        worker.close()


def _checked(results: Iterator[WireFrame], file: Path) -> Iterator[list[Any]]:
    used = 0
    for result in results:
        used += len(result.content)
        if used > MAX_OUTPUT:
            raise NotAnIndexError(f"{file} is refused: its texts take more than {MAX_OUTPUT} bytes")
        try:
            identifier, text, metadata = result.value()
        except (FrameError, TypeError, ValueError) as error:
            raise NotAnIndexError(f"{file} is refused: its reader gave no usable answer") from error
        if not (isinstance(text, str) and isinstance(metadata, dict)):
            raise NotAnIndexError(f"{file} is refused: a document of it has no text")
        yield [identifier, text, metadata]
