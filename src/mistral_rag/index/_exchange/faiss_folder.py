"""A folder that LangChain's FAISS store has saved: its texts and vectors, read without trusting it.

`index.faiss` is read here as the plain array it is, without FAISS, whose reader trusts its file; `index.pkl` is read
in a child process by `pickled`, which runs nothing.
"""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.errors import NotAnIndexError

MAX_OUTPUT_BYTES: Final = 2 << 30
"""Bytes that the texts of a folder may take as JSON."""

_HEADER: Final = struct.Struct("<4s i q q q ? i")
_METRICS: Final = {b"IxF2": 1, b"IxFI": 0}
"""Flat indexes by their mark, with the metric they name: Euclidean distance, inner product."""


class Saved(NamedTuple):
    """Documents and their vectors (float32, a row each), in the same order."""

    ids: list[str]
    texts: list[str]
    metadatas: list[dict[str, Any]]
    vectors: npt.NDArray[np.float32]


def read_faiss_folder(folder: Path, name: str = "index") -> Saved:
    """The content of a folder written by `langchain_community.vectorstores.FAISS.save_local`.

    Raises:
        NotAnIndexError: there is no such folder, its index is not a flat one, or it holds more than documents.
    """
    files = [folder / f"{name}.{ending}" for ending in ("faiss", "pkl")]
    if missing := [file.name for file in files if not file.is_file()]:
        raise NotAnIndexError(f"{folder} is no folder of LangChain's FAISS store: it has no {missing[0]}")
    vectors = _flat_vectors(files[0])
    rows = list(_documents(files[1]))
    if len(rows) != len(vectors):
        raise NotAnIndexError(f"{folder} holds {len(rows)} texts, but {len(vectors)} vectors")
    return Saved([row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], vectors)


def _flat_vectors(file: Path) -> npt.NDArray[np.float32]:
    size = file.stat().st_size
    with file.open("rb") as opened:
        head = opened.read(_HEADER.size + 8)
        if len(head) < _HEADER.size + 8 or head[:4] not in _METRICS:
            kind = head[:4].decode("ascii", "replace")
            raise NotAnIndexError(f"{file} is no flat FAISS index ({kind}); add the texts anew instead")
        mark, dimension, count, _, _, _, metric = _HEADER.unpack(head[: _HEADER.size])
        (numbers,) = struct.unpack("<Q", head[_HEADER.size :])
        fits = dimension > 0 and count >= 0 and numbers == dimension * count and metric == _METRICS[mark]
        if not fits or size != len(head) + 4 * numbers:
            raise NotAnIndexError(f"{file} is damaged: its size does not fit what its head says")
        vectors = np.fromfile(opened, dtype="<f4", count=numbers).reshape(count, dimension)
    if not np.isfinite(vectors).all():
        raise NotAnIndexError(f"{file} holds vectors that are not finite")
    return vectors


def _documents(file: Path) -> Iterator[list[Any]]:
    command = [sys.executable, "-P", "-m", "mistral_rag.index._exchange.pickled", str(file.absolute())]
    child = subprocess.Popen(  # noqa: S603 (our own module)
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
    )
    with child:
        try:
            yield from _rows(child, file)
            reason = child.stderr.read(1000).decode("utf-8", "replace") if child.stderr else ""
            if child.wait() != 0:
                raise NotAnIndexError(f"{file} is refused: {reason or 'reading it took too much memory or time'}")
        finally:
            child.kill()


def _rows(child: "subprocess.Popen[bytes]", file: Path) -> Iterator[list[Any]]:
    used = 0
    for line in child.stdout or ():
        used += len(line)
        if used > MAX_OUTPUT_BYTES:
            raise NotAnIndexError(f"{file} is refused: its texts take more than {MAX_OUTPUT_BYTES} bytes")
        identifier, text, metadata = json.loads(line)
        if not (isinstance(text, str) and isinstance(metadata, dict)):
            raise NotAnIndexError(f"{file} is refused: a document of it has no text")
        yield [identifier, text, metadata]


def _environment() -> dict[str, str]:
    """Nothing but where Python finds this package."""
    return {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
