"""Readers see one whole commit, hold nobody up, and say what is wrong in one sentence."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import (
    IndexDamagedError,
    IndexNotFoundError,
    IndexVersionError,
    NotAnIndexError,
    StoreError,
)
from mistral_rag.index import IndexReader, IndexWriter, UnrestrictedReader
from mistral_rag.index._commit_rows import LexicalRow
from mistral_rag.schema import Source

Put = Callable[..., Source]


@pytest.fixture
def index(folder: Path, writer: IndexWriter, put: Put) -> Path:
    """Three committed documents; the writer is closed."""
    put(writer, "a.txt", "one alpha", "two alpha", vector=(1, 0, 0, 0), language="en")
    writer.commit()
    put(writer, "b.txt", "one beta", vector=(0, 1, 0, 0), groups=("staff",))
    put(writer, "c.txt", "one gamma", vector=(0, 0, 1, 0))
    writer.remove("file:///docs/a.txt")
    writer.commit()
    writer.close()
    return folder


def test_a_view_stands_still_while_a_writer_goes_on(index: Path, put: Put) -> None:
    with UnrestrictedReader.open(index) as reader, IndexWriter.open(index) as writer, reader.view() as before:
        put(writer, "d.txt", "one delta")
        writer.commit()
        assert before.sequence == 2
        assert [source.name for source in before.sources()] == ["b.txt", "c.txt"]
        with reader.view() as after:
            assert after.sequence == 3
            assert [source.name for source in after.sources()] == ["b.txt", "c.txt", "d.txt"]


def test_chunks_come_in_the_order_asked_without_those_that_are_gone(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        found = view.chunks([4, 1, 99, 3])
        assert [(stored.row, stored.chunk.text) for stored in found] == [(4, "one gamma"), (3, "one beta")]
        assert view.rows_of([found[0].chunk.id, "unknown"]) == {found[0].chunk.id: 4}
        document = found[0].to_document()
        assert (document.metadata["source"], document.metadata["page_label"]) == ("c.txt", "F-1")


def test_vectors_come_with_their_rows(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        rows, vectors = view.vectors()
        assert (rows.tolist(), vectors.tolist()) == ([3, 4], [[0, 1, 0, 0], [0, 0, 1, 0]])
        assert vectors.dtype == np.float16
        rows, vectors = view.vectors_of([4, 99])
        assert (rows.tolist(), vectors.tolist()) == ([4], [[0, 0, 1, 0]])


def test_equal_vectors_are_kept_once_and_come_for_each_row(writer: IndexWriter, folder: Path, put: Put) -> None:
    put(writer, "z.txt", "zero", vector=(0, 0, 0, 1))
    put(writer, "a.txt", "one", "two", vector=(1, 0, 0, 0))
    put(writer, "y.txt", "last", vector=(0, 0, 0, 1))
    writer.commit()
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        rows, vectors = view.vectors()
        assert rows.tolist() == [1, 2, 3, 4]
        assert vectors[:, 0].tolist() == [0, 1, 1, 0]


def test_word_search_is_told_what_it_needs(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert list(view.lexical_inputs(3)) == [
            LexicalRow(4, "file:///docs/c.txt", "c.txt", "", "", "one gamma", "one gamma")
        ]


def test_changes_are_what_came_and_went_since(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        changes = view.changes(1)
        assert (changes.added.tolist(), changes.removed.tolist()) == ([3, 4], [1, 2])
        changes = view.changes(0)
        assert (changes.added.tolist(), changes.removed.tolist()) == ([3, 4], [])
        changes = view.changes(2)
        assert (changes.added.tolist(), changes.removed.tolist()) == ([], [])


def test_a_row_that_came_and_went_between_two_commits_is_in_no_change(
    writer: IndexWriter, folder: Path, put: Put
) -> None:
    source = put(writer, "a.txt", "one")
    writer.commit()
    put(writer, "a.txt", "two")
    writer.commit()
    put(writer, "a.txt", "three")
    put(writer, "a.txt", "four")
    writer.remove(source.uri)
    writer.commit()
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        assert [view.changes(since).removed.tolist() for since in (0, 1, 2, 3)] == [[], [1], [2], []]


def test_groups_are_closed_to_all_others_once_they_are_used(index: Path) -> None:
    found = []
    for groups in (None, ["sales"], ["sales", "staff"]):
        with IndexReader.open(index, groups=groups) as reader, reader.view() as view:
            rows = view.allowed(None)
            found.append(None if rows is None else rows.tolist())
    assert found == [[], [], [3]]


def test_without_groups_and_filter_everything_is_allowed(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "one")
    writer.commit()
    for groups in (None, ["staff"]):
        with IndexReader.open(folder, groups=groups) as reader, reader.view() as view:
            assert view.allowed(None) is None
            assert view.allowed({}) is None


def test_status_speaks_the_names_of_the_command_line(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader:
        facts = reader.status()
    assert facts.pop("size_bytes") > 0
    assert facts == {
        "documents": 2,
        "pages": 2,
        "text_pages": 0,
        "ocr_pages": 2,
        "blank_pages": 0,
        "failed_pages": 0,
        "chunks": 2,
        "hidden": 1,
        "failed": 0,
        "removed": 0,
        "generation": 1,
        "pending": 0,
        "models": {"embedding": "test-model", "dimension": 4},
        "cost": 0.0,
        "failures": [],
        "doubtful": [],
        "unread": [],
    }


def test_status_loads_nothing_heavy(index: Path) -> None:
    script = (
        "import sys; from mistral_rag.index import UnrestrictedReader\n"
        "with UnrestrictedReader.open(sys.argv[1]) as reader: reader.status(), reader.identity\n"
        "print(*{'numpy', 'pydantic', 'faiss', 'langchain_core', 'httpx'} & sys.modules.keys())"
    )
    run = subprocess.run([sys.executable, "-c", script, index], capture_output=True, text=True, check=True)
    assert run.stdout == "\n"


def test_many_threads_read_while_one_writes(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "0.txt", "text 0")
    writer.commit()
    wrong: list[str] = []
    done = threading.Event()

    def read(reader: UnrestrictedReader) -> None:
        while not done.is_set():
            with reader.view() as view:
                rows, _ = view.vectors()
                texts = [stored.chunk.text for stored in view.chunks(rows)]
                if texts != [f"text {view.sequence - 1}"]:
                    wrong.append(f"{view.sequence}: {texts}")

    with UnrestrictedReader.open(folder) as reader:
        threads = [threading.Thread(target=read, args=(reader,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(1, 40):
            writer.remove(f"file:///docs/{number - 1}.txt")
            put(writer, f"{number}.txt", f"text {number}")
            writer.commit()
        done.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_reader_in_between_does_not_make_the_log_grow(folder: Path, writer: IndexWriter, put: Put) -> None:
    with UnrestrictedReader.open(folder) as reader:
        for number in range(300):
            put(writer, "a.txt", f"text {number}")
            writer.commit()
            with reader.view() as view:
                assert view.sequence == number + 1
    assert (folder / "index.db-wal").stat().st_size < 40_000_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_reads_on_while_its_parent_writes(index: Path) -> None:
    script = """
import os, sys
from mistral_rag.index import UnrestrictedReader
from mistral_rag.index import IndexWriter
reader = UnrestrictedReader.open(sys.argv[1])
assert reader.sequence == 2
children = []
for _ in range(4):
    children.append(os.fork())
    if children[-1] == 0:
        seen = 2
        while seen < 12:
            with reader.view() as view:
                assert view.sequence >= seen
                seen = view.sequence
        os._exit(0)
for number in range(10):
    with IndexWriter.open(sys.argv[1], wait=60) as writer:
        writer.set_extra("number", number)
        writer.commit()
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
"""
    subprocess.run([sys.executable, "-c", script, index], check=True, timeout=60)


def test_missing_foreign_and_newer_folders_are_told_apart(tmp_path: Path, index: Path) -> None:
    with pytest.raises(IndexNotFoundError, match="ingest build"):
        UnrestrictedReader.open(tmp_path / "nowhere")
    (tmp_path / "letter.txt").touch()
    with pytest.raises(NotAnIndexError):
        UnrestrictedReader.open(tmp_path)
    with pytest.raises(NotAnIndexError):
        UnrestrictedReader.open(tmp_path / "letter.txt")
    change(index, "PRAGMA user_version = 999")
    with pytest.raises(IndexVersionError, match="format 999"):
        UnrestrictedReader.open(index)


@pytest.mark.parametrize("name", ["index.db", "index.seal", "LOCK"])
def test_a_link_in_the_folder_is_followed_nowhere(index: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (index / name).rename(elsewhere)
    (index / name).symlink_to(elsewhere)
    with pytest.raises(IndexDamagedError, match="link"):
        UnrestrictedReader.open(index)
    with pytest.raises(IndexDamagedError, match="link"):
        IndexWriter.open(index)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON chunks BEGIN DELETE FROM sources; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (a)",
        "DROP INDEX chunks_by_source",
    ],
)
def test_foreign_tables_views_and_triggers_are_refused(index: Path, statement: str) -> None:
    change(index, statement)
    with pytest.raises(IndexDamagedError, match="other tables"):
        UnrestrictedReader.open(index)
    with pytest.raises(IndexDamagedError, match="other tables"):
        IndexWriter.open(index)


def test_tables_that_can_not_be_read_are_damage(index: Path) -> None:
    data = (index / "index.db").read_bytes()
    (index / "index.db").write_bytes(data.replace(b"CREATE TABLE pages (page", b"CREATE TABLE pages (\xff\xfe\xfd\xfc"))
    with pytest.raises(IndexDamagedError):
        UnrestrictedReader.open(index)
    with pytest.raises(IndexDamagedError):
        IndexWriter.open(index)


def test_a_changed_row_is_not_given_out(index: Path) -> None:
    change(index, "UPDATE chunks SET text = replace(text, 'gamma', 'delta')")
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert [stored.chunk.text for stored in view.chunks([3])] == ["one beta"]
        with pytest.raises(IndexDamagedError, match="not what was written"):
            view.chunks([4])


def test_a_lost_database_and_a_lost_commit_are_damage(index: Path, put: Put, tmp_path: Path) -> None:
    shutil.copytree(index, tmp_path / "older")
    with IndexWriter.open(index) as writer:
        put(writer, "d.txt", "one delta")
        writer.commit()
        put(writer, "e.txt", "one epsilon")
        writer.commit()
    shutil.copy(tmp_path / "older" / "index.db", index / "index.db")
    with pytest.raises(IndexDamagedError, match="lost its last 2 commits"):
        UnrestrictedReader.open(index)
    with pytest.raises(IndexDamagedError, match="lost its last 2 commits"):
        IndexWriter.open(index)
    (index / "index.db").unlink()
    with pytest.raises(IndexDamagedError, match=r"lost its index\.db"):
        UnrestrictedReader.open(index)


def test_a_missing_or_foreign_seal_is_damage(index: Path, folder: Path, tmp_path: Path, put: Put) -> None:
    (index / "index.seal").rename(tmp_path / "seal")
    with pytest.raises(IndexDamagedError, match="seal is missing"):
        UnrestrictedReader.open(index)
    other = tmp_path / "other"
    with IndexWriter.open(other) as writer:
        for number in (1, 2):
            writer.set_extra("number", number)
            writer.commit()
    shutil.copy(other / "index.seal", index / "index.seal")
    with pytest.raises(IndexDamagedError, match="different histories"):
        UnrestrictedReader.open(index)


def test_a_seal_one_commit_behind_is_what_a_crash_leaves_and_is_mended(index: Path, put: Put) -> None:
    before = (index / "index.seal").read_bytes()
    with IndexWriter.open(index) as writer:
        put(writer, "d.txt", "one delta")
        writer.commit()
    after = (index / "index.seal").read_bytes()
    (index / "index.seal").write_bytes(before)
    with UnrestrictedReader.open(index) as reader:
        assert reader.sequence == 3
    IndexWriter.open(index).close()
    assert (index / "index.seal").read_bytes() == after


def test_an_index_that_was_replaced_is_not_read_on(index: Path, tmp_path: Path) -> None:
    with UnrestrictedReader.open(index) as reader:
        index.rename(tmp_path / "away")
        assert reader.replaced
        with pytest.raises(IndexNotFoundError, match="deleted or replaced"):
            reader.status()


def test_an_error_inside_a_view_is_the_callers_own(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader:
        with pytest.raises(ConnectionError, match="theirs"), reader.view():
            raise ConnectionError("theirs")
        assert reader.sequence == 2


def test_a_closed_reader_says_so(index: Path) -> None:
    reader = UnrestrictedReader.open(index)
    reader.close()
    reader.close()
    with pytest.raises(StoreError, match="closed"), reader.view():
        pass


UNPRIVILEGED = """
import os, sys
import mistral_rag.index._view
from mistral_rag.errors import StoreError
from mistral_rag.index import verify
from mistral_rag.index import UnrestrictedReader
from mistral_rag.index import IndexWriter
if os.getuid() == 0:
    os.setuid(65534)
try:
    if sys.argv[2] == "write":
        IndexWriter.open(sys.argv[1])
    with UnrestrictedReader.open(sys.argv[1]) as reader, reader.view() as view:
        print([source.name for source in view.sources()], verify(sys.argv[1]))
except StoreError as error:
    print(type(error).__name__, error)
"""


def without_write_permission(index: Path, task: str) -> str:
    """The output of a process that may read a copy of the folder and not write to it; the folder is called INDEX."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        copy = Path(place) / "index"
        shutil.copytree(index, copy)
        for path in copy.iterdir():
            path.chmod(0o444)
        copy.chmod(0o555)
        command = [sys.executable, "-c", UNPRIVILEGED, str(copy), task]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        copy.chmod(0o700)
        return (run.stdout + run.stderr).strip().replace(str(copy), "INDEX")


@pytest.mark.skipif(os.name == "nt", reason="needs modes")
def test_a_finished_index_opens_where_nobody_may_write(index: Path) -> None:
    assert without_write_permission(index, "read") == "['b.txt', 'c.txt'] []"
    assert without_write_permission(index, "write") == "IndexWriteError can't write to INDEX: Permission denied"


@pytest.mark.skipif(os.name == "nt", reason="needs modes")
def test_with_a_log_there_an_index_is_refused_where_nobody_may_write(index: Path, put: Put, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with IndexWriter.open(index) as writer:
        put(writer, "d.txt", "one delta")
        writer.commit()
        shutil.copytree(index, killed)
    (killed / "index.db-shm").unlink()
    refusal = without_write_permission(killed, "read")
    assert refusal.startswith("IndexWriteError can't open INDEX: ")
    assert refusal.endswith("ingest export --frozen")


def change(index: Path, statement: str) -> None:
    """Change the database behind the store's back."""
    import sqlite3

    connection = sqlite3.connect(index / "index.db", isolation_level=None)
    connection.execute(statement)
    connection.close()
