"""Rows that are whole and say something that can't be: whoever tampers can make digests right again.

Each function deletes them from a database that is being made anew; `verify` finds the same ones.
"""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.packing import full_page, page_text, stored_chunk
from mistral_rag.index._database.profiles import stored_profile
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.index._ocr_cache import unpacked_page
from mistral_rag.index._source_status import SourceStatus

ELSEWHERE: Final = "FROM chunks c JOIN pages p USING (page) WHERE c.source != p.source OR c.number != p.number"
"""Chunks whose page is not the one that they name."""

NO_VECTOR: Final = "typeof(data) != 'blob' OR length(data) % 2"
OTHER_SIZE: Final = "FROM chunks c JOIN vectors v USING (vector) WHERE length(v.data) != ?"
"""Vectors that are none, and those of chunks that have another size in bytes than the index says."""


def unreadable_settings(connection: sqlite3.Connection) -> Iterator[tuple[str, IndexDamagedError]]:
    """Names of settings that nothing can be made of."""
    for name, value in connection.execute("SELECT name, value FROM settings").fetchall():
        try:
            with unreadable("setting"):
                _read_setting(str(name), value)
        except IndexDamagedError as error:
            yield name, error


def _read_setting(name: str, value: Any) -> None:
    if name == "identity":
        Identity.from_json(value)
    elif name in {"generation", "profiles_changed", "vectors_changed"}:
        int(value)
    elif name.startswith("extra:"):
        plain_json(value)


def unreadable_sources(connection: sqlite3.Connection) -> Iterator[tuple[int, IndexDamagedError]]:
    """Sources whose state can't be read."""
    for source, *row in connection.execute(SourceStatus.QUERY.replace("SELECT", "SELECT source,", 1)).fetchall():
        try:
            SourceStatus.of(row)
        except IndexDamagedError as error:
            yield source, error


def unreadable_readings(connection: sqlite3.Connection) -> Iterator[tuple[tuple[Any, ...], IndexDamagedError]]:
    """Kept pages that can't be read, by reader, key and file."""
    for *key, page in connection.execute("SELECT reader, key, file, page FROM readings"):
        try:
            unpacked_page(page)
        except IndexDamagedError as error:
            yield tuple(key), error


def drop_unreadable(connection: sqlite3.Connection) -> None:
    """Delete settings, sources, profiles, pages, vectors and kept pages that can't be read."""
    _delete(connection, "settings", "name = ?", ((name,) for name, _ in unreadable_settings(connection)))
    _delete(connection, "sources", "source = ?", ((source,) for source, _ in unreadable_sources(connection)))
    kept = "reader = ? AND key = ? AND file = ?"
    _delete(connection, "readings", kept, (key for key, _ in unreadable_readings(connection)))
    profiles = connection.execute("SELECT source, label, learned FROM profiles")
    _delete(connection, "profiles", "source = ?", _failing(profiles, stored_profile))
    pages = connection.execute("SELECT p.*, l.runs, l.words FROM pages p JOIN layouts l USING (page)")
    _delete(connection, "pages", "page = ?", _failing(pages, lambda row: full_page(row[2:-3], *row[-2:])))
    connection.execute(f"DELETE FROM vectors WHERE {NO_VECTOR}")


def drop_unplaced(connection: sqlite3.Connection, dimension: int) -> None:
    """Delete chunks that do not stand on the page that they name, and vectors of another size than the index's."""
    connection.execute(f"DELETE FROM chunks WHERE row IN (SELECT c.row {ELSEWHERE})")
    names = ", ".join(f'c."{name}"' for name in COLUMNS["chunks"][5:])
    chunks = connection.execute(f"SELECT c.row, c.id, {names}, p.text FROM chunks c JOIN pages p USING (page)")
    _delete(connection, "chunks", "row = ?", _failing(chunks, _require_place))
    connection.execute(f"DELETE FROM vectors WHERE vector IN (SELECT v.vector {OTHER_SIZE})", (2 * dimension,))


def _require_place(row: Sequence[Any]) -> None:
    identifier, *values, text = row
    chunk = stored_chunk(identifier, "-", values)
    if page_text(text)[chunk.start : chunk.end] != chunk.text:
        raise IndexDamagedError(f"{identifier} does not stand on its page")


def _failing(rows: Iterable[Sequence[Any]], read: Callable[[Sequence[Any]], object]) -> Iterator[tuple[Any]]:
    """The first columns of rows whose other columns can't be read."""
    for key, *values in rows:
        try:
            read(values)
        except IndexDamagedError:
            yield (key,)


def _delete(connection: sqlite3.Connection, table: str, where: str, keys: Iterable[tuple[Any, ...]]) -> None:
    connection.executemany(f"DELETE FROM {table} WHERE {where}", list(keys))
