"""Build, plan and status as they are typed: what they print counts in words that fit."""

from pathlib import Path

import pytest

import ingest
from ingest.__main__ import main

NOTE = "Trains are booked in second class.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "travel.txt").write_text(NOTE)
    return tmp_path / "documents"


def said(capsys: pytest.CaptureFixture[str], command: str, folder: Path, *more: str) -> str:
    index = folder.with_name("index")
    assert main([command, str(folder), "--index", str(index), "--embeddings", "none", "--ocr", "never", *more]) == 0
    return capsys.readouterr().out


def test_one_of_each_is_no_plural(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "plan", folder, "--workers", "1").splitlines() == [
        "1 file to read, 1 page, 0 of them by OCR",
        "0 tokens to embed with no model (word search only)",
        "about $0.00",
    ]
    assert said(capsys, "build", folder).startswith("1 added; 1 page, 1 chunk, 0 embedded with no model")


def test_several_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "leave.txt").write_text(NOTE)
    assert said(capsys, "plan", folder).startswith("2 files to read, 2 pages, 0 of them by OCR")
    assert said(capsys, "build", folder, "--workers", "1").startswith("2 added; 2 pages, 2 chunks, ")
    assert said(capsys, "build", folder).startswith("2 unchanged; 0 pages, 0 chunks, ")


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("build", {"--index", "--json", "--embeddings", "--ocr", "--ocr-with", "--workers", "--group", "--prune"}),
        ("plan", {"--index", "--json", "--embeddings", "--ocr", "--ocr-with", "--workers"}),
        ("status", {"--index", "--json"}),
    ],
)
def test_help_lists_the_options(command: str, options: set[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    shown = set(capsys.readouterr().out.split())
    assert options <= {word.strip("[]") for word in shown}


def test_the_public_names_are_there() -> None:
    assert all(getattr(ingest, name) is not None for name in ingest.__all__)
    assert ingest.Build.__module__ == "ingest._pipeline"
    with pytest.raises(AttributeError, match="no attribute 'Pipeline'"):
        ingest.Pipeline  # noqa: B018
