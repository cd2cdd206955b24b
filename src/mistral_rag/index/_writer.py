"""Writing an index: one writer, all-or-nothing commits, what was acknowledged survives."""

import json
import os
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from mistral_rag.errors import IndexWriteError, StoreError
from mistral_rag.index._commit_rows import UNDECIDED
from mistral_rag.index._database.connection import sqlite_errors
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.mutations import Mutations
from mistral_rag.index._database.profiles import Profile
from mistral_rag.index._database.rows import RowWriter
from mistral_rag.index._database.transaction import Transaction
from mistral_rag.index._database.wal import rewrite
from mistral_rag.index._dense.settings import DEFAULT, DenseSettings
from mistral_rag.index._dense.vector_rows import packed_vectors
from mistral_rag.index._folder.layout import find_folder, make_folder, remove_caches, remove_quarantine
from mistral_rag.index._folder.ledger import forget_documents
from mistral_rag.index._gate import NAMED, hides_documents, own_keys
from mistral_rag.index._ocr_cache import cached_pages_of, keep_page
from mistral_rag.index._source_status import SourceStatus, SourceStatusRow
from mistral_rag.index._status import size_of
from mistral_rag.index._view import View
from mistral_rag.schema import Chunk, Page, Source


class IndexWriter:
    """The one writer of an index. Make one with `IndexWriter.open`; a `with` block closes it.

    Changes gather in one transaction that `commit` makes true as a whole; what was not committed is dropped.
    After a write was refused by the disk the writer takes no more: open it again to go on from the last commit.
    It belongs to the thread and process that opened it.
    """

    def __init__(self, folder: Path, transaction: Transaction, *, dense: DenseSettings = DEFAULT) -> None:
        self.folder = folder
        self.dense_settings = dense
        self._transaction = transaction
        self._known: tuple[RowWriter | None, int] | None = None

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        identity: Identity | None = None,
        create: bool = True,
        wait: float = 0.0,
        dense: DenseSettings = DEFAULT,
    ) -> Self:
        """Open the index folder at `path` for writing, and make it when it is missing or empty.

        Args:
            path: the folder.
            identity: models and versions of what is going to be written; must be the index's own when it has one.
            create: False raises IndexNotFoundError where there is no index yet.
            wait: seconds to wait for another writer to finish.
            dense: sizes for search by vectors, which say when a file of sign bits is written.

        Raises:
            NotAnIndexError: the folder holds something else.
            IndexLockedError: another writer is at work.
            IndexMismatchError: the index was built with something else.
            IndexWriteError: the place can't be written to; its `begun` is False.
            IndexDamagedError: it does not hold its last commit.
        """
        folder = Path(path).absolute()
        try:
            if create:
                make_folder(folder)
            else:
                find_folder(folder)
            writer = cls(folder, Transaction.open(folder, create=create, wait=wait), dense=dense)
        except IndexWriteError as error:
            error.begun = False
            raise
        if identity is not None:
            try:
                writer.set_identity(identity)
            except BaseException:
                writer.close()
                raise
        return writer

    @property
    def sequence(self) -> int:
        """The number of the last commit."""
        return self._transaction.last.sequence

    @property
    def identity(self) -> Identity | None:
        """The models and versions that the index is built with; None as long as they are not set."""
        with sqlite_errors(self.folder, writing=False):
            return self._view().identity

    @property
    def size_bytes(self) -> int:
        """Bytes of all files in the folder, also when the writer is closed."""
        return size_of(self.folder)

    @property
    def undecided(self) -> bool:
        """True as long as the embedding model is still to be chosen, see `set_identity`."""
        with sqlite_errors(self.folder, writing=False):
            return self._view().undecided

    def set_identity(self, identity: Identity, *, undecided: bool = False) -> None:
        """Set the models and versions that the index is built with: once, or while it holds no chunk.

        `undecided`: the embedding model is still to be chosen, so one may be set while there are chunks; they have no
        vectors yet.

        Raises IndexMismatchError when it holds chunks of another identity.
        """
        known, open_still = self.identity, self.undecided
        if known == identity and undecided == open_still:
            return
        with sqlite_errors(self.folder, writing=False):
            held = self._usable().execute("SELECT 1 FROM chunks LIMIT 1").fetchone()
        if held:
            before = known or Identity("", 0)
            if open_still:
                chosen = {name: getattr(identity, name) for name in ("embedding", "dimension", "metric", "normalised")}
                before = replace(before, **chosen)
            before.require(identity, self.folder)
        with self._changing() as mutations:
            mutations.set("identity", identity.to_json())
            mutations.set(UNDECIDED, "1" if undecided else None)
        self._known = None

    def sources(self) -> dict[str, SourceStatus]:
        """All sources by uri, also those that failed and those that were taken out for good."""
        with sqlite_errors(self.folder, writing=False):
            rows = self._usable().execute(f"{SourceStatus.QUERY} ORDER BY source").fetchall()
        states = (SourceStatus.of(row) for row in rows)
        return {state.source.uri: state for state in states}

    def _state(self, uri: str) -> SourceStatus | None:
        with sqlite_errors(self.folder, writing=False):
            row = self._usable().execute(f"{SourceStatus.QUERY} WHERE uri = ?", (uri,)).fetchone()
        return None if row is None else SourceStatus.of(row)

    def put(
        self,
        source: Source,
        pages: Sequence[Page],
        chunks: Sequence[Chunk],
        vectors: np.ndarray | None = None,
        *,
        root: str = "",
        size: int = 0,
        mtime_ns: int = 0,
        problems: Sequence[tuple[int | None, str]] = (),
        profile: Profile | None = None,
        pending: bool = False,
    ) -> None:
        """Add a source, in place of what its uri had.

        Args:
            source: the source.
            pages: its pages, in order; a chunk's `page` counts them from 1.
            chunks: its chunks.
            vectors: one row a chunk, in order; kept as 16-bit floats. None on an index for word search only.
            root: the uri of the folder it was found under.
            size: of the file in bytes.
            mtime_ns: when the file was changed.
            problems: page number (None: the whole source) and reason of what could not be read.
            profile: what signals learned of it.
            pending: its vectors come later, by `add_vectors`; until then it is found by its words.

        Raises:
            ValueError: chunks, pages and vectors don't fit each other or the index.
        """
        packed = None if pending else packed_vectors(vectors, len(chunks), self._dimension())
        with self._changing() as mutations:
            mutations.remove(source.uri)
            found = SourceStatusRow("ok", root, size, mtime_ns, problems=tuple(problems))
            mutations.add(source, pages, chunks, packed, found, profile)

    def add_vectors(self, rows: Sequence[int], matrix: np.ndarray) -> None:
        """Give chunks the vectors that they lack, one line of the matrix a row (see `View.pending`).

        Rows that are gone meanwhile, or have a vector, are left as they are.

        Raises:
            ValueError: the matrix does not fit the rows or the index.
        """
        packed = packed_vectors(matrix, len(rows), self._dimension())
        with self._changing() as mutations:
            mutations.add_vectors(rows, packed or [])

    def leave_out_pages(self, uri: str, label: str) -> None:
        """Search the pages of a source that have this label no more; they can still be looked at.

        Raises:
            KeyError: the index holds no such source.
        """
        with self._changing() as mutations:
            mutations.remove_chunks_of_pages(uri, label)

    def set_profile(self, uri: str, profile: Profile) -> None:
        """Change what signals learned of a source. Raises KeyError when the index does not hold it."""
        with self._changing() as mutations:
            mutations.set_profile(uri, profile)

    def set_groups(self, uri: str, groups: Sequence[str]) -> None:
        """Give a source and its members other groups; pages, chunks and vectors are not touched.

        Raises:
            KeyError: the index holds no such source.
        """
        with self._changing() as mutations:
            for each in (uri, *mutations.members_of(uri)):
                mutations.set_groups(each, tuple(groups))

    def note_look(self, uri: str, *, size: int, mtime_ns: int) -> None:
        """Note size and time stamp of a file whose content was found to be what the index holds.

        Raises:
            KeyError: the index holds no such source.
        """
        with self._changing() as mutations:
            mutations.note_look(uri, size, mtime_ns)

    def fail(self, source: Source, reason: str, *, root: str = "", size: int = 0, mtime_ns: int = 0) -> None:
        """Note that a source can't be read, in place of what its uri and its members had."""
        with self._changing() as mutations:
            for each in (source.uri, *mutations.members_of(source.uri)):
                mutations.remove(each)
            mutations.add(source, (), (), None, SourceStatusRow("failed", root, size, mtime_ns, reason))

    def remove(self, uri: str, *, remember: bool = False) -> None:
        """Take a source and its members out; an unknown uri is no error.

        `remember` keeps its name with status "removed".
        """
        state = self._state(uri) if remember else None
        with self._changing() as mutations:
            for each in (uri, *mutations.members_of(uri)):
                mutations.remove(each)
            if state is not None:
                gone = SourceStatusRow("removed", state.root, state.size, state.mtime_ns)
                mutations.add(state.source, (), (), None, gone)

    def leave_out(self, source: Source) -> None:
        """Remember a source as taken out, in place of what its uri and its members had."""
        with self._changing() as mutations:
            for each in (source.uri, *mutations.members_of(source.uri)):
                mutations.remove(each)
            mutations.add(source, (), (), None, SourceStatusRow("removed"))

    def remove_documents(self, ids: Sequence[str]) -> None:
        """Take out the Documents with these ids; unknown ones are no error.

        Raises:
            ValueError: one is a chunk of a file, which can only be removed whole.
        """
        with self.view() as view:
            stored = view.chunks(view.rows_of(ids).values())
        for chunk in stored:
            if not chunk.is_bare:
                raise ValueError(f"{chunk.chunk.id} is a chunk of {chunk.source.name}, which can only be removed whole")
        for chunk in stored:
            self.remove(chunk.source.uri)

    def clear(self) -> None:
        """Take out every source and forget the identity; kept embeddings stay, and so do names of removed ones."""
        for uri, state in self.sources().items():
            if state.status != "removed":
                self.remove(uri)
        with self._changing() as mutations:
            mutations.rows.delete("settings", f"name IN ('identity', '{UNDECIDED}', '{NAMED}') OR name LIKE 'extra:%'")
        self._known = None

    def set_extra(self, name: str, value: Any) -> None:
        """Keep a small JSON value under a name; None deletes it."""
        with self._changing() as mutations:
            mutations.set(f"extra:{name}", None if value is None else json.dumps(value, ensure_ascii=False))

    def cached_embeddings(self, model: str, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
        """The kept embeddings among these keys, as float32 rows."""
        with sqlite_errors(self.folder, writing=False):
            return self._view().cached_embeddings(model, keys)

    def keep_embeddings(
        self, model: str, keys: Sequence[bytes], matrix: np.ndarray, *, groups: Collection[str] | None = None
    ) -> None:
        """Keep embeddings, one row a key, by model and content; they outlive the texts they were made for.

        `groups` are those that find them again; None: builds, and readers of an index where no document names groups.
        """
        if groups is not None and (groups or hides_documents(self._usable())):
            keys = own_keys(keys, groups)
        packed = packed_vectors(matrix, len(keys), None)
        with self._changing() as mutations:
            mutations.keep(model, keys, packed or [])

    def cached_pages(self, reader: str, keys: Sequence[bytes]) -> dict[bytes, Page]:
        """The pages among these keys that this OCR reader has read before; locators are those of their first file."""
        with sqlite_errors(self.folder, writing=False):
            return cached_pages_of(self._usable(), reader, keys, folder=self.folder)

    def keep_page(self, reader: str, key: bytes, page: Page, *, file: str) -> None:
        """Keep a page that OCR has read, by reader and content, until `file` (its digest) is purged."""
        with self._changing() as mutations:
            keep_page(mutations.rows, reader, key, file, page)

    def commit(self) -> int:
        """Commit all changes since the last commit, and give the number of the new one.

        When it returns they survive whatever happens to the process. When it raises, the index stands at this
        commit or at the one before.
        """
        self._transaction.commit()
        return self.sequence

    def refresh_caches(self) -> None:
        """Bring the caches beside the database up to the last commit; a search would do it otherwise."""
        from mistral_rag.index import _caches as caches

        if self._transaction.rows is not None:
            raise StoreError("caches follow commits: commit first")
        with self._writing():
            if self.identity is not None:
                caches.refresh(self._view())

    def purge(self) -> int:
        """Commit, and erase every trace of what was removed: kept embeddings and OCR, free pages, log, caches, facts.

        What `repair` set aside goes, too, and the ledger names removed documents and questions no more. Of the names of
        removed sources a digest stays, so that builds go on leaving them out. What is still in the index is not
        touched, but embeddings that no chunk uses have to be bought again.

        Raises:
            IndexLockedError: a reader is at work and keeps the old pages; all is removed, but not yet erased.
        """
        with self._changing() as mutations:
            mutations.forget_unused()
        sequence = self.compact()
        with sqlite_errors(self.folder, writing=True):
            remove_quarantine(self.folder)
            live = {state.source.name for state in self.sources().values() if state.status != "removed"}
            forget_documents(self.folder, live)
        return sequence

    def compact(self) -> int:
        """Commit, write a new generation of the caches, and rewrite the database without gaps.

        The new caches are true before the commit that names them, and the old ones go after it: whatever comes in
        between, what is named is whole, and what is not is removed by the next one.
        """
        from mistral_rag.index import _caches as caches

        self.commit()
        with self._writing():
            view = self._view()
            generation = view.generation + 1
            if view.identity is not None:
                caches.write(view, generation)
        with self._changing() as mutations:
            mutations.set("generation", str(generation))
        sequence = self.commit()
        with sqlite_errors(self.folder, writing=True):
            remove_caches(self.folder, but=generation)
            rewrite(self._transaction.connection, self.folder)
        return sequence

    def rollback(self) -> None:
        """Drop all changes since the last commit."""
        self._transaction.rollback()

    def close(self) -> None:
        """Drop what was not committed, put the log away and free the lock; a second call does nothing."""
        self._transaction.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def view(self) -> Iterator[View]:
        """The index as it will be after the next commit."""
        with sqlite_errors(self.folder, writing=False):
            yield self._view()

    def _view(self) -> View:
        self._transaction.write_keys()
        return View(self._transaction.connection, self.folder, dense_settings=self.dense_settings)

    def _usable(self) -> sqlite3.Connection:
        return self._transaction.connection

    def _writing(self) -> AbstractContextManager[None]:
        return self._transaction.writing()

    def _changing(self) -> AbstractContextManager[Mutations]:
        return self._transaction.changing()

    def _dimension(self) -> int:
        """The dimension of the index's vectors; read once in each transaction."""
        if self._transaction.rows is None or self._known is None or self._known[0] is not self._transaction.rows:
            identity = self.identity
            self._known = (self._transaction.rows, identity.dimension if identity else 0)
        return self._known[1]
