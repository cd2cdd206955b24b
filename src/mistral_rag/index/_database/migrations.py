"""The way from older formats to the newest one, a step each, inside one transaction."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from mistral_rag.errors import IndexVersionError
from mistral_rag.index._database import key_index
from mistral_rag.index._database.format import FORMAT, TABLES, refuse_foreign_schema, statements
from mistral_rag.index._database.profiles import Profile, profile_values
from mistral_rag.index._database.rows import RowWriter, plain_json, unreadable
from mistral_rag.index._folder.commands import rebuild_command

Migration = Callable[[sqlite3.Connection], None]

INDEXED: Final = """
CREATE TABLE chunks (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
 source INTEGER NOT NULL REFERENCES sources, page INTEGER NOT NULL REFERENCES pages,
 vector INTEGER REFERENCES vectors, number INTEGER NOT NULL, first_unit INTEGER NOT NULL,
 last_unit INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, kind TEXT NOT NULL,
 headings TEXT NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL);
CREATE TABLE vectors (vector INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL, digest BLOB NOT NULL UNIQUE);
CREATE TABLE embeddings (model TEXT NOT NULL, key BLOB NOT NULL, vector INTEGER NOT NULL REFERENCES vectors,
 digest BLOB NOT NULL, PRIMARY KEY (model, key)) WITHOUT ROWID;
"""
"""Tables of format 2 in place of those in REBUILT: with indexes over whole ids, digests and keys."""

REBUILT: Final = {
    "chunks": "SELECT * FROM old_chunks ORDER BY row",
    "vectors": "SELECT * FROM old_vectors ORDER BY vector",
    "embeddings": "SELECT NULL, model, key, vector, digest FROM old_embeddings ORDER BY vector",
}
"""Tables of format 3, and their rows in the order in which they came."""

FACTS_VERSION: Final = 5
"""The newest rules by which format 3 was written."""

NO_FILING_FACTS: Final = frozenset({"work", "edition", "label", "digest", "version"})
"""Facts of format 3 that the profile of a filing does not hold."""


def _add_readings(connection: sqlite3.Connection) -> None:
    _define(connection, "readings")


def _shorten_names(connection: sqlite3.Connection) -> None:
    """Rows stay as they are, with their digests, in tables without the indexes that `names` takes the place of."""
    later = (*REBUILT, *key_index.TABLES, "profiles")
    current = [statement for statement in statements(TABLES) if not _is_of(statement, *later)]
    indexes = [statement for statement in statements(TABLES) if statement.startswith("CREATE INDEX")]
    refuse_foreign_schema(connection, {*current, *indexes, *statements(INDEXED)})
    # so that what refers to the old tables goes on to refer to the new ones
    connection.execute("PRAGMA legacy_alter_table=ON")
    for table in REBUILT:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    connection.execute("PRAGMA legacy_alter_table=OFF")
    for name in ("chunks_by_source", "chunks_by_vector", "embeddings_by_vector"):
        connection.execute(f"DROP INDEX {name}")
    _define(connection, *REBUILT, *key_index.TABLES)
    used = connection.execute("SELECT substr(name, 5), seq FROM sqlite_sequence WHERE name LIKE 'old!_%' ESCAPE '!'")
    numbers = used.fetchall()
    for table, rows in REBUILT.items():
        connection.execute(f"INSERT INTO {table} {rows}")
        connection.execute(f"DROP TABLE old_{table}")
    # numbers that were once given are not given again, also those of rows that are gone
    connection.executemany("DELETE FROM sqlite_sequence WHERE name = ?", [(table,) for table, _ in numbers])
    connection.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", numbers)
    key_index.index_all(connection)


def _move_profiles(connection: sqlite3.Connection) -> None:
    """Give each document a row of its own for what was one setting of all."""
    refuse_foreign_schema(
        connection, {statement for statement in statements(TABLES) if not _is_of(statement, "profiles")}
    )
    _define(connection, "profiles")
    found = connection.execute("SELECT value FROM settings WHERE name = 'extra:facts'").fetchone()
    if found is None:
        return
    rows = RowWriter(connection, 0)
    rows.delete("settings", "name = 'extra:facts'")
    with unreadable("setting"):
        facts = plain_json(found[0])
        sources = connection.execute("SELECT source, uri FROM sources WHERE status = 'ok'").fetchall()
        profiles = [(source, _profile_of(facts[uri])) for source, uri in sources if uri in facts]
    rows.insert("profiles", ((source, *profile_values(profile)) for source, profile in profiles))


def _profile_of(facts: Mapping[str, Any]) -> Profile:
    """The facts of format 3 as the two signals have them that were made of them; other versions are learned anew."""
    if facts["version"] != FACTS_VERSION:
        return Profile()
    identity = {"years": facts["years"], "ended": facts["ended"], "work": facts["work"], "edition": facts["edition"]}
    filing = {name: value for name, value in facts.items() if name not in NO_FILING_FACTS}
    is_filing = bool(facts["kind"] or facts["names"] or facts["statements"])
    has_identity = not facts["kind"] and bool(facts["years"] or facts["work"])
    learned = {
        "filings": {"version": FACTS_VERSION, "profile": filing if is_filing else None},
        "document_identity": {"version": 1, "profile": identity if has_identity else None},
    }
    return Profile(str(facts["label"]), learned)


def _define(connection: sqlite3.Connection, *tables: str) -> None:
    for statement in statements(TABLES):
        if _is_of(statement, *tables):
            connection.execute(statement)


def _is_of(statement: str, *tables: str) -> bool:
    """True when a statement makes one of these tables, or an index of one."""
    return any(statement.startswith(f"CREATE TABLE {table} ") or f" ON {table} (" in statement for table in tables)


MIGRATIONS: Final[Mapping[int, Migration]] = {1: _add_readings, 2: _shorten_names, 3: _move_profiles}
"""By the format they start from; each leads to the next one."""


def migrate(connection: sqlite3.Connection, version: int, *, folder: Path) -> None:
    """Bring the tables of the index in `folder` from `version` to the newest format, inside the caller's transaction.

    Raises:
        IndexVersionError: no way leads from there.
        IndexDamagedError: there are other tables than the format has.
    """
    for step in range(version, FORMAT):
        if step not in MIGRATIONS:
            raise IndexVersionError(
                f"{folder} has the format {version}, which this release can't read. {rebuild_command(folder)}"
            )
        MIGRATIONS[step](connection)
    connection.execute(f"PRAGMA user_version={FORMAT}")
