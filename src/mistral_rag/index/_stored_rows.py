"""Chunks, pages and sources as one commit holds them: each row is held against its digest."""
# ruff: noqa: S608 (statements are put together from constants of this package; values are parameters)

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mistral_rag._counting import counted
from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.packing import PackedPage, full_page, stored_chunk, stored_source
from mistral_rag.index._database.rows import row_digest, unreadable
from mistral_rag.index._filters.filter_fields import is_bare
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.schema import Chunk, Page, Source

if TYPE_CHECKING:
    from langchain_core.documents import Document


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with where it came from."""

    row: int
    chunk: Chunk
    source: Source
    packed_page: PackedPage

    @property
    def page(self) -> Page:
        """The page it stands on, with its text and locator but no words, blocks or units."""
        return self.packed_page.page

    @property
    def whole_page(self) -> Page:
        """The page with words, blocks and units, where the chunk was read with `layouts`."""
        return self.packed_page.whole

    @property
    def is_bare(self) -> bool:
        """True for a text that was added without pages."""
        return is_bare(self.source)

    def to_document(self) -> "Document":
        """The LangChain Document: as it was given, where it was given as one."""
        if not self.is_bare:
            return self.chunk.to_document(self.source, self.packed_page)
        from langchain_core.documents import Document

        return Document(id=self.chunk.id, page_content=self.chunk.text, metadata=dict(self.source.metadata))


def columns_of(table: str, alias: str) -> str:
    """All columns of a table for a SELECT, its digest last."""
    return ", ".join(f'{alias}."{name}"' for name in (*COLUMNS[table], "digest"))


CHUNKS: Final = f"SELECT {columns_of('chunks', 'c')} FROM chunks c WHERE c.row IN (SELECT value FROM json_each(?))"


class StoredRows:
    """Rows of one view; sources and pages that were read once are kept."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection, self._folder = connection, folder
        self._sources: dict[int, Source] = {}
        self._pages: dict[int, PackedPage] = {}

    def checked(self, table: str, query: str, parameters: Sequence[Any] = ()) -> Iterator[Sequence[Any]]:
        """Rows of whole columns (see `columns_of`) without their digest, which is checked.

        Raises:
            IndexDamagedError: a row is not what was written.
        """
        for *values, digest in self._connection.execute(query, parameters):
            if row_digest(table, values) != digest:
                raise IndexDamagedError(
                    f"{self._folder}: a row of {table} is not what was written. {verify_command(self._folder)}"
                )
            yield values

    def chunks(self, rows: Iterable[int], *, layouts: bool = False) -> list[StoredChunk]:
        """The chunks of these rows, in the order given; rows that are gone are left out.

        `layouts` also reads words, blocks and units of their pages.
        """
        wanted = [int(row) for row in rows]
        found = {values[0]: values for values in self.checked("chunks", CHUNKS, (json.dumps(wanted),))}
        with unreadable("chunk"):
            self._load({values[2] for values in found.values()}, {values[3] for values in found.values()})
            if layouts:
                self._load_layouts({values[3] for values in found.values()})
        return [self._stored(found[row]) for row in wanted if row in found]

    def _stored(self, values: Sequence[Any]) -> StoredChunk:
        row, identifier, source, page, _, *rest = values
        known = self._sources[source]
        return StoredChunk(row, stored_chunk(identifier, known.uri, rest), known, self._pages[page])

    def source(self, number: int) -> Source:
        """The source with this number."""
        self._load((number,), ())
        return self._sources[number]

    def sources(self, numbers: Iterable[int]) -> dict[int, Source]:
        """Sources by their numbers. Raises IndexDamagedError when one is gone."""
        wanted = [int(number) for number in numbers]
        self._load(wanted, ())
        return {number: self._sources[number] for number in wanted}

    def _load(self, sources: Collection[int], pages: Collection[int]) -> None:
        """Read the sources and pages that are not known yet."""
        missing = json.dumps([number for number in sources if number not in self._sources])
        for values in self.checked("sources", by_key("sources", "source"), (missing,)):
            self._sources[values[0]] = stored_source(values[-1])
        missing = json.dumps([number for number in pages if number not in self._pages])
        for values in self.checked("pages", by_key("pages", "page"), (missing,)):
            self._pages[values[0]] = PackedPage(tuple(values[3:]))
        if not (self._sources.keys() >= set(sources) and self._pages.keys() >= set(pages)):
            raise IndexDamagedError(f"{self._folder} holds chunks whose source or page is gone")

    def _load_layouts(self, pages: Collection[int]) -> None:
        missing = {number for number in pages if self._pages[number].layout is None}
        for number, *layout in self.checked("layouts", by_key("layouts", "page"), (json.dumps(list(missing)),)):
            self._pages[number] = PackedPage(self._pages[number].values, tuple(layout))
            missing.discard(number)
        if missing:
            raise IndexDamagedError(f"{self._folder}: {counted(len(missing), 'page')} without layout")

    def full_pages(self, where: str, parameters: Sequence[Any]) -> Iterator[Page]:
        """Pages `p` of sources `s` with words, blocks and units; `where` is a constant of this package."""
        query = f"SELECT {columns_of('pages', 'p')} FROM pages p JOIN sources s USING (source) WHERE {where}"
        for page in self.checked("pages", query, parameters):
            layout = next(self.checked("layouts", by_key("layouts", "page"), (json.dumps([page[0]]),)), None)
            if layout is None:
                raise IndexDamagedError(f"{self._folder}: page {page[2]} of source {page[1]} has lost its layout")
            yield full_page(page[3:], *layout[1:])


@cache
def by_key(table: str, key: str) -> str:
    """The SELECT of whole rows by a JSON list of keys."""
    return f"SELECT {columns_of(table, 't')} FROM {table} t WHERE t.{key} IN (SELECT value FROM json_each(?))"
