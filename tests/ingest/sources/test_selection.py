"""Files that are chosen and left out, as .gitignore would."""

from pathlib import Path

import pytest

from ingest import LookSettings
from ingest.sources._found import SourceFile, UnreadPath
from ingest.sources._places import SourcePlaces
from ingest.sources._selection import compile_patterns
from mistral_rag.errors import ConfigurationError


def names(root: Path, settings: LookSettings | None = None) -> list[str]:
    with SourcePlaces([root], settings) as places:
        return [item.name for item in places.find({}) if isinstance(item, SourceFile)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a.md", "b.txt", "hr/pay.md", "hr/old/pay.md", "it/build/x.md", "it/x.tmp.md", "it/keep.tmp.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ("build/", ["a.md", "b.txt", "hr/pay.md", "hr/old/pay.md", "it/keep.tmp.md", "it/x.tmp.md"]),
        ("*.tmp.md\n!keep.tmp.md", ["a.md", "b.txt", "hr/pay.md", "hr/old/pay.md", "it/keep.tmp.md", "it/build/x.md"]),
        ("/hr\n/it\n", ["a.md", "b.txt"]),
        ("# hr\n\nhr/old/*\nit/\n", ["a.md", "b.txt", "hr/pay.md"]),
        ("*\n!b.txt", ["b.txt"]),
    ],
)
def test_an_ignore_file_is_read_as_git_does(root: Path, patterns: str, left: list[str]) -> None:
    (root / ".ragignore").write_text(patterns)
    assert names(root) == left


def test_an_ignore_file_holds_for_its_folder_and_a_deeper_one_decides_first(root: Path) -> None:
    (root / ".ragignore").write_text("*.tmp.md\n/pay.md")
    (root / "it" / ".ragignore").write_text("!x.tmp.md")
    (root / "hr" / ".ragignore").write_text("/pay.md")
    assert names(root) == ["a.md", "b.txt", "hr/old/pay.md", "it/x.tmp.md", "it/build/x.md"]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a*a*a*a*a*a*a*b", b"x\n" * 40_000, b"*.md\n" * 1001])
def test_nothing_is_read_beside_an_ignore_file_that_cannot_be_followed(root: Path, content: bytes) -> None:
    (root / "hr" / ".ragignore").write_bytes(content)
    with SourcePlaces([root]) as places:
        found = list(places.find({}))
    assert [item.name for item in found if isinstance(item, UnreadPath)] == ["hr"]
    assert not [item for item in found if isinstance(item, SourceFile) and item.name.startswith("hr/")]


def test_an_ignore_file_that_is_a_link_is_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("*.md")
    (root / "hr" / ".ragignore").symlink_to(secret)
    with SourcePlaces([root]) as places:
        assert "hr" in [item.name for item in places.find({}) if isinstance(item, UnreadPath)]


@pytest.mark.parametrize(
    ("include", "exclude", "left"),
    [
        (["*.txt"], [], ["b.txt"]),
        (["hr/**"], [], ["hr/pay.md", "hr/old/pay.md"]),
        (["*.md"], ["hr", "it"], ["a.md"]),
        ([], ["*.md"], ["b.txt"]),
        (["/a.md", "old/"], [], ["a.md", "hr/old/pay.md"]),
    ],
)
def test_patterns_of_the_command_line_choose_files(
    root: Path, include: list[str], exclude: list[str], left: list[str]
) -> None:
    assert names(root, LookSettings(include=include, exclude=exclude)) == left


def test_patterns_choose_single_files_too(root: Path) -> None:
    assert names(root / "a.md", LookSettings(include=["*.txt"])) == []
    assert names(root / "a.md", LookSettings(include=["*.md"])) == ["a.md"]


@pytest.mark.parametrize("pattern", ["a*b*c*d*e", "**/a/**/b/**/c/**/d", "!"])
def test_a_pattern_that_is_none_or_too_slow_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigurationError, match="no pattern"):
        LookSettings(include=[pattern]) and SourcePlaces([], LookSettings(include=[pattern]))


def test_patterns_that_people_write_are_taken() -> None:
    taken = compile_patterns(["**/foo*/*bar*/*.tmp", "*.t*.gz", "docs/**/*.pdf"])
    assert taken.check_file("x/foo1/abar/y.tmp").include
