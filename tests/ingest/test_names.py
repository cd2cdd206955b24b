"""Names of files in any normal form and any bytes."""

import json
import os
import sys
import unicodedata
from pathlib import Path

import pytest

from ingest import Build
from ingest.__main__ import main as ingest
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.text import readable_name

NFC, NFD = (unicodedata.normalize(form, "Übersicht.md") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plan.md", "plan.md"),
        (NFD, "\u00dcbersicht.md"),
        (os.fsdecode(b"caf\xe9.txt"), r"caf\xe9.txt"),
        (os.fsdecode(b"ordner-\xfc/Pr\xc3\xbcfung"), r"ordner-\xfc/Prüfung"),
        ("가각.txt", "가각.txt"),
        ("a\nb\x1b[1m", "a\nb [1m"),
        ("\ud800.txt", "\ufffd.txt"),
    ],
)
def test_a_name_is_read_as_people_write_it(name: str, expected: str) -> None:
    assert readable_name(name) == expected


@pytest.fixture
def index(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, text in ((NFD, "Die Prüfung kostet 80 Euro."), ("plan.md", "Der Plan wird im Mai geprüft.")):
        (folder / name).write_text(text)
    list(Build([folder], tmp_path / "index", embeddings="none"))
    return tmp_path / "index"


@pytest.mark.parametrize("name", [NFC, NFD])
@pytest.mark.parametrize(
    "condition",
    [
        lambda name: {"source": name},
        lambda name: {"source": {"$in": ["x.md", name]}},
        lambda name: {"source": {"$prefix": name[:4]}},
        lambda name: {"$not": {"source": {"$ne": name}}},
    ],
    ids=["equal", "among", "prefix", "not"],
)
def test_a_filter_finds_a_name_in_any_normal_form(index: Path, name: str, condition: object) -> None:
    wanted = condition(name)  # type: ignore[operator]
    found = HybridRetriever.from_index(index, filter=wanted).invoke("Wann kostet die Prüfung")
    assert [document.metadata["source"] for document in found] == [NFC]


@pytest.mark.parametrize("name", [NFC, NFD])
def test_a_document_is_removed_by_its_name_in_any_normal_form(
    index: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest(["remove", name, "--index", str(index), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == [NFC]


@pytest.mark.skipif(sys.platform != "linux", reason="names of other systems are text")
def test_names_that_are_no_text_are_one_line_and_cost_no_other_file(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = os.fsencode(tmp_path / "files")
    os.makedirs(folder + b"/ordner-\xfc")  # noqa: PTH103 (bytes)
    for name in (b"caf\xe9.txt", b"caf\xe8.txt", b"ordner-\xfc/plan.txt", b"ok.txt"):
        Path(os.fsdecode(folder + b"/" + name)).write_text("The coffee machine is cleaned on Fridays.")
    index = str(tmp_path / "index")
    assert ingest(["build", os.fsdecode(folder), "--index", index, "--embeddings", "none", "--json"]) == 0
    report = json.loads(capsysbinary.readouterr().out.decode("utf-8"))
    assert {file["source"] for file in report["files"] if file["status"] == "added"} == {
        r"caf\xe8.txt",
        r"caf\xe9.txt",
        "ok.txt",
        r"ordner-\xfc/plan.txt",
    }
    assert report["warnings"] == [
        "3 files with a name that is not UTF-8, shown with its bytes: "
        r"caf\xe8.txt, caf\xe9.txt, ordner-\xfc/plan.txt"
    ]
    for command in (["plan", os.fsdecode(folder)], ["status"], ["verify"], ["remove", r"caf\xe9.txt"]):
        assert ingest([*command, "--index", index, "--json"]) == 0
        json.loads(capsysbinary.readouterr().out.decode("utf-8"))
    assert ingest(["status", "--index", index, "--json"]) == 0
    status = json.loads(capsysbinary.readouterr().out)
    assert (status["documents"], status["removed"]) == (3, 1)


BYTES = [b"caf\xe9.txt", b"\xff\xfe plan.txt", b"ordner-\xfc/100%.txt", b"\x80#1?.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of other systems are text")
@pytest.mark.parametrize("name", BYTES)
def test_a_document_whose_name_is_no_text_is_redone_and_purged(
    name: bytes, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = os.fsencode(tmp_path / "files")
    path = Path(os.fsdecode(folder + b"/" + name))
    path.parent.mkdir(parents=True)
    path.write_text("The coffee machine is cleaned on Fridays.")
    index = str(tmp_path / "index")
    assert ingest(["build", os.fsdecode(folder), "--index", index, "--embeddings", "none"]) == 0
    for called in (readable_name(os.fsdecode(name)), str(path), path.as_uri()):
        capsysbinary.readouterr()
        assert ingest(["redo", called, "--index", index, "--json"]) == 0
        report = json.loads(capsysbinary.readouterr().out.decode("utf-8"))
        assert [(file["source"], file["status"]) for file in report["files"]] == [
            (readable_name(os.fsdecode(name)), "changed")
        ]
    assert ingest(["purge", str(path), "--yes", "--index", index, "--json"]) == 0
    purged = json.loads(capsysbinary.readouterr().out.decode("utf-8"))
    assert purged["erased"] == [readable_name(os.fsdecode(name))]
    assert purged["files_still_there"] == [str(path)]
    assert path.exists()
