import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mistral_rag.index import IndexReader, IndexWriter, LexicalIndex
from mistral_rag.index._commit_rows import LexicalRow
from mistral_rag.index._lexical import index_file
from mistral_rag.index._lexical.cache import follow, searched_title
from mistral_rag.index._lexical.index_file import save
from mistral_rag.index._lexical.lexical_index import LexicalSegment
from mistral_rag.index._lexical.postings import Postings
from mistral_rag.schema import Source

Put = Callable[..., Source]


def load(folder: Path) -> index_file.SavedWords | None:
    return index_file.load(folder, max_bytes=1 << 28)


@pytest.fixture
def built(folder: Path, writer: IndexWriter, put: Put) -> Path:
    """The folder of the lexical index of three pages about phones, dividends and leave."""
    put(writer, "a.txt", "Net sales of phones rose.", "The dividend was paid.")
    put(writer, "b.txt", "Paid leave is 27 days.")
    writer.commit()
    writer.refresh_caches()
    return folder / "lexical-1"


def found(index: LexicalIndex, question: str) -> list[int]:
    return list(map(int, index.search(question, 10)[0]))


def seen(folder: Path) -> LexicalIndex:
    with IndexReader.open(folder) as reader, reader.view() as view:
        return view.lexical()


def test_what_was_saved_is_loaded(folder: Path, built: Path) -> None:
    loaded = load(built)
    assert loaded is not None
    assert found(loaded[0], "phone") == [1]
    assert found(seen(folder), "dividend") == [2]


def test_its_files_are_private(built: Path) -> None:
    assert built.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in built.iterdir()} == {0o600}


def test_rows_newer_than_the_files_are_searched(folder: Path, built: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "c.txt", "Zebras cross here.")
    writer.remove("file:///docs/b.txt")
    writer.commit()
    index = seen(folder)
    assert found(index, "zebra") == [4]
    assert found(index, "leave") == []


def test_refreshing_writes_what_came_and_forgets_what_went(
    folder: Path, built: Path, writer: IndexWriter, put: Put
) -> None:
    put(writer, "c.txt", "Zebras cross here.")
    writer.remove("file:///docs/b.txt")
    writer.commit()
    writer.refresh_caches()
    loaded = load(built)
    assert loaded is not None
    assert (found(loaded[0], "zebra"), found(loaded[0], "leave")) == ([4], [])
    named = {f"{name}.npy" for segment in manifest(built)["segments"] for name in segment.values() if len(name) == 64}
    assert {path.name for path in built.iterdir()} == {*named, "manifest.json"}


def test_a_second_refresh_touches_nothing(built: Path, writer: IndexWriter) -> None:
    before = (built / "manifest.json").stat().st_mtime_ns
    writer.refresh_caches()
    assert (built / "manifest.json").stat().st_mtime_ns == before


def manifest(built: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((built / "manifest.json").read_text())
    return content


@pytest.mark.parametrize("position", [0, 8, 70, -1])
def test_a_flipped_bit_in_any_file_is_found(folder: Path, built: Path, position: int) -> None:
    for path in sorted(built.iterdir()):
        whole = path.read_bytes()
        flipped = bytearray(whole)
        flipped[position] ^= 4
        path.write_bytes(flipped)
        assert load(built) is None, path.name
        assert found(seen(folder), "phone") == [1]
        path.write_bytes(whole)
    assert load(built) is not None


def test_a_missing_file_or_folder_is_made_again(folder: Path, built: Path, writer: IndexWriter) -> None:
    next(built.glob("*.npy")).unlink()
    assert load(built) is None
    writer.refresh_caches()
    assert load(built) is not None
    for path in built.iterdir():
        path.unlink()
    built.rmdir()
    assert found(seen(folder), "phone") == [1]


def test_files_of_another_index_are_not_believed(
    tmp_path: Path, folder: Path, built: Path, put: Put, identity: Any
) -> None:
    other = tmp_path / "other"
    with IndexWriter.open(other, identity=identity) as writer:
        put(writer, "z.txt", "One thing.", "Another.")
        put(writer, "y.txt", "A third thing.")
        writer.commit()
    (other / "lexical-1").symlink_to(built)
    assert load(other / "lexical-1") is None
    (other / "lexical-1").unlink()
    built.rename(other / "lexical-1")
    assert found(seen(other), "phone") == []
    assert found(seen(other), "thing") == [1, 3]


def test_arrays_that_could_run_code_are_not_loaded(built: Path) -> None:
    changed = manifest(built)
    np.save(built / "x.npy", np.array([print]), allow_pickle=True)
    changed["segments"][0]["rows"] = "x"
    (built / "manifest.json").write_text(json.dumps(changed))
    assert load(built) is None


def large(**changed: tuple[int, float]) -> Postings:
    """Postings that take more than one look at each file, with a number changed here and there."""
    arrays: dict[str, Any] = {
        "rows": np.arange(200_000),
        "words": np.ones(200_000, np.float32),
        "terms": np.arange(300_000, dtype=np.uint64) * np.uint64(2) + np.uint64(2**63),
        "starts": np.arange(300_001),
        "positions": np.arange(300_000, dtype=np.int32) % 200_000,
        "counts": np.ones(300_000, np.uint8),
    }
    for name, (place, number) in changed.items():
        arrays[name][place] = number
    return Postings(language="en", **arrays)


def test_large_files_are_loaded(tmp_path: Path) -> None:
    save(LexicalIndex([LexicalSegment(large())]), tmp_path / "lexical-1", {"commit": "a"})
    loaded = load(tmp_path / "lexical-1")
    assert loaded is not None
    index, stamp = loaded
    assert (len(index), stamp) == (200_000, {"commit": "a"})
    assert index.segments[0].postings.positions[-1] == 99_999


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": (131_072, 131_071)},
        {"words": (199_999, -1)},
        {"words": (0, np.nan)},
        {"words": (199_999, np.nan)},
        {"terms": (131_072, 2**63)},
        {"starts": (131_072, 131_070)},
        {"starts": (300_000, 300_001)},
        {"positions": (299_999, 200_000)},
        {"positions": (0, -1)},
    ],
)
def test_files_whose_numbers_do_not_fit_are_not_believed(tmp_path: Path, changed: dict[str, Any]) -> None:
    save(LexicalIndex([LexicalSegment(large(**changed))]), tmp_path / "lexical-1", {})
    assert load(tmp_path / "lexical-1") is None


@pytest.mark.parametrize("more", [b"", b"\0" * 8])
def test_a_file_that_is_no_plain_array_is_not_believed(built: Path, more: bytes) -> None:
    start = b"\x93NUMPY\x01\0v\0"
    header = b"{'descr': '<i8', 'fortran_order': False, 'shape': (%d,), }"
    headers = [header % 2, header % 2**60, header % -1, header.replace(b"<i8", b"|O") % 1, b"{'descr': (", b"("]
    whole = [b"", b"no array", *(start + one.ljust(117) + b"\n" for one in headers)]
    for data in whole:
        name = sha256(data + more).hexdigest()
        (built / f"{name}.npy").write_bytes(data + more)
        changed = manifest(built)
        changed["segments"][0]["rows"] = name
        del changed["digest"]
        signed = sha256(json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        (built / "manifest.json").write_text(json.dumps({**changed, "digest": signed}))
        assert load(built) is None, data


@pytest.mark.parametrize("content", ["", "[]", "{}", "null", '{"format": 1}'])
def test_a_manifest_that_is_none_is_not_believed(built: Path, content: str) -> None:
    (built / "manifest.json").write_text(content)
    assert load(built) is None


def test_folders_of_old_generations_go(folder: Path, built: Path, writer: IndexWriter) -> None:
    (folder / "lexical-0").mkdir()
    (folder / "codes-0.bin").touch()
    writer.refresh_caches()
    assert not (folder / "codes-0.bin").exists()
    assert not (folder / "lexical-0").exists()


def test_an_index_in_memory_follows_the_commits(folder: Path, built: Path, writer: IndexWriter, put: Put) -> None:
    index = seen(folder)
    put(writer, "c.txt", "Zebras cross here.")
    writer.commit()
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert follow(index, view, view.sequence - 1)
        assert not follow(index, view, view.sequence)
    assert found(index, "zebra") == [4]


@pytest.mark.parametrize(
    ("uri", "title", "label", "searched"),
    [
        ("file:///x/BESTBUY_2024Q2_10Q.pdf", "Best Buy", "", "Best Buy BESTBUY 2024Q2 10Q"),
        ("file:///x/BESTBUY_2024Q2_10Q.pdf", "BESTBUY_2024Q2_10Q", "", "BESTBUY 2024Q2 10Q"),
        ("file:///x/a%20b.md", "A B: the story", "", "A B: the story"),
        ("file:///x/a.pdf", "0001-23", "Adobe Inc. 10-K 2015", "Adobe Inc. 10-K 2015 0001-23"),
    ],
)
def test_a_document_is_searched_by_its_title_and_the_name_of_its_file(
    uri: str, title: str, label: str, searched: str
) -> None:
    assert searched_title(LexicalRow(1, uri, title, "en", label, "", "")) == searched


def test_the_head_of_a_page_is_not_counted_twice(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "zebra")
    put(writer, "b.txt", "zebra zebra")
    writer.commit()
    rows, scores = seen(folder).search("zebra", 2)
    assert rows.tolist() == [2, 1]
    assert scores[0] > scores[1]
