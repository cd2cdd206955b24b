"""The text layers of a PDF's pages, read in a worker while the platform reads their pictures."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self

from mistral_rag.errors import WorkerError
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import LocalDocument
from mistral_rag.ocr._result import OcrPage
from mistral_rag.ocr._text_layer.comparison import LayerText, compare
from mistral_rag.schema import WordBoxes, clean_text
from mistral_rag.workers import Limits, WireFrame, Worker, WorkerSpec

MODULE = "mistral_rag.ocr._text_layer.worker"
MAX_SECONDS: Final = 30.0
MAX_SECONDS_PER_PAGE: Final = 2.0
"""Time that pages are waited for. At 100 pages a second most have been read by then; the rest is for slow machines."""
LIMITS: Final = Limits(memory=2 << 30)


class TextLayers:
    """A context manager; its pages are asked for in order. What the worker can't read is not compared."""

    def __init__(self, document: LocalDocument, numbers: Iterable[int]) -> None:
        self._document = document
        self._numbers = tuple(numbers)
        self._held = ExitStack()
        self._worker: Worker | None = None
        self._pages: Iterator[WireFrame] = iter(())

    def __enter__(self) -> Self:
        path = self._path()
        worker = Worker.start(WorkerSpec(MODULE, LIMITS, activity="reading", name="the reading process"))
        self._held.callback(worker.close)
        worker.send(WireFrame.of({"path": str(path), "numbers": self._numbers}))
        self._worker, self._pages = worker, worker.results()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def _path(self) -> Path:
        if self._document.path is not None:
            return self._document.path
        path = Path(self._held.enter_context(TemporaryDirectory()), "document.pdf")
        path.write_bytes(self._document.data or b"")
        return path

    def compared(self, pages: Sequence[OcrPage | PageFailure]) -> tuple[OcrPage | PageFailure, ...]:
        """The pages, each with the comparison to its text layer where it has one."""
        if self._worker is None:
            raise ValueError("text layers are compared inside their `with` block")
        with self._worker.within(MAX_SECONDS + MAX_SECONDS_PER_PAGE * len(pages)):
            return tuple(self._compared(page) if isinstance(page, OcrPage) else page for page in pages)

    def _compared(self, page: OcrPage) -> OcrPage:
        layer = self._layer(page.locator.number)
        if layer is None:
            return page.model_copy(update={"problems": (*page.problems, "the text layer can't be read")})
        if not layer.text.strip():
            return page
        return page.model_copy(update={"layer": compare(page.text, layer)})

    def _layer(self, number: int) -> LayerText | None:
        try:
            for result in self._pages:
                page = result.value()
                if page["number"] == number and page["text"] is not None:
                    return LayerText(clean_text(page["text"]), WordBoxes(result.raw))
                if page["number"] >= number:
                    break
        except (WorkerError, ValueError, LookupError, TypeError):
            self._pages = iter(())
        return None
