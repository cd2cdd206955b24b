"""The documents that a reader may read, decided for all statements of its connection at one place.

Temporary views stand before the tables that hold documents. SQLite looks for a bare name among the temporary ones
first (https://www.sqlite.org/lang_naming.html), so a statement sees what the reader's groups may read unless it asks
for `main` by name, as only the caches do, which hold all rows and are cut down where they are used.
"""
# ruff: noqa: S608 (statements are put together from constants of this module; values are parameters)

import sqlite3
from collections.abc import Collection
from typing import Final

from mistral_rag.errors import InvalidFilterError

EVERYONE: Final = "*"
"""The group that every reader belongs to."""

OF_SOURCES: Final = ("sources", "profiles", "pages", "chunks", "facts", "groups")
"""Tables whose rows belong to the source that their column `source` names."""

OPEN_TABLES: Final = ("settings", "commits", "vectors", "embeddings", "readings", "removals", "names", "new_names")
"""Tables without a view: they name no document, and nothing that a reader is given leads to their rows."""

READABLE: Final = """(NOT EXISTS (SELECT 1 FROM main.groups) OR EXISTS (
 SELECT 1 FROM granted CROSS JOIN main.groups g WHERE g.name = granted.name AND g.source = t.source))"""
"""Once any source names groups, a source is seen by those in one of its own, and one that names none is hidden."""

LAYOUTS: Final = f"""CREATE TEMP VIEW layouts AS SELECT * FROM main.layouts l
 WHERE EXISTS (SELECT 1 FROM main.pages t WHERE t.page = l.page AND {READABLE})"""


def checked_groups(groups: Collection[str] | None) -> tuple[str, ...]:
    """Group names, ordered and each once.

    Raises InvalidFilterError for one text, whose letters would be groups, and for what is no name.
    """
    if isinstance(groups, str):
        raise InvalidFilterError("groups are a collection of names, not one text")
    names = tuple(groups or ())
    if wrong := [name for name in names if not isinstance(name, str) or not name.isprintable() or not name.strip()]:
        raise InvalidFilterError(f"a group is a name, not {wrong[0]!r}")
    return tuple(sorted(set(names)))


def restrict(connection: sqlite3.Connection, groups: Collection[str]) -> None:
    """Show a connection what these groups may read, from now on and in every transaction."""
    # temporary tables live in memory, but SQLite counts them among what a read-only connection may not change
    connection.execute("PRAGMA query_only=OFF")
    connection.execute("CREATE TEMP TABLE granted (name TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT INTO granted VALUES (?)", [(name,) for name in {EVERYONE, *groups}])
    for table in OF_SOURCES:
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} t WHERE {READABLE}")
    connection.execute(LAYOUTS)
    connection.execute("PRAGMA query_only=ON")


def hides_documents(connection: sqlite3.Connection) -> bool:
    """True when documents name groups, so that not every reader sees all."""
    return connection.execute("SELECT 1 FROM main.groups LIMIT 1").fetchone() is not None
