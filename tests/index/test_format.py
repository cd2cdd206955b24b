"""Older formats are brought up to date, newer ones are refused by name."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import IndexDamagedError, IndexVersionError
from mistral_rag.index import IndexReader, IndexWriter, Profile, verify
from mistral_rag.index._database import commits, migrations
from mistral_rag.index._database import format as tables
from mistral_rag.index._database.commits import Commit
from mistral_rag.index._database.rows import RowWriter, row_digest
from mistral_rag.index._folder.layout import SEAL
from mistral_rag.index._folder.seal import write_seal
from mistral_rag.schema import Locator, Page, Source

Put = Callable[..., Source]


INDEXED = """
CREATE TABLE chunks (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
 source INTEGER NOT NULL REFERENCES sources, page INTEGER NOT NULL REFERENCES pages,
 vector INTEGER REFERENCES vectors, number INTEGER NOT NULL, first_unit INTEGER NOT NULL,
 last_unit INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, kind TEXT NOT NULL,
 headings TEXT NOT NULL, text TEXT NOT NULL, digest BLOB NOT NULL);
CREATE INDEX chunks_by_source ON chunks (source);
CREATE INDEX chunks_by_vector ON chunks (vector);
CREATE TABLE vectors (vector INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL, digest BLOB NOT NULL UNIQUE);
CREATE TABLE embeddings (model TEXT NOT NULL, key BLOB NOT NULL, vector INTEGER NOT NULL REFERENCES vectors,
 digest BLOB NOT NULL, PRIMARY KEY (model, key)) WITHOUT ROWID;
CREATE INDEX embeddings_by_vector ON embeddings (vector);
"""
"""Definitions of format 2 for the tables of these names."""


def as_format_2(folder: Path, *later: str) -> None:
    """Give an index the tables that format 2 had; `later` are statements that lead to still older ones."""
    connection = sqlite3.connect(folder / "index.db", isolation_level=None)
    used = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    rows = {
        "chunks": connection.execute("SELECT * FROM chunks").fetchall(),
        "vectors": connection.execute("SELECT * FROM vectors").fetchall(),
        "embeddings": connection.execute("SELECT model, key, vector, digest FROM embeddings").fetchall(),
    }
    for table in (*rows, "names", "new_names", "profiles"):
        connection.execute(f"DROP TABLE {table}")
    connection.executescript(INDEXED)
    for table, every in rows.items():
        for row in every:
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608
    for table in ("chunks", "vectors"):
        connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (used[table], table))
    for statement in ("PRAGMA user_version = 2", *later):
        connection.execute(statement)
    connection.close()


@pytest.fixture
def older(folder: Path, writer: IndexWriter, put: Put) -> Path:
    """An index in format 0: as today's, but that removals were not noted and pages that OCR read not kept."""
    put(writer, "a.txt", "text")
    writer.commit()
    writer.close()
    as_format_2(folder, "DROP TABLE removals", "DROP TABLE readings", "PRAGMA user_version = 0")
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
    as_format_2(folder, "DROP TABLE readings", "PRAGMA user_version = 1")
    for opening in (IndexReader.open, verify):
        with pytest.raises(IndexVersionError, match=r"older format 1.*ingest build"):
            opening(folder)
    IndexWriter.open(folder).close()
    assert verify(folder) == []
    with IndexReader.open(folder) as reader:
        assert reader.page("file:///docs/a.txt", 1).text == "text"


def test_an_index_of_format_2_is_brought_up_to_date(folder: Path, writer: IndexWriter, put: Put) -> None:
    for name, number in (("a.txt", 1), ("b.txt", 2), ("c.txt", 3)):
        put(writer, name, f"text {number}", vector=(number, 1, 0, 0))
    writer.keep_embeddings("test-model", [b"first", b"other"], np.array([[1, 1, 0, 0], [9, 1, 0, 0]]))
    writer.commit()
    writer.remove("file:///docs/c.txt")
    writer.commit()
    with writer.view() as view:
        kept = view.content_of("file:///docs/a.txt")
    writer.close()
    as_format_2(folder)
    for opening in (IndexReader.open, verify):
        with pytest.raises(IndexVersionError, match=r"older format 2.*ingest build"):
            opening(folder)
    with IndexWriter.open(folder) as again:
        assert again.cached_embeddings("test-model", [b"other"])[b"other"].tolist() == [9, 1, 0, 0]
        twin = Source(uri="file:///twin", digest="0" * 64, name="twin", title="twin", media_type="text/plain")
        page = Page(locator=Locator(kind="page", number=1), text="text 1")
        with pytest.raises(ValueError, match="same id"):
            again.put(twin, [page], [kept[0][0].model_copy(update={"uri": twin.uri})], np.ones((1, 4)))
        put(again, "d.txt", "text 4", vector=(1, 1, 0, 0))
        again.commit()
    assert verify(folder) == []
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert view.content_of("file:///docs/a.txt") == kept
        assert view.rows_of([chunk.id for chunk in kept[0]]) == {kept[0][0].id: 1}
        # the row of what was removed is not given again, and the equal vector is stored once
        assert view.rows_with_vectors().tolist() == [1, 2, 4]
    assert [count(folder, table) for table in ("vectors", "embeddings", "names", "new_names")] == [3, 2, 7, 1]


FACTS = {
    "names": {"oak": "any"},
    "own": ["oak"],
    "years": {"2022": 1.0},
    "quarter": None,
    "kind": "annual",
    "ended": "2022-12-31",
    "label": "OAK CORP 10-K 2022",
    "statements": {"cash": [7]},
    "work": "",
    "edition": [],
    "version": 5,
    "digest": "0" * 64,
}
"""What format 3 kept of a document, by its uri, in one setting of all."""
MANUAL = FACTS | {"names": {}, "own": [], "kind": "", "ended": None, "label": "", "statements": {}}


def as_format_3(folder: Path, facts: dict[str, object]) -> None:
    """Give an index the tables that format 3 had, and a last commit of what is in them."""
    value = json.dumps(facts)
    with closing(sqlite3.connect(folder / "index.db", isolation_level=None)) as connection:
        connection.execute("DROP TABLE profiles")
        digest = row_digest("settings", ("extra:facts", value))
        connection.execute("INSERT INTO settings VALUES ('extra:facts', ?, ?)", (value, digest))
        (last,) = commits.newest(connection)
        content = RowWriter(connection, 0).total()
        commits.insert(connection, Commit.after(last, content=content, last_row=last.last_row))
        connection.execute("PRAGMA user_version = 3")
        write_seal(folder / SEAL, commits.newest(connection)[0].seal)


def test_an_index_of_format_3_gives_each_document_its_own_profile(folder: Path, writer: IndexWriter, put: Put) -> None:
    for name in ("oak.pdf", "manual 2022 v2.md", "old.md", "memo.md"):
        put(writer, name, "text " + name)
    writer.commit()
    writer.close()
    facts = {
        "file:///docs/oak.pdf": FACTS,
        "file:///docs/manual%202022%20v2.md": MANUAL | {"work": "manual", "edition": [2]},
        "file:///docs/old.md": FACTS | {"version": 4},
        "file:///docs/gone.md": FACTS,
    }
    as_format_3(folder, facts)
    for opening in (IndexReader.open, verify):
        with pytest.raises(IndexVersionError, match=r"older format 3.*ingest build"):
            opening(folder)
    IndexWriter.open(folder).close()
    assert verify(folder) == []
    with IndexReader.open(folder) as reader, reader.view() as view:
        found = dict(view.profiles_by_uri())
        assert view.extra("facts") is None  # noqa: S610
        labels = [row.label for row in view.lexical_inputs()]
    assert labels == ["OAK CORP 10-K 2022", "", "", ""]
    oak = found["file:///docs/oak.pdf"]
    assert oak is not None
    filings = oak.learned["filings"]
    assert (filings["version"], filings["profile"]["own"], filings["profile"]["statements"]) == (
        5,
        ["oak"],
        {"cash": [7]},
    )
    assert oak.learned["document_identity"] == {"version": 1, "profile": None}
    manual = found["file:///docs/manual%202022%20v2.md"]
    assert manual is not None
    assert manual.learned == {
        "filings": {"version": 5, "profile": None},
        "document_identity": {
            "version": 1,
            "profile": {"years": {"2022": 1.0}, "ended": None, "work": "manual", "edition": [2]},
        },
    }
    # older rules, and documents of which nothing was kept, are learned by the next build
    assert (found["file:///docs/old.md"], found["file:///docs/memo.md"]) == (Profile(), None)


@pytest.mark.parametrize("facts", ["7", '{"file:///docs/a.txt": {"version": 5}}', '{"file:///docs/a.txt": []}'])
def test_facts_that_are_no_facts_are_damage(folder: Path, writer: IndexWriter, put: Put, facts: str) -> None:
    put(writer, "a.txt", "text")
    writer.commit()
    writer.close()
    as_format_3(folder, json.loads(facts))
    with pytest.raises(IndexDamagedError, match="a setting of the index can't be read"):
        IndexWriter.open(folder)


def test_an_index_of_format_2_with_a_trigger_is_refused(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "text")
    writer.commit()
    writer.close()
    as_format_2(folder, "CREATE TRIGGER t AFTER INSERT ON vectors BEGIN DELETE FROM pages; END")
    with pytest.raises(IndexDamagedError, match="other tables, views or triggers"):
        IndexWriter.open(folder)


def test_a_row_that_an_older_index_has_lost_is_not_passed_over(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "text")
    writer.commit()
    writer.close()
    as_format_2(folder, "DELETE FROM chunks")
    with pytest.raises(IndexDamagedError, match="no commit made") as caught:
        IndexWriter.open(folder)
    assert str(caught.value).endswith(f" Run: ingest build PATH --index {folder} --rebuild")


def count(folder: Path, table: str) -> int:
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def test_an_older_index_is_migrated_by_the_next_writer(older: Path, monkeypatch: pytest.MonkeyPatch, put: Put) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", {**migrations.MIGRATIONS, 0: add_removals})
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

    known = migrations.MIGRATIONS
    monkeypatch.setattr(migrations, "MIGRATIONS", {0: halfway})
    with pytest.raises(sqlite3.OperationalError):
        IndexWriter.open(older)
    monkeypatch.setattr(migrations, "MIGRATIONS", {**known, 0: add_removals})
    IndexWriter.open(older).close()
    assert verify(older) == []


def test_a_format_without_a_way_is_refused(older: Path) -> None:
    with pytest.raises(IndexVersionError, match="format 0, which this release can't read") as caught:
        IndexWriter.open(older)
    assert str(caught.value).endswith(f" Run: ingest build PATH --index {older} --rebuild")


def test_a_newer_index_is_refused_and_not_touched(older: Path) -> None:
    connection = sqlite3.connect(older / "index.db", isolation_level=None)
    connection.execute("PRAGMA user_version = 5")
    connection.close()
    before = (older / "index.db").read_bytes()
    for opening in (IndexReader.open, IndexWriter.open):
        with pytest.raises(IndexVersionError, match="format 5, this release reads up to 4"):
            opening(older)
    assert (older / "index.db").read_bytes() == before
