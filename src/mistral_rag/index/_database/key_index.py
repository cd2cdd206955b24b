"""Rows found by their keys (ids, digests, model and digest), through a hash of four bytes.

An index over whole ids and digests would lie scattered over many pages, of which each commit would write nearly all.
Table `names` keeps four bytes of each. Keys of the last commits stand in `new_names`, a smaller table of the same
kind, until there are enough of them to be merged. Rows with the same hash are told apart by their whole keys, so the
tables can lead nowhere else. They repeat what other tables say: `verify` compares them, `repair` makes them again.
"""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar, cast

from mistral_rag.index._database.rows import unreadable

Key = str | bytes | tuple[str, bytes]
K = TypeVar("K", bound=Key)

HASH_SIZE: Final = 4
INSERT: Final = "INSERT OR IGNORE INTO {} (kind, short, row) VALUES (?, ?, ?)"
TABLES: Final = ("names", "new_names")

MAX_NEW_KEYS: Final = 100_000
"""Keys of one transaction that are kept in memory, so that a large build does not fill it."""

COMMITS_PER_MERGE: Final = 16
"""Each of so many commits merges the keys of all of them, so that a page of `names` is not written for each."""


class KeyedTable(NamedTuple):
    """A table whose rows are found by key: its number in the index, its name, primary key, and the key's columns."""

    number: int
    table: str
    row: str
    columns: str


CHUNKS: Final = KeyedTable(0, "chunks", "row", "id")
VECTORS: Final = KeyedTable(1, "vectors", "vector", "digest")
EMBEDDINGS: Final = KeyedTable(2, "embeddings", "embedding", "model, key")
KEYED_TABLES: Final = (CHUNKS, VECTORS, EMBEDDINGS)


def key_hash(key: Key) -> int:
    """A hash of four bytes, signed: the beginning of a digest, or of one that is made here."""
    if isinstance(key, str):
        key = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=HASH_SIZE).digest()
    elif isinstance(key, tuple):
        model, content = key
        key = blake2b(model.encode("utf-8", "surrogatepass") + b"\0" + content, digest_size=HASH_SIZE).digest()
    return int.from_bytes(key[:HASH_SIZE], "big", signed=True)


def find_rows(
    connection: sqlite3.Connection, table: KeyedTable, keys: Iterable[K], *, hashed: Callable[[Key], int] = key_hash
) -> dict[K, int]:
    """The rows with these keys; unknown keys are left out."""
    wanted = set(keys)
    hashes = json.dumps(sorted(map(hashed, wanted)))
    held = "SELECT n.row FROM json_each(:hashes) j CROSS JOIN {} n ON n.kind = :kind AND n.short = j.value"
    either = " UNION ALL ".join(held.format(name) for name in TABLES)
    query = f"SELECT {table.row}, {table.columns} FROM {table.table} WHERE {table.row} IN ({either})"
    rows = connection.execute(query, {"hashes": hashes, "kind": table.number})
    return {cast("K", key): row for row, key in map(_keyed, rows) if key in wanted}


def index_all(connection: sqlite3.Connection) -> None:
    """Put the keys of all rows into the empty tables."""
    for table in KEYED_TABLES:
        connection.executemany(INSERT.format("names"), _entries(connection, table))


def is_complete(connection: sqlite3.Connection) -> bool:
    """Check that every row is found by its key, and that nothing else is in the tables."""
    held = "SELECT 1 FROM {} WHERE kind = ? AND short = ? AND row = ?"
    query, count = " UNION ALL ".join(held.format(name) for name in TABLES), 0
    for table in KEYED_TABLES:
        for entry in _entries(connection, table):
            count += 1
            if not connection.execute(query, entry * len(TABLES)).fetchone():
                return False
    counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES]
    return bool(sum(counts) == count)


def _entries(connection: sqlite3.Connection, table: KeyedTable) -> Iterator[tuple[int, int, int]]:
    """The rows of `names` that a table asks for."""
    with unreadable("key"):
        for found in connection.execute(f"SELECT {table.row}, {table.columns} FROM {table.table}"):
            row, key = _keyed(found)
            yield table.number, key_hash(key), row


def _keyed(found: tuple[Any, ...]) -> tuple[int, Key]:
    row, *key = found
    return row, key[0] if len(key) == 1 else (key[0], key[1])


class KeyHashes(dict[Key, int]):
    """The hashes of keys, each made once."""

    def __missing__(self, key: Key) -> int:
        number = self[key] = key_hash(key)
        return number


class KeyIndex:
    """The keys of the open transaction: new ones are put into their table together, by `write`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._new = _no_keys()
        self._hashes = KeyHashes()

    def find(self, table: KeyedTable, keys: Collection[K]) -> dict[K, int]:
        """The rows with these keys, new ones too; unknown keys are left out."""
        new = self._new[table]
        known = {key: new[key] for key in keys if key in new}
        unknown = [key for key in keys if key not in known] if known else keys
        return find_rows(self._connection, table, unknown, hashed=self._hashes.__getitem__) | known

    def add(self, table: KeyedTable, rows: Iterable[tuple[Key, int]]) -> None:
        """Add the keys of new rows."""
        self._new[table].update(rows)

    def remove(self, table: KeyedTable, rows: Collection[tuple[Key, int]]) -> None:
        """Remove the keys of rows that went."""
        if any(key in self._new[table] for key, _ in rows):
            self.write()
        for name in TABLES:
            self._connection.executemany(
                f"DELETE FROM {name} WHERE kind = ? AND short = ? AND row = ?",
                ((table.number, key_hash(key), row) for key, row in rows),
            )

    def forget_gone(self) -> None:
        """Remove the keys of all rows that are gone."""
        self.merge()
        for table in KEYED_TABLES:
            gone = f"row NOT IN (SELECT {table.row} FROM {table.table})"
            self._connection.execute(f"DELETE FROM names WHERE kind = ? AND {gone}", (table.number,))

    def write(self) -> None:
        """Put the new keys into their table, in its order: so each of its pages is changed once."""
        for table, new in self._new.items():
            ordered = sorted(new, key=self._hashes.__getitem__)
            self._connection.executemany(
                INSERT.format("new_names"), ((table.number, self._hashes[key], new[key]) for key in ordered)
            )
        self._new = _no_keys()
        self._hashes = KeyHashes()

    def merge(self) -> None:
        """Move the keys of the last commits to the others."""
        self.write()
        columns = "short, kind, row"
        self._connection.execute(
            f"INSERT OR IGNORE INTO names ({columns}) SELECT {columns} FROM new_names ORDER BY {columns}"
        )
        self._connection.execute("DELETE FROM new_names")

    def savepoint(self) -> "KeySavepoint":
        """The state before a change; more than `MAX_NEW_KEYS` are written before."""
        if sum(map(len, self._new.values())) > MAX_NEW_KEYS:
            self.write()
        return KeySavepoint(self._new, {table: len(new) for table, new in self._new.items()})

    def roll_back_to(self, savepoint: "KeySavepoint") -> None:
        """Forget what was added since; what `write` did is undone by the savepoint of the database."""
        self._new = savepoint.new
        for table, new in self._new.items():
            while len(new) > savepoint.sizes[table]:
                new.popitem()


def _no_keys() -> dict[KeyedTable, dict[Key, int]]:
    return {table: {} for table in KEYED_TABLES}


class KeySavepoint(NamedTuple):
    """The new keys before a change, and how many there were: a dict keeps its order, so later ones stand behind."""

    new: dict[KeyedTable, dict[Key, int]]
    sizes: dict[KeyedTable, int]
