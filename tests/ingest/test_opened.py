"""Files are opened once and never through a link, whatever becomes of their paths meanwhile."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest._pipeline import Build
from ingest._planning.plan import FileToRead, make_plan
from ingest._reading.documents import ReadFile, read_files
from ingest._reading.opened import OpenFiles, list_folder, open_listed
from ingest.parsing._result import ParsedFile
from ingest.sources._found import SourceFile, UnreadPath
from ingest.sources._places import SourcePlaces
from ingest.sources._walk import resolve_roots, walk
from mistral_rag.errors import ParseError
from mistral_rag.index import IndexReader

INSIDE = "The office closes at six.\n"
SECRET = "The password is swordfish.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text(INSIDE)
    (folder / "sub" / "b.txt").write_text(INSIDE)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.txt").write_text(SECRET)
    (tmp_path / "outside" / "b.txt").write_text(SECRET)
    return folder


def planned(root: Path) -> list[FileToRead]:
    with SourcePlaces([root]) as places:
        return make_plan(places, {}, prune=False).to_read


def read(files: list[FileToRead]) -> dict[str, str]:
    """Text, or the reason why there is none, of each file."""
    found = {}
    for item in read_files(files, workers=1):
        if item is None:  # a moment in which nothing got ready
            continue
        assert isinstance(item, ReadFile)
        parsed = item.parsed
        found[item.file.found.name] = parsed.pages[0].text if isinstance(parsed, ParsedFile) else parsed.reason
    return found


def texts(index: Path) -> str:
    with IndexReader.open(index) as reader, reader.view() as view:
        return "".join(text for source in view.sources() for text in view.page_texts(source.uri))


def test_a_file_swapped_for_a_link_after_the_plan_is_refused(root: Path, tmp_path: Path) -> None:
    files = planned(root)
    (root / "a.txt").unlink()
    (root / "a.txt").symlink_to(tmp_path / "outside" / "a.txt")
    assert read(files) == {
        "a.txt": "changed while it was being read; build again",
        "sub/b.txt": INSIDE.strip(),
    }


def test_a_folder_swapped_for_a_link_after_the_plan_is_refused(root: Path, tmp_path: Path) -> None:
    files = planned(root)
    (root / "sub").rename(tmp_path / "kept")
    (root / "sub").symlink_to(tmp_path / "outside")
    assert read(files)["sub/b.txt"] == "changed while it was being read; build again"


def test_a_file_swapped_for_another_one_after_the_plan_is_refused(root: Path, tmp_path: Path) -> None:
    files = planned(root)
    other = tmp_path / "outside" / "a.txt"
    times = (root / "a.txt").stat()
    other.write_text(INSIDE.replace("six", "two"))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(root / "a.txt")
    assert read(files)["a.txt"] == "changed while it was being read; build again"


def test_a_file_swapped_for_a_pipe_is_not_waited_for(root: Path) -> None:
    files = planned(root)
    (root / "a.txt").unlink()
    os.mkfifo(root / "a.txt")
    assert read(files)["a.txt"] == "changed while it was being read; build again"


def test_a_folder_swapped_for_a_link_while_it_is_listed_is_not_entered(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = walk(resolve_roots([root]))
    assert isinstance(first := next(items), SourceFile)
    assert first.name == "a.txt"  # the root is listed, its folders are not entered yet
    (root / "sub").rename(tmp_path / "kept")
    (root / "sub").symlink_to(tmp_path / "outside")
    [rest] = items
    assert isinstance(rest, UnreadPath)
    assert (rest.name, rest.reason.partition(":")[0]) == (
        "sub",
        "this folder can't be listed, and what it held is kept",
    )


def test_a_folder_swapped_for_another_folder_is_not_entered(root: Path, tmp_path: Path) -> None:
    items = walk(resolve_roots([root]))
    next(items)
    (root / "sub").rename(tmp_path / "kept")
    (tmp_path / "outside").rename(root / "sub")
    [rest] = items
    assert isinstance(rest, UnreadPath)
    assert rest.reason.endswith("another folder is in its place")


@contextmanager
def swapping(swap: Callable[[], None]) -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            swap()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def exchange(one: Path, other: Path) -> Callable[[], None]:
    """Let `one` be itself and a link to `other`, in turn."""
    spare, link = one.with_name(".spare"), one.with_name(".link")

    def swap() -> None:
        link.symlink_to(other)
        one.rename(spare)
        link.rename(one)
        one.unlink()
        spare.rename(one)

    return swap


@pytest.mark.parametrize(("inside", "outside"), [("a.txt", "outside/a.txt"), ("sub", "outside")])
def test_a_path_that_is_swapped_all_the_time_never_brings_in_what_lies_outside(
    root: Path, tmp_path: Path, inside: str, outside: str
) -> None:
    index = tmp_path / "index"
    with swapping(exchange(root / inside, tmp_path / outside)):
        for _ in range(3):
            for _ in Build([root], index, embeddings="none", workers=1):
                pass
            assert "swordfish" not in texts(index)


def test_an_open_file_is_read_by_its_private_path_when_its_own_is_gone(root: Path) -> None:
    [found] = [item for item in walk([root / "a.txt"]) if isinstance(item, SourceFile)]
    with OpenFiles() as opened:
        path = opened.add(found.open(), "a.txt")
        (root / "a.txt").unlink()
        assert (path.name, path.read_text()) == ("a.txt", INSIDE)
        assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    assert not path.parent.parent.exists()


def test_where_no_link_leads_to_an_open_file_it_is_copied(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getpid", lambda: -1)  # there is no /proc of ours
    [found] = [item for item in walk([root / "a.txt"]) if isinstance(item, SourceFile)]
    with OpenFiles() as opened:
        path = opened.add(found.open(), "a.txt")
        assert (path.is_symlink(), path.read_text()) == (False, INSIDE)


def test_what_is_no_regular_file_is_not_opened(root: Path) -> None:
    status = (root / "sub").stat()
    with pytest.raises(OSError, match="another file is in its place"):
        open_listed(root / "sub", (status.st_dev, status.st_ino))
    with pytest.raises(NotADirectoryError):
        list_folder(root / "a.txt", (0, 0))


def test_an_edit_of_the_same_length_and_time_during_the_build_is_noticed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = planned(root / "a.txt")
    times = (root / "a.txt").stat()
    (root / "a.txt").write_text(INSIDE.replace("six", "two"))
    os.utime(root / "a.txt", ns=(times.st_atime_ns, times.st_mtime_ns))
    [item] = filter(None, read_files(files, workers=1))
    assert isinstance(item, ReadFile)
    assert isinstance(item.parsed, ParseError)
    assert item.parsed.reason == "changed while it was being read; build again"


@pytest.mark.skipif(sys.platform == "win32", reason="files with holes are made otherwise there")
def test_a_file_that_claims_a_huge_size_is_a_line_of_the_report(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("The office closes at six.")
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(1 << 42)
    work = Build([folder], tmp_path / "index", embeddings="none", workers=1)
    for _ in work:
        pass
    assert {file.source: (file.status, file.reason) for file in work.report.files} == {
        "a.txt": ("added", None),
        "huge.txt": ("failed", "can't be read: larger than 4 GiB; divide it"),
    }
