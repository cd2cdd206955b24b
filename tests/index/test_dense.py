"""Vectors beyond what is held in memory: bits, their file, what is newer than it, and how exact the answers are."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index import DenseIndex, DenseSettings, Identity, IndexReader, IndexWriter
from mistral_rag.index._dense import binary_index_file, vector_rows
from mistral_rag.index._dense import cache as dense
from mistral_rag.testing import small_document

DIMENSION = 60
COUNT = 900
PER_SOURCE = 10
SMALL = DenseSettings(exact_rows=100, newer_rows=60)
"""Indexes are large from 100 rows on, and much is newer from 60 rows on."""


def load(path: Path) -> binary_index_file.SavedIndex | None:
    return binary_index_file.load(path, dimension=DIMENSION, max_rows=2 * COUNT)


def made(count: int, seed: int = 0, *, unit: bool = True) -> np.ndarray:
    """Vectors around a few centres, all on one side of the origin."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(77).normal(size=(20, DIMENSION))
    matrix = 2 + centres[random.integers(0, 20, count)]
    matrix += random.normal(size=matrix.shape)
    if unit:
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix.astype(np.float16)


def put(writer: IndexWriter, matrix: np.ndarray, first: int = 0) -> None:
    """Sources of ten rows; every tenth source says so."""
    for at in range(0, len(matrix), PER_SOURCE):
        number = first + at // PER_SOURCE
        own = matrix[at : at + PER_SOURCE]
        texts = [f"text {number} {i}" for i in range(len(own))]
        tenth = {"tenth": number % 10 == 0}
        writer.put(*small_document(f"{number}.txt", texts, root="file://", metadata=tenth), own)


def build(folder: Path, matrix: np.ndarray, metric: str = "cosine") -> Path:
    with IndexWriter.open(folder, identity=Identity("m", DIMENSION, metric), dense=SMALL) as writer:  # type: ignore[arg-type]
        put(writer, matrix)
        writer.commit()
        writer.refresh_caches()
    return folder


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dense") / "index", made(COUNT))


@pytest.fixture
def index(tmp_path: Path, original: Path) -> Path:
    """An index of 900 rows."""
    shutil.copytree(original, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def reader(index: Path) -> Iterator[IndexReader]:
    with IndexReader.open(index, dense=SMALL) as reader:
        yield reader


def opened(reader: IndexReader) -> DenseIndex:
    with reader.view() as view:
        return view.dense()


def asked(count: int = 50, *, unit: bool = True) -> np.ndarray:
    return made(count, seed=9, unit=unit).astype(np.float32)


def recall(index: DenseIndex, reader: IndexReader, questions: np.ndarray, rows: np.ndarray | None = None) -> float:
    """The share of the true nearest ten that the index finds."""
    with reader.view() as view:
        known, matrix = view.vectors()
    kept = np.ones(len(known), dtype=bool) if rows is None else np.isin(known, rows)
    hits = []
    for question in questions:
        scores = np.where(kept, matrix.astype(np.float32) @ question, -np.inf)
        true = set(known[np.argsort(-scores)[:10]].tolist())
        hits.append(len(true & set(index.search(question, 10, rows=rows)[0].tolist())) / 10)
    return float(np.mean(hits))


def test_of_a_large_index_only_bits_are_in_memory_and_nearly_all_nearest_rows_are_found(reader: IndexReader) -> None:
    found = opened(reader)
    assert not found.exact
    assert len(found) == COUNT
    assert found.depth.ten < COUNT / 2
    assert recall(found, reader, asked()) >= 0.98


def test_scores_are_exact_and_best_first(reader: IndexReader) -> None:
    question = asked(1)[0]
    rows, scores = opened(reader).search(question, 20)
    with reader.view() as view:
        known, matrix = view.vectors_of(rows)
    exact = dict(zip(known.tolist(), (matrix.astype(np.float32) @ question).tolist(), strict=True))
    assert scores.tolist() == pytest.approx([exact[row] for row in rows.tolist()], abs=1e-5)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert opened(reader).scores(question, rows[::-1]).tolist() == pytest.approx(scores[::-1].tolist())


def test_a_small_index_is_held_whole_and_has_no_file(tmp_path: Path) -> None:
    folder = build(tmp_path / "index", made(90))
    with IndexReader.open(folder, dense=SMALL) as reader:
        assert opened(reader).exact
        assert recall(opened(reader), reader, asked()) == 1.0
    assert not list(folder.glob("codes-*"))


def test_inner_products_of_any_length_are_searched_as_well(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    lengths = random.uniform(0.2, 5, size=(COUNT, 1))
    folder = build(tmp_path / "index", (made(COUNT) * lengths).astype(np.float16), "ip")
    with IndexReader.open(folder, dense=SMALL) as reader:
        assert not opened(reader).exact
        assert recall(opened(reader), reader, asked(unit=False)) >= 0.98


def test_few_rows_that_a_filter_leaves_are_all_scored(reader: IndexReader) -> None:
    with reader.view() as view:
        rows = view.allowed({"tenth": True})
        assert rows is not None
        assert len(rows) == COUNT // 10
        assert rows is view.allowed({"tenth": True})
    assert recall(opened(reader), reader, asked(), rows) == 1.0


def test_many_rows_that_a_filter_leaves_are_searched_by_their_bits(reader: IndexReader) -> None:
    with reader.view() as view:
        rows = view.allowed({"tenth": False})
    assert rows is not None
    found = replace(opened(reader), settings=DenseSettings(exact_rows=10))
    assert recall(found, reader, asked(), rows) >= 0.98
    assert set(found.search(asked(1)[0], 300, rows=rows)[0].tolist()) <= set(rows.tolist())


def test_a_filter_that_comes_again_is_not_worked_out_again(
    reader: IndexReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = opened(reader)
    with reader.view() as view:
        rows = view.allowed({"tenth": True})
    first = found.search(asked(1)[0], 5, rows=rows)
    monkeypatch.setattr(DenseIndex, "_chosen", None)
    again = found.search(asked(1)[0], 5, rows=rows)
    assert first[0].tolist() == again[0].tolist()


def test_rows_newer_than_the_file_are_found_and_removed_ones_are_not(index: Path, reader: IndexReader) -> None:
    question = asked(1)[0]
    with IndexWriter.open(index, dense=SMALL) as writer:
        before = opened(reader).search(question, 10)[0].tolist()
        gone = (before[0] - 1) // PER_SOURCE
        writer.remove(f"file:///{gone}.txt")
        put(writer, np.array([question], dtype=np.float16), first=5000)
        writer.commit()
    after = opened(reader)
    assert after.sequence == 2
    assert after.search(question, 10)[0].tolist()[0] == COUNT + 1
    assert before[0] not in after.search(question, 300)[0].tolist()
    assert len(after) == COUNT - PER_SOURCE + 1
    assert recall(after, reader, asked()) >= 0.98


def test_a_long_lived_reader_follows_many_commits(index: Path, reader: IndexReader) -> None:
    opened(reader)
    with IndexWriter.open(index, dense=SMALL) as writer:
        for turn in range(12):
            put(writer, made(30, seed=100 + turn), first=1000 + 3 * turn)
            writer.remove(f"file:///{2 * turn}.txt")
            writer.commit()
            opened(reader)
    found = opened(reader)
    with reader.view() as view:
        assert found.rows.tolist() == view.vectors()[0].tolist()
    assert len(found.segments) < 8
    assert not found.exact
    assert recall(found, reader, asked()) >= 0.98


def test_the_file_is_used_and_one_that_is_up_to_date_is_not_written_again(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = index / "codes-1.bin"
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_mtime_ns
    with IndexWriter.open(index, dense=SMALL) as writer:
        writer.refresh_caches()
        put(writer, made(10, seed=3), first=2000)
        writer.commit()
        writer.refresh_caches()
    assert path.stat().st_mtime_ns == before
    monkeypatch.setattr(dense, "_calibrated", None)
    with IndexReader.open(index, dense=SMALL) as reader:
        assert len(opened(reader)) == COUNT + 10


def test_when_much_is_newer_the_file_is_written_again(index: Path) -> None:
    with IndexWriter.open(index, dense=SMALL) as writer:
        put(writer, made(200, seed=3), first=2000)
        writer.commit()
        writer.refresh_caches()
    loaded = load(index / "codes-1.bin")
    assert loaded is not None
    assert (len(loaded[0].index), loaded[1]["sequence"]) == (COUNT + 200, 2)


@pytest.mark.parametrize("position", [3, 30, 200, 600, 5000, -1 - 2 * COUNT * DIMENSION])
def test_a_flipped_bit_is_found_and_the_bits_are_made_again(index: Path, position: int) -> None:
    path = index / "codes-1.bin"
    damaged = bytearray(path.read_bytes())
    damaged[position] ^= 16
    path.write_bytes(damaged)
    assert load(path) is None
    with IndexReader.open(index, dense=SMALL) as reader:
        assert recall(opened(reader), reader, asked()) >= 0.98
    with IndexWriter.open(index, dense=SMALL) as writer:
        writer.refresh_caches()
    assert load(path) is not None


def test_where_the_file_is_sound_the_database_is_not_asked_for_vectors(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with IndexReader.open(index, dense=SMALL) as reader:
        found, before = opened(reader), recall(opened(reader), reader, asked())
        monkeypatch.setattr(vector_rows, "fetched", None)
        assert recall(found, reader, asked()) == before


def in_place(path: Path, position: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(position, os.SEEK_END)
        file.write(data)


def test_vectors_are_read_from_the_file_and_what_is_damaged_there_from_the_database(index: Path) -> None:
    path, size = index / "codes-1.bin", 2 * COUNT * DIMENSION
    with IndexReader.open(index, dense=SMALL) as reader:
        with reader.view() as view:
            rows, matrix = view.vectors()
        exact = matrix.astype(np.float32) @ asked(1)[0]
        found = opened(reader)
        # two vectors change positions, one has a bit flipped, and the last ones are cut off while the file is in use
        in_place(path, -size, matrix[1].tobytes() + matrix[0].tobytes())
        in_place(path, -size + 20 * DIMENSION, b"\x01")
        assert found.scores(asked(1)[0], rows) == pytest.approx(exact, abs=1e-4)
        os.truncate(path, path.stat().st_size - 50 * DIMENSION)
        assert found.scores(asked(1)[0], rows) == pytest.approx(exact, abs=1e-4)
        assert recall(found, reader, asked()) >= 0.98


def test_a_purge_leaves_no_vector_of_what_was_removed(index: Path) -> None:
    removed, kept = (made(COUNT)[row].tobytes() for row in (5, 15))

    def holding(vector: bytes) -> set[str]:
        return {path.name for path in index.rglob("*") if path.is_file() and vector in path.read_bytes()}

    assert holding(removed) == holding(kept) == {"codes-1.bin", "index.db"}
    with IndexWriter.open(index, dense=SMALL) as writer:
        writer.remove("file:///0.txt")
        writer.purge()
    assert (holding(removed), holding(kept)) == (set(), {"codes-2.bin", "index.db"})


def test_a_file_that_is_cut_short_is_made_again(index: Path) -> None:
    path = index / "codes-1.bin"
    os.truncate(path, path.stat().st_size - 1)
    assert load(path) is None


def test_as_many_candidates_come_from_a_filtered_search_as_from_one_of_those_rows_alone(reader: IndexReader) -> None:
    found = opened(reader)
    rows = found.rows[::3]
    for question in asked(20):
        mine, alone = found.search(question, 10, rows=rows), found.only(rows).search(question, 10)
        assert mine[0].tolist() == alone[0].tolist()


@pytest.mark.parametrize("length", [0, 10, 25, 300, -1])
def test_a_file_that_was_cut_off_is_found(index: Path, length: int) -> None:
    path = index / "codes-1.bin"
    path.write_bytes(path.read_bytes()[:length])
    assert load(path) is None


@pytest.mark.parametrize(
    "head",
    [
        b'{"rows": 99999999999999, "dimension": 60, "weighed": false, "depth": [1, 1], "stamp": {}}',
        b'{"rows": -5, "dimension": 60, "weighed": false, "depth": [1, 1], "stamp": {}}',
        b'{"rows": 1, "dimension": 0, "weighed": false, "depth": [1, 1], "stamp": {}}',
        b"[]",
        b"{" * 9000,
    ],
)
def test_a_file_that_lies_about_its_size_takes_no_memory(index: Path, head: bytes) -> None:
    path = index / "codes-1.bin"
    path.write_bytes(binary_index_file.MAGIC + head + b"\n" + bytes(100))
    assert load(path) is None


def test_a_link_is_not_followed(index: Path, tmp_path: Path) -> None:
    path = index / "codes-1.bin"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert load(path) is None


def test_the_file_of_another_index_is_not_believed(index: Path, tmp_path: Path) -> None:
    other = build(tmp_path / "other", made(COUNT, seed=4))
    shutil.copy(other / "codes-1.bin", index / "codes-1.bin")
    with IndexReader.open(index, dense=SMALL) as reader:
        assert recall(opened(reader), reader, asked()) >= 0.98


def test_compaction_writes_the_next_generation_and_removes_the_old_one(index: Path, reader: IndexReader) -> None:
    opened(reader)
    reader.release()
    with IndexWriter.open(index, dense=SMALL) as writer:
        writer.remove("file:///3.txt")
        writer.compact()
    assert sorted(path.name for path in index.iterdir() if path.name.startswith(("codes", "lexical"))) == [
        "codes-2.bin",
        "lexical-2",
    ]
    loaded = load(index / "codes-2.bin")
    assert loaded is not None
    assert len(loaded[0].index) == COUNT - PER_SOURCE
    assert len(opened(reader)) == COUNT - PER_SOURCE


def test_a_compaction_that_stops_before_its_commit_leaves_the_old_generation(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = IndexWriter.open(index, dense=SMALL)
    monkeypatch.setattr(writer, "_changing", None)
    with pytest.raises(TypeError):
        writer.compact()
    monkeypatch.undo()
    writer.close()
    assert (index / "codes-1.bin").exists()
    with IndexReader.open(index, dense=SMALL) as reader:
        assert reader.status()["generation"] == 1
        assert len(opened(reader)) == COUNT
    with IndexWriter.open(index, dense=SMALL) as writer:
        writer.refresh_caches()
    assert sorted(path.name for path in index.glob("[cl]*-2*")) == []


def test_an_index_of_some_rows_is_as_if_it_had_never_held_others(reader: IndexReader) -> None:
    with reader.view() as view:
        rows = view.allowed({"tenth": True})
        assert rows is not None
        alone = DenseIndex.build(*view.vectors_of(rows))
    cut = opened(reader).only(rows)
    question = asked(1)[0]
    assert cut.search(question, 20)[0].tolist() == alone.search(question, 20)[0].tolist()
    assert cut.mean_score(question) == pytest.approx(alone.mean_score(question))


def test_the_mean_score_follows_what_comes_and_goes() -> None:
    matrix = made(60)
    index = DenseIndex.build(np.arange(1, 51), matrix[:50])
    question = asked(1)[0]
    removed = np.empty(0, np.int64)
    for row in range(3, 10):
        number = np.array([row + 50])
        new = vector_rows.VectorBatch(number, number, number.astype(np.uint64), matrix[row + 49 : row + 50])
        removed = np.append(removed, row)
        index = index.follow(np.array([row]), new, sequence=row)
        left = np.setdiff1d(np.arange(1, row + 51), [*removed, 51, 52])
        assert index.rows.tolist() == left.tolist()
        anew = DenseIndex.build(left, matrix[left - 1])
        assert index.mean_score(question) == anew.mean_score(question)


def test_the_mean_score_of_a_large_index_is_that_of_a_sample(reader: IndexReader) -> None:
    found = replace(opened(reader), settings=DenseSettings(sample_rows=300))
    question = asked(1)[0]
    with reader.view() as view:
        mean = float((view.vectors()[1].astype(np.float32) @ question).mean())
    assert found.mean_score(question) == pytest.approx(mean, abs=0.01)


def test_candidates_hold_the_nearest(reader: IndexReader) -> None:
    found = opened(reader)
    for question in asked(10):
        assert set(found.search(question, 10)[0].tolist()) <= set(found.candidates(question, 10).tolist())


def test_threads_search_while_commits_come(index: Path, reader: IndexReader) -> None:
    import threading

    wrong: list[str] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            with reader.view() as view:
                rows, _ = view.dense().search(asked(1)[0], 10)
                if len(view.chunks(rows)) < 9:
                    wrong.append(str(rows))

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    with IndexWriter.open(index, dense=SMALL) as writer:
        for turn in range(10):
            put(writer, made(10, seed=turn), first=3000 + turn)
            writer.commit()
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_index_whose_vectors_are_gone_is_damaged(index: Path) -> None:
    (index / "codes-1.bin").unlink()
    with closing(sqlite3.connect(index / "index.db")) as connection, connection:
        connection.execute("DELETE FROM vectors")
    with (
        IndexReader.open(index, dense=SMALL) as reader,
        pytest.raises(IndexDamagedError, match="has lost its vectors") as caught,
    ):
        opened(reader)
    assert str(caught.value).endswith(f". Run: ingest verify --index {index}")
