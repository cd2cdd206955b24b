"""Commits are all or nothing, one writer at a time, and what was paid for is kept."""

# ruff: noqa: S610

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import (
    IndexLockedError,
    IndexMismatchError,
    IndexNotFoundError,
    IndexWriteError,
    NotAnIndexError,
    StoreError,
)
from mistral_rag.index import Identity, IndexReader, IndexWriter, UnrestrictedReader, verify
from mistral_rag.schema import Page, Source

Put = Callable[..., Source]


def names(folder: Path) -> list[str]:
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        return [source.name for source in view.sources()]


def test_what_was_committed_is_read_back_whole(writer: IndexWriter, folder: Path, put: Put) -> None:
    source = put(writer, "a.txt", "First page.", "Second page.", metadata={"year": 2023}, groups=("staff",))
    assert writer.commit() == 1
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        assert view.source(source.uri) == source
        page = view.page(source.uri, 2)
        assert page.text == "Second page."
        assert page.locator.label == "F-2"
        assert [(word.start, word.end) for word in page.words] == [(0, 6)]
        assert page.blocks[0].box is not None
        assert page.units[0].end == 12
        assert page.confidence == 0.5
        (row,) = view.chunks([2])
        assert row.chunk.text == "Second page."
        assert row.chunk.headings == ("Part I", "Item 2")
        assert row.page.locator.number == 2


def test_readers_see_nothing_before_the_commit(writer: IndexWriter, folder: Path, put: Put) -> None:
    writer.commit()
    put(writer, "a.txt", "text")
    assert names(folder) == []
    writer.commit()
    assert names(folder) == ["a.txt"]


def test_what_was_not_committed_is_dropped(folder: Path, identity: Identity, put: Put) -> None:
    with IndexWriter.open(folder, identity=identity) as writer:
        put(writer, "kept.txt", "text")
        writer.commit()
        put(writer, "rolled back.txt", "text two")
        writer.rollback()
        writer.commit()
        put(writer, "never committed.txt", "text three")
    assert names(folder) == ["kept.txt"]
    assert verify(folder) == []


def test_a_source_put_again_takes_the_place_of_the_old_one(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "a.txt", "old text", "old page")
    writer.commit()
    source = put(writer, "a.txt", "new text")
    writer.commit()
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        assert [stored.chunk.text for stored in view.chunks([1, 2, 3])] == ["new text"]
        with pytest.raises(KeyError):
            view.page(source.uri, 2)


def test_a_row_is_never_used_twice(writer: IndexWriter, folder: Path, put: Put) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        put(writer, name, f"text of {name}")
        writer.commit()
        writer.remove(f"file:///docs/{name}")
        writer.commit()
    put(writer, "d.txt", "text")
    writer.commit()
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        assert view.vectors()[0].tolist() == [4]


def put_twin(writer: IndexWriter, uri: str) -> None:
    """Put a source with the chunks, and so the ids, of another."""
    with writer.view() as view:
        pages, (chunks, _) = [view.page(uri, 1)], view.content_of(uri)
    twin = Source(uri="file:///twin", digest="0" * 64, name="twin", title="twin", media_type="text/plain")
    writer.put(twin, pages, [chunk.model_copy(update={"uri": twin.uri}) for chunk in chunks], np.ones((1, 4)))


def test_a_put_that_does_not_fit_changes_nothing(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "a.txt", "the same words")
    with pytest.raises(ValueError, match="shape"):
        put(writer, "a.txt", "other words", vector=(1, 2))
    with pytest.raises(ValueError, match="infinite"):
        put(writer, "a.txt", "other words", vector=(1e9, 0, 0, 0))
    with pytest.raises(ValueError, match="same id"):
        put_twin(writer, "file:///docs/a.txt")
    writer.commit()
    assert names(folder) == ["a.txt"]
    assert verify(folder) == []


def test_rows_after_a_put_that_did_not_fit_are_still_told_as_new(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "a.txt", "text")
    with pytest.raises(ValueError, match="same id"):
        put_twin(writer, "file:///docs/a.txt")
    before = writer.commit()
    put(writer, "d.txt", "new")
    writer.commit()
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        assert view.changes(before).added.tolist() == [2]


def test_a_failed_source_keeps_its_reason(writer: IndexWriter, folder: Path, put: Put) -> None:
    source = put(writer, "a.txt", "text")
    writer.fail(source, "the file is encrypted", root="file:///docs", size=7, mtime_ns=8)
    writer.commit()
    state = writer.sources()[source.uri]
    assert (state.status, state.reason, state.size, state.mtime_ns, state.chunks) == (
        "failed",
        "the file is encrypted",
        7,
        8,
        0,
    )
    with UnrestrictedReader.open(folder) as reader:
        assert reader.status()["failures"] == [{"source": "a.txt", "reason": "the file is encrypted"}]
        assert reader.status()["documents"] == 0


def test_problems_of_pages_are_kept(writer: IndexWriter) -> None:
    source = Source(uri="file:///a", digest="0" * 64, name="a", title="a", media_type="text/plain")
    writer.put(source, (), (), None, problems=[(3, "needs OCR"), (None, "no title")])
    assert writer.sources()[source.uri].problems == ((3, "needs OCR"), (None, "no title"))


def test_a_removed_source_can_be_remembered(writer: IndexWriter, put: Put) -> None:
    source = put(writer, "a.txt", "text")
    writer.remove(source.uri, remember=True)
    assert writer.sources()[source.uri].status == "removed"
    writer.remove(source.uri)
    assert writer.sources() == {}
    writer.remove("file:///never/there")


def test_what_was_taken_out_outlives_a_new_beginning(writer: IndexWriter, put: Put) -> None:
    kept, gone = put(writer, "a.txt", "text"), put(writer, "b.txt", "other text")
    writer.remove(gone.uri, remember=True)
    writer.clear()
    assert {uri: state.status for uri, state in writer.sources().items()} == {gone.uri: "removed"}
    writer.leave_out(kept)
    assert {state.status for state in writer.sources().values()} == {"removed"}
    put(writer, "b.txt", "it was named itself")
    assert writer.sources()[gone.uri].status == "ok"


def test_embeddings_outlive_what_they_were_made_for(writer: IndexWriter, folder: Path, put: Put) -> None:
    writer.keep_embeddings("test-model", [b"key"], np.array([[0.5, 0.5, 0, 0]]))
    source = put(writer, "a.txt", "text", vector=(0.5, 0.5, 0, 0))
    writer.commit()
    writer.remove(source.uri)
    writer.clear()
    writer.commit()
    assert writer.cached_embeddings("test-model", [b"key", b"other"])[b"key"].tolist() == [0.5, 0.5, 0, 0]
    assert writer.cached_embeddings("another-model", [b"key"]) == {}
    assert verify(folder) == []


def test_the_identity_is_fixed_once_there_are_chunks(writer: IndexWriter, put: Put) -> None:
    writer.set_identity(Identity("other", 4))
    put(writer, "a.txt", "text")
    with pytest.raises(IndexMismatchError, match=r"built with other \(4\); this is mistral-embed \(1024\).*--rebuild"):
        writer.set_identity(Identity("mistral-embed", 1024))
    with pytest.raises(IndexMismatchError, match="chunker"):
        writer.set_identity(Identity("other", 4, chunker="2"))
    writer.clear()
    writer.set_identity(Identity("mistral-embed", 1024))
    assert writer.identity == Identity("mistral-embed", 1024)


def test_chunks_without_vectors_take_no_model_afterwards(folder: Path, put: Put) -> None:
    with IndexWriter.open(folder) as writer:
        put(writer, "a.txt", "text")
        with pytest.raises(IndexMismatchError, match="no embedding model; this is test-model"):
            writer.set_identity(Identity("test-model", 4))


def test_a_second_writer_is_refused_until_the_first_is_done(writer: IndexWriter, folder: Path) -> None:
    with pytest.raises(IndexLockedError, match="another process is writing"):
        IndexWriter.open(folder)
    with pytest.raises(IndexLockedError):
        IndexWriter.open(folder, wait=0.1)
    writer.close()
    IndexWriter.open(folder).close()


def test_opening_the_database_elsewhere_in_the_writers_process_lets_no_second_writer_in(
    writer: IndexWriter, folder: Path, put: Put
) -> None:
    put(writer, "a.txt", "text")
    with UnrestrictedReader.open(folder):
        pass
    verify(folder)
    second = "import sys; from mistral_rag.index import IndexWriter; IndexWriter.open(sys.argv[1])"
    run = subprocess.run([sys.executable, "-c", second, folder], capture_output=True, text=True, check=False)
    assert "IndexLockedError" in run.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_neither_uses_the_writer_nor_keeps_its_lock(folder: Path) -> None:
    script = """
import os, sys
from mistral_rag.errors import StoreError
from mistral_rag.index import UnrestrictedReader
from mistral_rag.index import IndexWriter
writer = IndexWriter.open(sys.argv[1])
writer.set_extra("parent", True)
reader = UnrestrictedReader.open(sys.argv[1])
ready, go = os.pipe()
def refused(use):
    try:
        use()
    except StoreError as error:
        return str(error)
if os.fork() == 0:
    assert "in a forked process" in refused(lambda: writer.set_extra("child", True))
    assert "forked while" in refused(lambda: reader.sequence)
    assert "start it by spawn" in refused(lambda: UnrestrictedReader.open(sys.argv[1]))
    writer.close()
    os.read(ready, 1)
    os._exit(0)
writer.commit()
writer.close()
IndexWriter.open(sys.argv[1]).close()
os.write(go, b"x")
assert os.wait()[1] == 0
with reader.view() as view:
    assert view.extra("parent") is True
"""
    subprocess.run([sys.executable, "-c", script, folder], check=True)
    assert verify(folder) == []


def test_a_finished_build_leaves_no_log(folder: Path, put: Put, identity: Identity) -> None:
    with IndexWriter.open(folder, identity=identity) as writer:
        put(writer, "a.txt", "text")
        writer.commit()
        assert (folder / "index.db-wal").exists()
    assert sorted(path.name for path in folder.iterdir()) == ["LOCK", "index.db", "index.seal"]


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
def test_folder_and_files_are_their_owners_alone(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "a.txt", "text")
    writer.commit()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    with pytest.raises(NotAnIndexError, match="not empty"):
        IndexWriter.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(NotAnIndexError, match="is a file"):
        IndexWriter.open(letter)


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    import sqlite3

    database = tmp_path / "index.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()
    before = database.read_bytes()
    with pytest.raises(NotAnIndexError):
        IndexWriter.open(tmp_path)
    assert database.read_bytes() == before


def test_an_empty_folder_becomes_an_index_and_a_missing_one_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        IndexWriter.open(tmp_path / "missing", create=False)
    assert not (tmp_path / "missing").exists()
    (tmp_path / "empty").mkdir()
    IndexWriter.open(tmp_path / "empty").close()
    assert names(tmp_path / "empty") == []


def test_what_a_killed_first_build_left_is_built_over(folder: Path) -> None:
    folder.mkdir()
    (folder / "LOCK").touch()
    (folder / "index.db").touch()
    with pytest.raises(IndexNotFoundError):
        UnrestrictedReader.open(folder)
    with pytest.raises(IndexNotFoundError):
        verify(folder)
    IndexWriter.open(folder).close()
    assert verify(folder) == []


def test_a_closed_writer_says_so(folder: Path) -> None:
    writer = IndexWriter.open(folder)
    writer.close()
    writer.close()
    with pytest.raises(StoreError, match="closed"):
        writer.commit()


FULL = """
import resource, sys
from mistral_rag.errors import IndexWriteError
from mistral_rag.index import IndexWriter
with IndexWriter.open(sys.argv[1]) as writer:
    writer.set_extra("first", 1)
    writer.commit()
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    for attempt in range(2):
        try:
            writer.set_extra("large", "x" * 500_000)
            writer.commit()
        except IndexWriteError as error:
            print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="needs resource limits")
def test_a_full_disk_leaves_the_last_commit_and_one_sentence(folder: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL, folder], capture_output=True, text=True, check=True)
    refused, after = run.stdout.splitlines()
    assert refused.startswith(f"can't write to {folder}: ")
    assert refused.endswith("the last commit stands")
    assert "open it again" in after
    with UnrestrictedReader.open(folder) as reader:
        assert (reader.extra("first"), reader.extra("large")) == (1, None)
    assert verify(folder) == []
    with IndexWriter.open(folder) as writer:
        writer.set_extra("large", "y")
        writer.commit()
    with UnrestrictedReader.open(folder) as reader:
        assert reader.extra("large") == "y"


def test_a_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((IndexWriteError, NotAnIndexError), match="file"):
        IndexWriter.open(tmp_path / "file" / "index")


def test_an_interrupted_change_is_not_there_by_half(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "a.txt", "text")
    with writer.view() as view:
        page, (chunks, _) = view.page("file:///docs/a.txt", 1), view.content_of("file:///docs/a.txt")

    class Stopping(list[Page]):
        """Pages whose reader presses Ctrl-C in the middle."""

        def __iter__(self) -> Iterator[Page]:
            yield page
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        writer.put(view.source("file:///docs/a.txt"), Stopping([page, page]), chunks, np.ones((1, 4)))
    writer.commit()
    assert names(folder) == ["a.txt"]
    assert verify(folder) == []


def test_an_interrupted_commit_is_there_or_not_and_the_writer_goes_on(
    writer: IndexWriter, folder: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    put(writer, "a.txt", "text")
    with monkeypatch.context() as patched:
        patched.setattr("mistral_rag.index._database.commits.insert", interrupt)
        with pytest.raises(KeyboardInterrupt):
            writer.commit()
    put(writer, "b.txt", "more")
    assert writer.commit() == 1
    assert names(folder) == ["b.txt"]
    assert verify(folder) == []


def test_caches_follow_commits(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "a.txt", "text")
    with pytest.raises(StoreError, match="commit first"):
        writer.refresh_caches()
    writer.commit()
    writer.refresh_caches()
    assert (folder / "lexical-1").is_dir()


def test_a_writer_that_is_forgotten_frees_the_lock(folder: Path) -> None:
    writer: IndexWriter | None = IndexWriter.open(folder)
    assert writer is not None
    writer._transaction._connection.close()  # as the garbage collector does, which says so on newer Pythons
    writer = None
    IndexWriter.open(folder).close()


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
            for table in ("pages", "layouts", "chunks", "vectors", "removals", "facts", "groups")
        }


def test_other_groups_leave_pages_chunks_and_vectors_as_they_are(writer: IndexWriter, folder: Path, put: Put) -> None:
    first = put(writer, "a.txt", "one.", "two.", groups=("staff", "board"), metadata={"year": 2023})
    put(writer, "b.txt", "three.", vector=(0, 1, 0, 0), groups=("staff",))
    writer.commit()
    before = rows_of(folder)
    state = writer.sources()[first.uri]

    def allowed(group: str) -> list[int]:
        with IndexReader.open(folder, groups=[group]) as reader, reader.view() as view:
            rows = view.allowed(None)
            assert rows is not None
            return [int(row) for row in rows]

    with UnrestrictedReader.open(folder) as reader:
        assert allowed("audit") == []
        writer.set_groups(first.uri, ["audit", "*"])
        assert writer.commit() == 2
        with reader.view() as view:
            assert view.source(first.uri) == first.model_copy(update={"groups": ("audit", "*")})
        assert (allowed("audit"), allowed("staff"), allowed("board")) == ([1, 2], [1, 2, 3], [1, 2])
    after = rows_of(folder)
    assert after.pop("groups") == [("*", 1), ("audit", 1), ("staff", 2)]
    del before["groups"]
    assert after == before
    regrouped = writer.sources()[first.uri]
    assert replace(regrouped, source=state.source) == state
    assert verify(folder) == []


def test_groups_of_a_source_that_is_not_there_are_an_error(writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "one.")
    with pytest.raises(KeyError):
        writer.set_groups("file:///docs/b.txt", ["staff"])
    assert writer.commit() == 1
