"""Check that an index holds what was written to it. Reads everything, changes nothing."""
# ruff: noqa: S608 (statements are put together from constants of this package)

import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistral_rag._counting import counted
from mistral_rag.errors import IndexDamagedError, MistralRagError
from mistral_rag.index._database import commits
from mistral_rag.index._database.connection import begin_reading, sqlite_errors
from mistral_rag.index._database.format import COLUMNS, require_current
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.key_index import is_complete
from mistral_rag.index._database.packing import full_page, stored_chunk, stored_source
from mistral_rag.index._database.profiles import stored_profile
from mistral_rag.index._database.rows import MODULUS, last_key, row_digest
from mistral_rag.index._filters.filter_fields import filter_fields_of
from mistral_rag.index._folder.layout import find_folder
from mistral_rag.index._folder.seal import Seal
from mistral_rag.index._lexical import cache as lexical_cache
from mistral_rag.index._recovery.unreadable_rows import (
    ELSEWHERE,
    NO_VECTOR,
    OTHER_SIZE,
    unreadable_readings,
    unreadable_settings,
    unreadable_sources,
)
from mistral_rag.index._view import View

MAX_PROBLEMS = 100
"""Problems that are listed; a torn file could have a million."""

MAX_KEY_SHOWN = 100
"""Characters of a row's key that are shown: in a forged one there could be any number."""


@dataclass(frozen=True, slots=True)
class IndexProblem:
    """One thing that is not as it was written: `where` names the table or file, `what` says it in a sentence."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def verify(path: str | os.PathLike[str]) -> list[IndexProblem]:
    """Everything that is wrong with the index at `path`; nothing when it holds what was written.

    Raises:
        IndexNotFoundError: there is none.
        NotAnIndexError: the folder holds something else.
        IndexVersionError: it has a format this release does not read.
    """
    folder = Path(path).absolute()
    problems: list[IndexProblem] = []
    try:
        find_folder(folder)
        with sqlite_errors(folder, writing=False):
            before = commits.sealed(folder)
            connection = begin_reading(folder)
            # a row that holds no text where one was written is to be listed, not to end the search
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            try:
                for problem in _problems(connection, folder, before):
                    problems.append(problem)
                    if len(problems) == MAX_PROBLEMS:
                        break
            finally:
                connection.close()
    except IndexDamagedError as error:
        problems.append(IndexProblem("index", str(error)))
    return problems


def _problems(connection: sqlite3.Connection, folder: Path, before: Seal | None) -> Iterator[IndexProblem]:
    require_current(connection, folder)
    yield from _history(connection, folder, before)
    for (line,) in connection.execute("PRAGMA integrity_check"):
        if line != "ok":
            yield IndexProblem("index.db", line)
    for table, key, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield IndexProblem(table, f"row {key} belongs to a row of {parent} that is gone")
    yield from _rows(connection)
    yield from _derived(connection)
    yield from _content(connection)
    yield from _unreadable(connection)
    yield from _caches(connection, folder)


def _unreadable(connection: sqlite3.Connection) -> Iterator[IndexProblem]:
    """Rows that are what was written, and nothing that a writer of ours writes."""
    for name, error in unreadable_settings(connection):
        yield IndexProblem("settings", f"{name[:MAX_KEY_SHOWN]}: {error}")
    for source, error in unreadable_sources(connection):
        yield IndexProblem("sources", f"row {source}: {error}")
    for _, error in unreadable_readings(connection):
        yield IndexProblem("readings", str(error))
    for (row,) in connection.execute(f"SELECT c.row {ELSEWHERE}"):
        yield IndexProblem("chunks", f"row {row} names another page than the one it belongs to")
    for (vector,) in connection.execute(f"SELECT vector FROM vectors WHERE {NO_VECTOR}"):
        yield IndexProblem("vectors", f"row {vector} is no vector")
    identity = connection.execute("SELECT value FROM settings WHERE name = 'identity'").fetchone()
    with suppress(IndexDamagedError):
        size = 2 * Identity.from_json(identity[0]).dimension if identity else 0
        for (vector,) in connection.execute(f"SELECT v.vector {OTHER_SIZE}", (size,)):
            yield IndexProblem("vectors", f"row {vector} is something else than {counted(size, 'byte')}")


def _caches(connection: sqlite3.Connection, folder: Path) -> Iterator[IndexProblem]:
    """Damaged caches: they cost nothing but the time to make them again. Missing and outdated ones are no damage."""
    view = View(connection, folder)
    with suppress(IndexDamagedError):
        if view.identity is not None:
            yield from _cache(lexical_cache.path_of(view), lambda: lexical_cache.check(view))
            if os.path.lexists(folder / f"codes-{view.generation}.bin"):
                from mistral_rag.index._dense import cache as dense_cache  # FAISS takes long to import

                yield from _cache(dense_cache.path_of(view), lambda: dense_cache.check(view))


def _cache(path: Path, check: Callable[[], None]) -> Iterator[IndexProblem]:
    try:
        try:
            check()
        except IndexDamagedError:
            # a writer may have replaced it while it was read
            check()
    except IndexDamagedError as error:
        yield IndexProblem(path.name, f"{error}; searches and builds make it again")


def _history(connection: sqlite3.Connection, folder: Path, before: Seal | None) -> Iterator[IndexProblem]:
    try:
        commits.check_history(connection, folder, before=before)
    except IndexDamagedError as error:
        yield IndexProblem("index.seal", str(error))
    previous = None
    for commit in reversed(commits.newest(connection, -1)):
        expected = commits.running_digest(previous, commit.sequence, commit.made, commit.last_row, commit.content)
        if commit.sequence != (previous.sequence + 1 if previous else 0) or commit.running != expected:
            yield IndexProblem("commits", f"commit {commit.sequence} does not follow from the one before")
        previous = commit


def _shown(key: Any) -> str:
    return str(key) if isinstance(key, int) else repr(str(key)[:MAX_KEY_SHOWN])


def _rows(connection: sqlite3.Connection) -> Iterator[IndexProblem]:
    total = 0
    for table, columns in COLUMNS.items():
        names = ", ".join(f'"{name}"' for name in (*columns, "digest"))
        for *values, digest in connection.execute(f"SELECT {names} FROM {table}"):
            if not isinstance(digest, bytes) or row_digest(table, values) != digest:
                yield IndexProblem(table, f"row {_shown(values[0])} is not what was written")
            else:
                total += int.from_bytes(digest, "big")
    if [total % MODULUS] != [commit.content for commit in commits.newest(connection)]:
        yield IndexProblem("index.db", "rows have changed, gone or come that no commit made")


def _derived(connection: sqlite3.Connection) -> Iterator[IndexProblem]:
    """Compare the tables of filters and groups with the sources' records."""
    facts: set[tuple[object, ...]] = set()
    groups: set[tuple[object, ...]] = set()
    for source, record, pages in connection.execute("SELECT source, record, pages FROM sources"):
        try:
            groups |= {(name, source) for name in stored_source(record).groups}
            facts |= {(name, value, source) for name, value in filter_fields_of(record)} if pages else set()
        except (MistralRagError, ValueError, LookupError) as error:
            yield IndexProblem("sources", f"row {source}: {error}")
    for table, expected in (("facts", facts), ("groups", groups)):
        columns = "name, value, source" if table == "facts" else "name, source"
        if set(connection.execute(f"SELECT {columns} FROM {table}")) != expected:
            yield IndexProblem(table, "does not say what the sources' records say")
    yield from _profiles(connection)
    for (table,) in connection.execute("SELECT name FROM sqlite_sequence").fetchall():
        try:
            last_key(connection, table)
        except IndexDamagedError as error:
            yield IndexProblem("index.db", str(error))
    if not is_complete(connection):
        yield IndexProblem("names", "does not say what passages, vectors and embeddings are called")


def _profiles(connection: sqlite3.Connection) -> Iterator[IndexProblem]:
    """Every profile can be read, and belongs to a source."""
    query = "SELECT p.source, p.label, p.learned, s.source FROM profiles p LEFT JOIN sources s USING (source)"
    for source, label, learned, present in connection.execute(query):
        try:
            stored_profile((label, learned))
        except IndexDamagedError as error:
            yield IndexProblem("profiles", f"row {source}: {error}")
        if present is None:
            yield IndexProblem("profiles", f"row {source} belongs to no source")


def _content(connection: sqlite3.Connection) -> Iterator[IndexProblem]:
    """Every page can be read, and every chunk stands on its page."""
    query = "SELECT p.*, l.runs, l.words FROM pages p LEFT JOIN layouts l USING (page) WHERE p.source = ?"
    for (source,) in connection.execute("SELECT DISTINCT source FROM pages").fetchall():
        chunks = _chunks_by_page(connection, source)
        for number, _, _, *values, _, runs, words in connection.execute(query, (source,)):
            try:
                page = full_page(values, runs, words)
                for identifier, *columns in chunks[number]:
                    chunk = stored_chunk(identifier, "-", columns)
                    if page.text[chunk.start : chunk.end] != chunk.text:
                        yield IndexProblem("chunks", f"{identifier} does not stand on its page")
            except IndexDamagedError as error:
                yield IndexProblem("pages", f"row {number}: {error}")


def _chunks_by_page(connection: sqlite3.Connection, source: Any) -> Mapping[Any, list[Any]]:
    columns = ", ".join(f'"{name}"' for name in COLUMNS["chunks"][5:])
    found = defaultdict(list)
    for page, *values in connection.execute(f"SELECT page, id, {columns} FROM chunks WHERE source = ?", (source,)):
        found[page].append(values)
    return found
