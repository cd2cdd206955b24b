"""One commit of an index, read in one short transaction."""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._commit_cache import CommitCache
from mistral_rag.index._database import key_index
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.packing import page_text, stored_source
from mistral_rag.index._database.profiles import Profile, stored_profile
from mistral_rag.index._database.rows import plain_json, row_digest, unreadable
from mistral_rag.index._dense import vector_rows
from mistral_rag.index._dense.settings import DEFAULT, DenseSettings
from mistral_rag.index._dense.vector_rows import Float16Array, Rows, VectorBatch
from mistral_rag.index._filters.filters import AllowedRows
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.index._index_text import page_head
from mistral_rag.index._status import HIDDEN
from mistral_rag.index._stored_rows import StoredChunk, StoredRows, by_key, columns_of
from mistral_rag.schema import Chunk, Page, Source

if TYPE_CHECKING:
    from mistral_rag.index._dense.search import DenseIndex
    from mistral_rag.index._lexical.lexical_index import LexicalIndex


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """A chunk as word search needs it.

    `label` is a name of its document beside the title, `page_head` the beginning of its page.
    """

    row: int
    uri: str
    title: str
    language: str
    label: str
    page_head: str
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows that came and went since a commit; a row that came and went in between is in neither."""

    added: Rows
    removed: Rows


class View:
    """One commit, as long as the `with` block of `IndexReader.view` lasts. No await belongs inside.

    Attributes:
        folder: the folder of the index.
        commit_cache: what stays in memory from one view of a reader to the next.
        dense_settings: sizes at which vector search changes its way.
        sequence: the number of the commit; it grows by one with each.
        generation: the number of the caches' generation; compaction makes a new one.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        folder: Path,
        allowed: AllowedRows | None = None,
        commit_cache: CommitCache | None = None,
        *,
        dense_settings: DenseSettings = DEFAULT,
    ) -> None:
        self._connection = connection
        self._allowed = allowed or AllowedRows()
        self.folder = folder
        self.commit_cache = commit_cache or CommitCache(partial(vector_rows.fetched, connection, folder))
        self.dense_settings = dense_settings
        found = connection.execute("SELECT max(sequence), last_row FROM commits").fetchone()
        self.sequence: int = found[0]
        self.last_row: int = found[1]
        self._stored = StoredRows(connection, folder)

    @property
    def generation(self) -> int:
        """The generation of the caches that belong to this commit."""
        with unreadable("setting"):
            return int(self.setting("generation") or 1)

    @property
    def profiles_changed(self) -> int:
        """The number of the last commit that changed the profile of a document which stayed; 0 for none."""
        with unreadable("setting"):
            return int(self.setting("profiles_changed") or 0)

    @property
    def groups_changed(self) -> int:
        """The number of the last commit that changed which groups see a document which stayed; 0 for none."""
        with unreadable("setting"):
            return int(self.setting("groups_changed") or 0)

    @property
    def identity(self) -> Identity | None:
        """The models and versions that the index was built with; None as long as nothing was built."""
        value = self.setting("identity")
        return None if value is None else Identity.from_json(value)

    def setting(self, name: str) -> str | None:
        """A setting as it was stored."""
        query = f"SELECT {columns_of('settings', 't')} FROM settings t WHERE name = ?"
        return next((str(value) for _, value in self._stored.checked("settings", query, (name,))), None)

    def extra(self, name: str) -> Any:
        """The value that `IndexWriter.set_extra` keeps under this name; None when there is none."""
        value = self.setting(f"extra:{name}")
        with unreadable("setting"):
            return None if value is None else plain_json(value)

    def chunks(self, rows: Iterable[int], *, layouts: bool = False) -> list[StoredChunk]:
        """The chunks of these rows, in the order given; rows that are gone are left out.

        `layouts` also reads words, blocks and units of their pages, for `StoredChunk.whole_page`.
        """
        return self._stored.chunks(rows, layouts=layouts)

    def rows_of(self, ids: Iterable[str]) -> dict[str, int]:
        """The rows of chunks by their ids; unknown ids are left out."""
        return key_index.find_rows(self._connection, key_index.CHUNKS, ids)

    def source(self, uri: str) -> Source:
        """The source with this uri. Raises KeyError when the index does not hold it."""
        found = self._connection.execute("SELECT source FROM sources WHERE uri = ?", (uri,)).fetchone()
        if found is None:
            raise KeyError(uri)
        return self._stored.source(found[0])

    def sources(self) -> Iterator[Source]:
        """All sources that were read, in the order in which they came."""
        query = f"SELECT {columns_of('sources', 't')} FROM sources t WHERE status = 'ok' ORDER BY source"
        for values in self._stored.checked("sources", query):
            yield stored_source(values[-1])

    def page(self, uri: str, number: int) -> Page:
        """The page at position `number` (from 1) of a source, with words, blocks and units.

        Raises KeyError when the index does not hold it.
        """
        for page in self._stored.full_pages("s.uri = ? AND p.number = ?", (uri, number)):
            return page
        raise KeyError((uri, number))

    def pages(self, uri: str) -> Iterator[Page]:
        """All pages of a source in order, with words, blocks and units."""
        return self._stored.full_pages("s.uri = ? ORDER BY p.number", (uri,))

    def count(self) -> int:
        """The number of chunks."""
        return int(self._connection.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def page_texts(self, uri: str) -> Iterator[str]:
        """The texts of a source's pages, in order."""
        query = f"SELECT {columns_of('pages', 'p')} FROM pages p JOIN sources s USING (source) WHERE s.uri = ?"
        for values in self._stored.checked("pages", f"{query} ORDER BY p.number", (uri,)):
            yield page_text(values[-1])

    def row_sources(self, rows: Iterable[int] | None = None) -> np.ndarray:
        """Rows with the numbers of their source and of their page in it: all, or these.

        The result is int64, n x 3, ascending by row; pages count from 1.
        """
        query, parameters = "SELECT row, source, number FROM chunks", tuple[str, ...]()
        if rows is not None:
            query += " WHERE row IN (SELECT value FROM json_each(?))"
            parameters = (json.dumps([int(row) for row in rows]),)
        found = self._connection.execute(f"{query} ORDER BY row", parameters).fetchall()
        with unreadable("chunk"):
            return np.array(found, dtype=np.int64).reshape(-1, 3)

    def numbered_sources(self, numbers: Iterable[int]) -> dict[int, Source]:
        """Sources by their numbers. Raises IndexDamagedError when one is gone."""
        return self._stored.sources(numbers)

    def profile(self, uri: str) -> Profile | None:
        """The profile that signals learned of the source with this uri; None where nothing was learned."""
        found = self._connection.execute("SELECT source FROM sources WHERE uri = ?", (uri,)).fetchone()
        return self.profiles(found).get(found[0]) if found else None

    def profiles_by_uri(self) -> Iterator[tuple[str, Profile | None]]:
        """Uri and profile of every source that was read, in the order in which they came; None where there is none."""
        query = (
            f"SELECT s.uri, {columns_of('profiles', 'p')} FROM sources s LEFT JOIN profiles p USING (source)"
            " WHERE s.status = 'ok' ORDER BY s.source"
        )
        for uri, *row in self._connection.execute(query):
            if row[0] is None:
                yield uri, None
                continue
            *values, digest = row
            if row_digest("profiles", values) != digest:
                raise IndexDamagedError(
                    f"{self.folder}: a row of profiles is not what was written. {verify_command(self.folder)}"
                )
            yield uri, stored_profile(values[1:])

    def profiles(self, numbers: Iterable[int]) -> dict[int, Profile]:
        """Profiles by the numbers of their sources; sources of which nothing was learned are left out."""
        wanted = json.dumps([int(number) for number in numbers])
        rows = self._stored.checked("profiles", by_key("profiles", "source"), (wanted,))
        return {int(number): stored_profile(values) for number, *values in rows}

    def commit_digest(self, sequence: int) -> str:
        """The running digest of a commit, which no other index has; empty when there is no such commit."""
        found = self._connection.execute("SELECT running FROM commits WHERE sequence = ?", (sequence,)).fetchone()
        return found[0].hex() if found else ""

    def content_of(self, uri: str) -> tuple[list[Chunk], list[bytes] | None]:
        """The chunks of a source in order, and their vectors as 16-bit floats; None where there are none."""
        query = (
            "SELECT c.row, v.data FROM sources s JOIN chunks c USING (source) LEFT JOIN vectors v USING (vector)"
            " WHERE s.uri = ? ORDER BY c.row"
        )
        found = self._connection.execute(query, (uri,)).fetchall()
        vectors = [data for _, data in found if data is not None]
        vector_rows.matrix_of(vectors, self.dimension, self.folder)
        return [stored.chunk for stored in self.chunks(row for row, _ in found)], vectors or None

    def cached_embeddings(self, model: str, keys: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """The kept embeddings among these keys (digests of texts), as float32 rows."""
        found = key_index.find_rows(self._connection, key_index.EMBEDDINGS, [(model, key) for key in keys])
        query = (
            "SELECT e.key, v.data FROM json_each(?) j CROSS JOIN embeddings e ON e.embedding = j.value"
            " CROSS JOIN vectors v ON v.vector = e.vector"
        )
        rows = self._connection.execute(query, (json.dumps(list(found.values())),))
        with unreadable("vector"):
            return {key: np.frombuffer(data, dtype="<f2").astype(np.float32) for key, data in rows}

    @property
    def dimension(self) -> int:
        """The dimension of the vectors; 0 on an index for word search only."""
        return self.identity.dimension if self.identity else 0

    def vectors(self) -> tuple[Rows, Float16Array]:
        """The rows of all chunks that have a vector, ascending, and their vectors."""
        found = self.vector_batch(None)
        return found.rows, found.vectors

    def vectors_of(self, rows: Iterable[int]) -> tuple[Rows, Float16Array]:
        """The vectors of some rows, ascending by row; rows without one are left out."""
        found = self.vector_batch(rows)
        return found.rows, found.vectors

    def vector_count(self) -> int:
        """The number of chunks that have a vector."""
        return int(self._connection.execute("SELECT count(vector) FROM chunks").fetchone()[0])

    def rows_with_vectors(self) -> Rows:
        """The rows of chunks that have a vector, ascending."""
        found = self._connection.execute("SELECT row FROM chunks WHERE vector IS NOT NULL ORDER BY row").fetchall()
        return np.array([row for (row,) in found], dtype=np.int64)

    def vector_batch(self, rows: Iterable[int] | None) -> VectorBatch:
        """The vectors of these rows, or of all, in one piece and ascending by row; rows without one are left out."""
        return vector_rows.everything(self.vector_batches(rows), self.dimension)

    def vector_batches(self, rows: Iterable[int] | None = None) -> Iterator[VectorBatch]:
        """The vectors of these rows, or of all, piece by piece, in the order in which the database has them."""
        wanted = None if rows is None else json.dumps([int(row) for row in rows])
        return vector_rows.batches(self._connection, self.folder, self.dimension, wanted)

    def lexical(self) -> "LexicalIndex":
        """The words of this commit, or of a newer one, ready for search; the caller may modify the result."""
        from mistral_rag.index._lexical.cache import cached

        return cached(self)

    def dense(self) -> "DenseIndex":
        """The vectors of this commit, or of a newer one, ready for search."""
        from mistral_rag.index._dense.cache import cached

        return cached(self)

    def lexical_inputs(self, after_row: int = 0) -> Iterator[LexicalRow]:
        """The chunks behind a row as word search needs them, ascending by row."""
        query = (
            "SELECT c.row, s.source, s.record, p.label, c.page, c.text FROM chunks c JOIN sources s USING (source)"
            " LEFT JOIN profiles p USING (source) WHERE c.row > ? ORDER BY c.row"
        )
        source, known, page, head = 0, None, 0, ""
        for row, of_source, record, label, of_page, text in self._connection.execute(query, (after_row,)):
            if known is None or of_source != source:
                source, known = of_source, stored_source(record)
            if of_page != page:
                page, head = of_page, self._page_head(of_page)
            if not isinstance(text, str):
                raise IndexDamagedError(f"{self.folder} holds a chunk without text. {verify_command(self.folder)}")
            yield LexicalRow(row, known.uri, known.title, known.language, str(label or ""), head, text)

    def _page_head(self, page: int) -> str:
        found = self._connection.execute("SELECT text FROM pages WHERE page = ?", (page,)).fetchone()
        if found is None:
            raise IndexDamagedError(f"{self.folder} holds chunks whose page is gone")
        return page_head(page_text(found[0]))

    def changes(self, since: int) -> Changes:
        """Rows that came and went since the commit `since` (0: the empty index)."""
        found = self._connection.execute("SELECT last_row FROM commits WHERE sequence = ?", (since,)).fetchone()
        last = found[0] if found else 0
        added = self._connection.execute("SELECT row FROM chunks WHERE row > ? ORDER BY row", (last,))
        removed = self._connection.execute(
            "SELECT row FROM removals WHERE sequence > ? AND row <= ? ORDER BY row", (since, last)
        )
        return Changes(*(np.array([row for (row,) in cursor], dtype=np.int64) for cursor in (added, removed)))

    def hidden(self) -> int:
        """The number of hidden documents: they name no group, and others do."""
        return int(self._connection.execute(HIDDEN).fetchone()[0])

    def allowed(self, filter: Mapping[str, Any] | None, groups: Collection[str] | None = None) -> Rows | None:
        """Rows of the chunks that pass a filter and may be read by one of `groups`, ascending; None means all.

        Once any source names groups, a source is seen by those in one of its own, and one that names none is hidden.
        """
        return self._allowed.find(self._connection, self.sequence, filter, groups, self._followed)

    def _followed(self, since: int) -> Changes | None:
        """Rows that came and went since a commit; None where others may be seen now, or no more."""
        return None if self.groups_changed > since else self.changes(since)
