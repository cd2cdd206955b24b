"""Vectors as the database keeps them: all of them in batches, those of some rows, and single ones by number.

A vector's number is never given to another one, so what was fetched by number is right in whatever commit it was
found.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from mistral_rag._counting import counted
from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._folder.commands import verify_command

Rows = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Float16Array = npt.NDArray[np.float16]
Float32Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Fetch = Callable[[Rows, int], tuple[Rows, Float16Array]]
"""Vectors of a dimension by their numbers, ascending; those that are gone are left out."""

BATCH_ROWS: Final = 1024
THESE: Final = "WHERE c.row IN (SELECT value FROM json_each(?))"


class VectorBatch(NamedTuple):
    """Rows, the numbers of their vectors, the vectors' keys (see `keys_of`), and the vectors."""

    rows: Rows
    numbers: Rows
    keys: Keys
    vectors: Float16Array

    def take(self, selection: npt.NDArray[Any]) -> "VectorBatch":
        """The rows at the positions that `selection` names or marks."""
        return VectorBatch(*(column[selection] for column in self))

    @classmethod
    def joined(cls, batches: Sequence["VectorBatch"]) -> "VectorBatch":
        """Several batches as one."""
        return cls(*(np.concatenate(columns) for columns in zip(*batches, strict=True)))


def keys_of(vectors: Float16Array) -> Keys:
    """A number drawn from the bits of each vector: a change of one bit always gives another one.

    Multilinear hashing (Lemire and Kaser 2014) with odd factors: fast, against accidents, not against malice.
    """
    spare = -vectors.shape[1] % 4
    whole = np.pad(vectors, ((0, 0), (0, spare))) if spare else np.ascontiguousarray(vectors)
    words = whole.view("<u8")
    keys: Keys = (words * _factors(words.shape[1])).sum(axis=1, dtype=np.uint64)
    return keys


@cache
def _factors(count: int) -> Keys:
    return np.random.PCG64(0).random_raw(count).astype(np.uint64) | np.uint64(1)


def batches(
    connection: sqlite3.Connection, folder: Path, dimension: int, wanted: str | None = None, *, schema: str = ""
) -> Iterator[VectorBatch]:
    """The rows that have a vector, all or those in a JSON list, in the order in which the database has the vectors.

    `schema` as in `CommitRows`.
    """
    where, parameters = ("", ()) if wanted is None else (THESE, (wanted,))
    cursor = connection.execute(
        f"SELECT c.row, c.vector, v.data FROM {schema}chunks c JOIN vectors v USING (vector)"  # noqa: S608
        f" {where} ORDER BY c.vector, c.row",
        parameters,
    )
    while found := cursor.fetchmany(BATCH_ROWS):
        rows, numbers, data = zip(*found, strict=True)
        vectors = matrix_of(data, dimension, folder)
        yield VectorBatch(np.array(rows, dtype=np.int64), np.array(numbers, dtype=np.int64), keys_of(vectors), vectors)


def everything(found: Iterable[VectorBatch], dimension: int) -> VectorBatch:
    """All of them as one, ascending by row."""
    empty = np.empty(0, np.int64)
    nothing = VectorBatch(empty, empty, empty.astype(np.uint64), np.empty((0, dimension), np.float16))
    return ascending(VectorBatch.joined([nothing, *found]))


class _RowColumns(Protocol):
    """Columns of the same rows."""

    @property
    def rows(self) -> Rows: ...

    def take(self, selection: npt.NDArray[Any]) -> Self: ...


Columns = TypeVar("Columns", bound=_RowColumns)


def ascending(columns: Columns) -> Columns:
    """The same rows in ascending order: a vector may come long after its row."""
    return columns if bool((np.diff(columns.rows) > 0).all()) else columns.take(np.argsort(columns.rows))


def fetched(connection: sqlite3.Connection, folder: Path, numbers: Rows, dimension: int) -> tuple[Rows, Float16Array]:
    """Vectors by their numbers, ascending; those that are gone are left out."""
    wanted = json.dumps(np.unique(numbers).tolist())
    known: list[int] = []
    data: list[bytes] = []
    # one by one: thousands of tuples at once would make Python look through all its objects for garbage
    for number, vector in connection.execute(
        "SELECT v.vector, v.data FROM json_each(?) j CROSS JOIN vectors v ON v.vector = j.value", (wanted,)
    ):
        known.append(number)
        data.append(vector)
    return np.array(known, dtype=np.int64), matrix_of(data, dimension, folder)


def matrix_of(data: Sequence[bytes], dimension: int, folder: Path) -> Float16Array:
    """Vectors as rows. Raises IndexDamagedError where one is something else."""
    size = 2 * dimension
    if not all(isinstance(vector, bytes) and len(vector) == size for vector in data):
        raise IndexDamagedError(
            f"{folder}: a vector is something else than {counted(size, 'byte')}. {verify_command(folder)}"
        )
    return np.frombuffer(b"".join(data), dtype="<f2").reshape(len(data), dimension)


def packed_vectors(matrix: npt.NDArray[Any] | None, count: int, dimension: int | None) -> list[bytes] | None:
    """Rows as 16-bit floats, as `matrix_of` takes them; None where there are none.

    Raises:
        ValueError: there are not `count`, they are not of this dimension (None: any), or one is not finite.
    """
    if matrix is None or not count:
        if dimension and count:
            raise ValueError(
                f"{counted(count, 'chunk')} without vectors for an index of {counted(dimension, 'dimension')}"
            )
        return None
    if matrix.ndim != 2 or len(matrix) != count or (dimension is not None and matrix.shape[1] != dimension):
        raise ValueError(f"vectors have the shape {matrix.shape}, not ({count}, {dimension})")
    with np.errstate(over="ignore"):
        half = np.ascontiguousarray(matrix, dtype="<f2")
    # numpy looks at 16-bit floats one by one; all bits of the exponent are set in what is not finite
    if ((half.view("<u2") & 0x7C00) == 0x7C00).any():
        raise ValueError("vectors hold infinite values or ones beyond 16-bit floats")
    return [row.tobytes() for row in half]
