"""Folders made to do harm: each is refused or searched all the same, and none takes more than it may."""

import os
import sqlite3
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index import Identity, IndexReader, IndexWriter, verify
from mistral_rag.index._database import commits
from mistral_rag.index._database.commits import Commit
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.index._database.rows import RowWriter, row_digest
from mistral_rag.index._folder import layout
from mistral_rag.index._folder.regular_file import open_regular
from mistral_rag.index._folder.seal import write_seal
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.schema import Source

Put = Callable[..., Source]
URI = "file:///docs/a.txt"


@pytest.fixture
def index(tmp_path: Path, put: Put) -> Path:
    folder = tmp_path / "words"
    with IndexWriter.open(folder) as writer:
        put(writer, "a.txt", "alpha beta gamma", "delta")
        writer.set_identity(Identity("", 0))
        writer.commit()
        writer.refresh_caches()
    return folder


def tamper(index: Path, table: str, **changes: Any) -> None:
    """Change the first row of a table and make all digests right again, as an attacker can."""
    connection = sqlite3.connect(index / "index.db", isolation_level=None)
    names = ", ".join(f'"{name}"' for name in COLUMNS[table])
    values = connection.execute(f"SELECT {names} FROM {table}").fetchone()  # noqa: S608
    columns = dict(zip(COLUMNS[table], values, strict=True)) | changes
    changed = columns | {"digest": row_digest(table, list(columns.values()))}
    sets = ", ".join(f'"{name}" = ?' for name in changed)
    key = COLUMNS[table][0]
    connection.execute(f'UPDATE {table} SET {sets} WHERE "{key}" = ?', (*changed.values(), values[0]))  # noqa: S608
    last, before = commits.newest(connection, 2)
    connection.execute("DELETE FROM commits WHERE sequence = ?", (last.sequence,))
    new = Commit.after(before, content=RowWriter(connection, 0).total(), last_row=last.last_row)
    commits.insert(connection, new)
    connection.close()
    write_seal(index / "index.seal", new.seal)


def test_a_page_that_unpacks_to_more_than_may_be_read_is_damage(index: Path) -> None:
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(b"a" * (1 << 24)) for _ in range(17)) + packer.flush()
    assert len(bomb) < 1_000_000
    tamper(index, "pages", text=bomb)
    with IndexReader.open(index) as reader, pytest.raises(IndexDamagedError, match="cut off or too long"):
        reader.page(URI, 1)
    assert any("too long" in str(problem) for problem in verify(index))


def test_a_page_of_too_many_parts_is_damage(index: Path) -> None:
    tamper(index, "layouts", runs=zlib.compress(b"[[" + b"[]," * 10_000_001 + b"[]],[]]"))
    with IndexReader.open(index) as reader, pytest.raises(IndexDamagedError, match="too many parts"):
        reader.page(URI, 1)


def test_a_value_larger_than_may_be_read_is_damage(index: Path) -> None:
    connection = sqlite3.connect(index / "index.db")
    with connection:
        connection.execute("UPDATE settings SET value = zeroblob(?) WHERE name = 'identity'", ((1 << 28) + 1,))
    connection.close()
    with pytest.raises(IndexDamagedError), IndexReader.open(index) as reader:
        assert reader.identity


@pytest.mark.parametrize(
    "identity",
    [
        '{"embedding": "", "dimension": 1000000000}',
        '{"embedding": "", "dimension": "512"}',
        '{"embedding": ["x"], "dimension": 0}',
        '{"embedding": "", "dimension": 0, "metric": "exec"}',
        "[" * 100_000,
        "null",
    ],
)
def test_an_identity_that_can_not_be_is_damage(index: Path, identity: str) -> None:
    connection = sqlite3.connect(index / "index.db")
    with connection:
        values = ("identity", identity)
        connection.execute("REPLACE INTO settings VALUES (?, ?, ?)", (*values, row_digest("settings", values)))
    connection.close()
    with IndexReader.open(index) as reader, pytest.raises(IndexDamagedError):
        assert reader.identity


def test_a_row_beyond_all_bounds_takes_no_memory_and_its_page_is_missed(index: Path) -> None:
    tamper(index, "chunks", row=(1 << 62) + 5, page=1 << 62)
    with pytest.raises(IndexDamagedError, match="holds chunks whose page is gone"):
        HybridRetriever.from_index(index).search("alpha delta")
    assert "chunks" in {problem.where for problem in verify(index)}


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
@pytest.mark.parametrize("trap", ["/dev/zero", "pipe", "folder", "huge"])
def test_a_trap_in_place_of_a_cache_is_not_opened(index: Path, trap: str) -> None:
    found = [hit.chunk.id for hit in HybridRetriever.from_index(index).search("alpha")]
    files = [path for path in index.rglob("*") if path.is_file() and path.parent != index]
    assert files
    for path in files:
        path.unlink()
        if trap == "pipe":
            os.mkfifo(path)
        elif trap == "folder":
            path.mkdir()
        elif trap == "huge":
            path.touch()
            os.truncate(path, 1 << 40)
        else:
            path.symlink_to(trap)
    if trap == "huge":
        # only what is named is read, and of that not more than a manifest can have
        for path in files:
            if path.name != "manifest.json":
                path.unlink()
    assert [hit.chunk.id for hit in HybridRetriever.from_index(index).search("alpha")] == found


@pytest.mark.parametrize("data", ["text", 0.5, b"short"])
def test_a_vector_of_another_kind_is_damage(tmp_path: Path, put: Put, data: Any) -> None:
    index = tmp_path / "vectors"
    with IndexWriter.open(index, identity=Identity("test-model", 4)) as writer:
        put(writer, "a.txt", "alpha beta")
        writer.commit()
    tamper(index, "vectors", data=data)
    with IndexReader.open(index) as reader, reader.view() as view:
        for read in (view.vectors, lambda: view.content_of(URI)):
            with pytest.raises(IndexDamagedError, match="a vector is something else than 8 bytes"):
                read()


def test_a_row_without_a_digest_is_damage_to_a_writer_too(index: Path) -> None:
    connection = sqlite3.connect(index / "index.db", isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'digest BLOB NOT NULL', 'digest BLOB')")
    connection.close()
    connection = sqlite3.connect(index / "index.db", isolation_level=None)
    connection.execute("UPDATE chunks SET digest = NULL")
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'digest BLOB', 'digest BLOB NOT NULL')")
    connection.close()
    with IndexWriter.open(index) as writer, pytest.raises(IndexDamagedError, match="a digest of the index"):
        writer.remove(URI)


@pytest.mark.parametrize("gone", ["lstat", "open"])
def test_a_journal_that_goes_while_it_is_looked_at_is_no_fault(
    index: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    # a writer that has just finished deletes it
    journal = index / "index.db-journal"
    journal.touch()

    def deleted_before(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(path: Path, *arguments: Any, **named: Any) -> Any:
            if path == journal:
                journal.unlink(missing_ok=True)
            return call(path, *arguments, **named)

        return run

    if gone == "open":
        monkeypatch.setattr(layout, "open_regular", deleted_before(open_regular))
    else:
        monkeypatch.setattr(os, "lstat", deleted_before(os.lstat))
    with IndexReader.open(index) as reader:
        assert reader.page(URI, 1).text == "alpha beta gamma"
