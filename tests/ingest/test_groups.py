"""Who may read the documents of a build."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.__main__ import main as ingest
from ingest._pipeline import Build
from ingest._report import BuildReport
from mistral_rag import HybridRetriever
from mistral_rag.cli import main as mistral_rag
from mistral_rag.index import UnrestrictedReader, verify

TRAVEL = "# Travel\n\nTrains are booked in second class.\n"
PAY = "# Pay\n\nThe chair is paid second to none.\n"


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "travel.md").write_text(TRAVEL)
    return tmp_path / "open"


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "pay.md").write_text(PAY)
    return tmp_path / "closed"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def build(folder: Path, index: Path, groups: Sequence[str] | None = None, *, rebuild: bool = False) -> BuildReport:
    work = Build([folder], index, embeddings="none", workers=1, groups=groups, rebuild=rebuild)
    for _ in work:
        pass
    assert verify(index) == []
    return work.report


def found(index: Path, groups: Sequence[str] | None = None) -> list[str]:
    return sorted(hit.source.name for hit in HybridRetriever.from_index(index, groups=groups).search("second"))


def test_documents_are_found_by_the_groups_named_in_their_build(
    open_folder: Path, closed_folder: Path, index: Path
) -> None:
    build(open_folder, index, ["*"])
    build(closed_folder, index, ["board", "audit"])
    assert found(index) == ["travel.md"]
    assert found(index, ["staff"]) == ["travel.md"]
    assert found(index, ["audit"]) == ["pay.md", "travel.md"]


def test_a_build_without_groups_keeps_those_that_documents_have(
    open_folder: Path, closed_folder: Path, index: Path
) -> None:
    build(open_folder, index, ["*"])
    build(closed_folder, index, ["board"])
    (closed_folder / "pay.md").write_text(PAY.replace("chair", "board"))
    assert build(closed_folder, index).count("changed") == 1
    assert (found(index), found(index, ["board"])) == (["travel.md"], ["pay.md", "travel.md"])
    (closed_folder / "pay.md").rename(closed_folder / "wages.md")
    assert build(closed_folder, index).count("moved") == 1
    assert (found(index), found(index, ["board"])) == (["travel.md"], ["travel.md", "wages.md"])
    assert build(closed_folder, index, rebuild=True).count("added") == 1
    assert (found(index), found(index, ["board"])) == ([], ["wages.md"])


def test_other_groups_are_given_without_reading_a_document_again(
    open_folder: Path, closed_folder: Path, index: Path
) -> None:
    build(open_folder, index, ["*"])
    build(closed_folder, index, ["board"])
    report = build(closed_folder, index, ["staff"])
    assert (report.count("regrouped"), report.to_json()["regrouped"], report.pages) == (1, 1, 0)
    assert (found(index, ["board"]), found(index, ["staff"])) == (["travel.md"], ["pay.md", "travel.md"])
    assert build(closed_folder, index, ["staff"]).count("unchanged") == 1


def test_a_build_and_the_status_say_how_many_documents_nobody_finds(
    open_folder: Path, closed_folder: Path, index: Path
) -> None:
    assert build(open_folder, index).warnings == []
    [warning] = build(closed_folder, index, ["board"]).warnings
    assert warning == (
        "1 document is hidden: it names no group, while others do. "
        "Name one with: ingest build PATH --group NAME ('*' for everyone)"
    )
    with UnrestrictedReader.open(index) as reader:
        assert reader.status()["hidden"] == 1
    assert build(open_folder, index, ["*"]).warnings == []


def test_groups_on_the_command_line(
    open_folder: Path, closed_folder: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--index", str(index)]
    assert ingest(["build", str(open_folder), *common, "--group", "*", "--embeddings", "none"]) == 0
    both = ["--group", "board", "--group", "audit"]
    assert ingest(["build", str(closed_folder), *common, *both]) == 0
    capsys.readouterr()
    for groups, names in (([], ["travel.md"]), (["--group", "audit"], ["pay.md", "travel.md"])):
        assert mistral_rag(["search", "second", *common, *groups, "--json"]) == 0
        results = json.loads(capsys.readouterr().out)["results"]
        assert sorted(row["metadata"]["source"] for row in results) == names


@pytest.mark.parametrize("name", ["", " "])
def test_a_group_name_is_not_blank(
    open_folder: Path, index: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        ingest(["build", str(open_folder), "--index", str(index), "--group", name])
    assert "argument --group: a group name must not be blank" in capsys.readouterr().err
