"""Files whose type needs an optional package."""

import importlib.util
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ingest import Build, BuildReport
from ingest.__main__ import main
from ingest.parsing import parse
from ingest.parsing._members import unpack
from ingest.parsing._result import Room
from tests.ingest.test_ocr import Clerk

LACKS = 'type image/heic: it needs optional packages. Run: pip install "mistral-rag[heif]"'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pytest.importorskip("pillow_heif").register_heif_opener(thumbnails=False)
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, box in (("a.heic", (20, 20, 120, 60)), ("b.heic", (20, 20, 160, 60))):
        image = Image.new("RGB", (200, 100), "white")
        image.paste("black", box)
        image.save(folder / name, format="HEIF")
    (folder / "note.txt").write_text("The tower is 90 metres high.")
    return folder


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the package."""
    find = importlib.util.find_spec

    def without(name: str, *rest: Any) -> Any:
        return None if name == "pillow_heif" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)


def built(folder: Path, index: Path) -> BuildReport:
    work = Build([folder], index, embeddings="none", ocr_with=Clerk("The rent is 100."), workers=1)
    list(work)
    return work.report


def outcomes(report: BuildReport) -> list[tuple[str, str, str | None]]:
    return sorted((file.source, file.status, file.reason) for file in report.files)


def test_photos_of_phones_are_read_by_ocr(folder: Path, tmp_path: Path) -> None:
    report = built(folder, tmp_path / "index")
    assert [status for _, status, _ in outcomes(report)] == ["added"] * 3
    assert (report.ocr_pages, report.text_pages) == (2, 1)


@pytest.mark.usefixtures("bare")
def test_a_missing_extra_is_one_line_a_type(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = built(folder, tmp_path / "index")
    assert outcomes(report) == [
        ("a.heic", "skipped", LACKS),
        ("b.heic", "skipped", LACKS),
        ("note.txt", "added", None),
    ]
    for command in (["plan", str(folder)], ["status"]):
        assert main([*command, "--index", str(tmp_path / "index")]) == 0
        assert f"skipped 2: {LACKS}: a.heic, b.heic" in capsys.readouterr().out


def test_what_was_read_with_a_package_stays_without_it(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    built(folder, tmp_path / "index")
    request.getfixturevalue("bare")
    assert [status for _, status, _ in outcomes(built(folder, tmp_path / "index"))] == ["unchanged"] * 3


def test_what_was_skipped_is_read_once_the_package_is_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("ingest._planning.plan.lacking", lambda kind: LACKS if kind == "image/heic" else None)
        built(folder, tmp_path / "index")
    assert [status for _, status, _ in outcomes(built(folder, tmp_path / "index"))] == ["added", "added", "unchanged"]


@pytest.mark.usefixtures("bare")
def test_a_member_that_needs_a_package_is_named(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.write(folder / "a.heic", "inside.heic")
        archive.write(folder / "note.txt", "note.txt")
    found = parse(tmp_path / "photos.zip", "application/zip")
    (tmp_path / "room").mkdir()
    members, unread = unpack(found.members, Room(tmp_path / "room", 10, 1 << 20))
    assert [member.name for member in members] == ["note.txt"]
    assert [problem.reason for problem in unread] == [f"not read: inside.heic: {LACKS}"]
