"""What a build can't look at is named and kept; where it can't write it says so before it begins."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest._pipeline import Build
from ingest._report import BuildReport
from mistral_rag.errors import SourceNotFoundError
from mistral_rag.index import IndexReader, IndexWriter
from tests.ingest.nobody import NOBODY, as_nobody

# imported late by the index, and then by a user who may not read its file
importlib.import_module("mistral_rag.index._folder.filesystem_probe")

TEXT = "The office closes at six.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt", "f.txt", "g.txt", "h.txt", "sub/deep/z.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}: {TEXT}")
    return folder


def build(root: Path, index: Path, *, prune: bool = False) -> BuildReport:
    work = Build([root], index, embeddings="none", prune=prune, workers=1)
    for _ in work:
        pass
    return work.report


def outcome(report: BuildReport, source: str) -> tuple[str, str | None]:
    [file] = [file for file in report.files if file.source == source]
    return file.status, file.reason


def held(index: Path) -> int:
    with IndexReader.open(index) as reader, reader.view() as view:
        return len(list(view.sources()))


LOCKED = "this folder can't be listed, and what it held is kept: Permission denied"


def test_a_folder_that_can_t_be_listed_any_more_keeps_what_it_held(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(root, index)
    (root / "sub").chmod(0)
    with as_nobody(tmp_path):
        report = build(root, index, prune=True)
    (root / "sub").chmod(0o700)
    assert outcome(report, "sub") == ("failed", LOCKED)
    assert (report.undone, report.count("removed"), held(index)) == (True, 0, 9)


def test_a_file_that_can_t_be_opened_any_more_keeps_what_was_read_of_it(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(root, index)
    (root / "a.txt").chmod(0)
    with as_nobody(tmp_path):
        report = build(root, index, prune=True)
    assert outcome(report, "a.txt") == ("failed", "can't be read: Permission denied")
    assert (report.undone, held(index)) == (True, 9)


def test_a_folder_whose_files_can_t_be_stat_ed_keeps_what_it_held(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(root, index)
    (root / "sub" / "deep").chmod(0o400)  # its names can be listed, and nothing else
    with as_nobody(tmp_path):
        report = build(root, index, prune=True)
    (root / "sub" / "deep").chmod(0o700)
    assert outcome(report, "sub/deep/z.txt") == ("failed", "can't be looked at: Permission denied")
    assert (report.undone, held(index)) == (True, 9)


def test_a_pdf_by_another_name_that_can_t_be_opened_any_more_is_kept(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    (root / "scan").write_text(f"<html><p>{TEXT}</html>")
    build(root, index)
    (root / "scan").chmod(0)
    with as_nobody(tmp_path):
        report = build(root, index, prune=True)
    assert outcome(report, "scan") == ("failed", "can't be read: Permission denied")
    assert held(index) == 10


def test_an_empty_folder_that_held_documents_may_be_a_mount_that_is_gone(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(root, index)
    shutil.rmtree(root / "sub" / "deep")
    report = build(root, index)
    assert outcome(report, "sub/deep/z.txt") == ("held_back", "gone from its folder; drop it with --prune")
    assert (report.undone, held(index)) == (True, 9)
    assert build(root, index, prune=True).count("removed") == 1


def test_a_folder_that_was_deleted_is_dropped(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(root, index)
    shutil.rmtree(root / "sub")
    report = build(root, index)
    assert (outcome(report, "sub/deep/z.txt"), report.undone) == (("removed", None), False)


def test_a_root_that_is_empty_keeps_all_even_with_prune(root: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    build(root, index)
    shutil.rmtree(root)
    root.mkdir()
    report = build(root, index, prune=True)
    assert (report.count("held_back"), report.undone, held(index)) == (9, True, 9)
    assert report.warnings == ["documents is an empty folder"]


def test_a_root_of_a_mount_that_is_dead_is_one_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_: object, **__: object) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    monkeypatch.setattr(Path, "exists", dead)
    with pytest.raises(SourceNotFoundError, match=r"can't be looked at: Transport endpoint is not connected$"):
        Build([root], root.with_name("index"))


def test_an_edit_of_the_same_length_with_the_same_time_stamp_is_noticed(root: Path, tmp_path: Path) -> None:
    index, file = tmp_path / "index", root / "a.txt"
    build(root, index)
    times = file.stat()
    file.write_text(file.read_text().replace("six", "two"))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert outcome(build(root, index), "a.txt") == ("changed", None)


def test_so_is_one_that_sets_back_an_old_time_stamp(root: Path, tmp_path: Path) -> None:
    index, file = tmp_path / "index", root / "a.txt"
    os.utime(file, (1e9, 1e9))
    build(root, index)
    file.write_text(file.read_text().replace("six", "two"))
    os.utime(file, (1e9, 1e9))
    assert outcome(build(root, index), "a.txt") == ("changed", None)


def test_a_file_that_was_hashed_again_when_it_was_settled_is_not_hashed_a_third_time(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    build(root, index)
    monkeypatch.setattr("ingest._reading.opened.SETTLED_NS", -(10**12))  # as if long had passed
    assert build(root, index).count("unchanged") == 9
    with IndexWriter.open(index) as writer:
        stamps = [
            (state.mtime_ns, (root / state.source.name).stat().st_ctime_ns) for state in writer.sources().values()
        ]
    assert all(noted == changed for noted, changed in stamps)


def test_a_file_in_the_way_of_the_index_is_named(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "index"):
        assert main(["build", str(root), "--index", str(place), "--embeddings", "none"]) == 2
    shown = capsys.readouterr().err.splitlines()
    assert shown == [
        f"error: {tmp_path / 'file'} is a file, not an index folder",
        f"error: can't make {tmp_path / 'file' / 'index'}: Not a directory",
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs modes")
@pytest.mark.parametrize("built", [False, True])
def test_an_index_where_nobody_may_write_could_not_start(root: Path, *, built: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:  # another run of pytest takes away the modes of its own folders
        Path(folder).chmod(0o755)
        shutil.copytree(root, Path(folder) / "documents")
        _refused(Path(folder) / "documents", Path(folder), built=built)


def _refused(root: Path, tmp_path: Path, *, built: bool) -> None:
    place = tmp_path / "place"
    place.mkdir()
    index = place / "index"
    if built:
        build(root, index)
        for path in index.iterdir():
            path.chmod(0o444)
        index.chmod(0o555)
    place.chmod(0o555)
    code = (
        "import html, os, sys\n"  # this and what it needs is not to be loaded later
        "from ingest.__main__ import main\n"
        "given = ['--embeddings', 'none', '--ocr', 'never', '--json']\n"
        "main(['build', sys.argv[1], '--index', sys.argv[3], *given])\n"  # the user may not load what is missing then
        "print(flush=True)\n"
        f"os.geteuid() or os.setuid({NOBODY})\n"
        "sys.exit(main(['build', sys.argv[1], '--index', sys.argv[2], *given[:-1]]))\n"
    )
    command = [sys.executable, "-c", code, str(root), str(index), str(tmp_path / "other")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    place.chmod(0o755)
    said = f"can't write to {index}" if built else f"can't make {index}"
    assert (run.returncode, run.stdout.splitlines()[2:], run.stderr) == (2, [], f"error: {said}: Permission denied\n")
