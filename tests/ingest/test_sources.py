import os
from pathlib import Path

import pytest

from ingest.sources._found import SkippedPath, SourceFile
from ingest.sources._walk import resolve_roots, walk
from mistral_rag.errors import SourceNotFoundError


def names(root: Path) -> list[str]:
    return [item.name for item in walk(resolve_roots([root])) if isinstance(item, SourceFile)]


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_files_come_in_a_stable_order_with_names_below_their_root(tmp_path: Path) -> None:
    for name in ("b.md", "a/z.txt", "a/b/c.html"):
        write(tmp_path / name)
    assert names(tmp_path) == ["b.md", "a/z.txt", "a/b/c.html"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in (".git/config", ".DS_Store", "seen.md"):
        write(tmp_path / name)
    assert names(tmp_path) == ["seen.md"]


@pytest.mark.parametrize(
    "name",
    [
        "~$budget.xlsx",
        "~$letter.docx",
        "Thumbs.db",
        "desktop.ini",
        "Desktop.ini",
        "$RECYCLE.BIN/a.docx",
        "__MACOSX/b.md",
    ],
)
def test_what_a_system_hides_is_left_out_on_others_as_well(tmp_path: Path, name: str) -> None:
    write(tmp_path / "in" / name)
    write(tmp_path / "in/~seen.md")
    assert names(tmp_path) == ["in/~seen.md"]


def test_a_root_may_be_a_single_file(tmp_path: Path) -> None:
    file = write(tmp_path / "one.md")
    [found] = walk(resolve_roots([file]))
    assert isinstance(found, SourceFile)
    assert (found.name, found.root) == ("one.md", file.resolve().as_uri())


def test_nested_roots_give_each_file_once(tmp_path: Path) -> None:
    write(tmp_path / "deep/a.md")
    found = list(walk(resolve_roots([tmp_path, tmp_path / "deep"])))
    assert [item.name for item in found] == ["deep/a.md"]


def test_a_link_that_leads_out_is_passed_over_with_a_reason(tmp_path: Path) -> None:
    secret = write(tmp_path / "outside/secret.md")
    root = write(tmp_path / "root/a.md").parent
    (root / "leak.md").symlink_to(secret)
    (root / "leaks").symlink_to(secret.parent)
    passed = [item for item in walk(resolve_roots([root])) if isinstance(item, SkippedPath)]
    assert passed == [
        SkippedPath("leak.md", "a link that leads out of the folders named", root.as_uri()),
        SkippedPath("leaks", "a link that leads out of the folders named", root.as_uri()),
    ]


def test_a_link_inside_the_root_adds_nothing_twice_and_no_loop_is_walked(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md")
    (tmp_path / "b.md").symlink_to(file)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "broken.md").symlink_to(tmp_path / "nowhere")
    items = list(walk(resolve_roots([tmp_path])))
    assert [item.name for item in items if isinstance(item, SourceFile)] == ["a.md"]
    assert [item for item in items if isinstance(item, SkippedPath)] == [
        SkippedPath("broken.md", "a link that leads nowhere", tmp_path.as_uri())
    ]


def test_a_fifo_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert list(walk(resolve_roots([tmp_path]))) == [SkippedPath("pipe.md", "no regular file", tmp_path.as_uri())]


def test_a_missing_root_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"nothing-here does not exist$"):
        resolve_roots([tmp_path / "nothing-here"])


def test_names_that_need_it_are_percent_encoded_in_the_uri(tmp_path: Path) -> None:
    write(tmp_path / "2022 Q3 ü#1.md")
    [found] = walk(resolve_roots([tmp_path]))
    assert isinstance(found, SourceFile)
    assert found.uri.endswith("/2022%20Q3%20%C3%BC%231.md")
