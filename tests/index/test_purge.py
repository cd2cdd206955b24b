"""After a purge nothing of what was removed is anywhere in the folder, compressed or not."""

import hashlib
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import IndexLockedError
from mistral_rag.index import IndexReader, IndexWriter, Profile, verify
from mistral_rag.index._source_status import erased_uri
from mistral_rag.schema import Locator, Page, Source
from mistral_rag.text import hashed

Put = Callable[..., Source]
SECRET = "xylophone"
VECTOR = (0.1234, 0.5678, 0.3333, 0.7777)
READ, FACT = "glockenspiel", "vibraphone"
KEY = hashlib.sha256(b"secret").digest()
READER = "test-ocr"


def readable(folder: Path) -> Iterator[bytes]:
    """Every file's bytes, every value of every table, and whatever can be decompressed from any place in them."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield from opened(path.read_bytes())
    connection = sqlite3.connect(f"file:{folder / 'index.db'}?mode=ro", uri=True)
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
            for value in row:
                yield from opened(value if isinstance(value, bytes) else str(value).encode())
    connection.close()


def opened(data: bytes) -> Iterator[bytes]:
    """The data, and what is compressed anywhere in it."""
    yield data
    at = data.find(b"\x78")
    while at >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data[at : at + 100_000])
        at = data.find(b"\x78", at + 1)


def terms(folder: Path) -> set[int]:
    """The terms of the word index, which are kept as hashes."""
    arrays = [np.load(path) for path in folder.glob("lexical-*/*.npy")]
    return {int(term) for array in arrays if array.dtype == np.uint64 for term in array}


def traces(folder: Path) -> set[str]:
    """The traces of the secret document that can be found."""
    wanted = {
        "text": SECRET.encode(),
        "vector": np.array(VECTOR, dtype="<f2").tobytes(),
        "key": KEY,
        "read": READ.encode(),
        "fact": FACT.encode(),
    }
    found = {name for data in readable(folder) for name, trace in wanted.items() if trace in data}
    return found | ({"term"} if {int(term) for term in hashed(SECRET, "en")} & terms(folder) else set())


@pytest.fixture
def secret(writer: IndexWriter, put: Put) -> IndexWriter:
    """An index from which a document was removed, and remembered as removed."""
    put(writer, "open.txt", "an open text " * 100)
    writer.keep_embeddings("test-model", [KEY, b"open"], np.array([VECTOR, (1, 0, 0, 0)]))
    source = put(writer, f"{SECRET}.txt", f"the {SECRET} " * 500, vector=VECTOR, metadata={"tag": SECRET})
    scanned = Page(locator=Locator(kind="page", number=1), text=f"a scan that says {SECRET}")
    writer.keep_page(READER, KEY, scanned, file=source.digest)
    page = Page(locator=Locator(kind="page", number=1), text=f"{READ} " * 50)
    writer.keep_page("reader", KEY, page, file=source.digest)
    writer.set_profile(source.uri, Profile(FACT, {"signal": FACT}))
    writer.set_profile("file:///docs/open.txt", Profile("kept"))
    writer.commit()
    writer.refresh_caches()
    put(writer, "more.txt", "more text " * 100)
    writer.commit()
    return writer


def test_a_purge_leaves_no_trace_of_what_was_removed(secret: IndexWriter, folder: Path) -> None:
    assert traces(folder) == {"text", "vector", "key", "read", "fact", "term"}
    secret.remove(f"file:///docs/{SECRET}.txt", remember=True)
    secret.commit()
    (folder / "lexical-1" / "terms").write_text(SECRET)
    (folder / "codes-1.bin").symlink_to(folder / "index.db")
    (folder / ".broken-off.part").write_text(SECRET)
    (folder / "repaired").mkdir()
    (folder / "repaired" / "index.db").write_text(SECRET)
    (folder / "quarantine-1").mkdir()
    (folder / "quarantine-1" / "index.db").write_text(SECRET)
    secret.purge()
    assert traces(folder) == set()
    gone = {"lexical-1", "codes-1.bin", ".broken-off.part", "quarantine-1", "repaired"}
    assert not {path.name for path in folder.iterdir()} & gone
    secret.close()
    assert traces(folder) == set()
    assert verify(folder) == []
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert [source.name for source in view.sources()] == ["open.txt", "more.txt"]
        assert list(view.cached_embeddings("test-model", [KEY, b"open"])) == [b"open"]
        assert view.generation == 2
        profiles = [("file:///docs/open.txt", Profile("kept")), ("file:///docs/more.txt", None)]
        assert list(view.profiles_by_uri()) == profiles
    with IndexWriter.open(folder) as writer:
        (erased,) = (state for state in writer.sources().values() if state.status == "removed")
        assert erased.source.uri == erased_uri(f"file:///docs/{SECRET}.txt")


def test_a_purge_that_a_reader_stands_in_the_way_of_says_so(secret: IndexWriter, folder: Path) -> None:
    with IndexReader.open(folder) as reader:
        secret.remove(f"file:///docs/{SECRET}.txt", remember=True)
        secret.commit()
        with reader.view() as view:
            assert view.sequence == 3
            with pytest.raises(IndexLockedError, match=r"is being read.*try again"):
                secret.purge()
        secret.purge()
    assert traces(folder) == set()
    assert verify(folder) == []


def test_a_compacted_index_is_smaller_and_the_same(writer: IndexWriter, folder: Path, put: Put) -> None:
    for number in range(30):
        put(writer, f"{number}.txt", hashlib.sha256(bytes([number])).hexdigest() * 200)
    writer.commit()
    for number in range(29):
        writer.remove(f"file:///docs/{number}.txt")
    writer.commit()
    writer.close()
    before = (folder / "index.db").stat().st_size
    with IndexWriter.open(folder) as again:
        again.compact()
    assert (folder / "index.db").stat().st_size < before
    assert verify(folder) == []
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert [source.name for source in view.sources()] == ["29.txt"]
        assert view.vectors()[0].tolist() == [30]
