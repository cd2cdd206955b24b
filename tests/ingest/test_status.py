"""What `ingest status` says of documents that belong together."""

import json
from pathlib import Path

import pytest

from ingest import build
from ingest.__main__ import main


def test_copies_and_versions_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root, index = tmp_path / "root", str(tmp_path / "index")
    (root / "old").mkdir(parents=True)
    for name, text in {
        "a.md": "Same.",
        "old/b.md": "Same.",
        "Pay 2023.md": "Pay is 3.",
        "Pay 2024.md": "Pay is 4.",
    }.items():
        (root / name).write_text(text)
    for _ in build(root, index, embeddings="none", workers=1):
        pass
    assert main(["status", "--index", index, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["copies"] == [["a.md", "old/b.md"]]
    assert said["versions"] == [
        [
            {"source": "Pay 2024.md", "edition": "2024", "newest": True, "superseded": False},
            {"source": "Pay 2023.md", "edition": "2023", "newest": False, "superseded": False},
        ]
    ]
    assert main(["status", "--index", index]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "copies: a.md: the same as old/b.md" in lines
    assert "versions: Pay 2024.md: 2024 (newest), 2023 (older)" in lines
