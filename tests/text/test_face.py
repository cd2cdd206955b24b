"""The face of the package: what others may use, loaded only when used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mistral_rag.text

CHECKOUT = Path(__file__).parents[2]
OUTSIDE = [
    path
    for root in ("src/mistral_rag", "ingest", "benchmarks", "examples")
    for path in CHECKOUT.glob(f"{root}/**/*.py")
    if "src/mistral_rag/text/" not in path.as_posix()
]


@pytest.mark.parametrize("name", mistral_rag.text.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(mistral_rag.text, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'mistral_rag.text' has no attribute 'stem'"):
        mistral_rag.text.stem  # noqa: B018 (the access is the test)


def test_the_face_loads_neither_arrays_nor_stemmers_nor_other_modules() -> None:
    code = "import sys, mistral_rag.text; print(*(name for name in sys.modules if 'mistral_rag.text' in name))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["mistral_rag.text"]


@pytest.mark.parametrize("name", ["sentences", "read_text", "full_year"])
def test_builds_of_sentences_load_no_arrays(name: str) -> None:
    code = (
        f"import sys; from mistral_rag.text import {name}; print(*({{'numpy', 'snowballstemmer'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def test_nobody_reaches_behind_the_face() -> None:
    users = [
        f"{path.relative_to(CHECKOUT)} line {node.lineno}"
        for path in OUTSIDE
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mistral_rag.text.")
    ]
    assert users == []
