import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index import IndexReader, IndexWriter, verify
from mistral_rag.schema import Block, Box, Locator, Page, Source, WordBoxes

Put = Callable[..., Source]
KEY, OTHER = b"k" * 32, b"o" * 32
PAGE = Page(
    locator=Locator(kind="page", number=3),
    text="Total 81,797",
    width=612,
    height=792,
    words=WordBoxes.pack([(0, 5, 0.1, 0.1, 0.2, 0.12), (6, 12, 0.3, 0.1, 0.4, 0.12)]),
    blocks=(
        Block(start=0, end=12, kind="text", box=Box(left=0.1, top=0.1, right=0.4, bottom=0.12), origin="local-ocr"),
    ),
    confidence=0.98,
)


def test_a_page_that_was_read_comes_back_as_it_was(writer: IndexWriter, folder: Path) -> None:
    writer.keep_page("ocr-1", KEY, PAGE, file="a" * 64)
    writer.commit()
    assert writer.cached_pages("ocr-1", [KEY, OTHER]) == {KEY: PAGE}
    assert writer.cached_pages("ocr-2", [KEY]) == {}
    assert verify(folder) == []


def test_a_damaged_row_names_the_command_that_looks_further(writer: IndexWriter, folder: Path) -> None:
    writer.keep_page("ocr-1", KEY, PAGE, file="a" * 64)
    writer.commit()
    with closing(sqlite3.connect(folder / "index.db")) as connection, connection:
        connection.execute("UPDATE readings SET file = 'b'")
    with pytest.raises(IndexDamagedError) as caught:
        writer.cached_pages("ocr-1", [KEY])
    assert str(caught.value) == (
        f"{folder}: a row of readings is not what was written. Run: ingest verify --index {folder}"
    )


def test_what_was_read_last_counts(writer: IndexWriter) -> None:
    writer.keep_page("ocr-1", KEY, PAGE, file="a" * 64)
    writer.keep_page("ocr-1", KEY, PAGE.model_copy(update={"confidence": 0.5}), file="a" * 64)
    assert writer.cached_pages("ocr-1", [KEY])[KEY].confidence == 0.5


def test_a_purge_forgets_pages_of_files_that_are_gone_and_no_others(writer: IndexWriter, put: Put) -> None:
    source = put(writer, "scan.pdf", "text")
    writer.keep_page("ocr-1", KEY, PAGE, file=source.digest)
    writer.keep_page("ocr-1", OTHER, PAGE, file="b" * 64)
    writer.commit()
    writer.purge()
    assert list(writer.cached_pages("ocr-1", [KEY, OTHER])) == [KEY]
    writer.remove(source.uri)
    writer.commit()
    assert list(writer.cached_pages("ocr-1", [KEY])) == [KEY]
    writer.purge()
    assert writer.cached_pages("ocr-1", [KEY]) == {}


def test_status_says_how_each_page_ended(writer: IndexWriter, folder: Path, put: Put) -> None:
    source = put(writer, "letter.txt", "text")
    writer.remove(source.uri)
    plain = PAGE.model_copy(update={"confidence": None})
    blank = plain.model_copy(update={"text": "", "words": WordBoxes(), "blocks": ()})
    problems = [(4, "needs OCR: a picture"), (4, "and it is dark")]
    writer.put(source, [PAGE, plain, blank, blank], (), None, problems=problems)
    writer.commit()
    with IndexReader.open(folder) as reader:
        facts = reader.status()
    names = ("pages", "ocr_pages", "text_pages", "blank_pages", "failed_pages")
    assert [facts[name] for name in names] == [4, 1, 1, 1, 1]
