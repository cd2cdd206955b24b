"""OCR on this machine: no key, no network, the weights lie inside a wheel."""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mistral_rag.errors import MissingExtraError, ParseError
from mistral_rag.local.ocr._child import Child, Limits
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._result import OcrPage

__all__ = ["Limits", "LocalOCR", "is_installed"]

PACKAGES: Final = ("rapidocr", "onnxruntime", "cv2")
VERSION: Final = "1"
"""Raised when the same page would be read differently."""

_PDF_HEAD: Final = 1024


class LocalOCR:
    """Reads pages of PDF files and images with PP-OCRv6, one page at a time in a child process.

    Fulfils `mistral_rag.ocr._reader.PageReader`. Latin and Greek letters, Chinese and Japanese; about 2 to 5 seconds of
    processor time and 1 GB of memory a page. The process starts with the first page and ends with
    `close` or the `with` block; one that crashes, hangs or takes too much memory costs its page, and the next gets a
    new one.

    Args:
        threads: of the networks; by default all cores.
        limits: what the process may use.

    Raises:
        MissingExtraError: the extra `local` is not installed.
    """

    name: Final = f"local-ocr/pp-ocrv6-small/{VERSION}"

    def __init__(self, *, threads: int | None = None, limits: Limits | None = None) -> None:
        if not is_installed():
            raise MissingExtraError("OCR on this machine", "local")
        self._threads = threads or _cores()
        self._limits = limits or Limits()
        self._child: Child | None = None

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[OcrPage | PageFailure]:
        """The pages of these numbers (from 1), in the order of the document, each read or failed.

        Raises:
            IngestError: the reading process can't be started.
        """
        pdf = _is_pdf(path)
        for number in sorted(set(numbers)):
            child = self._ready()
            try:
                yield child.read(path, number, pdf=pdf)
            except ParseError as error:
                yield PageFailure(number, error.reason)

    def _ready(self) -> Child:
        if self._child is not None and self._child.alive:
            return self._child
        self.close()
        self._child = Child(threads=self._threads, limits=self._limits)
        self._child.greet()
        return self._child

    def close(self) -> None:
        """End the child process; the next page would start another one."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_installed() -> bool:
    """True when the packages of the extra `local` that OCR needs are installed."""
    return all(importlib.util.find_spec(package) for package in PACKAGES)


def _is_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"%PDF-" in file.read(_PDF_HEAD)
    except OSError:
        return False


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
