"""The same commands with a key and a host: the whole path over HTTP, against the stand-in as its own process."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.schema import Answer

DATA = Path(__file__).parent.parent / "data" / "handbook"


@pytest.fixture(scope="module")
def platform() -> Iterator[dict[str, str]]:
    """The environment that leads to a running stand-in."""
    command = [sys.executable, "-u", "-m", "mistral_rag.testing", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        settings: dict[str, str] = {}
        while len(settings) < 2:
            line = process.stdout.readline()
            assert line, "the stand-in did not start"
            if found := re.search(r"(MISTRAL_BASE_URL|MISTRAL_API_KEY)[=: ]+(\S+)", line):
                settings[found[1]] = found[2]
        yield settings
        process.terminate()


def run(environment: dict[str, str], *command: str) -> tuple[int, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", *command, "--json"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout, ran.stderr
    assert environment["MISTRAL_API_KEY"] not in ran.stdout + ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def test_build_and_ask_go_over_http_when_there_is_a_key(platform: dict[str, str], tmp_path: Path) -> None:
    index = str(tmp_path / "index")
    code, report = run(platform, "ingest", "build", str(DATA), "--index", index)
    assert (code, report["embedding"], report["failed"]) == (0, "mistral-embed", 0)
    assert report["embedded"] > 0

    code, again = run(platform, "ingest", "build", str(DATA), "--index", index)
    assert (code, again["embedded"], again["unchanged"]) == (0, 0, report["added"])

    question = "How many remote work days a week are allowed?"
    code, raw = run(platform, "mistral_rag.cli", "ask", question, "--index", index)
    answer = Answer.model_validate(raw)
    assert (code, answer.status) == (0, "answered")
    assert answer.model
    assert answer.model.startswith("mistral-small")
    assert answer.usage["input_tokens"] > 0
    assert answer.citations
    for citation in answer.citations:
        assert citation.verified
        assert citation.source.endswith((".md", ".html"))

    code, report = run(platform, "mistral_rag.cli", "doctor", "--index", index)
    assert (code, report["ok"]) == (0, True)


def test_an_index_built_with_a_key_says_what_it_needs_without_one(platform: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("Parcels are collected at four.")
    run(platform, "ingest", "build", str(tmp_path / "note.txt"), "--index", str(tmp_path / "index"))
    keyless = {name: value for name, value in os.environ.items() if not name.startswith("MISTRAL_")}
    ran = subprocess.run(
        [sys.executable, "-m", "mistral_rag.cli", "ask", "When?", "--index", str(tmp_path / "index")],
        env=keyless,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr == "error: the embedding model mistral-embed needs a key. Set MISTRAL_API_KEY\n"
