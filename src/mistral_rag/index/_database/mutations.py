"""Changes to what an index holds, inside the writer's transaction: sources with all that hangs on them."""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.commits import Commit
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.key_index import CHUNKS, EMBEDDINGS, VECTORS, KeyIndex
from mistral_rag.index._database.packing import chunk_values, layout_values, page_values, stored_source
from mistral_rag.index._database.profiles import Profile, profile_values
from mistral_rag.index._database.rows import RowWriter, plain_json, row_digest, unreadable
from mistral_rag.index._filters.filter_fields import filter_fields_of, is_bare
from mistral_rag.index._gate import NAMED, hides_documents
from mistral_rag.index._members import members_prefix
from mistral_rag.index._ocr_cache import UNUSED
from mistral_rag.index._source_status import ERASED, SourceStatusRow, erased_source, erased_uri
from mistral_rag.schema import Chunk, Page, Source


def add_derived(connection: sqlite3.Connection, number: int, source: Source, record: str, *, used: bool) -> None:
    """Copy the fields that filters and groups look up; only the groups of a source that is not `used`."""
    connection.executemany(
        "INSERT INTO groups (name, source) VALUES (?, ?)", [(name, number) for name in dict.fromkeys(source.groups)]
    )
    facts = filter_fields_of(record) if used else ()
    connection.executemany(
        "INSERT INTO facts (name, value, source) VALUES (?, ?, ?)", [(name, value, number) for name, value in facts]
    )


def _readable_record(source: Source) -> str:
    """A source as its row keeps it. Raises ValueError where it could not be read back."""
    record = source.model_dump_json()
    try:
        # JSON is written to a greater depth than it is read
        stored_source(record)
    except IndexDamagedError:
        raise ValueError(f"{source.uri[:200]} can't be kept: its metadata are nested too deeply") from None
    return record


class Mutations:
    """Adds and removes sources, through rows that keep count of their digests."""

    def __init__(self, rows: RowWriter, keys: KeyIndex, last: Commit) -> None:
        self.rows = rows
        self._keys = keys
        self._connection = rows.connection
        self._last = last

    def add(
        self,
        source: Source,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
        vectors: Sequence[bytes] | None,
        found: SourceStatusRow,
        profile: Profile | None = None,
    ) -> None:
        """Add a source whose uri is free."""
        if wrong := [chunk.id for chunk in chunks if chunk.page > len(pages) or chunk.uri != source.uri]:
            raise ValueError(f"chunk {wrong[0]} stands on no page of {source.uri}")
        self.remove(erased_uri(source.uri))
        number = self.rows.take_keys("sources", 1)
        record = _readable_record(source)
        counts = {"pages": len(pages), "chunks": len(chunks), "bare": int(is_bare(source))}
        columns = {"source": number, "uri": source.uri, **found.columns(), **counts, "record": record}
        self.rows.insert_one("sources", columns)
        if source.groups and not self._are_groups_named():
            # from now on every source that names no group is hidden
            self._note_groups_changed()
            self.set(NAMED, "1")
        add_derived(self._connection, number, source, record, used=bool(pages))
        if profile is not None:
            self.rows.insert("profiles", [(number, *profile_values(profile))])
        first_page = self._add_pages(number, pages)
        self._add_chunks(number, first_page, chunks, self.vectors(vectors) if vectors else [None] * len(chunks))

    def _add_pages(self, source: int, pages: Sequence[Page]) -> int:
        first = self.rows.take_keys("pages", len(pages))
        numbered = list(enumerate(pages, start=1))
        self.rows.insert("pages", ((first + n - 1, source, n, *page_values(page)) for n, page in numbered))
        self.rows.insert("layouts", ((first + n - 1, *layout_values(page)) for n, page in numbered))
        return first

    def _add_chunks(self, source: int, first_page: int, chunks: Sequence[Chunk], vectors: Sequence[int | None]) -> None:
        first = self.rows.take_keys("chunks", len(chunks))
        numbered = {chunk.id: row for row, chunk in enumerate(chunks, start=first)}
        known = self._keys.find(CHUNKS, numbered)
        if known or len(numbered) < len(chunks):
            raise ValueError(f"the index holds another chunk of the same id: {min(known, default='two of one source')}")
        self._keys.add(CHUNKS, numbered.items())
        self.rows.insert(
            "chunks",
            (
                (row, chunk.id, source, first_page + chunk.page - 1, vector, *chunk_values(chunk))
                for row, chunk, vector in zip(count(first), chunks, vectors, strict=False)
            ),
        )

    def vectors(self, packed: Sequence[bytes]) -> list[int]:
        """The numbers of these vectors; each is stored once, whoever uses it."""
        digests = [row_digest("vectors", (0, data)) for data in packed]
        contents = dict(zip(digests, packed, strict=True))
        known = self._keys.find(VECTORS, contents)
        new = [digest for digest in contents if digest not in known]
        first = self.rows.take_keys("vectors", len(new))
        numbered = {digest: number for number, digest in enumerate(new, start=first)}
        self._keys.add(VECTORS, numbered.items())
        known |= numbered
        self.rows.insert("vectors", ((known[digest], contents[digest]) for digest in new), digests=new)
        return [known[digest] for digest in digests]

    def add_vectors(self, rows: Sequence[int], packed: Sequence[bytes]) -> None:
        """Give chunks the vectors that they lack; rows that are gone, or have one, are left as they are."""
        query = "SELECT row FROM chunks WHERE vector IS NULL AND row IN (SELECT value FROM json_each(?))"
        waiting = {row for (row,) in self._connection.execute(query, (json.dumps(list(rows)),))}
        wanted = {row: data for row, data in zip(rows, packed, strict=True) if row in waiting}
        if not wanted:
            return
        self.rows.change("chunks", "vector", dict(zip(wanted, self.vectors(list(wanted.values())), strict=True)))
        # no row comes or goes, so searches that follow the commits have to be told
        self.set("vectors_changed", str(self._last.sequence + 1))

    def keep(self, model: str, keys: Sequence[bytes], packed: Sequence[bytes]) -> None:
        """Keep vectors by model and key, in place of what the keys had."""
        vectors = dict(zip(keys, self.vectors(packed), strict=True))
        known = self._keys.find(EMBEDDINGS, [(model, key) for key in vectors])
        self._delete("embeddings", "embedding", known.values())
        self._keys.remove(EMBEDDINGS, known.items())
        first = self.rows.take_keys("embeddings", len(vectors))
        numbered = list(enumerate(vectors, start=first))
        self._keys.add(EMBEDDINGS, (((model, key), number) for number, key in numbered))
        self.rows.insert("embeddings", ((number, model, key, vectors[key]) for number, key in numbered))

    def remove(self, uri: str) -> None:
        """Remove a source with everything that hangs on it; an unknown uri is no error."""
        with unreadable("row"):
            self._remove(uri)

    def members_of(self, uri: str) -> list[str]:
        """The uris of the files inside of a source, at all depths, but for those that were taken out by name."""
        prefix = members_prefix(uri)
        query = "SELECT uri, record FROM sources WHERE uri > ? AND uri < ? AND status <> 'removed' ORDER BY source"
        rows = self._connection.execute(query, (prefix, f"{prefix}\U0010ffff")).fetchall()
        # a web page may have a fragment of its own
        return [member for member, record in rows if stored_source(record).member is not None]

    def _remove(self, uri: str) -> None:
        found = self._connection.execute("SELECT source, record FROM sources WHERE uri = ?", (uri,)).fetchone()
        if found is None:
            return
        source, record = found
        self._remove_derived(source, record)
        self._remove_chunks("source = ?", source)
        self.rows.delete("layouts", "page IN (SELECT page FROM pages WHERE source = ?)", (source,))
        self.rows.delete("pages", "source = ?", (source,))
        self.rows.delete("profiles", "source = ?", (source,))
        self.rows.delete("sources", "source = ?", (source,))

    def _remove_chunks(self, where: str, *values: int | str) -> None:
        used = self._connection.execute(f"SELECT row, id, vector FROM chunks WHERE {where}", values).fetchall()
        gone = [(row, self._last.sequence + 1) for row, *_ in used if row <= self._last.last_row]
        self.rows.insert("removals", gone)
        self._delete("chunks", "row", (row for row, *_ in used))
        self._keys.remove(CHUNKS, [(identifier, row) for row, identifier, _ in used])
        self._remove_unused(vector for *_, vector in used if vector is not None)

    def remove_chunks_of_pages(self, uri: str, label: str) -> None:
        """Remove the chunks on pages of a source with this label; raises KeyError when there is none of this uri."""
        (source,) = self._source_row(uri, "source")
        self._remove_chunks(
            "source = ? AND page IN (SELECT page FROM pages WHERE source = ? AND label = ?)", source, source, label
        )
        (left,) = self._connection.execute("SELECT count(*) FROM chunks WHERE source = ?", (source,)).fetchone()
        self._change_source(uri, chunks=left)

    def _source_row(self, uri: str, *names: str) -> tuple[Any, ...]:
        """Columns of a source. Raises KeyError when there is none of this uri."""
        found = self._connection.execute(f"SELECT {', '.join(names)} FROM sources WHERE uri = ?", (uri,)).fetchone()
        if found is None:
            raise KeyError(uri)
        row: tuple[Any, ...] = found
        return row

    def _change_source(self, uri: str, **changes: int) -> None:
        names = COLUMNS["sources"]
        columns = dict(zip(names, self._source_row(uri, *names), strict=True))
        self.rows.delete("sources", "source = ?", (columns["source"],))
        self.rows.insert_one("sources", {**columns, **changes})

    def set_profile(self, uri: str, profile: Profile) -> None:
        """Change what signals learned of a source. Raises KeyError when there is none of this uri."""
        found = self._connection.execute("SELECT source FROM sources WHERE uri = ?", (uri,)).fetchone()
        if found is None:
            raise KeyError(uri)
        (source,) = found
        self.rows.delete("profiles", "source = ?", (source,))
        self.rows.insert("profiles", [(source, *profile_values(profile))])
        # no row comes or goes, so searches that follow the commits have to be told
        self.set("profiles_changed", str(self._last.sequence + 1))

    def set_groups(self, uri: str, groups: tuple[str, ...]) -> None:
        """Give a source other groups: its own row and what is derived of it; raises KeyError when there is none."""
        names = COLUMNS["sources"]
        found = self._connection.execute(f"SELECT {', '.join(names)} FROM sources WHERE uri = ?", (uri,)).fetchone()
        if found is None:
            raise KeyError(uri)
        columns = dict(zip(names, found, strict=True))
        with unreadable("source"):
            source = stored_source(columns["record"]).model_copy(update={"groups": groups})
            self._remove_derived(columns["source"], columns["record"])
        record = source.model_dump_json()
        self.rows.delete("sources", "source = ?", (columns["source"],))
        self.rows.insert_one("sources", {**columns, "record": record})
        add_derived(self._connection, columns["source"], source, record, used=columns["pages"] > 0)
        self._note_groups_changed()
        if groups:
            self.set(NAMED, "1")

    def _are_groups_named(self) -> bool:
        return hides_documents(self._connection)

    def _note_groups_changed(self) -> None:
        """Tell searches that follow the commits that other groups may see sources which stay."""
        self.set("groups_changed", str(self._last.sequence + 1))

    def note_look(self, uri: str, size: int, mtime_ns: int) -> None:
        """Change what a source's row says of its file; raises KeyError when there is none of this uri."""
        self._change_source(uri, size=size, mtime_ns=mtime_ns)

    def _remove_derived(self, source: int, record: str) -> None:
        groups = [(name, source) for name in plain_json(record)["groups"]]
        self._connection.executemany("DELETE FROM groups WHERE name = ? AND source = ?", groups)
        facts = [(name, value, source) for name, value in filter_fields_of(record)]
        self._connection.executemany("DELETE FROM facts WHERE name = ? AND value = ? AND source = ?", facts)

    def _remove_unused(self, vectors: Iterable[int]) -> None:
        unused = self._connection.execute(
            "SELECT digest, vector FROM vectors WHERE vector IN (SELECT value FROM json_each(?))"
            " AND vector NOT IN (SELECT vector FROM embeddings WHERE vector IN (SELECT value FROM json_each(?)))"
            " AND vector NOT IN (SELECT vector FROM chunks WHERE vector IN (SELECT value FROM json_each(?)))",
            (json.dumps(sorted(set(vectors))),) * 3,
        ).fetchall()
        self._delete("vectors", "vector", (vector for _, vector in unused))
        self._keys.remove(VECTORS, unused)

    def _delete(self, table: str, key: str, keys: Iterable[int]) -> None:
        self.rows.delete(table, f"{key} IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),))

    def forget_unused(self) -> None:
        """Forget what is kept of sources that are gone: embeddings, pages that were read, names."""
        unused = "vector NOT IN (SELECT vector FROM chunks WHERE vector IS NOT NULL)"
        self.rows.delete("embeddings", unused)
        self.rows.delete("vectors", unused)
        self._keys.forget_gone()
        self.rows.delete("readings", UNUSED)
        removed = f"SELECT uri FROM sources WHERE status = 'removed' AND uri NOT LIKE '{ERASED}%'"
        for (uri,) in self._connection.execute(removed).fetchall():
            self.remove(uri)
            self.add(erased_source(uri), (), (), None, SourceStatusRow("removed"))

    def set(self, name: str, value: str | None) -> None:
        """Change a setting; None deletes it."""
        self.rows.delete("settings", "name = ?", (name,))
        if value is not None:
            self.rows.insert("settings", [(name, value)])
