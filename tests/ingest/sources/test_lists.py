"""Lists of files on standard input."""

import io
import sys
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest.sources._local import split_list
from mistral_rag.index import IndexReader


def run(content: bytes, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    return main(["build", "-", "--index", "index", "--embeddings", "none", "--workers", "1", *arguments])


def test_a_list_names_single_files_and_drops_none_that_it_does_not_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.md", "sub/b c.md", "d.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n\nTrains are booked.\n")
    assert run(b"a.md\0sub/b c.md\0", "-0", monkeypatch=monkeypatch) == 0
    assert run(b"./d.md\nsub/../d.md\n", monkeypatch=monkeypatch) == 0
    with IndexReader.open("index") as reader, reader.view() as view:
        assert sorted(source.name for source in view.sources()) == ["a.md", "d.md", "sub/b c.md"]
    assert run(b"a.md\ngone.md\n", monkeypatch=monkeypatch) == 1
    assert "failed: gone.md: can't be looked at: No such file or directory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "null", "names"),
    [
        (b"a\nb\r\n\nc", False, ["a", "b", "c"]),
        (b"a\nb\0c d\0", True, ["a\nb", "c d"]),
        (b"caf\xe9.md\n", False, ["caf\udce9.md"]),
        (b"", True, []),
    ],
)
def test_names_in_a_list(content: bytes, null: bool, names: list[str]) -> None:
    assert split_list(content, null=null) == names
