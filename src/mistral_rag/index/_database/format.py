"""The tables of `index.db`: their definition, and the format version.

Every table but the derived ones ends in `digest`, the hash of the row's other columns (see `rows`). Derived
tables repeat what stands in a source's record so that filters find it by an index; `verify` compares them.
"""

import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from mistral_rag.errors import IndexDamagedError, IndexNotFoundError, IndexVersionError, NotAnIndexError

APPLICATION_ID: Final = 0x4D524147  # "MRAG"
FORMAT: Final = 4
PAGE_SIZE: Final = 16384
"""A vector of 1,024 dimensions takes 2 KB; on small database pages a fifth to a half of the file would be gaps."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "settings": ("name", "value"),
    "sources": (
        "source",
        "uri",
        "root",
        "status",
        "reason",
        "size",
        "mtime_ns",
        "pages",
        "chunks",
        "bare",
        "problems",
        "record",
    ),
    "profiles": ("source", "label", "learned"),
    "pages": ("page", "source", "number", "kind", "place", "label", "cells", "width", "height", "confidence", "text"),
    "layouts": ("page", "runs", "words"),
    "chunks": (
        "row",
        "id",
        "source",
        "page",
        "vector",
        "number",
        "first_unit",
        "last_unit",
        "start",
        "end",
        "kind",
        "headings",
        "text",
    ),
    "vectors": ("vector", "data"),
    "embeddings": ("embedding", "model", "key", "vector"),
    "readings": ("reader", "key", "file", "page"),
    "removals": ("row", "sequence"),
}
"""The columns that a row's digest covers, in this order. The key comes first."""

TABLES: Final = """
CREATE TABLE settings (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE commits (sequence INTEGER PRIMARY KEY, made INTEGER NOT NULL, last_row INTEGER NOT NULL,
 content BLOB NOT NULL, running BLOB NOT NULL);
CREATE TABLE sources (source INTEGER PRIMARY KEY AUTOINCREMENT, uri TEXT NOT NULL UNIQUE, root TEXT NOT NULL,
 status TEXT NOT NULL, reason TEXT, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, pages INTEGER NOT NULL,
 chunks INTEGER NOT NULL, bare INTEGER NOT NULL, problems TEXT NOT NULL, record TEXT NOT NULL, digest BLOB NOT NULL);
CREATE TABLE profiles (source INTEGER PRIMARY KEY REFERENCES sources, label TEXT NOT NULL, learned TEXT NOT NULL,
 digest BLOB NOT NULL);
CREATE TABLE pages (page INTEGER PRIMARY KEY AUTOINCREMENT, source INTEGER NOT NULL REFERENCES sources,
 number INTEGER NOT NULL, kind TEXT NOT NULL, place INTEGER NOT NULL, label TEXT NOT NULL, cells TEXT,
 width REAL NOT NULL, height REAL NOT NULL, confidence REAL, text BLOB NOT NULL, digest BLOB NOT NULL,
 UNIQUE (source, number));
CREATE TABLE layouts (page INTEGER PRIMARY KEY REFERENCES pages, runs BLOB NOT NULL, words BLOB NOT NULL,
 digest BLOB NOT NULL);
CREATE TABLE chunks (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
 source INTEGER NOT NULL REFERENCES sources, page INTEGER NOT NULL REFERENCES pages,
 vector INTEGER REFERENCES vectors, number INTEGER NOT NULL, first_unit INTEGER NOT NULL,
 last_unit INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, kind TEXT NOT NULL,
 headings TEXT NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL);
CREATE INDEX chunks_by_source ON chunks (source);
CREATE INDEX chunks_by_vector ON chunks (vector);
CREATE TABLE vectors (vector INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL, digest BLOB NOT NULL);
CREATE TABLE embeddings (embedding INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, key BLOB NOT NULL,
 vector INTEGER NOT NULL REFERENCES vectors, digest BLOB NOT NULL);
CREATE INDEX embeddings_by_vector ON embeddings (vector);
CREATE TABLE readings (reader TEXT NOT NULL, key BLOB NOT NULL, file TEXT NOT NULL, page BLOB NOT NULL,
 digest BLOB NOT NULL, PRIMARY KEY (reader, key, file)) WITHOUT ROWID;
CREATE TABLE removals (row INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE INDEX removals_by_sequence ON removals (sequence);
CREATE TABLE names (kind INTEGER NOT NULL, short INTEGER NOT NULL, row INTEGER NOT NULL,
 PRIMARY KEY (short, kind, row)) WITHOUT ROWID;
CREATE TABLE new_names (kind INTEGER NOT NULL, short INTEGER NOT NULL, row INTEGER NOT NULL,
 PRIMARY KEY (short, kind, row)) WITHOUT ROWID;
CREATE TABLE groups (name TEXT NOT NULL, source INTEGER NOT NULL REFERENCES sources, PRIMARY KEY (name, source))
 WITHOUT ROWID;
CREATE TABLE facts (name TEXT NOT NULL, value NOT NULL, source INTEGER NOT NULL REFERENCES sources,
 PRIMARY KEY (name, value, source)) WITHOUT ROWID;
"""


def statements(script: str) -> list[str]:
    """The statements of a script of plain definitions, as SQLite keeps them in its own list."""
    return [part.strip() for part in script.split(";\n") if part.strip()]


STATEMENTS: Final = frozenset(statements(TABLES))


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of the newest format, inside the caller's transaction."""
    for statement in statements(TABLES):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={FORMAT}")


def version_of(connection: sqlite3.Connection) -> int | None:
    """The format of this database; None when it is still empty.

    Raises:
        NotAnIndexError: another program's database.
        IndexVersionError: written by a newer release.
        IndexDamagedError: it holds views or triggers, which no format has.
    """
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        if application == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return None
        raise NotAnIndexError("index.db is another program's database; nothing in it was touched")
    _refuse_programs(connection)
    if version > FORMAT:
        raise IndexVersionError(
            f"the index has format {version}, this release reads up to {FORMAT}. Run: pip install -U mistral-rag"
        )
    return int(version)


def require_current(connection: sqlite3.Connection, folder: Path) -> None:
    """Raise unless the database has the tables of this format, and nothing beside them.

    Raises:
        IndexNotFoundError: it is still empty.
        IndexVersionError: it has another format.
        IndexDamagedError: it holds something else.
    """
    version = version_of(connection)
    if version is None:
        raise IndexNotFoundError(f"there is no index at {folder}: its first build did not get that far. Build it again")
    if version < FORMAT:
        raise IndexVersionError(f"{folder} has the older format {version}; the next ingest build brings it up to date")
    refuse_foreign_schema(connection)


def _refuse_programs(connection: sqlite3.Connection) -> None:
    """Raise IndexDamagedError where there are views or triggers, which would run with our statements.

    Asked before any table is: a view by the name of a table can go on for ever.
    """
    if connection.execute("SELECT 1 FROM sqlite_master WHERE type IN ('view', 'trigger')").fetchone():
        raise IndexDamagedError("index.db holds other tables, views or triggers than an index has")


def refuse_foreign_schema(connection: sqlite3.Connection, expected: Collection[str] = STATEMENTS) -> None:
    """Raise IndexDamagedError unless the tables, and nothing else, are as defined: here, or by an older format.

    A trigger or view in a folder from elsewhere would run with our statements.
    """
    found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    if found - {"CREATE TABLE sqlite_sequence(name,seq)"} != set(expected):
        raise IndexDamagedError("index.db holds other tables, views or triggers than an index has")
