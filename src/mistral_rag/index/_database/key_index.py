"""Rows found by what they are called, through short numbers that are drawn from it.

An index over whole ids and digests would lie scattered over many pages, of which each commit would write nearly all.
Table `names` keeps four bytes of each. What came in the last commits stands in `new_names`, a smaller table of the
same kind, until there is enough of it to be moved. Rows with the same number are told apart by what they are called
themselves, so the tables can lead nowhere else. They repeat what others say: `verify` compares them, `repair` makes
them again.
"""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from hashlib import blake2b
from typing import Any, Final, NamedTuple, TypeVar, cast

from mistral_rag.index._database.rows import unreadable

Name = str | bytes | tuple[str, bytes]
N = TypeVar("N", bound=Name)

SHORT_SIZE: Final = 4
INSERT: Final = "INSERT OR IGNORE INTO {} (kind, short, row) VALUES (?, ?, ?)"
TABLES: Final = ("names", "new_names")

MOST_NEW: Final = 100_000
SETTLED: Final = 16
"""Each of so many commits moves the names of all of them, so that a page of `names` is not written for each."""


class Kind(NamedTuple):
    """Rows of one table: its key, and the columns that make up a row's name."""

    number: int
    table: str
    key: str
    columns: str


CHUNKS: Final = Kind(0, "chunks", "row", "id")
VECTORS: Final = Kind(1, "vectors", "vector", "digest")
EMBEDDINGS: Final = Kind(2, "embeddings", "embedding", "model, key")
KINDS: Final = (CHUNKS, VECTORS, EMBEDDINGS)


def short(name: Name) -> int:
    """The number that is drawn from a name: the beginning of a digest, or of one that is made here."""
    if isinstance(name, str):
        name = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=SHORT_SIZE).digest()
    elif isinstance(name, tuple):
        model, key = name
        name = blake2b(model.encode("utf-8", "surrogatepass") + b"\0" + key, digest_size=SHORT_SIZE).digest()
    return int.from_bytes(name[:SHORT_SIZE], "big", signed=True)


def found(
    connection: sqlite3.Connection, kind: Kind, names: Iterable[N], *, draw: Callable[[Name], int] = short
) -> dict[N, int]:
    """The keys of the rows that are called so; unknown names are left out."""
    wanted = set(names)
    shorts = json.dumps(sorted(map(draw, wanted)))
    called = "SELECT n.row FROM json_each(?1) j CROSS JOIN {} n ON n.kind = ?2 AND n.short = j.value"
    either = " UNION ALL ".join(called.format(table) for table in TABLES)
    query = f"SELECT {kind.key}, {kind.columns} FROM {kind.table} WHERE {kind.key} IN ({either})"
    rows = connection.execute(query, (shorts, kind.number))
    return {cast("N", name): key for key, name in map(_named, rows) if name in wanted}


def put_all(connection: sqlite3.Connection) -> None:
    """Name every row, in the empty tables."""
    for kind in KINDS:
        connection.executemany(INSERT.format("names"), _entries(connection, kind))


def are_whole(connection: sqlite3.Connection) -> bool:
    """Whether every row is found by its name, and nothing else is in the tables."""
    held = "SELECT 1 FROM {} WHERE kind = ?1 AND short = ?2 AND row = ?3"
    query, count = " UNION ALL ".join(held.format(table) for table in TABLES), 0
    for kind in KINDS:
        for entry in _entries(connection, kind):
            count += 1
            if not connection.execute(query, entry).fetchone():
                return False
    counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    return bool(sum(counts) == count)


def _entries(connection: sqlite3.Connection, kind: Kind) -> Iterator[tuple[int, int, int]]:
    """What `names` has to say of a table."""
    with unreadable("name"):
        for row in connection.execute(f"SELECT {kind.key}, {kind.columns} FROM {kind.table}"):
            key, name = _named(row)
            yield kind.number, short(name), key


def _named(row: tuple[Any, ...]) -> tuple[int, Name]:
    key, *name = row
    return key, name[0] if len(name) == 1 else (name[0], name[1])


class Shorts(dict[Name, int]):
    """The numbers of names, each drawn once."""

    def __missing__(self, name: Name) -> int:
        number = self[name] = short(name)
        return number


class Names:
    """The names of the open transaction: those that are new are put into their table together, by `write`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._new = _no_names()
        self._shorts = Shorts()

    def find(self, kind: Kind, names: Collection[N]) -> dict[N, int]:
        """The keys of the rows that are called so, new ones too; unknown names are left out."""
        new = self._new[kind]
        known = {name: new[name] for name in names if name in new}
        unknown = [name for name in names if name not in known] if known else names
        return found(self._connection, kind, unknown, draw=self._shorts.__getitem__) | known

    def add(self, kind: Kind, rows: Iterable[tuple[Name, int]]) -> None:
        """Name new rows."""
        self._new[kind].update(rows)

    def remove(self, kind: Kind, rows: Collection[tuple[Name, int]]) -> None:
        """Forget the names of rows that went."""
        if any(name in self._new[kind] for name, _ in rows):
            self.write()
        for table in TABLES:
            self._connection.executemany(
                f"DELETE FROM {table} WHERE kind = ? AND short = ? AND row = ?",
                ((kind.number, short(name), key) for name, key in rows),
            )

    def forget_gone(self) -> None:
        """Forget the names of all rows that are gone."""
        self.settle()
        for kind in KINDS:
            gone = f"row NOT IN (SELECT {kind.key} FROM {kind.table})"
            self._connection.execute(f"DELETE FROM names WHERE kind = ? AND {gone}", (kind.number,))

    def write(self) -> None:
        """Put the new names into their table, in its order: so each of its pages is changed once."""
        for kind, new in self._new.items():
            ordered = sorted(new, key=self._shorts.__getitem__)
            self._connection.executemany(
                INSERT.format("new_names"), ((kind.number, self._shorts[name], new[name]) for name in ordered)
            )
        self._new = _no_names()
        self._shorts = Shorts()

    def settle(self) -> None:
        """Move the names of the last commits to the others."""
        self.write()
        columns = "short, kind, row"
        self._connection.execute(
            f"INSERT OR IGNORE INTO names ({columns}) SELECT {columns} FROM new_names ORDER BY {columns}"
        )
        self._connection.execute("DELETE FROM new_names")

    def mark(self) -> "Mark":
        """Where the names stand before a change; so many that they would fill the memory are put down before."""
        if sum(map(len, self._new.values())) > MOST_NEW:
            self.write()
        return Mark(self._new, {kind: len(new) for kind, new in self._new.items()})

    def back_to(self, mark: "Mark") -> None:
        """Forget what was added since; what `write` did is undone by the savepoint."""
        self._new = mark.new
        for kind, new in self._new.items():
            while len(new) > mark.sizes[kind]:
                new.popitem()


def _no_names() -> dict[Kind, dict[Name, int]]:
    return {kind: {} for kind in KINDS}


class Mark(NamedTuple):
    """What was new before a change; names that are added later stand behind it."""

    new: dict[Kind, dict[Name, int]]
    sizes: dict[Kind, int]
