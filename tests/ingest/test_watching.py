"""An index kept in step: which files are whole, and when something has changed."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import LookSettings
from ingest._watching import QuietFiles, signs_of_change
from ingest.sources._found import SourceFile, UnsettledFile
from ingest.sources._places import SourcePlaces
from mistral_rag.errors import MissingExtraError

SECOND = 10**9
NOW = 1_800_000_000 * SECOND


def written(changed_ns: int, size: int = 5, uri: str = "file:///a.md") -> SourceFile:
    return SourceFile(Path("/a.md"), "a.md", uri, "file:///", size, changed_ns, "text/markdown", changed_ns)


def test_a_file_is_whole_when_it_has_not_changed_for_a_second() -> None:
    times = iter([NOW, NOW + SECOND // 2, NOW + SECOND, NOW + 3 * SECOND, NOW + 5 * SECOND])
    quiet = QuietFiles(lambda: next(times))
    growing = written(NOW)
    assert not quiet.is_settled(growing)
    assert not quiet.is_settled(replace(growing, size=9))
    assert not quiet.is_settled(replace(growing, size=9))
    assert quiet.is_settled(replace(growing, size=9))
    assert not quiet.is_settled(replace(growing, size=9, changed_ns=NOW + 4 * SECOND))


@pytest.mark.parametrize(
    ("found", "settled"),
    [
        (written(NOW - 11 * SECOND), True),
        (written(NOW - 9 * SECOND), False),
        (written(NOW + 1000 * SECOND), False),
        (written(NOW, uri="https://example.com/a.md"), True),
    ],
)
def test_at_the_first_look_old_files_and_copies_from_elsewhere_are_whole(found: SourceFile, settled: bool) -> None:
    assert QuietFiles(lambda: NOW).is_settled(found) is settled


def test_a_file_that_is_being_written_is_left_to_the_next_look(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("half of")
    with SourcePlaces(tmp_path, LookSettings(is_settled=QuietFiles().is_settled)) as places:
        assert [type(item) for item in places.find({})] == [UnsettledFile]


def test_changes_below_the_paths_are_signs_and_those_of_the_index_are_none(tmp_path: Path) -> None:
    pytest.importorskip("watchfiles")
    index = tmp_path / "index"
    index.mkdir()
    signs = signs_of_change([tmp_path], index, seconds=3600)
    next(signs)
    (index / "index.db").write_text("rows")
    (tmp_path / "a.md").write_text("text")
    next(signs)


def test_without_watchfiles_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(MissingExtraError, match=r'pip install "mistral-rag\[watch\]"'):
        next(signs_of_change([tmp_path], tmp_path / "index", seconds=1))
