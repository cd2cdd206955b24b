"""Other readers of PDF: run by `benchmarks.reading` in an environment of their own.

    python peers.py pypdf | pymupdf | pymupdf4llm | docling < files

One line of JSON a file: its pages' texts and the CPU seconds. Exits with 3 and the reason where the reader is missing.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def pypdf(path: str) -> list[str]:
    """PyPDFLoader, or pypdf called as it calls it."""
    if find_spec("langchain_community"):
        loader = import_module("langchain_community.document_loaders").PyPDFLoader(path)
        return [document.page_content for document in loader.lazy_load()]
    return [page.extract_text() for page in import_module("pypdf").PdfReader(path).pages]


def pymupdf(path: str) -> list[str]:
    """PyMuPDF's text in the order of places."""
    with import_module("pymupdf").open(path) as pdf:
        return [page.get_text(sort=True) for page in pdf]


def pymupdf4llm(path: str) -> list[str]:
    """Markdown of each page."""
    chunks = import_module("pymupdf4llm").to_markdown(path, page_chunks=True, show_progress=False)
    return [chunk["text"] for chunk in chunks]


def docling(path: str) -> list[str]:
    """Markdown of each page by docling's own pipeline."""
    document = import_module("docling.document_converter").DocumentConverter().convert(path).document
    return [document.export_to_markdown(page_no=number) for number in sorted(document.pages)]


READERS: dict[str, Callable[[str], list[str]]] = {
    "pypdf": pypdf, "pymupdf": pymupdf, "pymupdf4llm": pymupdf4llm, "docling": docling,
}  # fmt: skip


def main() -> None:
    name = sys.argv[1]
    if not find_spec(name):
        sys.exit(f"{name} is not installed")
    answers: Any = sys.stdout
    sys.stdout = sys.stderr  # some readers print
    for line in sys.stdin:
        path = line.rstrip("\n")
        started = time.process_time()
        try:
            pages, error = READERS[name](path), ""
        except Exception as failed:  # noqa: BLE001 - a reader that fails on a file has read nothing of it
            pages, error = [], f"{type(failed).__name__}: {failed}"[:300]
        answers.write(json.dumps({"pages": pages, "seconds": time.process_time() - started, "error": error}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
