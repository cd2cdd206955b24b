"""Passages whose vectors are still to come: written, searched, verified, copied, given their vectors."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import IndexMismatchError
from mistral_rag.index import (
    DenseSettings,
    Identity,
    IndexWriter,
    UnrestrictedReader,
    export_faiss,
    export_lines,
    import_lines,
    repair,
    snapshot,
    verify,
)
from mistral_rag.testing import small_document

UNITS = np.eye(4, dtype=np.float32)


def put(writer: IndexWriter, name: str, *texts: str) -> None:
    """A document without vectors, which come later."""
    source, pages, chunks = small_document(name, texts)
    writer.put(source, pages, chunks, pending=True)


def embed(writer: IndexWriter, rows: list[int]) -> None:
    """Give rows the unit vectors of their numbers, and commit."""
    writer.add_vectors(rows, np.stack([UNITS[row % 4] for row in rows]))
    writer.commit()


def nearest(reader: UnrestrictedReader, axis: int) -> list[int]:
    with reader.view() as view:
        rows, scores = view.nearest(UNITS[axis], 9)
        return [int(row) for row, score in zip(rows, scores, strict=True) if score > 0]


@pytest.fixture
def index(writer: IndexWriter, folder: Path) -> Path:
    """Rows 1 to 3 of one document, row 4 of another; rows 3 and 1 have got their vectors, in this order."""
    put(writer, "a.txt", "one", "two", "three")
    put(writer, "b.txt", "four")
    writer.commit()
    embed(writer, [3])
    embed(writer, [1])
    return folder


def test_a_vector_that_comes_later_is_found_by_the_row_it_belongs_to(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert view.pending() == [2, 4]
        assert view.pending(after=2, limit=1) == [4]
        rows, vectors = view.vectors()
        assert (rows.tolist(), vectors.argmax(axis=1).tolist()) == ([1, 3], [1, 3])
    assert verify(index) == []


def test_an_open_reader_sees_vectors_as_they_come(index: Path, writer: IndexWriter) -> None:
    with UnrestrictedReader.open(index) as reader:
        assert [nearest(reader, axis) for axis in range(4)] == [[], [1], [], [3]]
        embed(writer, [4, 2])
        assert [nearest(reader, axis) for axis in range(4)] == [[4], [1], [2], [3]]
        writer.remove(small_document("a.txt", ["one"])[0].uri)
        put(writer, "c.txt", "five")
        writer.commit()
        assert [nearest(reader, axis) for axis in range(4)] == [[4], [], [], []]
        embed(writer, [5])
        assert [nearest(reader, axis) for axis in range(4)] == [[4], [5], [], []]


def test_sign_bits_follow_vectors_that_come_later(folder: Path, identity: Identity) -> None:
    few = DenseSettings(exact_rows=2, newer_rows=1)
    with IndexWriter.open(folder, identity=identity, dense=few) as writer:
        put(writer, "a.txt", *(f"page {number}" for number in range(8)))
        writer.commit()
        embed(writer, [8, 6, 4, 2])
        writer.refresh_caches()
        with UnrestrictedReader.open(folder, dense=few) as reader:
            assert nearest(reader, 2) == [2, 6]
            embed(writer, [7, 5, 3, 1])
            assert [nearest(reader, axis) for axis in range(4)] == [[4, 8], [1, 5], [2, 6], [3, 7]]
        with UnrestrictedReader.open(folder, dense=few) as reader:
            assert [nearest(reader, axis) for axis in range(4)] == [[4, 8], [1, 5], [2, 6], [3, 7]]
        writer.compact()
        with UnrestrictedReader.open(folder, dense=few) as reader:
            assert [nearest(reader, axis) for axis in range(4)] == [[4, 8], [1, 5], [2, 6], [3, 7]]
    assert verify(folder) == []


def test_rows_that_are_gone_or_have_a_vector_are_left_as_they_are(index: Path, writer: IndexWriter) -> None:
    writer.add_vectors([1, 2, 99], np.stack([UNITS[0], UNITS[2], UNITS[3]]))
    writer.commit()
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        rows, vectors = view.vectors()
        assert (rows.tolist(), vectors.argmax(axis=1).tolist()) == ([1, 2, 3], [1, 2, 3])
    assert verify(index) == []


@pytest.mark.parametrize("matrix", [UNITS[:1, :3], UNITS[:2], np.full((1, 4), np.nan, np.float32)])
def test_vectors_that_do_not_fit_are_refused(index: Path, writer: IndexWriter, matrix: np.ndarray) -> None:
    with pytest.raises(ValueError, match="vectors"):
        writer.add_vectors([2], matrix)
    assert verify(index) == []


def test_what_was_not_committed_is_dropped(index: Path, writer: IndexWriter) -> None:
    writer.add_vectors([2], UNITS[:1])
    writer.rollback()
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert view.pending() == [2, 4]
    assert verify(index) == []


def test_the_status_counts_them(index: Path) -> None:
    with UnrestrictedReader.open(index) as reader:
        assert (reader.status()["chunks"], reader.status()["pending"]) == (4, 2)


def test_an_index_for_words_alone_waits_for_nothing(folder: Path) -> None:
    with IndexWriter.open(folder, identity=Identity("", 0)) as writer:
        put(writer, "a.txt", "one")
        writer.commit()
    with UnrestrictedReader.open(folder) as reader, reader.view() as view:
        assert (reader.status()["pending"], view.pending()) == (0, [])


def test_an_export_says_which_vectors_are_to_come(index: Path, tmp_path: Path) -> None:
    lines = list(export_lines(index))
    assert [each is None for each in json.loads(lines[1])["vectors"]] == [False, True, False]
    assert json.loads(lines[2])["vectors"] == []
    assert import_lines(lines, tmp_path / "copy") == 2
    with UnrestrictedReader.open(tmp_path / "copy") as reader, reader.view() as view:
        assert view.pending() == [2, 4]
        assert view.vectors()[0].tolist() == [1, 3]
    assert verify(tmp_path / "copy") == []
    assert list(export_lines(tmp_path / "copy")) == lines


def test_copies_and_a_repair_keep_them_waiting(index: Path, tmp_path: Path, writer: IndexWriter) -> None:
    assert snapshot(index, tmp_path / "copy", caches=True).documents == 2
    assert export_faiss(index, tmp_path / "vectors.faiss") == 2
    writer.close()
    assert repair(index).losses == ()
    for folder in (index, tmp_path / "copy"):
        with UnrestrictedReader.open(folder) as reader, reader.view() as view:
            assert view.pending() == [2, 4]


def test_a_model_that_is_still_to_be_chosen_may_be_set_once(folder: Path) -> None:
    words, chosen = Identity("", 0, chunker="units"), Identity("test-model", 4, chunker="units")
    with IndexWriter.open(folder) as writer:
        writer.set_identity(words, undecided=True)
        put(writer, "a.txt", "one", "two")
        writer.commit()
        with UnrestrictedReader.open(folder) as reader:
            assert reader.status()["pending"] == 2
        with pytest.raises(IndexMismatchError, match="chunker"):
            writer.set_identity(Identity("test-model", 4, chunker="lines"))
        writer.set_identity(chosen)
        embed(writer, [1])
        assert not writer.undecided
        with pytest.raises(IndexMismatchError):
            writer.set_identity(Identity("other-model", 4, chunker="units"))
    assert verify(folder) == []


def test_an_import_knows_that_the_model_is_still_to_be_chosen(folder: Path, tmp_path: Path) -> None:
    with IndexWriter.open(folder) as writer:
        writer.set_identity(Identity("", 0), undecided=True)
        put(writer, "a.txt", "one")
        writer.commit()
    import_lines(export_lines(folder), tmp_path / "copy")
    with IndexWriter.open(tmp_path / "copy") as writer:
        assert writer.undecided


def test_a_repair_counts_only_vectors_that_were_there(index: Path, writer: IndexWriter) -> None:
    writer.close()
    connection = sqlite3.connect(index / "index.db")
    with connection:
        connection.execute("UPDATE vectors SET data = zeroblob(8) WHERE vector = 1")
    connection.close()
    assert [str(loss) for loss in repair(index).losses] == ["a.txt: the vector of 1 passage"]
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert len(view.pending()) == 3
