"""Citations and results on the terminal say in which file they stand, and no words twice."""

import json
from pathlib import Path

import pytest

from ingest import Build
from mistral_rag.cli import main
from mistral_rag.cli._places import is_code, place_of
from mistral_rag.schema import Locator

SECTION = Locator(kind="section", number=1)


@pytest.mark.parametrize(
    ("title", "source", "locator", "shown"),
    [
        ("Travel policy", "hr/travel.md", SECTION, "Travel policy (hr/travel.md), section 1"),
        # the title is the file's name
        ("policy", "x/policy.txt", SECTION, "x/policy.txt, section 1"),
        ("Travel policy", "Travel_policy.md", SECTION, "Travel_policy.md, section 1"),
        # the label of the page is the title
        ("Guide", "guide/setup.md", SECTION.model_copy(update={"label": "Guide"}), "Guide (guide/setup.md), section 1"),
        ("Guide", "guide.md", SECTION.model_copy(update={"label": "Guide"}), "guide.md, section 1"),
        ("Guide", "a.md", SECTION.model_copy(update={"label": "Leave"}), "Guide (a.md), Leave"),
        # the title of a PDF ends in its file's name
        (
            "Apple Inc. (2023 Q3 AAPL)",
            "10-Q/2023_Q3_AAPL.pdf",
            Locator(kind="page", number=18, label="15"),
            "Apple Inc. (10-Q/2023_Q3_AAPL.pdf), p. 15 (page 18)",
        ),
        ("Travel policy", "https://example.com/travel", None, "Travel policy (https://example.com/travel)"),
        ("", "notes.txt", SECTION, "notes.txt, section 1"),
    ],
)
def test_a_place_has_title_path_and_page(title: str, source: str, locator: Locator | None, shown: str) -> None:
    assert place_of(title, source, locator) == shown


def test_files_of_one_name_or_title_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, days in (("x/policy.txt", 25), ("y/policy.txt", 28), ("v1/leave.md", 26), ("v2/leave.md", 27)):
        path = tmp_path / "files" / name
        path.parent.mkdir(parents=True)
        text = f"Employees have {days} days of annual leave in a year."
        path.write_text(f"# Leave policy\n\n{text}" if name.endswith("md") else text)
    list(Build([tmp_path / "files"], tmp_path / "index", embeddings="none"))
    index = ["--index", str(tmp_path / "index")]
    assert main(["ask", "How many days of annual leave do employees have in a year?", *index]) == 0
    shown = capsys.readouterr().out
    assert {line.partition("] ")[2].partition(":")[0] for line in shown.splitlines() if line.startswith("[")} == {
        "x/policy.txt, section 1",
        "y/policy.txt, section 1",
        "Leave policy (v1/leave.md), section 1",
        "Leave policy (v2/leave.md), section 1",
    }
    assert main(["search", "annual leave", *index]) == 0
    found = capsys.readouterr().out
    assert all(name in found for name in ("x/policy.txt,", "y/policy.txt,", "(v1/leave.md),", "(v2/leave.md),"))


def test_code_is_quoted_with_its_indentation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = 'def backup(target):\n    if target.exists():\n        raise BackupError("target exists")'
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "notes.txt").write_text(f"Deployment notes\n\nRun the backup like this:\n\n{code}\n")
    list(Build([tmp_path / "files"], tmp_path / "index", embeddings="none"))
    ask = ["ask", "backup target exists raise BackupError", "--index", str(tmp_path / "index")]
    assert main(ask) == 0
    shown = capsys.readouterr().out
    below = "".join(f"    {line}\n" for line in code.split("\n"))
    assert f"Deployment notes (notes.txt), section 1:\n{below}" in shown
    assert main([*ask, "--json"]) == 0
    assert code in [citation["quote"] for citation in json.loads(capsys.readouterr().out)["citations"]]


@pytest.mark.parametrize(
    ("quote", "expected"),
    [("a\n  b", True), ("  a\nb", True), ("a\nb", False), ("  a", False), ("a  b", False)],
)
def test_what_is_code(quote: str, expected: bool) -> None:
    assert is_code(quote) is expected
