"""A view that nobody uses ends, so that no sleeping reader stands in a writer's way."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mistral_rag.errors import StoreError
from mistral_rag.index import IndexReader, IndexWriter
from mistral_rag.index._idle_timeout import IdleTimeout
from mistral_rag.schema import Source

Put = Callable[..., Source]


@pytest.fixture
def impatient(folder: Path, writer: IndexWriter, put: Put) -> IndexReader:
    """A reader of an index at rest whose views end when they are not used for a twentieth of a second."""
    put(writer, "a.txt", "one")
    writer.commit()
    writer.close()
    reader = IndexReader.open(folder)
    reader._idle_timeout = IdleTimeout(0.05)
    return reader


def test_a_writer_starts_beside_a_view_that_is_held_open(impatient: IndexReader, folder: Path, put: Put) -> None:
    with impatient, impatient.view() as view:
        assert view.sequence == 1
        with IndexWriter.open(folder) as writer:
            put(writer, "b.txt", "two")
            assert writer.commit() == 2
        with pytest.raises(StoreError, match="not used for 60 seconds has ended"):
            view.identity  # noqa: B018
    assert impatient._idle_timeout._watched == set()


def test_the_log_is_emptied_beside_a_view_that_is_held_open(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "one")
    writer.commit()
    reader = IndexReader.open(folder)
    reader._idle_timeout = IdleTimeout(0.05)
    with reader, reader.view():
        watching = reader._idle_timeout._thread
        assert watching is not None
        for number in range(10):
            put(writer, "a.txt", f"text {number}")
            writer.commit()
        watching.join(timeout=10)
        writer.close()
        assert (folder / "index.db-wal").stat().st_size == 0


def test_a_view_in_use_lasts(impatient: IndexReader) -> None:
    now, looked = [0.0], threading.Event()

    def clock() -> float:
        if threading.current_thread().name == "views":
            looked.set()
        return now[0]

    impatient._idle_timeout = IdleTimeout(0.05, clock=clock)
    with impatient, impatient.view() as view:
        for _ in range(10):
            now[0] += 0.04
            looked.clear()
            assert looked.wait(30)
            assert view.vector_count() == 1


def test_all_readers_share_one_thread(folder: Path, writer: IndexWriter, put: Put) -> None:
    put(writer, "a.txt", "one")
    writer.commit()
    readers = [IndexReader.open(folder) for _ in range(50)]
    assert [reader.status()["documents"] for reader in readers] == [1] * 50
    for reader in readers:
        with reader.view() as view:
            assert view.sequence == 1
    assert [thread.name for thread in threading.enumerate()].count("views") == 1


def test_a_lasting_view_is_left_alone(impatient: IndexReader) -> None:
    with impatient, impatient.view(lasting=True) as view:
        threading.Event().wait(0.2)
        assert view.vector_count() == 1


def test_a_reader_goes_on_after_a_view_has_ended(impatient: IndexReader) -> None:
    with impatient:
        with impatient.view() as view:
            threading.Event().wait(0.2)
            with pytest.raises(StoreError):
                view.vector_count()
        with impatient.view() as view:
            assert view.vector_count() == 1
