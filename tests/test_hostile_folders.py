"""A folder from elsewhere, given to each command: an exit code and a sentence, and `repair` makes it whole."""

import json
import os
import shutil
import sqlite3
import sys
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ingest.__main__ import main as ingest
from mistral_rag.cli import main as mistral_rag
from mistral_rag.errors import IndexDamagedError
from mistral_rag.index import Identity, IndexReader, IndexWriter, import_jsonl, repair, verify
from mistral_rag.testing import small_document

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and holes of POSIX")

DEEP = "[" * 100_000
Break = Callable[[Path], None]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of one document, for word search only, with its caches."""
    folder = tmp_path / "index"
    with IndexWriter.open(folder, identity=Identity("", 0)) as writer:
        source, pages, chunks = small_document("a.txt", ("Paid leave is 27 days.",), layout=True)
        writer.put(source, pages, chunks)
        writer.commit()
        writer.refresh_caches()
    return folder


def sealed(text: str) -> Break:
    """Break a folder with a seal of these words whose checksum is right."""
    line = f"{text} {zlib.crc32(text.encode()):08x}".encode().ljust(511) + b"\n"
    return lambda folder: void((folder / "index.seal").write_bytes(line * 2))


def void(_: object) -> None:
    return None


def replaced(name: str, make: Callable[[Path], object]) -> Break:
    """Break a folder by what is put in the place of a file."""

    def put(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        make(path)

    return put


def hole(path: Path) -> None:
    path.touch()
    os.truncate(path, 100 << 30)


def executed(statement: str) -> Break:
    """Break a folder by a statement on its database."""

    def run(folder: Path) -> None:
        connection = sqlite3.connect(folder / "index.db")
        with connection:
            connection.execute(statement)
        connection.close()

    return run


DAMAGE: dict[str, Break] = {
    "seal of a word": sealed(f"mistral-rag seal one {'ab' * 32}"),
    "seal of a negative number": sealed(f"mistral-rag seal -1 {'ab' * 32}"),
    "seal of a huge number": sealed(f"mistral-rag seal {'9' * 400} {'ab' * 32}"),
    "seal of a digit of another script": sealed(f"mistral-rag seal 1_1 {'ab' * 32}"),
    "seal of no digest": sealed(f"mistral-rag seal 1 {'xy' * 32}"),
    "seal that is empty": replaced("index.seal", Path.touch),
    "seal that is a pipe": replaced("index.seal", os.mkfifo),
    "seal that is a hole": replaced("index.seal", hole),
    "database that is a hole": replaced("index.db", hole),
    "database that is a link to a device": replaced("index.db", lambda path: path.symlink_to("/dev/zero")),
    "database that is a folder": replaced("index.db", Path.mkdir),
    "log that is a pipe": replaced("index.db-wal", os.mkfifo),
    "lock that is a loop": replaced("LOCK", lambda path: path.symlink_to(path)),
    "commit of a word": executed("UPDATE commits SET last_row = 'words'"),
    "commit of a huge digest": executed("UPDATE commits SET running = 1099511627776"),
    "commit beyond all numbers": executed("UPDATE commits SET sequence = 9223372036854775807 WHERE sequence = 1"),
}
ASKED = (
    *([["ingest", "status"], ["ingest", "compact"], ["ingest", "remove", "a.txt"], ["ingest", "purge", "--yes"]]),
    *([["ingest", "build", "DOCUMENTS"], ["ingest", "export", "COPY"], ["ingest", "snapshot", "COPY"]]),
    *([["ingest", "import", "EXPORT"], ["mistral-rag", "ask", "leave"], ["mistral-rag", "search", "leave"]]),
)


def run(index: Path, *command: str) -> int:
    """The exit code of a command; COPY, DOCUMENTS and EXPORT are places beside the index."""
    places = {name: str(index.with_name(name.lower())) for name in ("COPY", "DOCUMENTS", "EXPORT")}
    program, *arguments = (places.get(word, word) for word in command)
    return {"ingest": ingest, "mistral-rag": mistral_rag}[program]([*arguments, "--index", str(index)])


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_command_ends_with_a_sentence_and_repair_makes_the_folder_whole(
    index: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(index, "ingest", "export", "EXPORT") == 0
    (index.parent / "documents").mkdir()
    (index.parent / "documents" / "b.txt").write_text("The dividend was paid in May.")
    DAMAGE[damage](index)
    capsys.readouterr()
    for command in ASKED:
        code = run(index, *command)
        said = capsys.readouterr().err
        assert (code, said.startswith("error: "), said.count("\n")) == (2, True, 1), (command, said)
    assert run(index, "ingest", "verify") == 1
    assert run(index, "ingest", "repair") in {0, 1}
    assert run(index, "ingest", "verify") == 0
    assert (index / "quarantine-1").is_dir()


REPORTS: dict[str, Break] = {
    "pipe": replaced("repaired/report.json", os.mkfifo),
    "link to a device": replaced("repaired/report.json", lambda path: path.symlink_to("/dev/zero")),
    "link outside": replaced("repaired/report.json", lambda path: path.symlink_to("/etc/passwd")),
    "folder": replaced("repaired/report.json", Path.mkdir),
    "hole": replaced("repaired/report.json", hole),
    "empty": replaced("repaired/report.json", Path.touch),
    "no UTF-8": replaced("repaired/report.json", lambda path: path.write_bytes(b'{"problems": "\xff"}')),
    "deep": replaced("repaired/report.json", lambda path: path.write_text(DEEP)),
    "list": replaced("repaired/report.json", lambda path: path.write_text("[]")),
    "numbers for texts": replaced(
        "repaired/report.json",
        lambda path: path.write_text(
            '{"problems": [], "losses": [{"source": 1, "what": 2}], "quarantine": "quarantine-1"}'
        ),
    ),
    "a long name": replaced(
        "repaired/report.json",
        lambda path: path.write_text(
            json.dumps({"problems": [], "losses": [], "quarantine": "quarantine-" + "9" * 400})
        ),
    ),
    "a pipe for the folder itself": lambda folder: os.mkfifo(folder / "repaired"),
    "a file for the folder itself": lambda folder: void((folder / "repaired").write_text("x")),
}


@pytest.mark.parametrize("what", REPORTS)
def test_what_no_repair_has_left_is_set_aside_by_the_next_one(index: Path, what: str) -> None:
    REPORTS[what](index)
    report = repair(index)
    assert [str(problem) for problem in report.problems] == ["repaired: is not the state of an interrupted repair"]
    assert (report.losses, report.documents, report.quarantine) == ((), 1, index / "quarantine-1")
    assert os.path.lexists(index / "quarantine-1" / "repaired")
    assert verify(index) == []
    assert repair(index).problems == ()


def test_an_index_that_someone_put_into_the_state_of_a_repair_does_not_replace_a_sound_one(index: Path) -> None:
    staged = index / "repaired"
    staged.mkdir()
    shutil.copy(index / "index.seal", staged)
    (staged / "index.db").write_bytes(b"no database")
    (staged / "report.json").write_text('{"problems": [], "losses": [], "quarantine": "quarantine-1"}')
    assert [problem.where for problem in repair(index).problems] == ["repaired"]
    with IndexReader.open(index) as reader:
        assert reader.status()["documents"] == 1


def test_a_journal_that_names_a_file_does_not_delete_it(index: Path, tmp_path: Path) -> None:
    # SQLite takes the name for that of a further journal, and deletes it when it has played this one back
    letter = tmp_path / "letter.txt"
    letter.write_text("mine")
    page = (index / "index.db").read_bytes()[:16384]
    magic, name = bytes.fromhex("d9d505f920a163d7"), str(letter).encode()
    count = (index / "index.db").stat().st_size // len(page)
    numbers = (1, 7, count, 512, len(page))
    head = magic + b"".join(number.to_bytes(4, "big") for number in numbers)
    checksum = (7 + sum(page[at] for at in range(len(page) - 200, 0, -200))) & 0xFFFFFFFF
    record = (1).to_bytes(4, "big") + page + checksum.to_bytes(4, "big")
    lock = ((1 << 30) // len(page) + 1).to_bytes(4, "big")
    end = lock + name + len(name).to_bytes(4, "big") + sum(name).to_bytes(4, "big") + magic
    (index / "index.db-journal").write_bytes(head.ljust(512, b"\0") + record + end)
    with pytest.raises(IndexDamagedError, match="names a file to be deleted"):
        IndexReader.open(index)
    with pytest.raises(IndexDamagedError, match="names a file to be deleted"):
        IndexWriter.open(index)
    assert [problem.where for problem in repair(index).problems] == ["index.db-journal"]
    assert (letter.read_text(), verify(index)) == ("mine", [])


def manifest(change: Callable[[dict[str, object]], object]) -> Break:
    """Break a folder by a manifest whose digest is right again."""

    def write(folder: Path) -> None:
        path = folder / "lexical-1" / "manifest.json"
        body = json.loads(path.read_bytes())
        del body["digest"]
        change(body)
        digest = sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        path.write_text(json.dumps({**body, "digest": digest}))

    return write


def replace_arrays(folder: Path, make: Callable[[Path], object]) -> None:
    for path in list((folder / "lexical-1").glob("*.npy")):
        path.unlink()
        make(path)


def no_folder(folder: Path) -> None:
    shutil.rmtree(folder / "lexical-1")
    (folder / "lexical-1").touch()


CACHES: dict[str, Break] = {
    "deep": replaced("lexical-1/manifest.json", lambda path: path.write_text(DEEP)),
    "deep with a digest": manifest(lambda body: body.update(stamp=json.loads("[" * 900 + "]" * 900))),
    "digests that are numbers": manifest(lambda body: body.update(segments=[{"rows": 1}])),
    "no segments": manifest(lambda body: body.update(segments=10**300)),
    "hole": replaced("lexical-1/manifest.json", hole),
    "pipe": replaced("lexical-1/manifest.json", os.mkfifo),
    "folder": replaced("lexical-1/manifest.json", Path.mkdir),
    "file for the folder": no_folder,
    "folders for the arrays": lambda folder: replace_arrays(folder, Path.mkdir),
    "holes for the arrays": lambda folder: replace_arrays(folder, hole),
}


@pytest.mark.parametrize("what", CACHES)
def test_a_damaged_cache_is_searched_all_the_same_said_and_made_again(
    index: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    CACHES[what](index)
    assert run(index, "mistral-rag", "search", "leave") == 0
    captured = capsys.readouterr()
    assert ("27 days" in captured.out, captured.err) == (True, "")
    assert [problem.where for problem in verify(index)] == ["lexical-1"]
    with IndexWriter.open(index) as writer:
        writer.refresh_caches()
    assert verify(index) == []


def test_a_repair_sets_damaged_caches_aside_and_touches_nothing_else(index: Path) -> None:
    CACHES["deep"](index)
    before = (index / "index.db").read_bytes()
    report = repair(index)
    assert (report.losses, report.documents, report.quarantine) == ((), 1, index / "quarantine-1")
    assert (index / "quarantine-1" / "lexical-1" / "manifest.json").exists()
    assert (verify(index), (index / "index.db").read_bytes() == before) == ([], True)


def test_a_hole_behind_the_log_is_not_filled(index: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    with IndexWriter.open(index) as writer:
        source, pages, chunks = small_document("b.txt", ("The dividend was paid.",), layout=True)
        writer.put(source, pages, chunks)
        writer.commit()
        shutil.copytree(index, killed)
    (killed / "index.db-shm").unlink()
    os.truncate(killed / "index.db-wal", 100 << 30)
    assert verify(killed) == []
    with IndexWriter.open(killed) as writer:
        assert sorted(state.source.name for state in writer.sources().values()) == ["a.txt", "b.txt"]


EXPORTS = {
    "no UTF-8": b'{"mistral_rag_export": 1, "identity": null}\n\xff\xfe\n',
    "deep": b'{"mistral_rag_export": 1, "identity": null}\n' + DEEP.encode(),
    "head without end": b"\0" * 100_000,
    "identity of other types": b'{"mistral_rag_export": 1, "identity": {"embedding": "", "dimension": true}}\n',
    "profile that is a list": b'{"mistral_rag_export": 1, "identity": null}\n'
    b'{"source": {"uri": "a", "digest": "0", "name": "a", "title": "a", "media_type": ""}, "pages": [], "chunks": [],'
    b' "vectors": [], "profile": []}\n',
    "number": b"5\n",
}


@pytest.mark.parametrize("what", EXPORTS)
def test_what_is_no_export_is_refused_by_its_line(index: Path, tmp_path: Path, what: str) -> None:
    (tmp_path / "export").write_bytes(EXPORTS[what])
    with pytest.raises(IndexDamagedError, match=r"^line [12] is no line of an export: "):
        import_jsonl(tmp_path / "export", index)
    assert run(index, "ingest", "import", "EXPORT") == 2
    assert verify(index) == []


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_an_export_that_is_no_file_is_not_opened(
    index: Path, tmp_path: Path, make: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "export")
    assert run(index, "ingest", "import", "EXPORT") == 2
    assert capsys.readouterr().err.endswith("is a link or no regular file\n")
