"""A build with a key while no platform answers: what needs no platform is done, and the next build does the rest."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest import Build, BuildReport
from ingest.__main__ import main
from mistral_rag import HybridRetriever
from mistral_rag.errors import ApiConnectionError, ApiError
from mistral_rag.index import IndexReader, verify
from mistral_rag.testing import FakeMistral
from mistral_rag.testing._server import faults

NOBODY = "http://127.0.0.1:9/v1"
SCAN = Path(__file__).parents[2] / "data/scanned/lease-addendum.pdf"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "bridge.md").write_text("# Bridge\n\nThe bridge is 40 metres long.\n")
    (folder / "tower.txt").write_text("The tower is 90 metres high.\n")
    return folder


@pytest.fixture
def outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "a-key-for-nobody")
    monkeypatch.setenv("MISTRAL_BASE_URL", NOBODY)
    monkeypatch.setattr("mistral_rag.api._retry.time.sleep", lambda seconds: None)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMistral]:
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        yield fake


def build(folder: Path, index: Path) -> BuildReport:
    work = Build([folder], index, workers=1)
    for _ in work:
        pass
    return work.report


def found(index: Path, question: str) -> list[str]:
    with IndexReader.open(index) as reader:
        return [one.metadata["source"] for one in HybridRetriever(index=reader, embeddings=None).invoke(question)]


def refused(folder: Path, index: Path) -> BuildReport:
    work = Build([folder], index, workers=1)
    with pytest.raises(ApiError):
        for _ in work:
            pass
    assert verify(index) == []
    return work.report


def statuses(report: BuildReport) -> dict[str, str]:
    return {file.source: file.status for file in report.files}


@pytest.mark.usefixtures("outage")
def test_files_are_parsed_and_found_by_words_without_a_platform(folder: Path, tmp_path: Path) -> None:
    work = Build([folder], tmp_path / "index", workers=1)
    with pytest.raises(ApiConnectionError, match=r"^No answer from http://127.0.0.1:9/v1"):
        for _ in work:
            pass
    assert statuses(work.report) == {"bridge.md": "added", "tower.txt": "added"}
    [warning] = work.report.warnings
    assert warning.startswith("2 passages have no vector yet, and are found by their words: No answer from")
    assert (work.report.pages, work.report.chunks, work.report.embedded, work.report.pending) == (2, 2, 0, 2)
    assert work.report.undone
    assert verify(tmp_path / "index") == []
    assert found(tmp_path / "index", "How high is the tower?") == ["tower.txt"]
    with IndexReader.open(tmp_path / "index") as reader:
        assert (reader.status()["documents"], reader.status()["pending"]) == (2, 2)
        assert reader.status()["models"] == {"embedding": "mistral-embed", "dimension": 1024}


def test_the_next_build_embeds_what_an_outage_left(
    folder: Path, tmp_path: Path, outage: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    refused(folder, index)
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        report = build(folder, index)
        assert (statuses(report), report.embedded) == ({"bridge.md": "unchanged", "tower.txt": "unchanged"}, 2)
        assert (report.pages, report.pending, report.undone) == (0, 0, False)
        assert statuses(build(folder, index)) == {"bridge.md": "unchanged", "tower.txt": "unchanged"}
        retriever = HybridRetriever.from_index(index)
        assert retriever.invoke("tower")[0].metadata["source"] == "tower.txt"


def test_a_document_that_changes_in_an_outage_is_found_by_its_new_words(
    folder: Path, tmp_path: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    build(folder, index)
    (folder / "tower.txt").write_text("The lighthouse is 30 metres high.\n")
    platform.faults.add(faults.error(401, {"detail": "no such key"}), times=9)
    report = refused(folder, index)
    assert (statuses(report), report.pending) == ({"bridge.md": "unchanged", "tower.txt": "changed"}, 1)
    assert found(index, "lighthouse") == ["tower.txt"]
    platform.faults.clear()
    report = build(folder, index)
    assert (statuses(report), report.embedded) == ({"bridge.md": "unchanged", "tower.txt": "unchanged"}, 1)


def test_a_wrong_key_is_tried_once(folder: Path, tmp_path: Path, platform: FakeMistral) -> None:
    for number in range(30):
        (folder / f"{number}.txt").write_text(f"Shelf {number} holds {number} boxes.")
    platform.faults.add(faults.error(401, {"detail": "no such key"}), times=99)
    assert refused(folder, tmp_path / "index").chunks == 32
    assert len(platform.requests) == 1


def test_a_request_that_is_refused_leaves_the_others(
    folder: Path, tmp_path: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest._vectors.pending.ROUND", 1)  # a request for each document
    platform.faults.add(faults.error(422, {"detail": "not this text"}), times=1, skip=1)
    report = refused(folder, tmp_path / "index")
    assert sorted(statuses(report).values()) == ["added", "added"]
    assert (report.embedded, report.pending) == (1, 1)


@pytest.mark.usefixtures("outage")
def test_a_scan_fails_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    (folder / "lease.pdf").write_bytes(SCAN.read_bytes())
    (folder / "copy.pdf").write_bytes(SCAN.read_bytes())
    work = Build([folder], tmp_path / "index", embeddings="none", workers=1)
    with pytest.raises(ApiConnectionError):
        for _ in work:
            pass
    assert statuses(work.report) == {
        "bridge.md": "added",
        "copy.pdf": "failed",
        "lease.pdf": "failed",
        "tower.txt": "added",
    }


@pytest.mark.usefixtures("outage")
def test_a_model_of_unknown_dimension_ends_the_build(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ApiConnectionError):
        list(Build([folder], tmp_path / "index", embeddings="mistral-next", workers=1))


@pytest.mark.usefixtures("outage")
def test_the_command_prints_the_report_then_one_sentence_and_exits_with_3(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", str(folder), "--index", str(tmp_path / "index")]) == 3
    printed = capsys.readouterr()
    assert printed.out.startswith("2 added; 2 pages, 2 chunks, 0 embedded with mistral-embed, ")
    assert "2 passages wait for their vectors; build again to go on\n" in printed.out
    assert printed.err.startswith("error: No answer from http://127.0.0.1:9/v1")
    assert printed.err.count("\n") == 1


@pytest.mark.usefixtures("outage")
def test_the_json_of_a_refused_build_is_one_object(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", str(folder), "--index", str(tmp_path / "index"), "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["exit_code"] == 3


def test_settings_beside_the_documents_switch_nothing_on(
    folder: Path, tmp_path: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    settings = f'api_key = "theirs"\nbase_url = "{NOBODY}"\nembeddings = "none"\nocr = "never"\nworkers = 99\n'
    for place in (folder, tmp_path):
        (place / "mistral-rag.toml").write_text(settings)
        (place / ".env").write_text(f"MISTRAL_BASE_URL={NOBODY}\nMISTRAL_API_KEY=theirs\n")
    report = build(folder, tmp_path / "index")
    assert (report.embedding, report.embedded) == ("mistral-embed", 2)
    assert statuses(report)["mistral-rag.toml"] == "skipped"
    assert platform.requests
