"""The commands of both programs on one folder: each ends with an exit code of ours and a sentence."""

import io
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from ingest.__main__ import main as ingest
from mistral_rag.cli import main as mistral_rag

TEXTS = {
    "a.txt": "The dividend of 2024 was 1.20 euros a share. Net sales rose by 4 percent.\n",
    "b.md": "# Leave\n\nEmployees have 27 days of paid leave. It can't be moved to the next year.\n",
    "c.html": "<h1>Terms</h1><p>Either party may end this agreement within 30 days.</p>",
}
CODES = frozenset({0, 1, 2, 4})
"""Exit codes that a command may end with: done, undone, could not start, abstained."""

MAX_ERROR = 2000
"""Characters of a sentence, in which paths and a part of a row may stand."""


def make(place: Path) -> Path:
    """Make documents, and the index `words` of them; gives the documents' folder."""
    for name in [name for name in os.environ if name.startswith("MISTRAL")]:
        del os.environ[name]
    documents = place / "documents"
    documents.mkdir()
    for name, text in TEXTS.items():
        (documents / name).write_text(text)
    if said := failure(ingest, ["build", str(documents), "--index", str(place / "words"), "--embeddings", "none"]):
        raise AssertionError(said)
    return documents


def every(folder: Path, documents: Path) -> list[tuple[Callable[[Sequence[str]], int], list[str]]]:
    """The commands with their arguments."""
    copy, vectors = folder.with_name("copy"), folder.with_name("vectors.faiss")
    ingests = [
        ["status"],
        ["verify"],
        ["repair"],
        ["compact"],
        ["build", str(documents), "--workers", "1"],
        ["build", str(documents), "--workers", "1", "--rebuild", "--embeddings", "none"],
        ["plan", str(documents), "--workers", "1"],
        ["remove", "a.txt"],
        ["purge", "--yes"],
        ["purge", "a.txt", "--yes"],
        ["snapshot", str(copy)],
        ["export", str(copy)],
        ["export", str(vectors), "--to", "faiss"],
        ["export", str(copy), "--frozen"],
        ["import", str(documents / "a.txt")],
    ]
    asked = [["ask", "How many days of leave?"], ["search", "dividend"], ["search", "dividend", "--explain"]]
    both = [(ingest, command) for command in ingests] + [(mistral_rag, command) for command in asked]
    return [(program, [*command, "--index", str(folder)]) for program, command in both]


def use(documents: Path, folder: Path, choice: random.Random) -> None:
    """Run some commands on a folder; raises AssertionError for one that ends in another way than it may."""
    commands = every(folder, documents)
    for program, command in choice.sample(commands, 2):
        asked = [*command, "--json"] if choice.random() < 0.5 else command
        if said := failure(program, asked):
            raise AssertionError(said)
    if choice.random() < 0.5:
        _repair(folder)


def _repair(folder: Path) -> None:
    """A repair that ends well leaves a folder that `verify` finds sound."""
    code, _, _ = run(ingest, ["repair", "--index", str(folder)])
    if code in {0, 1} and (found := run(ingest, ["verify", "--index", str(folder)]))[0]:
        raise AssertionError(f"repaired, and verify says {found}")


def failure(program: Callable[[Sequence[str]], int], command: Sequence[str]) -> str:
    """Everything that is wrong with how a command ended; empty when nothing is."""
    code, out, error = run(program, command)
    said = f"{command} ended with {code}, {error[-3000:]!r}"
    last = error.rstrip("\n").rpartition("\n")[2]
    if code not in CODES or "Traceback" in error + out:
        return said
    if code == 2 and (not last.startswith("error: ") or len(last) > MAX_ERROR):
        return f"no sentence: {said}"
    if command[0] == "verify" and code == 2 and "is not an index" not in error and "no index" not in error:
        return f"verify ends with 1: {said}"
    return ""


def run(program: Callable[[Sequence[str]], int], command: Sequence[str]) -> tuple[int, str, str]:
    """Exit code, output and errors of a command; what it raises is raised."""
    out, error = io.StringIO(), io.StringIO()
    standard, sys.stdin = sys.stdin, io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(error):
            code = program(command)
    finally:
        sys.stdin = standard
    return code, out.getvalue(), error.getvalue()
