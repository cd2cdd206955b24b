"""`verify` finds what is not as it was written; what it does not find changed nothing."""

# ruff: noqa: S311

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.errors import IndexDamagedError, IndexNotFoundError, MistralRagError
from mistral_rag.index import IndexWriter, UnrestrictedReader, verify
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.schema import Source
from mistral_rag.testing import small_document, small_index

Put = Callable[..., Source]


@pytest.fixture
def index(folder: Path, writer: IndexWriter, put: Put) -> Path:
    for number in range(6):
        noise = random.Random(number).randbytes(6000).hex()
        put(
            writer,
            f"{number}.txt",
            f"first of {number} {noise}",
            f"second of {number}",
            metadata={"n": number},
            groups=("g",),
        )
        writer.commit()
    writer.remove("file:///docs/3.txt")
    writer.commit()
    writer.close()
    return folder


def everything(index: Path) -> dict[str, list[Any]]:
    """All rows of all tables, derived ones too."""
    tables = [*COLUMNS, "commits", "facts", "groups", "names", "new_names"]
    connection = sqlite3.connect(index / "index.db")
    try:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}  # noqa: S608
    finally:
        connection.close()


def test_what_was_written_is_fine(index: Path) -> None:
    assert verify(index) == []


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE chunks SET text = 'x' || substr(text, 2) WHERE row = 2", "chunks"),
        ("UPDATE pages SET label = 'F-9' WHERE page = 1", "pages"),
        ("UPDATE vectors SET data = zeroblob(8)", "vectors"),
        ("UPDATE sources SET root = 'file:///else' WHERE source = 1", "sources"),
        ("UPDATE settings SET value = '{}' WHERE name = 'identity'", "settings"),
        ("DELETE FROM removals", "index.db"),
        ("DELETE FROM chunks WHERE row = 1", "index.db"),
        ("DELETE FROM pages WHERE page = 1", "chunks"),
        ("DELETE FROM layouts", "pages"),
        ("DELETE FROM groups WHERE source = 1", "groups"),
        ("UPDATE facts SET value = 7 WHERE source = 1 AND name = 'n'", "facts"),
        ("DELETE FROM new_names WHERE kind = 1", "names"),
        ("UPDATE new_names SET short = short + 1 WHERE kind = 0 AND row = 1", "names"),
        ("INSERT INTO names VALUES (2, 5, 7)", "names"),
        ("UPDATE commits SET made = made + 1 WHERE sequence = 2", "commits"),
        ("DELETE FROM commits WHERE sequence = 7", "index.seal"),
        ("DELETE FROM commits", "index.seal"),
        ("UPDATE chunks SET digest = zeroblob(16) WHERE row = 2", "chunks"),
        ("UPDATE chunks SET digest = 'text' WHERE row = 2", "chunks"),
        ("UPDATE sources SET record = '{' WHERE source = 1", "sources"),
    ],
)
def test_a_change_behind_the_stores_back_is_found(index: Path, statement: str, where: str) -> None:
    connection = sqlite3.connect(index / "index.db")
    with connection:
        connection.execute(statement)
    connection.close()
    assert where in {problem.where for problem in verify(index)}


def test_pages_that_lost_their_layouts_are_counted(index: Path) -> None:
    connection = sqlite3.connect(index / "index.db")
    with connection:
        connection.execute("DELETE FROM layouts WHERE page = 1")
    connection.close()
    with UnrestrictedReader.open(index) as reader, reader.view() as view, pytest.raises(IndexDamagedError) as caught:
        view.chunks([1], layouts=True)
    assert str(caught.value) == f"{index}: 1 page without layout"


def test_a_flipped_bit_is_found_or_changes_no_row(index: Path, tmp_path: Path) -> None:
    original = everything(index)
    choice = random.Random(5)
    outcomes = {"found": 0, "harmless": 0}
    for number in range(150):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(index, copy)
        flip(copy / choice.choice(["index.db", "index.db", "index.db", "index.seal"]), choice)
        try:
            problems = [str(problem) for problem in verify(copy)]
        except MistralRagError as error:
            problems = [str(error)]
        if not problems:
            assert everything(copy) == original
        outcomes["found" if problems else "harmless"] += 1
        shutil.rmtree(copy)
    assert outcomes["found"] > 10


def test_a_flipped_bit_in_the_log_is_found_or_changes_no_row(index: Path, tmp_path: Path, put: Put) -> None:
    killed = tmp_path / "killed"
    with IndexWriter.open(index) as writer:
        for number in (7, 8, 9):
            put(writer, f"{number}.txt", f"text of {number}")
            writer.commit()
        shutil.copytree(index, killed)
    original = everything(index)
    choice = random.Random(6)
    for number in range(60):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(killed, copy)
        (copy / "index.db-shm").unlink()
        flip(copy / "index.db-wal", choice)
        if not verify(copy):
            assert everything(copy) == original
        shutil.rmtree(copy)


def flip(path: Path, choice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[choice.randrange(len(data))] ^= 1 << choice.randrange(8)
    path.write_bytes(data)


def test_a_torn_database_is_one_of_a_hundred_problems(index: Path) -> None:
    data = (index / "index.db").read_bytes()
    (index / "index.db").write_bytes(data[: len(data) // 2])
    assert 1 <= len(verify(index)) <= 100
    (index / "index.db").write_bytes(b"not a database" * 1000)
    (problem,) = verify(index)
    assert "damaged" in str(problem)


def test_no_index_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFoundError):
        verify(tmp_path / "nowhere")


WRITING = """
import sys
from mistral_rag.index import IndexWriter
from mistral_rag.testing import small_document
with IndexWriter.open(sys.argv[1]) as writer:
    for number in range(3000):
        writer.put(*small_document("a", [f"edition {number}"]))
        writer.commit()
        if number == 0:
            print("begun", flush=True)
"""


def test_an_index_that_is_written_to_all_the_time_is_never_taken_for_damaged(tmp_path: Path) -> None:
    """A commit between the start of a reader's transaction and its look at the seal made the seal look ahead."""
    index = small_index(tmp_path / "index", [small_document("a", ["one"])])
    with subprocess.Popen([sys.executable, "-c", WRITING, str(index)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
        while writer.poll() is None:
            for _ in range(10):
                UnrestrictedReader.open(index).close()
            assert verify(index) == []
    assert writer.returncode == 0
