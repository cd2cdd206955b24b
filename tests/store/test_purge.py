"""After a purge nothing of what was removed is anywhere in the folder, compressed or not."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from mistral_rag.errors import IndexLockedError
from mistral_rag.schema import Locator, Page, Source
from mistral_rag.store.check import verify
from mistral_rag.store.reader import IndexReader
from mistral_rag.store.writer import IndexWriter

Put = Callable[..., Source]
SECRET = "xylophone"
VECTOR = (0.1234, 0.5678, 0.3333, 0.7777)
KEY = hashlib.sha256(b"secret").digest()
READER = "test-ocr"


def readable(folder: Path) -> Iterator[bytes]:
    """Every file's bytes, and whatever can be decompressed from any place in them."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            yield data
            at = data.find(b"\x78")
            while at >= 0:
                with suppress(zlib.error):
                    yield zlib.decompressobj().decompress(data[at : at + 100_000])
                at = data.find(b"\x78", at + 1)


def traces(folder: Path) -> set[str]:
    """What of the secret document can be found."""
    wanted = {"text": SECRET.encode(), "vector": np.array(VECTOR, dtype="<f2").tobytes(), "key": KEY}
    return {name for data in readable(folder) for name, trace in wanted.items() if trace in data}


@pytest.fixture
def secret(writer: IndexWriter, put: Put) -> IndexWriter:
    """An index from which a document was removed, and remembered as removed."""
    put(writer, "open.txt", "an open text " * 100)
    writer.keep_embeddings("test-model", [KEY, b"open"], np.array([VECTOR, (1, 0, 0, 0)]))
    source = put(writer, f"{SECRET}.txt", f"the {SECRET} " * 500, vector=VECTOR, metadata={"tag": SECRET})
    scanned = Page(locator=Locator(kind="page", number=1), text=f"a scan that says {SECRET}")
    writer.keep_page(READER, KEY, scanned, file=source.digest)
    writer.commit()
    put(writer, "more.txt", "more text " * 100)
    writer.remove(source.uri, remember=True)
    writer.commit()
    return writer


def test_a_purge_leaves_no_trace_of_what_was_removed(secret: IndexWriter, folder: Path) -> None:
    assert traces(folder) >= {"text", "vector", "key"}
    (folder / "lexical-1").mkdir()
    (folder / "lexical-1" / "terms").write_text(SECRET)
    (folder / "codes-1.bin").symlink_to(folder / "index.db")
    secret.purge()
    assert traces(folder) == set()
    assert not {path.name for path in folder.iterdir()} & {"lexical-1", "codes-1.bin"}
    secret.close()
    assert traces(folder) == set()
    assert verify(folder) == []
    with IndexReader.open(folder) as reader, reader.view() as view:
        assert [source.name for source in view.sources()] == ["open.txt", "more.txt"]
        assert list(view.embeddings("test-model", [KEY, b"open"])) == [b"open"]
        assert view.generation == 2


def test_a_purge_that_a_reader_stands_in_the_way_of_says_so(secret: IndexWriter, folder: Path) -> None:
    with IndexReader.open(folder) as reader:
        with reader.view() as view:
            assert view.sequence == 2
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
