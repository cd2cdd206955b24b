"""Pictures of the pages of a file, made in a worker process."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from mistral_rag.errors import ParseError, WorkerError, WorkerStartError
from mistral_rag.overlay._marks import Layer, Raster
from mistral_rag.overlay._reading import HiddenText
from mistral_rag.schema import Box, clean_text
from mistral_rag.workers import Limits, WireFrame, WorkerClient, WorkerSpec

DPI: Final = 144.0
"""Two pixels a point: small print is readable, and a letter page has 1224 x 1584 pixels."""
LIMITS: Final = Limits(memory=2 << 30, seconds=60.0)
_SPEC: Final = WorkerSpec("mistral_rag.overlay._worker", LIMITS, activity="drawing", name="the drawing process")


@dataclass(frozen=True, slots=True)
class PagePicture:
    """The picture of a page, and the text on it that nobody sees."""

    raster: Raster
    hidden: tuple[HiddenText, ...]


class DrawingWorker(WorkerClient):
    """Draws pages of any number of files in one child process; a context manager, for one thread at a time.

    The child reads files that anyone may have written, and is the only process that does.
    """

    def __init__(self) -> None:
        super().__init__(_SPEC)

    def page(self, path: Path, media_type: str, number: int, *, dpi: float = DPI) -> PagePicture:
        """Draw page `number` (from 1) of a PDF at `dpi` pixels an inch, or of an image with its own.

        Raises:
            ParseError: it can't be drawn.
        """
        is_image = media_type.startswith("image/")
        result = self._ask({"path": _wire_path(path), "number": number, "image": is_image, "dpi": dpi})
        try:
            return _picture(result)
        except (ValueError, LookupError, TypeError) as error:
            raise ParseError("the drawing process gave no usable answer") from error

    def highlighted(self, files: Iterable[tuple[Path, Sequence[tuple[int, Sequence[Layer]]]]]) -> bytes:
        """Pages of PDF files (numbers from 1) as one PDF with highlight annotations for the marks of their layers.

        Raises:
            ParseError: pages can't be cut out of a file.
        """
        given = [
            {
                "path": _wire_path(path),
                "pages": [{"number": number, "marks": _marks(layers)} for number, layers in pages],
            }
            for path, pages in files
        ]
        return self._ask({"highlights": given}).raw

    def _ask(self, fields: dict[str, Any]) -> WireFrame:
        try:
            return self._ready().ask(WireFrame.of(fields))
        except (WorkerError, WorkerStartError) as error:
            raise ParseError(error.reason) from error


class PagePictures:
    """Draws pages of one PDF or image file in a child process; a context manager.

    Args:
        path: the file.
        media_type: "application/pdf" or one of images.
        dpi: pixels an inch for PDF pages; images have their own.
    """

    def __init__(self, path: Path, media_type: str, *, dpi: float = DPI) -> None:
        self._worker = DrawingWorker()
        self._path = path
        self._media_type = media_type
        self._dpi = dpi

    def page(self, number: int) -> PagePicture:
        """Draw page `number` (from 1); raises ParseError when it can't be drawn."""
        return self._worker.page(self._path, self._media_type, number, dpi=self._dpi)

    def highlighted(self, pages: Sequence[tuple[int, Sequence[Layer]]]) -> bytes:
        """These pages (numbers from 1) as a PDF with highlight annotations for the marks of their layers.

        Raises:
            ParseError: the file is no PDF, or pages can't be cut out of it.
        """
        if self._media_type.startswith("image/"):
            raise ParseError("the file is an image; name a file .png or .html to draw it")
        return self._worker.highlighted([(self._path, pages)])

    def close(self) -> None:
        """End the process; the next picture would start another one."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _wire_path(path: Path) -> str:
    """A path as jobs have it: hexadecimal, as it may hold bytes that are no text."""
    return os.fsencode(path).hex()


def _picture(result: WireFrame) -> PagePicture:
    """The picture in a result, which is checked: the worker has read a file that anyone may have written."""
    fields = result.value()
    width, height = int(fields["width"]), int(fields["height"])
    if min(width, height) < 1 or len(result.raw) != width * height * 3:
        raise ValueError("a picture of another size")
    hidden = tuple(_hidden(*run) for run in fields["hidden"])
    return PagePicture(Raster(width, height, result.raw), hidden)


def _hidden(text: str, left: float, top: float, right: float, bottom: float) -> HiddenText:
    clean = clean_text(text)
    count = sum(not character.isspace() for character in clean)
    box = Box(left=left, top=top, right=right, bottom=bottom)
    return HiddenText(box if left < right and top < bottom else None, count, clean)


def _marks(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    return [
        {
            "boxes": [(box.left, box.top, box.right, box.bottom) for box in mark.boxes],
            "color": [_tint(int(mark.style.color[at : at + 2], 16) / 255, mark.style.fill) for at in (1, 3, 5)],
            "text": mark.title,
        }
        for layer in layers
        for mark in layer.marks
        if mark.style.fill
    ]


def _tint(level: float, opacity: float) -> float:
    """A colour's level as it is on white paper: an annotation is drawn with its full colour."""
    return 1.0 - opacity * (1.0 - level)
