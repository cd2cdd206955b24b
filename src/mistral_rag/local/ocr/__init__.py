"""OCR on this machine: no key, no network; the weights come inside a wheel."""

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mistral_rag.errors import MissingExtraError, ParseError
from mistral_rag.local._cores import available_cores
from mistral_rag.local.ocr._child import Child, Limits
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._result import OcrPage

__all__ = ["Limits", "LocalOCR", "is_installed"]

PACKAGES: Final = ("rapidocr", "onnxruntime", "cv2")
VERSION: Final = "1"
"""Incremented when the same page is read differently than before: results are cached by it."""

_MAX_PDF_OFFSET: Final = 1024
"""Readers accept the header of a PDF within its first 1,024 bytes (PDF Reference 1.7, appendix H, note 13)."""


class LocalOCR:
    """Reads pages of PDF files and images with PP-OCRv6, one page at a time in a child process.

    A `mistral_rag.ocr.PageReader`. It knows Latin and Greek letters, Chinese and Japanese, and takes about 2 to 5
    seconds of processor time and 1 GB of memory a page. The process starts with the first page and ends with `close`
    or the `with` block. When it crashes, hangs or takes too much memory, the page is a failure and the next page gets
    a new process.

    Args:
        threads: of the networks; by default one a core.
        limits: memory and time that the process may use.

    Raises:
        MissingExtraError: the extra `local` is not installed.
    """

    name: Final = f"local-ocr/pp-ocrv6-small/{VERSION}"

    def __init__(self, *, threads: int | None = None, limits: Limits | None = None) -> None:
        if not is_installed():
            raise MissingExtraError("OCR on this machine", "local")
        self._threads = threads or available_cores()
        self._limits = limits or Limits()
        self._child: Child | None = None

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[OcrPage | PageFailure]:
        """Read the pages of these numbers (from 1), in the order of the document; each is a page or a failure.

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
        """End the child process; another page starts a new one."""
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
            return b"%PDF-" in file.read(_MAX_PDF_OFFSET)
    except OSError:
        return False
