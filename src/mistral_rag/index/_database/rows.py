"""Row digests, the writer that maintains them, and the checksum over the whole database.

A row's digest tells whether its columns are what was written. The sum of all digests, kept with each commit,
tells whether rows have gone or come that no commit made: SQLite itself would not notice.
"""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, Final

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.format import COLUMNS

Value = int | float | str | bytes | None
DIGEST_SIZE: Final = 16
MODULUS: Final = 1 << (8 * DIGEST_SIZE)
MAX_PARAMETERS: Final = 500
MAX_JSON_ELEMENTS: Final = 10_000_000
"""Elements of one JSON value; each takes up to a hundred bytes in memory."""

MAX_KEY: Final = 1 << 62
"""Keys are below: half of those that SQLite can count, so that a forged one leaves room for what follows."""

UNNUMBERED: Final = frozenset({"vectors", "embeddings"})
"""Tables whose digest leaves out the key: their rows are known by their content."""

_BEGUN: Final = {table: blake2b(digest_size=DIGEST_SIZE, person=table.encode()) for table in COLUMNS}
"""The hash of each table before any column: only copies of it go on."""


def row_digest(table: str, values: Sequence[Value]) -> bytes:
    """Hash of a row's columns, in the order of `format.COLUMNS`."""
    parts: list[bytes] = []
    for value in values[1:] if table in UNNUMBERED else values:
        if isinstance(value, int):
            parts.append(b"i%d;" % value)
        elif isinstance(value, str):
            data = value.encode("utf-8", "surrogatepass")
            parts += (b"s%d:" % len(data), data)
        elif isinstance(value, bytes):
            parts += (b"b%d:" % len(value), value)
        else:
            parts.append(b"n" if value is None else b"f" + struct.pack("<d", value))
    hashed = _BEGUN[table].copy()
    hashed.update(b"".join(parts))
    return hashed.digest()


def in_batches(values: Iterable[Value]) -> Iterator[tuple[str, list[Value]]]:
    """Values in batches for ``IN (…)``, each with its placeholders: one statement instead of hundreds."""
    every = list(dict.fromkeys(values))
    for at in range(0, len(every), MAX_PARAMETERS):
        batch = every[at : at + MAX_PARAMETERS]
        yield ", ".join("?" * len(batch)), batch


@contextmanager
def unreadable(what: str) -> Iterator[None]:
    """Whatever a row that is not what was written can raise becomes IndexDamagedError."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError, zlib.error) as error:
        raise IndexDamagedError(f"a {what} of the index can't be read: {_reason(error)[:200]}") from None


def _reason(error: Exception) -> str:
    """The reason without the value, which may be a document that the reader may not see."""
    first = next(iter(error.errors(include_input=False, include_url=False)), None) if hasattr(error, "errors") else None
    return str(error) if first is None else str(first["msg"])


def check_json_size(text: str | bytes) -> str | bytes:
    """The JSON of a row. Raises ValueError where it has so many parts that reading it would exhaust memory."""
    if not isinstance(text, str | bytes):
        # bytes(n) of a number would make n zeros
        raise TypeError(f"a {type(text).__name__} is no JSON")
    data = text.encode(errors="replace") if isinstance(text, str) else text
    if sum(data.count(mark) for mark in b",[{") > MAX_JSON_ELEMENTS:
        raise ValueError("too many parts")
    return text


def plain_json(text: str | bytes) -> Any:
    """The value of a row's JSON. Raises ValueError where it is none, or too much."""
    return json.loads(check_json_size(text))


class RowWriter:
    """Writes rows with their digests and keeps the sum of all digests up to date."""

    def __init__(self, connection: sqlite3.Connection, content: int) -> None:
        self.connection = connection
        self.content = content
        self._next: dict[str, int] = {}

    def insert(self, table: str, rows: Iterable[Sequence[Value]], *, digests: Iterable[bytes] | None = None) -> None:
        """Insert rows given in the order of `format.COLUMNS`, and their `digests` where they are known already.

        They are taken one by one: lists of them would be what Python's collector of garbage looks through.
        """
        columns = COLUMNS[table]
        names = ", ".join(f'"{name}"' for name in (*columns, "digest"))
        placeholders = ", ".join("?" * (len(columns) + 1))
        known = None if digests is None else iter(digests)
        total = 0

        def digested() -> Iterator[Sequence[Value]]:
            nonlocal total
            for row in rows:
                digest = row_digest(table, row) if known is None else next(known)
                total += int.from_bytes(digest, "big")
                yield (*row, digest)

        self.connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({placeholders})", digested())
        self.content = (self.content + total) % MODULUS

    def insert_one(self, table: str, columns: Mapping[str, Value]) -> None:
        """Insert one row given by its columns' names."""
        self.insert(table, [[columns[name] for name in COLUMNS[table]]])

    def change(self, table: str, column: str, values: Mapping[int, Value]) -> None:
        """Give rows, by their keys, another value of one column. Keys that no row has are no error."""
        names = COLUMNS[table]
        key, at = names[0], names.index(column)
        columns = ", ".join(f'"{name}"' for name in (*names, "digest"))
        query = f"SELECT {columns} FROM {table} WHERE {key} IN (SELECT value FROM json_each(?))"
        changed: list[tuple[Value, bytes, int]] = []
        for *row, digest in self.connection.execute(query, (json.dumps(list(values)),)).fetchall():
            row[at] = values[row[0]]
            changed.append((row[at], row_digest(table, row), row[0]))
            self.content += int.from_bytes(changed[-1][1], "big") - _sum([digest])
        self.connection.executemany(f"UPDATE {table} SET {column} = ?, digest = ? WHERE {key} = ?", changed)
        self.content %= MODULUS

    def delete(self, table: str, where: str, parameters: Sequence[Value] = ()) -> int:
        """Delete the rows for which `where` (a constant of this package) holds; gives their number."""
        found = self.connection.execute(f"SELECT digest FROM {table} WHERE {where}", parameters).fetchall()
        if found:
            self.connection.execute(f"DELETE FROM {table} WHERE {where}", parameters)
            self.content = (self.content - _sum(digest for (digest,) in found)) % MODULUS
        return len(found)

    def take_keys(self, table: str, count: int) -> int:
        """The first of `count` keys of this table that were never used, and will not be given again."""
        if table not in self._next:
            self._next[table] = 1 + last_key(self.connection, table)
        first = self._next[table]
        self._next[table] += count
        return first

    def total(self) -> int:
        """The sum of the digests as they are stored, over all tables that there are: older formats have fewer."""
        held = {name for (name,) in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        tables = [table for table in COLUMNS if table in held]
        every = (row for table in tables for row in self.connection.execute(f"SELECT digest FROM {table}"))
        return _sum(digest for (digest,) in every) % MODULUS


def last_key(connection: sqlite3.Connection, table: str) -> int:
    """The highest key that a row of this table ever had, as SQLite notes it.

    Raises:
        IndexDamagedError: it is no such number. No digest covers it, so anything may stand there.
    """
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    last = found[0] if found else 0
    if not isinstance(last, int) or not 0 <= last < MAX_KEY:
        raise IndexDamagedError(f"the index has lost count of the rows of {table}")
    return last


def _sum(digests: Iterable[bytes]) -> int:
    with unreadable("digest"):
        return sum(int.from_bytes(digest, "big") for digest in digests)
