import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mistral_rag import cli as program
from mistral_rag.schema import Answer
from mistral_rag.testing import FakeMistral

HANDBOOK = """# Travel

Trains are booked in second class. Flights need approval by the travel office.
The daily allowance is 28 euros within the country.

# Leave

Everyone has 30 days of paid leave a year. Unused days expire at the end of March.
"""


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    (root / "handbook.md").write_text(HANDBOOK)
    return root


@pytest.fixture
def index(documents: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    assert program.ingest(["build", str(documents), "--index", str(folder), "--embeddings", "none"]) == 0
    return folder


def run_json(capsys: pytest.CaptureFixture[str], program: Any, *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = program([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_build_prints_one_line_for_people(documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.ingest(["build", str(documents), "--index", str(tmp_path / "i"), "--embeddings", "none"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1 added; 2 pages, 2 chunks, 0 embedded with no model (word search only), ")


def test_build_json_has_the_documented_names(
    documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = str(tmp_path / "i")
    code, report = run_json(capsys, program.ingest, "build", str(documents), "--index", index, "--embeddings", "none")
    assert code == 0
    nothing = {"hidden": {}, "doubts": {}, "notes": 0, "attachments": 0, "was": ""}
    assert report["files"] == [{"source": "handbook.md", "status": "added", "reason": None, "pages": 2, **nothing}]
    assert {name: report[name] for name in ("added", "changed", "unchanged", "moved", "removed", "held_back")} == {
        "added": 1, "changed": 0, "unchanged": 0, "moved": 0, "removed": 0, "held_back": 0,
    }  # fmt: skip
    assert {"failed", "skipped", "pages", "ocr_pages", "chunks", "embedded", "cost", "seconds"} <= report.keys()


def test_a_build_tells_a_program_each_step(tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--index", str(tmp_path / "i"), "--embeddings", "none", "--json", "--stream"]
    assert program.ingest(["build", str(documents), *options]) == 0
    *steps, report = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {step["step"] for step in steps} == {"reading"}
    assert [step["done"] for step in steps] == list(range(1, len(steps) + 1))
    assert steps[-1]["done"] == steps[-1]["total"] == report["added"]
    assert {step["source"] for step in steps} == {file["source"] for file in report["files"]}


def test_an_empty_folder_is_done_with_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert program.ingest(["build", str(tmp_path / "empty"), "--index", str(tmp_path / "i")]) == 0
    assert capsys.readouterr().err == "warning: empty is an empty folder\n"


def test_a_missing_folder_is_exit_2_and_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.ingest(["build", str(tmp_path / "nowhere"), "--index", str(tmp_path / "i")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'nowhere'} does not exist\n"
    assert not (tmp_path / "i").exists()


def test_no_index_named_is_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["ask", "Why?"]) == 2
    assert capsys.readouterr().err == "error: no index named. Add --index DIR, or set MISTRAL_RAG_INDEX\n"


def test_the_index_may_come_from_the_environment(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MISTRAL_RAG_INDEX", str(index))
    code, status = run_json(capsys, program.ingest, "status")
    assert (code, status["documents"], status["pages"], status["chunks"]) == (0, 1, 2, 2)


def test_asking_an_index_that_is_not_there_is_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["ask", "Why?", "--index", str(tmp_path / "i")]) == 2
    err = capsys.readouterr().err
    assert (
        err
        == f"error: there is no index at {tmp_path / 'i'}. Make one with: ingest build PATH --index {tmp_path / 'i'}\n"
    )


def test_ask_shows_the_answer_and_a_line_for_each_citation(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert program.main(["ask", "How many days of paid leave are there?", "--index", str(index)]) == 0
    out = capsys.readouterr().out
    assert '[1] Travel (handbook.md), Leave: "Everyone has 30 days of paid leave a year."' in out.splitlines()


def test_ask_json_is_an_answer_whose_quote_stands_on_its_page(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, raw = run_json(capsys, program.main, "ask", "How many days of paid leave are there?", "--index", str(index))
    answer = Answer.model_validate(raw)
    assert (code, answer.status, answer.model) == (0, "answered", None)
    citation = answer.citations[0]
    assert (citation.quote, citation.page, citation.verified, citation.source) == (
        "Everyone has 30 days of paid leave a year.", 2, True, "handbook.md",
    )  # fmt: skip
    assert answer.text[citation.start : citation.end] == f"“{citation.quote}”"


def test_what_the_documents_do_not_hold_is_abstained_with_exit_4(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, raw = run_json(
        capsys, program.main, "ask", "Who won the chess championship in Reykjavik?", "--index", str(index)
    )
    assert (code, raw["status"], raw["citations"]) == (4, "abstained", [])
    assert raw["reason"]


def test_streamed_json_lines_end_with_the_answer(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    program.main(["ask", "When do unused days expire?", "--index", str(index), "--json", "--stream"])
    *pieces, answer = map(json.loads, capsys.readouterr().out.splitlines())
    assert "".join(piece["text"] for piece in pieces) == answer["text"]


def test_search_lists_passages_and_explains_their_rank(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run_json(capsys, program.main, "search", "unused leave", "--index", str(index), "--explain")
    best = found["results"][0]
    assert code == 0
    assert best["metadata"]["page_number"] == 2
    assert best["page_content"].startswith("Leave")
    assert best["parts"]["lexical"] > 0
    assert best["ranks"]["lexical"] == 1
    assert found["explanation"]["searched"] == found["explanation"]["readable"]


def test_search_explains_itself_to_people(index: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("search", "quick ratio of leave", "--index", str(index), "--explain")
    capsys.readouterr()
    assert program.main(asked) == 0
    out = capsys.readouterr().out
    assert "lexical 1.000 (rank 1), dense 0.000 (rank -), document boost 0.000, page boost 0.000" in out
    # the words of filings are searched for where there is a filing
    assert "further words" not in out
    (documents / "OAK 10-K 2022.md").write_text("# Oak\n\nTotal current assets were 5.\n")
    assert program.ingest(["build", str(documents), "--index", str(index), "--embeddings", "none"]) == 0
    capsys.readouterr()
    assert program.main(asked) == 0
    assert "further words: consolidated balance sheets" in capsys.readouterr().out
    assert program.main([*asked, "--expand", "off"]) == 0
    assert "further words" not in capsys.readouterr().out


def test_the_model_expands_only_with_a_key(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["search", "leave", "--index", str(index), "--expand", "model"]) == 2
    assert "--expand model needs a key" in capsys.readouterr().err


def test_a_filter_is_applied_before_the_search(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = run_json(
        capsys, program.main, "search", "leave", "--index", str(index), "--filter", '{"source": "other.md"}'
    )
    assert (code, found) == (0, {"results": []})


def test_text_of_documents_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evil.txt").write_text("The password rule\x1b]0;owned\x07 says: \x1b[2Jtwelve letters \u202egnp.exe.")
    program.ingest(["build", str(tmp_path / "evil.txt"), "--index", str(tmp_path / "i"), "--embeddings", "none"])
    program.main(["ask", "What does the password rule say?", "--index", str(tmp_path / "i")])
    out = capsys.readouterr().out
    assert "twelve letters" in out
    assert not set(out) & {"\x1b", "\x07", "\u202e"}


def test_an_explained_search_counts_in_the_singular_too(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "note.txt").write_text("The gate closes at eight.")
    program.ingest(["build", str(tmp_path / "note.txt"), "--index", str(tmp_path / "i"), "--embeddings", "none"])
    for folder, line in ((index, "searched: 2 of 2 passages"), (tmp_path / "i", "searched: 1 of 1 passage")):
        capsys.readouterr()
        assert program.main(["search", "When does it close?", "--explain", "--index", str(folder)]) == 0
        assert capsys.readouterr().out.splitlines()[0] == line


def test_an_explained_search_counts_the_documents_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for year, line in ((2021, "1 document, which comes first"), (2022, "2 documents, which come first")):
        (tmp_path / f"OAK 10-K {year}.md").write_text("# Oak\n\nTotal current assets were 5.\n")
        program.ingest(["build", str(tmp_path), "--index", str(tmp_path / "i"), "--embeddings", "none"])
        capsys.readouterr()
        assert program.main(["search", "assets of Oak", "--explain", "--index", str(tmp_path / "i")]) == 0
        assert f"named in the question: {line}" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-k", "0"], "argument -k: must be a whole number of at least 1"),
        (["-k", "x"], "argument -k: must be a whole number of at least 1"),
        (["--filter", "[1]"], "argument --filter: must be a JSON object"),
        (["--group", " "], "argument --group: a group name must not be blank"),
    ],
)
def test_options_say_what_they_must_be(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        program.main(["search", "x", *options])
    assert capsys.readouterr().err.splitlines()[-1].endswith(message)


def test_verify_says_ok(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_json(capsys, program.ingest, "verify", "--index", str(index)) == (
        0,
        {"ok": True, "problems": [], "pending": 0},
    )


def test_doctor_names_what_is_there_and_no_key(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = run_json(capsys, program.main, "doctor", "--index", str(index))
    names = [check["name"] for check in report["checks"]]
    assert (code, report["ok"]) == (0, True)
    assert names == ["python", "sqlite", "packages", "local models", "key", "index", "index models"]
    assert report["checks"][5]["detail"] == f"{index}: 1 document, 2 pages, 2 chunks"
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", "wrong-key-123456")
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        code, report = run_json(capsys, program.main, "doctor")
        assert (code, report["ok"]) == (1, False)
        assert "wrong-key-123456" not in json.dumps(report)
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        assert run_json(capsys, program.main, "doctor")[0] == 0
        for address in (fake.base_url.replace("://", "://bob:s3cret@"), f"{fake.base_url}?key=s3cret", "bob:s3cret"):
            monkeypatch.setenv("MISTRAL_BASE_URL", address)
            assert "s3cret" not in json.dumps(run_json(capsys, program.main, "doctor"))


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="file names are text there")
@pytest.mark.parametrize("name", [b"caf\xe9.md", b"\xff\xfe.md", b"\xed\xa0\x80.md", b"a\xe9\n\x1b[31m.md"])
def test_a_name_that_is_no_utf_8_is_one_line_and_valid_json(documents: Path, tmp_path: Path, name: bytes) -> None:
    (documents / os.fsdecode(name)).write_text("# Lift\n\nThe lift is inspected in May.\n")
    command = [sys.executable, "-m", "ingest", "build", str(documents), "--embeddings", "none", "--index"]
    ran = subprocess.run([*command, str(tmp_path / "i"), "--json"], capture_output=True, check=True)
    report = json.loads(ran.stdout.decode("utf-8"))
    assert (report["added"], report["failed"], ran.stdout.count(b"\n")) == (2, 0, 1)
    assert all(file["source"].encode("utf-8") for file in report["files"])


def test_a_wrong_key_is_exit_3_and_one_sentence(
    documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", "wrong-key-123456")
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        assert program.ingest(["build", str(documents), "--index", str(tmp_path / "i")]) == 3
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "wrong-key-123456" not in err


def test_another_package_named_ingest_is_named(tmp_path: Path) -> None:
    (tmp_path / "ingest").mkdir()
    (tmp_path / "ingest/__init__.py").write_text("")
    code = "import sys; from mistral_rag.cli import ingest; sys.exit(ingest(['status']))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert f"another package named `ingest` at {tmp_path / 'ingest/__init__.py'} hides" in ran.stderr


def test_a_reader_that_leaves_early_is_no_traceback(index: Path) -> None:
    command = [sys.executable, "-m", "mistral_rag.cli", "search", "leave", "--index", str(index)]
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert ran.returncode == 1
    assert ran.stderr == ""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_build_loses_nothing(tmp_path: Path, number: int, code: int) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for file in range(400):
        (root / f"{file}.txt").write_text(f"Note {file}. " * 200)
    command = [
        sys.executable,
        "-m",
        "ingest",
        "build",
        str(root),
        "--index",
        str(tmp_path / "i"),
        "--embeddings",
        "none",
    ]
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "i/index.db").exists():
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == code
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert program.ingest(["verify", "--index", str(tmp_path / "i")]) == 0
