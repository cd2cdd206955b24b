"""Copies while others read and write: each opens, and holds what the index held at one commit."""

import hashlib
import json
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import pytest

from mistral_rag.errors import IndexDamagedError, IndexMismatchError, NotAnIndexError
from mistral_rag.index import (
    Identity,
    IndexReader,
    IndexWriter,
    UnrestrictedReader,
    embed_text,
    export_faiss,
    export_lines,
    import_lines,
    repair,
    snapshot,
    verify,
)
from mistral_rag.index._index_text import TEXT_VERSION
from mistral_rag.schema import Source

Put = Callable[..., Source]


@pytest.fixture
def index(folder: Path, writer: IndexWriter, put: Put) -> Path:
    put(writer, "a.txt", "one", "two", vector=(0, 0.5, 0, 0), metadata={"year": 2023}, groups=("staff",))
    put(writer, "b.txt", "three", vector=(1, 0, 0, 0))
    writer.commit()
    return folder


def content(index: Path) -> list[Any]:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        return [(source, list(view.pages(source.uri)), view.content_of(source.uri)) for source in view.sources()]


def test_a_snapshot_is_the_last_commit_while_a_writer_is_at_work(
    index: Path, writer: IndexWriter, put: Put, tmp_path: Path
) -> None:
    put(writer, "c.txt", "not committed")
    assert snapshot(index, tmp_path / "copy") == (1, 2)
    writer.rollback()
    copy = tmp_path / "copy"
    assert content(copy) == content(index)
    assert verify(copy) == []
    assert sorted(path.name for path in copy.iterdir()) == ["index.db", "index.seal"]
    assert stat.S_IMODE((copy / "index.db").stat().st_mode) == 0o600
    with IndexWriter.open(copy) as other:
        put(other, "d.txt", "goes its own way")
        assert other.commit() == 2


def test_a_snapshot_needs_a_new_folder(index: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAnIndexError, match="not empty"):
        snapshot(index, index)
    assert verify(index) == []


def test_exported_lines_make_the_same_index_elsewhere(index: Path, tmp_path: Path) -> None:
    lines = list(export_lines(index))
    assert json.loads(lines[0])["identity"]["embedding"] == "test-model"
    assert import_lines(lines, tmp_path / "other") == 2
    assert content(tmp_path / "other") == content(index)
    assert verify(tmp_path / "other") == []
    with IndexReader.open(tmp_path / "other", groups=["staff"]) as reader, reader.view() as view:
        rows = view.allowed({"year": 2023})
        assert rows is not None
        assert rows.tolist() == [1, 2]


def test_lines_remember_what_was_taken_out_and_keep_what_was_paid_for(
    index: Path, writer: IndexWriter, tmp_path: Path, put: Put
) -> None:
    put(writer, "c.txt", "four")
    writer.set_identity(Identity("test-model", 4))
    writer.remove("file:///docs/c.txt", remember=True)
    writer.commit()
    lines = list(export_lines(index))
    assert json.loads(lines[-1])["removed"]["name"] == "c.txt"
    assert import_lines(lines, tmp_path / "other") == 2
    with IndexWriter.open(tmp_path / "other") as other:
        assert other.sources()["file:///docs/c.txt"].status == "removed"


def test_imported_vectors_are_kept_by_the_text_they_were_made_of(folder: Path, put: Put, tmp_path: Path) -> None:
    identity = Identity("test-model", 4, text=TEXT_VERSION)
    with IndexWriter.open(folder, identity=identity) as writer:
        put(writer, "a.txt", "one", vector=(0, 0.5, 0, 0))
        writer.commit()
    import_lines(export_lines(folder), tmp_path / "other")
    with UnrestrictedReader.open(tmp_path / "other") as reader, reader.view() as view:
        (stored,) = view.chunks([1])
        key = hashlib.sha256(embed_text(stored.chunk, stored.source, view.page(stored.chunk.uri, 1)).encode()).digest()
        assert view.cached_embeddings("test-model", [key])[key].tolist() == [0, 0.5, 0, 0]


def test_vectors_that_a_repair_lost_are_still_to_come_in_an_export(index: Path, writer: IndexWriter) -> None:
    writer.close()
    connection = sqlite3.connect(index / "index.db")
    with connection:
        connection.execute("UPDATE vectors SET data = zeroblob(8)")
    connection.close()
    assert len(repair(index).losses) == 2
    assert [json.loads(line)["vectors"] for line in list(export_lines(index))[1:]] == [[], []]


def test_a_passage_that_stands_nowhere_is_not_imported(index: Path, tmp_path: Path) -> None:
    lines = list(export_lines(index))
    moved = json.loads(lines[1])
    moved["pages"][0]["text"] = "ONE"
    with pytest.raises(IndexDamagedError, match="does not stand on its page"):
        import_lines([lines[0], json.dumps(moved)], tmp_path / "new")
    assert content(tmp_path / "new") == []


def test_a_frozen_copy_comes_with_its_caches(index: Path, tmp_path: Path) -> None:
    assert snapshot(index, tmp_path / "frozen", caches=True).documents == 2
    assert content(tmp_path / "frozen") == content(index)
    assert "lexical-1" in {path.name for path in (tmp_path / "frozen").iterdir()}
    assert not (tmp_path / "frozen" / "index.db-wal").exists()


def test_others_read_while_lines_come_in_and_see_all_of_them_or_none(index: Path, tmp_path: Path, put: Put) -> None:
    other = tmp_path / "other"
    with IndexWriter.open(other, identity=Identity("test-model", 4)) as writer:
        put(writer, "x.txt", "there before")
        writer.commit()
    seen: list[int] = []
    done = threading.Event()

    def read() -> None:
        with UnrestrictedReader.open(other) as reader:
            while not done.is_set():
                with reader.view() as view:
                    seen.append(len(list(view.sources())))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        import_lines(export_lines(index), other)
    finally:
        done.set()
        thread.join()
    assert set(seen) <= {1, 3}
    assert len(content(other)) == 3


def test_lines_of_other_models_or_of_something_else_change_nothing(index: Path, tmp_path: Path) -> None:
    lines = list(export_lines(index))
    with IndexWriter.open(tmp_path / "other", identity=Identity("other", 4)) as writer:
        source = Source(uri="file:///x", digest="0" * 64, name="x", title="x", media_type="text/plain")
        writer.put(source, (), ())
        writer.commit()
    for wrong in (lines[1:], [lines[0], "{"], [lines[0], "{}"], ["[" * 100_000], ['{"mistral_rag_export": 9}']):
        with pytest.raises(IndexDamagedError, match="no line of an export"):
            import_lines(wrong, tmp_path / "new")
    assert content(tmp_path / "new") == []


def test_an_export_does_not_mix_with_another_models_index(index: Path, tmp_path: Path, put: Put) -> None:
    with IndexWriter.open(tmp_path / "other", identity=Identity("other", 4)) as writer:
        put(writer, "x.txt", "text")
        writer.commit()
    with pytest.raises(IndexMismatchError):
        import_lines(export_lines(index), tmp_path / "other")


def test_a_faiss_file_has_the_vectors_by_row(index: Path, tmp_path: Path) -> None:
    assert export_faiss(index, tmp_path / "vectors.faiss") == 3
    vectors = faiss.read_index(str(tmp_path / "vectors.faiss"))
    assert vectors.reconstruct(2).tolist() == [0, 0.5, 0, 0]
