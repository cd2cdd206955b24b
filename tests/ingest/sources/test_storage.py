"""Folders of stores, by fsspec's store in memory."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from ingest import BuildReport, build
from mistral_rag.errors import ConfigurationError, SourceNotFoundError
from mistral_rag.index import IndexReader


@pytest.fixture
def store() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    files.pipe("/docs/a.md", b"# Travel\n\nTrains are booked.\n")
    files.pipe("/docs/sub/b.txt", b"Leave is thirty days.\n")
    yield files
    files.rm("/docs", recursive=True)


def built(index: Path, url: str = "memory://docs", **options: Any) -> BuildReport:
    work = build(url, index, embeddings="none", workers=1, **options)
    for _ in work:
        pass
    return work.report


def outcomes(report: BuildReport) -> list[tuple[str, str]]:
    return sorted((file.source, file.status) for file in report.files)


def test_a_folder_of_a_store_is_kept_in_step(store: Any, tmp_path: Path) -> None:
    assert outcomes(built(tmp_path / "index")) == [("a.md", "added"), ("sub/b.txt", "added")]
    store.pipe("/docs/a.md", b"# Travel\n\nPlanes are booked.\n")
    store.rm("/docs/sub/b.txt")
    assert outcomes(built(tmp_path / "index", prune=True)) == [("a.md", "changed"), ("sub/b.txt", "removed")]
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        assert [source.uri for source in view.sources()] == ["memory://docs/a.md"]


def test_what_has_not_changed_is_not_fetched(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built(tmp_path / "index")
    monkeypatch.setattr(type(store), "open", None)
    assert outcomes(built(tmp_path / "index")) == [("a.md", "unchanged"), ("sub/b.txt", "unchanged")]


def test_patterns_choose_among_the_files_of_a_store(store: Any, tmp_path: Path) -> None:
    assert outcomes(built(tmp_path / "index", include=["*.txt"])) == [("sub/b.txt", "added")]


def test_a_single_file_may_be_named(store: Any, tmp_path: Path) -> None:
    assert outcomes(built(tmp_path / "index", "memory://docs/sub/b.txt")) == [("b.txt", "added")]


def test_a_file_that_cannot_be_fetched_is_a_line_and_keeps_what_it_held(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path / "index")

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the token has expired")

    store.pipe("/docs/a.md", b"other")
    monkeypatch.setattr(type(store), "open", refuse)
    report = built(tmp_path / "index", prune=True)
    assert [(f.source, f.status, f.reason) for f in report.files if f.status == "failed"] == [
        ("a.md", "failed", "can't be fetched: the token has expired")
    ]
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        assert len(list(view.sources())) == 2


def test_a_folder_that_is_not_there_drops_nothing(store: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="memory://nowhere does not exist"):
        built(tmp_path / "index", "memory://nowhere")


@pytest.mark.parametrize("url", ["s3://user:word@bucket/x", "s3://a::memory://b"])
def test_a_url_with_a_password_or_another_within_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        build(url, tmp_path / "index")


def test_without_fsspec_the_command_that_installs_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ConfigurationError, match=r'pip install "mistral-rag\[fsspec\]"'):
        built(tmp_path / "index")


def test_changed_rules_reach_files_of_a_store_that_have_not_changed(store: Any, tmp_path: Path) -> None:
    built(tmp_path / "index")
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\npath = "*.txt"\nmetadata = { status = "withdrawn" }\n')
    for status in ("changed", "unchanged"):
        assert outcomes(built(tmp_path / "index", rules=rules)) == [("a.md", "unchanged"), ("sub/b.txt", status)]
