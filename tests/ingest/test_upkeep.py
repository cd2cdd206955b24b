"""The commands that keep an index in order, as they are typed."""

import hashlib
import io
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.cli import _program as program
from mistral_rag.index import IndexReader, IndexWriter, verify
from mistral_rag.retrieval import is_current
from tests.witness.conftest import line, pdf_of

NAMES = ["a.md", "b.md", "c.md", "d.md", "e.md", "f.md"]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    for name in NAMES:
        (root / name).write_text(f"# Title of {name[0]}\n\nThe word of this document is {name[0] * 9}.\n")
    return root


@pytest.fixture
def index(documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "index"
    assert build(documents, folder) == 0
    capsys.readouterr()
    return folder


def build(documents: Path, index: Path, *more: str) -> int:
    return program.ingest(["build", str(documents), "--index", str(index), "--embeddings", "none", *more])


def as_json(capsys: pytest.CaptureFixture[str], index: Path, *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = program.ingest([*arguments, "--index", str(index), "--json"])
    return code, json.loads(capsys.readouterr().out)


def names(index: Path) -> list[str]:
    with IndexReader.open(index) as reader, reader.view() as view:
        return sorted(source.name for source in view.sources())


def damage(index: Path, statement: str) -> None:
    connection = sqlite3.connect(index / "index.db")
    with connection:
        connection.execute(statement)
    connection.close()


def test_a_sound_index_verifies_and_needs_no_repair(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert as_json(capsys, index, "verify") == (0, {"ok": True, "problems": [], "pending": 0})
    assert as_json(capsys, index, "repair") == (
        0, {"ok": True, "problems": [], "losses": [], "documents": 6, "quarantine": None},
    )  # fmt: skip


def test_damage_is_exit_1_until_it_is_repaired(
    index: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(index, "UPDATE pages SET label = 'x' WHERE source = (SELECT source FROM sources WHERE uri LIKE '%b.md')")
    assert program.ingest(["verify", "--index", str(index)]) == 1
    shown = capsys.readouterr()
    assert re.search(r"^pages: row \d is not what was written$", shown.out, re.MULTILINE)
    assert f"ingest repair --index {index}" in shown.err
    assert program.ingest(["repair", "--index", str(index)]) == 1
    shown = capsys.readouterr()
    assert "lost: b.md: the whole document (1 page)" in shown.out
    assert f"repaired: 5 documents; the damaged files are in {index}/quarantine-1" in shown.out
    assert as_json(capsys, index, "verify") == (0, {"ok": True, "problems": [], "pending": 0})
    code, report = as_json(capsys, index, "build", str(documents), "--embeddings", "none")
    assert (code, report["added"], report["unchanged"]) == (0, 1, 5)
    assert names(index) == NAMES


def test_the_next_build_reads_again_what_damage_took_from_a_document(
    index: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (documents / "two.md").write_text("# First\n\nThe word is nnnnnnnnn.\n\n# Second\n\nThe word is ooooooooo.\n")
    assert build(documents, index) == 0
    damage(index, "UPDATE pages SET label = 'x' WHERE number = 2")
    code, report = as_json(capsys, index, "repair")
    assert (code, report["losses"]) == (1, [{"source": "two.md", "what": "page 2, 1 passage"}])
    assert program.main(["search", "nnnnnnnnn", "--index", str(index)]) == 0
    assert "nnnnnnnnn" in capsys.readouterr().out
    code, report = as_json(capsys, index, "build", str(documents), "--embeddings", "none")
    assert (code, report["changed"], report["unchanged"]) == (0, 1, 6)
    with IndexReader.open(index) as reader:
        assert reader.page((documents / "two.md").as_uri(), 2).text.endswith("The word is ooooooooo.")
    assert verify(index) == []


def test_a_removed_document_stays_out_until_it_is_named_itself(
    index: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_uri, by_path = (documents / "b.md").as_uri(), str(documents / "c.md")
    code, report = as_json(capsys, index, "remove", "a.md", by_uri, by_path)
    assert (code, report) == (0, {"removed": ["a.md", "b.md", "c.md"], "already": []})
    (documents / "a.md").write_text("# Now it says something else\n\nBut it was taken out.\n")
    (documents / "b.md").unlink()
    for more in ((), ("--rebuild",)):
        assert build(documents, index, *more) == 0
        assert names(index) == ["d.md", "e.md", "f.md"]
    (documents / "b.md").write_text("# It is back\n\nBut it was taken out.\n")
    assert build(documents, index) == 0
    assert names(index) == ["d.md", "e.md", "f.md"]
    with IndexReader.open(index) as reader, reader.view() as view:
        assert [is_current(profile) for _, profile in view.profiles_by_uri()] == [True] * 3
    assert as_json(capsys, index, "remove", "a.md") == (0, {"removed": [], "already": ["a.md"]})
    assert build(documents / "a.md", index) == 0
    assert names(index) == ["a.md", "d.md", "e.md", "f.md"]


def test_one_unknown_name_changes_nothing(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.ingest(["remove", "a.md", "f.mb", "--index", str(index)]) == 2
    assert capsys.readouterr().err == "error: the index holds no document f.mb; is it f.md? Nothing was changed\n"
    assert names(index) == NAMES


def test_of_two_documents_with_one_name_the_uri_is_wanted(
    index: Path, documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("# Another\n\nAlso called a.\n")
    assert build(other, index) == 0
    capsys.readouterr()
    assert program.ingest(["remove", "a.md", "--index", str(index)]) == 2
    assert (
        f"2 documents are called a.md; name one by its URI: {(documents / 'a.md').as_uri()}, "
        in capsys.readouterr().err
    )
    assert as_json(capsys, index, "remove", str(other / "a.md"))[1]["removed"] == ["a.md"]
    assert names(index) == NAMES


def test_a_purge_erases_what_was_removed_and_keeps_it_out(
    index: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program.ingest(["remove", "a.md", "--index", str(index)]) == 0
    code, report = as_json(capsys, index, "purge", "b.md", "--yes")
    assert (code, sorted(report["erased"])) == (0, ["a.md", "b.md"])
    assert sorted(report["files_still_there"]) == [str(documents / "a.md"), str(documents / "b.md")]
    held = b"".join(path.read_bytes() for path in index.rglob("*") if path.is_file())
    assert [name for name in ("a.md", "aaaaaaaaa", "b.md", "bbbbbbbbb") if name.encode() in held] == []
    for more in ((), ("--rebuild",)):
        assert build(documents, index, *more) == 0
        assert names(index) == NAMES[2:]
    assert as_json(capsys, index, "purge", "--yes") == (0, {"erased": [], "files_still_there": []})
    assert build(documents / "a.md", index) == 0
    assert "a.md" in names(index)
    assert verify(index) == []


def test_a_purge_also_erases_what_a_repair_set_aside(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (index / "index.seal").unlink()
    assert program.ingest(["repair", "--index", str(index)]) == 0
    assert (index / "quarantine-1" / "index.db").exists()
    assert as_json(capsys, index, "purge", "--yes")[0] == 0
    assert not (index / "quarantine-1").exists()


def test_a_purge_that_a_reader_stands_in_the_way_of_is_exit_1(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reading = sqlite3.connect(index / "index.db", isolation_level=None)
    reading.execute("PRAGMA journal_mode=WAL")
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM chunks").fetchone()
    try:
        code, report = as_json(capsys, index, "purge", "a.md", "--yes")
        assert (code, report["exit_code"]) == (1, 1)
        assert "is being read, and its log still holds what was removed; try again" in report["error"]
    finally:
        reading.close()
    assert as_json(capsys, index, "purge", "--yes")[0] == 0
    assert "aaaaaaaaa" not in (index / "index.db").read_bytes().decode(errors="replace")


def test_vectors_are_written_to_a_new_file_for_the_owner_alone(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "vectors.faiss"
    assert as_json(capsys, index, "export", str(target), "--to", "faiss") == (
        0, {"target": str(target), "to": "faiss", "vectors": 0},
    )  # fmt: skip
    assert target.stat().st_mode & 0o777 == 0o600
    assert program.ingest(["export", str(target), "--to", "faiss", "--index", str(index)]) == 2
    assert program.ingest(["export", "-", "--to", "faiss", "--index", str(index)]) == 2


def test_a_purge_asks_and_without_anybody_to_ask_needs_yes(
    index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert program.ingest(["purge", "a.md", "--index", str(index)]) == 2
    assert "add --yes" in capsys.readouterr().err.lower()

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert program.ingest(["purge", "a.md", "--index", str(index)]) == 1
    assert names(index) == NAMES
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert program.ingest(["purge", "a.md", "--index", str(index)]) == 0
    assert "Erase 1 document from" in capsys.readouterr().err
    assert names(index) == NAMES[1:]


def test_compacting_gives_back_the_room_of_what_was_removed(
    index: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (documents / "long.md").write_text("\n\n".join(f"Sentence {n} has the number {n * n * 7919}." for n in range(9000)))
    assert build(documents, index) == 0
    assert program.ingest(["remove", "long.md", "--index", str(index)]) == 0
    code, report = as_json(capsys, index, "compact")
    assert code == 0
    assert report["size_bytes"] < report["size_bytes_before"] / 2
    assert verify(index) == []


def test_a_snapshot_is_an_index_of_its_own(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "copy"
    code, report = as_json(capsys, index, "snapshot", str(target))
    assert (code, report["target"]) == (0, str(target))
    assert names(target) == NAMES
    assert program.ingest(["snapshot", str(target), "--index", str(index)]) == 2


def test_lines_of_json_go_out_and_come_back(
    index: Path, documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines, other = tmp_path / "lines.jsonl", tmp_path / "other"
    assert program.ingest(["remove", "a.md", "--index", str(index)]) == 0
    assert as_json(capsys, index, "export", str(lines)) == (
        0, {"target": str(lines), "to": "jsonl", "documents": 5},
    )  # fmt: skip
    assert lines.stat().st_mode & 0o777 == 0o600
    assert program.ingest(["export", str(lines), "--index", str(index)]) == 2
    assert as_json(capsys, other, "import", str(lines)) == (0, {"documents": 5})
    assert names(other) == NAMES[1:]
    code, report = as_json(capsys, other, "build", str(documents), "--embeddings", "none")
    assert (code, report["unchanged"], report["skipped"]) == (0, 5, 1)
    assert program.ingest(["import", str(tmp_path / "missing"), "--index", str(other)]) == 2
    (tmp_path / "letter.txt").write_text("Dear")
    assert program.ingest(["import", str(tmp_path / "letter.txt"), "--index", str(other)]) == 2
    assert names(other) == NAMES[1:]


def test_lines_flow_from_one_process_to_the_next(index: Path, tmp_path: Path) -> None:
    ingest = [sys.executable, "-m", "ingest"]
    out = subprocess.run([*ingest, "export", "-", "--index", str(index)], capture_output=True, check=True)
    subprocess.run([*ingest, "import", "-", "--index", str(tmp_path / "other")], input=out.stdout, check=True)
    assert names(tmp_path / "other") == NAMES


def test_a_frozen_copy_has_its_caches(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "frozen"
    assert as_json(capsys, index, "export", str(target), "--frozen") == (
        0, {"target": str(target), "to": "frozen", "documents": 6},
    )  # fmt: skip
    assert any(path.name.startswith("lexical-") for path in target.iterdir())
    assert not any(path.name.endswith("-wal") for path in target.iterdir())
    capsys.readouterr()
    assert program.main(["search", "ccccccccc", "--index", str(target)]) == 0
    assert "Title of c" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["verify", "repair", "compact", "snapshot", "export", "remove", "purge"])
def test_without_an_index_a_command_ends_with_exit_2(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "target")
    more = {"snapshot": [target], "export": [target], "remove": ["x"], "purge": ["--yes"]}.get(command, [])
    assert program.ingest([command, *more, "--index", str(tmp_path / "nowhere")]) == 2
    assert "there is no index at" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_verify_names_texts_that_their_pictures_show_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rapidocr")
    root, folder = tmp_path / "reports", tmp_path / "index"
    root.mkdir()
    (root / "report.pdf").write_bytes(pdf_of(line("Total net sales were 81,797 in all.")))
    assert build(root, folder) == 0
    code, found = as_json(capsys, folder, "verify", "--pictures", "--sample", "5")
    assert (code, found["ok"]) == (0, True)
    assert found["pictures"] == {"agrees": 1, "differs": 0, "unreadable": 0, "unchecked": 0, "differences": []}

    other = pdf_of(line("Total net sales were 81,791 in all."))
    with IndexWriter.open(folder) as writer:
        [state] = writer.sources().values()
        with writer.view() as view:
            pages, chunks = list(view.pages(state.source.uri)), view.content_of(state.source.uri)[0]
        (root / "report.pdf").write_bytes(other)
        changed = state.source.model_copy(update={"digest": hashlib.sha256(other).hexdigest()})
        writer.put(changed, pages, chunks, None, root=state.root)
        writer.commit()
    assert as_json(capsys, folder, "verify") == (0, {"ok": True, "problems": [], "pending": 0})
    code, found = as_json(capsys, folder, "verify", "--pictures")
    assert (code, found["ok"], found["pictures"]["differs"]) == (1, False, 1)
    assert found["pictures"]["differences"] == [
        {
            "source": "report.pdf",
            "page": 1,
            "text": "Total net sales were 81,797 in all.",
            "seen_text": "Total net sales were 81,791 in all.",
        }
    ]
    assert program.ingest(["verify", "--pictures", "--index", str(folder)]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "pictures: 0 agrees, 1 differs, 0 unreadable, 0 unchecked",
        'report.pdf, p. 1: the text says "Total net sales were 81,797 in all."',
        '  the picture shows "Total net sales were 81,791 in all."',
    ]
