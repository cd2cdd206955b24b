import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from ingest._pipeline import Build
from ingest._report import BuildReport
from mistral_rag.errors import IndexMismatchError, NotAnIndexError, SourceNotFoundError
from mistral_rag.index import IndexReader, verify
from tests.ingest.nobody import as_nobody

TRAVEL = "# Travel\n\nTrains are booked in second class. Flights need approval by the office.\n"
LEAVE = "# Leave\n\nEveryone has 30 days of leave a year. Unused days expire in March.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    (root / "travel.md").write_text(TRAVEL)
    (root / "leave.md").write_text(LEAVE)
    return root


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def build(
    *paths: Path, index: Path, embeddings: str = "none", prune: bool = False, rebuild: bool = False
) -> BuildReport:
    work = Build(paths, index, embeddings=embeddings, prune=prune, rebuild=rebuild, workers=1)
    for _ in work:
        pass
    return work.report


def counts(report: BuildReport) -> dict[str, int]:
    return {name: value for name, value in report.to_json().items() if isinstance(value, int) and value}


def outcome(report: BuildReport, source: str) -> tuple[str, str | None]:
    [file] = [file for file in report.files if file.source == source]
    return file.status, file.reason


def sources(index: Path) -> list[str]:
    with IndexReader.open(index) as reader, reader.view() as view:
        return sorted(source.name for source in view.sources())


def test_a_first_build_adds_and_a_second_finds_nothing_to_do(folder: Path, index: Path) -> None:
    first, second = build(folder, index=index), build(folder, index=index)
    assert (first.count("added"), first.pages, first.chunks) == (2, 2, 2)
    assert (second.count("unchanged"), second.pages, second.chunks) == (2, 0, 0)
    assert verify(index) == []


def test_a_changed_file_is_read_again_and_the_rest_is_not(folder: Path, index: Path) -> None:
    build(folder, index=index)
    (folder / "leave.md").write_text(LEAVE.replace("30", "28"))
    report = build(folder, index=index)
    assert outcome(report, "leave.md") == ("changed", None)
    assert outcome(report, "travel.md") == ("unchanged", None)
    assert report.pages == 1


def test_a_file_that_was_only_touched_is_unchanged(folder: Path, index: Path) -> None:
    build(folder, index=index)
    os.utime(folder / "leave.md", (1, 1))
    assert build(folder, index=index).count("unchanged") == 2


def test_a_renamed_file_is_moved(folder: Path, index: Path) -> None:
    build(folder, index=index)
    (folder / "leave.md").rename(folder / "holidays.md")
    report = build(folder, index=index)
    assert outcome(report, "holidays.md") == ("moved", None)
    assert report.count("held_back") == 0
    assert sources(index) == ["holidays.md", "travel.md"]


def test_a_gone_file_is_dropped_when_it_is_one_of_many(folder: Path, index: Path) -> None:
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"Note number {number}.")
    build(folder, index=index)
    (folder / "3.txt").unlink()
    report = build(folder, index=index)
    assert outcome(report, "3.txt") == ("removed", None)
    assert "3.txt" not in sources(index)


def test_more_than_a_fifth_gone_is_held_back_until_pruning_is_asked_for(folder: Path, index: Path) -> None:
    build(folder, index=index)
    (folder / "leave.md").unlink()
    held = build(folder, index=index)
    assert outcome(held, "leave.md") == ("held_back", "gone from its folder; drop it with --prune")
    assert held.undone
    assert sources(index) == ["leave.md", "travel.md"]
    assert build(folder, index=index, prune=True).count("removed") == 1
    assert sources(index) == ["travel.md"]


def test_an_emptied_folder_drops_nothing_even_when_pruning(folder: Path, index: Path) -> None:
    build(folder, index=index)
    for file in folder.iterdir():
        file.unlink()
    report = build(folder, index=index, prune=True)
    assert report.warnings == ["documents is an empty folder"]
    assert report.count("held_back") == 2
    assert sources(index) == ["leave.md", "travel.md"]


def test_another_folder_is_left_alone(folder: Path, index: Path, tmp_path: Path) -> None:
    build(folder, index=index)
    other = tmp_path / "other"
    other.mkdir()
    (other / "note.txt").write_text("A note.")
    report = build(other, index=index)
    assert counts(report) == {"added": 1, "pages": 1, "text_pages": 1, "chunks": 1}
    assert sources(index) == ["leave.md", "note.txt", "travel.md"]


def test_a_missing_root_drops_nothing_and_says_so(folder: Path, index: Path) -> None:
    build(folder, index=index)
    shutil.rmtree(folder)
    with pytest.raises(SourceNotFoundError, match="documents does not exist"):
        build(folder, index=index)
    assert sources(index) == ["leave.md", "travel.md"]


def test_a_broken_file_is_one_line_and_the_others_go_in(folder: Path, index: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnot really")
    report = build(folder, index=index)
    status, reason = outcome(report, "broken.pdf")
    assert status == "failed"
    assert reason
    assert "\n" not in reason
    assert (report.count("added"), report.undone) == (2, True)
    again = build(folder, index=index)
    assert outcome(again, "broken.pdf") == ("failed", reason)
    assert again.undone


def test_unknown_types_are_skipped_and_counted_by_type(folder: Path, index: Path) -> None:
    (folder / "a.xyz").write_text("?")
    (folder / "b.xyz").write_text("?")
    report = build(folder, index=index)
    assert dict(report.skipped_types()) == {"type .xyz": 2}
    assert not report.undone


def test_an_index_keeps_its_embedding_model(folder: Path, index: Path) -> None:
    build(folder, index=index)
    with pytest.raises(IndexMismatchError, match=r"no embedding model; this is local-minilm.*--rebuild"):
        build(folder, index=index, embeddings="local-minilm")
    assert build(folder, index=index, embeddings="auto").embedding == ""


def test_a_folder_of_something_else_is_refused_and_untouched(folder: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(NotAnIndexError):
        build(folder, index=photos)
    assert [path.name for path in photos.iterdir()] == ["cat.jpg"]


def test_a_file_without_read_permission_is_one_line_and_is_tried_again(
    folder: Path, index: Path, tmp_path: Path
) -> None:
    build(folder, index=index)
    (folder / "leave.md").write_text(LEAVE.replace("30", "28"))
    (folder / "leave.md").chmod(0)
    with as_nobody(tmp_path):
        report = build(folder, index=index)
    assert outcome(report, "leave.md") == ("failed", "can't be read: Permission denied")
    (folder / "leave.md").chmod(0o600)
    assert outcome(build(folder, index=index), "leave.md") == ("changed", None)


def test_stopping_early_keeps_what_was_committed_and_the_next_build_goes_on(folder: Path, index: Path) -> None:
    for _ in Build([folder], index, embeddings="none", workers=1):
        break
    assert verify(index) == []
    report = build(folder, index=index)
    assert report.count("added") + report.count("unchanged") == 2
    assert sources(index) == ["leave.md", "travel.md"]


def test_a_rebuild_reads_everything_again(folder: Path, index: Path) -> None:
    build(folder, index=index)
    report = build(folder, index=index, rebuild=True)
    assert counts(report) == {"added": 2, "pages": 2, "text_pages": 2, "chunks": 2}


@pytest.mark.skipif(sys.platform in {"darwin", "win32"}, reason="file names are text there")
def test_a_file_whose_name_is_not_utf_8_is_read_under_a_name_that_can_be_shown(folder: Path, index: Path) -> None:
    path = os.fsencode(folder) + b"/\xdcbersicht.md"
    with open(path, "w") as file:  # noqa: PTH123 (pathlib knows no bytes)
        file.write("# Overview\n\nThe lift is inspected in May.\n")
    report = build(folder, index=index)
    assert outcome(report, "\\xdcbersicht.md") == ("added", None)
    assert sources(index) == ["\\xdcbersicht.md", "leave.md", "travel.md"]
    json.dumps(report.to_json()).encode()
    assert counts(build(folder, index=index))["unchanged"] == 3
