"""`codes-<generation>.bin`: the sign bits of the vectors in one file beside the database, a cache of its rows.

A line that names the format, a line of JSON that says what follows, plain arrays one behind the other, the sha256 of
all of it, and the vectors themselves, which stay in the file: single ones are read where they are needed, and each is
held against its key. What is missing, damaged, of another make or of another index is made again from the rows, or
read there. The digest finds accidents; whoever can write here can write a wrong ranking, and nothing worse: rows are
looked up in the database, which knows who may read them.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from io import SEEK_END, BufferedReader
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.index._dense.binary_index import BinaryCodes, BinaryIndex, SignQuantizer
from mistral_rag.index._dense.candidate_depth import CalibratedIndex, CandidateDepth
from mistral_rag.index._dense.vector_file import READABLE, VectorFile, laid_out
from mistral_rag.index._dense.vector_rows import VectorBatch
from mistral_rag.index._folder.regular_file import open_regular, replace_file

MAGIC: Final = b"mistral-rag codes 3\n"
MAGICS: Final = re.compile(rb"mistral-rag codes \d{1,9}\n")
MAX_HEADER_BYTES: Final = 10_000
MAX_NUMBER: Final = (1 << 31) - 1
"""No count of rows, dimensions or candidates is larger."""

MAX_WEIGHT: Final = 1e15
"""Above 65,504 (the largest 16-bit float), squared, times the largest dimension: no sum of ours is larger."""

ROW_BYTES: Final = 32
"""Bytes of a row in the arrays below, without its codes."""

ARRAYS: Final = (
    ("rows", "<i8"),
    ("numbers", "<i8"),
    ("keys", "<u8"),
    ("codes", "u1"),
    ("weights", "<f4"),
)


class SavedIndex(NamedTuple):
    """A file's content: the index, the stamp of its commit, and the vectors where the system can read single ones."""

    made: CalibratedIndex
    stamp: dict[str, Any]
    vectors: VectorFile | None


def save(made: CalibratedIndex, vectors: Iterable[VectorBatch], path: Path, stamp: Mapping[str, Any]) -> None:
    """Write the file; `stamp` names the commit it was made of and must come back equal in `load`.

    `vectors` are those of the bits, ascending by number.
    """
    replace_file(path, chain(_digested(_written(made, stamp)), laid_out(vectors)))


def _written(made: CalibratedIndex, stamp: Mapping[str, Any]) -> Iterator[bytes | memoryview]:
    bits = made.index
    head = {
        "stamp": dict(stamp),
        "rows": len(bits),
        "dimension": len(bits.signs.centre),
        "weighed": bits.signs.weighed,
        "depth": [made.depth.ten, made.depth.hundred],
    }
    yield MAGIC + json.dumps(head).encode() + b"\n"
    yield bits.signs.centre.astype("<f4").tobytes()
    for name, kind in ARRAYS:
        yield from _bytes(np.ascontiguousarray(getattr(bits.coded, name), dtype=kind))


def _bytes(array: npt.NDArray[Any]) -> Iterator[memoryview]:
    if array.size:
        yield array.data.cast("B")


def _digested(batches: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    digest = hashlib.sha256()
    for batch in batches:
        digest.update(batch)
        yield batch
    yield digest.digest()


def load(path: Path, *, dimension: int, max_rows: int) -> SavedIndex | None:
    """As `read`; also None when it is damaged."""
    with suppress(IndexDamagedError):
        return read(path, dimension=dimension, max_rows=max_rows)
    return None


def read(path: Path, *, dimension: int, max_rows: int) -> SavedIndex | None:
    """The saved index; None when it is missing or of another make.

    Raises:
        IndexDamagedError: it is not what was written, has another dimension, or more rows.
    """
    if not os.path.lexists(path):
        return None
    try:
        with unreadable("cache"), open_regular(path, max_bytes=_max_bytes(dimension, max_rows)) as file:
            reader = _DigestedReader(file)
            if (line := reader.line()) != MAGIC:
                if MAGICS.fullmatch(line):
                    return None
                raise ValueError("no codes")
            made, stamp = _read(reader, dimension)
            return SavedIndex(made, stamp, _vectors(file, made.index))
    except OSError as error:
        raise IndexDamagedError(f"a cache of the index can't be read: {error}") from error


def _max_bytes(dimension: int, rows: int) -> int:
    """Bytes of a file of so many rows, each with a vector of its own."""
    fixed = len(MAGIC) + MAX_HEADER_BYTES + 4 * dimension + hashlib.sha256().digest_size
    return fixed + rows * ROW_BYTES + rows * ((dimension + 7) // 8) + VectorFile.size(rows, dimension)


class _DigestedReader:
    """A file that is digested while it is read; nothing longer than the file itself is ever made room for."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._left = os.fstat(file.fileno()).st_size
        self._digest = hashlib.sha256()

    def line(self) -> bytes:
        line = self._file.readline(MAX_HEADER_BYTES)
        self._left -= len(line)
        self._digest.update(line)
        return line

    def array(self, kind: str, *shape: int) -> npt.NDArray[Any]:
        size = int(np.dtype(kind).itemsize * np.prod(shape, dtype=object))
        if not 0 <= size <= self._left:
            raise ValueError("the file is too short")
        self._left -= size
        array = np.empty(shape, dtype=kind)
        for room in _bytes(array):
            if self._file.readinto(room) != size:
                raise ValueError("the file is too short")
            self._digest.update(room)
        return array

    def end(self) -> None:
        if self._file.read(self._digest.digest_size) != self._digest.digest():
            raise ValueError("the file is damaged")


def _read(file: _DigestedReader, dimension: int) -> tuple[CalibratedIndex, dict[str, Any]]:
    head = plain_json(file.line())
    count, depth = head["rows"], head["depth"]
    numbers = [count, head["dimension"], *depth]
    if not all(type(number) is int and 0 <= number <= MAX_NUMBER for number in numbers) or numbers[1] != dimension:
        raise ValueError("no codes of this index")
    centre = file.array("<f4", dimension)
    widths = {"codes": (count, (dimension + 7) // 8), "weights": (count, 2)}
    arrays = {name: file.array(kind, *widths.get(name, (count,))) for name, kind in ARRAYS}
    file.end()
    if not (np.diff(arrays["rows"]) > 0).all():
        raise ValueError("rows do not ascend")
    if not all((np.abs(numbers) <= MAX_WEIGHT).all() for numbers in (centre, arrays["weights"])):
        raise ValueError("numbers are not finite")
    bits = BinaryIndex(BinaryCodes(**arrays), SignQuantizer(centre, head["weighed"] is True))
    return CalibratedIndex(bits, CandidateDepth(*depth)), dict(head["stamp"])


def _vectors(file: BufferedReader, bits: BinaryIndex) -> VectorFile | None:
    """The vectors that follow."""
    numbers, positions = np.unique(bits.numbers, return_index=True)
    dimension, start = len(bits.signs.centre), file.tell()
    if file.seek(0, SEEK_END) - start != VectorFile.size(len(numbers), dimension):
        raise ValueError("the file is damaged")
    if not READABLE:
        return None
    return VectorFile(os.dup(file.fileno()), start, numbers, bits.keys[positions], dimension)
