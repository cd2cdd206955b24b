"""A repaired index passes `verify`, holds all that was whole, says what is lost, and its old files are still there."""
# ruff: noqa: S311

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mistral_rag.errors import (
    IndexLockedError,
    IndexNotFoundError,
    IndexVersionError,
    NotAnIndexError,
)
from mistral_rag.index import IndexReader, IndexWriter, UnrestrictedReader, repair, verify
from mistral_rag.index._database.format import PAGE_SIZE
from mistral_rag.index._recovery.salvage import Loss
from mistral_rag.schema import Locator, Page, Source

Put = Callable[..., Source]
NAMES = ["0.txt", "1.txt", "2.txt", "3.txt"]


@pytest.fixture
def index(folder: Path, writer: IndexWriter, put: Put) -> Path:
    for number in range(5):
        texts = [
            f"page {page} of {number} {random.Random(number * 10 + page).randbytes(900).hex()}" for page in (1, 2, 3)
        ]
        put(writer, f"{number}.txt", *texts, vector=(number, 1, 0, 0), metadata={"n": number}, groups=("staff",))
        writer.keep_embeddings("test-model", [bytes([number])], np.array([[number, 1, 0, 0]]))
    page = Page(locator=Locator(kind="page", number=1), text="read from a picture " * 2000)
    writer.keep_page("reader", b"key", page, file="0" * 64)
    writer.set_extra("step", 5)
    writer.commit()
    writer.remove("file:///docs/4.txt", remember=True)
    writer.commit()
    writer.close()
    return folder


def content(index: Path) -> dict[str, Any]:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert view.extra("step") == 5  # noqa: S610
        return {
            source.name: (source, list(view.pages(source.uri)), view.content_of(source.uri))
            for source in view.sources()
        }


def change(index: Path, *statements: str) -> None:
    connection = sqlite3.connect(index / "index.db")
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def overwrite(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def root_page(index: Path, name: str) -> int:
    connection = sqlite3.connect(index / "index.db")
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    connection.close()
    return int(page)


def test_a_sound_index_is_left_alone(index: Path) -> None:
    before = (index / "index.db").read_bytes()
    report = repair(index)
    assert (report.problems, report.losses, report.documents, report.quarantine) == ((), (), 4, None)
    assert (index / "index.db").read_bytes() == before


def _without_seal(index: Path) -> None:
    (index / "index.seal").unlink()


def _foreign_header(index: Path) -> None:
    overwrite(index / "index.db", 0, b"not a database at all, but 100 bytes" + bytes(64))


def _newer(index: Path) -> None:
    overwrite(index / "index.db", 60, (1 << 20).to_bytes(4, "big"))


def _broken_tree(index: Path) -> None:
    overwrite(index / "index.db", (root_page(index, "chunks_by_source") - 1) * PAGE_SIZE, bytes(PAGE_SIZE))


def _broken_names(index: Path) -> None:
    overwrite(index / "index.db", (root_page(index, "new_names") - 1) * PAGE_SIZE, bytes(PAGE_SIZE))


def _broken_history(index: Path) -> None:
    change(index, "DELETE FROM commits")


def _foreign_trigger(index: Path) -> None:
    change(index, "CREATE TRIGGER t AFTER INSERT ON chunks BEGIN DELETE FROM pages; END")


def _wrong_groups(index: Path) -> None:
    change(index, "DELETE FROM groups", "UPDATE facts SET value = 7 WHERE name = 'n'")


@pytest.mark.parametrize(
    "damage",
    [
        _without_seal,
        _foreign_header,
        _newer,
        _broken_tree,
        _broken_names,
        _broken_history,
        _foreign_trigger,
        _wrong_groups,
    ],
)
def test_what_only_leads_to_the_rows_is_made_again_and_nothing_is_lost(
    index: Path, damage: Callable[[Path], None]
) -> None:
    before = content(index)
    damage(index)
    damaged = (index / "index.db").read_bytes()
    report = repair(index)
    assert report.problems
    assert (report.losses, report.documents) == ((), 4)
    assert verify(index) == []
    assert content(index) == before
    assert report.quarantine == index / "quarantine-1"
    assert (index / "quarantine-1" / "index.db").read_bytes() == damaged
    with IndexReader.open(index, groups=["staff"]) as reader, reader.view() as view:
        rows = view.allowed({"n": 2})
        assert rows is not None
        assert len(rows) == 3
        assert view.generation == 2


@pytest.mark.parametrize(
    ("statement", "lost", "left"),
    [
        ("UPDATE chunks SET text = 'x' WHERE row = 5", "1 passage", NAMES),
        ("UPDATE pages SET label = 'x' WHERE page = 5", "page 2, 1 passage", NAMES),
        ("UPDATE layouts SET words = x'00' WHERE page = 5", "page 2, 1 passage", NAMES),
        ("UPDATE pages SET label = 'x' WHERE source = 2", "the whole document (3 pages)", ["0.txt", "2.txt", "3.txt"]),
        ("UPDATE sources SET root = 'x' WHERE source = 2", "the whole document (3 pages)", ["0.txt", "2.txt", "3.txt"]),
    ],
)
def test_what_is_lost_is_said_by_document(index: Path, statement: str, lost: str, left: list[str]) -> None:
    before = content(index)
    change(index, statement)
    report = repair(index)
    assert report.losses == (Loss("1.txt", lost),)
    assert verify(index) == []
    after = content(index)
    assert list(after) == left
    assert {name: after[name] for name in after if name != "1.txt"} == {
        name: before[name] for name in after if name != "1.txt"
    }


def test_a_document_that_lost_a_page_keeps_the_others_and_is_read_again_by_the_next_build(index: Path) -> None:
    change(index, "UPDATE pages SET label = 'x' WHERE page = 5")
    repair(index)
    with IndexWriter.open(index) as writer:
        state = writer.sources()["file:///docs/1.txt"]
        assert (state.size, state.pages, state.chunks, state.status) == (-1, 3, 2, "ok")
        assert state.problems == ((2, "lost by damage to the index; the next build reads it again"),)
    with UnrestrictedReader.open(index) as reader:
        assert [reader.page("file:///docs/1.txt", number).text[:9] for number in (1, 2, 3)] == [
            "page 1 of", "", "page 3 of",
        ]  # fmt: skip


def test_a_lost_vector_leaves_its_passages_to_word_search(index: Path) -> None:
    change(index, "UPDATE vectors SET data = zeroblob(8) WHERE vector = 2")
    report = repair(index)
    assert report.losses == (
        Loss("", "1 kept embedding, to be made again when needed"),
        Loss("1.txt", "the vectors of 3 passages"),
    )
    assert verify(index) == []
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert len(view.chunks(range(20))) == 12
        assert view.vectors()[0].tolist() == [1, 2, 3, 7, 8, 9, 10, 11, 12]


def test_what_was_removed_stays_removed_and_what_was_paid_for_is_kept(index: Path) -> None:
    _without_seal(index)
    repair(index)
    with IndexWriter.open(index) as writer:
        assert writer.cached_pages("reader", [b"key"])[b"key"].text == "read from a picture " * 2000
        assert writer.cached_embeddings("test-model", [b"\x04"])[b"\x04"].tolist() == [4, 1, 0, 0]
        assert writer.sources()["file:///docs/4.txt"].status == "removed"


def test_commits_behind_a_damaged_place_in_the_log_are_saved(index: Path, put: Put, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with IndexWriter.open(index) as writer:
        for number in (5, 6, 7):
            put(writer, f"{number}.txt", f"text of {number}")
            writer.commit()
        shutil.copytree(index, killed)
    before = content(index)
    (killed / "index.db-shm").unlink()
    overwrite(killed / "index.db-wal", 32 + 8, b"\xff")  # in the salt of the first frame
    assert next(str(problem) for problem in verify(killed)).endswith(
        "lost its last 3 commits. Run: ingest verify --index " + str(killed)
    )
    report = repair(killed)
    assert verify(killed) == []
    assert set(content(killed)) | {loss.source for loss in report.losses} >= set(before)
    assert {"5.txt", "6.txt", "7.txt"} & set(content(killed))
    assert (killed / "quarantine-1" / "index.db-wal").exists()


def test_commits_that_are_gone_with_the_log_are_told(index: Path, put: Put, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with IndexWriter.open(index) as writer:
        for number in (5, 6):
            put(writer, f"{number}.txt", f"text of {number}")
            writer.commit()
        shutil.copytree(index, killed)
    for name in ("index.db-wal", "index.db-shm"):
        (killed / name).unlink()
    report = repair(killed)
    assert report.losses == (Loss("", "what changed in the last 2 commits"),)
    assert verify(killed) == []
    assert list(content(killed)) == NAMES


def test_a_link_in_place_of_a_file_is_set_aside_and_not_followed(index: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("another's")
    for name in ("index.seal", "LOCK"):
        (index / name).unlink()
        (index / name).symlink_to(elsewhere)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert repair(index).losses == ()
    assert verify(index) == []
    assert elsewhere.read_text() == "another's"
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("stop", range(6))
def test_a_repair_that_was_stopped_goes_on(index: Path, monkeypatch: pytest.MonkeyPatch, stop: int) -> None:
    before = content(index)
    _broken_tree(index)
    real = Path.rename
    moved: list[str] = []

    def stopped(self: Path, target: Path) -> Path:
        if len(moved) == stop:
            raise KeyboardInterrupt
        moved.append(self.name)
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stopped)
        with pytest.raises(KeyboardInterrupt):
            repair(index)
    report = repair(index)
    assert (report.losses, report.documents) == ((), 4)
    assert verify(index) == []
    assert content(index) == before
    assert (index / "quarantine-1" / "index.db").exists()
    assert not (index / "repaired").exists()


def test_a_folder_that_only_looks_like_a_stopped_repair_is_not_followed_elsewhere(index: Path, tmp_path: Path) -> None:
    (index / "repaired").mkdir()
    (index / "repaired" / "report.json").write_text('{"problems": [], "losses": [], "quarantine": "../../elsewhere"}')
    said = "repaired: is not the state of an interrupted repair"
    report = repair(index)
    assert (list(map(str, report.problems)), report.losses, report.quarantine) == ([said], (), index / "quarantine-1")
    assert (index / "quarantine-1" / "repaired" / "report.json").exists()
    (tmp_path / "report.json").write_text('{"problems": [], "losses": [], "quarantine": "quarantine-9"}')
    (index / "repaired").symlink_to(tmp_path)
    report = repair(index)
    assert (list(map(str, report.problems)), report.losses, report.quarantine) == ([said], (), index / "quarantine-2")
    assert (index / "quarantine-2" / "repaired").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "report.json"]
    assert verify(index) == []


def test_nothing_to_repair_is_said(tmp_path: Path, index: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        repair(tmp_path / "nowhere")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("text")
    with pytest.raises(NotAnIndexError):
        repair(tmp_path / "other")
    with IndexWriter.open(index), pytest.raises(IndexLockedError):
        repair(index)


def test_a_newer_format_and_another_programs_database_are_not_repaired(index: Path, tmp_path: Path) -> None:
    change(index, "CREATE TABLE new (a)", "DROP TABLE removals", "PRAGMA user_version = 9")
    with pytest.raises(IndexVersionError):
        repair(index)
    other = tmp_path / "other"
    other.mkdir()
    connection = sqlite3.connect(other / "index.db")
    connection.execute("CREATE TABLE mail (text)")
    connection.close()
    with pytest.raises(NotAnIndexError):
        repair(other)


@pytest.mark.parametrize("page", range(0, 26, 2))
def test_an_index_with_a_page_of_noise_passes_verify_after_its_repair(index: Path, page: int) -> None:
    before = content(index)
    pages = (index / "index.db").stat().st_size // PAGE_SIZE
    noise = random.Random(page).randbytes(PAGE_SIZE)
    overwrite(index / "index.db", page % pages * PAGE_SIZE, noise)
    report = repair(index)
    assert verify(index) == []
    told = {loss.source for loss in report.losses}
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        after = {
            source.name: (source, list(view.pages(source.uri)), view.content_of(source.uri))
            for source in view.sources()
        }
    for name in before:
        assert after.get(name) == before[name] or name in told or any("whose name is lost" in one for one in told)
