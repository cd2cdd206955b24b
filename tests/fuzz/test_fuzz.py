"""The short form of the fuzzing: the same few examples of each door each time, and large texts with a time limit."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.api._formats.json_text import load_json

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are those of POSIX")
DOORS = (
    *("texts", "questions", "filters", "metadata", "replies", "citations"),
    *("chat", "structured", "streams", "embeddings", "ocr", "pdf", "html", "markdown", "text", "folder"),
)


def run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(HERE / program), *arguments], capture_output=True, text=True, timeout=300, check=False
    )


def test_every_door_gives_results_or_named_errors() -> None:
    done = run("doors.py", "all", "--examples", "10")
    said: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["door"]: one["failures"] for one in said} == {name: {} for name in DOORS}, done.stderr
    assert done.returncode == 0


LARGE = (
    "sentences=.",
    "sentences= .",
    "sentences=A. B. ",
    "sentences of paragraphs=\n \n",
    "numbers=1,1,1,",
    "normal form squeezed=((5) ",
    "tokenize=a.a.a.",
    "markers=[1, ",
    "without_instructions= ",
    "without_instructions=\n",
    "without_instructions=\u00a0",
    "without_instructions= (in",
    "error body=<title>",
    "error page=<",
    "error page=<a ",
    "markdown of OCR=| | |",
    "heading of OCR= ",
    "heading of OCR=\t",
    "heading of OCR= #a",
    "words of markdown=\n",
    "words of markdown= \n<br>",
    "structured output=.",
    "structured output=(",
    "formula={",
    "chunks=((((",
    "periods=2023-",
    "names of companies=A&",
    "server-sent events=\n\n",
)
"""A function and the piece that its text of 200,000 characters repeats: those that were quadratic, and others."""


def test_large_texts_are_read_in_linear_time() -> None:
    done = run("large.py", *LARGE)
    assert done.stdout.splitlines()[-1:] == [repr(LARGE[-1])], done.stdout[-200:] + done.stderr[-500:]
    assert done.returncode == 0, done.stderr[-500:]


@pytest.mark.parametrize("text", ["[" * 101 + "]" * 101, '{"a":' * 101 + "1" + "}" * 101, b"[" * 100_000])
def test_json_of_replies_is_no_deeper_than_a_hundred_levels(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^JSON is nested deeper than 100 levels$"):
        load_json(text)


def test_json_of_a_hundred_levels_is_read() -> None:
    assert load_json("[" * 100 + "]" * 100) == json.loads("[" * 100 + "]" * 100)
    assert load_json("[" + "[],{}," * 200 + "1]")[-2:] == [{}, 1]
