"""The text layers of a PDF's pages, read in a child process while the platform reads their pictures."""

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import IO, Self, cast

from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.documents import LocalDocument
from mistral_rag.ocr._result import OcrPage
from mistral_rag.ocr._text_layer.comparison import LayerText, compare
from mistral_rag.schema import WordBoxes, clean_text

PASSED_ON = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
MODULE = "mistral_rag.ocr._text_layer.child"
PATIENCE = 30.0
PATIENCE_A_PAGE = 2.0


class TextLayers:
    """A context manager; its pages are asked for in order. What the child can't read is not compared."""

    def __init__(self, document: LocalDocument, numbers: Iterable[int]) -> None:
        self._document = document
        self._numbers = tuple(numbers)
        self._held = ExitStack()
        self._child: subprocess.Popen[bytes] | None = None
        self._answers: IO[bytes] | None = None

    def __enter__(self) -> Self:
        child = subprocess.Popen(  # noqa: S603  a module of ours; nothing of the caller's is on the command line
            [sys.executable, "-P", "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        )
        self._held.callback(_end, child)
        to = cast("IO[bytes]", child.stdin)
        with suppress(OSError), to:
            to.write(json.dumps([str(self._path()), *self._numbers]).encode())
        self._child, self._answers = child, child.stdout
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
        guard = threading.Timer(PATIENCE + PATIENCE_A_PAGE * len(pages), self._kill)
        guard.daemon = True
        guard.start()
        try:
            return tuple(self._compared(page) if isinstance(page, OcrPage) else page for page in pages)
        finally:
            guard.cancel()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _compared(self, page: OcrPage) -> OcrPage:
        layer = self._layer(page.locator.number)
        if layer is None:
            return page.model_copy(update={"problems": (*page.problems, "the text layer can't be read")})
        if not layer.text.strip():
            return page
        return page.model_copy(update={"layer": compare(page.text, layer)})

    def _layer(self, number: int) -> LayerText | None:
        while self._answers is not None:
            line = self._answers.readline()
            if not line.endswith(b"\n"):
                self._answers = None
                break
            page = json.loads(line)
            if page["number"] == number and "text" in page:
                return LayerText(clean_text(page["text"]), WordBoxes(base64.b64decode(page["words"])))
            if page["number"] >= number:
                break
        return None


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.kill()
    if child.stdout is not None:
        child.stdout.close()
    child.wait()
