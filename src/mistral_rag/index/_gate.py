"""The documents that a reader may read, decided for all statements of its connection at one place.

Temporary views stand before the tables that hold documents. SQLite looks for a bare name among the temporary ones
first (https://www.sqlite.org/lang_naming.html), so a statement sees what the reader's groups may read unless it asks
for `main` by name, as only the caches do, which hold all rows and are cut down where they are used.
"""
# ruff: noqa: S608 (statements are put together from constants of this module; values are parameters)

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable
from typing import Final

from mistral_rag.errors import InvalidFilterError

EVERYONE: Final = "*"
"""The group that every reader belongs to."""

OF_SOURCES: Final = ("sources", "profiles", "pages", "chunks", "facts", "groups")
"""Tables whose rows belong to the source that their column `source` names."""

OPEN_TABLES: Final = ("settings", "commits", "vectors", "embeddings", "readings", "removals", "names", "new_names")
"""Tables without a view: they name no document, and nothing that a reader is given leads to their rows."""

NAMED: Final = "groups_named"
"""The setting that says that sources have named groups: when the last one goes, the others stay hidden."""

GROUPED: Final = f"(EXISTS (SELECT 1 FROM main.groups) OR EXISTS (SELECT 1 FROM main.settings WHERE name = '{NAMED}'))"
"""Once any source has named groups, a source is seen by those in one of its own, and one that names none is hidden."""

GRANTED: Final = f"""(NOT {GROUPED} OR EXISTS (
 SELECT 1 FROM granted CROSS JOIN main.groups g WHERE g.name = granted.name AND g.source = t.source))"""
GRANTED_TO_MANY: Final = f"""(NOT {GROUPED} OR t.source IN (
 SELECT g.source FROM main.groups g WHERE g.name IN (SELECT name FROM granted)))"""
MANY: Final = 64
"""Groups of a reader above which its sources are listed once for each statement, and not looked up one by one."""


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
    readable = GRANTED if len(groups) <= MANY else GRANTED_TO_MANY
    connection.execute("PRAGMA query_only=OFF")
    connection.execute("CREATE TEMP TABLE granted (name TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany("INSERT INTO granted VALUES (?)", [(name,) for name in {EVERYONE, *groups}])
    for table in OF_SOURCES:
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT * FROM main.{table} t WHERE {readable}")
    of_page = f"SELECT 1 FROM main.pages t WHERE t.page = l.page AND {readable}"
    connection.execute(f"CREATE TEMP VIEW layouts AS SELECT * FROM main.layouts l WHERE EXISTS ({of_page})")
    connection.execute("PRAGMA query_only=ON")


def hides_documents(connection: sqlite3.Connection) -> bool:
    """True when documents name groups, or have, so that not every reader sees all."""
    return bool(connection.execute(f"SELECT {GROUPED}").fetchone()[0])


def own_keys(keys: Iterable[bytes], groups: Collection[str]) -> list[bytes]:
    """The keys of kept embeddings among those of other groups.

    Each set of groups has its own: else a text that costs no embedding would be known to be somebody's.
    """
    own = json.dumps(checked_groups(groups)).encode()
    return [hashlib.sha256(own + key).digest() for key in keys]
