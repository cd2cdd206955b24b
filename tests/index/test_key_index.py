"""Rows are found by what they are called: whole names decide, whatever numbers they share."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.index import IndexReader, IndexWriter, verify
from mistral_rag.index._database.key_index import key_hash
from mistral_rag.schema import Chunk, Locator, Page, Source

Put = Callable[..., Source]
TWINS = "passage-24240", "passage-61140"
"""Two names that share their number."""


def put_named(writer: IndexWriter, *ids: str, uri: str = "file:///a", unit: int = 0) -> None:
    source = Source(uri=uri, digest="0" * 64, name="a", title="a", media_type="text/plain")
    page = Page(locator=Locator(kind="page", number=1), text="text")
    chunks = [
        Chunk(id=name, uri=uri, page=1, first_unit=unit, last_unit=unit, start=0, end=4, text="text", kind="text")
        for name in ids
    ]
    vectors = np.array([[number, 1, 0, 0] for number in range(len(ids))], dtype=np.float32)
    writer.put(source, [page], chunks, vectors)


def held(folder: Path) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        return {
            table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
            for table in ("names", "new_names")
        }


def test_names_that_share_a_number_are_told_apart(writer: IndexWriter, folder: Path) -> None:
    assert key_hash(TWINS[0]) == key_hash(TWINS[1])
    put_named(writer, TWINS[0])
    writer.commit()
    with writer.view() as view:
        assert view.rows_of(TWINS) == {TWINS[0]: 1}
    put_named(writer, TWINS[1], uri="file:///b")
    with pytest.raises(ValueError, match=f"another chunk of the same id: {TWINS[0]}"):
        put_named(writer, TWINS[0], uri="file:///c")
    writer.commit()
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert view.rows_of(TWINS) == {TWINS[0]: 1, TWINS[1]: 2}
    writer.remove("file:///a")
    writer.commit()
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert view.rows_of(TWINS) == {TWINS[1]: 2}
    assert verify(folder) == []


def test_one_source_has_no_two_passages_of_one_id(writer: IndexWriter) -> None:
    with pytest.raises(ValueError, match="same id"):
        put_named(writer, "one", "one")


def test_what_comes_and_goes_within_one_commit_leaves_no_name(writer: IndexWriter, folder: Path) -> None:
    put_named(writer, "first", "second")
    put_named(writer, "second", "third")
    with writer.view() as view:
        assert view.rows_of(["first", "second", "third"]) == {"second": 3, "third": 4}
    writer.remove("file:///a")
    put_named(writer, "first")
    writer.commit()
    assert held(folder) == {"names": 0, "new_names": 2}
    assert verify(folder) == []


def test_a_change_that_fails_takes_its_names_back(writer: IndexWriter, folder: Path) -> None:
    put_named(writer, "first")
    # passes all checks, and is then more than the database can hold
    with pytest.raises(OverflowError):
        put_named(writer, "second", uri="file:///b", unit=1 << 70)
    writer.commit()
    assert verify(folder) == []
    put_named(writer, "second", uri="file:///b")
    writer.commit()
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert view.rows_of(["first", "second"]) == {"first": 1, "second": 2}
    assert verify(folder) == []


def test_an_embedding_that_is_kept_again_is_found_once(writer: IndexWriter, folder: Path) -> None:
    for number in (1, 2):
        writer.keep_embeddings("model", [b"key"], np.array([[number, 0, 0, 0]]))
        writer.keep_embeddings("other", [b"key"], np.array([[9, 0, 0, 0]]))
        assert writer.cached_embeddings("model", [b"key"])[b"key"].tolist() == [number, 0, 0, 0]
    writer.commit()
    assert verify(folder) == []


def test_every_sixteenth_commit_moves_the_names(writer: IndexWriter, folder: Path) -> None:
    while writer.sequence < 15:
        put_named(writer, f"passage-{writer.sequence}", uri=f"file:///{writer.sequence}")
        writer.commit()
    before = held(folder)
    put_named(writer, "last", uri="file:///last")
    writer.commit()
    after = held(folder)
    assert (before["names"], after["new_names"]) == (0, 0)
    assert after["names"] == before["new_names"] + 1
    put_named(writer, "new", uri="file:///new")
    writer.remove("file:///3")
    writer.commit()
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert sorted(view.rows_of(["passage-3", "passage-4", "last", "new"])) == ["last", "new", "passage-4"]
    assert verify(folder) == []
