"""PDFs with known words."""

import importlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pymupdf: Any = importlib.import_module("pymupdf")  # its annotations are of no use

MadePdf = Callable[..., Path]


@pytest.fixture
def made_pdf(tmp_path: Path) -> MadePdf:
    """Write a PDF with one text a page; returns its path."""

    def make(*texts: str, name: str = "made.pdf", password: str = "", weight: int = 0) -> Path:
        document = pymupdf.open()
        for text in texts:
            document.new_page().insert_text((72, 72), text)
        if weight:
            document.embfile_add("ballast", random.Random(0).randbytes(weight))  # noqa: S311
        secured = {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": password} if password else {}
        path = tmp_path / name
        document.save(path, **secured)
        return path

    return make
