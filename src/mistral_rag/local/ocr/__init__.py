"""OCR on this machine: no key, no network; the weights come inside a wheel."""

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from mistral_rag._lazy import loader
from mistral_rag.errors import MissingExtraError, ParseError, WorkerError, WorkerStartError
from mistral_rag.ocr import OcrPage, PageFailure
from mistral_rag.workers import Limits, WireFrame, Worker, WorkerClient, WorkerSpec, available_cores

if TYPE_CHECKING:
    from mistral_rag.local.ocr._lines import LineReader

__all__ = ["Limits", "LineReader", "LocalOCR", "is_installed"]

# its networks load onnxruntime, which those who only start the reading process do without
__getattr__ = loader(__name__, {"LineReader": "_lines"})

PACKAGES: Final = ("rapidocr", "onnxruntime", "cv2")
VERSION: Final = "2"
"""Incremented when the same page is read differently than before: results are cached by it."""

LIMITS: Final = Limits()
"""3 GiB and 180 s a page; one of A4 takes at most 1.2 GB and 5 s of one core, a poster or a slow machine more."""

_MAX_PDF_OFFSET: Final = 1024
"""Readers accept the header of a PDF within its first 1,024 bytes (PDF Reference 1.7, appendix H, note 13)."""


class LocalOCR(WorkerClient):
    """Reads pages of PDF files and images with PP-OCRv6, one page at a time in a child process.

    Fulfils `mistral_rag.ocr.PageReader`. Latin and Greek letters, Chinese and Japanese; about 2 to 5 seconds of
    processor time and 1 GB of memory a page. The process starts with the first page and ends with
    `close` or the `with` block; one that crashes, hangs or takes too much memory costs its page, and the next gets a
    new one.

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
        threads = threads or available_cores()
        super().__init__(
            WorkerSpec(
                "mistral_rag.local.ocr._worker",
                limits or LIMITS,
                activity="reading",
                name="the reading process",
                arguments=(str(threads),),
            )
        )

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[OcrPage | PageFailure]:
        """Read the pages of these numbers (from 1), in the order of the document; each is a page or a failure.

        Raises:
            ParseError: the reading process can't start.
        """
        pdf = _is_pdf(path)
        for number in sorted(set(numbers)):
            worker = self._started()
            try:
                yield _page(worker, WireFrame.of({"path": str(path), "number": number, "pdf": pdf}))
            except WorkerError as error:
                yield PageFailure(number, error.reason)

    def _started(self) -> Worker:
        worker = self._ready()
        try:
            worker.wait_until_ready()
        except WorkerStartError as error:
            raise ParseError(error.reason) from error
        return worker


def _page(worker: Worker, job: WireFrame) -> OcrPage:
    result = worker.ask(job)
    try:
        return OcrPage.model_validate_json(result.content)
    except ValidationError as error:
        raise worker.reject() from error


def is_installed() -> bool:
    """Check that the packages of the extra `local` that OCR needs are there."""
    return all(importlib.util.find_spec(package) for package in PACKAGES)


def _is_pdf(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"%PDF-" in file.read(_MAX_PDF_OFFSET)
    except OSError:
        return False
