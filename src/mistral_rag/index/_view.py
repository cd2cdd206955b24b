"""One commit of an index, read in one short transaction."""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._commit_cache import CommitCache
from mistral_rag.index._commit_rows import ALL_ROWS, Changes, CommitRows
from mistral_rag.index._database import key_index
from mistral_rag.index._database.packing import page_text, stored_source
from mistral_rag.index._database.profiles import Profile, stored_profile
from mistral_rag.index._database.rows import plain_json, row_digest, unreadable
from mistral_rag.index._dense import vector_rows
from mistral_rag.index._dense.settings import DEFAULT, DenseSettings
from mistral_rag.index._dense.vector_rows import Rows
from mistral_rag.index._filters.filters import AllowedRows, readable_fields
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.index._gate import hides_documents, own_keys
from mistral_rag.index._page_summaries import PageSummary, page_summaries
from mistral_rag.index._source_status import MAX_PAGES, SourceStatus
from mistral_rag.index._status import HIDDEN
from mistral_rag.index._stored_rows import StoredChunk, by_key, columns_of
from mistral_rag.schema import Chunk, Page, Source

if TYPE_CHECKING:
    from mistral_rag.index._dense.search import DenseIndex
    from mistral_rag.index._lexical.lexical_index import LexicalIndex


class View(CommitRows):
    """One commit, as long as the `with` block of `view()` lasts. No await belongs inside.

    It shows the documents that the reader's groups may read, and nothing of any other one; a reader or writer without
    restriction shows all.

    Attributes:
        folder: the folder of the index.
        commit_cache: what stays in memory from one view of a reader to the next.
        dense_settings: sizes at which vector search changes its way.
        sequence: the number of the commit; it grows by one with each.
        restricted: True when groups may hide documents from this view.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        folder: Path,
        allowed: AllowedRows | None = None,
        commit_cache: CommitCache | None = None,
        *,
        dense_settings: DenseSettings = DEFAULT,
        groups: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(connection, folder, commit_cache, dense_settings=dense_settings)
        self._allowed = allowed or AllowedRows()
        self._groups = groups
        self.restricted = groups is not None and hides_documents(connection)

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

    def chunks_by_id(self, ids: Iterable[str], *, layouts: bool = False) -> dict[str, StoredChunk]:
        """The chunks with these ids, by id; unknown ids are left out. `layouts` as for `chunks`."""
        return {found.chunk.id: found for found in self.chunks(self.rows_of(ids).values(), layouts=layouts)}

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

    def statuses(self) -> Iterator[SourceStatus]:
        """All sources with how reading them went, also those that failed or were removed, by uri."""
        return map(SourceStatus.of, self._connection.execute(f"{SourceStatus.QUERY} ORDER BY uri"))

    def page_summaries(self, uris: Collection[str]) -> dict[str, list[PageSummary]]:
        """The pages of these sources in order, without their texts, by uri; unknown ones are left out."""
        return page_summaries(self._connection, uris)

    def page(self, uri: str, number: int) -> Page:
        """The page at position `number` (from 1) of a source, with words, blocks and units.

        Raises KeyError when the index does not hold it.
        """
        # a foreign citation may name a page whose number is beyond what SQLite takes
        for page in self._stored.full_pages("s.uri = ? AND p.number = ?", (uri, min(number, MAX_PAGES + 1))):
            return page
        raise KeyError((uri, number))

    def pages(self, uri: str) -> Iterator[Page]:
        """All pages of a source in order, with words, blocks and units."""
        return self._stored.full_pages("s.uri = ? ORDER BY p.number", (uri,))

    def count(self) -> int:
        """The number of chunks."""
        return int(self._connection.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def pending(self, after: int = 0, limit: int = -1) -> list[int]:
        """Rows of chunks whose vectors are still to come, ascending, behind a row; none on an index for words alone."""
        if not self.dimension:
            return []
        query = "SELECT row FROM chunks WHERE vector IS NULL AND row > ? ORDER BY row LIMIT ?"
        return [row for (row,) in self._connection.execute(query, (after, limit))]

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

    def content_of(self, uri: str) -> tuple[list[Chunk], list[bytes] | None]:
        """The chunks of a source in order, and their vectors as 16-bit floats; None where there are none.

        A chunk whose vector is still to come has an empty one.
        """
        query = (
            "SELECT c.row, v.data FROM sources s JOIN chunks c USING (source) LEFT JOIN vectors v USING (vector)"
            " WHERE s.uri = ? ORDER BY c.row"
        )
        found = self._connection.execute(query, (uri,)).fetchall()
        vectors = [data for _, data in found if data is not None]
        vector_rows.matrix_of(vectors, self.dimension, self.folder)
        chunks = [stored.chunk for stored in self.chunks(row for row, _ in found)]
        return chunks, [data or b"" for _, data in found] if vectors else None

    def cached_embeddings(self, model: str, keys: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        """The kept embeddings among these keys (digests of texts), as float32 rows: those of the reader's groups."""
        if self._groups is not None and (self._groups or self.restricted):
            known = list(keys)
            own = dict(zip(own_keys(known, self._groups), known, strict=True))
            return {own[key]: vector for key, vector in self._kept_embeddings(model, own).items()}
        return self._kept_embeddings(model, keys)

    def _kept_embeddings(self, model: str, keys: Iterable[bytes]) -> dict[bytes, np.ndarray]:
        found = key_index.find_rows(self._connection, key_index.EMBEDDINGS, [(model, key) for key in keys])
        query = (
            "SELECT e.key, v.data FROM json_each(?) j CROSS JOIN embeddings e ON e.embedding = j.value"
            " CROSS JOIN vectors v ON v.vector = e.vector"
        )
        rows = self._connection.execute(query, (json.dumps(list(found.values())),))
        with unreadable("vector"):
            return {key: np.frombuffer(data, dtype="<f2").astype(np.float32) for key, data in rows}

    def lexical(self, rows: Rows | None = None) -> "LexicalIndex":
        """The words of this commit, or of a newer one, ready for search; the caller may modify the result.

        `rows` are those that `allowed` gave; by default all that may be read. Its searches tell of no other row, but
        what it is made of holds them all: it is for this package and not to be handed on.
        """
        from mistral_rag.index._lexical.cache import cached

        index = cached(self._every_row())
        if (kept := self._readable(rows)) is not None:
            index.keep(kept)
        return index

    def dense(self, rows: Rows | None = None) -> "DenseIndex":
        """The vectors of this commit, or of a newer one, ready for search; `rows` as for `lexical`."""
        from mistral_rag.index._dense.cache import cached

        index = cached(self._every_row())
        return index if (kept := self._readable(rows)) is None else index.only(kept)

    def nearest(self, vector: np.ndarray, k: int, filter: Mapping[str, Any] | None = None) -> "tuple[Rows, np.ndarray]":
        """The `k` nearest rows to a vector that pass a filter and may be read, best first, and their scores."""
        from mistral_rag.index._dense.cache import cached

        allowed = self.allowed(filter)
        index = cached(self._every_row())
        if not len(index) or k < 1:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        return index.search(vector, k, rows=allowed)

    @property
    def names_groups(self) -> bool:
        """True when documents name groups, so that not every reader sees all."""
        return hides_documents(self._connection)

    def _every_row(self) -> CommitRows:
        """All rows of the commit, for the caches: what no group may read is among them."""
        return CommitRows(
            self._connection, self.folder, self.commit_cache, dense_settings=self.dense_settings, schema=ALL_ROWS
        )

    def _readable(self, rows: Rows | None) -> Rows | None:
        """These rows as far as they may be read; None means all."""
        readable = self.allowed(None)
        if readable is None or rows is None:
            return readable if rows is None else rows
        return rows if rows is readable else np.intersect1d(rows, readable)

    def hidden(self) -> int:
        """The number of documents that nobody finds: they name no group, and others do."""
        return int(self._connection.execute(HIDDEN).fetchone()[0])

    def fields(self) -> set[str]:
        """Names of the metadata fields that filters may use, of the documents that may be read."""
        return readable_fields(self._connection)

    def allowed(self, filter: Mapping[str, Any] | None) -> Rows | None:
        """Rows of the chunks that pass a filter and may be read, ascending; None means all."""
        return self._allowed.find(
            self._connection, self.sequence, filter, self._changes_since, restricted=self.restricted
        )

    def _changes_since(self, since: int) -> Changes | None:
        """Rows that came and went since a commit; None where others may be seen now, or no more."""
        return None if self.groups_changed > since else self.changes(since)
