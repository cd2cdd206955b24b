"""Older formats are brought up to date, newer ones are refused by name."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.errors import IndexVersionError
from mistral_rag.schema import Source
from mistral_rag.store import format as tables
from mistral_rag.store.check import verify
from mistral_rag.store.reader import IndexReader
from mistral_rag.store.rows import row_digest
from mistral_rag.store.writer import IndexWriter

Put = Callable[..., Source]


@pytest.fixture
def older(folder: Path, writer: IndexWriter, put: Put) -> Path:
    """An index in format 0: as today's, but that removals were not noted and pages that OCR read not kept."""
    put(writer, "a.txt", "text")
    writer.commit()
    writer.close()
    connection = sqlite3.connect(folder / "index.db", isolation_level=None)
    connection.execute("DROP TABLE removals")
    connection.execute("DROP TABLE readings")
    connection.execute("PRAGMA user_version = 0")
    connection.close()
    return folder


def add_removals(connection: sqlite3.Connection) -> None:
    """The way from format 0: also notes, for the test, a removal with its digest."""
    for statement in tables.statements(tables.TABLES):
        if "removals" in statement:
            connection.execute(statement)
    connection.execute("INSERT INTO removals VALUES (77, 1, ?)", (row_digest("removals", (77, 1)),))


def test_an_index_of_format_1_is_brought_up_to_date(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "text")
    writer.commit()
    writer.close()
    connection = sqlite3.connect(folder / "index.db", isolation_level=None)
    connection.execute("DROP TABLE readings")
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    for opening in (IndexReader.open, verify):
        with pytest.raises(IndexVersionError, match=r"older format 1.*ingest build"):
            opening(folder)
    IndexWriter.open(folder).close()
    assert verify(folder) == []
    with IndexReader.open(folder) as reader:
        assert reader.page("file:///docs/a.txt", 1).text == "text"


def test_an_older_index_is_migrated_by_the_next_writer(older: Path, monkeypatch: pytest.MonkeyPatch, put: Put) -> None:
    monkeypatch.setattr(tables, "MIGRATIONS", {**tables.MIGRATIONS, 0: add_removals})
    with pytest.raises(IndexVersionError, match=r"older format 0.*ingest build"):
        IndexReader.open(older)
    with IndexWriter.open(older) as writer:
        assert writer.sequence == 2
        put(writer, "b.txt", "more text")
        writer.commit()
    assert verify(older) == []
    with IndexReader.open(older) as reader, reader.view() as view:
        assert [source.name for source in view.sources()] == ["a.txt", "b.txt"]
        assert (view.sequence, view.changes(1).removed.tolist()) == (3, [])


def test_a_migration_that_fails_leaves_the_older_index(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def halfway(connection: sqlite3.Connection) -> None:
        add_removals(connection)
        raise sqlite3.OperationalError("stopped in the middle")

    known = tables.MIGRATIONS
    monkeypatch.setattr(tables, "MIGRATIONS", {0: halfway})
    with pytest.raises(sqlite3.OperationalError):
        IndexWriter.open(older)
    monkeypatch.setattr(tables, "MIGRATIONS", {**known, 0: add_removals})
    IndexWriter.open(older).close()
    assert verify(older) == []


def test_a_format_without_a_way_is_refused(older: Path) -> None:
    with pytest.raises(IndexVersionError, match="format 0, which this release can't read"):
        IndexWriter.open(older)


def test_a_newer_index_is_refused_and_not_touched(older: Path) -> None:
    connection = sqlite3.connect(older / "index.db", isolation_level=None)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    before = (older / "index.db").read_bytes()
    for opening in (IndexReader.open, IndexWriter.open):
        with pytest.raises(IndexVersionError, match="format 3, this release reads up to 2"):
            opening(older)
    assert (older / "index.db").read_bytes() == before
