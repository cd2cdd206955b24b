"""A new database from the rows that are still whole, document by document.

What hangs together must come together: a page without its layout, a chunk without its page or a vector without its
chunk is dropped. A page that is lost is replaced by an empty one, so that the others keep their numbers. A document
that lost something is marked so that the next build reads its file again.
"""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from mistral_rag._counting import counted
from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database import commits
from mistral_rag.index._database.commits import Commit
from mistral_rag.index._database.connection import sqlite_errors
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.key_index import KEYED_TABLES, index_all
from mistral_rag.index._database.mutations import add_derived
from mistral_rag.index._database.packing import layout_values, page_values, stored_source
from mistral_rag.index._database.rows import DIGEST_SIZE, MAX_KEY, RowWriter, Value, row_digest
from mistral_rag.index._database.wal import open_for_writing, put_log_away
from mistral_rag.index._filters.filter_fields import is_bare
from mistral_rag.index._folder.commands import rebuild_command
from mistral_rag.index._folder.layout import SEAL
from mistral_rag.index._folder.seal import read_seal, write_seal
from mistral_rag.index._recovery.carving import DatabasePages, PageRecord, whole_row
from mistral_rag.index._recovery.unreadable_rows import drop_unplaced, drop_unreadable
from mistral_rag.index._source_status import READ_AGAIN, SourceStatus
from mistral_rag.schema import Locator, Page

RUNNING_SIZE: Final = 32
MAX_GENERATION: Final = 1_000_000_000

MAX_PAGES_NAMED: Final = 100
"""Lost pages of a document that are named; of more, the rest is counted."""

NOT_CARRIED: Final = frozenset({"removals"})
"""Tables that tell of the history that ends here."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss in a sentence, and its source; empty where it belongs to none."""

    source: str
    what: str

    def __str__(self) -> str:
        return f"{self.source}: {self.what}" if self.source else self.what


class Salvaged(NamedTuple):
    """Losses of a salvage, and the number of sources that the new index knows."""

    losses: tuple[Loss, ...]
    sources: int


def salvage(folder: Path, target: Path, *, lenient: bool) -> Salvaged:
    """Make an index in the new folder `target` of what is whole in the damaged one; gives what is lost.

    `lenient` takes commits that stand in the log behind a damaged place.
    """
    with sqlite_errors(target, writing=True):
        connection, first = open_for_writing(target, create=True)
        with closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM settings")
            with DatabasePages(folder, lenient=lenient) as pages, _each_once(connection):
                names = _insert(connection, pages)
                losses = [*_lost_commits(folder, pages), *_mended(connection, names, folder=folder)]
            index_all(connection)
            rows = RowWriter(connection, 0)
            rows.content = rows.total()
            (last_row,) = connection.execute("SELECT coalesce(max(row), 0) FROM chunks").fetchone()
            (known,) = connection.execute("SELECT count(*) FROM sources WHERE status = 'ok'").fetchone()
            last = Commit.after(first, content=rows.content, last_row=last_row)
            commits.insert(connection, last)
            connection.execute("COMMIT")
            put_log_away(connection)
        write_seal(target / SEAL, last.seal)
    return Salvaged(tuple(losses), known)


@contextmanager
def _each_once(connection: sqlite3.Connection) -> Iterator[None]:
    """A half-moved log leaves rows that came twice: within the block no name is taken twice."""
    for keyed in KEYED_TABLES:
        connection.execute(f"CREATE UNIQUE INDEX once_{keyed.table} ON {keyed.table} ({keyed.columns})")
    yield
    for keyed in KEYED_TABLES:
        connection.execute(f"DROP INDEX once_{keyed.table}")


def _insert(connection: sqlite3.Connection, pages: DatabasePages) -> dict[int, str]:
    """Put every whole row into the new tables; gives what filters knew sources by, for those that are not whole."""
    names: dict[int, str] = {}
    kinds = {table: _kinds(connection, table) for table in COLUMNS}
    for record in pages.records():
        found = whole_row(record)
        if found is None or not _fits(found[1], kinds[found[0]]):
            names |= _name(record)
        elif found[0] == "sources":
            _insert_source(connection, found[1])
        elif found[0] not in NOT_CARRIED:
            _insert_row(connection, *found)
    return names


def _lost_commits(folder: Path, pages: DatabasePages) -> Iterator[Loss]:
    """Commits that the seal knows and the database does not; nothing where the database's own list is gone."""
    seal = read_seal(folder / SEAL)
    known = [key for key, values in pages.records() if key is not None and _is_commit(values)]
    if seal is not None and known and max(known) < seal.sequence:
        count = seal.sequence - max(known)
        yield Loss("", f"what changed in the last {'commit' if count == 1 else f'{count} commits'}")


def _is_commit(values: Sequence[Value]) -> bool:
    match values:
        case [None, int(), int(), bytes(content), bytes(running)]:
            return len(content) == DIGEST_SIZE and len(running) == RUNNING_SIZE
    return False


def _kinds(connection: sqlite3.Connection, table: str) -> list[tuple[type | None, bool]]:
    """The type of each column of a table, and whether it may be empty."""
    types = {"INTEGER": int, "TEXT": str, "REAL": float, "BLOB": bytes}
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return [(types.get(kind), not needed and not key) for _, _, kind, needed, _, key in columns[:-1]]


def _fits(values: Sequence[Value], kinds: Sequence[tuple[type | None, bool]]) -> bool:
    """Check that values are of their columns' types, and keys such as we give: anyone can make digests right again."""
    typed = all(
        empty if value is None else kind is None or isinstance(value, kind)
        for value, (kind, empty) in zip(values, kinds, strict=True)
    )
    return typed and (not isinstance(values[0], int) or 0 < values[0] < MAX_KEY)


def _name(record: PageRecord) -> dict[int, str]:
    """The name of a source in a row of `facts`; nothing for other records."""
    match record.values:
        case ["source", str(name), int(source)]:
            return {source: name}
    return {}


def _insert_row(connection: sqlite3.Connection, table: str, values: Sequence[Value]) -> None:
    placeholders = ", ".join("?" * (len(values) + 1))
    names = ", ".join(f'"{name}"' for name in (*COLUMNS[table], "digest"))
    connection.execute(
        f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({placeholders})", (*values, row_digest(table, values))
    )


def _insert_source(connection: sqlite3.Connection, values: Sequence[Value]) -> None:
    """Of two sources with one uri, which a half-moved log leaves, the newer one; none whose record can't be read."""
    number, uri = values[:2]
    columns = dict(zip(COLUMNS["sources"], values, strict=True))
    try:
        SourceStatus.of([columns[name] for name in SourceStatus.COLUMNS])
    except IndexDamagedError:
        return
    connection.execute("DELETE FROM sources WHERE uri = ? AND source < ?", (uri, number))
    _insert_row(connection, "sources", values)


def _mended(connection: sqlite3.Connection, names: dict[int, str], *, folder: Path) -> Iterator[Loss]:
    drop_unreadable(connection)
    identity = _settle(connection)
    if identity is None and connection.execute("SELECT 1 FROM chunks").fetchone():
        yield Loss("", f"what the index was built with. {rebuild_command(folder)}")
    yield from _drop_strays(connection, names)
    drop_unplaced(connection, identity.dimension if identity else 0)
    # before they are dropped: a passage whose vector is still to come has lost none
    lost_vectors = _lost_vectors(connection)
    yield from _drop_unembedded(connection)
    for values in connection.execute(f"SELECT {_names('sources')} FROM sources ORDER BY source").fetchall():
        yield from _mended_source(connection, list(values), unembedded=lost_vectors[values[0]])
    unused = "vector NOT IN (SELECT vector FROM chunks WHERE vector IS NOT NULL UNION SELECT vector FROM embeddings)"
    connection.execute(f"DELETE FROM vectors WHERE {unused}")


def _names(table: str) -> str:
    return ", ".join(f'"{name}"' for name in COLUMNS[table])


def _settle(connection: sqlite3.Connection) -> Identity | None:
    """Begin a new identity as a folder and a new generation of caches; what it was built with stays."""
    settings = dict(connection.execute("SELECT name, value FROM settings"))
    generation = int(settings.get("generation", 1))
    # commits are counted anew, so the last one that changed a profile is not the one of that number any more
    connection.execute("DELETE FROM settings WHERE name IN ('id', 'generation', 'profiles_changed', 'vectors_changed')")
    for name, value in (("id", uuid.uuid4().hex), ("generation", str(generation % MAX_GENERATION + 1))):
        _insert_row(connection, "settings", (name, value))
    return Identity.from_json(settings["identity"]) if "identity" in settings else None


def _drop_strays(connection: sqlite3.Connection, names: dict[int, str]) -> Iterator[Loss]:
    """Drop what belongs to a source, page or chunk that is gone; the documents among them are named."""
    gone = "source NOT IN (SELECT source FROM sources)"
    lost = Counter(source for (source,) in connection.execute(f"SELECT source FROM pages WHERE {gone}"))
    for source, count in sorted(lost.items()):
        name = names.get(source, f"document {source}, whose name is lost")
        yield Loss(name, f"the whole document ({counted(count, 'page')})")
    connection.execute(f"DELETE FROM pages WHERE {gone}")
    connection.execute("DELETE FROM pages WHERE page NOT IN (SELECT page FROM layouts)")
    connection.execute("DELETE FROM layouts WHERE page NOT IN (SELECT page FROM pages)")
    connection.execute("DELETE FROM chunks WHERE page NOT IN (SELECT page FROM pages)")
    connection.execute(f"DELETE FROM profiles WHERE {gone}")


LOST_VECTOR: Final = "vector IS NOT NULL AND vector NOT IN (SELECT vector FROM vectors)"


def _lost_vectors(connection: sqlite3.Connection) -> Counter[int]:
    """The numbers of passages of each source whose vector is gone."""
    query = f"SELECT source, count(*) FROM chunks WHERE {LOST_VECTOR} GROUP BY source"
    return Counter(dict(connection.execute(query)))


def _drop_unembedded(connection: sqlite3.Connection) -> Iterator[Loss]:
    count = connection.execute("DELETE FROM embeddings WHERE vector NOT IN (SELECT vector FROM vectors)").rowcount
    if count:
        yield Loss("", f"{counted(count, 'kept embedding')}, to be made again when needed")
    query = f"SELECT {_names('chunks')} FROM chunks WHERE {LOST_VECTOR}"
    place = COLUMNS["chunks"].index("vector")
    for values in connection.execute(query).fetchall():
        columns = [*values[:place], None, *values[place + 1 :]]
        connection.execute("DELETE FROM chunks WHERE row = ?", (values[0],))
        _insert_row(connection, "chunks", columns)


def _mended_source(connection: sqlite3.Connection, values: list[Any], *, unembedded: int) -> Iterator[Loss]:
    columns = dict(zip(COLUMNS["sources"], values, strict=True))
    number = columns["source"]
    source = stored_source(columns["record"])
    present = {page for (page,) in connection.execute("SELECT number FROM pages WHERE source = ?", (number,))}
    missing = sorted(set(range(1, columns["pages"] + 1)) - present)
    (chunks,) = connection.execute("SELECT count(*) FROM chunks WHERE source = ?", (number,)).fetchone()
    if missing and (not present or is_bare(source)):
        for table in ("chunks", "pages", "profiles", "sources"):
            connection.execute(f"DELETE FROM {table} WHERE source = ?", (number,))
        connection.execute("DELETE FROM layouts WHERE page NOT IN (SELECT page FROM pages)")
        yield Loss(source.name, f"the whole document ({counted(columns['pages'], 'page')})")
        return
    add_derived(connection, number, source, columns["record"], used=bool(columns["pages"]))
    if missing or chunks < columns["chunks"] or unembedded:
        what = _parts(missing, columns["chunks"] - chunks, unembedded)
        _insert_placeholders(connection, number, missing)
        _mark(connection, columns, missing, chunks)
        yield Loss(source.name, what)


def _parts(missing: Sequence[int], chunks: int, unembedded: int) -> str:
    parts = []
    if missing:
        named = ", ".join(map(str, missing[:MAX_PAGES_NAMED]))
        more = f" and {len(missing) - MAX_PAGES_NAMED} more" if len(missing) > MAX_PAGES_NAMED else ""
        parts.append(f"{'page' if len(missing) == 1 else 'pages'} {named}{more}")
    if chunks:
        parts.append(counted(chunks, "passage"))
    if unembedded:
        parts.append(f"the {'vector' if unembedded == 1 else 'vectors'} of {counted(unembedded, 'passage')}")
    return ", ".join(parts)


def _insert_placeholders(connection: sqlite3.Connection, source: int, missing: Sequence[int]) -> None:
    found = connection.execute("SELECT kind FROM pages WHERE source = ?", (source,)).fetchone()
    if not missing:
        return
    (first,) = connection.execute(
        "SELECT 1 + max(coalesce((SELECT max(page) FROM pages), 0), coalesce((SELECT max(page) FROM layouts), 0))"
    ).fetchone()
    for key, number in enumerate(missing, start=first):
        empty = Page(locator=Locator(kind=found[0], number=number), text="")
        _insert_row(connection, "pages", (key, source, number, *page_values(empty)))
        _insert_row(connection, "layouts", (key, *layout_values(empty)))


def _mark(connection: sqlite3.Connection, columns: dict[str, Any], missing: Sequence[int], chunks: int) -> None:
    """Note what is lost, and that the file is to be read again."""
    problems = json.loads(columns["problems"])
    problems += [[page, "lost by damage to the index; the next build reads it again"] for page in missing]
    changed = {"chunks": chunks, "size": READ_AGAIN, "problems": json.dumps(problems, ensure_ascii=False)}
    connection.execute("DELETE FROM sources WHERE source = ?", (columns["source"],))
    _insert_row(connection, "sources", list((columns | changed).values()))
