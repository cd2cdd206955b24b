"""Rows of one commit: those that a connection shows, or all of them for the caches."""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._commit_cache import CommitCache
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.packing import page_text, stored_source
from mistral_rag.index._database.rows import unreadable
from mistral_rag.index._dense import vector_rows
from mistral_rag.index._dense.settings import DEFAULT, DenseSettings
from mistral_rag.index._dense.vector_rows import Float16Array, Rows, VectorBatch
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.index._index_text import page_head
from mistral_rag.index._stored_rows import StoredRows, columns_of

ALL_ROWS: Final = "main."
"""The schema in which the tables are whole, whatever stands before them on a connection."""

UNDECIDED: Final = "undecided"
"""The setting that says that the embedding model is still to be chosen."""


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


class CommitRows:
    """One commit: its number, settings, rows, words and vectors.

    `schema` is `ALL_ROWS` for the caches, which hold all rows whoever reads; without it rows are those that the
    connection shows (see `_gate`).

    Attributes:
        folder: the folder of the index.
        commit_cache: what stays in memory from one view of a reader to the next.
        dense_settings: sizes at which vector search changes its way.
        sequence: the number of the commit; it grows by one with each.
        last_row: the highest row that was given by then.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        folder: Path,
        commit_cache: CommitCache | None = None,
        *,
        dense_settings: DenseSettings = DEFAULT,
        schema: str = "",
    ) -> None:
        self._connection = connection
        self._schema = schema
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
    def size_bytes(self) -> int:
        """Bytes of the database in this commit, without its caches."""
        pages, size = (self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(pages * size)

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
    def vectors_changed(self) -> int:
        """The number of the last commit that gave vectors to chunks which were there without; 0 for none."""
        with unreadable("setting"):
            return int(self.setting("vectors_changed") or 0)

    @property
    def undecided(self) -> bool:
        """True as long as the embedding model is still to be chosen: by the languages of what is there by then."""
        return self.setting(UNDECIDED) is not None

    @property
    def identity(self) -> Identity | None:
        """The models and versions that the index was built with; None as long as nothing was built."""
        value = self.setting("identity")
        return None if value is None else Identity.from_json(value)

    def setting(self, name: str) -> str | None:
        """A setting as it was stored."""
        query = f"SELECT {columns_of('settings', 't')} FROM settings t WHERE name = ?"
        return next((str(value) for _, value in self._stored.checked("settings", query, (name,))), None)

    def commit_digest(self, sequence: int) -> str:
        """The running digest of a commit, which no other index has; empty when there is no such commit."""
        found = self._connection.execute("SELECT running FROM commits WHERE sequence = ?", (sequence,)).fetchone()
        return found[0].hex() if found else ""

    def lexical_inputs(self, after_row: int = 0) -> Iterator[LexicalRow]:
        """The chunks behind a row as word search needs them, ascending by row."""
        query = (
            "SELECT c.row, s.source, s.record, p.label, c.page, c.text"
            f" FROM {self._schema}chunks c JOIN {self._schema}sources s USING (source)"
            f" LEFT JOIN {self._schema}profiles p USING (source) WHERE c.row > ? ORDER BY c.row"
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
        found = self._connection.execute(f"SELECT text FROM {self._schema}pages WHERE page = ?", (page,)).fetchone()
        if found is None:
            raise IndexDamagedError(f"{self.folder} holds chunks whose page is gone")
        return page_head(page_text(found[0]))

    def changes(self, since: int) -> Changes:
        """Rows that came and went since the commit `since` (0: the empty index); rows that went are numbers of any."""
        found = self._connection.execute("SELECT last_row FROM commits WHERE sequence = ?", (since,)).fetchone()
        last = found[0] if found else 0
        added = self._connection.execute(f"SELECT row FROM {self._schema}chunks WHERE row > ? ORDER BY row", (last,))
        removed = self._connection.execute(
            "SELECT row FROM removals WHERE sequence > ? AND row <= ? ORDER BY row", (since, last)
        )
        return Changes(*(np.array([row for (row,) in cursor], dtype=np.int64) for cursor in (added, removed)))

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
        return int(self._connection.execute(f"SELECT count(vector) FROM {self._schema}chunks").fetchone()[0])

    def rows_with_vectors(self) -> Rows:
        """The rows of chunks that have a vector, ascending."""
        query = f"SELECT row FROM {self._schema}chunks WHERE vector IS NOT NULL ORDER BY row"
        return np.array([row for (row,) in self._connection.execute(query)], dtype=np.int64)

    def vector_batch(self, rows: Iterable[int] | None) -> VectorBatch:
        """The vectors of these rows, or of all, in one piece and ascending by row; rows without one are left out."""
        return vector_rows.everything(self.vector_batches(rows), self.dimension)

    def vector_batches(self, rows: Iterable[int] | None = None) -> Iterator[VectorBatch]:
        """The vectors of these rows, or of all, piece by piece, in the order in which the database has them."""
        wanted = None if rows is None else json.dumps([int(row) for row in rows])
        return vector_rows.batches(self._connection, self.folder, self.dimension, wanted, schema=self._schema)
